"""Calling on classrooms: the draw is fair to who was called less, and praise is counted once a press."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from classroom.lesson import calling, seats
from classroom.lesson.errors import LessonError
from classroom.lesson.events import ClassroomDrawn, HandLowered, Muted, Praised, StageSet


def take_r2(sitting: Any) -> None:
    sitting.give("schedule", "take host", "take r1", partial(seats.take_seat, by="r2", seat="r2", device="d9"))


def shares(lesson: Any, at: Any, lots: int = 1000) -> dict[str, float]:
    """Seat → its share of all the lots that there are."""
    found: dict[str, int] = {}
    for lot in range(lots):
        instant = at.replace(microsecond=lot * (1_000_000 // lots))
        drawn, *_ = calling.draw(lesson, instant, by="teacher")
        found[drawn.seat] = found.get(drawn.seat, 0) + 1
    return {seat: count / lots for seat, count in found.items()}


def test_the_drawn_classroom_is_on_stage_and_heard(sitting: Any) -> None:
    events = sitting.give("schedule", "take host", "take r1", "raise r1", "mute all", "draw")
    assert [type(event) for event in events] == [ClassroomDrawn, StageSet, Muted, HandLowered]
    assert sitting.lesson.stage == sitting.lesson.drawn.seat == "r1"
    assert sitting.give("draw") == [], "a second press within three seconds"
    sitting.at += timedelta(seconds=3)
    assert [type(event) for event in sitting.give("draw")] == [ClassroomDrawn], "it is on stage already"


def test_each_call_less_doubles_the_chance(sitting: Any) -> None:
    take_r2(sitting)
    assert shares(sitting.lesson, sitting.at) == {"r1": 0.5, "r2": 0.5}
    sitting.give("stage r1", "stage nobody")
    assert shares(sitting.lesson, sitting.at) == pytest.approx({"r1": 1 / 3, "r2": 2 / 3}, abs=0.002)
    sitting.give("stage r1", "stage nobody")
    assert shares(sitting.lesson, sitting.at) == pytest.approx({"r1": 1 / 5, "r2": 4 / 5}, abs=0.002)


def test_who_is_on_stage_is_not_drawn_while_there_is_another(sitting: Any) -> None:
    take_r2(sitting)
    sitting.give("stage r1")
    assert shares(sitting.lesson, sitting.at) == {"r2": 1.0}


def test_only_the_teacher_draws_and_only_from_those_who_are_there(sitting: Any) -> None:
    sitting.give("schedule", "take host")
    with pytest.raises(LessonError, match="nobody_there"):
        sitting.give("draw")
    with pytest.raises(LessonError, match="forbidden"):
        calling.draw(sitting.lesson, sitting.at, by="r1")


def test_praise_is_counted_per_classroom_and_once_a_press(sitting: Any) -> None:
    [event] = sitting.give("schedule", "take host", "take r1", "praise r1")
    assert isinstance(event, Praised) and sitting.lesson.seats["r1"].praises == 1
    assert sitting.give("praise r1") == []
    sitting.at += timedelta(seconds=3)
    sitting.give("praise r1")
    assert sitting.lesson.seats["r1"].praises == 2
    for by, seat, code in (
        ("r1", "r1", "forbidden"),
        ("teacher", "r2", "seat_absent"),
        ("teacher", "teacher", "seat_unknown"),
    ):
        with pytest.raises(LessonError, match=code):
            calling.praise(sitting.lesson, sitting.at, by=by, seat=seat)
