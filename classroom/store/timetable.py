"""The timetable (课表): a lesson that comes every week, and which of its days are lessons already."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.registry import By
from classroom.store.schema.timetable import timetable, timetable_days, timetable_rooms


class TimetableRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom that listens, and the class in it."""

    classroom: str
    school: str
    class_id: str


class TimetableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of `school` on each of `weekdays` (1 is Monday) from `first` to `last`, both inclusive.

    `begins_min`: minute of the local day. `teacher`: a person (人员) of the school; None: nobody has said.
    `ended_at`: none is made any more.
    """

    id: str
    school: str
    classroom: str
    class_id: str
    teacher: str | None
    subject: str
    weekdays: tuple[int, ...]
    begins_min: int
    minutes: int
    first: date
    last: date
    record: bool
    rooms: tuple[TimetableRoom, ...]
    made_at: datetime
    ended_at: datetime | None = None


class TimetableDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a row and the lesson that is held on it, or was moved or dropped from it. `is_made`: it exists."""

    row: str
    day: date
    lesson: str
    is_made: bool


class Timetable:
    """The rows and their days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: TimetableRow, by: By) -> None:
        """A new row."""
        values = msgspec.structs.asdict(row) | {"weekdays": "".join(map(str, row.weekdays))}
        del values["rooms"]
        rooms = [
            {"row": row.id, "place": place, **msgspec.structs.asdict(room)} for place, room in enumerate(row.rooms)
        ]
        async with self._database.write() as connection:
            await connection.execute(insert(timetable).values(values))
            await connection.execute(insert(timetable_rooms), rooms)
            said = {"first": row.first, "last": row.last, "weekdays": values["weekdays"], "begins_min": row.begins_min}
            await note(connection, by.actor, "timetable.entered", f"timetable:{row.id}", by.at, said)

    async def get(self, row: str) -> TimetableRow | None:
        """One, ended or not."""
        found = await self._find(timetable.c.id == row)
        return found[0] if found else None

    async def current(self, day: date, school: str | None = None) -> list[TimetableRow]:
        """Those that have not ended and whose last day has not passed by a day; of one school, whichever side it is on.

        By weekday and time.
        """
        narrow = [timetable.c.ended_at.is_(None), timetable.c.last >= day]
        if school is not None:
            seated = select(timetable_rooms.c.row).where(timetable_rooms.c.school == school)
            narrow.append(or_(timetable.c.school == school, timetable.c.id.in_(seated)))
        return await self._find(*narrow)

    async def ended(self, since: datetime) -> list[TimetableRow]:
        """Those ended after an instant."""
        return await self._find(timetable.c.ended_at > since)

    async def end(self, row: str, by: By) -> None:
        """No lesson of it is made any more. One that has ended stays as it was."""
        waits = (timetable.c.id == row) & timetable.c.ended_at.is_(None)
        async with self._database.write() as connection:
            ended = update(timetable).where(waits).values(ended_at=by.at).returning(timetable.c.id)
            if await connection.scalar(ended) is not None:
                await note(connection, by.actor, "timetable.ended", f"timetable:{row}", by.at)

    async def days(self, rows: Collection[str], first: date) -> list[TimetableDay]:
        """What is reserved or made of these rows from a day on, in order."""
        columns = timetable_days.c
        found = select(timetable_days).where(columns.row.in_(list(rows)), columns.day >= first)
        async with self._database.read() as connection:
            result = await connection.execute(found.order_by(columns.day, columns.row))
            return [msgspec.convert(fields(row), TimetableDay) for row in result.mappings()]

    async def reserve(self, row: str, day: date, lesson: str) -> str:
        """The lesson's id of that day: `lesson`, or what was reserved before. Only one is ever made of it."""
        values = {"row": row, "day": day, "lesson": lesson, "is_made": False}
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(timetable_days).values(values))
            return lesson
        except IntegrityError:
            known = select(timetable_days.c.lesson).where(timetable_days.c.row == row, timetable_days.c.day == day)
            async with self._database.read() as connection:
                return str(await connection.scalar(known))

    async def made(self, lesson: str) -> None:
        """The lesson is there, with all that belongs to it."""
        async with self._database.write() as connection:
            await connection.execute(
                update(timetable_days).where(timetable_days.c.lesson == lesson).values(is_made=True)
            )

    async def _find(self, *narrow: ColumnElement[bool]) -> list[TimetableRow]:
        found = select(timetable).where(*narrow).order_by(timetable.c.weekdays, timetable.c.begins_min, timetable.c.id)
        async with self._database.read() as connection:
            rows = [fields(row) for row in (await connection.execute(found)).mappings()]
            of_rows = timetable_rooms.c.row.in_([row["id"] for row in rows])
            seated = select(timetable_rooms).where(of_rows).order_by(timetable_rooms.c.place)
            rooms: dict[str, list[Any]] = {}
            for room in (await connection.execute(seated)).mappings():
                rooms.setdefault(room["row"], []).append(fields(room))
        return [_row(row, rooms.get(str(row["id"]), [])) for row in rows]


def _row(row: Any, rooms: list[Any]) -> TimetableRow:
    weekdays = tuple(int(digit) for digit in row["weekdays"])
    return msgspec.convert({**row, "weekdays": weekdays, "rooms": rooms}, TimetableRow)
