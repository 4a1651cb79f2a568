"""WHIP and WHEP as HTTP: what is answered, and every refusal by name. Media itself: tests/relay and tests/browser."""

import asyncio
import re

import aiohttp
import pytest

from classroom.relay.client import ClipPublisher, Viewer
from classroom.relay.hub import Hub
from classroom.relay.offer import OfferIdentity, OfferTrack, write_offer
from classroom.store.audit import Audit
from classroom.store.store import Store
from signaling import whip
from signaling.api import body
from signaling.demo.clip import ClipPlan, load_clip
from signaling.demo.http import Door, ServerProblem

IDENTITY = OfferIdentity("ufrag", "p" * 24, (("sha-256", ":".join(["AB"] * 32)),), "actpass")
SENDER = write_offer(IDENTITY, (OfferTrack("audio", ("opus",), 1), OfferTrack("video", ("vp8",), 2, 3)), "sendonly")
VIEWER = write_offer(IDENTITY, (OfferTrack("audio", ("opus",)), OfferTrack("video", ("vp8",))), "recvonly")
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


async def test_a_seat_that_says_its_line_is_thin_begins_with_sound_alone(house, tmp_path) -> None:
    rooms = [{"school": school, "classroom": "一号教室", "class_size": 23} for school in ("檀溪中小", "礼张完小")]
    made = await house.lesson(recipients=rooms)
    clip = await asyncio.to_thread(load_clip, ClipPlan("clip", (90, 60, 30), 440, seconds=2), tmp_path)
    teacher = ClipPublisher(clip)
    await teacher.start(Door(house.session, house.info.url).post_sdp, made["teacher"]["whip"], made["teacher"]["token"])
    await house.until(made, lambda view: view["seats"][0]["streams"])
    seat, other = made["seats"]

    def telling(downlink):
        async def post(url, sdp, token):
            path = url.removeprefix(house.info.url)
            status, answer, headers = await offer(house, path, token, sdp, {**SDP, "Downlink": downlink})
            assert status == 201
            return answer, house.info.url + headers["Location"]

        return post

    thin, wide = Viewer(), Viewer()
    await thin.start(telling("0.064"), seat["whep"], seat["token"])
    await wide.start(telling("-1e9"), other["whep"], other["token"])
    async with asyncio.timeout(20):
        while thin.receptions["audio"].packets < 50 or not wide.receptions["video"].packets:
            await asyncio.sleep(0.05)
    assert not thin.receptions["video"].packets

    def rungs(view):
        return {each["seat"]: each["rung"] for each in view["seats"]}

    view = await house.until(made, lambda view: rungs(view)[seat["seat"]] == "audio")
    assert rungs(view)[other["seat"]] == "full"
    for one in (thin, wide, teacher):
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


async def test_observers_watch_a_stream_up_to_the_lessons_number_by_whep_alone(house) -> None:
    made = await house.lesson(observers=2)
    camera = f"{made['lesson']}/teacher/camera"
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.hear("welcome")
    assert (await offer(house, f"/whip/{camera}", made["teacher"]["token"]))[0] == 201
    observer = made["observer"]["token"]
    first, second = [await offer(house, f"/whep/{camera}", observer, VIEWER) for _ in range(2)]
    assert (first[0], second[0]) == (201, 201)
    assert (await offer(house, f"/whep/{camera}", observer, VIEWER))[1]["code"] == "observers_full"
    # A classroom is no observer; an observer who leaves makes room.
    assert (await offer(house, f"/whep/{camera}", made["seats"][0]["token"], VIEWER))[0] == 201
    assert (await house.ask("DELETE", first[2]["Location"], observer))[0] == 200
    assert (await offer(house, f"/whep/{camera}", observer, VIEWER))[0] == 201


async def test_who_watches_by_one_link_from_two_places_shares_no_line(house, monkeypatch) -> None:
    made = await house.lesson(observers=3)
    camera, observer = f"{made['lesson']}/teacher/camera", made["observer"]["token"]
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.hear("welcome")
    await offer(house, f"/whip/{camera}", made["teacher"]["token"])
    lines: list[str] = []
    subscribe = Hub.subscribe

    def told(hub, stream, key, sdp, *, group, line_bps=None):
        lines.append(group)
        return subscribe(hub, stream, key, sdp, group=group, line_bps=line_bps)

    monkeypatch.setattr(Hub, "subscribe", told)
    for address in ("127.0.0.1", "127.0.0.2", "127.0.0.1"):
        connector = aiohttp.TCPConnector(local_addr=(address, 0))
        async with aiohttp.ClientSession(connector=connector) as session:
            headers = SDP | {"Authorization": f"Bearer {observer}"}
            async with session.post(f"{house.info.url}/whep/{camera}", data=VIEWER, headers=headers) as answered:
                assert answered.status == 201
    assert lines[0] == lines[2] != lines[1]


