"""Hands (举手): one per classroom, in the order they went up."""

from datetime import datetime

import msgspec

from classroom.lesson.events import AnyEvent, HandLowered, HandRaised
from classroom.lesson.lesson import (
    Hand,
    Lesson,
    require_open,
    require_own,
    require_own_or_teacher,
    require_present,
    seat_of,
    stamps,
)


def raise_hand(lesson: Lesson, at: datetime, *, by: str, seat: str) -> list[AnyEvent]:
    """举手, by the classroom itself or its assistant. A hand that is up stays up, at its place in the row."""
    require_open(lesson)
    raising = seat_of(lesson, seat)
    require_own(by, seat)
    require_present(raising)
    return [] if is_up(lesson, seat) else [HandRaised(seat=seat, **next(stamps(lesson, at, by)))]


def lower_hand(lesson: Lesson, at: datetime, *, by: str, seat: str) -> list[AnyEvent]:
    """放下手, one's own or by the teacher."""
    require_open(lesson)
    seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    return [HandLowered(seat=seat, **next(stamps(lesson, at, by)))] if is_up(lesson, seat) else []


def is_up(lesson: Lesson, seat: str) -> bool:
    """Whether the seat's hand is up."""
    return any(hand.seat == seat for hand in lesson.hands)


def on_raised(lesson: Lesson, event: HandRaised) -> Lesson:
    return msgspec.structs.replace(lesson, hands=(*lesson.hands, Hand(seat=event.seat, at=event.at)))


def on_lowered(lesson: Lesson, event: HandLowered) -> Lesson:
    return msgspec.structs.replace(lesson, hands=tuple(hand for hand in lesson.hands if hand.seat != event.seat))
