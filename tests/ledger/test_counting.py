"""The counting vectors, row by row: (state, count, participants), shared minutes, flags.

Unless a row says otherwise: Tuesday 2019-05-14, planned 09:00–09:40, host room U1 of 实验小学 connected 08:58–09:41,
pair P1 with 檀溪中小 (rooms R1, R2), nobody's headcount confirmed.
"""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.ledger.activity import Activity, Flag, NumberSource, State
from classroom.ledger.counting import judge, judge_again
from classroom.ledger.facts import Facts, Lesson, Role, Seat
from classroom.ledger.intervals import bridge, intersect, total_ms, union
from classroom.ledger.months import WindowMode, default_windows, window_of
from classroom.ledger.rollup import month_of
from classroom.ledger.words import Word, WordKind, standing
from classroom.registry.facts import Pair, StatusChange

COUNTED, PENDING, NOT_COUNTED = State.COUNTED, State.PENDING, State.NOT_COUNTED


def result(*activities: Activity) -> tuple[State, int, int]:
    """What the forms would see of activities that all share one state."""
    (state,) = {one.state for one in activities}
    return state, sum(one.state is COUNTED for one in activities), sum(one.participants for one in activities)


def minutes(activity: Activity, role: Role = Role.RURAL) -> dict[str, int]:
    return {room.room: room.minutes for room in activity.rooms if room.role is role}


def test_v01_the_whole_lesson_together(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    activity = day.activity()
    assert result(activity) == (COUNTED, 1, 67)
    assert (activity.teachers, activity.students, activity.minutes) == (2, 65, 40)
    assert (activity.id, activity.flags) == ("L.0.P1", (Flag.BY_ROSTER,))


def test_v02_eighteen_minutes_wait_for_a_persons_word(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:22-09:40")
    assert (result(day.activity()), day.activity().minutes) == ((PENDING, 0, 0), 18)
    day.confirm("L.0.P1")
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_v03_twenty_minutes_are_enough(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:20:00-09:40:00")
    assert (result(day.activity()), day.activity().minutes) == ((COUNTED, 1, 67), 20)


def test_v04_one_second_less_is_not(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:20:01-09:40:00")
    assert (result(day.activity()), day.activity().minutes) == ((PENDING, 0, 0), 19)


def test_v05_six_short_drops_are_one_lesson(day: Any) -> None:
    day.lesson()
    day.host()
    pieces = ("09:00-09:05", "09:06:30-09:10", "09:11:30-09:15", "09:16:30-09:20")
    day.rural("R1", *pieces, "09:21:30-09:25", "09:26:30-09:30", "09:31:30-09:40")
    assert (result(day.activity()), day.activity().minutes) == ((COUNTED, 1, 67), 40)


def test_v06_a_long_drop_is_not_bridged(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:00-09:12", "09:22-09:40")
    assert (result(day.activity()), day.activity().minutes) == ((COUNTED, 1, 67), 30)


def test_v07_the_host_was_away(day: Any) -> None:
    day.lesson()
    day.host("09:00-09:15", "09:35-09:40")
    day.rural("R1")
    assert (result(day.activity()), day.activity().minutes) == ((COUNTED, 1, 67), 20)


def test_v08_the_host_alone(day: Any) -> None:
    day.lesson()
    day.host()
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 0)
    assert [flag.words for flag in day.activity().flags] == ["结对教室未接入"]


def test_v09_no_host(day: Any) -> None:
    day.lesson()
    day.rural("R1")
    day.connected("X", Role.MONITOR, "09:00-09:40")
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 0)
    assert [flag.words for flag in day.activity().flags] == ["主讲教室未接入"]


def test_v10_two_rooms_of_one_school_are_one_activity(day: Any) -> None:
    day.lesson(rooms="U1 R1 R2")
    day.host()
    day.rural("R1")
    day.rural("R2")
    activity = day.activity()
    assert result(activity) == (COUNTED, 1, 89)
    assert (activity.teachers, activity.students) == (3, 86)
    assert minutes(activity) == {"R1": 40, "R2": 40}


def test_v11_a_room_that_only_looked_in_brings_nobody(day: Any) -> None:
    day.lesson(rooms="U1 R1 R2")
    day.host()
    day.rural("R1")
    day.rural("R2", "09:00-09:05")
    assert result(day.activity()) == (COUNTED, 1, 67)
    assert minutes(day.activity()) == {"R1": 40, "R2": 5}


def test_v14_a_pair_not_yet_active(day: Any) -> None:
    day.lesson(rooms="U1 R9", pairs="P11")
    day.host()
    day.rural("R9")
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 40)
    assert [flag.words for flag in day.activity().flags] == ["结对未生效"]


def v15_as_two_lessons(day: Any) -> None:
    day.lesson("L1", "09:00-09:40")
    day.lesson("L2", "09:50-10:30")
    day.host("08:55-10:32", lesson="L1")
    day.rural("R1", "08:55-10:32", lesson="L1")


def v15_as_two_periods(day: Any) -> None:
    day.lesson("L", "09:00-09:40", "09:50-10:30")
    day.host("08:55-10:32")
    day.rural("R1", "08:55-10:32")


@pytest.mark.parametrize("arrange", [v15_as_two_lessons, v15_as_two_periods])
def test_v15_two_lessons_in_a_row_with_the_room_left_open(day: Any, arrange: Any) -> None:
    arrange(day)
    first, second = day.activities()
    assert result(first, second) == (COUNTED, 2, 134)
    assert (first.minutes, second.minutes) == (50, 47)


def test_v17_a_test(day: Any) -> None:
    day.lesson(is_test=True)
    day.host()
    day.rural("R1")
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 40)
    assert [flag.words for flag in day.activity().flags] == ["测试课"]


def test_v18_cancelled_and_nobody_came(day: Any) -> None:
    day.lesson(is_cancelled=True)
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 0)
    assert {flag.words for flag in day.activity().flags} == {"未开展", "已取消"}


