"""The plan's steps: each is on for as long as nobody goes on to another, and one that is gone back to goes on."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from classroom.lesson.errors import LessonError
from classroom.lesson.steps import MAX_STEPS, set_step, spent_until


def at_step(step: int | None, by: str = "teacher") -> Any:
    return partial(set_step, by=by, step=step)


def test_a_step_lasts_until_the_next_and_goes_on_when_it_is_gone_back_to(sitting: Any) -> None:
    sitting.give("schedule", "take host", "start", at_step(0))
    sitting.at += timedelta(seconds=59)
    sitting.give(at_step(1))
    sitting.at += timedelta(seconds=29)
    sitting.give(at_step(0))
    assert (sitting.lesson.step, sitting.lesson.spent_s) == (0, {0: 60.0, 1: 30.0})
    assert spent_until(sitting.lesson, sitting.at + timedelta(seconds=5)) == {0: 65.0, 1: 30.0}
    assert sitting.give(at_step(0)) == []
    sitting.at += timedelta(seconds=9)
    sitting.give("end")
    assert (sitting.lesson.step, sitting.lesson.spent_s) == (None, {0: 71.0, 1: 30.0})


def test_only_the_teacher_goes_on_and_only_to_a_step_that_a_plan_can_have(sitting: Any) -> None:
    sitting.give("schedule")
    with pytest.raises(LessonError, match="lesson_not_open"):
        sitting.give(at_step(0))
    sitting.give("take host", "take r1")
    for by in ("r1", "assistant:r1"):
        with pytest.raises(LessonError, match="forbidden"):
            sitting.give(at_step(0, by))
    for step in (-1, MAX_STEPS):
        with pytest.raises(LessonError, match="step_unknown"):
            sitting.give(at_step(step))
