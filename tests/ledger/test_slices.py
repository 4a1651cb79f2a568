"""Which presence a period is judged on: zones, restarts, sessions left open, timetable conflicts."""

from datetime import date
from typing import Any

import msgspec
import pytest

from classroom.ledger.activity import Activity, Flag, State
from classroom.ledger.facts import Role, Seat

COUNTED, PENDING, NOT_COUNTED = State.COUNTED, State.PENDING, State.NOT_COUNTED


def zone(day: Any, activity: Activity) -> Any:
    assert activity.zone is not None
    return (activity.zone,)


def by_lesson(day: Any) -> dict[str, tuple[State, int]]:
    return {f"{one.lesson}/{one.period}": (one.state, one.minutes) for one in day.activities()}


def test_a_zone_begins_ten_minutes_before_and_ends_fifteen_after(day: Any) -> None:
    day.lesson()
    day.host("08:00-11:00")
    day.rural("R1", "08:00-11:00")
    assert zone(day, day.activity()) == day.spans("08:50-09:55")
    assert day.activity().minutes == 65


@pytest.mark.parametrize(
    ("second", "first_zone", "second_zone"),
    [
        ("09:50-10:30", "08:50-09:45", "09:45-10:45"),  # ten minutes' break: cut at its middle
        ("10:04-10:44", "08:50-09:52", "09:54-10:59"),  # a minute in both; a cut lengthens nothing
        ("10:05-10:45", "08:50-09:55", "09:55-11:00"),  # they touch
        ("10:06-10:46", "08:50-09:55", "09:56-11:01"),  # they do not
        ("09:40-10:20", "08:50-09:40", "09:40-10:35"),  # no break at all
    ],
)
def test_neighbouring_zones_are_cut_at_the_middle_of_the_break(
    day: Any, second: str, first_zone: str, second_zone: str
) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", second)
    assert [zone(day, one) for one in day.activities()] == [day.spans(first_zone), day.spans(second_zone)]


def test_a_cancelled_neighbour_cuts_nothing_and_is_not_cut(day: Any) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", "09:50-10:30", is_cancelled=True)
    day.host("08:58-09:50", lesson="L1")
    day.rural("R1", "08:58-09:50", lesson="L1")
    first, cancelled = day.activities()
    assert zone(day, first) == day.spans("08:50-09:55")
    assert zone(day, cancelled) == day.spans("09:40-10:45")
    assert cancelled.flags == (Flag.CANCELLED, Flag.NOT_HELD)  # the first lesson's connection is not its own


def test_another_host_room_is_no_neighbour(day: Any) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", "09:50-10:30", rooms="U2 R3", pairs="P2")
    assert [zone(day, one) for one in day.activities()] == [day.spans("08:50-09:55"), day.spans("09:40-10:45")]


def test_bridging_comes_before_clipping(day: Any) -> None:
    """A drop across the edge of the zone is bridged as a whole; its part inside counts."""
    day.lesson()
    day.host("08:40-09:55")
    day.rural("R1", "08:40-08:49:30", "08:51-09:20")
    assert day.activity().rooms[1].used == day.spans("08:50-09:20")


@pytest.mark.parametrize(
    ("back", "used"), [("09:12", ["09:00-09:40"]), ("09:12:01", ["09:00-09:10", "09:12:01-09:40"])]
)
def test_a_drop_of_two_minutes_is_bridged_one_second_more_is_not(day: Any, back: str, used: list[str]) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:00-09:10", f"{back}-09:40")
    assert day.activity().rooms[1].used == day.spans(*used)


def test_the_host_is_bridged_as_well(day: Any) -> None:
    day.lesson()
    day.host("09:00-09:10", "09:12-09:40")
    day.rural("R1")
    assert day.activity().minutes == 40


