"""What the screens show: the chosen camera, the layout, and turns that go round."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from classroom.lesson import scene, seats
from classroom.lesson.errors import LessonError
from classroom.lesson.events import StageSet

OPEN = ("schedule", "take host", "take r1", partial(seats.take_seat, by="r2", seat="r2", device="d9"))


def test_turns_go_round_among_those_who_are_here(sitting: Any) -> None:
    sitting.give(*OPEN, "take turns")
    order = []
    for _ in range(4):
        [event, *_] = sitting.give("turn")
        assert isinstance(event, StageSet)
        order.append(event.seat)
        assert sitting.give("turn") == [], "not yet"
        sitting.at += timedelta(minutes=5)
    assert order == ["r1", "r2", "r1", "r2"]
    sitting.give("leave r1")
    assert sitting.give("turn") == [], "r2 stands there alone"


def test_a_pause_leaves_the_stage_as_it_is_and_a_call_begins_a_turn(sitting: Any) -> None:
    sitting.give(*OPEN, "take turns", "stage r2", partial(scene.set_rotation, by="teacher", minutes=None))
    sitting.at += timedelta(minutes=9)
    assert sitting.give("turn") == [] and sitting.lesson.stage == "r2"
    [event, *_] = sitting.give("take turns", "turn")
    assert event.seat == "r1"


def test_the_teacher_alone_says_what_is_shown(sitting: Any) -> None:
    sitting.give(*OPEN, "spotlight r1", "layout")
    assert sitting.lesson.seats["r1"].shown == "board" and sitting.lesson.layout == "equal"
    for command in (
        partial(scene.set_spotlight, seat="r1", source="camera"),
        partial(scene.set_layout, layout="pip"),
        partial(scene.set_rotation, minutes=3),
    ):
        with pytest.raises(LessonError, match="forbidden"):
            command(sitting.lesson, sitting.at, by="r1")


def test_what_cannot_be_shown_is_refused(sitting: Any) -> None:
    sitting.give(*OPEN)
    for command, code in (
        (partial(scene.set_spotlight, seat="r1", source="screen"), "source_unknown"),
        (partial(scene.set_spotlight, seat="r9", source="camera"), "seat_unknown"),
        (partial(scene.set_layout, layout="cube"), "layout_unknown"),
        (partial(scene.set_rotation, minutes=31), "bad_rotation"),
    ):
        with pytest.raises(LessonError, match=code):
            command(sitting.lesson, sitting.at, by="teacher")
