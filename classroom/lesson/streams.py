"""Streams: which sources of a seat flow, and on which rung of the weak-line ladder the seat is."""

from datetime import datetime

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, RungChanged, StreamFlowing, StreamGone, StreamStalled
from classroom.lesson.lesson import (
    RUNGS,
    SOURCES,
    Lesson,
    Stream,
    require_open,
    require_present,
    require_teacher,
    seat_of,
    stamps,
    with_seat,
)


def stream_flowing(lesson: Lesson, at: datetime, *, by: str, seat: str, source: str, session: str) -> list[AnyEvent]:
    """Media of a source arrives. A newer session takes the place of an older one."""
    stream = _stream(lesson, by, seat, source)
    require_present(lesson.seats[seat])
    if stream == Stream(session=session, state="flowing"):
        return []
    return [StreamFlowing(seat=seat, source=source, session=session, **next(stamps(lesson, at, by)))]


def stream_stalled(
    lesson: Lesson, at: datetime, *, by: str, seat: str, source: str, session: str, last_at: datetime
) -> list[AnyEvent]:
    """The source is silent. What an older session does is no event."""
    stream = _stream(lesson, by, seat, source)
    if stream != Stream(session=session, state="flowing"):
        return []
    return [StreamStalled(seat=seat, source=source, last_at=min(last_at, at), **next(stamps(lesson, at, by)))]


def stream_gone(
    lesson: Lesson, at: datetime, *, by: str, seat: str, source: str, session: str, last_at: datetime
) -> list[AnyEvent]:
    """The source's connection is over. The end of an older session is no event."""
    stream = _stream(lesson, by, seat, source)
    if stream is None or stream.session != session:
        return []
    return [StreamGone(seat=seat, source=source, last_at=min(last_at, at), **next(stamps(lesson, at, by)))]


def change_rung(lesson: Lesson, at: datetime, *, by: str, seat: str, rung: str) -> list[AnyEvent]:
    """The server moves a seat up or down the ladder."""
    require_open(lesson)
    moved = seat_of(lesson, seat)
    require_teacher(by)
    if rung not in RUNGS:
        raise LessonError("rung_unknown")
    return [] if moved.rung == rung else [RungChanged(seat=seat, rung=rung, **next(stamps(lesson, at, by)))]


def _stream(lesson: Lesson, by: str, seat: str, source: str) -> Stream | None:
    """The stream as it stands. Raises LessonError."""
    require_open(lesson)
    require_teacher(by)
    if source not in SOURCES:
        raise LessonError("source_unknown")
    return seat_of(lesson, seat).streams.get(source)


def on_flowing(lesson: Lesson, event: StreamFlowing) -> Lesson:
    return _with(lesson, event.seat, event.source, Stream(session=event.session, state="flowing"))


def on_stalled(lesson: Lesson, event: StreamStalled) -> Lesson:
    stream = lesson.seats[event.seat].streams[event.source]
    return _with(lesson, event.seat, event.source, Stream(session=stream.session, state="stalled"))


def on_gone(lesson: Lesson, event: StreamGone) -> Lesson:
    streams = lesson.seats[event.seat].streams
    return with_seat(
        lesson, event.seat, streams={name: stream for name, stream in streams.items() if name != event.source}
    )


def on_rung(lesson: Lesson, event: RungChanged) -> Lesson:
    return with_seat(lesson, event.seat, rung=event.rung)


def _with(lesson: Lesson, seat: str, source: str, stream: Stream) -> Lesson:
    return with_seat(lesson, seat, streams={**lesson.seats[seat].streams, source: stream})
