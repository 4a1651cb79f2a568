"""Programs' tokens and their scopes, the session log, and webhooks against a real receiver."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from classroom.store.audit import MACHINE
from classroom.store.feeds import Event, publish
from classroom.store.store import Store
from signaling.clock import SystemClock
from signaling.webhooks import Deliveries, message, new_secret, signature

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
# What each scope opens, and nothing else.
OPENS = {
    "sessions": "/lesson-log",
    "activities": "/activities?month=2026-11",
    "returns": "/matrix?year=2026",
    "registry": "/registry/schools",
}


class Receiver:
    """Another system's address; answers with `answers`, the last one for ever."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers = [204]
        self.heard = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with self.heard:
            self.got.append((dict(request.headers), body))
            self.heard.notify_all()
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20), self.heard:
            await self.heard.wait_for(lambda: len(self.got) >= count)

    @property
    def subjects(self) -> list[str]:
        return [json.loads(body)["data"]["subject"] for _, body in self.got]


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/in", receiver.take)
    async with TestServer(app) as server:
        yield receiver, str(server.make_url("/in"))


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    store = await Store.open(database)
    yield store
    await store.close()


async def program(house: Any, *scopes: str) -> Any:
    body = {"name": "教育局数据平台", "scopes": scopes, "days": 30}
    status, made, _ = await house.ask("POST", "/api/v1/programs", house.info.secret, body)
    assert status == 201, made
    return made


@pytest.mark.parametrize("scope", OPENS)
async def test_a_scope_opens_its_doors_and_no_other(house, scope: str) -> None:
    made = await program(house, scope)
    for other, path in OPENS.items():
        status, answer, _ = await house.ask("GET", f"/api/v1{path}", made["token"])
        assert (status, other) == (200 if other == scope else 403, other), answer
    assert (await house.ask("POST", "/api/v1/lessons", made["token"], {}))[0] == 403
    _, me, _ = await house.ask("GET", "/api/v1/me", made["token"])
    assert (me["role"], me["name"], len(me["may"])) == ("program", "教育局数据平台", 2)


async def test_a_program_is_listed_without_its_token_and_can_be_revoked(house) -> None:
    made = await program(house, "sessions")
    assert made["token"].startswith("cp_")
    await house.ask("GET", "/api/v1/lesson-log", made["token"])
    _, listed, _ = await house.ask("GET", "/api/v1/programs", house.info.secret)
    [line] = listed["items"]
    assert "token" not in line and line["last_used_at"] is not None and line["scopes"] == ["sessions"]
    assert (await house.ask("POST", f"/api/v1/programs/{line['id']}/revoke", house.info.secret))[0] == 204
    assert (await house.ask("POST", f"/api/v1/programs/{line['id']}/revoke", house.info.secret))[0] == 404
    assert (await house.ask("GET", "/api/v1/lesson-log", made["token"]))[1]["code"] == "token_invalid"


async def test_the_session_log_has_every_lesson_with_its_rooms(house) -> None:
    made = await house.lesson()
    await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", house.info.secret)
    _, log, _ = await house.ask("GET", "/api/v1/lesson-log?limit=1", house.info.secret)
    [line] = log["items"]
    assert (line["lesson"], line["cancelled"], len(line["head"])) == (made["lesson"], True, 64)
    assert [(room["school"], room["role"], room["connected"]) for room in line["rooms"]] == [
        ("实验小学", "host", []),
        ("檀溪中小", "rural", []),
    ]
    _, rest, _ = await house.ask("GET", f"/api/v1/lesson-log?limit=1&after={log['next']}", house.info.secret)
    assert rest == {"items": [], "next": None}
    _, text, _ = await house.ask("GET", "/api/v1/lesson-log?format=csv", house.info.secret)
    assert text.splitlines()[0].lstrip("\ufeff").startswith("lesson,state,subject,start,end,")
    assert (await house.ask("GET", "/api/v1/lesson-log?from=2019-05-02&to=2019-05-01", house.info.secret))[0] == 400


async def test_the_servers_own_events_reach_a_webhook_signed(house, receiver) -> None:
    heard, url = receiver
    body = {"url": url, "kinds": ["lesson.ended"]}
    status, made, _ = await house.ask("POST", "/api/v1/webhooks", house.info.secret, body)
    assert status == 201
    lesson = await house.lesson()
    await house.ask("POST", f"/api/v1/lessons/{lesson['lesson']}/cancel", house.info.secret)
    await heard.until(1)
    headers, content = heard.got[0]
    said = json.loads(content)
    assert (said["type"], said["data"]) == ("lesson.ended", {"subject": f"lesson:{lesson['lesson']}"})
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    _, listed, _ = await house.ask("GET", "/api/v1/webhooks", house.info.secret)
    assert "secret" not in listed["items"][0]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/b",
        "http://",
        "http://u:p@host/",
        "http://a:99999/",
        "http://[/",
        "file:///x",
        "http://169.254.169.254/latest",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
    ],
)
async def test_an_address_that_nothing_can_be_sent_to_is_refused(house, url: str) -> None:
    body = {"url": url, "kinds": ["lesson.ended"]}
    status, problem, _ = await house.ask("POST", "/api/v1/webhooks", house.info.secret, body)
    assert (status, problem["code"] in ("bad_address", "bad_request")) == (400, True)


