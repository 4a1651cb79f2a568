"""A lesson under way, with real media: what goes wrong around it does not end it."""

import asyncio
import socket

import pytest

from classroom.relay.client import ClipPublisher
from recorder import writer
from signaling.demo.clip import ClipPlan, load_clip
from signaling.demo.http import Door


async def test_a_full_disk_ends_the_recording_and_not_the_lesson_and_every_screen_says_so(
    house, tmp_path, monkeypatch
) -> None:
    made = await house.lesson(record=True, consent_by="王老师", observers=1)
    clip = await asyncio.to_thread(load_clip, ClipPlan("clip", (90, 60, 30), 440, seconds=2), tmp_path)
    people = [(made["teacher"]["token"], "pc"), (made["seats"][0]["token"], "pc"), (made["observer"]["token"], "pad")]
    screens = [await house.sit(made["lesson"], token, device) for token, device in people]
    for screen in screens:
        await screen.hear("welcome")
    teacher, room, _ = screens
    camera = ClipPublisher(clip)
    await camera.start(Door(house.session, house.info.url).post_sdp, made["teacher"]["whip"], made["teacher"]["token"])
    with monkeypatch.context() as disk:
        # No byte is free, and nothing can be written where the recordings are.
        disk.setattr(writer, "free_bytes", lambda folder: -1)
        await teacher.say(type="start")
        for screen in screens:
            view = await screen.hears(lambda view: view["recording"]["problem"] is not None)
            assert (view["state"], view["recording"]["on"], view["recording"]["problem"]) == ("live", True, "disk_full")
        await room.say(type="raise_hand")
        await teacher.hears(lambda view: view["hands"])
    for screen in screens:
        await screen.hears(lambda view: view["recording"]["on"] and view["recording"]["problem"] is None)
    await camera.close()
    await teacher.say(type="end")
    await teacher.hears(lambda view: view["state"] == "ended")


async def test_datagrams_of_strangers_are_counted_and_answered_by_nothing(house) -> None:
    stun = bytes.fromhex("000100002112a442") + bytes(12)
    dropped = {"drop_stray": b"\x80\x60" + bytes(20), "drop_bad_stun": stun, "drop_oversize": b"\x80" * 1501}
    before = {name: await house.metric(f"{name}_total") for name in dropped}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        for datagram in dropped.values():
            stranger.sendto(datagram, ("127.0.0.1", house.info.udp_port))
        async with asyncio.timeout(5):
            for name, count in before.items():
                while await house.metric(f"{name}_total") != count + 1:
                    pass
        with pytest.raises(BlockingIOError):
            stranger.recv(2000)
