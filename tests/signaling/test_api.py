"""The API's nouns: lessons, codes, rooms, links, months, and what every answer carries."""

import asyncio
import logging

import pytest
import structlog

from signaling.addresses import subscriber
from signaling.api import body as api_body
from signaling.server_log import configure_logs


async def test_a_teacher_makes_a_lesson_of_what_the_registry_knows(house) -> None:
    await house.lesson()
    teacher = await house.link("teacher", "实验小学")
    _, choices, _ = await house.ask("GET", "/api/v1/classrooms", teacher["token"])
    assert choices["own"]["school"] == "实验小学"
    [pair] = choices["pairs"]
    assert (pair["school"], pair["status"]) == ("檀溪中小", "active")
    body = {
        "class_name": "五（1）班",
        "class_size": 40,
        "subject": "数",
        "minutes": 40,
        "recipients": [{"classroom_id": pair["classrooms"][0]["id"]}],
    }
    status, made, _ = await house.ask("POST", "/api/v1/lessons", teacher["token"], body)
    assert status == 201
    assert made["teacher"]["page"].startswith(f"/teach/{made['lesson']}#")
    _, today, _ = await house.ask("GET", "/api/v1/lessons?scope=today", teacher["token"])
    assert {one["subject"] for one in today["lessons"]} == {"语", "数"}
    assert today["lessons"][0]["seats"] == [{"school": "檀溪中小", "classroom": "一号教室"}]


@pytest.mark.parametrize(
    "change",
    [
        {"class_name": "长" * 41},
        {"class_name": "行\n二"},
        {"class_size": -1},
        {"class_size": 2001},
        {"minutes": 0},
        {"recipients": []},
        {"recipients": [{"school": str(n)} for n in range(5)]},
        {"start": "2026-13-01T00:00:00Z"},
        {"start": "2026-01-01T00:00:00"},
        {"subject": ""},
        {"supporter": None},
    ],
)
async def test_a_lesson_that_cannot_be_is_refused_with_what_is_wrong(house, change) -> None:
    body = {"supporter": "实验小学", "class_name": "一班", "class_size": 1, "subject": "语", "minutes": 40}
    body["recipients"] = [{"school": "檀溪中小"}]
    status, problem, _ = await house.ask("POST", "/api/v1/lessons", house.info.secret, {**body, **change})
    assert (status, problem["code"]) == (400, "bad_request")
    assert problem["detail"]


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("9999-12-31T23:59:00Z", "bad_day"),
        ("0001-01-01T00:00:00+08:00", "bad_day"),
        ("1990-01-01T00:00:00Z", "bad_schedule"),
        ("2206-11-23T00:00:00Z", "bad_day"),
    ],
)
async def test_a_lesson_of_another_age_is_refused(house, start, code) -> None:
    body = {**house.wanted, "start": start}
    status, problem, _ = await house.ask("POST", "/api/v1/lessons", house.info.secret, body)
    assert (status, problem["code"]) == (400, code)


async def test_a_body_that_comes_a_byte_a_minute_is_not_waited_for(house, monkeypatch) -> None:
    monkeypatch.setattr(api_body, "BODY_S", 0.2)

    async def drip():
        yield b'{"code": '
        await asyncio.sleep(30)

    status, problem, _ = await house.ask("POST", "/api/v1/codes", data=drip())
    assert (status, problem["code"]) == (408, "too_slow")


async def test_what_holds_names_and_tokens_is_readable_by_its_owner_alone(house) -> None:
    await house.lesson()
    files = [path for path in house.data.iterdir() if path.is_file()]
    assert {"classroom.db", "classroom.db-wal", "server.json"} <= {path.name for path in files}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


async def test_six_digits_become_a_link_only_while_the_lesson_is_open(house) -> None:
    made = await house.lesson()
    code = made["seats"][0]["code"]
    assert (await house.ask("POST", "/api/v1/codes", body={"code": code}))[1]["code"] == "bad_code"
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    status, found, _ = await house.ask("POST", "/api/v1/codes", body={"code": f"{code[:3]} {code[3:]}"})
    assert status == 200
    token = found["page"].removeprefix("/join/")
    _, me, _ = await house.ask("GET", "/api/v1/me", token)
    assert (me["role"], me["lesson"], me["seat"]) == ("classroom", made["lesson"], made["seats"][0]["seat"])
    assert (me["school"]["name"], me["classroom"]["name"]) == ("檀溪中小", "一号教室")


async def test_codes_cannot_be_guessed_fast(house) -> None:
    answers = [(await house.ask("POST", "/api/v1/codes", body={"code": "000000"}))[:2] for _ in range(7)]
    assert [status for status, _ in answers] == [404] * 5 + [429] * 2
    assert answers[-1][1]["code"] == "too_many_tries"


@pytest.mark.parametrize(
    ("address", "behind"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("unix", "unix"),
    ],
)
def test_many_addresses_of_one_subscriber_have_the_tries_of_one(address: str, behind: str) -> None:
    assert subscriber(address) == behind


async def test_a_standing_page_sees_its_next_lesson_and_sits_in_it(house) -> None:
    room = await house.link("classroom", "檀溪中小", classroom="一号教室")
    _, here, _ = await house.ask("GET", "/api/v1/room", room["token"])
    assert (here["school"], here["classroom"], here["next"]) == ("檀溪中小", "一号教室", None)
    made = await house.lesson()
    _, here, _ = await house.ask("GET", "/api/v1/room", room["token"])
    assert (here["next"]["lesson"], here["next"]["state"], here["next"]["supporter"]) == (
        made["lesson"],
        "scheduled",
        "实验小学",
    )
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    seat = await house.sit(made["lesson"], room["token"])
    assert (await seat.hear("welcome"))["seat"] == here["seat"]
    await teacher.hears(lambda view: view["seats"][1]["present"])


