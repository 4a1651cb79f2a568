"""The stage (上台): which classroom is on every screen, and who is heard."""

from datetime import datetime

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, HandLowered, Muted, StageSet
from classroom.lesson.hands import is_up
from classroom.lesson.lesson import (
    Lesson,
    require_open,
    require_own_or_teacher,
    require_present,
    require_teacher,
    seat_of,
    stamps,
    with_seat,
)


def set_stage(lesson: Lesson, at: datetime, *, by: str, seat: str | None) -> list[AnyEvent]:
    """Puts a classroom on every screen, opens its microphone and takes its hand down; None clears the stage."""
    require_open(lesson)
    require_teacher(by)
    if seat == lesson.stage:
        return []
    stamp = stamps(lesson, at, by)
    if seat is None:
        return [StageSet(seat=None, **next(stamp))]
    called = seat_of(lesson, seat)
    if called.plan.role != "rural":
        # The teacher is on every screen anyway.
        raise LessonError("seat_unknown")
    require_present(called)
    events: list[AnyEvent] = [StageSet(seat=seat, **next(stamp))]
    if called.muted:
        events.append(Muted(seat=seat, muted=False, **next(stamp)))
    if is_up(lesson, seat):
        events.append(HandLowered(seat=seat, **next(stamp)))
    return events


def mute(lesson: Lesson, at: datetime, *, by: str, seat: str | None, muted: bool) -> list[AnyEvent]:
    """静音 or its end, for one seat, or for every classroom (None: 静音全部). What is so already is no event."""
    require_open(lesson)
    if seat is None:
        require_teacher(by)
        seats = lesson.rural
    else:
        seats = [seat_of(lesson, seat)]
        require_own_or_teacher(by, seat)
    stamp = stamps(lesson, at, by)
    return [Muted(seat=one.plan.seat, muted=muted, **next(stamp)) for one in seats if one.muted != muted]


def on_stage(lesson: Lesson, event: StageSet) -> Lesson:
    return msgspec.structs.replace(lesson, stage=event.seat)


def on_muted(lesson: Lesson, event: Muted) -> Lesson:
    return with_seat(lesson, event.seat, muted=event.muted)
