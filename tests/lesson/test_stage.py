"""The stage: who is on every screen, and who is heard."""

from typing import Any

import pytest

from classroom.lesson import stage
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HandLowered, Muted, StageSet

OPEN = ("schedule", "take host", "take r1")


def test_the_stage_opens_the_microphone_and_takes_the_hand_down(sitting: Any) -> None:
    events = sitting.give(*OPEN, "mute all", "raise r1", "stage r1")
    assert [type(event) for event in events] == [StageSet, Muted, HandLowered]
    assert sitting.lesson.stage == "r1" and not sitting.lesson.seats["r1"].muted and sitting.lesson.seats["r2"].muted
    assert sitting.give("stage r1") == []
    sitting.give("stage nobody")
    assert sitting.lesson.stage is None


def test_only_a_classroom_that_is_there_can_be_called_on_stage(sitting: Any) -> None:
    sitting.give(*OPEN)
    for seat, code in (("r2", "seat_absent"), ("teacher", "seat_unknown"), ("r9", "seat_unknown")):
        with pytest.raises(LessonError, match=code):
            stage.set_stage(sitting.lesson, sitting.at, by="teacher", seat=seat)
    with pytest.raises(LessonError, match="forbidden"):
        stage.set_stage(sitting.lesson, sitting.at, by="r1", seat="r1")


def test_a_classroom_mutes_itself_and_nobody_else(sitting: Any) -> None:
    sitting.give(*OPEN)
    assert stage.mute(sitting.lesson, sitting.at, by="r1", seat="r1", muted=True)
    for seat in ("r2", "teacher", None):
        with pytest.raises(LessonError, match="forbidden"):
            stage.mute(sitting.lesson, sitting.at, by="r1", seat=seat, muted=True)
