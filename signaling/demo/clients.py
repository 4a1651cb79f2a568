"""The demo's seats without a browser, in a process of their own: `python -m signaling.demo.clients`.

Standard input, a JSON object a line: first the Plan, then any number of `{"seat", "message"}` to be said in the lesson.
Standard output, a JSON object a line, twice a second: `{seat: {"pictures", "first_picture_ms", "sounds"}}`. The end of
the input ends the process.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from signaling.demo.clip import load_clip
from signaling.demo.http import Door
from signaling.demo.plan import Plan, Saying
from signaling.demo.seat import OwnSeat

FIGURES_S = 0.5


async def play(plan: Plan, sayings: asyncio.StreamReader, out: Any) -> None:
    """Hold the plan's seats until `sayings` ends. `out` is written to, flushed after each line."""
    clips = [load_clip(seat.clip, Path(plan.clips)) for seat in plan.seats]
    with ThreadPoolExecutor(1) as thread:
        async with aiohttp.ClientSession() as session:
            door = Door(session, plan.url)
            seats = {
                seat.seat: OwnSeat(seat, plan.lesson, door, session, clip, thread if plan.decode else None)
                for seat, clip in zip(plan.seats, clips, strict=True)
            }
            tasks = [asyncio.create_task(seat.run(), name=f"seat {name}") for name, seat in seats.items()]
            tasks.append(asyncio.create_task(_report(seats, out), name="figures"))
            try:
                while line := await sayings.readline():
                    saying = msgspec.json.decode(line, type=Saying)
                    await seats[saying.seat].send(saying.message)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)


async def _report(seats: dict[str, OwnSeat], out: Any) -> None:
    while True:
        await asyncio.sleep(FIGURES_S)
        out.write(msgspec.json.encode({name: seat.figures() for name, seat in seats.items()}) + b"\n")
        out.flush()


async def _main() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    plan = msgspec.json.decode(await reader.readline(), type=Plan)
    await play(plan, reader, sys.stdout.buffer)


if __name__ == "__main__":
    asyncio.run(_main())
