"""The stage (上台): which classroom is on every screen, and who is heard."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, HandLowered, Muted, StageSet
from classroom.lesson.hands import is_up
from classroom.lesson.lesson import (
    Lesson,
    Seat,
    require_open,
    require_own_or_teacher,
    require_present,
    require_stage,
    require_teacher,
    seat_of,
    stamps,
    with_seat,
)


def set_stage(lesson: Lesson, at: datetime, *, by: str, seat: str | None) -> list[AnyEvent]:
    """Puts a classroom on every screen, opens its microphone and takes its hand down; None clears the stage.

    The teacher's to do; in a meeting anybody's who has a seat.
    """
    require_open(lesson)
    require_stage(lesson, by)
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
    return called_up(lesson, called, stamp)


def called_up(lesson: Lesson, called: Seat, stamp: Iterator[dict[str, Any]]) -> list[AnyEvent]:
    """What it takes that this classroom is seen and heard: of what is so already nothing."""
    seat = called.plan.seat
    events: list[AnyEvent] = [] if seat == lesson.stage else [StageSet(seat=seat, **next(stamp))]
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
    staged = msgspec.structs.replace(lesson, stage=event.seat, staged_at=event.at)
    return staged if event.seat is None else with_seat(staged, event.seat, calls=lesson.seats[event.seat].calls + 1)


def on_muted(lesson: Lesson, event: Muted) -> Lesson:
    return with_seat(lesson, event.seat, muted=event.muted)
