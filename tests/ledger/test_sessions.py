"""Unplanned lessons: what joins a planned one, where one ends, which are one activity."""

from datetime import date
from typing import Any

import pytest

from classroom.ledger.activity import Flag, State
from classroom.registry.facts import Pair, StatusChange

COUNTED, PENDING, NOT_COUNTED = State.COUNTED, State.PENDING, State.NOT_COUNTED


def together(day: Any, lesson: str, *spans: str, room: str = "R1") -> None:
    day.host(*spans, lesson=lesson)
    day.rural(room, *spans, lesson=lesson)


def by_lesson(day: Any) -> dict[str, tuple[State, int]]:
    return {one.lesson: (one.state, one.minutes) for one in day.activities()}


def test_an_unplanned_lesson_is_judged_by_its_rooms_schools(day: Any) -> None:
    day.unplanned("A")
    together(day, "A", "14:00-14:20")
    activity = day.activity()
    assert (activity.id, activity.state, activity.participants) == ("A.0.P1", COUNTED, 67)
    assert (activity.planned, activity.zone, activity.begins_at) == (None, None, day.at("14:00"))


@pytest.mark.parametrize(("end", "state"), [("14:19:59", PENDING), ("14:10", PENDING), ("14:09:59", NOT_COUNTED)])
def test_an_unplanned_lesson_needs_twenty_minutes(day: Any, end: str, state: State) -> None:
    day.unplanned("A")
    together(day, "A", f"14:00-{end}")
    assert day.activity().state is state


def test_an_unplanned_lesson_nobody_joined_is_nothing(day: Any) -> None:
    day.unplanned("A", pairs="P1")
    assert day.activities() == ()


def test_rooms_of_schools_without_a_pair_make_no_activity(day: Any) -> None:
    day.unplanned("A", rooms="U1 R3")
    together(day, "A", "14:00-14:40", room="R3")
    assert day.activities() == ()


def test_an_unplanned_lesson_of_a_pair_not_yet_active_says_so(day: Any) -> None:
    day.unplanned("A", rooms="U1 R9")
    together(day, "A", "14:00-14:40", room="R9")
    assert (day.activity().pair, day.activity().flags) == ("P11", (Flag.PAIR_INACTIVE,))


def test_a_host_alone_in_an_unplanned_lesson_with_a_named_pair_is_shown(day: Any) -> None:
    day.unplanned("A", pairs="P1")
    day.host("14:00-14:40", lesson="A")
    assert (day.activity().flags, day.activity().begins_at) == ((Flag.NO_RURAL_ROOM,), day.at("14:00"))


@pytest.mark.parametrize(
    ("begin", "is_joined"), [("08:49:59", False), ("08:50", True), ("09:39:59", True), ("09:40", False)]
)
def test_an_unplanned_session_that_begins_in_a_planned_lesson_was_that_lesson(
    day: Any, begin: str, is_joined: bool
) -> None:
    day.lesson()
    day.unplanned("A")
    together(day, "A", f"{begin}-09:50")
    assert ("A" not in by_lesson(day)) is is_joined


def test_a_session_joined_to_a_lesson_feeds_the_next_one_too(day: Any) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", "09:50-10:30")
    day.unplanned("A")
    together(day, "A", "09:05-10:30")
    assert by_lesson(day) == {"L1": (COUNTED, 40), "L2": (COUNTED, 45)}


@pytest.mark.parametrize("planned", [{"is_cancelled": True}, {"is_test": True}, {"pairs": "P2"}, {"rooms": "U2 R1"}])
def test_a_lesson_cancelled_for_testing_or_of_others_takes_no_unplanned_session(day: Any, planned: Any) -> None:
    day.lesson("L", **planned)
    day.unplanned("A")
    together(day, "A", "09:00-09:40")
    assert by_lesson(day)["A"] == (COUNTED, 40)


def test_a_cancelled_unplanned_session_joins_nothing(day: Any) -> None:
    day.lesson()
    day.unplanned("A", is_cancelled=True)
    together(day, "A", "09:00-09:40")
    assert by_lesson(day) == {"L": (NOT_COUNTED, 0), "A": (NOT_COUNTED, 40)}


def test_rooms_without_a_seat_do_not_join_a_session_to_a_lesson(day: Any) -> None:
    day.lesson()
    day.unplanned("A", rooms="U1", pairs="P1")
    together(day, "A", "09:00-09:40", room="R7")
    assert by_lesson(day)["L"] == (NOT_COUNTED, 0)


