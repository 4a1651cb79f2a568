"""远程专递课堂 and 名师网络课堂: a class watches a resource, and on one local day that is one activity.

Where the resource comes from decides which of the two it is; one viewing never counts in both.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from classroom.ledger.activity import Activity, Flag, State
from classroom.ledger.facts import Seat
from classroom.ledger.headcount import headcount, number_flags
from classroom.ledger.intervals import Intervals, total_ms, union
from classroom.ledger.kinds import Kind
from classroom.ledger.months import local_date
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.registry.facts import Pair, is_active


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
    """Every play of one resource by one class on one local day."""

    resource: Resource
    seat: Seat
    day: date
    plays: tuple[Play, ...]

    @property
    def watched_ms(self) -> int:
        """Different parts of the resource, however often each was seen."""
        return total_ms(union(*(play.seconds for play in self.plays)))


def judge_viewings(
    resources: Sequence[Resource], plays: Sequence[Play], pairs: Sequence[Pair], rules: CountingRules | None = None
) -> tuple[Activity, ...]:
    """An activity for each class, resource and local day that belongs to a pair, in order of time; else only usage.

    `pairs` in the order of the county's list: of several pairs of a class's school the first takes a 名师 viewing.
    """
    rules = rules or CountingRules()
    known = {resource.id: resource for resource in resources}
    groups: dict[tuple[str, str, date], list[Play]] = {}
    for play in sorted(plays, key=lambda play: play.began_at):
        key = (play.seat.class_id or play.seat.room, play.resource, local_date(play.began_at))
        groups.setdefault(key, []).append(play)
    found = []
    for (_, name, day), some in groups.items():
        viewing = Viewing(resource=known[name], seat=some[0].seat, day=day, plays=tuple(some))
        pair = _pair_of(viewing, pairs)
        if pair is not None:
            found.append(_judged(viewing, pair, rules))
    return tuple(found)


def _pair_of(viewing: Viewing, pairs: Sequence[Pair]) -> Pair | None:
    """The pair active that day: resource's school → class's school; of a province's resource, the class's school's."""
    active = [pair for pair in pairs if pair.recipient == viewing.seat.school and is_active(pair, viewing.day)]
    if viewing.resource.origin == "school":
        active = [pair for pair in active if pair.supporter == viewing.resource.school]
    return active[0] if active else None


def _judged(viewing: Viewing, pair: Pair, rules: CountingRules) -> Activity:
    resource = viewing.resource
    need_ms = min(resource.length_ms * rules.view_percent // 100, rules.view_need_min * MINUTE_MS)
    is_counted = viewing.watched_ms >= need_ms > 0
    count = headcount(viewing.seat)
    class_id = viewing.seat.class_id or viewing.seat.room
    # One teacher is with the class, whoever that is.
    participants = count.students + 1 if is_counted else 0
    return Activity(
        id=f"view.{class_id}.{resource.id}.{viewing.day:%Y%m%d}",
        kind=Kind.DELIVERY if resource.origin == "school" else Kind.MASTER,
        lesson=None,
        period=None,
        pair=pair.id,
        supporter=pair.supporter,
        recipient=pair.recipient,
        state=State.COUNTED if is_counted else State.NOT_COUNTED,
        flags=_number_flags(viewing.seat) if is_counted else (Flag.TOO_SHORT,),
        begins_at=viewing.plays[0].began_at,
        ends_at=max(play.ended_at for play in viewing.plays),
        planned=None,
        zone=None,
        subjects=resource.subjects,
        minutes=viewing.watched_ms // MINUTE_MS,
        need=-(-need_ms // MINUTE_MS),
        low=-(-need_ms // MINUTE_MS),
        teachers=1 if is_counted else 0,
        students=count.students if is_counted else 0,
        participants=participants,
        class_id=viewing.seat.class_id,
        title=resource.title,
    )


def _number_flags(seat: Seat) -> tuple[Flag, ...]:
    return tuple(flag for flag in number_flags([headcount(seat)]) if flag is not Flag.TEACHERS_MISSING)
