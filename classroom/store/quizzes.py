"""Quizzes (测验): the words of a school's questions, what classes were counted to say, and the texts they gave.

Runs and counts are a projection of the journal, written in its own transaction. The words are the teachers' and stay;
the texts are the classes' and can be deleted with everything else of a lesson.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.lesson.events import LessonEnded, QuestionKind, QuestionShape, QuizClosed, QuizStarted, QuizTallied
from classroom.lesson.lesson import Tally
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.lessons import lesson_seats, lessons
from classroom.store.schema.quizzes import quiz_runs, quiz_tallies, quiz_texts, quizzes

MAX_QUIZZES: Final = 500
"""On one school's list: a teacher's two a week for five years."""


class TooManyQuizzes(Exception):
    """The school's list has all that it may have."""


class QuizUsed(Exception):
    """A lesson has had this quiz: its words stay what they were."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question in words. `answer`: the place of the right option; `key`: what is right of a number or a text."""

    kind: QuestionKind
    text: str
    options: tuple[str, ...] = ()
    answer: int | None = None
    key: str | None = None

    @property
    def shape(self) -> QuestionShape:
        """The same without its words, as the journal keeps it. 判断题 has two options without words of their own."""
        options = 2 if self.kind == "true_false" else len(self.options)
        return QuestionShape(kind=self.kind, options=options, answer=self.answer)