def test_v20_the_teacher_restarts(day: Any) -> None:
    day.lesson()
    day.host("09:00-09:15")
    day.rural("R1", "09:00-09:15")
    day.host("09:18-09:40")
    day.rural("R1", "09:18:30-09:40")
    assert (result(day.activity()), day.activity().minutes) == ((COUNTED, 1, 67), 36)


def test_v21_watching_is_not_taking_part(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", view_only=True)
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 0)
    assert [flag.words for flag in day.activity().flags] == ["未建立双向互动"]


def confirmed(room: str, school: str, students: int, *, roster: int) -> Seat:
    return Seat(room=room, school=school, students=roster, teachers=1, confirmed_students=students)


def test_v23_confirmed_headcounts_replace_the_rosters(day: Any) -> None:
    day.lesson(seats=(confirmed("U1", "实验小学", 41, roster=42), confirmed("R1", "檀溪中小", 20, roster=23)))
    day.host()
    day.rural("R1")
    assert result(day.activity()) == (COUNTED, 1, 63)
    assert (day.activity().teachers, day.activity().students, day.activity().flags) == (2, 61, ())


def test_v24_observers_are_no_participants_unless_the_rules_say_so(day: Any) -> None:
    day.lesson(observers=15)
    day.host()
    day.rural("R1")
    day.connected("X", Role.OBSERVER, "09:00-09:40")
    assert result(day.activity()) == (COUNTED, 1, 67)
    day.set_rules(count_observers=True)
    assert result(day.activity()) == (COUNTED, 1, 82)


def test_v26_the_village_teaches(day: Any) -> None:
    day.lesson(rooms="R1 U1")
    day.host(room="R1")
    day.rural("U1")
    assert (result(day.activity()), day.activity().minutes) == ((PENDING, 0, 0), 40)
    assert Flag.REVERSE in day.activity().flags
    day.confirm("L.0.P1")
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_v28_no_recording_is_needed(day: Any) -> None:
    """The facts hold no recording at all: the evidence is the connection log and what was made of it."""
    day.lesson()
    day.host()
    day.rural("R1")
    assert result(day.activity()) == (COUNTED, 1, 67)
    host, rural = day.activity().rooms
    assert (host.seen, rural.seen) == (day.spans("08:58-09:41"), day.spans("09:00-09:40"))
    assert (host.used, rural.used, rural.shared_ms) == (host.seen, rural.seen, 2_400_000)


