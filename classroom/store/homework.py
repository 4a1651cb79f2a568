"""Homework (同步作业): tasks, photographed works, and what both teachers wrote on them.

Rows are the truth of it, before the lesson's end and after. Works are pupils': they go when recordings do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.lesson.homework import MAX_WORKS
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.homework import homework, work_marks, works
from classroom.store.schema.lessons import lessons
from classroom.store.schema.links import links

Stamp = Literal["good", "fair", "again"]
"""优, 良, 再改."""
HOLD: Final = timedelta(minutes=2)
"""So long a work is taken to be in somebody's hands after they last said so."""


class TooManyWorks(Exception):
    """The lesson has all the pictures that it may have."""


class Stroke(msgspec.Struct, frozen=True, kw_only=True):
    """A line drawn on a picture: x and y in turn, in ten thousandths of its width and height."""

    points: tuple[int, ...]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task. `file`: an uploaded file that goes with it; `due_at` None: in class."""

    id: str
    lesson: str
    text: str
    file: str | None
    due_at: datetime | None
    given_at: datetime


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What one teacher wrote on a work: `marker` is `teacher` or `assistant:<seat>`."""

    work: str
    marker: str
    strokes: tuple[Stroke, ...]
    comment: str
    stamp: Stamp | None
    marked_at: datetime


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A photographed page. `held_by`: who marks it just now."""

    id: str
    homework: str
    seat: str
    number: int
    label: str
    width: int
    height: int
    bytes: int
    handed_in_at: datetime
    held_by: str | None = None
    held_at: datetime | None = None

    def holder(self, at: datetime) -> str | None:
        """Who marks it at an instant."""
        return self.held_by if self.held_at is not None and at - self.held_at < HOLD else None


class HomeworkList:
    """Tasks with their works and marks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give(self, *, lesson: str, text: str, file: str | None, due_at: datetime | None, by: By) -> Task:
        """A new task of a lesson."""
        made = Task(id=new_id(), lesson=lesson, text=text, file=file, due_at=due_at, given_at=by.at)
        async with self._database.write() as connection:
            await connection.execute(insert(homework).values(msgspec.structs.asdict(made)))
            await note(connection, by.actor, "homework.given", f"lesson:{lesson}", by.at, {"homework": made.id})
        return made

    async def of_lesson(self, lesson: str) -> list[Task]:
        """In the order in which they were given."""
        found = select(homework).where(homework.c.lesson == lesson).order_by(homework.c.given_at, homework.c.id)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Task) for row in (await connection.execute(found)).mappings()]

    async def get(self, lesson: str, task: str) -> Task | None:
        """One task of a lesson."""
        return next((one for one in await self.of_lesson(lesson) if one.id == task), None)

    async def keep_links(self, lesson: str, until: datetime) -> None:
        """The lesson's teacher, its classrooms and their phones may come back until then at least."""
        mine = (
            (links.c.lesson == lesson)
            & links.c.role.in_(("teacher", "assistant", "classroom"))
            & (links.c.expires_at < until)
        )
        async with self._database.write() as connection:
            await connection.execute(update(links).where(mine, links.c.revoked_at.is_(None)).values(expires_at=until))

    async def hand_in(
        self, *, id: str, task: str, seat: str, label: str, width: int, height: int, size: int, by: By
    ) -> Work:
        """A picture that is on the disk already. Raises TooManyWorks."""
        async with self._database.write() as connection:
            lesson = await connection.scalar(select(homework.c.lesson).where(homework.c.id == task))
            all_of = select(func.count()).select_from(works).join(homework, homework.c.id == works.c.homework)
            if (await connection.scalar(all_of.where(homework.c.lesson == lesson)) or 0) >= MAX_WORKS:
                raise TooManyWorks(lesson)
            last = select(func.max(works.c.number)).where(works.c.homework == task, works.c.seat == seat)
            made = Work(
                id=id,
                homework=task,
                seat=seat,
                number=(await connection.scalar(last) or 0) + 1,
                label=label,
                width=width,
                height=height,
                bytes=size,
                handed_in_at=by.at,
            )
            await connection.execute(insert(works).values(msgspec.structs.asdict(made)))
            await note(connection, by.actor, "work.handed_in", f"lesson:{lesson}", by.at, {"work": id, "seat": seat})
        return made

    async def works(self, task: str, seat: str | None = None) -> list[Work]:
        """The pictures of a task, class by class in order; of one seat's class alone."""
        found = select(works).where(works.c.homework == task)
        if seat is not None:
            found = found.where(works.c.seat == seat)
        async with self._database.read() as connection:
            rows = (await connection.execute(found.order_by(works.c.seat, works.c.number))).mappings()
            return [msgspec.convert(fields(row), Work) for row in rows]

    async def work(self, lesson: str, work: str) -> Work | None:
        """One picture of a lesson."""
        found = (select(works).join(homework, homework.c.id == works.c.homework).where(works.c.id == work)).where(
            homework.c.lesson == lesson
        )
        async with self._database.read() as connection:
            row = (await connection.execute(found)).mappings().one_or_none()
        return None if row is None else msgspec.convert(fields(row), Work)

    async def marks(self, ids: Sequence[str]) -> dict[str, list[Mark]]:
        """Work → what was written on it, the teacher's first."""
        found = select(work_marks).where(work_marks.c.work.in_(ids)).order_by(work_marks.c.marker.desc())
        said: dict[str, list[Mark]] = {}
        async with self._database.read() as connection:
            for row in (await connection.execute(found)).mappings():
                strokes = msgspec.json.decode(row["strokes"], type=tuple[Stroke, ...])
                said.setdefault(row["work"], []).append(Mark(**{**fields(row), "strokes": strokes}))
        return said

    async def mark(
        self,
        lesson: str,
        work: str,
        marker: str,
        *,
        strokes: Sequence[Stroke],
        comment: str,
        stamp: Stamp | None,
        by: By,
    ) -> None:
        """批改: all that this teacher has written on the work, in place of what they had. Frees it from their hands."""
        layer = {
            "strokes": msgspec.json.encode(strokes).decode(),
            "comment": comment,
            "stamp": stamp,
            "marked_at": by.at,
        }
        mine = (work_marks.c.work == work) & (work_marks.c.marker == marker)
        async with self._database.write() as connection:
            await connection.execute(delete(work_marks).where(mine))
            if strokes or comment or stamp:
                await connection.execute(insert(work_marks).values(work=work, marker=marker, **layer))
            held = (works.c.id == work) & (works.c.held_by == marker)
            await connection.execute(update(works).where(held).values(held_by=None, held_at=None))
            detail = {"work": work, "stamp": stamp}
            await note(connection, by.actor, "work.marked", f"lesson:{lesson}", by.at, detail)

    async def hold(self, work: str, marker: str, at: datetime) -> None:
        """This teacher marks it just now; whoever comes later sees so, and may all the same."""
        async with self._database.write() as connection:
            await connection.execute(update(works).where(works.c.id == work).values(held_by=marker, held_at=at))

    async def take_back(self, lesson: str, work: str, by: By) -> bool:
        """The picture's row and its marks are gone; False when there was none."""
        async with self._database.write() as connection:
            await connection.execute(delete(work_marks).where(work_marks.c.work == work))
            gone = await connection.scalar(delete(works).where(works.c.id == work).returning(works.c.id))
            if gone is not None:
                await note(connection, by.actor, "work.taken_back", f"lesson:{lesson}", by.at, {"work": work})
        return gone is not None

    async def kept_since(self, before: datetime) -> list[str]:
        """Lessons that began before an instant and still have works, the earliest first."""
        found = (
            select(lessons.c.id)
            .where(
                lessons.c.start_at < before,
                lessons.c.id.in_(select(homework.c.lesson).join(works, works.c.homework == homework.c.id)),
            )
            .order_by(lessons.c.start_at, lessons.c.id)
        )
        async with self._database.read() as connection:
            return list(await connection.scalars(found))

    async def erase(self, lesson: str, by: By) -> int:
        """No work of the lesson is left, nor any mark; the tasks stay. How many there were."""
        async with self._database.write() as connection:
            gone = await erase_works(connection, lesson)
            if gone:
                await note(connection, by.actor, "works.erased", f"lesson:{lesson}", by.at, {"works": gone})
        return gone


async def erase_works(connection: AsyncConnection, lesson: str) -> int:
    """In the caller's transaction: the rows of all works of a lesson are gone, with their marks. How many."""
    tasks = select(homework.c.id).where(homework.c.lesson == lesson)
    mine = select(works.c.id).where(works.c.homework.in_(tasks))
    await connection.execute(delete(work_marks).where(work_marks.c.work.in_(mine)))
    gone: Any = await connection.scalars(delete(works).where(works.c.homework.in_(tasks)).returning(works.c.id))
    return len(list(gone))
