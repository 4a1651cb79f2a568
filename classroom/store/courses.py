"""Courses (课程) — resources in an order — and their showings (排播): which class watches one, where and when."""

from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, update

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.registry import By
from classroom.store.schema.library import courses, showings


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A course. `school` None: the bureau's. `version` grows with every change."""

    id: str
    title: str
    school: str | None
    subject: str
    grade: str
    resources: tuple[str, ...]
    version: int
    made_at: datetime
    removed_at: datetime | None = None


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """When a class watches a course: weekly on `weekday` (1 is Monday) from `first` to `last`, or once on `first`.

    `begins_min`: minute of the local day.
    """

    id: str
    course: str
    class_id: str
    classroom: str
    weekday: int | None
    first: date
    last: date
    begins_min: int
    minutes: int
    made_at: datetime


class StaleCourse(Exception):
    """Somebody else has changed the course since it was read; nothing was written."""


class Courses:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, course: Course, by: By) -> Course:
        """A new course (version 0), or one changed from this version. Raises StaleCourse."""
        kept = msgspec.structs.replace(course, version=course.version + 1)
        row = {**msgspec.structs.asdict(kept), "resources": " ".join(kept.resources)}
        async with self._database.write() as connection:
            if course.version == 0:
                await connection.execute(insert(courses).values(row))
            else:
                same = (courses.c.id == course.id) & (courses.c.version == course.version)
                changed = update(courses).where(same).values(row).returning(courses.c.id)
                if await connection.scalar(changed) is None:
                    raise StaleCourse
            said = {"title": kept.title, "resources": list(kept.resources)}
            what = "course.made" if course.version == 0 else "course.changed"
            await note(connection, by.actor, what, f"course:{course.id}", by.at, said)
        return kept

    async def remove(self, course: str, by: By) -> None:
        """With its showings."""
        async with self._database.write() as connection:
            await connection.execute(delete(showings).where(showings.c.course == course))
            await connection.execute(update(courses).where(courses.c.id == course).values(removed_at=by.at))
            await note(connection, by.actor, "course.removed", f"course:{course}", by.at)

    async def all(self) -> list[Course]:
        """Every course there is, the latest first."""
        found = select(courses).where(courses.c.removed_at.is_(None)).order_by(courses.c.made_at.desc(), courses.c.id)
        async with self._database.read() as connection:
            return [_course(row) for row in (await connection.execute(found)).mappings()]

    async def get(self, course: str) -> Course | None:
        """One that is not removed."""
        return next((one for one in await self.all() if one.id == course), None)

    async def show(self, showing: Showing, by: By) -> None:
        """Plan it."""
        async with self._database.write() as connection:
            await connection.execute(insert(showings).values(msgspec.structs.asdict(showing)))
            said = {"showing": showing.id, "class": showing.class_id, "first": showing.first, "last": showing.last}
            await note(connection, by.actor, "course.assigned", f"course:{showing.course}", by.at, said)

    async def unshow(self, showing: Showing, by: By) -> None:
        """It is not shown any more."""
        async with self._database.write() as connection:
            await connection.execute(delete(showings).where(showings.c.id == showing.id))
            said = {"showing": showing.id, "class": showing.class_id}
            await note(connection, by.actor, "course.unassigned", f"course:{showing.course}", by.at, said)

    async def showings(self, *, course: str | None = None, classroom: str | None = None) -> list[Showing]:
        """Those of a course, of a room, or all, in order of their time."""
        narrow: list[ColumnElement[bool]] = []
        if course is not None:
            narrow.append(showings.c.course == course)
        if classroom is not None:
            narrow.append(showings.c.classroom == classroom)
        found = select(showings).where(*narrow).order_by(showings.c.weekday, showings.c.first, showings.c.begins_min)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Showing) for row in (await connection.execute(found)).mappings()]


def _course(row: Any) -> Course:
    return msgspec.convert({**fields(row), "resources": tuple(row["resources"].split())}, Course)