class StoredQuiz(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz of a school. `used`: a lesson has had it."""

    id: str
    school: str
    title: str
    questions: tuple[Question, ...]
    author_name: str
    created_at: datetime
    used: bool


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz in a lesson: counts by seat and place of the question."""

    lesson: str
    quiz: str
    shape: tuple[QuestionShape, ...]
    started_at: datetime
    closed_at: datetime | None
    tallies: dict[str, dict[int, Tally]]


class Quizzes:
    """The quizzes of all schools, and what came of them in lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, *, school: str, title: str, questions: Sequence[Question], author_name: str, by: By
    ) -> StoredQuiz:
        """A new one on the school's list. Raises TooManyQuizzes."""
        made = {
            "id": new_id(),
            "school": school,
            "title": title,
            "questions": msgspec.json.encode(questions).decode(),
            "author_name": author_name[:80],
            "created_at": by.at,
        }
        listed = select(func.count()).where(quizzes.c.school == school, quizzes.c.removed_at.is_(None))
        async with self._database.write() as connection:
            if (await connection.scalar(listed) or 0) >= MAX_QUIZZES:
                raise TooManyQuizzes(school)
            await connection.execute(insert(quizzes).values(made))
            await note(connection, by.actor, "quiz.added", f"school:{school}", by.at, {"quiz": made["id"]})
        return _quiz({**made, "used": False})

    async def of_school(self, school: str) -> list[StoredQuiz]:
        """The school's list, the latest first."""
        listed = _found().where(quizzes.c.school == school, quizzes.c.removed_at.is_(None))
        async with self._database.read() as connection:
            found = await connection.execute(listed.order_by(quizzes.c.created_at.desc(), quizzes.c.id))
            return [_quiz(fields(row)) for row in found.mappings()]

    async def many(self, ids: Sequence[str]) -> dict[str, StoredQuiz]:
        """Those of the ids that are known, those off their list included."""
        async with self._database.read() as connection:
            found = await connection.execute(_found().where(quizzes.c.id.in_(ids)))
            return {row["id"]: _quiz(fields(row)) for row in found.mappings()}

    async def get(self, quiz: str, school: str | None = None) -> StoredQuiz | None:
        """One that is on its school's list; with `school` only on that one's."""
        listed = _found().where(quizzes.c.id == quiz, quizzes.c.removed_at.is_(None))
        if school is not None:
            listed = listed.where(quizzes.c.school == school)
        async with self._database.read() as connection:
            row = (await connection.execute(listed)).mappings().one_or_none()
        return None if row is None else _quiz(fields(row))

    async def change(self, quiz: str, *, title: str, questions: Sequence[Question], by: By) -> None:
        """Other words. Raises QuizUsed once a lesson has had it."""
        words = {"title": title, "questions": msgspec.json.encode(questions).decode()}
        async with self._database.write() as connection:
            if await connection.scalar(select(exists().where(quiz_runs.c.quiz == quiz))):
                raise QuizUsed(quiz)
            await connection.execute(update(quizzes).where(quizzes.c.id == quiz).values(words))
            await note(connection, by.actor, "quiz.changed", f"quiz:{quiz}", by.at)

    async def remove(self, quiz: str, by: By) -> None:
        """Off the school's list; results of lessons keep its words."""
        async with self._database.write() as connection:
            await connection.execute(update(quizzes).where(quizzes.c.id == quiz).values(removed_at=by.at))
            await note(connection, by.actor, "quiz.removed", f"quiz:{quiz}", by.at)

    async def runs(self, lesson: str) -> list[Run]:
        """What the lesson has had, in order."""
        async with self._database.read() as connection:
            return await _runs(connection, quiz_runs.c.lesson == lesson)

    async def runs_between(
        self,
        start: datetime,
        end: datetime,
        school: str | None = None,
        *,
        since: tuple[datetime, str, str] | None = None,
        limit: int | None = None,
    ) -> list[Run]:
        """Of lessons that begin in [start, end) and are no tests, and in which a class was counted; of one school,
        whichever side it is on. In order; from the place (started_at, lesson, quiz) on, it included."""
        begun = select(lessons.c.id).where(
            lessons.c.start_at >= start, lessons.c.start_at < end, lessons.c.is_test.is_(False)
        )
        if school is not None:
            seated = select(lesson_seats.c.lesson).where(lesson_seats.c.school == school)
            begun = begun.where((lessons.c.supporter == school) | lessons.c.id.in_(seated))
        counted = exists().where(quiz_tallies.c.lesson == quiz_runs.c.lesson, quiz_tallies.c.quiz == quiz_runs.c.quiz)
        wanted = quiz_runs.c.lesson.in_(begun) & counted
        if since is not None:
            at, lesson, quiz = since
            same = quiz_runs.c.started_at == at
            same_lesson = same & (quiz_runs.c.lesson == lesson)
            wanted &= (
                (quiz_runs.c.started_at > at)
                | (same & (quiz_runs.c.lesson > lesson))
                | (same_lesson & (quiz_runs.c.quiz >= quiz))
            )
        async with self._database.read() as connection:
            return await _runs(connection, wanted, limit)

    async def say(self, lesson: str, quiz: str, question: int, seat: str, text: str, by: By) -> None:
        """What a class says in words, in place of what it said before; empty: nothing. The log holds no word of it."""
        place = {"lesson": lesson, "quiz": quiz, "question": question, "seat": seat}
        mine = [quiz_texts.c[name] == value for name, value in place.items()]
        async with self._database.write() as connection:
            await connection.execute(delete(quiz_texts).where(*mine))
            if text:
                await connection.execute(insert(quiz_texts).values(**place, text=text, at=by.at))
            detail = {name: value for name, value in place.items() if name != "lesson"}
            await note(connection, by.actor, "quiz.said", f"lesson:{lesson}", by.at, detail)

    async def texts(self, lesson: str, quiz: str | None = None) -> dict[tuple[str, int, str], str]:
        """(quiz, place of the question, seat) → what was said in words."""
        columns = quiz_texts.c
        found = select(columns.quiz, columns.question, columns.seat, columns.text).where(columns.lesson == lesson)
        if quiz is not None:
            found = found.where(columns.quiz == quiz)
        async with self._database.read() as connection:
            return {(row.quiz, row.question, row.seat): row.text for row in await connection.execute(found)}


async def project_started(connection: AsyncConnection, event: QuizStarted) -> None:
    """The projection's step."""
    shape = msgspec.json.encode(event.questions).decode()
    begun = {"lesson": event.lesson, "quiz": event.quiz, "shape": shape, "started_at": event.at}
    await connection.execute(insert(quiz_runs).values(begun))


async def project_tallied(connection: AsyncConnection, event: QuizTallied) -> None:
    """The projection's step."""
    place = {"lesson": event.lesson, "quiz": event.quiz, "question": event.question, "seat": event.seat}
    said = {"counts": msgspec.json.encode(event.counts).decode(), "number": event.number, "present": event.present}
    await connection.execute(delete(quiz_tallies).where(*(quiz_tallies.c[name] == place[name] for name in place)))
    await connection.execute(insert(quiz_tallies).values(**place, **said, at=event.at))


async def project_closed(connection: AsyncConnection, event: QuizClosed | LessonEnded) -> None:
    """The projection's step: with the lesson its quiz is over too."""
    still_open = (quiz_runs.c.lesson == event.lesson) & quiz_runs.c.closed_at.is_(None)
    await connection.execute(update(quiz_runs).where(still_open).values(closed_at=event.at))


def _found() -> Any:
    used = exists().where(quiz_runs.c.quiz == quizzes.c.id).label("used")
    return select(quizzes, used)


def _quiz(row: dict[str, Any]) -> StoredQuiz:
    words = msgspec.json.decode(row["questions"], type=tuple[Question, ...])
    kept = {name: row[name] for name in ("id", "school", "title", "author_name", "created_at", "used")}
    return StoredQuiz(**{**kept, "used": bool(kept["used"])}, questions=words)


async def _runs(connection: AsyncConnection, wanted: Any, limit: int | None = None) -> list[Run]:
    order = (quiz_runs.c.started_at, quiz_runs.c.lesson, quiz_runs.c.quiz)
    runs = select(quiz_runs).where(wanted).order_by(*order).limit(limit)
    found = (await connection.execute(runs)).mappings().all()
    tallies: dict[tuple[str, str], dict[str, dict[int, Tally]]] = {}
    these = runs.subquery()
    of_runs = (these.c.lesson == quiz_tallies.c.lesson) & (these.c.quiz == quiz_tallies.c.quiz)
    counted = select(quiz_tallies).join(these, of_runs).order_by(quiz_tallies.c.question)
    for row in (await connection.execute(counted)).mappings():
        counts = msgspec.json.decode(row["counts"], type=tuple[int, ...])
        said = Tally(counts=counts, number=row["number"], present=row["present"])
        tallies.setdefault((row["lesson"], row["quiz"]), {}).setdefault(row["seat"], {})[row["question"]] = said
    return [
        Run(
            lesson=row["lesson"],
            quiz=row["quiz"],
            shape=msgspec.json.decode(row["shape"], type=tuple[QuestionShape, ...]),
            started_at=row["started_at"],
            closed_at=row["closed_at"],
            tallies=tallies.get((row["lesson"], row["quiz"]), {}),
        )
        for row in found
    ]
