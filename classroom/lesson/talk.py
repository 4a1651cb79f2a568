"""Talking back (对讲): the teacher and one classroom's co-teacher speak in private, heard by nobody else.

The sound goes by a source of its own, `talk`, which no classroom can watch and nobody records.
"""

from datetime import datetime
from typing import Final

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, AnyEvent, TalkSet
from classroom.lesson.lesson import Lesson, require_open, require_teacher, seat_of, stamps

TALK: Final = "talk"
"""The source that carries it."""


def set_talk(lesson: Lesson, at: datetime, *, by: str, seat: str | None) -> list[AnyEvent]:
    """The teacher opens the line to this classroom's co-teacher; None closes it.

    A co-teacher calls only while nobody else is on the line, and hangs up only their own.
    Raises LessonError: talk_busy, seat_unknown, forbidden.
    """
    require_open(lesson)
    own = by.removeprefix("assistant:") if by.startswith("assistant:") else None
    if own is None:
        require_teacher(by)
    elif lesson.talk not in (None, own):
        raise LessonError("talk_busy")
    elif seat not in (None, own):
        raise LessonError("forbidden")
    if seat is not None and seat_of(lesson, seat).plan.role != "rural":
        raise LessonError("seat_unknown")
    return [] if lesson.talk == seat else [TalkSet(seat=seat, **next(stamps(lesson, at, by)))]


def may_send(lesson: Lesson, by: str, seat: str) -> bool:
    """Whether who acts as `by` may send the private sound of this seat now."""
    if lesson.talk is None:
        return False
    return by == HOST_SEAT == seat or (seat == lesson.talk and by == f"assistant:{seat}")


def may_hear(lesson: Lesson, by: str, seat: str) -> bool:
    """Whether who acts as `by` may hear the private sound of this seat now: only the other end of the line."""
    if lesson.talk is None:
        return False
    if seat == HOST_SEAT:
        return by == f"assistant:{lesson.talk}"
    return by == HOST_SEAT and seat == lesson.talk


def on_talk(lesson: Lesson, event: TalkSet) -> Lesson:
    _ = event.seat is None or lesson.seats[event.seat]
    return msgspec.structs.replace(lesson, talk=event.seat)