async def test_a_webhook_is_paused_resumed_replayed_and_removed(house) -> None:
    body = {"url": "http://127.0.0.1:9/in", "kinds": ["lesson.ended"]}
    _, made, _ = await house.ask("POST", "/api/v1/webhooks", house.info.secret, body)
    path = f"/api/v1/webhooks/{made['webhook']['id']}"

    async def state() -> str:
        [line] = (await house.ask("GET", "/api/v1/webhooks", house.info.secret))[1]["items"]
        return str(line["state"])

    for action, then in (("pause", "paused"), ("resume", "active"), ("pause", "paused"), ("replay", "active")):
        assert (await house.ask("POST", f"{path}/{action}", house.info.secret))[0] == 204
        assert await state() == then
    assert (await house.ask("DELETE", path, house.info.secret))[0] == 204
    for method, gone in (
        ("DELETE", path),
        ("POST", f"{path}/pause"),
        ("POST", f"{path}/resume"),
        ("POST", f"{path}/replay"),
    ):
        assert (await house.ask(method, gone, house.info.secret))[0] == 404


class LateClock(SystemClock):
    """Every look is an hour later: what waits is due at once."""

    def __init__(self) -> None:
        self._hours = 0

    def at(self) -> datetime:
        self._hours += 1
        return AT + timedelta(hours=self._hours)


async def deliver(store: Store, *subjects: str) -> None:
    async with store.database.write() as connection:
        for subject in subjects:
            await publish(connection, "lesson.ended", subject, AT)


async def test_an_event_is_sent_until_it_is_received_and_the_next_one_waits_for_it(store: Store, receiver) -> None:
    heard, url = receiver
    # A redirect is no receipt, and is not followed.
    heard.answers = [500, 302, 410, 200, 204]
    await store.webhooks.make(url, ("lesson.ended",), new_secret(), MACHINE, AT)
    await deliver(store, "lesson:a", "lesson:b")
    deliveries = Deliveries(store, LateClock(), poll_s=0.01)
    deliveries.start()
    await heard.until(5)
    await deliveries.close()
    await deliveries.close()
    assert heard.subjects == ["lesson:a"] * 4 + ["lesson:b"]
    assert len({headers["webhook-id"] for headers, _ in heard.got[:4]}) == 1


async def test_what_was_not_received_before_the_end_is_sent_after_the_next_start(
    store: Store, receiver, tmp_path: Path
) -> None:
    heard, url = receiver
    await store.webhooks.make(url, ("lesson.ended",), new_secret(), MACHINE, AT)
    await deliver(store, "lesson:a")
    again = await Store.open(f"sqlite:///{tmp_path}/classroom.db")
    deliveries = Deliveries(again, LateClock(), poll_s=0.01)
    deliveries.start()
    await heard.until(1)
    await deliveries.close()
    await again.close()
    assert heard.subjects == ["lesson:a"]


async def test_a_receiver_that_is_not_there_is_named_and_holds_up_nobody_else(store: Store, receiver) -> None:
    heard, url = receiver
    gone = await store.webhooks.make("http://127.0.0.1:9/in", ("lesson.ended",), new_secret(), MACHINE, AT)
    await store.webhooks.make(url, ("lesson.ended",), new_secret(), MACHINE, AT)
    await deliver(store, "lesson:a", "lesson:b")
    deliveries = Deliveries(store, LateClock(), poll_s=0.01)
    deliveries.start()
    await heard.until(2)
    await deliveries.close()
    assert heard.subjects == ["lesson:a", "lesson:b"]
    [failing] = [hook for hook in await store.webhooks.all() if gone is not None and hook.id == gone.id]
    assert failing.failures > 0 and failing.last_error == "ClientConnectorError", "by kind: no words of the network's"


def test_the_signature_is_the_standards_own_example() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_body_names_the_subject_and_nobody() -> None:
    event = Event(seq=7, at=AT, kind="return.sent", subject="return:2019-05/bureau")
    assert json.loads(message(event)) == {
        "type": "return.sent",
        "timestamp": "2019-05-14T09:00:00+08:00",
        "data": {"subject": "return:2019-05/bureau"},
    }
