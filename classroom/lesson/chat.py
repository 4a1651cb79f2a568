"""Chat (讨论区): lines that a seat writes, to everybody or, with its co-teacher alone, in private.

Events hold the lines' ids; what they say stands in a table, from which it can lawfully be deleted.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, AnyEvent, ChatClosed, ChatHidden, ChatSaid
from classroom.lesson.lesson import (
    Chat,
    Lesson,
    require_open,
    require_own_or_teacher,
    require_present,
    require_teacher,
    seat_of,
    stamps,
)

MAX_LINES: Final = 1000
"""Of one lesson: a line every three seconds."""
MAX_LINE: Final = 200
"""Characters."""
EVERY: Final = timedelta(seconds=1)
"""A seat writes no faster."""


def say(lesson: Lesson, at: datetime, *, by: str, seat: str, line: str, to: str | None = None) -> list[AnyEvent]:
    """A line of the teacher, a classroom or its co-teacher. `to`: in private, between the teacher and that seat's.

    Raises LessonError: chat_closed for all but the teacher, chat_too_fast, chat_full, seat_absent, forbidden.
    """
    require_open(lesson)
    speaking = seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    if by != HOST_SEAT:
        require_present(speaking)
    if to is not None:
        _require_private(lesson, by, to)
    elif lesson.chat.closed and by != HOST_SEAT:
        raise LessonError("chat_closed")
    if line in lesson.chat.lines:
        return []
    if len(lesson.chat.lines) >= MAX_LINES:
        raise LessonError("chat_full")
    last = lesson.chat.last.get(seat)
    if last is not None and at - last < EVERY:
        raise LessonError("chat_too_fast")
    return [ChatSaid(line=line, seat=seat, to=to, **next(stamps(lesson, at, by)))]


def _require_private(lesson: Lesson, by: str, to: str) -> None:
    """A private word is the teacher's or that classroom's co-teacher's: the big screen has no secrets."""
    if seat_of(lesson, to).plan.role != "rural":
        raise LessonError("seat_unknown")
    if by not in (HOST_SEAT, f"assistant:{to}"):
        raise LessonError("forbidden")


def hide(lesson: Lesson, at: datetime, *, by: str, line: str) -> list[AnyEvent]:
    """The teacher takes a line from every screen. Raises LessonError(line_unknown)."""
    require_open(lesson)
    require_teacher(by)
    if line not in lesson.chat.lines:
        raise LessonError("line_unknown")
    return [] if line in lesson.chat.hidden else [ChatHidden(line=line, **next(stamps(lesson, at, by)))]


def close(lesson: Lesson, at: datetime, *, by: str, closed: bool) -> list[AnyEvent]:
    """The teacher lets nobody else write (or again everybody)."""
    require_open(lesson)
    require_teacher(by)
    if lesson.chat.closed == closed:
        return []
    return [ChatClosed(closed=closed, **next(stamps(lesson, at, by)))]


def on_said(lesson: Lesson, event: ChatSaid) -> Lesson:
    _ = lesson.seats[event.seat]
    public = lesson.chat.public + (event.to is None)
    return _with(
        lesson, lines=lesson.chat.lines | {event.line}, last={**lesson.chat.last, event.seat: event.at}, public=public
    )


def on_hidden(lesson: Lesson, event: ChatHidden) -> Lesson:
    return _with(lesson, hidden=lesson.chat.hidden | {event.line})


def on_closed(lesson: Lesson, event: ChatClosed) -> Lesson:
    return _with(lesson, closed=event.closed)


def _with(lesson: Lesson, **changes: object) -> Lesson:
    chat: Chat = msgspec.structs.replace(lesson.chat, **changes)
    return msgspec.structs.replace(lesson, chat=chat)
