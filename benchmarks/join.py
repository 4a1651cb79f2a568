"""From joining to the first picture in real Chromium, N times.

The teacher is a client of our own in this process; each time a fresh browser context opens a classroom's link.
`first_picture_ms` is the page's own figure, from asking for the stream to the first decoded picture; `page_ms` counts
from the navigation, the loading of the page, its WebSocket and its own camera included.
"""

import asyncio
import statistics
from typing import Any

from benchmarks.machine import percentile, tell
from benchmarks.seats import SMALL, together
from benchmarks.server import served
from classroom.lesson.events import HOST_SEAT
from signaling.demo.browsers import FLAGS
from signaling.demo.players import find_browser

JOINS = 10
PICTURE_MS = 30_000
SEEN = "() => { const p = window.__classroom; return p && p.first_picture_ms['teacher/camera'] !== undefined; }"
TIMES = "() => [window.__classroom.first_picture_ms['teacher/camera'], performance.now()]"


async def main() -> None:
    """Print the line."""
    executable = find_browser()
    if executable is None:
        tell("join", {"skipped": "no Chromium"})
        return
    async with served(classrooms=1) as whole, together(whole, {HOST_SEAT: SMALL}):
        times = await _join_often(executable, whole.door.absolute(whole.lesson["seats"][0]["page"]))
    firsts, pages = [first for first, _ in times], [page for _, page in times]
    figures = {
        "joins": JOINS,
        "first_picture_ms": {"median": round(statistics.median(firsts)), "p90": percentile(firsts, 0.9)},
        "page_ms": {"median": round(statistics.median(pages)), "p90": round(percentile(pages, 0.9) or 0)},
    }
    tell("join", figures)


async def _join_often(executable: str, address: str) -> list[tuple[float, float]]:
    from playwright.async_api import async_playwright

    times: list[tuple[float, float]] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
        for _ in range(JOINS):
            context = await browser.new_context(permissions=["camera", "microphone"])
            page = await context.new_page()
            await page.goto(address, wait_until="commit")
            await page.wait_for_function(SEEN, timeout=PICTURE_MS, polling=20)
            found: Any = await page.evaluate(TIMES)
            times.append((found[0], found[1]))
            await context.close()
        await browser.close()
    return times


if __name__ == "__main__":
    asyncio.run(main())
