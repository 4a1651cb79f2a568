"""The View: a lesson with the registry's names, as pages show it. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.lesson.lesson import Lesson, Seat
from classroom.registry.book import Book
from recorder.verdict import Verdict
from signaling.homework_view import desk_views, homework_counts
from signaling.messages import (
    ChatView,
    DrawnView,
    HandView,
    HeadcountView,
    MissingConsentView,
    PagesView,
    PersonView,
    PlannedView,
    PlanNow,
    RecordingView,
    SchoolView,
    SeatView,
    StreamView,
    View,
)
from signaling.quiz_view import quiz_view
from signaling.verdict_words import verdict_view


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What a lesson's ids are called; each by seat, people by their own. `title`: the plan's; `plan`: its version."""

    supporter: str
    schools: dict[str, str]
    classrooms: dict[str, str]
    classes: dict[str, str]
    people: dict[str, str] = {}
    title: str = ""
    plan: int = 0


def names_of(
    lesson: Lesson, book: Book, people: Mapping[str, str] | None = None, title: str = "", plan: int = 0
) -> Names:
    """The names of a lesson's school, rooms and classes. Raises KeyError when the registry lacks one."""
    plans = [seat.plan for seat in lesson.seats.values()]
    return Names(
        people=dict(people or {}),
        title=title,
        plan=plan,
        supporter=book.schools[lesson.supporter].name,
        schools={plan.seat: book.schools[plan.school].name for plan in plans},
        classrooms={plan.seat: book.classrooms[plan.classroom].name for plan in plans},
        classes={plan.seat: book.classes[plan.class_id].name if plan.class_id else "" for plan in plans},
    )


def view_of(
    lesson: Lesson,
    names: Names,
    at: datetime,
    *,
    for_teacher: bool = False,
    kinds: Collection[tuple[str, str, str]] = (),
    closes_at: datetime | None = None,
    recording_problem: str | None = None,
    verdict: Verdict | None = None,
    codes: Mapping[str, str] | None = None,
    joins: Mapping[str, str] | None = None,
) -> View:
    """The lesson at `at`. `kinds`: what flows, as (seat, source, kind); `codes`, `joins`: by seat, for the teacher.

    `closes_at`: when it ends by itself.

    `for_teacher`: with what the others see only when it is shown.

    `verdict` is the one on the recording, once there is one.
    """
    return View(
        lesson=lesson.id,
        seq=lesson.seq,
        state=lesson.state,
        subject=lesson.subject,
        title=names.title,
        training=lesson.training,
        is_test=lesson.is_test,
        now=_local(at),
        planned=[PlannedView(start=_local(period.start), end=_local(period.end)) for period in lesson.periods],
        opened_at=local_or_none(lesson.opened_at),
        started_at=local_or_none(lesson.started_at),
        ended_at=local_or_none(lesson.ended_at),
        closes_at=local_or_none(closes_at),
        extended_min=lesson.extended_min,
        supporter=SchoolView(school=names.supporter),
        stage=lesson.stage,
        drawn=None if lesson.drawn is None else DrawnView(seat=lesson.drawn.seat, at=_local(lesson.drawn.at)),
        layout=lesson.layout,
        rotation=lesson.rotation,
        chat=ChatView(closed=lesson.chat.closed, lines=lesson.chat.public),
        talk=lesson.talk,
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
                    withdrawn=seat.plan.class_id in lesson.withdrawn,
                )
                for seat in lesson.missing_consent
            ],
            verdict=None if verdict is None else verdict_view(verdict, names.schools, names.classrooms),
        ),
        pages=PagesView(shown=lesson.shown, version=lesson.pages_version, writers=sorted(lesson.writers)),
        plan=PlanNow(
            version=names.plan,
            step=lesson.step,
            since=local_or_none(lesson.step_at) if lesson.step is not None else None,
            spent_s=[round(lesson.spent_s.get(step, 0.0), 1) for step in range(max(lesson.spent_s, default=-1) + 1)],
        ),
        seats=[_seat_view(seat, names, kinds, codes or {}, joins or {}) for seat in lesson.seats.values()],
        quiz=quiz_view(lesson, for_teacher=for_teacher),
        homework=homework_counts(lesson),
        desks=desk_views(lesson),
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
        left_at=local_or_none(seat.left_at),
        muted=seat.muted,
        help=seat.help,
        students=seat.plan.students,
        headcount=None
        if seat.headcount is None
        else HeadcountView(students=seat.headcount.students, teachers=seat.headcount.teachers),
        praises=seat.praises,
        shown=seat.shown,
        # Whose entry was deleted lawfully has no name any more.
        people=[PersonView(person=person, name=names.people.get(person, "")) for person in seat.people],
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


def local_or_none(at: datetime | None) -> datetime | None:
    """The instant in +08:00."""
    return None if at is None else at.astimezone(SHANGHAI)