async def test_only_views_that_begin_are_logged_and_nobody_watches_unlogged(house, monkeypatch) -> None:
    made = await house.lesson()
    camera, observer = f"{made['lesson']}/teacher/camera", made["observer"]["token"]
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.hear("welcome")
    await offer(house, f"/whip/{camera}", made["teacher"]["token"])
    for path, sdp, code in (
        (camera, "nonsense", "bad_sdp"),
        (f"{made['lesson']}/{'x' * 500}/camera", VIEWER, "seat_unknown"),
        (f"{made['lesson']}/teacher/{'x' * 500}", VIEWER, "source_unknown"),
        (f"{made['lesson']}/teacher/board", VIEWER, "stream_absent"),
    ):
        assert (await offer(house, f"/whep/{path}", observer, sdp))[1]["code"] == code
    await offer(house, f"/whep/{camera}", observer, VIEWER)
    store = await Store.open(f"sqlite:///{house.data}/classroom.db")
    views = await store.audit.entries(action="lesson.viewed", subject=f"lesson:{made['lesson']}")
    assert [view.detail for view in views] == [{"what": "teacher/camera"}]
    await store.close()

    async def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Audit, "note", full)
    sessions = await house.metric("sessions")
    assert (await offer(house, f"/whep/{camera}", observer, VIEWER))[0] == 500
    assert await house.metric("sessions") == sessions


async def test_an_offer_that_comes_a_byte_a_minute_is_not_waited_for(house, monkeypatch) -> None:
    monkeypatch.setattr(body, "BODY_S", 0.2)
    made = await house.lesson()

    async def drip():
        yield b"v=0"
        await asyncio.sleep(30)

    path = f"/whip/{made['lesson']}/teacher/camera"
    status, problem, _ = await house.ask("POST", path, made["teacher"]["token"], data=drip(), headers=SDP)
    assert (status, problem["code"]) == (408, "too_slow")


async def test_media_of_a_revoked_link_ends_and_no_other_begins(house) -> None:
    made = await house.lesson()
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.hear("welcome")
    room = await house.link("classroom", "檀溪中小", classroom="一号教室")
    path = f"/whip/{made['lesson']}/{made['seats'][0]['seat']}/camera"
    assert (await offer(house, path, room["token"]))[0] == 201
    assert await house.metric("sessions") == 1
    assert (await house.ask("DELETE", f"/api/v1/links/{room['id']}", house.info.secret))[0] == 204
    assert await house.metric("sessions") == 0
    assert (await offer(house, path, room["token"]))[1]["code"] == "token_invalid"


async def test_an_offer_under_way_while_its_link_is_revoked_gets_no_session(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    room = await house.link("classroom", "檀溪中小", classroom="一号教室")
    begun, gone = asyncio.Event(), asyncio.Event()

    async def slowly():
        yield SENDER[:10].encode()
        begun.set()
        await gone.wait()
        yield SENDER[10:].encode()

    path = f"/whip/{made['lesson']}/{made['seats'][0]['seat']}/camera"
    posting = asyncio.create_task(house.ask("POST", path, room["token"], data=slowly(), headers=SDP))
    await begun.wait()
    # The server has seen the head of the request when it answers another one after it.
    await asyncio.sleep(0.2)
    assert (await house.ask("DELETE", f"/api/v1/links/{room['id']}", house.info.secret))[0] == 204
    gone.set()
    assert (await posting)[1]["code"] == "token_invalid"
    assert await house.metric("sessions") == 0


async def test_one_link_does_not_take_the_connections_of_all_the_others(house, monkeypatch) -> None:
    monkeypatch.setattr(whip, "MAX_LINK_SESSIONS", 2)
    made = await house.lesson()
    teacher, room = made["teacher"]["token"], made["seats"][0]["token"]
    seat = await house.sit(made["lesson"], teacher)
    await seat.hear("welcome")
    camera = f"{made['lesson']}/teacher/camera"
    assert (await offer(house, f"/whip/{camera}", teacher))[0] == 201
    assert [(await offer(house, f"/whep/{camera}", room, VIEWER))[0] for _ in range(3)] == [201, 201, 503]
    assert (await offer(house, f"/whip/{camera}", teacher))[0] == 201
