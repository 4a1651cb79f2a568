"""Quizzes (测验, 共同质量检测; of one question: a poll): asked on every screen, answered by classes, never by pupils.

            start                 ask: another question
nothing open ─────▶ a question open ──────────────┐
     ▲               │   ▲  tally, show, hide     │
     └── close, or ──┘   └────────────────────────┘
       the lesson ends
"""

from datetime import datetime
from math import isfinite

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    AnyEvent,
    QuestionAsked,
    QuestionShape,
    QuizClosed,
    QuizShown,
    QuizStarted,
    QuizTallied,
)
from classroom.lesson.lesson import (
    Lesson,
    Quiz,
    Seat,
    Tally,
    require_open,
    require_own_or_teacher,
    require_teacher,
    seat_of,
    stamps,
)
from classroom.lesson.seats import MAX_STUDENTS

MAX_QUESTIONS = 20
MIN_OPTIONS, MAX_OPTIONS = 2, 6
MAX_SECONDS = 3600
MAX_QUIZZES = 50
"""Of one lesson: more than one a minute."""
MAX_NUMBER = 1e12


def start_quiz(
    lesson: Lesson, at: datetime, *, by: str, quiz: str, questions: tuple[QuestionShape, ...], seconds: int | None
) -> list[AnyEvent]:
    """Puts the first question on every screen; the quiz that is open stays so. A lesson has a quiz once.

    Raises LessonError: quiz_open, quiz_over, too_many_quizzes, bad_quiz, lesson_not_open, lesson_ended, forbidden.
    """
    require_open(lesson)
    require_teacher(by)
    if lesson.quiz == quiz:
        return []
    if lesson.quiz is not None:
        raise LessonError("quiz_open")
    if quiz in lesson.quizzes:
        raise LessonError("quiz_over")
    if len(lesson.quizzes) >= MAX_QUIZZES:
        raise LessonError("too_many_quizzes")
    if not are_questions(questions) or (seconds is not None and not 0 < seconds <= MAX_SECONDS):
        raise LessonError("bad_quiz")
    return [QuizStarted(quiz=quiz, questions=questions, seconds=seconds, **next(stamps(lesson, at, by)))]


def are_questions(questions: tuple[QuestionShape, ...]) -> bool:
    """One to MAX_QUESTIONS of them, each with as many options as its kind has, and none right that it has not."""
    return 1 <= len(questions) <= MAX_QUESTIONS and all(_is_question(one) for one in questions)


def _is_question(shape: QuestionShape) -> bool:
    options = {"choice": range(MIN_OPTIONS, MAX_OPTIONS + 1), "true_false": range(2, 3)}.get(shape.kind, range(1))
    return shape.options in options and (shape.answer is None or 0 <= shape.answer < shape.options)


def ask_question(lesson: Lesson, at: datetime, *, by: str, question: int) -> list[AnyEvent]:
    """Another question of the open quiz, by its place; the one that is on the screens stays.

    Raises LessonError: quiz_not_open, question_unknown, forbidden.
    """
    quiz, opened = _open(lesson)
    require_teacher(by)
    _require_question(opened, question)
    if question == opened.question:
        return []
    return [QuestionAsked(quiz=quiz, question=question, **next(stamps(lesson, at, by)))]


def tally(
    lesson: Lesson,
    at: datetime,
    *,
    by: str,
    seat: str,
    question: int,
    counts: tuple[int, ...],
    number: float | None = None,
    has_new_words: bool = False,
    quiz: str | None = None,
) -> list[AnyEvent]:
    """A class's answers to a question of the open quiz, counted by somebody in the room; `quiz`: of no other.

    What is so already is no event, unless the words that go with it, which no event holds, are new.

    Raises LessonError: quiz_not_open, question_unknown, bad_tally, seat_unknown, forbidden.
    """
    now_open, opened = _open(lesson)
    if quiz not in (None, now_open):
        raise LessonError("quiz_not_open")
    counted = seat_of(lesson, seat)
    require_own_or_teacher(by, seat)
    _require_question(opened, question)
    shape = opened.questions[question]
    fits = len(counts) == shape.options if shape.options else len(counts) <= 1
    is_number = number is None or (shape.kind == "number" and isfinite(number) and abs(number) <= MAX_NUMBER)
    is_text = shape.kind == "text" or not has_new_words
    if not (fits and is_number and is_text and all(0 <= count <= MAX_STUDENTS for count in counts)):
        raise LessonError("bad_tally")
    said = Tally(counts=counts, number=number, present=present_in(counted))
    if opened.tallies.get(seat, {}).get(question) == said and not has_new_words:
        return []
    return [
        QuizTallied(
            quiz=now_open, question=question, seat=seat, **msgspec.structs.asdict(said), **next(stamps(lesson, at, by))
        )
    ]


