"""Comments on recordings: in the order of the lesson, taken back by their author alone, every word of it logged."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from classroom.store import comments as module
from classroom.store.audit import Actor
from classroom.store.comments import TooManyByOne, TooManyComments
from classroom.store.registry import By
from classroom.store.schema.lessons import lessons
from classroom.store.store import Store

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
WANG, LI = Actor("account", "accountwang1"), Actor("link", "linkofliteac")


@pytest.fixture
async def lesson(store: Store) -> str:
    school = await store.registry.school("实验小学", by=By(WANG, AT))
    row: dict[str, Any] = {"seq": 1, "head": "", "state": "ended", "subject": "语", "start_at": AT, "cancelled": False}
    row |= {"is_test": False, "recorded": True, "settled": True, "supporter": school.id, "id": "lesson000001"}
    async with store.database.write() as connection:
        await connection.execute(insert(lessons).values(row))
    return "lesson000001"


async def say(store: Store, lesson: str, at_s: float, text: str, by: Actor = WANG, later_s: float = 0) -> Any:
    moment = By(by, AT + timedelta(seconds=later_s))
    return await store.comments.add(lesson=lesson, at_s=at_s, text=text, author=by.id, author_name="王老师", by=moment)


async def test_they_come_in_the_order_of_the_lesson_with_their_authors(store: Store, lesson: str) -> None:
    await say(store, lesson, 62.04, "提问很好")
    await say(store, lesson, 3, "开头导入自然", LI, 1)
    await say(store, lesson, 62.0, "同意", LI, 2)
    found = await store.comments.of_lesson(lesson)
    assert [(one.at_s, one.text, one.author) for one in found] == [
        (3.0, "开头导入自然", LI.id),
        (62.0, "提问很好", WANG.id),
        (62.0, "同意", LI.id),
    ]
    assert found[0].created_at == AT + timedelta(seconds=1)
    assert await store.comments.of_lesson("lesson000002") == []


async def test_only_its_author_takes_one_back_and_the_log_holds_no_word_of_it(store: Store, lesson: str) -> None:
    made = await say(store, lesson, 12, "板书太小")
    assert not await store.comments.remove(lesson, made.id, LI.id, By(LI, AT))
    assert not await store.comments.remove("lesson000002", made.id, WANG.id, By(WANG, AT))
    assert await store.comments.remove(lesson, made.id, WANG.id, By(WANG, AT))
    assert not await store.comments.remove(lesson, made.id, WANG.id, By(WANG, AT))
    assert await store.comments.of_lesson(lesson) == []
    entries = await store.audit.entries(action="comment.")
    assert [(entry.action, entry.subject, entry.detail) for entry in entries] == [
        ("comment.removed", f"lesson:{lesson}", {"comment": made.id, "at_s": 12.0}),
        ("comment.added", f"lesson:{lesson}", {"comment": made.id, "at_s": 12.0}),
    ]


async def test_a_lesson_takes_no_more_than_its_share(store: Store, lesson: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_COMMENTS", 2)
    await say(store, lesson, 1, "一")
    await say(store, lesson, 2, "二")
    with pytest.raises(TooManyComments):
        await say(store, lesson, 3, "三")


async def test_one_author_cannot_fill_a_lesson(store: Store, lesson: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_COMMENTS_EACH", 2)
    first = await say(store, lesson, 1, "一")
    await say(store, lesson, 2, "二")
    with pytest.raises(TooManyByOne):
        await say(store, lesson, 3, "三")
    await say(store, lesson, 3, "三", LI)
    assert await store.comments.remove(lesson, first.id, WANG.id, By(WANG, AT))
    await say(store, lesson, 3, "三")


async def test_a_name_that_is_too_long_is_cut(store: Store, lesson: str) -> None:
    by, name = By(WANG, AT), "校" * 80 + " 主讲教师"
    made = await store.comments.add(lesson=lesson, at_s=1, text="一", author=WANG.id, author_name=name, by=by)
    assert made.author_name == "校" * 80 and await store.comments.of_lesson(lesson) == [made]
