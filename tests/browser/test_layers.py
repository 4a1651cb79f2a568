"""A camera in layers, and what each screen says it shows, in real Chromium."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, WebSocket

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(180)]

DEADLINE_MS = 40_000
HIDDEN = """
state => {
  Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}
"""


DECODED = "() => document.querySelector('[data-testid=teacher-video]').getVideoPlaybackQuality().totalVideoFrames"
LARGER = "() => document.querySelector('[data-testid=teacher-video]')?.videoWidth > 320"


class Said:
    """What a page says on its WebSocket, and what it hears there."""

    def __init__(self, page: Page) -> None:
        self.messages: list[dict[str, Any]] = []
        self._more = asyncio.Event()
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._take)
        socket.on("framereceived", self._take)

    def _take(self, frame: str | bytes) -> None:
        self.messages.append(json.loads(frame))
        self._more.set()

    async def wants(self, condition: Callable[[int], bool]) -> None:
        """Returns once the newest height that the page wanted is so."""
        await self._until("want", lambda message: condition(message["height"]))

    async def sends(self, layer: str, is_sent: bool) -> None:
        """Returns once the server's newest word to the page is to send this layer of its camera, or not to."""
        await self._until("layers", lambda message: (layer in message["active"]) is is_sent)

    async def _until(self, kind: str, condition: Callable[[dict[str, Any]], bool]) -> None:
        async with asyncio.timeout(DEADLINE_MS / 1000):
            while not any(map(condition, [message for message in self.messages if message["type"] == kind][-1:])):
                self._more.clear()
                await self._more.wait()


async def test_each_screen_says_how_high_its_picture_is(school, open_page) -> None:
    made = await school.lesson(recipients=[{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}])
    teacher, room = await open_page("about:blank"), await open_page("about:blank")
    tile, stage = Said(teacher), Said(room)
    await room.goto(school.door.absolute(made["seats"][0]["page"]))
    await teacher.goto(school.door.absolute(made["teacher"]["page"]).replace("#", "?autostart=1#"))
    # The classroom's screen is full of the teacher; the only tile of the studio is as wide as its column.
    await stage.wants(lambda height: 550 < height <= 768)
    await tile.wants(lambda height: 300 < height < 700)
    await room.evaluate(HIDDEN, "hidden")
    await stage.wants(lambda height: height == 0)
    await room.evaluate(HIDDEN, "visible")
    await stage.wants(lambda height: height > 550)
    await room.set_viewport_size({"width": 683, "height": 384})
    await stage.wants(lambda height: 0 < height < 384)


async def test_a_layer_that_no_screen_needs_is_not_sent_until_one_needs_it_again(school, open_page) -> None:
    made = await school.lesson(recipients=[{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}])
    room = await open_page(school.door.absolute(made["seats"][0]["page"]))
    teacher = await open_page("about:blank")
    said = Said(teacher)
    await teacher.goto(school.door.absolute(made["teacher"]["page"]).replace("#", "?autostart=1#"))
    # More than the smallest layer has; how much more is for the encoder's own adaptation to this machine.
    await room.wait_for_function(LARGER, timeout=DEADLINE_MS)
    await room.evaluate(HIDDEN, "hidden")
    await said.sends("h", False)
    await room.evaluate(HIDDEN, "visible")
    await said.sends("h", True)
    await room.wait_for_function(LARGER, timeout=DEADLINE_MS)
    before = await room.evaluate(DECODED)
    await room.wait_for_function(f"before => ({DECODED})() > before + 5", arg=before, timeout=DEADLINE_MS)
