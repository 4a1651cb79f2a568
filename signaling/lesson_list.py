"""The list of lessons with what came of them, for pages and the command line."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from signaling.activity_views import ActivityLine
from signaling.records import Records

Scope = Literal["today", "past"]
_DAY = timedelta(days=1)


class SeatLine(msgspec.Struct, frozen=True):
    """A listening room by its names."""

    school: str
    classroom: str


class LessonLine(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson in a list, instants at +08:00. `supporter`: the school's name; `recording`: whether it was recorded."""

    lesson: str
    state: str
    subject: str
    supporter: str
    start: datetime
    end: datetime | None
    class_name: str
    is_test: bool
    cancelled: bool
    seats: list[SeatLine]
    activities: list[ActivityLine]
    recording: bool


async def list_lessons(
    store: Store, records: Records, at: datetime, scope: Scope, school: str | None = None
) -> list[LessonLine]:
    """`today`: the lessons of today and all that are not over, the earliest first; `past`: the latest that are."""
    found = await (_today(store, at, school) if scope == "today" else store.lessons.past(at, school))
    activities = await records.of_lessons([one.id for one in found], at)
    return [_line(one, activities.get(one.id, [])) for one in found]


async def _today(store: Store, at: datetime, school: str | None) -> list[ListedLesson]:
    midnight = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    today = await store.lessons.between(midnight, midnight + _DAY, school)
    # A lesson set up an hour before midnight is still today's to who teaches it.
    waiting = await store.lessons.not_ended(school)
    return sorted({one.id: one for one in [*waiting, *today]}.values(), key=lambda one: (one.start_at, one.id))


def _line(listed: ListedLesson, activities: list[ActivityLine]) -> LessonLine:
    supporter = next((seat.school for seat in listed.seats if seat.role == "host"), "")
    return LessonLine(
        lesson=listed.id,
        state=listed.state,
        subject=listed.subject,
        supporter=supporter,
        start=listed.start_at.astimezone(SHANGHAI),
        end=listed.end_at and listed.end_at.astimezone(SHANGHAI),
        class_name=listed.class_name,
        is_test=listed.is_test,
        cancelled=listed.cancelled,
        seats=[SeatLine(seat.school, seat.classroom) for seat in listed.seats if seat.role == "rural"],
        activities=activities,
        recording=listed.recorded,
    )
