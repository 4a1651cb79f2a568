"""WHIP and WHEP as HTTP: what is answered, and every refusal by name. Media itself: tests/relay and tests/browser."""

import asyncio
import re

import pytest

from classroom.relay.client import ClipPublisher, Viewer
from classroom.relay.offer import OfferIdentity, OfferTrack, write_offer
from signaling.demo.clip import ClipPlan, load_clip
from signaling.demo.http import Door, ServerProblem

IDENTITY = OfferIdentity("ufrag", "p" * 24, (("sha-256", ":".join(["AB"] * 32)),), "actpass")
SENDER = write_offer(IDENTITY, (OfferTrack("audio", ("opus",), 1), OfferTrack("video", ("vp8",), 2, 3)), "sendonly")
SDP = {"Content-Type": "application/sdp"}


async def offer(house, path, token, sdp=SENDER, headers=SDP):
    return await house.ask("POST", path, token, data=sdp, headers=headers)


async def test_a_publisher_gets_an_answer_and_a_session_that_it_can_end(house) -> None:
    made = await house.lesson()
    token, path = made["teacher"]["token"], f"/whip/{made['lesson']}/teacher/camera"
    assert made["teacher"]["whip"] == house.info.url + path
    status, answer, headers = await offer(house, path, token)
    assert (status, headers["Content-Type"].partition(";")[0]) == (201, "application/sdp")
    assert re.fullmatch(r"/sessions/[a-z2-7]{12}", headers["Location"])
    assert "a=ice-lite" in answer
    assert "a=setup:passive" in answer
    assert f" {house.info.udp_port} typ host" in answer
    patched = await house.ask("PATCH", headers["Location"], token)
    assert (patched[0], "Accept-Patch" in patched[2]) == (501, False)
    assert (await house.ask("DELETE", headers["Location"], made["seats"][0]["token"]))[0] == 404
    assert (await house.ask("DELETE", headers["Location"], token))[0] == 200
    assert (await house.ask("DELETE", headers["Location"], token))[1]["code"] == "not_found"


async def test_what_may_be_posted_is_said_by_options(house) -> None:
    status, _, headers = await house.ask("OPTIONS", "/whip/x/teacher/camera")
    assert (status, headers["Accept-Post"]) == (204, "application/sdp")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"sdp": "v=0\r\nnonsense"}, 400, "bad_sdp"),
        ({"sdp": ""}, 400, "bad_sdp"),
        ({"sdp": b"\xff\xfe"}, 400, "bad_sdp"),
        ({"sdp": "v=0\r\n" + "a=x\r\n" * 20_000}, 413, "too_large"),
        ({"headers": {"Content-Type": "application/json"}}, 415, "unsupported_media_type"),
        ({"path": "/whip/{lesson}/teacher/cinema"}, 409, "source_unknown"),
        ({"path": "/whip/{lesson}/nobody/camera"}, 403, "forbidden"),
        ({"path": "/whip/aaaaaaaaaaaa/teacher/camera"}, 404, "lesson_unknown"),
        ({"path": "/whep/{lesson}/teacher/camera"}, 409, "lesson_not_open"),
    ],
)
async def test_a_refusal_has_a_name_and_two_sentences(house, change, status, code) -> None:
    made = await house.lesson()
    path = change.pop("path", "/whip/{lesson}/teacher/camera").format(lesson=made["lesson"])
    answered, problem, headers = await offer(house, path, made["teacher"]["token"], **change)
    assert (answered, problem["code"], problem["status"]) == (status, code, status)
    assert headers["Content-Type"].startswith("application/problem+json")
    assert re.search(r"[一-鿿]", problem["title"])
    assert re.search(r"[a-zA-Z]", problem["title_en"])
    assert (await house.ask("GET", f"/api/v1/lessons/{made['lesson']}", made["teacher"]["token"]))[0] == 200


async def test_an_offer_without_a_codec_of_ours_is_refused(house) -> None:
    made = await house.lesson()
    other = SENDER.replace("VP8/90000", "AV1/90000").replace("opus/48000/2", "PCMU/8000")
    status, problem, _ = await offer(house, f"/whip/{made['lesson']}/teacher/camera", made["teacher"]["token"], other)
    assert (status, problem["code"]) == (406, "no_common_codec")


async def test_a_viewer_without_the_publishers_codec_is_refused_and_the_lesson_goes_on(house, tmp_path) -> None:
    made = await house.lesson()
    clip = await asyncio.to_thread(load_clip, ClipPlan("clip", (90, 60, 30), 440, codec="h264", seconds=2), tmp_path)
    door = Door(house.session, house.info.url)
    teacher = ClipPublisher(clip)
    await teacher.start(door.post_sdp, made["teacher"]["whip"], made["teacher"]["token"])
    await house.until(made, lambda view: view["seats"][0]["streams"])
    seat = made["seats"][0]
    only_vp8 = Viewer(codecs=("vp8",))
    with pytest.raises(ServerProblem, match="no_common_codec"):
        await only_vp8.start(door.post_sdp, seat["whep"], seat["token"])
    viewer = Viewer()
    await viewer.start(door.post_sdp, seat["whep"], seat["token"])
    async with asyncio.timeout(20):
        while not viewer.receptions["video"].packets:
            await asyncio.sleep(0.05)
    for one in (viewer, only_vp8, teacher):
        await one.close()


async def test_a_second_teacher_does_not_get_the_seat(house) -> None:
    made = await house.lesson()
    colleague = await house.link("teacher", "实验小学", name="另一位")
    first = await house.sit(made["lesson"], made["teacher"]["token"])
    await first.hear("welcome")
    status, problem, _ = await offer(house, f"/whip/{made['lesson']}/teacher/camera", colleague["token"])
    assert (status, problem["code"]) == (409, "seat_taken")
    second = await house.sit(made["lesson"], colleague["token"], device="other")
    assert (await second.hear("error"))["code"] == "seat_taken"
    assert await second.is_closed()


async def test_an_ended_lesson_takes_no_media(house) -> None:
    made = await house.lesson()
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.hear("welcome")
    await seat.say(type="end")
    await seat.hears(lambda view: view["state"] == "ended")
    status, problem, _ = await offer(house, f"/whip/{made['lesson']}/teacher/camera", made["teacher"]["token"])
    assert (status, problem["code"]) == (409, "lesson_ended")


async def test_each_view_of_an_observer_is_counted_against_the_limit_and_logged(house) -> None:
    made = await house.lesson(observers=1)
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.hear("welcome")
    status, problem, _ = await offer(house, f"/whep/{made['lesson']}/teacher/camera", made["observer"]["token"])
    assert (status, problem["code"]) == (404, "stream_absent")
    first = await house.sit(made["lesson"], made["observer"]["token"], device="a")
    assert (await first.hear("welcome"))["seat"] is None
    second = await house.sit(made["lesson"], made["observer"]["token"], device="b")
    assert (await second.hear("error"))["code"] == "observers_full"
