"""远程专递课堂 and 名师网络课堂 as the rule book counts them."""

from datetime import date, datetime
from typing import Any

import msgspec
import pytest

from classroom.ledger.activity import Activity, Flag, State
from classroom.ledger.intervals import Interval
from classroom.ledger.kinds import Kind
from classroom.ledger.plays import Play, Resource
from classroom.ledger.viewing import judge_viewings
from classroom.registry.facts import Pair, StatusChange

MINUTE = 60_000
LESSON = Resource(id="v01", origin="school", school="实验小学", length_ms=40 * MINUTE, title="浮力", subjects=("科",))
MASTER = Resource(id="m01", origin="province", school=None, length_ms=40 * MINUTE, title="名师课", subjects=("语",))


def play(day: Any, room: str, clock: str, *parts: tuple[float, float], resource: str = "v01") -> Play:
    """`parts` in minutes of the resource; left out: all 40."""
    [seat] = day.seats(room)
    began_at: datetime = day.at(clock)
    seconds = tuple(Interval(round(a * MINUTE), round(b * MINUTE)) for a, b in parts or ((0, 40),))
    length_ms = sum(b - a for a, b in seconds)
    return Play(
        resource=resource,
        seat=msgspec.structs.replace(seat, class_id=f"c{room}"),
        began_at=began_at,
        ended_at=datetime.fromtimestamp(began_at.timestamp() + length_ms / 1000, began_at.tzinfo),
        seconds=seconds,
    )


def judged(day: Any, *plays: Play, resources: tuple[Resource, ...] = (LESSON, MASTER)) -> list[Activity]:
    return list(judge_viewings(resources, plays, day.pairs))


@pytest.fixture
def next_day(day_of: Any) -> Any:
    """Wednesday 2019-05-15."""
    return day_of(date(2019, 5, 15))


def test_v36_the_class_watches_the_next_day_twice_and_another_class_watches_too(next_day: Any) -> None:
    found = judged(
        next_day, play(next_day, "R1", "09:00"), play(next_day, "R1", "14:00"), play(next_day, "R2", "10:00")
    )
    assert [(one.kind, one.state, one.participants) for one in found] == [
        (Kind.DELIVERY, State.COUNTED, 24),
        (Kind.DELIVERY, State.COUNTED, 22),
    ]
    assert sum(one.participants for one in found) == 46
    assert {one.pair for one in found} == {"P1"} and found[0].subjects == ("科",)


def test_the_same_class_on_two_days_is_two(day_of: Any) -> None:
    first, second = day_of(date(2019, 5, 15)), day_of(date(2019, 5, 16))
    assert len(judged(first, play(first, "R1", "09:00"), play(second, "R1", "09:00"))) == 2


@pytest.mark.parametrize(
    ("length", "parts", "state"),
    [
        (20, [(0, 10)], State.COUNTED),
        (20, [(0, 9.99)], State.NOT_COUNTED),
        (30, [(0, 15)], State.COUNTED),
        (60, [(0, 15)], State.COUNTED),
        (60, [(0, 14.99)], State.NOT_COUNTED),
        (60, [(0, 8), (20, 27)], State.COUNTED),
        (60, [(0, 8), (0, 8), (1, 8)], State.NOT_COUNTED),
    ],
)
def test_half_the_resource_or_fifteen_minutes_of_a_long_one_each_second_once(
    next_day: Any, length: int, parts: list[tuple[float, float]], state: State
) -> None:
    resource = msgspec.structs.replace(LESSON, length_ms=length * MINUTE)
    [found] = judged(next_day, *(play(next_day, "R1", "09:00", part) for part in parts), resources=(resource,))
    assert found.state is state
    assert found.flags == ((Flag.BY_ROSTER,) if state is State.COUNTED else (Flag.TOO_SHORT,))
    assert (found.participants > 0) is (state is State.COUNTED)


def test_a_resource_of_the_province_is_a_master_class_of_the_first_pair_in_the_list(next_day: Any) -> None:
    again = Pair(
        id="P0",
        supporter="南苑小学",
        recipient="檀溪中小",
        statuses=(StatusChange(since=date(2019, 4, 1), status="active"),),
    )
    next_day.pairs = [again, *next_day.pairs]
    [found] = judged(next_day, play(next_day, "R1", "09:00", resource="m01"))
    assert (found.kind, found.pair, found.participants, found.subjects) == (Kind.MASTER, "P0", 24, ("语",))


def test_without_an_active_pair_it_is_only_usage(next_day: Any) -> None:
    assert judged(next_day, play(next_day, "R3", "09:00")) == []
    assert judged(next_day, play(next_day, "R9", "09:00")) == []
    assert judged(next_day, play(next_day, "U1", "09:00")) == []
