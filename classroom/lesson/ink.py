"""Ink (书写): strokes on the pages, by the teacher and by classrooms that may write.

Page coordinates are ten-thousandths of the page's longer side, from its upper left corner. A stroke's points are an
encoded polyline: differences of x and y, zigzag, in groups of five bits from the lowest, each as one character (+63).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from classroom.lesson.courseware import require_page
from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    HOST_SEAT,
    AnyEvent,
    DrawingAllowed,
    PageCleared,
    StrokeDrawn,
    StrokesErased,
    Tool,
)
from classroom.lesson.lesson import Lesson, Stroke, require_open, require_teacher, seat_of, stamps

SIDE: Final = 10_000
"""Units of the page's longer side."""
MAX_POINTS: Final = 500
MAX_POINTS_CHARS: Final = 2_000
MAX_WIDTH: Final = 400
MAX_STROKES: Final = 2_000
"""Drawn in one lesson, erased ones too: fifty a minute, the journal stays below 5 MB."""
MAX_ERASED: Final = 100
"""At once; more is what clearing the page is for."""


def draw(
    lesson: Lesson,
    at: datetime,
    *,
    by: str,
    page: str,
    ref: str,
    tool: Tool,
    colour: str,
    width: int,
    points: str,
) -> list[AnyEvent]:
    """A finished stroke. `ref` is the drawer's own name for it: said twice it is drawn once.

    Raises LessonError: forbidden, lesson_not_open, lesson_ended, page_unknown, bad_stroke, strokes_full.
    """
    require_open(lesson)
    require_writer(lesson, by)
    require_page(lesson, page)
    if any(stroke.ref == ref and stroke.by == by for stroke in lesson.ink.get(page, ())):
        return []
    points_of(points)
    if lesson.strokes_drawn >= MAX_STROKES:
        raise LessonError("strokes_full")
    return [
        StrokeDrawn(
            page=page, ref=ref, tool=tool, colour=colour, width=width, points=points, **next(stamps(lesson, at, by))
        )
    ]


def erase(lesson: Lesson, at: datetime, *, by: str, page: str, strokes: tuple[int, ...]) -> list[AnyEvent]:
    """Takes whole strokes away: the teacher anybody's, others what they have drawn themselves. Also what undoes one.

    Raises LessonError: forbidden, lesson_not_open, lesson_ended, page_unknown.
    """
    require_open(lesson)
    require_writer(lesson, by)
    require_page(lesson, page)
    found = tuple(
        stroke.id
        for stroke in lesson.ink.get(page, ())
        if stroke.id in strokes and (by == HOST_SEAT or seat_of_writer(stroke.by) == seat_of_writer(by))
    )
    return [StrokesErased(page=page, strokes=found, **next(stamps(lesson, at, by)))] if found else []


def clear_page(lesson: Lesson, at: datetime, *, by: str, page: str) -> list[AnyEvent]:
    """清空本页. Raises LessonError: forbidden, lesson_not_open, lesson_ended, page_unknown."""
    require_open(lesson)
    require_teacher(by)
    require_page(lesson, page)
    return [PageCleared(page=page, **next(stamps(lesson, at, by)))] if lesson.ink.get(page) else []


def allow_drawing(lesson: Lesson, at: datetime, *, by: str, seat: str, allowed: bool) -> list[AnyEvent]:
    """允许书写, or no longer, for one classroom and its assistant.

    Raises LessonError: forbidden, lesson_not_open, lesson_ended, seat_unknown.
    """
    require_open(lesson)
    require_teacher(by)
    if seat_of(lesson, seat).plan.role != "rural":
        raise LessonError("seat_unknown")
    if (seat in lesson.writers) == allowed:
        return []
    return [DrawingAllowed(seat=seat, allowed=allowed, **next(stamps(lesson, at, by)))]


def require_writer(lesson: Lesson, by: str) -> None:
    """Lets the teacher pass, and classrooms that may write. Raises LessonError(forbidden)."""
    if by != HOST_SEAT and seat_of_writer(by) not in lesson.writers:
        raise LessonError("forbidden")


def seat_of_writer(by: str) -> str:
    """The seat that somebody writes for."""
    return by.removeprefix("assistant:")


def points_of(encoded: str) -> list[tuple[int, int]]:
    """The points of a stroke, 1 to MAX_POINTS, all on the page. Raises LessonError(bad_stroke)."""
    if len(encoded) > MAX_POINTS_CHARS:
        raise LessonError("bad_stroke")
    points: list[tuple[int, int]] = []
    x = y = 0
    numbers = list(_numbers(encoded))
    if not numbers or len(numbers) % 2 or len(numbers) > 2 * MAX_POINTS:
        raise LessonError("bad_stroke")
    for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + dx, y + dy
        if not (0 <= x <= SIDE and 0 <= y <= SIDE):
            raise LessonError("bad_stroke")
        points.append((x, y))
    return points


def _numbers(encoded: str) -> Iterator[int]:
    value = shift = 0
    for sign in encoded:
        bits = ord(sign) - 63
        if not 0 <= bits < 64 or shift > 15:
            raise LessonError("bad_stroke")
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:
            yield ~(value >> 1) if value & 1 else value >> 1
            value = shift = 0
    if shift:
        raise LessonError("bad_stroke")


def stroke_of(event: StrokeDrawn) -> Stroke:
    """The stroke that an event has put on its page."""
    return Stroke(
        id=event.seq,
        by=event.by,
        ref=event.ref,
        tool=event.tool,
        colour=event.colour,
        width=event.width,
        points=event.points,
    )


def on_drawn(lesson: Lesson, event: StrokeDrawn) -> Lesson:
    ink = {**lesson.ink, event.page: (*lesson.ink.get(event.page, ()), stroke_of(event))}
    return msgspec.structs.replace(lesson, ink=ink, strokes_drawn=lesson.strokes_drawn + 1)


def on_erased(lesson: Lesson, event: StrokesErased) -> Lesson:
    kept = tuple(stroke for stroke in lesson.ink.get(event.page, ()) if stroke.id not in event.strokes)
    return msgspec.structs.replace(lesson, ink={**lesson.ink, event.page: kept})


def on_cleared(lesson: Lesson, event: PageCleared) -> Lesson:
    return msgspec.structs.replace(lesson, ink={**lesson.ink, event.page: ()})


def on_drawing_allowed(lesson: Lesson, event: DrawingAllowed) -> Lesson:
    writers = lesson.writers | {event.seat} if event.allowed else lesson.writers - {event.seat}
    return msgspec.structs.replace(lesson, writers=writers)
