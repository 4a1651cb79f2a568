"""A lesson in real Chromium: how soon each other page shows what one has done, and five streams on one page.

`live_ms`: from a press in one page to what it changes in another, drawn; one machine, so one clock. The first time is
told apart: what a page needs for it is to be there already. `five_streams`: an observer's page shows a teacher of
1280×720 and four classrooms of 640×360, 25 pictures a second each, that are sent without being coded again. `dropped`
is the decoders' own figure (`framesDropped`), `unpainted` that of the video elements: a picture that the next one
overtook before the page, which here has no graphics card, was drawn anew.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.lesson import all_send, until
from benchmarks.machine import percentile, tell
from benchmarks.server import Served, served
from classroom.lesson.events import HOST_SEAT
from signaling.demo.browsers import FLAGS
from signaling.demo.plan import ClipPlan, Plan, Player
from signaling.demo.players import OwnPlayers, find_browser

TIMES = 20
PAUSE_S = 0.3
CLASSROOMS = 4
SETTLE_S = 5.0
WATCH_S = 20.0
# No camera, no microphone: coding pictures in the same process would be measured too.
NO_DEVICES = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"
NOW = "performance.timeOrigin + performance.now()"
# The page's time when a condition has come true and been drawn.
SHOWN = f"""
condition => new Promise(shown => {{
  const holds = new Function('return ' + condition)
  const look = () => holds() ? requestAnimationFrame(() => shown({NOW})) : setTimeout(look, 2)
  look()
}})
"""
PRESS = f"id => {{ const at = {NOW}; document.querySelector(`[data-testid=${{id}}]`).click(); return at }}"
# Keeps the page's connections, to ask them.
KEEP_CONNECTIONS = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.connections.push(this); }
}
"""
MOVING = "() => [...document.querySelectorAll('video')].filter(each => each.videoWidth > 0)"
# Pictures decoded and dropped by the decoders, one pair a stream; and those that no element has painted, of all.
PICTURES = f"""
async () => {{
  const streams = []
  for (const connection of window.connections)
    for (const entry of (await connection.getStats()).values())
      if (entry.type === 'inbound-rtp' && entry.kind === 'video')
        streams.push([entry.framesDecoded, entry.framesDropped])
  const unpainted = ({MOVING})().reduce((sum, each) => sum + each.getVideoPlaybackQuality().droppedVideoFrames, 0)
  return {{ streams, unpainted }}
}}
"""


@dataclass(frozen=True)
class Deed:
    """What is pressed, in the studio or in the first classroom; what then holds in the other; how it is undone."""

    by: str
    press: str
    shows: str
    undo: str
    undone: str


def there(selector: str) -> str:
    """The condition that something is on the page."""
    return f"document.querySelector('{selector}') !== null"


def gone(selector: str) -> str:
    """The condition that nothing of the kind is."""
    return f"document.querySelector('{selector}') === null"


DEEDS = {
    "hand": Deed(
        "classroom",
        "raise-hand",
        there("[data-testid=hand-queue].waiting"),
        "raise-hand",
        gone("[data-testid=hand-queue].waiting"),
    ),
    "page": Deed("studio", "blank-plain", there("[data-testid=page]"), "pages-away", gone("[data-testid=page]")),
    "question": Deed(
        "studio", "quick-true_false", there("[data-testid=quiz]"), "quiz-close", gone("[data-testid=quiz]")
    ),
}
TOOLS = {"page": "tool-pages", "question": "tool-quiz"}


async def main() -> None:
    """Print the line."""
    executable = find_browser()
    if executable is None:
        tell("pages", {"skipped": "no Chromium"})
        return
    async with _chromium(executable) as browser:
        live = await _live(browser)
        five = await _five(browser)
    tell("pages", {"times": TIMES, "live_ms": live, "five_streams": five})


@asynccontextmanager
async def _chromium(executable: str) -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
        yield browser
        await browser.close()


