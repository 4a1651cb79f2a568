"""The WebSocket: who gets in, what a hostile page gets, and what all devices hear."""

import contextlib
from datetime import UTC, datetime, timedelta

import aiohttp

from classroom.store.journal import Journal
from classroom.store.store import Store
from signaling.messages import MAX_EXCESS, MAX_MESSAGE_BYTES, MAX_SKETCH_EXCESS, MESSAGE_BURST


async def test_the_first_message_must_be_hello(house) -> None:
    made = await house.lesson()
    for first in ('{"type":"ping","t":1}', "nonsense", '{"type":"hello"}', "[]"):
        socket = await house.session.ws_connect(f"{house.info.url}/ws/{made['lesson']}")
        await socket.send_str(first)
        error = await socket.receive_json()
        assert error["type"] == "error"
        assert error["code"] in {"hello_expected", "bad_message"}
        assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE


async def test_false_expired_and_foreign_tokens_stay_outside(house) -> None:
    made, other = await house.lesson(), await house.lesson()
    for token, code in (
        ("AAAAAAAAAAAAAAAAAAAAAA", "token_invalid"),
        (other["seats"][0]["token"], "lesson_unknown"),
        (house.info.secret, "forbidden"),
    ):
        seat = await house.sit(made["lesson"], token)
        assert (await seat.hear("error"))["code"] == code
        assert await seat.is_closed()


async def test_every_device_hears_of_a_hand_a_stage_and_a_mute(house) -> None:
    made = await house.lesson(recipients=[{"school": "檀溪中小", "classroom": r} for r in ("一", "二")])
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    assert (await teacher.hear("welcome"))["lesson"]["state"] == "open"
    rooms = [await house.sit(made["lesson"], seat["token"]) for seat in made["seats"]]
    for room in rooms:
        await room.hear("welcome")
    seat = made["seats"][0]["seat"]
    await rooms[0].say(type="raise_hand")
    for device in (teacher, *rooms):
        await device.hears(lambda view: [hand["seat"] for hand in view["hands"]] == [seat])
    await teacher.say(type="set_stage", seat=seat)
    await teacher.say(type="mute", seat=None, muted=True)
    for device in (teacher, *rooms):
        view = await device.hears(lambda view: view["stage"] == seat and view["seats"][1]["muted"])
        assert (view["seats"][1]["code"] is None) == (device is not teacher)


