"""Seats: who is there, on which device, how many, and who calls for help."""

from datetime import datetime

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    HOST_SEAT,
    AnyEvent,
    DeviceReplaced,
    Fault,
    HeadcountConfirmed,
    HelpAnswered,
    HelpAsked,
    LessonOpened,
    SeatLeft,
    SeatTaken,
)
from classroom.lesson.lesson import (
    Headcount,
    Lesson,
    require_not_ended,
    require_open,
    require_own_or_teacher,
    require_present,
    require_teacher,
    seat_of,
    stamps,
    with_seat,
)

MAX_STUDENTS = 2000
MAX_TEACHERS = 50


def take_seat(lesson: Lesson, at: datetime, *, by: str, seat: str, device: str) -> list[AnyEvent]:
    """A seat's main device is there; the same one again is no event. The teacher's opens a scheduled lesson."""
    require_not_ended(lesson)
    taken = seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    stamp = stamps(lesson, at, by)
    opened: list[AnyEvent] = []
    if lesson.state == "scheduled" and seat == HOST_SEAT:
        opened = [LessonOpened(**next(stamp))]
    else:
        require_open(lesson)
    if taken.present:
        return replace_device(lesson, at, by=by, seat=seat, device=device)
    return [*opened, SeatTaken(seat=seat, device=device, **next(stamp))]


def replace_device(lesson: Lesson, at: datetime, *, by: str, seat: str, device: str) -> list[AnyEvent]:
    """Another device speaks for a taken seat."""
    require_open(lesson)
    taken = seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    require_present(taken)
    if taken.device == device:
        return []
    return [DeviceReplaced(seat=seat, device=device, **next(stamps(lesson, at, by)))]


def leave_seat(lesson: Lesson, at: datetime, *, by: str, seat: str, last_at: datetime) -> list[AnyEvent]:
    """Nothing connects the seat any more; `last_at` is its last packet."""
    require_open(lesson)
    require_teacher(by)
    if not seat_of(lesson, seat).present:
        return []
    return [SeatLeft(seat=seat, last_at=min(last_at, at), **next(stamps(lesson, at, by)))]


def confirm_headcount(
    lesson: Lesson, at: datetime, *, by: str, seat: str, students: int, teachers: int
) -> list[AnyEvent]:
    """实到人数; the same numbers again are no event."""
    require_open(lesson)
    counted = seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    if not (0 <= students <= MAX_STUDENTS and 0 <= teachers <= MAX_TEACHERS):
        raise LessonError("bad_headcount")
    if counted.headcount == Headcount(students=students, teachers=teachers):
        return []
    return [HeadcountConfirmed(seat=seat, students=students, teachers=teachers, **next(stamps(lesson, at, by)))]


def ask_help(lesson: Lesson, at: datetime, *, by: str, seat: str, fault: Fault) -> list[AnyEvent]:
    """求助; the same fault again is no event."""
    require_open(lesson)
    asking = seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    return [] if asking.help == fault else [HelpAsked(seat=seat, fault=fault, **next(stamps(lesson, at, by)))]


def answer_help(lesson: Lesson, at: datetime, *, by: str, seat: str) -> list[AnyEvent]:
    """The call has been heard; without one there is no event."""
    require_open(lesson)
    asking = seat_of(lesson, seat)
    require_teacher(by)
    return [] if asking.help is None else [HelpAnswered(seat=seat, **next(stamps(lesson, at, by)))]


def on_taken(lesson: Lesson, event: SeatTaken) -> Lesson:
    return with_seat(lesson, event.seat, present=True, device=event.device, left_at=None)


def on_device_replaced(lesson: Lesson, event: DeviceReplaced) -> Lesson:
    return with_seat(lesson, event.seat, device=event.device)


def on_left(lesson: Lesson, event: SeatLeft) -> Lesson:
    return with_seat(lesson, event.seat, present=False, left_at=event.last_at, streams={})


def on_headcount(lesson: Lesson, event: HeadcountConfirmed) -> Lesson:
    return with_seat(lesson, event.seat, headcount=Headcount(students=event.students, teachers=event.teachers))


def on_help_asked(lesson: Lesson, event: HelpAsked) -> Lesson:
    return with_seat(lesson, event.seat, help=event.fault)


def on_help_answered(lesson: Lesson, event: HelpAnswered) -> Lesson:
    return with_seat(lesson, event.seat, help=None)


def all_left(lesson: Lesson, at: datetime) -> Lesson:
    """The lesson with every seat empty: after its end nobody is in it."""
    seats = {
        name: msgspec.structs.replace(seat, present=False, left_at=at if seat.present else seat.left_at, streams={})
        for name, seat in lesson.seats.items()
    }
    return msgspec.structs.replace(lesson, seats=seats)
