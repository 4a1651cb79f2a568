"""The journal: all or nothing, in order, chained; a changed past shows."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from classroom.lesson.events import (
    AnyEvent,
    HandRaised,
    LessonEnded,
    LessonOpened,
    LessonScheduled,
    LessonStarted,
    RecordingStarted,
    SeatTaken,
)
from classroom.lesson.heartbeat import Heartbeat, Marks
from classroom.store.database import Database
from classroom.store.journal import GENESIS, JournalConflict, chained
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
Planned = Callable[..., Awaitable[LessonScheduled]]


def following(first: LessonScheduled) -> list[AnyEvent]:
    lesson = first.lesson
    rural = first.seats[1].seat
    return [
        LessonOpened(lesson=lesson, seq=2, at=AT, by="teacher"),
        SeatTaken(lesson=lesson, seq=3, at=AT, by=rural, seat=rural, device="d1"),
        LessonStarted(lesson=lesson, seq=4, at=AT, by="teacher"),
        HandRaised(lesson=lesson, seq=5, at=AT, by=rural, seat=rural),
    ]


async def test_events_come_back_in_order_and_as_they_were(store: Store, planned: Planned) -> None:
    first = await planned(store)
    events = [first, *following(first)]
    await store.journal.append(events[:1])
    await store.journal.append(events[1:])
    await store.journal.append([])
    assert await store.journal.events(first.lesson) == events
    assert await store.journal.broken_at(first.lesson) is None
    assert await store.journal.events("unknown") == []
    assert await store.journal.broken_at("unknown") is None


async def test_a_batch_that_does_not_follow_is_refused_whole(store: Store, planned: Planned) -> None:
    first = await planned(store)
    events = following(first)
    await store.journal.append([first])
    for batch in (events[1:], [first]):
        with pytest.raises(JournalConflict):
            await store.journal.append(batch)
    with pytest.raises(ValueError, match="in order"):
        await store.journal.append([events[1], events[0]])
    assert await store.journal.events(first.lesson) == [first]


async def test_of_two_writers_one_wins(store: Store, url: str, planned: Planned) -> None:
    first = await planned(store)
    await store.journal.append([first])
    other = await Store.open(url)
    opened = following(first)[0]
    results = await asyncio.gather(
        store.journal.append([opened]), other.journal.append([opened]), return_exceptions=True
    )
    await other.close()
    assert sorted(type(result).__name__ for result in results) == ["JournalConflict", "NoneType"]
    assert await store.journal.events(first.lesson) == [first, opened]


@pytest.mark.parametrize(
    ("harm", "place"),
    [
        ("UPDATE journal SET row = replace(row, 'd1', 'd2') WHERE seq = 3", 3),
        ("DELETE FROM journal WHERE seq = 2", 2),
        ("DELETE FROM journal WHERE seq = 5", 5),
        ("UPDATE journal SET hash = '" + "0" * 64 + "' WHERE seq = 4", 4),
    ],
)
async def test_a_changed_past_shows(harm: str, place: int, store: Store, url: str, planned: Planned) -> None:
    first = await planned(store)
    await store.journal.append([first, *following(first)])
    database = await Database.open(url)
    async with database.write() as connection:
        await connection.execute(text(harm))
    await database.close()
    assert await store.journal.broken_at(first.lesson) == place


def test_the_chain_is_sha256_over_the_hash_before_and_the_row() -> None:
    # printf '%064d' 0 | xxd -r -p; printf '{}' — piped together into sha256sum.
    assert chained(GENESIS, b"{}") == "fb1634c4e6cd4b1f1afe3ce2d6ef080f7ac5d1f357d723ad4dfca782733b62db"


async def test_the_list_of_lessons_keeps_in_step(store: Store, planned: Planned) -> None:
    first = await planned(store)
    await store.journal.append([first])
    listed = await store.lessons.get(first.lesson)
    assert listed is not None
    assert (listed.state, listed.start_at, listed.end_at) == ("scheduled", AT, AT + timedelta(minutes=40))
    assert await store.journal.live() == []
    await store.journal.append(following(first))
    assert await store.journal.live() == [first.lesson]
    later = AT + timedelta(minutes=41)
    await store.journal.append(
        [
            RecordingStarted(lesson=first.lesson, seq=6, at=AT, by="teacher"),
            LessonEnded(lesson=first.lesson, seq=7, at=later, by="teacher", reason="teacher"),
        ]
    )
    listed = await store.lessons.get(first.lesson)
    assert listed is not None and listed.recorded
    assert (listed.state, listed.opened_at, listed.started_at, listed.ended_at) == ("ended", AT, AT, later)
    assert await store.journal.live() == []


async def test_heartbeats_come_back_in_the_order_they_were_written(store: Store) -> None:
    beats = [
        Heartbeat(
            lesson="l1",
            at=AT + timedelta(seconds=s),
            boot="boot00000001",
            seats={"teacher": Marks(up_audio=20, down_video=s * 1000)},
        )
        for s in (0, 1, 2, -60)
    ]
    await store.journal.beat([*beats, Heartbeat(lesson="l2", at=AT, boot="boot00000001", seats={})])
    await store.journal.beat([])
    assert await store.journal.heartbeats("l1") == beats
    assert await store.journal.heartbeats("l1", last=2) == beats[2:]
    assert await store.journal.heartbeats("l3") == []
