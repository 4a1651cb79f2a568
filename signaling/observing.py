"""巡课: the lessons that go on now, and the way into one of them for who has an account of the bureau.

Nobody looks in unseen: the teacher is told the name (`signaling.messages.Observers`), and the audit log keeps every
picture that was opened. An observer sees and hears, and does nothing.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from aiohttp import web

from classroom.ledger.months import SHANGHAI
from classroom.lesson.errors import LessonError
from classroom.store.lessons import ListedLesson
from signaling.auth import Grant
from signaling.context import CLOCK, LESSONS, STORE
from signaling.messages import View
from signaling.seat_socket import observers_of

OBSERVER_LINK_LIFE: Final = timedelta(hours=12)
"""As long as a session: no lesson lasts longer."""


class RoomUnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """A room of a lesson that goes on. `students` were counted in the room; null while nobody has."""

    role: str
    school: str
    classroom: str
    class_name: str
    present: bool
    needs_help: bool
    students: int | None


class LessonUnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that goes on, instants at +08:00. `started_at` is null before 上课; `observers` came from the desk."""

    lesson: str
    state: str
    subject: str
    supporter: str
    class_name: str
    opened_at: datetime | None
    started_at: datetime | None
    planned_end: datetime | None
    is_test: bool
    is_recorded: bool
    rooms: list[RoomUnderWay]
    observers: list[str]
    unnamed_observers: int


class ObserverPage(msgspec.Struct, frozen=True):
    """The page that shows the lesson to the caller."""

    page: str


async def lessons_under_way(app: web.Application) -> list[LessonUnderWay]:
    """Every lesson that is open or live, the earliest first."""
    found = await app[STORE].lessons.under_way()
    return [_line(app, listed, await app[LESSONS].view(listed.id)) for listed in found]


async def observe(app: web.Application, grant: Grant, lesson: str) -> ObserverPage:
    """A link of the caller's own into the lesson, revoked with the account.

    Raises LessonError: lesson_unknown, lesson_not_open, lesson_ended.
    """
    view = await app[LESSONS].view(lesson)
    if view.state not in ("open", "live"):
        raise LessonError("lesson_ended" if view.state == "ended" else "lesson_not_open")
    at = app[CLOCK].at()
    token, _ = await app[STORE].links.mint(
        "observer",
        at,
        lesson=lesson,
        holder=grant.holder,
        name=grant.name,
        expires_at=at + OBSERVER_LINK_LIFE,
        actor=grant.actor,
    )
    return ObserverPage(f"/observe/{token}")


def _line(app: web.Application, listed: ListedLesson, view: View) -> LessonUnderWay:
    watching = observers_of(app, listed.id)
    return LessonUnderWay(
        lesson=listed.id,
        state=view.state,
        subject=view.subject,
        supporter=view.supporter.school,
        class_name=listed.class_name,
        opened_at=view.opened_at,
        started_at=view.started_at,
        planned_end=listed.end_at and listed.end_at.astimezone(SHANGHAI),
        is_test=view.is_test,
        is_recorded=view.recording.on,
        rooms=[
            RoomUnderWay(
                role=seat.role,
                school=seat.school,
                classroom=seat.classroom,
                class_name=seat.class_name,
                present=seat.present,
                needs_help=seat.help is not None,
                students=seat.headcount.students if seat.headcount else None,
            )
            for seat in view.seats
        ],
        observers=watching.names,
        unnamed_observers=watching.unnamed,
    )
