"""What one lesson costs the server: a teacher, three classrooms, everything recorded, one classroom on stage.

Four streams in (720p30, 1.5 Mbit/s, and sound), nine out: three to the teacher, the teacher's to three, the stage's to
two, and the recorder's taps beside them. The clients are processes of their own and decode nothing. Recording is turned
off and on in between: the difference is what it costs.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from benchmarks.machine import cpu_s, resident_mib, tell
from benchmarks.server import Served, served
from classroom.lesson.events import HOST_SEAT
from signaling.demo.plan import ClipPlan, Plan, Player
from signaling.demo.players import OwnPlayers

CLASSROOMS = 3
SETTLE_S = 5.0
MEASURE_S = 20.0
PAIRS = 3
"""Of a stretch with recording and one without."""
JOIN_S = 120.0
POLL_S = 0.2


async def main() -> None:
    """Print the line."""
    async with (
        served(classrooms=CLASSROOMS, record=True) as whole,
        OwnPlayers(_plan(whole), whole.data / "log" / "clients.log") as players,
    ):
        await players.act(HOST_SEAT, {"type": "start"})
        await until(whole, lambda view: view["state"] == "live" and view["recording"]["on"] and all_send(view))
        await players.act(HOST_SEAT, {"type": "set_stage", "seat": whole.lesson["seats"][0]["seat"]})
        spent: dict[bool, float] = {True: 0.0, False: 0.0}
        written = 0
        for is_on in (True, False) * PAIRS:
            await players.act(HOST_SEAT, {"type": "record", "on": is_on})
            await until(whole, lambda view, is_on=is_on: view["recording"]["on"] == is_on)
            await asyncio.sleep(SETTLE_S)
            before_s, before_bytes = cpu_s(whole.server.pid), _recorded(whole)
            await asyncio.sleep(MEASURE_S / PAIRS)
            spent[is_on] += cpu_s(whole.server.pid) - before_s
            written += _recorded(whole) - before_bytes if is_on else 0
        memory = resident_mib(whole.server.pid)
    streams = CLASSROOMS + 1
    percent, without = (spent[is_on] / MEASURE_S * 100 for is_on in (True, False))
    figures = {
        "streams_in": streams,
        "server_core_percent": round(percent, 1),
        "core_percent_per_stream_in": round(percent / streams, 2),
        "core_percent_per_stream_recorded": round((percent - without) / streams, 2),
        "resident_mib": round(memory, 1),
        "recorded_kib_per_s": round(written / MEASURE_S / 1024, 1),
    }
    tell("lesson", figures)


def _plan(whole: Served) -> Plan:
    people = [(HOST_SEAT, whole.lesson["teacher"]), *((seat["seat"], seat) for seat in whole.lesson["seats"])]
    seats = [
        Player(seat, link["token"], ClipPlan(f"Seat {n}", (40 * n, 80, 40), 440, "vp8", 1280, 720, 30, 4, 1_500_000))
        for n, (seat, link) in enumerate(people)
    ]
    return Plan(whole.door.url, whole.lesson["lesson"], str(whole.data / "clips"), seats, decode=False)


async def until(whole: Served, done: Callable[[Any], bool]) -> None:
    """Waits until the teacher's view of the lesson is so. Raises TimeoutError."""
    path, token = f"/api/v1/lessons/{whole.lesson['lesson']}", whole.lesson["teacher"]["token"]
    async with asyncio.timeout(JOIN_S):
        while not done(await whole.door.get(path, token)):
            await asyncio.sleep(POLL_S)


def all_send(view: Any) -> bool:
    """Whether of every seat something comes in."""
    return all(any(stream["state"] == "flowing" for stream in seat["streams"]) for seat in view["seats"])


def _recorded(whole: Served) -> int:
    total = 0
    for path in (whole.data / "recordings").rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


if __name__ == "__main__":
    asyncio.run(main())
