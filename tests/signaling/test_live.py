"""A lesson under way, with real media: what goes wrong around it does not end it."""

import asyncio
import socket

import numpy as np
import pytest

from classroom.relay.client import ClipPublisher
from recorder import writer
from signaling.demo import clip as clips
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


@pytest.fixture
def sharp_checks(monkeypatch) -> None:
    """What is wrong is told after five seconds; the server must start after this."""
    for name in ("BLACK", "SILENT"):
        monkeypatch.setenv(f"CLASSROOM_CHECK_{name}_S", "5")


async def test_a_covered_lens_is_told_while_it_is_so_and_the_verdict_before_anybody_leaves(
    sharp_checks, house, tmp_path, monkeypatch
) -> None:
    plan = ClipPlan("black", (0, 0, 0), 440, seconds=2)
    with monkeypatch.context() as covered:
        covered.setattr(clips, "draw_pictures", lambda plan: (np.zeros((plan.height, plan.width, 3), np.uint8),) * 30)
        black = await asyncio.to_thread(clips.make_clip, plan)
    made = await house.lesson(record=True, consent_by="王老师", observers=1)
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    camera = ClipPublisher(black)
    post = Door(house.session, house.info.url).post_sdp
    await camera.start(post, made["teacher"]["whip"], made["teacher"]["token"])
    await teacher.say(type="start")
    async with asyncio.timeout(60):
        while (heard := await teacher.socket.receive_json())["type"] != "warnings":
            pass
    assert heard["seats"] == {"teacher": ["black"]}
    # The others come only now: a socket that nobody reads answers no ping, and is hung up on.
    screens = [teacher]
    for link, device in ((made["seats"][0], "pc"), (made["observer"], "pad")):
        screens.append(await house.sit(made["lesson"], link["token"], device))
        await screens[-1].hear("welcome")
    ended = asyncio.get_running_loop().time()
    await teacher.say(type="end")
    told = [await screen.hears(lambda view: view["recording"]["verdict"]) for screen in screens]
    assert asyncio.get_running_loop().time() - ended < 5
    await camera.close()
    verdict = told[0]["recording"]["verdict"]
    assert not verdict["ok"] and all(view["recording"]["verdict"] == verdict for view in told)
    [flaw] = verdict["flaws"]
    assert (flaw["seat"], flaw["source"], flaw["what"]) == ("teacher", "camera", "black") and flaw["seconds"] >= 5
    # The room by its name, the time as the clock on the wall has it.
    name = next(seat["classroom"] for seat in told[0]["seats"] if seat["seat"] == "teacher")
    assert verdict["words"] == f"黑屏 {flaw['seconds']:.1f} s（{flaw['at'][11:16]}，{name}）"
    assert flaw["at"].endswith("+08:00")
    # And it stays: in the summary, and in the list of lessons.
    path, token = f"/api/v1/lessons/{made['lesson']}/summary", made["teacher"]["token"]
    assert (await house.ask("GET", path, token))[1]["verdict"] == verdict
    [line] = (await house.ask("GET", "/api/v1/lessons?scope=past", house.info.secret))[1]["lessons"]
    assert line["verdict"] == verdict
