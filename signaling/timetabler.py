"""Makes lessons of the timetable (课表) ahead, each once, and takes back those of rows that have ended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from classroom.ledger.months import local_date
from classroom.lesson.errors import LessonError
from classroom.registry.book import Book
from classroom.store.store import Store
from classroom.store.timetable import TimetableRow
from signaling.clock import Clock
from signaling.scheduling import LessonRequest, RecipientRequest, make_lesson
from signaling.timetable import days_of, is_taught, of_row, span_on

log = structlog.get_logger("timetable")

EVERY_S: Final = 1800.0
AHEAD: Final = timedelta(days=14)


class Timetabler:
    """One round at the start, and then two an hour. A crash anywhere costs nothing: the next round goes on."""

    def __init__(
        self, store: Store, clock: Clock, new_id: Callable[[], str], cancel: Callable[[str], Awaitable[None]]
    ) -> None:
        """`cancel(lesson)`: it is not held; raises LessonError where it has begun or is over."""
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._cancel = cancel
        self._going = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """On the loop."""
        self._task = asyncio.create_task(self._run(), name="timetable")

    async def close(self) -> None:
        """May be called again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def go_round(self) -> list[str]:
        """The lessons that were made: of the next days all that are taught, of today those that are still to begin."""
        async with self._going:
            at, made = self._clock.at(), list[str]()
            for row in await self._store.timetable.ended(at - AHEAD):
                await self._withdraw(row, at)
            book, workdays = await self._store.registry.book(), await self._store.months.workdays()
            first, last = local_date(at), local_date(at + AHEAD)
            rows = await self._store.timetable.current(first)
            days = await self._store.timetable.days([row.id for row in rows], first)
            done = {(one.row, one.day) for one in days if one.is_made}
            for row in rows:
                for day in days_of(of_row(row), first, last, workdays):
                    begins, _ = span_on(of_row(row), day)
                    if (row.id, day) not in done and begins > at and is_taught(book, row, day):
                        try:
                            made.append(await self._make(row, day, begins, book, at))
                        except Exception:
                            # A school that is gone, say: the other rows are made all the same.
                            log.exception("a lesson of the timetable cannot be made", row=row.id, day=str(day))
            return made

    async def _make(self, row: TimetableRow, day: date, begins: datetime, book: Book, at: datetime) -> str:
        """Reserve its id, make it, and note that it is whole: each step may have been the last before a crash."""
        lesson = await self._store.timetable.reserve(row.id, day, self._new_id())
        if await self._store.lessons.get(lesson) is None:
            person = None if row.teacher is None else await self._store.people.get(row.teacher)
            await make_lesson(
                self._store,
                _request(row, begins, book),
                lesson=lesson,
                supporter=book.schools[row.school],
                by="server",
                at=at,
                teacher=None if person is None or person.has_left(day) else person.name,
                new_pairs="待定",
            )
        await self._store.links.assign_codes(lesson, [room.classroom for room in row.rooms])
        await self._store.timetable.made(lesson)
        return lesson

    async def _withdraw(self, row: TimetableRow, at: datetime) -> None:
        days = await self._store.timetable.days([row.id], local_date(at))
        for lesson in await self._store.lessons.many([one.lesson for one in days]):
            if lesson.state == "scheduled" and lesson.start_at > at:
                try:
                    await self._cancel(lesson.id)
                except LessonError:
                    log.info("begun meanwhile", lesson=lesson.id)

    async def _run(self) -> None:
        while True:
            try:
                if made := await self.go_round():
                    log.info("lessons made of the timetable", lessons=len(made))
            except Exception:
                log.exception("the timetable waits for the next round")
            await asyncio.sleep(EVERY_S)


def _request(row: TimetableRow, begins: datetime, book: Book) -> LessonRequest:
    return LessonRequest(
        subject=row.subject,
        classroom=book.classrooms[row.classroom].name,
        class_id=row.class_id,
        class_name=book.classes[row.class_id].name,
        minutes=row.minutes,
        start=begins,
        record=row.record,
        recipients=[
            RecipientRequest(classroom_id=room.classroom, class_name=book.classes[room.class_id].name)
            for room in row.rooms
        ],
    )
