"""What the screens show: which source of a seat is its picture, how the big screens are laid out, who takes turns."""

from datetime import datetime, timedelta
from typing import Final, get_args

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, Layout, LayoutSet, RotationSet, SpotlightSet
from classroom.lesson.lesson import (
    SOURCES,
    Lesson,
    require_open,
    require_teacher,
    seat_of,
    stamps,
    with_seat,
)
from classroom.lesson.stage import called_up

MAX_MINUTES: Final = 30
PICTURES: Final = tuple(source for source in SOURCES if source != "screen")
"""Sources that can be a seat's picture; a shared screen is beside it by itself."""


def set_spotlight(lesson: Lesson, at: datetime, *, by: str, seat: str, source: str) -> list[AnyEvent]:
    """The teacher chooses which camera of a seat the others see large. While it is away its `camera` stands in."""
    require_open(lesson)
    require_teacher(by)
    lit = seat_of(lesson, seat)
    if source not in PICTURES:
        raise LessonError("source_unknown")
    return [] if lit.shown == source else [SpotlightSet(seat=seat, source=source, **next(stamps(lesson, at, by)))]


def set_layout(lesson: Lesson, at: datetime, *, by: str, layout: Layout) -> list[AnyEvent]:
    """How the classrooms' screens are laid out."""
    require_open(lesson)
    require_teacher(by)
    if layout not in get_args(Layout):
        raise LessonError("layout_unknown")
    return [] if lesson.layout == layout else [LayoutSet(layout=layout, **next(stamps(lesson, at, by)))]


def set_rotation(lesson: Lesson, at: datetime, *, by: str, minutes: int | None) -> list[AnyEvent]:
    """轮流: every so many minutes the next classroom comes on stage; None pauses it where it is."""
    require_open(lesson)
    require_teacher(by)
    if minutes is not None and not 1 <= minutes <= MAX_MINUTES:
        raise LessonError("bad_rotation")
    return [] if lesson.rotation == minutes else [RotationSet(minutes=minutes, **next(stamps(lesson, at, by)))]


def rotate(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """The next classroom's turn, once it is due: of those that are here, in the order of the plan."""
    require_open(lesson)
    require_teacher(by)
    if lesson.rotation is None:
        return []
    turn_is_over = lesson.staged_at is None or at - lesson.staged_at >= timedelta(minutes=lesson.rotation)
    if lesson.stage is not None and not turn_is_over:
        return []
    order = [seat.plan.seat for seat in lesson.rural]
    after = order.index(lesson.stage) + 1 if lesson.stage in order else 0
    turns = [lesson.seats[name] for name in (*order[after:], *order[:after])]
    following = next((seat for seat in turns if seat.present and seat.plan.seat != lesson.stage), None)
    return [] if following is None else called_up(lesson, following, stamps(lesson, at, by))


def on_spotlight(lesson: Lesson, event: SpotlightSet) -> Lesson:
    return with_seat(lesson, event.seat, shown=event.source)


def on_layout(lesson: Lesson, event: LayoutSet) -> Lesson:
    return msgspec.structs.replace(lesson, layout=event.layout)


def on_rotation(lesson: Lesson, event: RotationSet) -> Lesson:
    return msgspec.structs.replace(lesson, rotation=event.minutes)
