"""`/quizzes`: a school's questions; asking them in a lesson; what classes said, and how they compare over a term."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import msgspec

from classroom.ledger.months import local_date, midnight
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, QuestionKind
from classroom.lesson.lesson import require_own_or_teacher
from classroom.lesson.quiz import MAX_OPTIONS, MAX_QUESTIONS, MAX_SECONDS, are_questions, start_quiz, tally
from classroom.store.quizzes import Question, QuizUsed, StoredQuiz, TooManyQuizzes
from signaling.api.door import Call, Doors, Nothing, Page, PageQuery
from signaling.api.paging import read_cursor, write_cursor
from signaling.context import CLOCK, LESSONS, STORE
from signaling.messages import ONE_LINE, Name, SeatId
from signaling.problem import Problem
from signaling.quiz_results import ResultLine, TermLine, result_lines, term_lines
from signaling.scope import seat_in, speaker

DOORS = Doors("quizzes")
MAX_SPAN: Final = timedelta(days=400)
LATELY: Final = timedelta(days=183)
Line = TypeVar("Line")
Option = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=r"\S")]


class QuestionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question. `options`, two to six, of a choice alone; `answer`: the place of the right one (true or false: 0 is
    对); `key`: what is right of a number or a text."""

    kind: QuestionKind
    text: Words
    options: Annotated[tuple[Option, ...], msgspec.Meta(max_length=MAX_OPTIONS)] = ()
    answer: Annotated[int, msgspec.Meta(ge=0, lt=MAX_OPTIONS)] | None = None
    key: Option | None = None


class QuizBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quiz of one question is a poll."""

    title: Name
    questions: Annotated[tuple[QuestionBody, ...], msgspec.Meta(min_length=1, max_length=MAX_QUESTIONS)]


class QuizLine(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz of the school. `used`: a lesson has had it, so its words stay."""

    id: str
    title: str
    author_name: str
    used: bool
    questions: list[Question]


class QuizList(msgspec.Struct, frozen=True):
    """The latest first."""

    quizzes: list[QuizLine]


class StartBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seconds`: how long each question is to be thought about; null: as long as it takes."""

    seconds: Annotated[int, msgspec.Meta(ge=5, le=MAX_SECONDS)] | None = None


class SaidText(msgspec.Struct, frozen=True, kw_only=True):
    """What a class said in words."""

    question: int
    seat: str
    text: str


class AskedQuiz(msgspec.Struct, frozen=True, kw_only=True):
    """The words of a quiz in a lesson. What is right, and what the others said, only where it may be seen already."""

    quiz: str
    title: str
    questions: list[Question]
    texts: list[SaidText]


class TextBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the class says, in words; empty: nothing. `right`: how many pupils have it right, counted in the room."""

    text: Annotated[str, msgspec.Meta(max_length=200)]
    right: Annotated[int, msgspec.Meta(ge=0, le=2000)] | None = None
    seat: SeatId | None = None


class ResultQuery(PageQuery, frozen=True, kw_only=True):
    """Of one quiz of the lesson, or of all."""

    quiz: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{12}\Z")] | None = None


class TermQuery(PageQuery, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """Local dates, both included; without `from` the last half year."""

    first: date | None = None
    last: date | None = None


@DOORS.door("GET", "/api/v1/quizzes", may="teach", answers=QuizList)
async def listing(call: Call[Nothing, Nothing]) -> QuizList:
    """The quizzes of the own school."""
    return QuizList([_line(one) for one in await call.app[STORE].quizzes.of_school(_school(call))])


@DOORS.door(
    "POST",
    "/api/v1/quizzes",
    may="teach",
    body=QuizBody,
    answers=QuizLine,
    status=201,
    refuses=("bad_quiz", "quizzes_full"),
)
async def add(call: Call[Nothing, QuizBody]) -> QuizLine:
    """Put a quiz on the own school's list."""
    questions = _questions(call.body)
    try:
        made = await call.app[STORE].quizzes.add(
            school=_school(call),
            title=call.body.title,
            questions=questions,
            author_name=call.grant.name or "",
            by=call.by,
        )
    except TooManyQuizzes:
        raise Problem("quizzes_full") from None
    return _line(made)


@DOORS.door(
    "PUT",
    "/api/v1/quizzes/{quiz}",
    may="teach",
    body=QuizBody,
    answers=QuizLine,
    refuses=("bad_quiz", "quiz_unknown", "quiz_used"),
)
async def change(call: Call[Nothing, QuizBody]) -> QuizLine:
    """Change a quiz that no lesson has had."""
    known, questions = await _listed(call), _questions(call.body)
    try:
        await call.app[STORE].quizzes.change(known.id, title=call.body.title, questions=questions, by=call.by)
    except QuizUsed:
        raise Problem("quiz_used") from None
    return _line(msgspec.structs.replace(known, title=call.body.title, questions=questions))


@DOORS.door("DELETE", "/api/v1/quizzes/{quiz}", may="teach", refuses=("quiz_unknown",))
async def remove(call: Call[Nothing, Nothing]) -> None:
    """Take a quiz off the list; results of lessons keep its words."""
    await call.app[STORE].quizzes.remove((await _listed(call)).id, call.by)


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/quizzes/{quiz}/start",
    may="teach",
    body=StartBody,
    refuses=(
        "lesson_unknown",
        "lesson_not_open",
        "lesson_ended",
        "quiz_unknown",
        "quiz_open",
        "quiz_over",
        "too_many_quizzes",
    ),
)
async def start(call: Call[Nothing, StartBody]) -> None:
    """Put a quiz's first question on every screen of the lesson."""
    app, lesson = call.app, call.path["lesson"]
    await seat_in(app[STORE], call.grant, lesson)
    quiz = await _listed(call)
    shapes = tuple(question.shape for question in quiz.questions)
    command = partial(start_quiz, by=HOST_SEAT, quiz=quiz.id, questions=shapes, seconds=call.body.seconds)
    await app[LESSONS].command(lesson, command, call.grant.actor)


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/quizzes/{quiz}",
    may="read_lesson",
    answers=AskedQuiz,
    refuses=("lesson_unknown", "quiz_unknown"),
)
async def asked(call: Call[Nothing, Nothing]) -> AskedQuiz:
    """The words of a quiz that the lesson has had."""
    store, lesson, quiz = call.app[STORE], call.path["lesson"], call.path["quiz"]
    seat = await seat_in(store, call.grant, lesson)
    held = (await call.app[LESSONS].now(lesson)).quizzes.get(quiz)
    words = (await store.quizzes.many([quiz])).get(quiz)
    if held is None or words is None:
        raise Problem("quiz_unknown")
    sees_all = call.grant.may("teach")
    texts = await store.quizzes.texts(lesson, quiz)
    return AskedQuiz(
        quiz=quiz,
        title=words.title,
        questions=[
            question if sees_all or place in held.shown else msgspec.structs.replace(question, answer=None, key=None)
            for place, question in enumerate(words.questions)
        ],
        texts=[
            SaidText(question=place, seat=by, text=text)
            for (_, place, by), text in sorted(texts.items())
            if sees_all or by == seat or place in held.shown
        ],
    )


@DOORS.door(
    "PUT",
    "/api/v1/lessons/{lesson}/quizzes/{quiz}/texts/{question}",
    may="take_part",
    body=TextBody,
    refuses=(
        "lesson_unknown",
        "lesson_not_open",
        "lesson_ended",
        "quiz_not_open",
        "question_unknown",
        "seat_unknown",
        "bad_tally",
    ),
)
async def say(call: Call[Nothing, TextBody]) -> None:
    """What a class says in words to a question of the open quiz."""
    app, body, lesson = call.app, call.body, call.path["lesson"]
    own = await seat_in(app[STORE], call.grant, lesson)
    by, seat = speaker(call.grant, own), body.seat or own or ""
    require_own_or_teacher(by, seat)
    named = call.path["question"]
    question = int(named) if named.isdecimal() and len(named) <= 2 else -1
    counts = () if body.right is None else (body.right,)
    quiz, text = call.path["quiz"], body.text.strip()
    # Refused before anything is kept; kept before the pages are told to look.
    said = partial(tally, by=by, seat=seat, question=question, counts=counts, quiz=quiz)
    said(await app[LESSONS].now(lesson), app[CLOCK].at(), has_new_words=True)
    is_new = (await app[STORE].quizzes.texts(lesson, quiz)).get((quiz, question, seat), "") != text
    if is_new:
        await app[STORE].quizzes.say(lesson, quiz, question, seat, text, call.by)
    await app[LESSONS].command(lesson, partial(said, has_new_words=is_new), call.grant.actor)


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/quiz-results",
    may="read_summary",
    query=ResultQuery,
    answers=Page[ResultLine],
    refuses=("lesson_unknown",),
)
async def results(call: Call[ResultQuery, Nothing]) -> Page[ResultLine]:
    """What the classes said: for the teacher and the desks at any time, for a classroom once the quiz is over."""
    store, lesson = call.app[STORE], call.path["lesson"]
    await seat_in(store, call.grant, lesson)
    listed = await store.lessons.get(lesson)
    if listed is None:
        raise Problem("lesson_unknown")
    waits = call.grant.role in ("classroom", "assistant")
    runs = [
        run
        for run in await store.quizzes.runs(lesson)
        if call.query.quiz in (None, run.quiz) and not (waits and run.closed_at is None)
    ]
    words = await store.quizzes.many([run.quiz for run in runs])
    texts = await store.quizzes.texts(lesson)
    lines = [line for run in runs for line in result_lines(run, words.get(run.quiz), listed, texts)]
    return _page(call.query, lines)


@DOORS.door(
    "GET", "/api/v1/quiz-results", may="read_ledger", query=TermQuery, answers=Page[TermLine], refuses=("bad_request",)
)
async def term(call: Call[TermQuery, Nothing]) -> Page[TermLine]:
    """共同质量检测: how classes did in the quizzes of a term; of the own school's lessons, for who belongs to one."""
    asked, store = call.query, call.app[STORE]
    last = asked.last or local_date(call.app[CLOCK].at())
    first = asked.first or last - LATELY
    if not timedelta(0) <= last - first <= MAX_SPAN:
        raise Problem("bad_request", "`from` to `to` may be 400 days")
    place = None if asked.after is None else read_cursor(asked.after, tuple[datetime, str, str, str])
    span = (midnight(first), midnight(last) + timedelta(days=1))
    # Each has a line at least.
    runs = await store.quizzes.runs_between(*span, call.grant.school, since=place and place[:3], limit=asked.limit + 1)
    words = await store.quizzes.many(sorted({run.quiz for run in runs}))
    lessons = {one.id: one for one in await store.lessons.many(sorted({run.lesson for run in runs}))}
    lines = term_lines(runs, words, lessons)
    places = [(line.started_at, line.lesson, line.quiz, line.seat) for line in lines]
    begin = places.index(place) + 1 if place in places else 0
    end = begin + asked.limit
    if end >= len(lines) and len(runs) <= asked.limit:
        return Page(lines[begin:], None)
    started_at, *line = places[end - 1]
    return Page(lines[begin:end], write_cursor(started_at.isoformat(), *line))


def _page(asked: PageQuery, lines: list[Line]) -> Page[Line]:
    """The lines are few, and only added to at their end: a place in them is a cursor."""
    (begin,) = read_cursor(asked.after, tuple[int]) if asked.after is not None else (0,)
    end = begin + asked.limit
    return Page(lines[begin:end], write_cursor(end) if end < len(lines) else None)


def _questions(body: QuizBody) -> tuple[Question, ...]:
    """Raises LessonError(bad_quiz)."""
    questions = tuple(
        Question(kind=one.kind, text=one.text.strip(), options=one.options, answer=one.answer, key=one.key)
        for one in body.questions
    )
    odd = any((one.kind == "true_false" and one.options) or (one.shape.options and one.key) for one in questions)
    if odd or not are_questions(tuple(one.shape for one in questions)):
        raise LessonError("bad_quiz")
    return questions


async def _listed(call: Call[Any, Any]) -> StoredQuiz:
    found = await call.app[STORE].quizzes.get(call.path["quiz"], _school(call))
    if found is None:
        raise Problem("quiz_unknown")
    return found


def _line(one: StoredQuiz) -> QuizLine:
    return QuizLine(
        id=one.id, title=one.title, author_name=one.author_name, used=one.used, questions=list(one.questions)
    )


def _school(call: Call[Any, Any]) -> str:
    if call.grant.school is None:
        raise Problem("forbidden")
    return call.grant.school
