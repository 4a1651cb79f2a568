"""The life of a lesson: scheduled → open → live → ended, as a table, and the fold that rebuilds a lesson from events.

    schedule        open, or the           start              end
∅ ───────────▶ scheduled ───────────▶ open ───────▶ live ───────▶ ended
                   │   teacher's seat   │                           ▲
                   └────────────────────┴── cancel, end by a rule ──┘
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

from classroom.lesson import (
    calling,
    chat,
    courseware,
    hands,
    homework,
    ink,
    quiz,
    recording,
    scene,
    seats,
    signing,
    stage,
    steps,
    streams,
    talk,
)
from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    HOST_SEAT,
    AnyEvent,
    BlankPageAdded,
    ChatClosed,
    ChatHidden,
    ChatSaid,
    ClassroomDrawn,
    ConsentNoted,
    ConsentWithdrawn,
    CoursewareAdded,
    CoursewareRemoved,
    DeviceReplaced,
    DrawingAllowed,
    EndReason,
    HandLowered,
    HandRaised,
    HeadcountConfirmed,
    HelpAnswered,
    HelpAsked,
    HomeworkGiven,
    HomeworkShown,
    LayoutSet,
    LessonCancelled,
    LessonEnded,
    LessonExtended,
    LessonMoved,
    LessonOpened,
    LessonScheduled,
    LessonStarted,
    Muted,
    PageCleared,
    PageShown,
    Period,
    PersonSignedIn,
    PersonSignedOut,
    Praised,
    QuestionAsked,
    QuizClosed,
    QuizShown,
    QuizStarted,
    QuizTallied,
    RecordingStarted,
    RecordingStopped,
    RotationSet,
    RungChanged,
    SeatLeft,
    SeatPlan,
    SeatTaken,
    SpotlightSet,
    StageSet,
    StepSet,
    StreamFlowing,
    StreamGone,
    StreamStalled,
    StrokeDrawn,
    StrokesErased,
    TalkSet,
    TeacherReplaced,
    Training,
    WorkHandedIn,
    WorkMarked,
    WorkTakenBack,
)
from classroom.lesson.lesson import Lesson, Seat, State, require_not_ended, require_open, require_teacher, stamps

MAX_RURAL_SEATS = 4
MAX_EXTENSION_MIN = 30
MAX_EXTENSIONS_MIN = 120
"""Of one step, and of all together."""

TRANSITIONS: Mapping[State, Mapping[type[AnyEvent], State]] = MappingProxyType(
    {
        "scheduled": {LessonOpened: "open", LessonEnded: "ended"},
        "open": {LessonStarted: "live", LessonEnded: "ended"},
        "live": {LessonEnded: "ended"},
        "ended": {},
    }
)
"""Where each of the state-changing events leads; such an event that has no entry cannot happen in that state."""


class ImpossibleEvent(ValueError):
    """An event that cannot follow the ones before it: the journal was not written by this program."""


def schedule(
    lesson: Lesson | None,
    at: datetime,
    *,
    by: str,
    lesson_id: str,
    supporter: str,
    subject: str,
    periods: tuple[Period, ...],
    pairs: tuple[str, ...],
    plans: tuple[SeatPlan, ...],
    is_test: bool = False,
    record: bool = False,
    observers: int = 0,
    teacher: str | None = None,
    training: Training | None = None,
) -> list[AnyEvent]:
    """A new lesson. Without periods it is unplanned; a meeting (`training`) is planned always.

    Raises LessonError: lesson_exists, bad_schedule, forbidden.
    """
    if lesson is not None:
        raise LessonError("lesson_exists")
    require_teacher(by)
    is_planned = bool(periods) or training is None
    if not (_are_seats(plans) and _are_periods(periods) and is_planned) or not subject or observers < 0:
        raise LessonError("bad_schedule")
    return [
        LessonScheduled(
            supporter=supporter,
            subject=subject,
            periods=periods,
            pairs=pairs,
            seats=plans,
            is_test=is_test,
            record=record,
            observers=observers,
            teacher=teacher,
            training=training,
            **next(stamps(None, at, by, lesson_id)),
        )
    ]


def _are_seats(plans: tuple[SeatPlan, ...]) -> bool:
    """One host, one to MAX_RURAL_SEATS classrooms, each there once."""
    host, rural = plans[:1], plans[1:]
    return (
        all(plan.role == "host" and plan.seat == HOST_SEAT for plan in host)
        and all(plan.role == "rural" and plan.seat == plan.classroom for plan in rural)
        and 1 <= len(rural) <= MAX_RURAL_SEATS
        and len({plan.classroom for plan in plans}) == len(plans)
    )


def _are_periods(periods: tuple[Period, ...]) -> bool:
    """Whole minutes, in order, not overlapping."""
    edges = [edge for period in periods for edge in (period.start, period.end)]
    return (
        all(period.start < period.end for period in periods)
        and edges == sorted(edges)
        and all(edge.second == 0 and edge.microsecond == 0 for edge in edges)
    )


def open_lesson(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """Lets the classrooms in; an open lesson stays open."""
    require_not_ended(lesson)
    require_teacher(by)
    return [] if lesson.is_open else [LessonOpened(**next(stamps(lesson, at, by)))]


def start(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """上课. Opens a scheduled lesson first; begins the recording when it is wanted and nothing stands against it."""
    require_not_ended(lesson)
    require_teacher(by)
    if lesson.state == "live":
        return []
    stamp = stamps(lesson, at, by)
    events: list[AnyEvent] = [] if lesson.is_open else [LessonOpened(**next(stamp))]
    events.append(LessonStarted(**next(stamp)))
    if lesson.record_wanted and not lesson.recording and not lesson.missing_consent:
        events.append(RecordingStarted(**next(stamp)))
    return events


def extend(lesson: Lesson, at: datetime, *, by: str, minutes: int) -> list[AnyEvent]:
    """再上几分钟: the end that a planned lesson comes to by itself is `minutes` later in all; it never comes nearer.

    Of all, so that a button pressed twice puts it off once. Raises LessonError(bad_extension).
    """
    require_open(lesson)
    require_teacher(by)
    more = minutes - lesson.extended_min
    if not lesson.periods or not (0 <= more <= MAX_EXTENSION_MIN and minutes <= MAX_EXTENSIONS_MIN):
        raise LessonError("bad_extension")
    return [LessonExtended(minutes=more, **next(stamps(lesson, at, by)))] if more else []


def end(lesson: Lesson, at: datetime, *, by: str, reason: EndReason) -> list[AnyEvent]:
    """下课, or the end by a rule. A lesson that never opened is ended by the server alone; others cancel it."""
    require_teacher(by)
    if lesson.state == "ended":
        return []
    if lesson.state == "scheduled" and by != "server":
        raise LessonError("lesson_not_open")
    return _ended(lesson, at, by, reason)


def cancel(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """The lesson is not held. Once it has begun it can only be ended."""
    require_teacher(by)
    if lesson.state == "ended":
        return []
    if lesson.state == "live":
        raise LessonError("lesson_under_way")
    return _ended(lesson, at, by, "cancelled")


def _ended(lesson: Lesson, at: datetime, by: str, reason: EndReason) -> list[AnyEvent]:
    stamp = stamps(lesson, at, by)
    events: list[AnyEvent] = [RecordingStopped(reason="ended", **next(stamp))] if lesson.recording else []
    if reason == "cancelled":
        events.append(LessonCancelled(**next(stamp)))
    return [*events, LessonEnded(reason=reason, **next(stamp))]


def move(lesson: Lesson, at: datetime, *, by: str, start: datetime) -> list[AnyEvent]:
    """调课: every period shifted so that the first begins at `start`, a whole minute that has not passed.

    Raises LessonError: lesson_under_way once the lesson has been opened, bad_schedule, lesson_ended, forbidden.
    """
    _require_waiting(lesson, by)
    if not lesson.periods or start.second or start.microsecond or start < at.replace(second=0, microsecond=0):
        raise LessonError("bad_schedule")
    shift = start - lesson.periods[0].start
    if not shift:
        return []
    moved = tuple(Period(start=period.start + shift, end=period.end + shift) for period in lesson.periods)
    return [LessonMoved(periods=moved, **next(stamps(lesson, at, by)))]


def replace_teacher(lesson: Lesson, at: datetime, *, by: str, teacher: str) -> list[AnyEvent]:
    """代课. Raises LessonError: lesson_under_way once the lesson has been opened, lesson_ended, forbidden."""
    _require_waiting(lesson, by)
    return [] if lesson.teacher == teacher else [TeacherReplaced(teacher=teacher, **next(stamps(lesson, at, by)))]


def change_plan(
    lesson: Lesson, at: datetime, *, by: str, start: datetime | None, teacher: str | None
) -> list[AnyEvent]:
    """调课 and 代课 at once; None leaves one as it is. Raises what each raises."""
    events = [] if start is None else move(lesson, at, by=by, start=start)
    changed = lesson
    for event in events:
        changed = apply(changed, event)
    return [*events, *([] if teacher is None else replace_teacher(changed, at, by=by, teacher=teacher))]


def _require_waiting(lesson: Lesson, by: str) -> None:
    require_teacher(by)
    require_not_ended(lesson)
    if lesson.state != "scheduled":
        raise LessonError("lesson_under_way")


def planned_end(lesson: Lesson, grace: timedelta = timedelta()) -> datetime | None:
    """When the last period ends, and a grace; None for an unplanned lesson."""
    return lesson.periods[-1].end + grace if lesson.periods else None


def closes_at(lesson: Lesson, grace: timedelta, told: datetime) -> datetime | None:
    """When a lesson that is open ends by itself: a grace after its planned end, and what it was extended by.

    One that began only after its planned end has as long as was planned for it. `told`: by then whoever teaches has
    known of it for long enough; what it is extended by is put off from there. None: never, for it is unplanned.
    """
    begun = lesson.started_at or lesson.opened_at
    if begun is None or not lesson.periods:
        return None
    end = lesson.periods[-1].end
    if begun >= end:
        end = begun + (end - lesson.periods[0].start)
    return max(end + grace, told) + timedelta(minutes=lesson.extended_min)


def _on_scheduled(event: LessonScheduled) -> Lesson:
    return Lesson(
        id=event.lesson,
        seq=event.seq,
        state="scheduled",
        supporter=event.supporter,
        subject=event.subject,
        periods=event.periods,
        pairs=event.pairs,
        seats={plan.seat: Seat(plan=plan) for plan in event.seats},
        is_test=event.is_test,
        observers=event.observers,
        scheduled_at=event.at,
        record_wanted=event.record,
        teacher=event.teacher,
        training=event.training,
    )


def _on_moved(lesson: Lesson, event: LessonMoved) -> Lesson:
    return msgspec.structs.replace(lesson, periods=event.periods)


def _on_teacher_replaced(lesson: Lesson, event: TeacherReplaced) -> Lesson:
    return msgspec.structs.replace(lesson, teacher=event.teacher)


def _on_opened(lesson: Lesson, event: LessonOpened) -> Lesson:
    return msgspec.structs.replace(lesson, opened_at=event.at)


def _on_started(lesson: Lesson, event: LessonStarted) -> Lesson:
    return msgspec.structs.replace(lesson, started_at=event.at)


def _on_extended(lesson: Lesson, event: LessonExtended) -> Lesson:
    return msgspec.structs.replace(lesson, extended_min=lesson.extended_min + event.minutes)


def _on_ended(lesson: Lesson, event: LessonEnded) -> Lesson:
    emptied = seats.all_left(lesson, event.at)
    return msgspec.structs.replace(
        emptied,
        ended_at=event.at,
        end_reason=event.reason,
        step=None,
        spent_s=steps.spent_until(lesson, event.at),
        hands=(),
        stage=None,
        talk=None,
        rotation=None,
        recording=False,
        quiz=None,
        desks={},
        shown=None,
        writers=frozenset(),
    )


def _on_cancelled(lesson: Lesson, event: LessonCancelled) -> Lesson:
    return msgspec.structs.replace(lesson, cancelled=True)


_FOLDS: Mapping[type[AnyEvent], Callable[[Lesson, Any], Lesson]] = MappingProxyType(
    {
        LessonMoved: _on_moved,
        TeacherReplaced: _on_teacher_replaced,
        LessonOpened: _on_opened,
        LessonStarted: _on_started,
        LessonExtended: _on_extended,
        LessonEnded: _on_ended,
        LessonCancelled: _on_cancelled,
        SeatTaken: seats.on_taken,
        SeatLeft: seats.on_left,
        DeviceReplaced: seats.on_device_replaced,
        HeadcountConfirmed: seats.on_headcount,
        PersonSignedIn: signing.on_signed_in,
        PersonSignedOut: signing.on_signed_out,
        HelpAsked: seats.on_help_asked,
        HelpAnswered: seats.on_help_answered,
        StreamFlowing: streams.on_flowing,
        StreamStalled: streams.on_stalled,
        StreamGone: streams.on_gone,
        RungChanged: streams.on_rung,
        HandRaised: hands.on_raised,
        HandLowered: hands.on_lowered,
        StageSet: stage.on_stage,
        ClassroomDrawn: calling.on_drawn,
        Praised: calling.on_praised,
        ChatSaid: chat.on_said,
        ChatHidden: chat.on_hidden,
        ChatClosed: chat.on_closed,
        TalkSet: talk.on_talk,
        SpotlightSet: scene.on_spotlight,
        LayoutSet: scene.on_layout,
        RotationSet: scene.on_rotation,
        Muted: stage.on_muted,
        ConsentNoted: recording.on_consent,
        ConsentWithdrawn: recording.on_withdrawn,
        RecordingStarted: recording.on_started,
        RecordingStopped: recording.on_stopped,
        QuizStarted: quiz.on_started,
        QuestionAsked: quiz.on_asked,
        QuizTallied: quiz.on_tallied,
        QuizShown: quiz.on_shown,
        QuizClosed: quiz.on_closed,
        HomeworkGiven: homework.on_given,
        WorkHandedIn: homework.on_handed_in,
        WorkMarked: homework.on_marked,
        WorkTakenBack: homework.on_taken_back,
        HomeworkShown: homework.on_shown,
        StepSet: steps.on_step,
        CoursewareAdded: courseware.on_courseware_added,
        CoursewareRemoved: courseware.on_courseware_removed,
        BlankPageAdded: courseware.on_blank_page_added,
        PageShown: courseware.on_page_shown,
        DrawingAllowed: ink.on_drawing_allowed,
        StrokeDrawn: ink.on_drawn,
        StrokesErased: ink.on_erased,
        PageCleared: ink.on_cleared,
    }
)
_STATE_EVENTS = frozenset(kind for row in TRANSITIONS.values() for kind in row)


def apply(lesson: Lesson | None, event: AnyEvent) -> Lesson:
    """The lesson after one more event. Raises ImpossibleEvent."""
    if isinstance(event, LessonScheduled):
        if lesson is not None or event.seq != 1:
            raise ImpossibleEvent(f"a lesson is scheduled once, first: {event.seq}")
        return _on_scheduled(event)
    if lesson is None or event.lesson != lesson.id or event.seq != lesson.seq + 1:
        raise ImpossibleEvent(f"{type(event).__name__} {event.seq} does not follow {lesson and lesson.seq}")
    state = TRANSITIONS[lesson.state].get(type(event), lesson.state)
    if lesson.state == "ended" or (type(event) in _STATE_EVENTS and state == lesson.state):
        raise ImpossibleEvent(f"{type(event).__name__} cannot happen to a lesson that is {lesson.state}")
    try:
        changed = _FOLDS[type(event)](lesson, event)
    except KeyError as error:
        raise ImpossibleEvent(f"{type(event).__name__} names {error}, which the lesson has not") from error
    return msgspec.structs.replace(changed, seq=event.seq, state=state)


def fold(events: Iterable[AnyEvent], lesson: Lesson | None = None) -> Lesson | None:
    """The lesson after some events; None when there are none. Raises ImpossibleEvent."""
    for event in events:
        lesson = apply(lesson, event)
    return lesson
