"""A wall clock that is set while lessons are under way."""

from datetime import UTC, datetime, timedelta

from signaling.steady import CATCH_UP, Steady

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def test_it_is_the_wall_clock_while_that_is_well() -> None:
    steady = Steady()
    assert [steady.at(n, AT + seconds(n)) for n in (0, 1, 60, 3600)] == [AT + seconds(n) for n in (0, 1, 60, 3600)]


def test_set_forward_it_is_followed_little_by_little_until_it_is_reached() -> None:
    steady, day = Steady(), timedelta(days=1)
    steady.at(0, AT)
    assert steady.at(1, AT + day) == AT + seconds(CATCH_UP)
    assert steady.at(601, AT + day + seconds(600)) == AT + seconds(CATCH_UP * 601)
    late = 3 * 86400.0
    assert steady.at(late, AT + seconds(late) + day) == AT + seconds(late) + day


def test_set_back_it_is_followed_at_once() -> None:
    steady = Steady()
    steady.at(0, AT)
    assert steady.at(1, AT - timedelta(hours=1)) == AT - timedelta(hours=1)
    assert steady.at(2, AT + seconds(2)) == AT - timedelta(hours=1) + seconds(CATCH_UP)
