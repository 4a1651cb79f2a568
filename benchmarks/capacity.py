"""How many receivers of 1.5 Mbit/s one core carries, beside Janus: loss below 0.1 % and p99 below 60 ms.

Two teachers, each with half of the receivers: a lesson takes no more than 200 observers, and a seat's link 48 views.
"""

import asyncio
from typing import Any

from benchmarks.load import Source
from benchmarks.machine import tell
from benchmarks.sides import SEED, Side, measure, ours, peers

RECEIVERS = (250, 500)
JANUS_RECEIVERS = (150, 250)
OBSERVERS, SEAT_VIEWS, CLASSROOMS = 200, 25, 2
MEASURE_S = 8.0


async def main() -> None:
    """Print the line."""
    figures: dict[str, Any] = {"classroom": {}}
    for receivers in RECEIVERS:
        async with ours(lessons=2, classrooms=CLASSROOMS, observers=OBSERVERS) as side:
            figures["classroom"][str(receivers)] = await _measure(side, receivers)
    for name, opened in peers().items():
        figures[name] = {}
        for receivers in JANUS_RECEIVERS:
            async with opened() as side:
                figures[name][str(receivers)] = await _measure(side, receivers)
    tell("capacity", figures, seed=SEED)


async def _measure(side: Side, receivers: int) -> dict[str, Any]:
    try:
        return (await measure(side, _sources(side, receivers), seconds=MEASURE_S)).told()
    except RuntimeError as error:
        return {"failed": str(error)}


def _sources(side: Side, receivers: int) -> list[Source]:
    if side.kind == "janus":
        return [Source((name, "1"), [(name, "1")] * (receivers // 2)) for name in ("first", "second")]
    sources = []
    for lesson in side.lessons:
        observer, teacher = lesson["observer"], lesson["teacher"]
        views = [(observer["whep"], observer["token"])] * OBSERVERS
        views += [(seat["whep"], seat["token"]) for seat in lesson["seats"] for _ in range(SEAT_VIEWS)]
        sources.append(Source((teacher["whip"], teacher["token"]), views[: receivers // 2]))
    return sources


if __name__ == "__main__":
    asyncio.run(main())
