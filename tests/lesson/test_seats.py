"""Seats: who may take, leave and speak for one, and when a command is no event."""

from datetime import timedelta
from typing import Any

import pytest

from classroom.lesson import seats
from classroom.lesson.errors import LessonError
from classroom.lesson.events import DeviceReplaced, SeatTaken
from classroom.lesson.lesson import Headcount

OPEN = ("schedule", "take host", "take r1")


def test_the_same_device_again_is_no_event_and_another_replaces_it(sitting: Any) -> None:
    assert [type(event) for event in sitting.give(*OPEN)] == [SeatTaken]
    assert sitting.give("take r1") == []
    assert [type(event) for event in sitting.give("take r1 elsewhere")] == [DeviceReplaced]
    assert sitting.lesson.seats["r1"].device == "d2"


def test_a_seat_that_left_is_taken_again_by_the_same_classroom(sitting: Any) -> None:
    sitting.give(*OPEN, "flow r1", "raise r1", "stage r1", "leave r1")
    seat = sitting.lesson.seats["r1"]
    assert not seat.present and seat.left_at is not None and seat.streams == {}
    assert sitting.lesson.stage == "r1"
    assert [type(event) for event in sitting.give("take r1")] == [SeatTaken]
    assert sitting.lesson.seats["r1"].left_at is None


def test_a_seat_never_leaves_in_the_future(sitting: Any) -> None:
    sitting.give(*OPEN)
    [left] = seats.leave_seat(
        sitting.lesson, sitting.at, by="server", seat="r1", last_at=sitting.at + timedelta(seconds=3)
    )
    assert left.last_at == left.at  # type: ignore[union-attr]


@pytest.mark.parametrize(("students", "teachers"), [(-1, 0), (2001, 0), (0, -1), (0, 51)])
def test_a_headcount_has_bounds(students: int, teachers: int, sitting: Any) -> None:
    sitting.give(*OPEN)
    with pytest.raises(LessonError, match="bad_headcount"):
        seats.confirm_headcount(sitting.lesson, sitting.at, by="r1", seat="r1", students=students, teachers=teachers)


@pytest.mark.parametrize(("students", "teachers"), [(0, 0), (2000, 50)])
def test_nought_is_a_number(students: int, teachers: int, sitting: Any) -> None:
    sitting.give(*OPEN)
    sitting.give(
        lambda lesson, at: seats.confirm_headcount(
            lesson, at, by="assistant:r1", seat="r1", students=students, teachers=teachers
        )
    )
    assert sitting.lesson.seats["r1"].headcount == Headcount(students=students, teachers=teachers)


def test_a_call_for_help_is_asked_and_answered_once(sitting: Any) -> None:
    sitting.give(*OPEN, "help r1")
    assert sitting.lesson.seats["r1"].help == "no_sound" and sitting.give("help r1") == []
    with pytest.raises(LessonError, match="forbidden"):
        seats.answer_help(sitting.lesson, sitting.at, by="r1", seat="r1")
    sitting.give("answer r1")
    assert sitting.lesson.seats["r1"].help is None and sitting.give("answer r1") == []
