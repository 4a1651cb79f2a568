"""The life of a lesson: the table holds for every state and command, and the fold is the lesson."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    AnyEvent,
    HandLowered,
    LessonCancelled,
    LessonEnded,
    LessonOpened,
    LessonStarted,
    Period,
    RecordingStopped,
    SeatPlan,
    SeatTaken,
    decode,
    encode,
)
from classroom.lesson.lesson import State
from classroom.lesson.state import (
    TRANSITIONS,
    ImpossibleEvent,
    apply,
    change_plan,
    closes_at,
    extend,
    fold,
    move,
    planned_end,
)

STATES = get_args(State)
ROADS = {
    "scheduled": ["schedule"],
    "open": ["schedule", "take host", "take r1"],
    "live": ["schedule", "take host", "take r1", "start", "flow r1", "consent some", "consent rest"],
    "ended": ["schedule", "take host", "take r1", "start", "end"],
}

# Which commands each state obeys (with events or, where the thing is so already, without); all others are refused.
OBEYS = {
    "scheduled": {
        "open",
        "start",
        "end alone",
        "cancel",
        "take host",
        "consent some",
        "consent rest",
        "add slides",
        "remove slides",
    },
    "open": {
        "open",
        "start",
        "extend",
        "end",
        "end alone",
        "cancel",
        "take host",
        "take r1",
        "take r1 elsewhere",
        "replace r1",
        "leave r1",
        "flow r1",
        "flow r1 again",
        "stall r1",
        "gone r1",
        "rung r1",
        "raise r1",
        "lower r1",
        "step",
        "stage r1",
        "stage nobody",
        "draw",
        "spotlight r1",
        "layout",
        "take turns",
        "turn",
        "say r1",
        "whisper r1",
        "close chat",
        "talk r1",
        "hang up",
        "praise r1",
        "mute all",
        "unmute r1",
        "headcount r1",
        "help r1",
        "answer r1",
        "consent some",
        "consent rest",
        "record no more",
        "quiz",
        "second quiz",
        "close quiz",
        "homework",
        "show nothing",
        "add slides",
        "remove slides",
        "blank page",
        "no page",
        "let r1 write",
    },
    "ended": {"end", "end alone", "cancel"},
}
OBEYS["live"] = OBEYS["open"] - {"cancel"} | {"record"}


@pytest.mark.parametrize("state", STATES)
def test_a_state_obeys_these_commands_and_no_others(
    state: str, sit: Callable[[], Any], commands: dict[str, Any]
) -> None:
    obeyed = set()
    for name in commands:
        sitting = sit()
        sitting.give(*ROADS[state])
        assert sitting.lesson.state == state
        before = sitting.lesson
        try:
            sitting.give(name)
            obeyed.add(name)
        except LessonError as error:
            assert error.title and error.detail
            assert sitting.lesson is before
    assert obeyed == OBEYS[state]


@given(data=st.data())
def test_any_run_of_commands_keeps_the_lesson_whole(data: st.DataObject, sit: Callable[[], Any], commands: Any) -> None:
    sitting = sit()
    sitting.give("schedule")
    for name in data.draw(st.lists(st.sampled_from(sorted(commands)), max_size=40)):
        before, known = sitting.lesson, len(sitting.events)
        try:
            sitting.give(name)
        except LessonError:
            assert sitting.lesson is before and len(sitting.events) == known
        lesson = sitting.lesson
        assert lesson.state in STATES
        assert STATES.index(lesson.state) >= STATES.index(before.state)
        assert (lesson.opened_at is not None) or lesson.state in ("scheduled", "ended")
        assert not lesson.recording or not lesson.missing_consent
        assert len({hand.seat for hand in lesson.hands}) == len(lesson.hands)
        assert all(seat.present or not seat.streams for seat in lesson.seats.values())
    rows = [encode(event) for event in sitting.events]
    assert fold(decode(row) for row in rows) == sitting.lesson


@given(data=st.data())
def test_a_command_given_twice_has_no_second_event(data: st.DataObject, sit: Callable[[], Any], commands: Any) -> None:
    sitting = sit()
    sitting.give("schedule")
    for name in data.draw(st.lists(st.sampled_from(sorted(commands)), max_size=20)):
        try:
            sitting.give(name)
            again = sitting.give(name)
        except LessonError:
            continue
        assert again == []


def test_the_table_goes_one_way_and_ends() -> None:
    assert set(TRANSITIONS) == set(STATES)
    for state, row in TRANSITIONS.items():
        assert all(STATES.index(to) > STATES.index(state) for to in row.values())
    assert not TRANSITIONS["ended"]


def test_the_teachers_device_opens_the_lesson(sitting: Any) -> None:
    assert [type(event) for event in sitting.give("schedule", "take host")] == [LessonOpened, SeatTaken]
    assert sitting.lesson.state == "open" and sitting.lesson.seats["teacher"].present


def test_a_start_opens_a_scheduled_lesson_first(sitting: Any) -> None:
    assert [type(event) for event in sitting.give("schedule", "start")] == [LessonOpened, LessonStarted]


def test_the_end_stops_the_recording_and_empties_every_seat(sitting: Any) -> None:
    events = sitting.give(*ROADS["live"], "raise r1", "stage r1", "end")
    assert [type(event) for event in events] == [RecordingStopped, LessonEnded]
    lesson = sitting.lesson
    assert not lesson.recording and lesson.hands == () and lesson.stage is None
    assert not any(seat.present or seat.streams for seat in lesson.seats.values())
    assert lesson.seats["r1"].left_at == lesson.ended_at and lesson.seats["r2"].left_at is None


def test_a_cancelled_lesson_is_ended_and_says_why(sitting: Any) -> None:
    events = sitting.give("schedule", "cancel")
    assert [type(event) for event in events] == [LessonCancelled, LessonEnded]
    assert sitting.lesson.cancelled and sitting.lesson.end_reason == "cancelled"


@pytest.mark.parametrize("by", ["r1", "assistant:r1", "observer"])
@pytest.mark.parametrize("name", ["open", "start", "end", "cancel"])
def test_a_classroom_cannot_open_start_end_or_cancel(by: str, name: str, sitting: Any, commands: Any) -> None:
    sitting.give("schedule")
    with pytest.raises(LessonError, match="forbidden"):
        commands[name](sitting.lesson, sitting.at, by=by)


def plan(seat: str, role: Any = "rural") -> SeatPlan:
    return SeatPlan(seat=seat, school="s", classroom=seat, role=role, class_id="c" + seat)


@pytest.mark.parametrize(
    "plans",
    [
        (),
        (plan("teacher", "host"),),
        (plan("r1"), plan("r2")),
        (plan("r1", "host"), plan("r2")),
        (plan("teacher", "host"), plan("teacher", "host")),
        (plan("teacher", "host"), plan("r1"), plan("r1")),
        (plan("teacher", "host"), plan("r1"), plan("r2", "host")),
        (plan("teacher", "host"), *(plan(f"r{i}") for i in range(5))),
        (plan("teacher", "host"), SeatPlan(seat="x", school="s", classroom="y", role="rural", class_id="c")),
    ],
)
def test_a_lesson_needs_one_host_and_one_to_four_classrooms(
    plans: tuple[SeatPlan, ...], commands: Any, sitting: Any
) -> None:
    with pytest.raises(LessonError, match="bad_schedule"):
        commands["schedule"](None, sitting.at, plans=plans)


@pytest.mark.parametrize("edges", [(0, 0), (40, 0), (0, 40, 30, 60), (50, 90, 0, 40), (0.5, 40)])
def test_periods_are_whole_minutes_in_order(edges: tuple[float, ...], commands: Any, sitting: Any) -> None:
    at = sitting.at.replace(second=0)
    starts = [at + timedelta(minutes=edge) for edge in edges]
    periods = tuple(Period(start=a, end=b) for a, b in zip(starts[::2], starts[1::2], strict=True))
    with pytest.raises(LessonError, match="bad_schedule"):
        commands["schedule"](None, at, periods=periods)


def test_the_planned_end_is_that_of_the_last_period(sitting: Any, sit: Callable[[], Any], commands: Any) -> None:
    sitting.give("schedule")
    assert planned_end(sitting.lesson, timedelta(minutes=15)) == sitting.lesson.periods[0].start + timedelta(minutes=55)
    unplanned = fold(commands["schedule"](None, sitting.at, periods=()))
    assert unplanned is not None and planned_end(unplanned) is None


def test_an_event_out_of_its_place_is_impossible(sitting: Any) -> None:
    sitting.give(*ROADS["live"])
    first, opened, *_ = sitting.events
    last = sitting.lesson.seq
    impossible: list[tuple[Any, AnyEvent]] = [
        (None, opened),
        (sitting.lesson, first),
        (sitting.lesson, LessonStarted(lesson="l1", seq=last + 1, at=sitting.at, by="cli")),
        (sitting.lesson, HandLowered(lesson="l1", seq=last + 2, at=sitting.at, by="r1", seat="r1")),
        (sitting.lesson, HandLowered(lesson="l2", seq=last + 1, at=sitting.at, by="r1", seat="r1")),
        (sitting.lesson, SeatTaken(lesson="l1", seq=last + 1, at=sitting.at, by="r7", seat="r7", device="d")),
    ]
    for lesson, event in impossible:
        with pytest.raises(ImpossibleEvent):
            apply(lesson, event)
    sitting.give("end")
    with pytest.raises(ImpossibleEvent):
        apply(sitting.lesson, HandLowered(lesson="l1", seq=sitting.lesson.seq + 1, at=sitting.at, by="r1", seat="r1"))


# 调课, 代课


def test_a_lesson_that_has_not_begun_is_moved_with_all_its_periods(sitting: Any, commands: Any) -> None:
    lesson = fold(commands["schedule"](None, sitting.at))
    assert lesson is not None
    start = lesson.periods[0].start + timedelta(days=1, hours=2)
    moved = fold(move(lesson, sitting.at, by="teacher", start=start), lesson)
    assert moved is not None and moved.periods[0].start == start
    assert [period.end - period.start for period in moved.periods] == [
        period.end - period.start for period in lesson.periods
    ]
    assert move(moved, sitting.at, by="teacher", start=start) == []


def test_time_and_teacher_change_together_or_one_alone(sitting: Any, commands: Any) -> None:
    lesson = fold(commands["schedule"](None, sitting.at))
    assert lesson is not None
    start = lesson.periods[0].start + timedelta(days=1)
    events = change_plan(lesson, sitting.at, by="cli", start=start, teacher="t2")
    assert [type(event).__name__ for event in events] == ["LessonMoved", "TeacherReplaced"]
    changed = fold(events, lesson)
    assert changed is not None and (changed.teacher, changed.periods[0].start) == ("t2", start)
    assert change_plan(changed, sitting.at, by="cli", start=None, teacher="t2") == []


def test_a_lesson_is_not_moved_into_the_past_nor_off_the_minute_nor_once_it_has_opened(
    sitting: Any, commands: Any
) -> None:
    lesson = fold(commands["schedule"](None, sitting.at))
    assert lesson is not None
    start = lesson.periods[0].start
    for wrong in (sitting.at - timedelta(minutes=2), start + timedelta(seconds=1)):
        with pytest.raises(LessonError, match="bad_schedule"):
            move(lesson, sitting.at, by="teacher", start=wrong)
    opened = fold(commands["open"](lesson, sitting.at), lesson)
    assert opened is not None
    for refused in ({"start": start + timedelta(days=1), "teacher": None}, {"start": None, "teacher": "t2"}):
        with pytest.raises(LessonError, match="lesson_under_way"):
            change_plan(opened, sitting.at, by="teacher", **refused)
    with pytest.raises(LessonError, match="forbidden"):
        move(lesson, sitting.at, by="r1", start=start + timedelta(days=1))


def test_an_unplanned_lesson_has_no_time_to_move(sitting: Any, commands: Any) -> None:
    lesson = fold(commands["schedule"](None, sitting.at, periods=()))
    assert lesson is not None
    with pytest.raises(LessonError, match="bad_schedule"):
        move(lesson, sitting.at, by="teacher", start=sitting.at + timedelta(days=1))


def test_a_lesson_ends_by_itself_after_its_planned_end_and_what_it_was_extended_by(sitting: Any) -> None:
    grace = timedelta(minutes=10)
    sitting.give("schedule")
    assert closes_at(sitting.lesson, grace, sitting.at) is None, "nobody has opened it"
    sitting.give("take host", "start")
    end = sitting.lesson.periods[-1].end
    assert closes_at(sitting.lesson, grace, sitting.at) == end + grace
    sitting.give("extend", partial(extend, by="teacher", minutes=10))
    assert closes_at(sitting.lesson, grace, sitting.at) == end + grace + timedelta(minutes=10)
    told = end + timedelta(hours=1)
    assert closes_at(sitting.lesson, grace, told) == told + timedelta(minutes=10), "ten minutes more than was told"


def test_one_that_begins_after_its_planned_end_has_the_time_that_was_planned_for_it(sitting: Any) -> None:
    sitting.give("schedule")
    sitting.at += timedelta(hours=3)
    sitting.give("take host", "start")
    assert closes_at(sitting.lesson, timedelta(), sitting.at) == sitting.lesson.started_at + timedelta(minutes=40)


def test_an_extension_has_its_bounds(sitting: Any) -> None:
    sitting.give("schedule", "take host")
    for minutes in (-5, 31):
        with pytest.raises(LessonError, match="bad_extension"):
            sitting.give(partial(extend, by="teacher", minutes=minutes))
    with pytest.raises(LessonError, match="forbidden"):
        sitting.give(partial(extend, by="r1", minutes=5))
    for minutes in (30, 60, 90, 120):
        sitting.give(partial(extend, by="teacher", minutes=minutes))
    with pytest.raises(LessonError, match="bad_extension"):
        sitting.give(partial(extend, by="teacher", minutes=125))
    with pytest.raises(LessonError, match="bad_extension"):
        sitting.give("extend")
