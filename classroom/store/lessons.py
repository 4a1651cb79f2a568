"""The lists of lessons: a projection of the journal, written in the journal's own transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.lesson.events import (
    AnyEvent,
    LessonCancelled,
    LessonEnded,
    LessonMoved,
    LessonOpened,
    LessonScheduled,
    LessonStarted,
    QuizClosed,
    QuizStarted,
    QuizTallied,
    RecordingStarted,
    TeacherReplaced,
)
from classroom.store.database import Database, fields
from classroom.store.feeds import publish
from classroom.store.quizzes import project_closed, project_started, project_tallied
from classroom.store.schema.columns import Instant
from classroom.store.schema.lessons import lesson_seats, lessons
from classroom.store.schema.links import join_codes, links
from classroom.store.schema.registry import classes, classrooms, schools


class ListedSeat(msgspec.Struct, frozen=True, kw_only=True):
    """A seat with its names, and what its room and class are by id."""

    seat: str
    role: str
    school: str
    classroom: str
    class_name: str
    """"" in a meeting of teachers, which no class is in."""
    classroom_id: str
    class_id: str | None


class ListedLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson in a list. `start_at` is the planned start, or for an unplanned lesson when it was made.

    `teacher`: who is to teach, as the id of a person.

    `settled`: it has ended, and the ledger has judged it.
    """

    id: str
    state: str
    subject: str
    supporter: str
    start_at: datetime
    end_at: datetime | None
    opened_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    cancelled: bool
    is_test: bool
    recorded: bool
    teacher: str | None
    training: str | None
    settled: bool
    head: str
    """The last hash of its journal's chain."""
    seats: tuple[ListedSeat, ...]

    @property
    def class_name(self) -> str:
        """The host class's name."""
        return next((seat.class_name for seat in self.seats if seat.role == "host"), "")


