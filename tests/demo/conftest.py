"""A stand-in for the server: the real relay behind WHIP and WHEP, and a lesson of one view that tests may change."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from classroom.relay.hub import Hub, OfferError, RelayConfig


class Until(Protocol):
    async def __call__(self, done: Callable[[], object], seconds: float = 20.0) -> None: ...


@pytest.fixture
def until() -> Until:
    async def wait(done: Callable[[], object], seconds: float = 20.0) -> None:
        """The deadline only ends a test that failed."""
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.01)

    return wait


class Stage:
    """One lesson's server as a seat sees it. `said` is what seats said; `tell` sends all of them the view again."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.view: dict[str, Any] = {
            "state": "live",
            "stage": None,
            "hands": [],
            "seats": [{"seat": s, "streams": [{"source": "camera"}]} for s in ("teacher", "a", "b")],
        }
        self.url = ""

    async def tell(self) -> None:
        for socket in list(self.sockets.values()):
            await socket.send_json({"type": "lesson", "lesson": self.view})

    async def whip(self, request: web.Request) -> web.Response:
        stream = f"{request.match_info['seat']}/{request.match_info['source']}"
        return await self._session(request, lambda offer: self.hub.publish(stream, offer, group="g"))

    async def whep(self, request: web.Request) -> web.Response:
        stream = f"{request.match_info['seat']}/{request.match_info['source']}"
        viewer = request.headers["Authorization"]
        return await self._session(request, lambda offer: self.hub.subscribe(stream, viewer, offer, group=viewer))

    async def _session(self, request: web.Request, answer: Callable[[str], Any]) -> web.Response:
        try:
            session = answer(await request.text())
        except OfferError as error:
            return web.json_response({"code": error.code, "detail": str(error)}, status=404)
        location = {"Location": f"/sessions/{session.id}"}
        return web.Response(status=201, text=session.answer, content_type="application/sdp", headers=location)

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = await socket.receive_json()
        seat = hello["token"]
        self.said.append((seat, hello))
        self.sockets[seat] = socket
        await socket.send_json({"type": "welcome", "lesson": self.view})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self.said.append((seat, message.json()))
        return socket


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    hub = Hub(RelayConfig(host="127.0.0.1", port=0, announce=("127.0.0.1",)), lambda notice: None)
    await hub.start()
    made = Stage(hub)
    app = web.Application()
    app.add_routes(
        [
            web.post("/whip/l/{seat}/{source}", made.whip),
            web.post("/whep/l/{seat}/{source}", made.whep),
            web.get("/ws/l", made.socket),
        ]
    )
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made
        await hub.close()