async def test_a_classroom_may_not_do_what_is_the_teachers(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    room = await house.sit(made["lesson"], made["seats"][0]["token"])
    await room.hear("welcome")
    for message in (
        {"type": "start"},
        {"type": "end"},
        {"type": "set_stage", "seat": made["seats"][0]["seat"]},
        {"type": "mute", "seat": "teacher", "muted": True},
        {"type": "record", "on": True},
        {"type": "note_consent", "seat": None, "by_name": "某人"},
        {"type": "headcount", "seat": "teacher", "students": 1, "teachers": 1},
    ):
        await room.say(**message)
        assert (await room.hear("error"))["code"] == "forbidden", message


async def test_a_strange_message_is_named_and_the_connection_stays(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    await teacher.say(type="self_destruct")
    assert (await teacher.hear("error"))["code"] == "bad_message"
    await teacher.socket.send_str("x" * 5000)
    assert (await teacher.hear("error"))["code"] == "message_too_large"
    await teacher.say(type="ping", t=7)
    assert (await teacher.hear("pong"))["t"] == 7


async def test_a_page_that_talks_too_fast_is_told_and_then_hung_up_on(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    for n in range(MESSAGE_BURST + MAX_EXCESS + 20):
        await teacher.say(type="ping", t=n)
    assert (await teacher.hear("error"))["code"] == "too_fast"
    assert await teacher.is_closed()
    again = await house.sit(made["lesson"], made["teacher"]["token"])
    assert (await again.hear("welcome"))["lesson"]["state"] == "open"


async def test_the_newest_tab_wins_and_the_older_is_told(house) -> None:
    made = await house.lesson()
    old = await house.sit(made["lesson"], made["teacher"]["token"], device="same")
    await old.hear("welcome")
    new = await house.sit(made["lesson"], made["teacher"]["token"], device="same")
    await new.hear("welcome")
    await old.hear("replaced")
    assert await old.is_closed()


async def test_recording_waits_for_every_classs_consent_and_every_screen_says_so(house) -> None:
    made = await house.lesson(record=True)
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    welcome = await teacher.hear("welcome")
    assert {one["seat"] for one in welcome["lesson"]["recording"]["missing_consent"]} == {
        "teacher",
        made["seats"][0]["seat"],
    }
    room = await house.sit(made["lesson"], made["seats"][0]["token"])
    assert (await room.hear("welcome"))["recording_notice"] is True
    await teacher.say(type="start")
    view = await teacher.hears(lambda view: view["state"] == "live")
    assert view["recording"]["on"] is False
    await teacher.say(type="record", on=True)
    assert (await teacher.hear("error"))["code"] == "consent_missing"
    await teacher.say(type="note_consent", seat=None, by_name="张老师")
    for device in (teacher, room):
        await device.hears(lambda view: view["recording"]["on"] and not view["recording"]["missing_consent"])
    await teacher.say(type="record", on=False)
    for device in (teacher, room):
        await device.hears(lambda view: not view["recording"]["on"])


async def test_a_server_that_goes_down_tells_every_device(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    await house.stop()
    await teacher.hear("closing")
    assert await teacher.is_closed()


async def test_whoever_draws_without_a_pause_is_hung_up_on(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    with contextlib.suppress(ConnectionError):
        for _ in range(20 * MAX_SKETCH_EXCESS):
            await teacher.say(type="point", page="w1", at=[1, 2])
    assert await teacher.is_closed()


async def test_a_revoked_link_is_hung_up_on(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    link = await house.link("classroom", "檀溪中小", classroom="一号教室")
    room = await house.sit(made["lesson"], link["token"])
    await room.hear("welcome")
    asked = f"/api/v1/lessons/{made['lesson']}/assistants", link["token"], {"seat": made["seats"][0]["seat"]}
    page = (await house.ask("POST", *asked))[1]["page"]
    assert (await house.ask("POST", *asked))[1]["page"] == page
    phone = await house.sit(made["lesson"], page.rpartition("/")[2], device="phone")
    await phone.hear("welcome")
    assert (await house.ask("DELETE", f"/api/v1/links/{link['id']}", house.info.secret))[0] == 204
    for device in (room, phone):
        assert (await device.hear("error"))["code"] == "token_invalid"
        assert await device.is_closed()
    await teacher.say(type="start")
    await teacher.hears(lambda view: view["state"] == "live")


async def test_with_a_teachers_link_those_of_the_lessons_made_by_it_are_revoked(house) -> None:
    link = await house.link("teacher", "实验小学")
    await house.link("classroom", "檀溪中小")
    body = {key: value for key, value in house.wanted.items() if key != "supporter"}
    _, made, _ = await house.ask("POST", "/api/v1/lessons", link["token"], body)
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    assert (await house.ask("DELETE", f"/api/v1/links/{link['id']}", house.info.secret))[0] == 204
    assert (await teacher.hear("error"))["code"] == "token_invalid"
    assert (await house.ask("GET", "/api/v1/me", made["teacher"]["token"]))[1]["code"] == "token_invalid"
    # The classrooms' links are not the teacher's.
    assert (await house.ask("GET", "/api/v1/me", made["seats"][0]["token"]))[0] == 200


async def test_what_a_full_disk_refuses_is_said_and_the_device_stays(house, monkeypatch) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")

    async def full(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "append", full)
        await teacher.say(type="start")
        assert (await teacher.hear("error"))["code"] == "busy"
        late = await house.sit(made["lesson"], made["seats"][0]["token"])
        assert (await late.hear("error"))["code"] == "busy"
        assert await late.is_closed()
    await teacher.say(type="start")
    await teacher.hears(lambda view: view["state"] == "live")


async def test_messages_larger_than_the_protocol_allows_are_named_or_hung_up_on(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    await teacher.say(type="ping", t=0, padding="x" * MAX_MESSAGE_BYTES)
    assert (await teacher.hear("error"))["code"] == "message_too_large"
    await teacher.say(type="note_consent", seat=None, by_name="名" * 41)
    assert (await teacher.hear("error"))["code"] == "bad_message"
    await teacher.say(type="ping", t=0, padding="x" * 4 * MAX_MESSAGE_BYTES)
    assert await teacher.is_closed()
    assert (await house.ask("GET", "/healthz"))[0] == 200


async def test_an_expired_link_stays_outside_and_one_that_expires_is_hung_up_on(house) -> None:
    made = await house.lesson()
    store = await Store.open(f"sqlite:///{house.data}/classroom.db")
    now = datetime.now(UTC)
    tokens = [
        (await store.links.mint("observer", now, lesson=made["lesson"], expires_at=now + timedelta(seconds=left)))[0]
        for left in (-1, 1)
    ]
    await store.close()
    for token, path in ((tokens[0], "/api/v1/me"), (tokens[0], f"/api/v1/lessons/{made['lesson']}")):
        assert (await house.ask("GET", path, token))[1]["code"] == "token_expired"
    late = await house.sit(made["lesson"], tokens[0])
    assert (await late.hear("error"))["code"] == "token_expired"
    observer = await house.sit(made["lesson"], tokens[1])
    await observer.hear("welcome")
    assert (await observer.hear("error"))["code"] == "token_expired"
    assert await observer.is_closed()