@pytest.mark.parametrize(
    ("on", "cutoff_26", "calendar"),
    [(date(2019, 6, 27), "2019-07", "2019-06"), (date(2019, 6, 26), "2019-06", "2019-06")],
)
def test_v29_the_month_of_a_lesson_around_the_26th(day_of: Any, on: date, cutoff_26: str, calendar: str) -> None:
    day = day_of(on)
    day.lesson()
    day.host()
    day.rural("R1")
    assert (result(day.activity()), day.activity().minutes) == ((COUNTED, 1, 67), 40)
    assert month_of(day.activity(), default_windows(on, WindowMode.CUTOFF_26)) == cutoff_26
    assert month_of(day.activity(), default_windows(on, WindowMode.CALENDAR)) == calendar


@pytest.mark.parametrize(("on", "calendar"), [(date(2019, 4, 28), "2019-04"), (date(2019, 5, 2), "2019-05")])
def test_v31_a_lesson_on_a_day_off_counts_as_well(day_of: Any, on: date, calendar: str) -> None:
    day = day_of(on)
    day.lesson()
    day.host()
    day.rural("R1")
    assert result(day.activity()) == (COUNTED, 1, 67)
    assert month_of(day.activity(), default_windows(on, WindowMode.CUTOFF_26)) == "2019-05"
    assert month_of(day.activity(), default_windows(on, WindowMode.CALENDAR)) == calendar


@pytest.mark.parametrize(
    ("host", "rural", "expected", "ov"),
    [
        ("09:00:00-09:01:00", "09:00:00-09:01:00", (COUNTED, 1, 67), 1),
        ("09:00:00-09:00:59", "09:00:00-09:00:59", (NOT_COUNTED, 0, 0), 0),
        ("09:00:00-09:01:00", None, (NOT_COUNTED, 0, 0), 0),
    ],
)
def test_v37_a_lesson_of_one_minute(day: Any, host: str, rural: str | None, expected: Any, ov: int) -> None:
    day.lesson("L", "09:00-09:01")
    day.host(host)
    if rural:
        day.rural("R1", rural)
    activity = day.activity()
    assert (result(activity), activity.minutes) == (expected, ov)
    assert (activity.need, activity.low) == (1, 1)


