"""Who had a part in a lesson (互动均衡): how long each classroom spoke and stood on stage, how often it was called.

Of classrooms, never of pupils. Pure arithmetic over a lesson's journal and heartbeats.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from classroom.lesson.events import (
    AnyEvent,
    HandRaised,
    LessonEnded,
    LessonStarted,
    Praised,
    SeatLeft,
    SeatTaken,
    StageSet,
)
from classroom.lesson.heartbeat import Heartbeat


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One seat's. `spoke_s` is None where no packet told its loudness (an encoder without RFC 6464)."""

    spoke_s: float | None = None
    stage_s: float = 0.0
    calls: int = 0
    hands: int = 0
    praises: int = 0


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """How long a seat has spoken, and when it last did; None: not once."""

    seconds: float = 0.0
    last_at: datetime | None = None

    def more(self, ms: int, at: datetime) -> "Spoken":
        """The same after so much more."""
        return Spoken(seconds=self.seconds + ms / 1000, last_at=at) if ms > 0 else self


def spoken(heartbeats: Sequence[Heartbeat]) -> dict[str, Spoken]:
    """Seat → its voice over all heartbeats; without those of whom nothing told it."""
    found: dict[str, Spoken] = {}
    for beat in heartbeats:
        for seat, marks in beat.seats.items():
            if marks.voice_ms is not None:
                found[seat] = found.get(seat, Spoken()).more(marks.voice_ms, beat.at)
    return found


def parts(journal: Sequence[AnyEvent], heartbeats: Sequence[Heartbeat], now: datetime) -> dict[str, Part]:
    """Seat → its part up to `now`, or to the lesson's end. Before 上课 nothing counts, as in `minutes`."""
    began = next((event.at for event in journal if isinstance(event, LessonStarted)), None)
    if began is None:
        return {}
    over = next((event.at for event in journal if isinstance(event, LessonEnded)), now)
    voices = spoken([beat for beat in heartbeats if began <= beat.at <= over])
    stood = _stage_s(journal, began, over)
    during = [event for event in journal if event.at >= began]
    calls = _count(event.seat for event in during if isinstance(event, StageSet) and event.seat is not None)
    hands = _count(event.seat for event in during if isinstance(event, HandRaised))
    praises = _count(event.seat for event in during if isinstance(event, Praised))
    return {
        seat: Part(
            spoke_s=None if seat not in voices else round(voices[seat].seconds, 1),
            stage_s=round(stood.get(seat, timedelta()).total_seconds(), 1),
            calls=calls.get(seat, 0),
            hands=hands.get(seat, 0),
            praises=praises.get(seat, 0),
        )
        for seat in {*voices, *stood, *calls, *hands, *praises}
    }


def _stage_s(journal: Sequence[AnyEvent], began: datetime, over: datetime) -> Mapping[str, timedelta]:
    """Seat → how long it stood on stage. Whoever leaves stands there no more, until it comes back to it."""
    found: dict[str, timedelta] = {}
    on: str | None = None
    since: datetime | None = None

    def leave(ends: datetime) -> None:
        if on is not None and since is not None:
            found[on] = found.get(on, timedelta()) + max(timedelta(), min(ends, over) - max(since, began))

    for event in journal:
        match event:
            case StageSet():
                leave(event.at)
                on, since = event.seat, event.at
            case SeatLeft() if event.seat == on:
                leave(event.last_at)
                since = None
            case SeatTaken() if event.seat == on and since is None:
                since = event.at
            case _:
                pass
    leave(over)
    return found


def _count(seats: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for seat in seats:
        found[seat] = found.get(seat, 0) + 1
    return found
