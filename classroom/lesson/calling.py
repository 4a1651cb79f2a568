"""Calling on classrooms: the fair draw (随机点名) and praise (表扬), both per classroom and never per pupil."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, ClassroomDrawn, Praised
from classroom.lesson.lesson import (
    Call,
    Lesson,
    Seat,
    require_open,
    require_present,
    require_teacher,
    seat_of,
    stamps,
    with_seat,
)
from classroom.lesson.stage import called_up

DOUBLE_CLICK: Final = timedelta(seconds=3)
"""The same again within this is one press too many, not a second draw or praise."""
MOST_BEHIND: Final = 8
"""From so many calls behind on a classroom is as likely as it gets."""


def draw(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """随机点名: one of the classrooms that are here comes on stage, the likelier the less it was called so far.

    The lot is the microsecond at which the server took the command: nobody can aim at it, and the journal, which keeps
    the instant, lets anybody check the draw. The one on stage is not drawn while there is another.
    Raises LessonError: nobody_there, and as set_stage.
    """
    require_open(lesson)
    require_teacher(by)
    if lesson.drawn is not None and at - lesson.drawn.at < DOUBLE_CLICK:
        return []
    here = sorted((seat for seat in lesson.rural if seat.present), key=lambda seat: seat.plan.seat)
    if not here:
        raise LessonError("nobody_there")
    others = [seat for seat in here if seat.plan.seat != lesson.stage] or here
    drawn = _drawn(others, at.microsecond / 1_000_000)
    stamp = stamps(lesson, at, by)
    return [ClassroomDrawn(seat=drawn.plan.seat, **next(stamp)), *called_up(lesson, drawn, stamp)]


def _drawn(seats: list[Seat], lot: float) -> Seat:
    """`lot`: 0 up to 1. Each call less doubles a classroom's weight."""
    most = max(seat.calls for seat in seats)
    weights = [1 << min(most - seat.calls, MOST_BEHIND) for seat in seats]
    left = lot * sum(weights)
    for seat, weight in zip(seats, weights, strict=True):
        if left < weight:
            return seat
        left -= weight
    return seats[-1]


def praise(lesson: Lesson, at: datetime, *, by: str, seat: str) -> list[AnyEvent]:
    """表扬 of a classroom that is here."""
    require_open(lesson)
    require_teacher(by)
    praised = seat_of(lesson, seat)
    if praised.plan.role != "rural":
        raise LessonError("seat_unknown")
    require_present(praised)
    if praised.praised_at is not None and at - praised.praised_at < DOUBLE_CLICK:
        return []
    return [Praised(seat=seat, **next(stamps(lesson, at, by)))]


def on_drawn(lesson: Lesson, event: ClassroomDrawn) -> Lesson:
    _ = lesson.seats[event.seat]
    return msgspec.structs.replace(lesson, drawn=Call(seat=event.seat, at=event.at))


def on_praised(lesson: Lesson, event: Praised) -> Lesson:
    praises = lesson.seats[event.seat].praises + 1
    return with_seat(lesson, event.seat, praises=praises, praised_at=event.at)
