"""A page's word on what it played is believed as far as the wall's clock allows."""

from datetime import UTC, datetime, timedelta

from classroom.ledger.intervals import Interval, total_ms
from classroom.ledger.watching import LEEWAY_MS, believed

AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
HOUR = 3_600_000


def told(*parts: tuple[int, int], seconds: float = 10, length_ms: int = HOUR) -> int:
    since = AT - timedelta(seconds=seconds)
    return total_ms(believed([Interval(*part) for part in parts], length_ms=length_ms, since=since, now=AT))


def test_what_was_played_at_any_honest_speed_is_believed() -> None:
    assert told((0, 10_000)) == 10_000
    assert told((0, 20_000)) == 20_000
    assert told((0, 3_000), (60_000, 67_000)) == 10_000


def test_nobody_watches_an_hour_in_ten_seconds() -> None:
    assert told((0, HOUR)) == 20_000 + LEEWAY_MS
    assert told(*((n, n + 1000) for n in range(0, HOUR, 1000))) == 20_000 + LEEWAY_MS
    assert told((0, HOUR), seconds=-5) == LEEWAY_MS


def test_the_same_seconds_count_once_and_none_outside_the_film() -> None:
    assert told((0, 5_000), (0, 5_000), (1_000, 5_000)) == 5_000
    assert told((-9_000, -1_000), (4_000, 9_000), length_ms=6_000) == 2_000
    assert told((5_000, 4_000)) == 0
    before = (Interval(0, 4_000),)
    found = believed([Interval(2_000, 6_000)], length_ms=HOUR, since=AT - timedelta(seconds=4), now=AT, before=before)
    assert found == (Interval(0, 6_000),)
