"""Quizzes: a school's words, and a projection of what the journal says of them in lessons."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.lesson.events import LessonEnded, QuizClosed, QuizStarted, QuizTallied
from classroom.lesson.lesson import Tally
from classroom.store import quizzes as module
from classroom.store.audit import Actor
from classroom.store.quizzes import Question, QuizUsed, TooManyQuizzes
from classroom.store.registry import By
from classroom.store.store import Store
from classroom.store.written import erase_words
from tests.store.conftest import plan_lesson

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
BY = By(Actor("account", "accountwang1"), AT)
WORDS = (
    Question(kind="choice", text="哪个是三角形？", options=("甲", "乙", "丙"), answer=1),
    Question(kind="text", text="用一个词说说你的感受", key=None),
)


async def add(store: Store, **changes: Any) -> Any:
    school = await store.registry.school("实验小学", by=BY)
    said = {"school": school.id, "title": "随堂测", "questions": WORDS, "author_name": "王老师", "by": BY, **changes}
    return await store.quizzes.add(**said)


async def held(store: Store) -> str:
    planned = await plan_lesson(store)
    await store.journal.append([planned])
    return planned.lesson


async def test_the_words_belong_to_the_school_until_a_lesson_has_had_them(store: Store) -> None:
    made = await add(store)
    assert made.questions == WORDS and not made.used
    assert await store.quizzes.get(made.id, "otherschool1") is None
    await store.quizzes.change(made.id, title="单元测", questions=WORDS[:1], by=BY)
    [found] = await store.quizzes.of_school(made.school)
    assert (found.title, found.questions) == ("单元测", WORDS[:1])
    lesson = await held(store)
    await store.journal.append([started(lesson, 2, made.id)])
    with pytest.raises(QuizUsed):
        await store.quizzes.change(made.id, title="改", questions=WORDS, by=BY)
    assert (await store.quizzes.get(made.id, made.school)).used  # type: ignore[union-attr]
    await store.quizzes.remove(made.id, BY)
    assert await store.quizzes.of_school(made.school) == [] and await store.quizzes.get(made.id) is None
    assert (await store.quizzes.many([made.id]))[made.id].title == "单元测"


async def test_a_schools_list_is_bounded(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_QUIZZES", 1)
    made = await add(store)
    with pytest.raises(TooManyQuizzes):
        await add(store)
    await store.quizzes.remove(made.id, BY)
    await add(store)


async def test_counts_follow_the_journal_and_the_last_one_stands(store: Store) -> None:
    quiz = (await add(store)).id
    lesson = await held(store)
    stamp = {"lesson": lesson, "at": AT, "by": "teacher"}
    tallied = {"quiz": quiz, "question": 0, "seat": "teacher", "present": 40, **stamp}
    await store.journal.append(
        [
            started(lesson, 2, quiz),
            QuizTallied(seq=3, counts=(1, 2, 3), **tallied),
            QuizTallied(seq=4, counts=(0, 38, 1), **tallied),
            QuizTallied(seq=5, counts=(), number=None, **{**tallied, "question": 1}),
        ]
    )
    [run] = await store.quizzes.runs(lesson)
    assert run.shape == tuple(question.shape for question in WORDS) and run.closed_at is None
    assert run.tallies == {"teacher": {0: Tally(counts=(0, 38, 1), present=40), 1: Tally(counts=(), present=40)}}
    await store.journal.append([QuizClosed(seq=6, quiz=quiz, **stamp)])
    second = (await add(store)).id
    later = {**stamp, "at": AT + timedelta(minutes=9)}
    await store.journal.append([started(lesson, 7, second), LessonEnded(seq=8, reason="teacher", **later)])
    assert [run.closed_at for run in await store.quizzes.runs(lesson)] == [AT, AT + timedelta(minutes=9)]


async def test_what_a_class_said_in_words_can_be_deleted_and_its_counts_stay(store: Store) -> None:
    quiz, lesson = (await add(store)).id, await held(store)
    await store.journal.append([started(lesson, 2, quiz)])
    await store.quizzes.say(lesson, quiz, 1, "teacher", "开心", BY)
    await store.quizzes.say(lesson, quiz, 1, "teacher", "高兴", BY)
    assert await store.quizzes.texts(lesson) == {(quiz, 1, "teacher"): "高兴"}
    for entry in await store.audit.entries(action="quiz.said"):
        assert entry.detail == {"quiz": quiz, "question": 1, "seat": "teacher"}
    async with store.database.write() as connection:
        await erase_words(connection, [lesson])
    assert await store.quizzes.texts(lesson) == {} and len(await store.quizzes.runs(lesson)) == 1


def started(lesson: str, seq: int, quiz: str) -> QuizStarted:
    shape = tuple(question.shape for question in WORDS)
    return QuizStarted(lesson=lesson, seq=seq, at=AT + timedelta(seconds=seq), by="teacher", quiz=quiz, questions=shape)
