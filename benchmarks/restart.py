"""From `kill -9` of the server to pictures again, without anybody touching anything.

The server is started again at once; a seat counts as back when it has decoded a picture that came after the kill. Once
with clients of our own, once with Chromium as teacher and as classroom.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from benchmarks.machine import tell
from benchmarks.seats import SMALL, together
from benchmarks.server import Served, served
from classroom.lesson.events import HOST_SEAT
from signaling.demo.browsers import BrowserPlayers
from signaling.demo.plan import Player, SeatFigures
from signaling.demo.players import find_browser

ROUNDS = 3
DRAIN_S = 0.3  # what was received before the kill is decoded by then
STEADY_S = 3.0
BACK_S = 60.0

Pictures = Callable[[], Awaitable[dict[str, int]]]
"""Decoded pictures up to now by seat and stream."""


async def main() -> None:
    """Print the line."""
    figures: dict[str, object] = {}
    async with served(classrooms=1) as whole:
        names = [HOST_SEAT, whole.lesson["seats"][0]["seat"]]
        async with together(whole, dict.fromkeys(names, SMALL)) as seats:

            async def own_pictures() -> dict[str, int]:
                return _flat({name: seat.figures() for name, seat in seats.items()})

            figures["own"] = await _rounds(whole, own_pictures)
    executable = find_browser()
    figures["chromium"] = await _chromium(executable) if executable else "skipped: no Chromium"
    tell("restart", figures)


async def _chromium(executable: str) -> object:
    async with served(classrooms=1) as whole:
        teacher, classroom = whole.lesson["teacher"], whole.lesson["seats"][0]
        plans = [Player(HOST_SEAT, teacher["token"], SMALL), Player(classroom["seat"], classroom["token"], SMALL)]
        pages = {
            HOST_SEAT: whole.door.absolute(teacher["page"]),
            classroom["seat"]: whole.door.absolute(classroom["page"]),
        }
        async with BrowserPlayers(executable, plans, pages, Path(whole.data) / "captures") as players:

            async def browser_pictures() -> dict[str, int]:
                return _flat(await players.figures())

            return await _rounds(whole, browser_pictures)


async def _rounds(whole: Served, pictures: Pictures) -> dict[str, object]:
    up_s, back_s = [], []
    for _ in range(ROUNDS):
        async with asyncio.timeout(BACK_S):
            await _grown(pictures, await pictures(), least=2)
        await asyncio.sleep(STEADY_S)
        await whole.server.kill()
        killed = time.monotonic()
        starting = asyncio.create_task(whole.server.start())
        await asyncio.sleep(DRAIN_S)
        before = await pictures()
        async with asyncio.timeout(BACK_S):
            await _grown(pictures, before, least=2)
        back_s.append(round(time.monotonic() - killed, 2))
        await starting
        up_s.append(_started_after(whole, killed))
    return {"pictures_back_s": back_s, "median_s": statistics.median(back_s), "server_up_s": up_s}


async def _grown(pictures: Pictures, before: Mapping[str, int], *, least: int) -> None:
    """Until every one of at least so many streams has a picture more."""
    while True:
        now = await pictures()
        if len(now) >= least and all(count > before.get(key, 0) for key, count in now.items()):
            return
        await asyncio.sleep(0.02)


def _started_after(whole: Served, killed: float) -> float:
    """When the server wrote server.json, the last thing it does before it answers."""
    written = (whole.data / "server.json").stat().st_mtime - (time.time() - time.monotonic())
    return round(written - killed, 2)


def _flat(figures: Mapping[str, SeatFigures]) -> dict[str, int]:
    return {f"{seat}:{key}": count for seat, seen in figures.items() for key, count in seen.pictures.items()}


if __name__ == "__main__":
    asyncio.run(main())
