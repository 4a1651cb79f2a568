"""The demo's seats in real headless Chromium, one process a seat, each with a camera and a microphone of its own.

The only module that imports playwright, and only when it is used: it is a dependency of the tests, not of the server.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from classroom.lesson.events import HOST_SEAT
from signaling.demo.plan import Player, SeatFigures
from signaling.demo.players import PlayersFailed

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

PRESS_MS = 30_000  # three browsers on two cores take their time
FLAGS = (
    "--no-sandbox",  # as root, which servers and containers are, Chromium has no sandbox to offer
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--mute-audio",
)


class BrowserPlayers:
    """One Chromium a seat, at the page that a person in that seat would open. `pages` are absolute, one a seat."""

    def __init__(self, executable: str, seats: list[Player], pages: Mapping[str, str], captures: Path) -> None:
        self._executable = executable
        self._seats = seats
        self._addresses = pages
        self._captures = captures
        self._playwright: Playwright | None = None
        self._browsers: list[Browser] = []
        self._files: list[Path] = []
        self._pages: dict[str, Page] = {}

    async def __aenter__(self) -> Self:
        from playwright.async_api import Error, async_playwright

        self._playwright = await async_playwright().start()
        try:
            for seat in self._seats:
                await self._join(seat)
        except Error as error:
            await self.__aexit__()
            raise PlayersFailed(f"Chromium: {error.message.splitlines()[0]}") from error
        return self

    async def __aexit__(self, *exc: object) -> None:
        for page in self._pages.values():
            with contextlib.suppress(Exception):  # a browser that crashed can leave no better
                await page.close(run_before_unload=False)
        for browser in self._browsers:
            with contextlib.suppress(Exception):
                await browser.close()
        self._pages.clear()
        self._browsers.clear()
        if self._playwright is not None:
            await self._playwright.stop()
            self._playwright = None
        for file in self._files:
            file.unlink(missing_ok=True)  # uncompressed: 50 MB each
        self._files.clear()

    async def act(self, seat: str, message: dict[str, Any]) -> None:
        """Press the page's button for it. Raises PlayersFailed when there is none to press."""
        from playwright.async_api import Error

        page = self._pages[seat]
        try:
            match message["type"]:
                case "raise_hand":
                    await page.get_by_test_id("raise-hand").click(timeout=PRESS_MS)
                case "set_stage":
                    await page.get_by_test_id(f"stage-{message['seat']}").click(timeout=PRESS_MS)
                case "end":
                    await page.get_by_test_id("end").click(timeout=PRESS_MS)
                    await page.get_by_test_id("confirm-end").click(timeout=PRESS_MS)
                case "start" | "headcount":
                    pass  # the page starts the lesson by itself (autostart); the roster stands for the headcount
        except Error as error:
            raise PlayersFailed(f"{seat} could not {message['type']}: {error.message.splitlines()[0]}") from error

    async def figures(self) -> Mapping[str, SeatFigures]:
        """What the pages have decoded. Raises PlayersFailed when one is gone."""
        from playwright.async_api import Error

        try:
            return {
                seat: SeatFigures(**await page.evaluate("() => window.__classroom ?? {}"))
                for seat, page in self._pages.items()
            }
        except Error as error:
            raise PlayersFailed(f"Chromium: {error.message.splitlines()[0]}") from error

    async def _join(self, seat: Player) -> None:
        from signaling.demo.clip import write_capture_files  # OpenCV, which only a demo needs

        assert self._playwright is not None
        video, audio = write_capture_files(seat.clip, self._captures)
        self._files += [video, audio]
        captures = (f"--use-file-for-fake-video-capture={video}", f"--use-file-for-fake-audio-capture={audio}")
        browser = await self._playwright.chromium.launch(
            executable_path=self._executable, headless=True, args=[*FLAGS, *captures]
        )
        self._browsers.append(browser)
        page = await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        self._pages[seat.seat] = page
        address = self._addresses[seat.seat]
        if seat.seat == HOST_SEAT:
            before, _, fragment = address.partition("#")
            address = f"{before}?autostart=1#{fragment}"
        await page.goto(address, wait_until="domcontentloaded")
