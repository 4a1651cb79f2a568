"""Janus (apt-get install janus) as a peer to measure against: its process, and its VideoRoom as WHIP and WHEP would be.

The configuration is the installed one; only the ports, and for its best figures `event_loops = 1`, are ours.
"""

import asyncio
import contextlib
import itertools
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

INSTALLED = Path("/etc/janus")
OTHER_TRANSPORTS = ",".join(f"libjanus_{name}.so" for name in ("http", "mqtt", "nanomsg", "pfunix", "rabbitmq"))
START_S = 20.0
REPLY_S = 20.0


class JanusProblem(Exception):
    """Janus refused; the message is its own."""


def janus_is_installed() -> bool:
    """Whether the command, and a configuration to copy, are there."""
    return shutil.which("janus") is not None and INSTALLED.is_dir()


@contextlib.asynccontextmanager
async def janus(directory: Path, *, event_loops: int) -> AsyncIterator[tuple[int, str]]:
    """A Janus of its own: its process id, and its WebSocket URL. `event_loops` 0: a thread for each connection."""
    port = _free_port()
    shutil.copytree(INSTALLED, directory)
    (directory / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json = "plain"\n ws = true\n ws_port = {port}\n ws_ip = "127.0.0.1" }}\n'
    )
    main = directory / "janus.jcfg"
    text = main.read_text().replace("transports: {", f'transports: {{\n\tdisable = "{OTHER_TRANSPORTS}"', 1)
    if event_loops:
        text = text.replace("general: {", f"general: {{\n\tevent_loops = {event_loops}", 1)
    main.write_text(text)
    command = ["janus", "-F", str(directory), "-C", str(main)]
    with (directory / "janus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, start_new_session=True)
    try:
        async with asyncio.timeout(START_S):
            while not await _answers(port):
                await asyncio.sleep(0.05)
        yield process.pid, f"ws://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class VideoRoom:
    """One Janus session with a handle for each connection. Rooms are made as they are needed."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._session = 0
        self._control = 0
        self._rooms: set[int] = set()
        self._feeds: dict[str, int] = {}
        self._reader = asyncio.create_task(self._read())

    async def open(self) -> None:
        """Begin the session, which is kept alive until `close`."""
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]
        self._control = await self._attach()
        self._alive = asyncio.create_task(self._keep_alive())

    def close(self) -> None:
        """Forget it."""
        self._alive.cancel()
        self._reader.cancel()

    async def publish(self, stream: str, offer: str, room: str) -> tuple[str, str]:
        """As a WHIP server would: offer → answer, and nothing to delete."""
        number = int(room)
        if number not in self._rooms:
            self._rooms.add(number)
            create = {"request": "create", "room": number, "publishers": 1000, "audiocodec": "opus"}
            await self._message(self._control, create | {"videocodec": "vp8", "bitrate": 0, "notify_joining": False})
        handle = await self._attach()
        body = {"request": "joinandconfigure", "ptype": "publisher", "room": number, "display": stream}
        reply = await self._message(handle, body, {"type": "offer", "sdp": offer})
        self._feeds[stream] = reply["plugindata"]["data"]["id"]
        return reply["jsep"]["sdp"], ""

    async def view(self, stream: str, room: str) -> tuple[int, str]:
        """Ask for a stream: the handle, and Janus's offer."""
        handle = await self._attach()
        streams = [{"feed": self._feeds[stream]}]
        body = {"request": "join", "ptype": "subscriber", "room": int(room), "streams": streams}
        return handle, (await self._message(handle, body))["jsep"]["sdp"]

    async def begin(self, handle: int, answer: str) -> None:
        """Answer its offer."""
        await self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})

    async def _attach(self) -> int:
        plugin = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        handle: int = (await self._ask(plugin))["data"]["id"]
        return handle

    async def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None) -> dict[str, Any]:
        request = {"janus": "message", "handle_id": handle, "body": body} | ({} if jsep is None else {"jsep": jsep})
        reply = await self._ask(request)
        data = reply.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise JanusProblem(data["error"])
        return reply

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        name = str(next(self._numbers))
        replies = self._waiting[name] = asyncio.Queue()
        session = {"session_id": self._session} if self._session else {}
        await self._socket.send_json(request | session | {"transaction": name})
        try:
            async with asyncio.timeout(REPLY_S):
                while (reply := await replies.get())["janus"] == "ack":
                    pass
        finally:
            del self._waiting[name]
        if reply["janus"] == "error":
            raise JanusProblem(reply["error"]["reason"])
        return reply

    async def _read(self) -> None:
        async for message in self._socket:
            reply = message.json()
            waiting = self._waiting.get(reply.get("transaction", ""))
            if waiting is not None:
                waiting.put_nowait(reply)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(20)
            await self._socket.send_json({"janus": "keepalive", "session_id": self._session, "transaction": "alive"})


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
