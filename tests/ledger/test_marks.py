"""异常提示 of an activity: each at its edge, and none of them changes what counts."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from classroom.ledger.activity import Mark, State
from classroom.ledger.facts import Seat
from classroom.ledger.marks import marks_of, waiting_before
from classroom.ledger.workdays import SHIPPED, Workdays

SHANGHAI = timezone(timedelta(hours=8))


def marks(day: Any) -> tuple[Mark, ...]:
    activities = day.activities()
    return marks_of(activities[0], activities, SHIPPED)


@pytest.mark.parametrize(("until", "expected"), [("09:28", ()), ("09:27:59", (Mark.SHORT,))])
def test_seven_tenths_of_the_planned_time(day: Any, until: str, expected: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", f"09:00-{until}")
    assert (day.activity().state, marks(day)) == (State.COUNTED, expected)


@pytest.mark.parametrize(
    ("drops", "expected"),
    [
        (["09:00-09:06", "09:08-09:14", "09:16-09:22", "09:24-09:30", "09:32-09:36", "09:38-09:40"], ()),
        (
            [
                "09:00-09:06",
                "09:08-09:14",
                "09:16-09:22",
                "09:24-09:30",
                "09:32-09:36",
                "09:38-09:39",
                "09:39:01-09:40",
            ],
            (Mark.UNSTABLE,),
        ),
    ],
)
def test_a_quarter_of_the_shared_time_bridged(day: Any, drops: list[str], expected: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", *drops)
    assert (day.activity().minutes, marks(day)) == (40, expected)


@pytest.mark.parametrize(("students", "expected"), [(22, ()), (23, (Mark.OVER_ROSTER,))])
def test_more_children_than_the_roster_and_a_tenth(day: Any, students: int, expected: Any) -> None:
    seats = (*day.seats("U1"), Seat(room="R1", school="檀溪中小", students=20, teachers=1, confirmed_students=students))
    day.lesson(seats=seats)
    day.host()
    day.rural("R1")
    assert marks(day) == expected


def test_v31_a_holiday_is_marked_a_worked_sunday_is_not(day_of: Any) -> None:
    found = {}
    for on in (date(2019, 4, 28), date(2019, 5, 2)):
        day = day_of(on)
        day.lesson()
        day.host()
        day.rural("R1")
        assert day.activity().state is State.COUNTED
        found[on] = [mark.words for mark in marks(day)]
    assert list(found.values()) == [[], ["节假日活动"]]


def test_the_countys_own_calendar_wins(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    closed = Workdays(overrides={day.day: False})
    assert marks_of(day.activity(), (), closed) == (Mark.DAY_OFF,)


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        ("07:30-08:10", ()),
        ("07:29-08:09", (Mark.EARLY,)),
        ("17:20-18:00", ()),
        ("17:21-18:01", (Mark.LATE,)),
    ],
)
def test_early_and_late(day: Any, planned: str, expected: Any) -> None:
    day.lesson("L", planned)
    day.host(planned)
    day.rural("R1", planned)
    assert marks(day) == expected


def test_one_teacher_in_two_rooms_at_once(day: Any) -> None:
    for lesson, rooms in (("L1", "U1 R1"), ("L2", "U2 R3")):
        day.lesson(lesson, "09:00-09:40", rooms=rooms, pairs="P1" if lesson == "L1" else "P2", teacher="t1")
        day.host(room=rooms.split()[0], lesson=lesson)
        day.rural(rooms.split()[1], lesson=lesson)
    first, second = day.activities()
    assert marks_of(first, (first, second), SHIPPED) == marks_of(second, (first, second), SHIPPED)
    assert marks_of(first, (first, second), SHIPPED) == (Mark.TEACHER_TWICE,)
    other = msgspec.structs.replace(second, teacher="t2")
    later = msgspec.structs.replace(second, begins_at=first.ends_at, ends_at=first.ends_at + timedelta(minutes=40))
    assert marks_of(first, (first, other, later), SHIPPED) == ()


def test_what_does_not_count_bears_no_mark(day: Any) -> None:
    day.lesson(is_test=True)
    day.host()
    day.rural("R1", "09:00-09:12")
    assert marks(day) == ()


@pytest.mark.parametrize(
    ("begun", "now", "waits"),
    [
        (date(2019, 5, 14), date(2019, 5, 21), False),
        (date(2019, 5, 14), date(2019, 5, 22), True),
        (date(2019, 5, 10), date(2019, 5, 18), False),
        (date(2019, 5, 9), date(2019, 5, 18), True),
    ],
)
def test_waiting_more_than_five_working_days(begun: date, now: date, waits: bool) -> None:
    begins_at, at = (datetime(on.year, on.month, on.day, 9, tzinfo=SHANGHAI) for on in (begun, now))
    assert (begins_at < waiting_before(at, SHIPPED, 5)) is waits
    days = [begun + timedelta(days=n) for n in range(1, (now - begun).days + 1)]
    assert (sum(map(SHIPPED.is_working, days)) > 5) is waits


def test_how_long_is_too_long_is_the_countys_to_say() -> None:
    begun, now = (datetime(2019, 5, day, 9, tzinfo=SHANGHAI) for day in (14, 17))
    assert [begun < waiting_before(now, SHIPPED, days) for days in (2, 3)] == [True, False]
