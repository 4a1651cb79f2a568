"""Not a test: writes events and heartbeats as fast as it can, saying what is durable, until somebody kills it."""

import asyncio
import sys
from datetime import UTC, datetime

from classroom.lesson.events import (
    AnyEvent,
    HandLowered,
    HandRaised,
    LessonOpened,
    LessonScheduled,
    SeatPlan,
    SeatTaken,
)
from classroom.lesson.heartbeat import Heartbeat, Marks
from classroom.store.store import Store


async def main(url: str) -> None:
    store = await Store.open(url)
    school = await store.registry.school("实验小学")
    rooms = [await store.registry.classroom(school.id, name) for name in ("一", "二")]
    room_class = await store.registry.school_class(school.id, "四（2）班", 42, datetime.now(UTC).date())
    lesson, seat = "lesson000001", rooms[1].id
    plans = tuple(
        SeatPlan(seat=name, school=school.id, classroom=room.id, role=role, class_id=room_class.id)  # type: ignore[arg-type]
        for name, room, role in (("teacher", rooms[0], "host"), (seat, rooms[1], "rural"))
    )
    at = datetime.now(UTC)
    seq = 3
    await store.journal.append(
        [
            LessonScheduled(
                lesson=lesson,
                seq=1,
                at=at,
                by="cli",
                supporter=school.id,
                subject="语",
                periods=(),
                pairs=(),
                seats=plans,
            ),
            LessonOpened(lesson=lesson, seq=2, at=at, by="teacher"),
            SeatTaken(lesson=lesson, seq=3, at=at, by=seat, seat=seat, device="d1"),
        ]
    )
    while True:
        print("durable", seq, flush=True)
        at = datetime.now(UTC)
        # Batches of two, so that half a batch would show.
        batch: list[AnyEvent] = [
            HandRaised(lesson=lesson, seq=seq + 1, at=at, by=seat, seat=seat),
            HandLowered(lesson=lesson, seq=seq + 2, at=at, by=seat, seat=seat),
        ]
        await store.journal.append(batch)
        await store.journal.beat(
            [Heartbeat(lesson=lesson, at=at, boot="boot00000001", seats={seat: Marks(up_audio=5)})]
        )
        seq += 2


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
