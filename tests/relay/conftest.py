"""A hub behind plain HTTP, and a real Chromium in front of it; the packet path in C."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from classroom.relay import native
from classroom.relay.hub import Hub, OfferError, RelayConfig
from classroom.relay.session import Notice

FLAGS = [
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
]


class Door:
    """A hub with POST /whip/{stream} and POST /whep/{stream}; it keeps the notices."""

    def __init__(self, **config: Any) -> None:
        self.notices: list[Notice] = []
        self._noticed = asyncio.Event()
        self.hub = Hub(RelayConfig(host="127.0.0.1", port=0, **config), self._notice)
        self.url = ""

    async def start(self) -> None:
        await self.hub.start()
        app = web.Application()
        app.add_routes([web.get("/", self._page), web.post("/{door:whip|whep}/{stream}", self._post)])
        app.add_routes([web.delete("/sessions/{id}", self._delete)])
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        await self._runner.cleanup()
        await self.hub.close()
        await self.hub.close()

    def kinds(self, subscriber: str | None = None) -> list[str]:
        return [notice.kind for notice in self.notices if notice.subscriber == subscriber]

    async def until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until a notice makes the condition true."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._noticed.clear()
                await self._noticed.wait()

    def _notice(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._noticed.set()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(Path(__file__).with_name("page.html"))

    async def _post(self, request: web.Request) -> web.Response:
        offer, stream = await request.text(), request.match_info["stream"]
        try:
            if request.match_info["door"] == "whip":
                session = self.hub.publish(stream, offer, group="seat")
            else:
                session = self.hub.subscribe(stream, "viewer", offer, group="seat")
        except OfferError as error:
            return web.Response(status=406, text=error.code)
        headers = {"Location": f"/sessions/{session.id}", "Content-Type": "application/sdp"}
        return web.Response(status=201, body=session.answer.encode(), headers=headers)

    async def _delete(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.hub.end(request.match_info["id"]) else 404)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = Door(announce=("127.0.0.1",))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def open_page(door: Door, chromium: str) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """Opens a page of one Chromium, at the door."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        context = await browser.new_context(permissions=["camera", "microphone"])

        async def open_page() -> Any:
            page = await context.new_page()
            await page.goto(door.url)
            return page

        yield open_page
        await browser.close()


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The packet path in C, newly built."""
    made = tmp_path_factory.mktemp("native") / "librelay.so"
    native.build(made)
    if not made.exists():
        pytest.skip("there is no C compiler")
    return native.ffi.dlopen(str(made))
