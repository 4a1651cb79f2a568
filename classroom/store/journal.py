"""The journal: the events of every lesson, append-only and hash-chained, and the heartbeats beside it.

Each row's hash is sha256(previous hash ‖ row), over the exact bytes of the row; the first one follows GENESIS. The
lessons table is brought along in the same transaction and keeps the last hash, so a cut tail shows as well.
"""

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.lesson.events import (
    AnyEvent,
    LessonCancelled,
    LessonEnded,
    LessonMoved,
    LessonScheduled,
    TeacherReplaced,
    decode,
    encode,
)
from classroom.lesson.heartbeat import Heartbeat, Marks
from classroom.store.audit import SERVER, Actor, note
from classroom.store.database import Database
from classroom.store.lessons import project
from classroom.store.schema.lessons import heartbeats, journal, lessons

GENESIS = "0" * 64
NOTED: Final[Mapping[type[AnyEvent], str]] = MappingProxyType(
    {
        LessonScheduled: "lesson.created",
        LessonMoved: "lesson.moved",
        TeacherReplaced: "lesson.teacher_replaced",
        LessonEnded: "lesson.ended",
        LessonCancelled: "lesson.cancelled",
    }
)
"""Event → what the audit log calls it. All else that happens in a lesson stands in its own chain, by seat."""


class JournalConflict(Exception):
    """Somebody else has written to this lesson since it was read; nothing of the batch was kept."""


class Row(msgspec.Struct, frozen=True):
    """A row as it is stored: the event's exact bytes, and the hash that chains it to the row before."""

    seq: int
    row: str
    hash: str


class Journal:
    """The truth about lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, events: Sequence[AnyEvent], actors: Mapping[int, Actor] | None = None) -> None:
        """Keeps a batch of one lesson's events, all or none; they are durable when this returns.

        Events that NOTED names go to the audit log too; `actors` (event number → who did it) says whose they are.

        Raises JournalConflict when the first event does not follow the last one stored, ValueError for a batch that is
        not one lesson's run of numbers.
        """
        if not events:
            return
        lesson, first = events[0].lesson, events[0].seq
        if any(event.lesson != lesson or event.seq != first + i for i, event in enumerate(events)):
            raise ValueError("a batch is one lesson's events in order")
        try:
            async with self._database.write() as connection:
                head = await self._head(connection, lesson)
                if head[0] != first - 1:
                    raise JournalConflict(f"lesson {lesson} is at {head[0]}, the batch begins at {first}")
                await self._write(connection, head[1], events)
                await _note(connection, events, actors or {})
        except IntegrityError as error:
            # Two writers read the same head; the primary key let one of them through.
            raise JournalConflict(f"lesson {lesson} was written by another process") from error

    async def _head(self, connection: AsyncConnection, lesson: str) -> tuple[int, str]:
        last = select(journal.c.seq, journal.c.hash).where(journal.c.lesson == lesson).order_by(journal.c.seq.desc())
        row = (await connection.execute(last.limit(1))).one_or_none()
        return (0, GENESIS) if row is None else (row.seq, row.hash)

    async def _write(self, connection: AsyncConnection, previous: str, events: Sequence[AnyEvent]) -> None:
        rows = []
        for event in events:
            line = encode(event)
            previous = chained(previous, line)
            rows.append({"lesson": event.lesson, "seq": event.seq, "row": line.decode(), "hash": previous})
        await connection.execute(insert(journal), rows)
        for event, row in zip(events, rows, strict=True):
            await project(connection, event, str(row["hash"]))

    async def events(self, lesson: str) -> list[AnyEvent]:
        """A lesson's events in order; none for an unknown lesson. Raises UnreadableRow."""
        async with self._database.read() as connection:
            rows = await connection.scalars(
                select(journal.c.row).where(journal.c.lesson == lesson).order_by(journal.c.seq)
            )
            return [decode(row) for row in rows]

    async def rows(self, lesson: str) -> list[Row]:
        """A lesson's rows as they are stored, in order."""
        found = select(journal.c.seq, journal.c.row, journal.c.hash).where(journal.c.lesson == lesson)
        async with self._database.read() as connection:
            return [Row(*row) for row in await connection.execute(found.order_by(journal.c.seq))]

    async def live(self) -> list[str]:
        """The lessons that are open or live: those to go on with after a restart."""
        async with self._database.read() as connection:
            found = select(lessons.c.id).where(lessons.c.state.in_(("open", "live"))).order_by(lessons.c.start_at)
            return list(await connection.scalars(found))

    async def broken_at(self, lesson: str) -> int | None:
        """The first place where the chain does not hold (a changed, missing or cut-off row); None when it holds."""
        rows = await self.rows(lesson)
        async with self._database.read() as connection:
            head = await connection.scalar(select(lessons.c.head).where(lessons.c.id == lesson))
        return broken(rows, head or GENESIS)

    async def beat(self, beats: Sequence[Heartbeat]) -> None:
        """Keeps a second's heartbeats of all lessons in one transaction."""
        if not beats:
            return
        rows = [
            {"lesson": beat.lesson, "at": beat.at, "boot": beat.boot, "seats": msgspec.json.encode(beat.seats).decode()}
            for beat in beats
        ]
        async with self._database.write() as connection:
            await connection.execute(insert(heartbeats), rows)

    async def heartbeats(self, lesson: str, last: int | None = None) -> list[Heartbeat]:
        """A lesson's heartbeats in the order they were written; with `last` only so many of the latest."""
        columns = heartbeats.c
        found = select(columns.lesson, columns.at, columns.boot, columns.seats).where(columns.lesson == lesson)
        found = found.order_by(columns.id.desc())
        async with self._database.read() as connection:
            rows = (await connection.execute(found if last is None else found.limit(last))).all()
        return [
            Heartbeat(
                lesson=row.lesson,
                at=row.at,
                boot=row.boot,
                seats=msgspec.json.decode(row.seats, type=dict[str, Marks]),
            )
            for row in reversed(rows)
        ]


async def _note(connection: AsyncConnection, events: Sequence[AnyEvent], actors: Mapping[int, Actor]) -> None:
    for event in events:
        if type(event) in NOTED:
            await note(
                connection, actors.get(event.seq, SERVER), NOTED[type(event)], f"lesson:{event.lesson}", event.at
            )


def broken(rows: Sequence[Row], head: str) -> int | None:
    """The first place where a chain does not hold (a changed, missing or cut-off row); None when it holds to `head`."""
    previous = GENESIS
    for place, row in enumerate(rows, start=1):
        previous = chained(previous, row.row.encode())
        if row.seq != place or row.hash != previous:
            return place
    return None if head == previous else len(rows) + 1


def chained(previous: str, line: bytes) -> str:
    """The hash of a row that follows the row with the hash `previous`; both in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(previous) + line).hexdigest()