async def _open(browser: Any, address: str) -> Any:
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    await context.add_init_script(NO_DEVICES)
    await context.add_init_script(KEEP_CONNECTIONS)
    page = await context.new_page()
    await page.goto(address, wait_until="commit")
    await page.locator("html[data-state=live]").wait_for(state="attached")
    return page


async def _live(browser: Any) -> dict[str, Any]:
    async with served(classrooms=2) as whole:
        lesson, token = whole.lesson["lesson"], whole.lesson["teacher"]["token"]
        studio = await _open(browser, f"{whole.door.url}/teach/{lesson}?autostart=1#{token}")
        rooms = [await _open(browser, whole.door.absolute(seat["page"])) for seat in whole.lesson["seats"]]
        pages = {"studio": studio, "classroom": rooms[0]}
        figures = {}
        for name, deed in DEEDS.items():
            if name in TOOLS:
                await studio.get_by_test_id(TOOLS[name]).click()
                await studio.get_by_test_id(deed.press).wait_for()
            others = [studio] if deed.by == "classroom" else rooms
            figures[name] = _told([await _once(pages[deed.by], others, deed) for _ in range(TIMES)])
            if name in TOOLS:
                await studio.get_by_test_id(TOOLS[name]).click()
        for page in (studio, *rooms):
            await page.context.close()
    return figures


async def _once(page: Any, others: Sequence[Any], deed: Deed) -> float:
    """Milliseconds until the last of the others shows it."""
    took = await _press(page, others, deed.press, deed.shows)
    await page.get_by_test_id(deed.undo).wait_for()
    await asyncio.sleep(PAUSE_S)
    await _press(page, others, deed.undo, deed.undone)
    await asyncio.sleep(PAUSE_S)
    return took


async def _press(page: Any, others: Sequence[Any], button: str, shows: str) -> float:
    waiting = [asyncio.create_task(other.evaluate(SHOWN, shows)) for other in others]
    pressed = await page.evaluate(PRESS, button)
    return float(max(await asyncio.gather(*waiting)) - pressed)


def _told(times: Sequence[float]) -> dict[str, Any]:
    later = times[1:]
    return {
        "first": round(times[0]),
        "median": round(statistics.median(later)),
        "p90": round(percentile(later, 0.9) or 0),
        "max": round(max(later)),
    }


async def _five(browser: Any) -> dict[str, Any]:
    async with (
        served(classrooms=CLASSROOMS, observers=1) as whole,
        OwnPlayers(_plan(whole), whole.data / "log" / "clients.log") as players,
    ):
        await players.act(HOST_SEAT, {"type": "start"})
        await until(whole, lambda view: view["state"] == "live" and all_send(view))
        page = await _open(browser, whole.door.absolute(whole.lesson["observer"]["page"]))
        await page.wait_for_function(f"() => ({MOVING})().length === {CLASSROOMS + 1}")
        await asyncio.sleep(SETTLE_S)
        before = await page.evaluate(PICTURES)
        await asyncio.sleep(WATCH_S)
        after = await page.evaluate(PICTURES)
        await page.context.close()
    pairs = list(zip(after["streams"], before["streams"], strict=True))
    return {
        "seconds": WATCH_S,
        "fps": [round((late - soon) / WATCH_S, 1) for (late, _), (soon, _) in pairs],
        "dropped": [late - soon for (_, late), (_, soon) in pairs],
        "unpainted": after["unpainted"] - before["unpainted"],
    }


def _plan(whole: Served) -> Plan:
    large = ClipPlan("Teacher", (40, 80, 40), 440, "vp8", 1280, 720, 25, 4, 1_500_000)
    seats = [Player(HOST_SEAT, whole.lesson["teacher"]["token"], large)]
    seats += [
        Player(
            seat["seat"],
            seat["token"],
            ClipPlan(f"Room {n}", (40 * n, 80, 40), 440 + n, "vp8", 640, 360, 25, 4, 500_000),
        )
        for n, seat in enumerate(whole.lesson["seats"])
    ]
    return Plan(whole.door.url, whole.lesson["lesson"], str(whole.data / "clips"), seats, decode=False)


if __name__ == "__main__":
    asyncio.run(main())
