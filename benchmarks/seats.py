"""Seats of a measured lesson, held in the benchmark's own process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from benchmarks.server import Served
from classroom.lesson.events import HOST_SEAT
from signaling.demo.clip import load_clip
from signaling.demo.plan import ClipPlan, Player
from signaling.demo.seat import OwnSeat

SMALL = ClipPlan("Seat", (96, 64, 32), 660)
"""640×360, 15 pictures a second, 0.4 Mbit/s."""


@contextlib.asynccontextmanager
async def together(whole: Served, clips: Mapping[str, ClipPlan]) -> AsyncIterator[dict[str, OwnSeat]]:
    """These seats join, and leave at the end; the teacher begins the lesson."""
    tokens = {HOST_SEAT: whole.lesson["teacher"]["token"]} | {s["seat"]: s["token"] for s in whole.lesson["seats"]}
    with ThreadPoolExecutor(1) as thread:
        seats = {
            name: OwnSeat(
                Player(name, tokens[name], plan),
                whole.lesson["lesson"],
                whole.door,
                whole.session,
                load_clip(plan, whole.data / "clips"),
                thread,
            )
            for name, plan in clips.items()
        }
        if HOST_SEAT in seats:
            await seats[HOST_SEAT].send({"type": "start"})
        tasks = [asyncio.create_task(seat.run()) for seat in seats.values()]
        try:
            yield seats
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
