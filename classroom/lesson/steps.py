"""The run of a lesson (备课流程): which of its planned steps is on, and for how long each was. What they are called
stands in a table, by their places."""

from datetime import datetime
from typing import Final

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, StepSet
from classroom.lesson.lesson import Lesson, require_open, require_teacher, stamps

MAX_STEPS: Final = 30
"""Of a lesson of 40 minutes nobody plans more than one a minute and a bit."""


def set_step(lesson: Lesson, at: datetime, *, by: str, step: int | None) -> list[AnyEvent]:
    """The step at this place, from 0, begins; None: none of them is on. Raises LessonError(step_unknown)."""
    require_open(lesson)
    require_teacher(by)
    if step is not None and not 0 <= step < MAX_STEPS:
        raise LessonError("step_unknown")
    return [] if lesson.step == step else [StepSet(step=step, **next(stamps(lesson, at, by)))]


def on_step(lesson: Lesson, event: StepSet) -> Lesson:
    """A step that is gone back to goes on where it was left."""
    return msgspec.structs.replace(lesson, step=event.step, step_at=event.at, spent_s=spent_until(lesson, event.at))


def spent_until(lesson: Lesson, at: datetime) -> dict[int, float]:
    """Step → for how many seconds it was on, until an instant."""
    if lesson.step is None or lesson.step_at is None:
        return lesson.spent_s
    before = lesson.spent_s.get(lesson.step, 0.0)
    return {**lesson.spent_s, lesson.step: before + max(0.0, (at - lesson.step_at).total_seconds())}
