"""Hands: in the order they went up."""

from typing import Any

import pytest

from classroom.lesson import hands, seats
from classroom.lesson.errors import LessonError

OPEN = ("schedule", "take host", "take r1")


def test_hands_stand_in_the_order_they_went_up(sitting: Any) -> None:
    sitting.give(*OPEN, lambda lesson, at: seats.take_seat(lesson, at, by="r2", seat="r2", device="d"))
    sitting.give(lambda lesson, at: hands.raise_hand(lesson, at, by="r2", seat="r2"))
    sitting.give("raise r1")
    assert sitting.give("raise r1") == []
    assert [hand.seat for hand in sitting.lesson.hands] == ["r2", "r1"]
    with pytest.raises(LessonError, match="forbidden"):
        hands.raise_hand(sitting.lesson, sitting.at, by="teacher", seat="r2")
    sitting.give("lower r1")
    assert [hand.seat for hand in sitting.lesson.hands] == ["r2"]