async def test_a_lesson_without_media_is_judged_and_listed_as_not_counted(house) -> None:
    made = await house.lesson()
    teacher = await house.sit(made["lesson"], made["teacher"]["token"])
    await teacher.hear("welcome")
    assert (await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/end", house.info.secret))[0] == 200
    view = await house.until(made, lambda view: view["state"] == "ended")
    assert view["seats"][1]["code"] is None
    path = f"/api/v1/lessons/{made['lesson']}/summary"
    summary = (await house.ask("GET", path, made["teacher"]["token"]))[1]
    while not summary["settled"]:
        summary = (await house.ask("GET", path, made["teacher"]["token"]))[1]
    [activity] = summary["activities"]
    assert (activity["state"], activity["participants"]) == ("not_counted", 0)
    assert activity["reason"].startswith("不计：未开展")
    _, month, _ = await house.ask("GET", f"/api/v1/months/{activity['month']}", house.info.secret)
    assert (month["count"], month["participants"], len(month["activities"])) == (0, 0, 1)


async def test_a_cancelled_lesson_is_listed_as_not_held(house) -> None:
    made = await house.lesson()
    assert (await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", made["teacher"]["token"]))[0] == 200
    listed = (await house.ask("GET", "/api/v1/lessons?scope=past", house.info.secret))[1]["lessons"]
    while not listed[0]["activities"]:
        listed = (await house.ask("GET", "/api/v1/lessons?scope=past", house.info.secret))[1]["lessons"]
    assert listed[0]["activities"][0]["reason"] == "不计：未开展（已取消）"
    assert listed[0]["cancelled"]


@pytest.mark.parametrize("month", ["2019-13", "19-05", "2019-5", "2019-05x"])
async def test_a_month_that_is_none_is_refused(house, month) -> None:
    status, problem, _ = await house.ask("GET", f"/api/v1/months/{month}", house.info.secret)
    assert (status, problem["code"], problem["title"]) == (404, "month_unknown", "没有这个工作月度")


async def test_a_month_to_come_is_not_there(house) -> None:
    assert (await house.ask("GET", "/api/v1/months/2099-01", house.info.secret))[1]["code"] == "month_unknown"
    assert (await house.ask("GET", "/api/v1/months/2019-04", house.info.secret))[1]["count"] == 0


async def test_no_answer_leaks_a_token_or_lets_itself_be_framed(house) -> None:
    made = await house.lesson()
    for path in ("/", f"/join/{made['seats'][0]['token']}", "/healthz", "/nowhere"):
        _, _, headers = await house.ask("GET", path)
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
    _, _, headers = await house.ask("GET", "/")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


async def test_the_log_names_routes_and_never_a_token(house, capsys, caplog) -> None:
    made = await house.lesson()
    token = made["seats"][0]["token"]
    await house.ask("GET", f"/join/{token}")
    await house.ask("GET", "/api/v1/me", token)
    printed = "".join(capsys.readouterr()) + caplog.text
    assert "/join/{token}" in printed
    assert token not in printed


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /join/SECRET \x01 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /join/SECRET HTTP/9\r\n\r\n",
        b"POST /api/v1/codes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nSECRET\r\n",
        b"POST /api/v1/codes HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nSECRET",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nAuthorization: " + b"SECRET" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused_and_never_quoted_in_the_log(house, capsys, caplog, request_bytes) -> None:
    noisy = logging.getLogger("aiohttp.server")
    before = noisy.filters[:]
    configure_logs("info")
    try:
        reader, writer = await asyncio.open_connection(*house.info.url.removeprefix("http://").split(":"))
        writer.write(request_bytes)
        async with asyncio.timeout(10):
            assert b" 400 " in await reader.readline()
        writer.close()
        assert (await house.ask("GET", "/healthz"))[0] == 200
    finally:
        noisy.filters[:] = before
        logging.getLogger("aiohttp.access").disabled = False
        structlog.reset_defaults()
    assert "SECRET" not in caplog.text + "".join(capsys.readouterr())
    assert all(record.exc_text is None and record.exc_info is None for record in caplog.records)


async def test_metrics_speak_of_the_relay_only_to_who_has_the_secret(house) -> None:
    assert (await house.ask("GET", "/metrics"))[0] == 401
    status, text, _ = await house.ask("GET", "/metrics", house.info.secret)
    assert status == 200
    for gauge in ("sessions", "publishers", "viewers", "handshakes", "routes"):
        assert f"classroom_relay_{gauge} 0.0" in text
    assert "classroom_relay_packets_in_total 0.0" in text
    assert "classroom_lessons_open 0.0" in text


async def test_an_unknown_path_and_a_wrong_method_are_problems_too(house) -> None:
    status, problem, _ = await house.ask("GET", "/api/v1/nothing")
    assert (status, problem["code"]) == (404, "not_found")
    status, problem, headers = await house.ask("PUT", "/api/v1/me")
    assert (status, problem["code"], headers["Allow"]) == (405, "method_not_allowed", "GET,HEAD")
    status, problem, _ = await house.ask("POST", "/api/v1/lessons", house.info.secret, data=b"x" * 300_000)
    assert (status, problem["code"]) == (413, "too_large")


async def test_a_mistyped_address_gets_a_page_in_a_browser(house) -> None:
    status, text, headers = await house.ask("GET", "/nowhere", headers={"Accept": "text/html,*/*"})
    assert (status, headers["Content-Type"].partition(";")[0]) == (404, "text/html")
    assert "<script" in text
