"""A whole server in the test's own loop, on free loopback ports and a directory of its own."""

import asyncio
import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from argon2 import PasswordHasher

import signaling.passwords
from signaling.app import serve
from signaling.datadir import DataDirectory, ServerInfo
from signaling.settings import load_settings

LESSON: dict[str, Any] = {
    "supporter": "实验小学",
    "class_name": "五（1）班",
    "class_size": 42,
    "subject": "语",
    "minutes": 40,
    "recipients": [{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}],
}


PASSWORD = "山高 月小 水落 石出"
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""A password has to cost the real one's user, not each test that signs somebody in."""


class House:
    """The server as a client sees it. `wanted` is the body of `lesson`."""

    wanted = LESSON

    def __init__(
        self, info: ServerInfo, session: aiohttp.ClientSession, data: Path, stop: Callable[[], Awaitable[None]]
    ) -> None:
        self.info = info
        self.session = session
        self.data = data
        self.stop = stop
        self._numbers = itertools.count(1)

    async def ask(
        self, method: str, path: str, token: str | None = None, body: Any = None, **more: Any
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON (or text), headers."""
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        async with self.session.request(method, self.info.url + path, json=body, headers=headers, **more) as response:
            is_json = "json" in response.content_type
            content = await response.json() if is_json else await response.text(errors="replace")
            return response.status, content, dict(response.headers)

    async def lesson(self, **changes: Any) -> Any:
        status, made, _ = await self.ask("POST", "/api/v1/lessons", self.info.secret, {**LESSON, **changes})
        assert status == 201, made
        return made

    async def link(self, role: str, school: str, **more: Any) -> Any:
        body = {"role": role, "school": school, **more}
        return (await self.ask("POST", "/api/v1/links", self.info.secret, body))[1]

    async def account(self, role: str, school: str | None = None, login: str = "", name: str = "") -> "Person":
        """Somebody with an account of this role, signed in, the password already his own; the school is made."""
        login = login or f"{role.replace('_', '-')}-{next(self._numbers)}"
        if school is not None:
            await self.link("classroom", school)
        body = {"login": login, "name": name or f"{login} 的人", "role": role, "school_name": school}
        status, made, _ = await self.ask("POST", "/api/v1/accounts", self.info.secret, body)
        assert status == 201, made
        person = Person(self, login, made["account"]["id"])
        assert (await person.sign_in(made["password"]))[0] == 201
        change = {"current": made["password"], "new": PASSWORD}
        assert (await person.ask("PUT", "/api/v1/me/password", change))[0] == 200
        return person

    async def until(self, made: Any, condition: Any) -> Any:
        """The lesson's view once it fulfils the condition."""
        async with asyncio.timeout(20):
            while not condition(
                view := (await self.ask("GET", f"/api/v1/lessons/{made['lesson']}", made["teacher"]["token"]))[1]
            ):
                await asyncio.sleep(0.05)
        return view

    async def metric(self, name: str) -> int:
        """A counter or gauge of the relay, as it stands now."""
        text = (await self.ask("GET", "/metrics", self.info.secret))[1]
        [line] = [line for line in text.splitlines() if line.startswith(f"classroom_relay_{name} ")]
        return int(float(line.split()[1]))

    async def sit(self, lesson: str, token: str, device: str = "pc") -> "Seat":
        """Open the lesson's WebSocket and say hello."""
        socket = await self.session.ws_connect(f"{self.info.url}/ws/{lesson}")
        await socket.send_json({"type": "hello", "token": token, "device": device, "version": 1})
        return Seat(socket)


class Person:
    """An account's browser: it keeps its cookies, and says where its requests come from."""

    def __init__(self, house: House, login: str, id: str) -> None:
        self.house = house
        self.login = login
        self.id = id
        self.cookies: dict[str, str] = {}

    async def sign_in(self, password: str = PASSWORD) -> tuple[int, Any, dict[str, str]]:
        """The answer of `POST /sessions`."""
        return await self.ask("POST", "/api/v1/sessions", {"login": self.login, "password": password})

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any, dict[str, str]]:
        """Status, JSON (or text, or the bytes of a file), headers."""
        url = self.house.info.url
        headers = {"Origin": url, **more.pop("headers", {})}
        if self.cookies:
            headers.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        kind = {} if "data" in more else {"json": body}
        async with self.house.session.request(method, url + path, headers=headers, **kind, **more) as response:
            for name, cookie in response.cookies.items():
                self.cookies[name] = cookie.value
            self.cookies = {name: value for name, value in self.cookies.items() if value}
            if "json" in response.content_type:
                content = await response.json()
            else:
                is_text = response.content_type.startswith("text/")
                content = await (response.text() if is_text else response.read())
            return response.status, content, dict(response.headers)


class Seat:
    """A device's socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send_json(message)

    async def hear(self, kind: str) -> Any:
        """The next message of this type."""
        async with asyncio.timeout(10):
            while True:
                try:
                    message = await self.socket.receive_json()
                except aiohttp.ClientConnectionResetError:
                    # A ping that was read after the end; what came behind it is still to be read.
                    continue
                if message["type"] == kind:
                    return message

    async def hears(self, condition: Any) -> Any:
        """The first view that fulfils the condition."""
        while True:
            view = (await self.hear("lesson"))["lesson"]
            if condition(view):
                return view

    async def is_closed(self) -> bool:
        async with asyncio.timeout(10):
            while not self.socket.closed:
                with contextlib.suppress(aiohttp.ClientConnectionResetError):
                    await self.socket.receive()
        return True


@pytest.fixture
async def house(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    stop = asyncio.Event()
    monkeypatch.setattr(signaling.passwords, "HASHER", QUICK_HASHER)
    # No lesson opens by itself: each test says when.
    wanted: dict[str, Any] = {"http_port": 0, "udp_port": 0, "udp_host": "127.0.0.1", "open_before_min": -1}
    settings = load_settings(data=tmp_path / "data", free_disk_min_mb=0, **wanted)
    settings.data.mkdir(mode=0o750)
    shutil.copy(migrated, settings.data / "classroom.db")
    running = asyncio.create_task(serve(settings, stop))

    async def stopped() -> None:
        stop.set()
        await running

    directory = DataDirectory(settings.data)
    async with asyncio.timeout(30):
        while (info := directory.server()) is None:
            assert not running.done(), running.exception()
            await asyncio.sleep(0.02)
    async with aiohttp.ClientSession() as session:
        yield House(info, session, settings.data, stopped)
    await stopped()