def test_v38_pieces_are_added_before_they_are_floored(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:00:00-09:06:40", "09:10:00-09:16:40", "09:20:00-09:26:40")
    assert (result(day.activity()), day.activity().minutes) == ((COUNTED, 1, 67), 20)


# What the rows leave open


@pytest.mark.parametrize(
    ("planned", "need", "low"),
    [("09:00-09:40", 20, 10), ("09:00-09:45", 20, 10), ("09:00-09:35", 18, 9), ("09:00-09:30", 15, 7)]
    + [("09:00-09:01", 1, 1), ("09:00-09:02", 1, 1), ("09:00-09:03", 2, 1)],
)
def test_need_and_low_follow_the_planned_length(day: Any, planned: str, need: int, low: int) -> None:
    day.lesson("L", planned)
    assert (day.activity().need, day.activity().low) == (need, low)


def test_too_short_has_no_flag_of_absence(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:00-09:09:59")
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 9)
    assert day.activity().flags == ()


def test_a_planned_lesson_nobody_joined_was_not_held(day: Any) -> None:
    day.lesson()
    assert day.activity().flags == (Flag.NOT_HELD,)
    assert [(room.room, room.seen, room.minutes) for room in day.activity().rooms] == [("U1", (), 0), ("R1", (), 0)]


def test_a_host_that_only_receives_made_no_two_way_connection(day: Any) -> None:
    day.lesson()
    day.host(view_only=True)
    day.rural("R1")
    assert day.activity().flags == (Flag.NOT_INTERACTIVE,)


def test_a_cancelled_lesson_that_was_held_all_the_same_does_not_count(day: Any) -> None:
    day.lesson(is_cancelled=True)
    day.host()
    day.rural("R1")
    assert (result(day.activity()), day.activity().flags) == ((NOT_COUNTED, 0, 0), (Flag.CANCELLED,))


def test_every_precondition_that_fails_is_named(day: Any) -> None:
    day.lesson(rooms="U1 R9", pairs="P11", is_test=True, is_cancelled=True)
    assert day.activity().flags == (Flag.PAIR_INACTIVE, Flag.TEST, Flag.CANCELLED, Flag.NOT_HELD)


def active(first: int, last: int) -> tuple[StatusChange, ...]:
    """On these days of May 2019, both included."""
    return (
        StatusChange(since=date(2019, 5, first), status="active"),
        StatusChange(since=date(2019, 5, last + 1), status="ended"),
    )


@pytest.mark.parametrize(("first", "last", "state"), [(14, 14, COUNTED), (15, 20, NOT_COUNTED), (1, 13, NOT_COUNTED)])
def test_a_pair_is_judged_on_the_local_date_of_the_lesson(day: Any, first: int, last: int, state: State) -> None:
    day.pairs = [Pair(id="P1", supporter="实验小学", recipient="檀溪中小", statuses=active(first, last))]
    day.lesson()
    day.host()
    day.rural("R1")
    assert day.activity().state is state


def test_a_pair_without_a_named_recipient_never_counts(day: Any) -> None:
    day.pairs = [
        Pair(
            id="P1",
            supporter="实验小学",
            recipient=None,
            statuses=(StatusChange(since=date(2019, 4, 1), status="active"),),
        )
    ]
    day.lesson()
    day.host()
    day.rural("R1")
    assert Flag.PAIR_INACTIVE in day.activity().flags


def test_each_pair_of_a_lesson_is_judged_on_its_own(day: Any) -> None:
    day.pairs.append(
        Pair(
            id="P12",
            supporter="实验小学",
            recipient="礼张完小",
            statuses=(StatusChange(since=date(2019, 4, 1), status="active"),),
        )
    )
    day.lesson(rooms="U1 R1 R3", pairs="P1 P12")
    day.host()
    day.rural("R1")
    day.rural("R3", "09:00-09:12")
    assert [(one.pair, one.state, one.participants) for one in day.activities()] == [
        ("P1", COUNTED, 67),
        ("P12", PENDING, 0),
    ]


def test_a_pair_that_only_joined_is_at_most_pending(day: Any) -> None:
    day.pairs.append(
        Pair(
            id="P12",
            supporter="实验小学",
            recipient="礼张完小",
            statuses=(StatusChange(since=date(2019, 4, 1), status="active"),),
        )
    )
    guest = Seat(room="R3", school="礼张完小", students=12, teachers=1, on_timetable=False)
    day.lesson(seats=(Seat(room="U1", school="实验小学"), Seat(room="R1", school="檀溪中小"), guest))
    day.host()
    day.rural("R3")
    listed, joined = day.activities()
    assert (listed.pair, listed.flags) == ("P1", (Flag.NO_RURAL_ROOM,))
    assert (joined.pair, joined.state, joined.minutes) == ("P12", PENDING, 40)
    assert {Flag.PAIR_NOT_LISTED, Flag.ROOM_NOT_LISTED} <= set(joined.flags)


def test_of_two_rounds_between_the_same_schools_a_joined_room_means_the_active_one(day: Any) -> None:
    ended = (
        StatusChange(since=date(2016, 1, 1), status="active"),
        StatusChange(since=date(2018, 1, 2), status="ended"),
    )
    old = Pair(id="OLD", supporter="实验小学", recipient="檀溪中小", statuses=ended)
    day.pairs.insert(0, old)
    day.lesson(pairs="P2")
    day.host()
    day.rural("R1")
    assert [one.pair for one in day.activities()] == ["P2", "P1"]


def test_a_room_not_on_the_timetable_counts_for_its_pair_and_is_flagged(day: Any) -> None:
    extra = Seat(room="R2", school="檀溪中小", students=21, teachers=1, on_timetable=False)
    day.lesson(seats=(Seat(room="U1", school="实验小学", students=42, teachers=1), extra))
    day.host()
    day.rural("R2")
    assert result(day.activity()) == (COUNTED, 1, 65)
    assert Flag.ROOM_NOT_LISTED in day.activity().flags


def test_a_room_whose_school_nobody_said_is_left_out(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R7")
    assert day.activity().flags == (Flag.NO_RURAL_ROOM,)


U3 = Seat(room="U3", school="实验小学", students=38, teachers=1)


def test_two_host_rooms_of_one_school_teach_together(day: Any) -> None:
    day.lesson(seats=(*day.seats("U1 R1"), U3))
    day.host("09:00-09:15")
    day.host("09:20-09:40", room="U3")
    day.rural("R1")
    activity = day.activity()
    assert (result(activity), activity.minutes) == ((COUNTED, 1, 67 + 39), 35)
    assert minutes(activity, Role.HOST) == {"U1": 15, "U3": 20}


def test_a_further_host_room_that_only_looked_in_brings_nobody(day: Any) -> None:
    day.lesson(seats=(*day.seats("U1 R1"), U3))
    day.host()
    day.host("09:00-09:05", room="U3")
    day.rural("R1")
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_a_host_room_that_never_came_brings_nobody(day: Any) -> None:
    day.lesson(seats=(*day.seats("U1 R1"), U3))
    day.host(room="U3")
    day.rural("R1")
    assert result(day.activity()) == (COUNTED, 1, 38 + 23 + 2)


def test_the_room_planned_to_teach_may_turn_out_to_listen(day: Any) -> None:
    day.lesson()
    day.host(room="R1")
    day.rural("U1")
    assert (day.activity().state, Flag.REVERSE in day.activity().flags) == (PENDING, True)


def test_a_reverse_lesson_too_short_to_matter_is_not_flagged_reverse(day: Any) -> None:
    day.lesson(rooms="R1 U1")
    day.host(room="R1")
    day.rural("U1", "09:00-09:05")
    assert (day.activity().state, day.activity().flags) == (NOT_COUNTED, ())


def test_a_pair_whose_schools_have_no_host_room_here_was_not_held(day: Any) -> None:
    day.lesson(pairs="P1 P2")
    day.host()
    day.rural("R1")
    assert [(one.pair, one.flags) for one in day.activities()][1] == ("P2", (Flag.NOT_HELD,))


def test_view_only_counts_where_the_rules_say_so(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", view_only=True)
    day.set_rules(count_view_only=True)
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_numbers_nobody_said_are_zero_and_marked_and_somebody_taught(day: Any) -> None:
    day.lesson(seats=(Seat(room="U1", school="实验小学"), Seat(room="R1", school="檀溪中小")), subject=None)
    day.host()
    day.rural("R1")
    activity = day.activity()
    assert result(activity) == (COUNTED, 1, 1)
    assert [flag.words for flag in activity.flags] == ["人数未填", "教师未填", "学科未填"]


def test_a_confirmed_zero_is_a_number(day: Any) -> None:
    rural = Seat(room="R1", school="檀溪中小", students=23, teachers=1, confirmed_students=0, confirmed_teachers=0)
    day.lesson(seats=(Seat(room="U1", school="实验小学", students=42, teachers=1), rural))
    day.host()
    day.rural("R1")
    assert (result(day.activity()), day.activity().flags) == ((COUNTED, 1, 43), (Flag.BY_ROSTER,))
    assert day.activity().rooms[1].headcount.students_from is NumberSource.CONFIRMED


def test_a_rejected_activity_does_not_count_and_the_last_word_holds(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:22-09:40")
    day.confirm("L.0.P1", accepted=False, clock="17:00")
    day.confirm("L.0.P1", accepted=True, clock="16:00")
    activity = day.activity()
    assert (activity.state, activity.participants, activity.flags) == (NOT_COUNTED, 0, (Flag.REJECTED,))
    day.confirm("L.0.P1", accepted=True, clock="18:00")
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_a_word_changes_nothing_that_is_not_pending(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    day.confirm("L.0.P1", accepted=False)
    assert (day.activity().state, day.activity().word) == (COUNTED, None)


@pytest.mark.parametrize(("by", "reason"), [(" ", "看过课堂记录"), ("officer", "")])
def test_a_confirmation_needs_a_person_and_a_reason(by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="named person"):
        Word(
            id="w1",
            activity="L.0.P1",
            kind=WordKind.CONFIRM,
            by=by,
            at=datetime(2019, 5, 14, tzinfo=UTC),
            reason=reason,
        )


def test_an_unknown_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown pairs: P9"):
        judge(Facts(lessons=(Lesson(id="L", host_room="U1", seats=(), pairs=("P9",)),)))


def test_an_activity_survives_being_stored(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:22-09:40")
    day.confirm("L.0.P1")
    stored = msgspec.json.encode(day.activity())
    assert msgspec.json.decode(stored, type=Activity) == day.activity()


def test_the_month_of_an_unplanned_lesson_is_that_of_its_first_second_together(day_of: Any) -> None:
    day = day_of(date(2019, 5, 26))
    day.unplanned()
    day.host("23:50-23:59:59")
    day.rural("R1", "23:59-23:59:59")
    activity = day.activity()
    assert activity.begins_at == day.at("23:59")
    assert window_of(activity.begins_at, default_windows(date(2019, 7, 1))).month == "2019-05"


minute = st.integers(0, 180)
spans = st.lists(st.tuples(minute, st.integers(0, 59), minute, st.integers(0, 59)), max_size=5)


def clock(minutes: int, seconds: int = 0) -> str:
    return f"{9 + minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


@given(st.lists(st.integers(1, 25), max_size=8), spans, spans, st.sampled_from(["L0", "A"]))
def test_no_second_is_judged_twice(day_of: Any, lengths: list[int], host: Any, rural: Any, lesson: str) -> None:
    """Lessons and breaks of any length, presence of any shape, left open from a planned or an unplanned lesson."""
    day = day_of()
    day.unplanned("A")
    day.lesson("L0", "09:00-09:05")
    begin = 10
    for number, (length, pause) in enumerate(zip(lengths[::2], lengths[1::2], strict=False), 1):
        day.lesson(f"L{number}", f"{clock(begin)}-{clock(begin + length)}")
        begin += length + pause
    pieces = [[f"{clock(a, b)}-{clock(c, d)}" for a, b, c, d in side] for side in (host, rural)]
    day.connected("U1", Role.HOST, *pieces[0], lesson=lesson)
    day.connected("R1", Role.RURAL, *pieces[1], lesson=lesson)

    judged = [room.used for one in day.activities() for room in one.rooms if room.role is Role.RURAL]
    together = union(*judged)
    assert total_ms(together) == sum(map(total_ms, judged))
    assert intersect(together, bridge(day.spans(*pieces[1]), 120_000)) == together


@given(spans, spans)
def test_the_order_and_the_cut_of_the_log_change_nothing(day_of: Any, host: Any, rural: Any) -> None:
    whole, pieces = day_of(), day_of()
    texts = [[f"{clock(a, b)}-{clock(c, d)}" for a, b, c, d in side] for side in (host, rural)]
    for day in (whole, pieces):
        day.lesson()
    whole.host(*(texts[0] or ["09:00-09:00"]))
    whole.rural("R1", *(texts[1] or ["09:00-09:00"]))
    for text in reversed(texts[1]):
        pieces.rural("R1", text)
    for text in reversed(texts[0]):
        pieces.host(text)
    assert pieces.activities() == whole.activities()


# What people say of it


def test_v32_a_correction_that_names_its_rooms_makes_an_outage_count(day_of: Any) -> None:
    """The pure half: which month takes the 补计 is told where activities are stored."""
    day = day_of(date(2019, 5, 20))
    day.lesson()
    day.host()
    day.rural("R1", "09:00-09:03")
    assert (result(day.activity()), day.activity().minutes) == ((NOT_COUNTED, 0, 0), 3)
    day.correct("L.0.P1", rooms=("R1",))
    activity = day.activity()
    assert (result(activity), activity.minutes) == ((COUNTED, 1, 67), 3)
    assert Flag.CORRECTED in activity.flags and activity.word == "word0"


def test_only_the_named_rooms_of_a_correction_count_besides_those_that_were_there(day: Any) -> None:
    day.lesson(rooms="U1 R1 R2")
    day.host()
    day.rural("R1", "09:00-09:03")
    day.rural("R2", "09:00-09:03")
    day.correct("L.0.P1", rooms=("R2",))
    assert result(day.activity()) == (COUNTED, 1, 65)


def test_a_confirmation_counts_the_rooms_from_low_minutes_on(day: Any) -> None:
    day.lesson(rooms="U1 R1 R2")
    day.host()
    day.rural("R1", "09:22-09:40")
    day.rural("R2", "09:22-09:31")
    day.confirm("L.0.P1")
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_an_outage_of_both_rooms_is_corrected_with_the_host_class(day: Any) -> None:
    day.lesson()
    day.correct("L.0.P1", rooms=("R1",))
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_a_test_flag_is_put_and_taken_away_by_correction(day: Any) -> None:
    day.lesson(is_test=True)
    day.host()
    day.rural("R1")
    day.correct("L.0.P1", is_test=False)
    assert result(day.activity()) == (COUNTED, 1, 67)
    day.correct("L.0.P1", clock="17:00", is_test=True)
    assert (result(day.activity()), day.activity().flags) == ((NOT_COUNTED, 0, 0), (Flag.TEST, Flag.CORRECTED))


def test_a_lesson_held_after_its_cancellation_is_uncancelled_by_correction(day: Any) -> None:
    day.lesson(is_cancelled=True)
    day.host()
    day.rural("R1")
    day.correct("L.0.P1", is_cancelled=False)
    assert result(day.activity()) == (COUNTED, 1, 67)


def test_numbers_and_subject_are_corrected_by_room_and_as_a_whole(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    day.correct("L.0.P1", students={"R1": 20, "U1": 41}, subjects=("音", "美"))
    activity = day.activity()
    assert (result(activity), activity.subjects, activity.host_participants) == ((COUNTED, 1, 63), ("音", "美"), 42)
    assert Flag.BY_ROSTER not in activity.flags
    day.correct("L.0.P1", clock="17:00", students=50, teachers=3)
    assert (day.activity().students, day.activity().teachers, day.activity().participants) == (50, 3, 53)


def test_a_correction_does_not_make_an_inactive_pair_count(day: Any) -> None:
    day.lesson(rooms="U1 R9", pairs="P11")
    day.host()
    day.rural("R9")
    day.correct("L.0.P11", rooms=("R9",))
    assert (result(day.activity()), Flag.PAIR_INACTIVE in day.activity().flags) == ((NOT_COUNTED, 0, 0), True)


words = st.lists(
    st.sampled_from(
        [
            {"kind": "confirm"},
            {"kind": "reject"},
            {"rooms": ("R1",)},
            {"students": {"R1": 20}},
            {"students": 50},
            {"subjects": ("音",)},
            {"is_test": True},
            {"is_test": False},
            {"is_cancelled": False},
        ]
    ),
    max_size=4,
)


@given(spans, spans, words, words, st.booleans(), st.booleans())
def test_judging_again_from_the_evidence_is_as_good_as_from_the_log(
    day_of: Any, host: Any, rural: Any, before: Any, after: Any, is_test: bool, is_reverse: bool
) -> None:
    """Whatever was said before the activity was stored, and after."""
    day = day_of()
    day.lesson(rooms="R1 U1" if is_reverse else "U1 R1", is_test=is_test, observers=3)
    teaches, listens = ("R1", "U1") if is_reverse else ("U1", "R1")
    for room, role, side in ((teaches, Role.HOST, host), (listens, Role.RURAL, rural)):
        day.connected(room, role, *(f"{clock(a, b)}-{clock(c, d)}" for a, b, c, d in side))

    def say(said: Any) -> None:
        for change in said:
            at = f"16:{len(day.words):02}"
            if "kind" in change:
                day.confirm("L.0.P1", accepted=change["kind"] == "confirm", clock=at)
            else:
                day.correct("L.0.P1", clock=at, **change)

    say(before)
    stored = msgspec.convert(msgspec.to_builtins(day.activity()), Activity)
    say(after)
    assert judge_again(stored, day.pairs[0], standing(day.words), day.rules) == day.activity()


def test_a_pair_made_active_later_and_a_class_that_grew_are_judged_from_the_evidence(day: Any) -> None:
    active_pair = day.pairs[0]
    day.pairs = [msgspec.structs.replace(active_pair, statuses=())]
    day.lesson(seats=tuple(msgspec.structs.replace(seat, class_id=f"c{seat.room}") for seat in day.seats("U1 R1")))
    day.host()
    day.rural("R1")
    waiting = day.activity()
    assert waiting.flags == (Flag.PAIR_INACTIVE,)
    active = judge_again(waiting, active_pair, standing([]), day.rules)
    assert result(active) == (COUNTED, 1, 67)
    grown = judge_again(active, active_pair, standing([]), day.rules, {"cR1": 25, "other": 7})
    assert (result(grown), grown.rooms[1].headcount.roster) == ((COUNTED, 1, 69), 25)