def test_a_session_left_open_into_a_planned_lesson_ends_where_the_zone_begins(day: Any) -> None:
    """No second belongs to two activities."""
    day.lesson()
    day.lesson("L2", "10:30-11:10")
    day.unplanned("A")
    together(day, "A", "08:00-11:10")
    assert by_lesson(day) == {"A": (COUNTED, 50), "L": (COUNTED, 65), "L2": (COUNTED, 50)}


def test_a_test_session_left_open_feeds_no_lesson(day: Any) -> None:
    day.lesson()
    day.unplanned("A", is_test=True)
    together(day, "A", "08:00-09:40")
    assert by_lesson(day) == {"L": (NOT_COUNTED, 0), "A": (NOT_COUNTED, 100)}


def test_a_session_left_open_does_not_feed_a_cancelled_lesson(day: Any) -> None:
    day.lesson(is_cancelled=True)
    day.unplanned("A")
    together(day, "A", "08:00-09:40")
    assert by_lesson(day) == {"L": (NOT_COUNTED, 0), "A": (COUNTED, 100)}


@pytest.mark.parametrize(("again", "minutes"), [("14:25-14:40", 25), ("14:25:01-14:40", 10)])
def test_an_unplanned_lesson_ends_after_fifteen_minutes_apart(day: Any, again: str, minutes: int) -> None:
    day.unplanned("A")
    day.host("14:00-14:40", lesson="A")
    day.rural("R1", "14:00-14:10", again, lesson="A")
    assert day.activity().minutes == minutes


def test_an_unplanned_lesson_stops_after_four_hours(day: Any) -> None:
    day.unplanned("A")
    day.host("12:00-18:00", lesson="A")
    day.rural("R1", "12:30-18:00", lesson="A")
    assert day.activity().minutes == 210


@pytest.mark.parametrize(("second", "activities"), [("14:27-14:40", 1), ("14:27:01-14:40", 2)])
def test_two_unplanned_sessions_within_fifteen_minutes_are_one(day: Any, second: str, activities: int) -> None:
    day.unplanned("A")
    day.unplanned("B")
    together(day, "B", second)
    together(day, "A", "14:00-14:12")
    assert len(day.activities()) == activities
    assert day.activities()[0].begins_at == day.at("14:00")


def test_merged_sessions_add_up_and_are_named(day: Any) -> None:
    day.unplanned("A")
    day.unplanned("B", rooms="U1 R1 R2")
    together(day, "A", "14:00-14:12")
    together(day, "B", "14:15-14:26")
    day.rural("R2", "14:15-14:26", lesson="B")
    activity = day.activity()
    assert (activity.id, activity.minutes, activity.sources) == ("A.0.P1", 23, ("A", "B"))
    assert activity.participants == 89


@pytest.mark.parametrize("other", [{"subject": "数"}, {"is_test": True}, {"is_cancelled": True}])
def test_sessions_of_another_kind_stay_apart(day: Any, other: Any) -> None:
    day.unplanned("A")
    day.unplanned("B", **other)
    together(day, "A", "14:00-14:12")
    together(day, "B", "14:15-14:26")
    assert len(day.activities()) == 2


def test_sessions_with_another_rural_room_stay_apart(day: Any) -> None:
    day.unplanned("A")
    day.unplanned("B", rooms="U1 R2")
    together(day, "A", "14:00-14:20")
    together(day, "B", "14:21-14:41", room="R2")
    assert len(day.activities()) == 2


def test_sessions_without_a_second_together_stay_apart(day: Any) -> None:
    day.unplanned("A", pairs="P1")
    day.unplanned("B", pairs="P1")
    day.host("14:00-14:12", lesson="A")
    together(day, "B", "14:15-14:26")
    assert by_lesson(day) == {"A": (NOT_COUNTED, 0), "B": (PENDING, 11)}


def test_the_pair_of_an_unplanned_lesson_may_be_named_and_joined(day: Any) -> None:
    day.pairs.append(
        Pair(
            id="P12",
            supporter="实验小学",
            recipient="礼张完小",
            statuses=(StatusChange(since=date(2019, 4, 1), status="active"),),
        )
    )
    day.unplanned("A", rooms="U1 R1 R3", pairs="P1")
    together(day, "A", "14:00-14:40")
    day.rural("R3", "14:00-14:40", lesson="A")
    assert [(one.pair, one.state) for one in day.activities()] == [("P1", COUNTED), ("P12", COUNTED)]