def test_two_devices_of_a_room_make_one_presence(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:00-09:25")
    day.rural("R1", "09:20-09:40")
    assert day.activity().rooms[1].seen == day.spans("09:00-09:40")


def test_view_only_is_shown_where_it_was_not_interactive(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:10-09:40")
    day.rural("R1", "09:00-09:20", view_only=True)
    assert day.activity().rooms[1].view_only == day.spans("09:00-09:10")


def test_what_a_planned_lesson_leaves_outside_its_zone_counts_nowhere(day: Any) -> None:
    day.lesson()
    day.host("11:00-11:40")
    day.rural("R1", "11:00-11:40")
    assert (day.activity().state, day.activity().flags) == (NOT_COUNTED, (Flag.NOT_HELD,))


def test_a_session_left_open_feeds_the_next_lesson_of_the_host_room(day: Any) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", "10:30-11:10", rooms="U1 R2")
    day.host("09:00-11:10", lesson="L1")
    day.rural("R1", "09:00-11:10", lesson="L1")
    first, second = day.activities()
    assert (first.state, second.state, second.sources) == (COUNTED, COUNTED, ("L2", "L1"))
    assert Flag.ROOM_NOT_LISTED in second.flags  # R1 is not on the second lesson's timetable
    assert second.participants == 67


def test_a_session_opened_early_feeds_no_lesson_before_its_own(day: Any) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", "09:50-10:30")
    day.host("09:00-10:30", lesson="L2")
    day.rural("R1", "09:00-10:30", lesson="L2")
    assert by_lesson(day) == {"L1/0": (NOT_COUNTED, 0), "L2/0": (COUNTED, 45)}


def test_tests_and_real_lessons_do_not_feed_each_other(day: Any) -> None:
    day.lesson("L1", "08:00-08:10", is_test=True)
    day.lesson("L2", "09:00-09:40")
    day.host("08:00-09:40", lesson="L1")
    day.rural("R1", "08:00-09:40", lesson="L1")
    assert by_lesson(day)["L2/0"] == (NOT_COUNTED, 0)


def test_lessons_planned_over_each_other_keep_to_their_own_connections(day: Any) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", "09:20-10:00")
    day.host("09:00-09:40", lesson="L1")
    day.rural("R1", "09:00-09:40", lesson="L1")
    assert by_lesson(day) == {"L1/0": (COUNTED, 40), "L2/0": (NOT_COUNTED, 0)}
    assert zone(day, day.activities()[0]) == day.spans("08:50-09:55")


def test_a_lesson_between_two_periods_of_a_conflicting_one_is_not_fed(day: Any) -> None:
    day.lesson("L1", "08:00-08:40", "09:20-10:00")
    day.lesson("L2", "09:00-09:40")
    day.host("08:00-10:00", lesson="L1")
    day.rural("R1", "08:00-10:00", lesson="L1")
    assert by_lesson(day)["L2/0"] == (NOT_COUNTED, 0)


def test_short_lessons_one_after_another_do_not_count_each_other(day: Any) -> None:
    """Three lessons of a minute: each is judged on the minutes around its own."""
    for number, planned in enumerate(("09:00-09:01", "09:05-09:06", "09:10-09:11"), 1):
        day.lesson(f"L{number}", planned)
    day.host("09:00-09:01:30", lesson="L1")
    day.rural("R1", "09:00-09:01:30", lesson="L1")
    assert by_lesson(day) == {"L1/0": (COUNTED, 1), "L2/0": (NOT_COUNTED, 0), "L3/0": (NOT_COUNTED, 0)}


def test_observers_and_monitors_are_nobody(day: Any) -> None:
    day.lesson()
    day.connected("U1", Role.MONITOR, "09:00-09:40")
    day.connected("R1", Role.OBSERVER, "09:00-09:40")
    assert day.activity().flags == (Flag.NOT_HELD,)


def test_a_rung_the_server_chose_is_shown_inside_the_zone(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    day.presence[-1] = msgspec.structs.replace(day.presence[-1], held_back=day.spans("08:00-09:10"))
    assert day.activity().rooms[1].held_back == day.spans("08:50-09:10")


def test_headcounts_confirmed_in_the_lesson_itself_hold_against_a_merged_one(day: Any) -> None:
    def seats(host: int | None, rural: int | None) -> tuple[Seat, ...]:
        u1, r1 = day.seats("U1 R1")
        return (
            msgspec.structs.replace(u1, confirmed_students=host, confirmed_teachers=host and 2),
            msgspec.structs.replace(r1, confirmed_students=rural),
        )

    day.lesson(seats=seats(40, None))
    day.unplanned("A", seats=(*seats(30, 20), *day.seats("R2")))
    day.host(lesson="A")
    day.rural("R1", lesson="A")
    activity = day.activity()
    assert (activity.sources, activity.state) == (("L", "A"), COUNTED)
    assert (activity.students, activity.teachers) == (40 + 20, 2 + 1)


def test_a_lesson_after_midnight_is_on_its_own_date(day_of: Any) -> None:
    day = day_of(date(2019, 3, 31))
    day.lesson("L", "23:30-23:59")
    day.host("23:30-23:59")
    day.rural("R1", "23:30-23:59")
    assert day.activity().flags[0] is Flag.PAIR_INACTIVE  # the pair begins on the next day