class LessonList:
    """Lessons by time, school and classroom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, lesson: str) -> ListedLesson | None:
        """One lesson."""
        found = await self._find(lessons.c.id == lesson)
        return found[0] if found else None

    async def many(self, ids: Sequence[str]) -> list[ListedLesson]:
        """Those of `ids` that are there, the earliest first."""
        return await self._find(lessons.c.id.in_(list(ids)))

    async def schools(self, lesson: str) -> tuple[str | None, frozenset[str]]:
        """The supporting school of a lesson, None for an unknown one, and every school that has a seat in it; ids."""
        seated = select(lesson_seats.c.school).where(lesson_seats.c.lesson == lesson)
        async with self._database.read() as connection:
            supporter = await connection.scalar(select(lessons.c.supporter).where(lessons.c.id == lesson))
            return supporter, frozenset(await connection.scalars(seated))

    async def school_of(self, lesson: str, seat: str) -> str:
        """The school, as an id, that sits there. Raises LookupError."""
        found = select(lesson_seats.c.school).where(lesson_seats.c.lesson == lesson, lesson_seats.c.seat == seat)
        async with self._database.read() as connection:
            school = await connection.scalar(found)
        if school is None:
            raise LookupError(f"{lesson} has no seat {seat}")
        return str(school)

    async def between(self, start: datetime, end: datetime, school: str | None = None) -> list[ListedLesson]:
        """Lessons that begin in [start, end), the earliest first; of one school, whichever side it is on."""
        return await self._find(lessons.c.start_at >= start, lessons.c.start_at < end, _of(school))

    async def page(
        self,
        start: datetime,
        end: datetime,
        *,
        school: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[ListedLesson]:
        """As `between`, so many at most, from behind the place (start_at, id) on."""
        columns = lessons.c
        behind = None
        if after is not None:
            begun, id = after
            behind = or_(columns.start_at > begun, (columns.start_at == begun) & (columns.id > id))
        return await self._find(columns.start_at >= start, columns.start_at < end, _of(school), behind, earliest=limit)

    async def not_ended(self, school: str | None = None) -> list[ListedLesson]:
        """Lessons scheduled, open or live, the earliest first."""
        return await self._find(lessons.c.state != "ended", _of(school))

    async def class_ids(self, lesson: str) -> list[str]:
        """The classes that sit in a lesson, the host's first."""
        found = select(lesson_seats.c.class_id).where(lesson_seats.c.lesson == lesson).order_by(lesson_seats.c.place)
        async with self._database.read() as connection:
            return list(dict.fromkeys(await connection.scalars(found)))

    async def waiting_with(self, class_id: str) -> list[str]:
        """Lessons scheduled, open or live in which a class sits."""
        seated = select(lesson_seats.c.lesson).where(lesson_seats.c.class_id == class_id)
        found = select(lessons.c.id).where(lessons.c.state != "ended", lessons.c.id.in_(seated))
        async with self._database.read() as connection:
            return list(await connection.scalars(found.order_by(lessons.c.start_at)))

    async def under_way(self) -> list[ListedLesson]:
        """Lessons open or live, the earliest first."""
        return await self._find(lessons.c.state.in_(("open", "live")))

    async def past(self, before: datetime, school: str | None = None, limit: int = 50) -> list[ListedLesson]:
        """Ended lessons that began before an instant, the latest first."""
        found = await self._find(lessons.c.state == "ended", lessons.c.start_at < before, _of(school), latest=limit)
        return found[::-1]

    async def next_of(self, classroom: str) -> ListedLesson | None:
        """What the classroom waits for: the lesson opened last of those that are on, else the earliest scheduled."""
        of_classroom = lessons.c.id.in_(select(lesson_seats.c.lesson).where(lesson_seats.c.classroom == classroom))
        waiting = await self._find(lessons.c.state != "ended", of_classroom)
        on = [lesson for lesson in waiting if lesson.opened_at is not None]
        # Where a teacher forgot 下课, the classroom goes on to the next lesson all the same.
        return max(on, key=lambda lesson: lesson.opened_at or lesson.start_at) if on else next(iter(waiting), None)

    async def overdue(self, before: datetime) -> list[str]:
        """Scheduled lessons whose planned end (unplanned: whose making) lies before an instant."""
        due = func.coalesce(lessons.c.end_at, lessons.c.start_at, type_=Instant) < before
        async with self._database.read() as connection:
            return list(await connection.scalars(select(lessons.c.id).where(lessons.c.state == "scheduled", due)))

    async def due(self, at: datetime, until: datetime) -> list[str]:
        """Scheduled lessons of a planned length that are under way at an instant, or begin by another."""
        columns = lessons.c
        soon = (columns.state == "scheduled") & (columns.start_at <= until) & (columns.end_at > at)
        async with self._database.read() as connection:
            return list(await connection.scalars(select(columns.id).where(soon).order_by(columns.start_at)))

    async def unsettled(self) -> list[str]:
        """Ended lessons that the ledger has not judged yet, the earliest first."""
        found = select(lessons.c.id).where(lessons.c.state == "ended", lessons.c.settled.is_(False))
        async with self._database.read() as connection:
            return list(await connection.scalars(found.order_by(lessons.c.ended_at)))

    async def settle(self, lesson: str) -> None:
        """The ledger has judged the lesson."""
        async with self._database.write() as connection:
            await connection.execute(update(lessons).where(lessons.c.id == lesson).values(settled=True))

    async def _find(
        self, *conditions: ColumnElement[bool] | None, latest: int | None = None, earliest: int | None = None
    ) -> list[ListedLesson]:
        found = select(lessons).where(*(c for c in conditions if c is not None))
        if latest is not None:
            found = found.order_by(lessons.c.start_at.desc(), lessons.c.id.desc()).limit(latest)
        if earliest is not None:
            found = found.order_by(lessons.c.start_at, lessons.c.id).limit(earliest)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).mappings().all()
            seats = await self._seats(connection, [row["id"] for row in rows])
        found_lessons = [
            msgspec.convert({**fields(row), "seats": tuple(seats.get(row["id"], ()))}, ListedLesson) for row in rows
        ]
        return sorted(found_lessons, key=lambda lesson: (lesson.start_at, lesson.id))

    async def _seats(self, connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[ListedSeat]]:
        columns = lesson_seats.c
        found = (
            select(
                columns.lesson,
                columns.seat,
                columns.role,
                schools.c.name.label("school"),
                classrooms.c.name.label("classroom"),
                func.coalesce(classes.c.name, "").label("class_name"),
                columns.classroom.label("classroom_id"),
                columns.class_id,
            )
            .join(schools, schools.c.id == columns.school)
            .join(classrooms, classrooms.c.id == columns.classroom)
            .outerjoin(classes, classes.c.id == columns.class_id)
            .where(columns.lesson.in_(ids))
            .order_by(columns.lesson, columns.place)
        )
        seats: dict[str, list[ListedSeat]] = {}
        for row in (await connection.execute(found)).mappings():
            seats.setdefault(row["lesson"], []).append(msgspec.convert(fields(row), ListedSeat))
        return seats


def _of(school: str | None) -> ColumnElement[bool] | None:
    if school is None:
        return None
    seated = lessons.c.id.in_(select(lesson_seats.c.lesson).where(lesson_seats.c.school == school))
    return or_(lessons.c.supporter == school, seated)


