"""Quizzes: asked of classes, counted by whoever is in the room, right out of those who could have been."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lesson import quiz
from classroom.lesson.errors import LessonError
from classroom.lesson.events import QuestionShape
from classroom.lesson.lesson import Tally

OPEN = ("schedule", "take host", "take r1")
CHOICE = QuestionShape(kind="choice", options=3, answer=1)


def test_a_quiz_goes_from_question_to_question_and_keeps_every_count(sitting: Any) -> None:
    sitting.give(*OPEN, "quiz", "tally r1", "show", "next question")
    asked = sitting.lesson.quizzes["q1"]
    assert (asked.question, asked.shown, asked.asked_at) == (1, frozenset({0}), sitting.at)
    sitting.give(partial(quiz.tally, by="teacher", seat="teacher", question=1, counts=(40,), number=3.5))
    sitting.give(partial(quiz.tally, by="r1", seat="r1", question=0, counts=(0, 20, 3)), "close quiz")
    said = sitting.lesson.quizzes["q1"].tallies
    assert said["r1"] == {0: Tally(counts=(0, 20, 3), present=23)}
    assert said["teacher"] == {1: Tally(counts=(40,), number=3.5, present=42)}
    assert sitting.lesson.quiz is None


def test_a_count_is_out_of_the_pupils_who_were_there(sitting: Any) -> None:
    sitting.give(*OPEN, "quiz", "headcount r1", "tally r1")
    assert sitting.lesson.quizzes["q1"].tallies["r1"][0].present == 20


@pytest.mark.parametrize(
    ("code", "before", "command"),
    [
        ("quiz_open", ["quiz"], "second quiz"),
        ("quiz_over", ["quiz", "close quiz"], "quiz"),
        ("quiz_not_open", [], "tally r1"),
        ("quiz_not_open", [], "show"),
        ("quiz_not_open", ["quiz", "close quiz"], "next question"),
        ("question_unknown", ["quiz"], partial(quiz.ask_question, by="teacher", question=2)),
        ("question_unknown", ["quiz"], partial(quiz.tally, by="r1", seat="r1", question=-1, counts=(1, 1, 1))),
        ("bad_tally", ["quiz"], partial(quiz.tally, by="r1", seat="r1", question=0, counts=(1, 1))),
        ("bad_tally", ["quiz"], partial(quiz.tally, by="r1", seat="r1", question=0, counts=(1, 1, 2001))),
        ("bad_tally", ["quiz"], partial(quiz.tally, by="r1", seat="r1", question=0, counts=(1, 1, 1), number=1.0)),
        ("bad_tally", ["quiz"], partial(quiz.tally, by="r1", seat="r1", question=1, counts=(), number=float("inf"))),
        ("seat_unknown", ["quiz"], partial(quiz.tally, by="teacher", seat="r9", question=0, counts=(1, 1, 1))),
        ("forbidden", ["quiz"], "tally of another"),
        ("forbidden", ["quiz"], partial(quiz.show_quiz, by="r1", shown=True)),
        ("forbidden", [], partial(quiz.start_quiz, by="r1", quiz="q1", questions=(CHOICE,), seconds=None)),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(sitting: Any, code: str, before: list[str], command: Any) -> None:
    sitting.give(*OPEN, *before)
    with pytest.raises(LessonError) as refused:
        sitting.give(command)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "questions",
    [
        (),
        (CHOICE,) * 21,
        (QuestionShape(kind="choice", options=1),),
        (QuestionShape(kind="choice", options=7),),
        (QuestionShape(kind="choice", options=3, answer=3),),
        (QuestionShape(kind="true_false", options=3),),
        (QuestionShape(kind="number", options=2),),
        (QuestionShape(kind="text", answer=0),),
    ],
)
def test_a_quiz_that_nobody_could_answer_is_none(questions: Any, sitting: Any) -> None:
    sitting.give(*OPEN)
    with pytest.raises(LessonError, match="bad_quiz"):
        sitting.give(partial(quiz.start_quiz, by="teacher", quiz="q", questions=questions, seconds=None))


def test_a_lesson_has_no_more_quizzes_than_its_share(sitting: Any) -> None:
    sitting.give(*OPEN)
    for number in range(quiz.MAX_QUIZZES):
        start = partial(quiz.start_quiz, by="teacher", quiz=f"n{number}", questions=(CHOICE,), seconds=None)
        sitting.give(start, "close quiz")
    with pytest.raises(LessonError, match="too_many_quizzes"):
        sitting.give("quiz")


@pytest.mark.parametrize(
    ("shape", "said", "right"),
    [
        (CHOICE, Tally(counts=(5, 12, 3), present=23), (12, 20)),
        (QuestionShape(kind="choice", options=3), Tally(counts=(5, 12, 3)), None),
        (QuestionShape(kind="number"), Tally(counts=(18,), number=7.0, present=20), (18, 20)),
        (QuestionShape(kind="text"), Tally(counts=(22,), present=20), (22, 22)),
        (QuestionShape(kind="text"), Tally(counts=(), present=20), None),
        (QuestionShape(kind="number"), Tally(counts=(18,)), None),
    ],
)
def test_who_is_right_out_of_whom(shape: QuestionShape, said: Tally, right: tuple[int, int] | None) -> None:
    assert quiz.right_of(shape, said) == right


@given(counts=st.lists(st.integers(0, 2000), min_size=3, max_size=3))
def test_never_are_more_right_than_answered(counts: list[int]) -> None:
    right = quiz.right_of(CHOICE, Tally(counts=tuple(counts)))
    assert right is not None and 0 <= right[0] <= right[1]
