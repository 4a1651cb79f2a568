"""From the relay's notices to the lesson's commands. Pure."""

from datetime import datetime
from functools import partial
from typing import Any

from classroom.lesson import seats, streams
from classroom.lesson.events import AnyEvent
from classroom.lesson.lesson import Lesson, seat_of
from classroom.relay.session import Notice
from signaling.commands import Command
from signaling.flows import StreamName


def commands_of(notice: Notice, name: StreamName, last_at: datetime) -> list[Command]:
    """What a notice about a publisher means; `last_at` is its last packet by the wall clock."""
    about: dict[str, Any] = {"by": "server", "seat": name.seat, "source": name.source, "session": notice.session}
    match notice.kind:
        case "flowing":
            sitting = partial(_take_seat_for_media, seat=name.seat, session=notice.session)
            return [sitting, partial(streams.stream_flowing, **about)]
        case "stalled":
            return [partial(streams.stream_stalled, last_at=last_at, **about)]
        case "gone" | "replaced":
            return [partial(streams.stream_gone, last_at=last_at, **about)]
        case "layers" | "rung":
            # What a page is told, and what the seat's line is worth: no news of the stream.
            return []


def rung_command(notice: Notice, seat: str) -> Command:
    """The server has moved a seat on the ladder of a weak line."""
    return partial(streams.change_rung, by="server", seat=seat, rung=notice.rung)


def forget_streams(lesson: Lesson, last_at: dict[str, datetime], at: datetime) -> list[Command]:
    """After a restart: the sessions of the last run died with it, their publishers will come back with new ones."""
    return [
        partial(
            streams.stream_gone,
            by="server",
            seat=name,
            source=source,
            session=stream.session,
            last_at=last_at.get(name, at),
        )
        for name, seat in lesson.seats.items()
        for source, stream in seat.streams.items()
    ]


def _take_seat_for_media(lesson: Lesson, at: datetime, *, seat: str, session: str) -> list[AnyEvent]:
    """Media alone (an encoder without a page) takes an empty seat; it never puts a page out of one."""
    if seat_of(lesson, seat).present:
        return []
    return seats.take_seat(lesson, at, by=seat, seat=seat, device=f"whip:{session}")
