"""The list of lessons with what came of them, for pages and the command line."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from classroom.keeping.retention import Terms
from classroom.ledger.months import SHANGHAI
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from recorder.library import Library
from recorder.verdict import Verdict
from signaling.activity_views import ActivityLine
from signaling.keeping_views import KeptNote, note_of
from signaling.messages import VerdictView
from signaling.records import Records
from signaling.verdict_words import verdict_view

Scope = Literal["today", "past"]
_DAY = timedelta(days=1)


class SeatLine(msgspec.Struct, frozen=True):
    """A listening room by its names."""

    school: str
    classroom: str


class LessonLine(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson in a list, instants at +08:00. `supporter`: the school's name; `recording`: whether it was recorded.

    `training`: a meeting of teachers of this kind; `title` as the plan has it. `verdict`: on the recording, once it
    has been stopped; `kept`: how long it is kept, once the lesson is over.
    """

    lesson: str
    state: str
    subject: str
    title: str
    training: str | None
    supporter: str
    start: datetime
    end: datetime | None
    class_name: str
    is_test: bool
    cancelled: bool
    seats: list[SeatLine]
    activities: list[ActivityLine]
    recording: bool
    verdict: VerdictView | None
    kept: KeptNote | None


async def list_lessons(
    store: Store,
    records: Records,
    library: Library,
    terms: Terms | None,
    at: datetime,
    scope: Scope,
    school: str | None = None,
) -> list[LessonLine]:
    """`today`: the lessons of today and all that are not over, the earliest first; `past`: the latest that are.

    `terms` None: nothing is said of how long recordings are kept.
    """
    found = await (_today(store, at, school) if scope == "today" else store.lessons.past(at, school))
    activities = await records.of_lessons([one.id for one in found], at)
    # One look into each folder: a small file, and no more lessons than a page shows.
    verdicts = await asyncio.to_thread(
        lambda: {one.id: library.verdict(one.id) for one in found if one.recorded and one.state == "ended"}
    )
    titles = await store.plans.titles([one.id for one in found])
    kept = {} if terms is None else await store.recordings.many([one.id for one in found])
    notes = {lesson: note_of(row, terms) for lesson, row in kept.items() if terms is not None}
    return [
        _line(one, activities.get(one.id, []), verdicts.get(one.id), titles.get(one.id, ""), notes.get(one.id))
        for one in found
    ]


async def _today(store: Store, at: datetime, school: str | None) -> list[ListedLesson]:
    midnight = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    today = await store.lessons.between(midnight, midnight + _DAY, school)
    # A lesson set up an hour before midnight is still today's to who teaches it.
    waiting = await store.lessons.not_ended(school)
    return sorted({one.id: one for one in [*waiting, *today]}.values(), key=lambda one: (one.start_at, one.id))


def _line(
    listed: ListedLesson,
    activities: list[ActivityLine],
    verdict: Verdict | None,
    title: str,
    kept: KeptNote | None,
) -> LessonLine:
    supporter = next((seat.school for seat in listed.seats if seat.role == "host"), "")
    return LessonLine(
        lesson=listed.id,
        state=listed.state,
        subject=listed.subject,
        title=title,
        training=listed.training,
        supporter=supporter,
        start=listed.start_at.astimezone(SHANGHAI),
        end=listed.end_at and listed.end_at.astimezone(SHANGHAI),
        class_name=listed.class_name,
        is_test=listed.is_test,
        cancelled=listed.cancelled,
        seats=[SeatLine(seat.school, seat.classroom) for seat in listed.seats if seat.role == "rural"],
        activities=activities,
        recording=listed.recorded,
        verdict=None if verdict is None else verdict_view(verdict, *names_in(listed)),
        kept=kept,
    )


def names_in(listed: ListedLesson) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The names of schools and of classrooms in a lesson, by seat."""
    return {seat.seat: seat.school for seat in listed.seats}, {seat.seat: seat.classroom for seat in listed.seats}
