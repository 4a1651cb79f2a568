"""The View: a lesson with the registry's names, as pages show it. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.lesson.lesson import Lesson, Seat
from classroom.registry.book import Book
from signaling.messages import (
    HandView,
    HeadcountView,
    MissingConsentView,
    PlannedView,
    RecordingView,
    SchoolView,
    SeatView,
    StreamView,
    View,
)


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What a lesson's ids are called; each by seat."""

    supporter: str
    schools: dict[str, str]
    classrooms: dict[str, str]
    classes: dict[str, str]


def names_of(lesson: Lesson, book: Book) -> Names:
    """The names of a lesson's school, rooms and classes. Raises KeyError when the registry lacks one."""
    plans = [seat.plan for seat in lesson.seats.values()]
    return Names(
        supporter=book.schools[lesson.supporter].name,
        schools={plan.seat: book.schools[plan.school].name for plan in plans},
        classrooms={plan.seat: book.classrooms[plan.classroom].name for plan in plans},
        classes={plan.seat: book.classes[plan.class_id].name for plan in plans},
    )


def view_of(
    lesson: Lesson,
    names: Names,
    at: datetime,
    *,
    kinds: Collection[tuple[str, str, str]] = (),
    recording_problem: str | None = None,
    codes: Mapping[str, str] | None = None,
    joins: Mapping[str, str] | None = None,
) -> View:
    """The lesson at `at`. `kinds`: what flows, as (seat, source, kind); `codes`, `joins`: by seat, for the teacher."""
    return View(
        lesson=lesson.id,
        seq=lesson.seq,
        state=lesson.state,
        subject=lesson.subject,
        is_test=lesson.is_test,
        now=_local(at),
        planned=[PlannedView(start=_local(period.start), end=_local(period.end)) for period in lesson.periods],
        opened_at=_local_or_none(lesson.opened_at),
        started_at=_local_or_none(lesson.started_at),
        ended_at=_local_or_none(lesson.ended_at),
        supporter=SchoolView(school=names.supporter),
        stage=lesson.stage,
        hands=[HandView(seat=hand.seat, at=_local(hand.at)) for hand in lesson.hands],
        recording=RecordingView(
            on=lesson.recording,
            wanted=lesson.record_wanted,
            problem=recording_problem if lesson.recording else None,
            missing_consent=[
                MissingConsentView(
                    seat=seat.plan.seat,
                    school=names.schools[seat.plan.seat],
                    class_name=names.classes[seat.plan.seat],
                )
                for seat in lesson.missing_consent
            ],
        ),
        seats=[_seat_view(seat, names, kinds, codes or {}, joins or {}) for seat in lesson.seats.values()],
    )


def _seat_view(
    seat: Seat,
    names: Names,
    kinds: Collection[tuple[str, str, str]],
    codes: Mapping[str, str],
    joins: Mapping[str, str],
) -> SeatView:
    name = seat.plan.seat
    return SeatView(
        seat=name,
        role=seat.plan.role,
        school=names.schools[name],
        classroom=names.classrooms[name],
        class_name=names.classes[name],
        present=seat.present,
        left_at=_local_or_none(seat.left_at),
        muted=seat.muted,
        help=seat.help,
        students=seat.plan.students,
        headcount=None
        if seat.headcount is None
        else HeadcountView(students=seat.headcount.students, teachers=seat.headcount.teachers),
        streams=[
            StreamView(
                source=source,
                state=stream.state,
                audio=(name, source, "audio") in kinds,
                video=(name, source, "video") in kinds,
            )
            for source, stream in sorted(seat.streams.items())
        ],
        rung=seat.rung,
        code=codes.get(name),
        join=joins.get(name),
    )


def _local(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI)


def _local_or_none(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(SHANGHAI)
