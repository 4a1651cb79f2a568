"""Many small lessons on one core, beside Janus: a teacher of 1.5 Mbit/s, three classrooms of 500 kbit/s, all see all.

Four streams in and twelve out a lesson. Carried are as many lessons as leave room on the core and lose less than 0.1 %.
"""

import asyncio
from typing import Any

from benchmarks.load import Source
from benchmarks.machine import tell
from benchmarks.sides import SEED, Lesson, Side, measure, ours, peers

LESSONS = (10, 20, 40)
JANUS_LESSONS = (10, 20)
CLASSROOMS = 3
CLASSROOM_BPS, CLASSROOM_KEYFRAME_PACKETS = 500_000, 12
MEASURE_S = 6.0


async def main() -> None:
    """Print the line."""
    figures: dict[str, Any] = {"classroom": {}}
    for lessons in LESSONS:
        async with ours(lessons=lessons, classrooms=CLASSROOMS) as side:
            figures["classroom"][str(lessons)] = await _measure(side, lessons)
    for name, opened in peers().items():
        figures[name] = {}
        for lessons in JANUS_LESSONS:
            async with opened() as side:
                figures[name][str(lessons)] = await _measure(side, lessons)
    tell("lessons", figures, seed=SEED)


async def _measure(side: Side, lessons: int) -> dict[str, Any]:
    if side.kind == "janus":
        sources = [source for number in range(1, lessons + 1) for source in _in_room(number)]
    else:
        sources = [source for lesson in side.lessons for source in _in_lesson(lesson)]
    try:
        figures = await measure(side, sources, seconds=MEASURE_S, timed=16)
    except RuntimeError as error:
        return {"failed": str(error)}
    told = figures.told()
    return told | {"core_percent_per_lesson": round(told["server_core_percent"] / lessons, 2)}


def _in_lesson(lesson: Lesson) -> list[Source]:
    teacher, seats = lesson["teacher"], lesson["seats"]
    people = [teacher, *seats]
    # A seat's WHEP address ends in the source that it shows, as its WHIP address does.
    streams = [person["whip"].replace("/whip/", "/whep/") for person in people]
    return [
        _source(
            index, (person["whip"], person["token"]), [(streams[index], o["token"]) for o in people if o is not person]
        )
        for index, person in enumerate(people)
    ]


def _in_room(number: int) -> list[Source]:
    room = str(number)
    names = [f"{number}-{index}" for index in range(CLASSROOMS + 1)]
    return [_source(index, (name, room), [(name, room)] * CLASSROOMS) for index, name in enumerate(names)]


def _source(index: int, publish: tuple[str, str], views: list[tuple[str, str]]) -> Source:
    if index == 0:
        return Source(publish, views)
    return Source(publish, views, CLASSROOM_BPS, CLASSROOM_KEYFRAME_PACKETS)


if __name__ == "__main__":
    asyncio.run(main())
