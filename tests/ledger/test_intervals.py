"""The interval algebra agrees with sets of single milliseconds."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.ledger.intervals import (
    Interval,
    Intervals,
    bridge,
    clip,
    from_ms,
    intersect,
    subtract,
    to_ms,
    total_ms,
    union,
)

piece = st.builds(Interval, st.integers(0, 60), st.integers(0, 60))
pieces = st.lists(piece, max_size=8)
normal = pieces.map(union)


def moments(intervals: Iterable[Interval]) -> set[int]:
    return {ms for start, end in intervals for ms in range(start, end)}


def is_normal(intervals: Intervals) -> bool:
    return all(start < end for start, end in intervals) and all(
        left.end_ms < right.start_ms for left, right in zip(intervals, intervals[1:], strict=False)
    )


@given(pieces, pieces)
def test_union_holds_every_moment_once(left: list[Interval], right: list[Interval]) -> None:
    joined = union(left, right)
    assert is_normal(joined)
    assert moments(joined) == moments(left) | moments(right)
    assert total_ms(joined) == len(moments(joined))


@given(normal, normal)
def test_intersection_holds_the_common_moments(left: Intervals, right: Intervals) -> None:
    common = intersect(left, right)
    assert is_normal(common)
    assert moments(common) == moments(left) & moments(right)
    assert common == intersect(right, left)


@given(normal, normal)
def test_difference_holds_the_rest(left: Intervals, right: Intervals) -> None:
    rest = subtract(left, right)
    assert is_normal(rest)
    assert moments(rest) == moments(left) - moments(right)
    assert total_ms(rest) + total_ms(intersect(left, right)) == total_ms(left)


@given(normal, piece)
def test_clip_keeps_what_is_inside(intervals: Intervals, window: Interval) -> None:
    assert moments(clip(intervals, window)) == moments(intervals) & moments([window])


@given(pieces, st.integers(0, 20))
def test_bridge_fills_gaps_up_to_the_grace_and_no_others(intervals: list[Interval], grace_ms: int) -> None:
    before, after = union(intervals), bridge(intervals, grace_ms)
    gaps = [(left.end_ms, right.start_ms) for left, right in zip(before, before[1:], strict=False)]
    filled = {ms for end, start in gaps if start - end <= grace_ms for ms in range(end, start)}
    assert is_normal(after)
    assert moments(after) == moments(before) | filled


def test_instants_are_cut_to_whole_milliseconds() -> None:
    at = datetime(2019, 5, 14, 1, 0, 0, 999_999, tzinfo=UTC)
    assert from_ms(to_ms(at)) == at.replace(microsecond=999_000)


def test_an_instant_means_the_same_in_every_offset() -> None:
    local = datetime(2019, 5, 14, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    assert to_ms(local) == to_ms(datetime(2019, 5, 14, 1, 0, tzinfo=UTC))


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without offset"):
        to_ms(datetime(2019, 5, 14, 9, 0))  # noqa: DTZ001
