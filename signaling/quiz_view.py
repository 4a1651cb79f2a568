"""The open quiz as pages show it: numbers only; the words are fetched when they change. Pure."""

from datetime import datetime

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.lesson.events import QuestionKind
from classroom.lesson.lesson import Lesson


class TallyView(msgspec.Struct, frozen=True, kw_only=True):
    """What a class was counted to say: pupils for each option; of a number or a text how many are right, or none."""

    seat: str
    counts: list[int]
    number: float | None


class QuizView(msgspec.Struct, frozen=True, kw_only=True):
    """The question on the screens. `question`: its place of `questions`, from 0; `options`: 0 for a number or a text.

    `shown`: what the classes said, and what is right, is for all to see. Until then `answer` is null and `tallies` is
    empty for all but the teacher; `tallied` are the seats that have been counted.
    """

    quiz: str
    question: int
    questions: int
    kind: QuestionKind
    options: int
    seconds: int | None
    asked_at: datetime
    shown: bool
    answer: int | None
    tallied: list[str]
    tallies: list[TallyView]


def quiz_view(lesson: Lesson, *, for_teacher: bool) -> QuizView | None:
    """The open quiz; None while there is none."""
    if lesson.quiz is None:
        return None
    quiz = lesson.quizzes[lesson.quiz]
    shape, shown = quiz.questions[quiz.question], quiz.question in quiz.shown
    said = {seat: tallies[quiz.question] for seat, tallies in quiz.tallies.items() if quiz.question in tallies}
    return QuizView(
        quiz=lesson.quiz,
        question=quiz.question,
        questions=len(quiz.questions),
        kind=shape.kind,
        options=shape.options,
        seconds=quiz.seconds,
        asked_at=quiz.asked_at.astimezone(SHANGHAI),
        shown=shown,
        answer=shape.answer if shown or for_teacher else None,
        tallied=sorted(said),
        tallies=[
            TallyView(seat=seat, counts=list(one.counts), number=one.number)
            for seat, one in sorted(said.items())
            if shown or for_teacher
        ],
    )