async def project(connection: AsyncConnection, event: AnyEvent, head: str) -> None:
    """Brings the projection along with an event whose row has the hash `head`."""
    step = _STEPS.get(type(event))
    changed = {} if step is None else await step(connection, event)
    await connection.execute(
        update(lessons).where(lessons.c.id == event.lesson).values(seq=event.seq, head=head, **changed)
    )


async def _scheduled(connection: AsyncConnection, event: LessonScheduled) -> dict[str, Any]:
    lesson = {
        "id": event.lesson,
        "seq": event.seq,
        "head": "",
        "state": "scheduled",
        "supporter": event.supporter,
        "subject": event.subject,
        "start_at": event.periods[0].start if event.periods else event.at,
        "end_at": event.periods[-1].end if event.periods else None,
        "cancelled": False,
        "is_test": event.is_test,
        "recorded": False,
        "teacher": event.teacher,
        "training": event.training,
        "settled": False,
    }
    await connection.execute(insert(lessons).values(lesson))
    seats = [
        {
            "lesson": event.lesson,
            "seat": seat.seat,
            "place": place,
            "role": seat.role,
            "school": seat.school,
            "classroom": seat.classroom,
            "class_id": seat.class_id or None,
        }
        for place, seat in enumerate(event.seats)
    ]
    await connection.execute(insert(lesson_seats), seats)
    return {}


async def _moved(connection: AsyncConnection, event: LessonMoved) -> dict[str, Any]:
    start_at, end_at = event.periods[0].start, event.periods[-1].end
    await _prolong(connection, event.lesson, end_at)
    return {"start_at": start_at, "end_at": end_at}


async def _prolong(connection: AsyncConnection, lesson: str, end_at: datetime) -> None:
    """The lesson's links live as long after the new end as they would have after the old one."""
    before = await connection.scalar(select(lessons.c.end_at).where(lessons.c.id == lesson))
    if before is not None and end_at > before:
        mine = (links.c.lesson == lesson) & links.c.revoked_at.is_(None)
        found = (await connection.execute(select(links.c.id, links.c.expires_at).where(mine))).all()
        for link, expires_at in found:
            if expires_at is not None:
                later = expires_at + (end_at - before)
                await connection.execute(update(links).where(links.c.id == link).values(expires_at=later))


async def _teacher_replaced(connection: AsyncConnection, event: TeacherReplaced) -> dict[str, Any]:
    return {"teacher": event.teacher}


async def _opened(connection: AsyncConnection, event: LessonOpened) -> dict[str, Any]:
    return {"state": "open", "opened_at": event.at}


async def _started(connection: AsyncConnection, event: LessonStarted) -> dict[str, Any]:
    return {"state": "live", "started_at": event.at}


async def _cancelled(connection: AsyncConnection, event: LessonCancelled) -> dict[str, Any]:
    return {"cancelled": True}


async def _ended(connection: AsyncConnection, event: LessonEnded) -> dict[str, Any]:
    # A code is unique among lessons that are not over: it is free again now.
    await connection.execute(delete(join_codes).where(join_codes.c.lesson == event.lesson))
    await project_closed(connection, event)
    await publish(connection, "lesson.ended", f"lesson:{event.lesson}", event.at)
    return {"state": "ended", "ended_at": event.at, "end_reason": event.reason}


async def _recording_started(connection: AsyncConnection, event: RecordingStarted) -> dict[str, Any]:
    return {"recorded": True}


async def _quiz_started(connection: AsyncConnection, event: QuizStarted) -> dict[str, Any]:
    await project_started(connection, event)
    return {}


async def _quiz_tallied(connection: AsyncConnection, event: QuizTallied) -> dict[str, Any]:
    await project_tallied(connection, event)
    return {}


async def _quiz_closed(connection: AsyncConnection, event: QuizClosed) -> dict[str, Any]:
    await project_closed(connection, event)
    return {}


_STEPS: Mapping[type[AnyEvent], Callable[[AsyncConnection, Any], Awaitable[dict[str, Any]]]] = MappingProxyType(
    {
        LessonScheduled: _scheduled,
        LessonMoved: _moved,
        TeacherReplaced: _teacher_replaced,
        LessonOpened: _opened,
        LessonStarted: _started,
        LessonCancelled: _cancelled,
        LessonEnded: _ended,
        RecordingStarted: _recording_started,
        QuizStarted: _quiz_started,
        QuizTallied: _quiz_tallied,
        QuizClosed: _quiz_closed,
    }
)
