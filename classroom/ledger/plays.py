"""What a class watched of a resource: the evidence of 远程专递课堂 and 名师网络课堂."""

from datetime import date, datetime
from typing import Literal

import msgspec

from classroom.ledger.facts import Seat
from classroom.ledger.intervals import Intervals, total_ms, union


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson on demand. `origin` "province" is 省名师资源 (then `school` is None), "school" a supporter's course."""

    id: str
    origin: Literal["school", "province"]
    school: str | None
    length_ms: int
    title: str
    subjects: tuple[str, ...] = ()


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """A class watched parts of a resource. `seconds`: which of its own time, in ms from its beginning."""

    resource: str
    seat: Seat
    """The class that sits there, with its numbers on the day."""
    began_at: datetime
    ended_at: datetime
    seconds: Intervals


class Viewing(msgspec.Struct, frozen=True, kw_only=True):
    """Every play of one resource by one class on one local day, in order of time."""

    resource: Resource
    day: date
    plays: tuple[Play, ...]

    @property
    def seat(self) -> Seat:
        """The class with the number that was said last, where anybody has said one."""
        said = [play.seat for play in self.plays if play.seat.confirmed_students is not None]
        return said[-1] if said else self.plays[0].seat

    @property
    def watched_ms(self) -> int:
        """Different parts of the resource, however often each was seen."""
        return total_ms(union(*(play.seconds for play in self.plays)))
