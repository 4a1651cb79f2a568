"""Half-open intervals of wall-clock time in whole milliseconds, and their algebra.

Integers, not floats: a lesson is judged by the second, and a sum of a hundred pieces must not drift by one.
A *set* of intervals (`Intervals`) is always in normal form: sorted, disjoint, none empty, none touching its neighbour.
Every function returns normal form; those that take `Intervals` expect it (`union` makes it of anything).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Interval(NamedTuple):
    """[start_ms, end_ms): milliseconds since 1970-01-01T00:00:00Z; in JSON a list of two numbers."""

    start_ms: int
    end_ms: int


Intervals: TypeAlias = tuple[Interval, ...]


def to_ms(at: datetime) -> int:
    """Milliseconds since the epoch of an aware instant, cut (never rounded up). Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"instant without offset: {at.isoformat()}")
    return (at - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """The aware UTC instant of `ms`."""
    return _EPOCH + ms * _MILLISECOND


def bridge(intervals: Iterable[Interval], grace_ms: int) -> Intervals:
    """Join what lies at most `grace_ms` apart; the bridged gap becomes part of the interval. Takes any order."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if joined and start - joined[-1].end_ms <= grace_ms:
            joined[-1] = Interval(joined[-1].start_ms, max(joined[-1].end_ms, end))
        else:
            joined.append(Interval(start, end))
    return tuple(joined)


def union(*sets: Iterable[Interval]) -> Intervals:
    """Every moment that lies in one of the sets."""
    return bridge((interval for one in sets for interval in one), 0)


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """Every moment that lies in both sets."""
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i].start_ms, right[j].start_ms)
        end = min(left[i].end_ms, right[j].end_ms)
        if start < end:
            common.append(Interval(start, end))
        if left[i].end_ms < right[j].end_ms:
            i += 1
        else:
            j += 1
    return tuple(common)


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """Every moment of `left` that does not lie in `right`."""
    rest: list[Interval] = []
    for start, end in left:
        for cut in right:
            if cut.end_ms <= start or cut.start_ms >= end:
                continue
            if start < cut.start_ms:
                rest.append(Interval(start, cut.start_ms))
            start = cut.end_ms
        if start < end:
            rest.append(Interval(start, end))
    return tuple(rest)


def clip(intervals: Intervals, window: Interval) -> Intervals:
    """What of `intervals` lies inside `window`."""
    return intersect(intervals, (window,)) if window.start_ms < window.end_ms else ()


def total_ms(intervals: Intervals) -> int:
    """The length of a set: all pieces added."""
    return sum(end - start for start, end in intervals)
