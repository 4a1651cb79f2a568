"""Courseware (课件) of the schools: names, pages and their texts as rows. The pictures of the pages are the server's.

preparing → ready or failed. One that is withdrawn is on nobody's list; its rows and pictures go with the last lesson
that it was shown in.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.courseware import courseware, courseware_pages, lesson_courseware

State = Literal["preparing", "ready", "failed"]
MAX_OF_SCHOOL: Final = 500
"""On one school's list; a term of a large school."""


class TooMuchCourseware(Exception):
    """The school has all the courseware that it may have."""


class Courseware(msgspec.Struct, frozen=True, kw_only=True):
    """A courseware. `bytes` of all its pictures; `failure`: why it has none."""

    id: str
    school: str
    name: str
    state: State
    failure: str | None
    pages: int
    bytes: int
    uploaded_at: datetime
    withdrawn_at: datetime | None


class CoursewarePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page, from 1. Width and height in pixels; `text`: what stands on it, for who cannot see it."""

    courseware: str
    number: int
    width: int
    height: int
    text: str


class CoursewareList:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *, school: str, name: str, by: By) -> Courseware:
        """A new one whose pages are still being made. Raises TooMuchCourseware."""
        made = Courseware(
            id=new_id(),
            school=school,
            name=name,
            state="preparing",
            failure=None,
            pages=0,
            bytes=0,
            uploaded_at=by.at,
            withdrawn_at=None,
        )
        async with self._database.write() as connection:
            count = select(func.count()).select_from(courseware).where(_listed(school))
            if (await connection.scalar(count) or 0) >= MAX_OF_SCHOOL:
                raise TooMuchCourseware(school)
            await connection.execute(insert(courseware).values(msgspec.structs.asdict(made)))
            await _note(connection, "courseware.added", made.id, by)
        return made

    async def ready(self, id: str, pages: Sequence[CoursewarePage], bytes: int) -> None:
        """Its pages are made. One that was deleted meanwhile stays so."""
        async with self._database.write() as connection:
            changed = update(courseware).where(courseware.c.id == id)
            values = {"state": "ready", "failure": None, "pages": len(pages), "bytes": bytes}
            if (await connection.execute(changed.values(values))).rowcount and pages:
                await connection.execute(insert(courseware_pages), [msgspec.structs.asdict(page) for page in pages])

    async def failed(self, id: str, failure: str) -> None:
        """It has no pages; a code says why."""
        async with self._database.write() as connection:
            values = {"state": "failed", "failure": failure}
            await connection.execute(update(courseware).where(courseware.c.id == id).values(values))

    async def get(self, id: str) -> Courseware | None:
        """By its id, withdrawn or not."""
        found = await self._read(courseware.c.id == id)
        return found[0] if found else None

    async def of_school(self, school: str) -> list[Courseware]:
        """A school's list, the newest first."""
        return await self._read(_listed(school))

    async def of_lesson(self, lesson: str) -> list[Courseware]:
        """What is in a lesson, or was."""
        inside = select(lesson_courseware.c.courseware).where(lesson_courseware.c.lesson == lesson)
        return await self._read(courseware.c.id.in_(inside))

    async def many(self, ids: Collection[str]) -> dict[str, Courseware]:
        """Those of the ids that are known, withdrawn ones too."""
        return {one.id: one for one in await self._read(courseware.c.id.in_(list(ids)))}

    async def preparing(self) -> list[str]:
        """Those whose pages are not made yet, the oldest first."""
        return [one.id for one in reversed(await self._read(courseware.c.state == "preparing"))]

    async def pages(self, ids: Sequence[str]) -> list[CoursewarePage]:
        """The pages of these, in order."""
        found = select(courseware_pages).where(courseware_pages.c.courseware.in_(ids))
        order = (courseware_pages.c.courseware, courseware_pages.c.number)
        async with self._database.read() as connection:
            rows = (await connection.execute(found.order_by(*order))).mappings()
            return [msgspec.convert(fields(row), CoursewarePage) for row in rows]

    async def use(self, lesson: str, id: str) -> bool:
        """A lesson has it from now on; False where it has just been deleted. May be called again."""
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(lesson_courseware).values(lesson=lesson, courseware=id))
        except IntegrityError:
            return any(one.id == id for one in await self.of_lesson(lesson))
        return True

    async def lessons(self) -> list[str]:
        """Those that have any, or had."""
        async with self._database.read() as connection:
            return sorted(set(await connection.scalars(select(lesson_courseware.c.lesson))))

    async def withdraw(self, id: str, by: By) -> bool:
        """Take it off the list; True where no lesson has it, and so its rows are gone and its pictures may go."""
        async with self._database.write() as connection:
            mine = courseware.c.id == id
            await connection.execute(update(courseware).where(mine).values(withdrawn_at=by.at))
            await _note(connection, "courseware.removed", id, by)
            return bool(await _drop_unused(connection, mine))

    async def forget_lesson(self, lesson: str) -> list[str]:
        """Nobody will see the lesson again: the ids of what was withdrawn and is in no other lesson, its rows gone."""
        async with self._database.write() as connection:
            await connection.execute(delete(lesson_courseware).where(lesson_courseware.c.lesson == lesson))
            return await _drop_unused(connection, courseware.c.withdrawn_at.is_not(None))

    async def _read(self, where: ColumnElement[bool]) -> list[Courseware]:
        found = select(courseware).where(where).order_by(courseware.c.uploaded_at.desc(), courseware.c.id)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Courseware) for row in (await connection.execute(found)).mappings()]


def _listed(school: str) -> ColumnElement[bool]:
    return (courseware.c.school == school) & courseware.c.withdrawn_at.is_(None)


async def _drop_unused(connection: AsyncConnection, where: ColumnElement[bool]) -> list[str]:
    used = exists().where(lesson_courseware.c.courseware == courseware.c.id)
    found = list(await connection.scalars(select(courseware.c.id).where(where & ~used)))
    await connection.execute(delete(courseware_pages).where(courseware_pages.c.courseware.in_(found)))
    await connection.execute(delete(courseware).where(courseware.c.id.in_(found)))
    return found


async def _note(connection: AsyncConnection, action: str, id: str, by: By) -> None:
    await note(connection, by.actor, action, f"courseware:{id}", by.at)