def show_quiz(lesson: Lesson, at: datetime, *, by: str, shown: bool) -> list[AnyEvent]:
    """Shows what the classes said to the question on the screens, or hides it. Raises LessonError: quiz_not_open."""
    quiz, opened = _open(lesson)
    require_teacher(by)
    if (opened.question in opened.shown) == shown:
        return []
    return [QuizShown(quiz=quiz, question=opened.question, shown=shown, **next(stamps(lesson, at, by)))]


def close_quiz(lesson: Lesson, at: datetime, *, by: str) -> list[AnyEvent]:
    """Takes the quiz off the screens; without one there is no event."""
    require_open(lesson)
    require_teacher(by)
    return [] if lesson.quiz is None else [QuizClosed(quiz=lesson.quiz, **next(stamps(lesson, at, by)))]


def present_in(seat: Seat) -> int | None:
    """How many pupils the seat's counts are out of: 实到人数, else the roster; None: unknown."""
    return seat.plan.students if seat.headcount is None else seat.headcount.students


def right_of(shape: QuestionShape, said: Tally) -> tuple[int, int] | None:
    """How many pupils of a class are right, and out of how many; None where nobody can tell.

    Of a choice out of those who answered; of a number or a text out of those present, for nobody counts wrong ones.
    """
    if shape.options:
        return None if shape.answer is None else (said.counts[shape.answer], sum(said.counts))
    if not said.counts or said.present is None:
        return None
    return said.counts[0], max(said.present, said.counts[0])


def _open(lesson: Lesson) -> tuple[str, Quiz]:
    require_open(lesson)
    if lesson.quiz is None:
        raise LessonError("quiz_not_open")
    return lesson.quiz, lesson.quizzes[lesson.quiz]


def _require_question(quiz: Quiz, question: int) -> None:
    if not 0 <= question < len(quiz.questions):
        raise LessonError("question_unknown")


def on_started(lesson: Lesson, event: QuizStarted) -> Lesson:
    begun = Quiz(questions=event.questions, asked_at=event.at, seconds=event.seconds)
    return msgspec.structs.replace(lesson, quiz=event.quiz, quizzes={**lesson.quizzes, event.quiz: begun})


def on_asked(lesson: Lesson, event: QuestionAsked) -> Lesson:
    return _with_quiz(lesson, event.quiz, question=event.question, asked_at=event.at)


def on_tallied(lesson: Lesson, event: QuizTallied) -> Lesson:
    tallies = lesson.quizzes[event.quiz].tallies
    said = Tally(counts=event.counts, number=event.number, present=event.present)
    return _with_quiz(
        lesson, event.quiz, tallies={**tallies, event.seat: {**tallies.get(event.seat, {}), event.question: said}}
    )


def on_shown(lesson: Lesson, event: QuizShown) -> Lesson:
    shown = lesson.quizzes[event.quiz].shown
    changed = shown | {event.question} if event.shown else shown - {event.question}
    return _with_quiz(lesson, event.quiz, shown=changed)


def on_closed(lesson: Lesson, event: QuizClosed) -> Lesson:
    return msgspec.structs.replace(lesson, quiz=None)


def _with_quiz(lesson: Lesson, name: str, **changes: object) -> Lesson:
    quiz = msgspec.structs.replace(lesson.quizzes[name], **changes)
    return msgspec.structs.replace(lesson, quizzes={**lesson.quizzes, name: quiz})
