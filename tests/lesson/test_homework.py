"""Homework: given to all, handed in by classes, seen by the teacher and the class whose it is, shown to all."""

from functools import partial
from typing import Any

import pytest

from classroom.lesson import homework
from classroom.lesson.errors import LessonError
from classroom.lesson.lesson import Desk

OPEN = ("schedule", "take host", "take r1")
HANDED_IN = (*OPEN, "homework", "hand in r1")
mark = partial(homework.mark, homework="h1", work="w1")
show = partial(homework.show, homework="h1", work="w1")


def test_the_task_is_on_every_screen_and_then_the_work_that_the_teacher_shows(sitting: Any) -> None:
    sitting.give(*HANDED_IN)
    assert set(sitting.lesson.desks.values()) == {Desk(homework="h1")} and len(sitting.lesson.desks) == 3
    sitting.give(partial(mark, by="teacher"), "show work")
    given = sitting.lesson.homework["h1"]
    assert (given.works, given.marked) == ({"w1": "r1"}, frozenset({"w1"}))
    assert sitting.lesson.desks["r2"] == Desk(homework="h1", work="w1")
    sitting.give("take work back")
    assert sitting.lesson.homework["h1"].works == {} and sitting.lesson.desks == {}


def test_a_class_turns_over_its_own_screen_alone(sitting: Any) -> None:
    sitting.give(*HANDED_IN, "show nothing", partial(show, by="assistant:r1", seat="r1"))
    assert sitting.lesson.desks == {"r1": Desk(homework="h1", work="w1")}
    sitting.give("end")
    assert sitting.lesson.desks == {}


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("forbidden", partial(mark, by="assistant:r2")),
        ("forbidden", partial(show, by="r1", seat=None)),
        ("forbidden", partial(show, by="r2", seat="r2")),
        ("forbidden", "hand in for another"),
        ("forbidden", partial(homework.give, by="r1", homework="h2")),
        ("work_unknown", partial(mark, by="teacher", work="w9")),
        ("homework_unknown", partial(mark, by="teacher", homework="h9")),
        ("homework_unknown", partial(show, by="teacher", homework="h9", work=None, seat=None)),
        ("seat_unknown", partial(homework.hand_in, by="teacher", homework="h1", work="w3", seat="r9")),
    ],
)
def test_what_may_not_be_is_refused(sitting: Any, code: str, command: Any) -> None:
    sitting.give(*HANDED_IN)
    with pytest.raises(LessonError) as refused:
        sitting.give(command)
    assert refused.value.code == code


def test_a_lesson_is_not_filled_with_pictures(sitting: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(homework, "MAX_WORKS", 1)
    monkeypatch.setattr(homework, "MAX_HOMEWORKS", 1)
    sitting.give(*HANDED_IN)
    with pytest.raises(LessonError, match="too_many_works"):
        sitting.give(partial(homework.hand_in, by="r1", homework="h1", work="w2", seat="r1"))
    with pytest.raises(LessonError, match="too_many_homeworks"):
        sitting.give(partial(homework.give, by="teacher", homework="h2"))
