"""Chat lines: the latest in their order, hidden ones gone, private ones for their two ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from classroom.store.audit import Actor
from classroom.store.chat import ChatLine
from classroom.store.registry import By
from classroom.store.schema.lessons import lessons
from classroom.store.store import Store

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
LESSON = "lesson000001"


@pytest.fixture
async def lesson(store: Store) -> str:
    school = await store.registry.school("实验小学", by=By(Actor("account", "accountwang1"), AT))
    row: dict[str, Any] = {"seq": 1, "head": "", "state": "live", "subject": "语", "start_at": AT, "cancelled": False}
    row |= {"is_test": False, "recorded": True, "settled": False, "supporter": school.id, "id": LESSON}
    async with store.database.write() as connection:
        await connection.execute(insert(lessons).values(row))
    return LESSON


async def say(store: Store, name: str, second: int, to: str | None = None) -> None:
    said_at = AT + timedelta(seconds=second)
    line = ChatLine(
        id=name, lesson=LESSON, role="classroom", seat="r1", to_seat=to, text=f"第{second}句", said_at=said_at
    )
    await store.chat.add(line)


async def test_the_latest_lines_come_in_their_order(store: Store, lesson: str) -> None:
    for second in range(5):
        await say(store, f"line{second}", second)
    found = await store.chat.latest(lesson, 3, private_of=())
    assert [(line.id, line.text) for line in found] == [("line2", "第2句"), ("line3", "第3句"), ("line4", "第4句")]
    assert await store.chat.latest("lesson000002", 3, private_of=()) == []


async def test_a_hidden_line_is_shown_no_more_and_stays_in_its_table(store: Store, lesson: str) -> None:
    await say(store, "line1", 1)
    assert await store.chat.hide("lesson000002", "line1") is None
    hidden = await store.chat.hide(lesson, "line1")
    assert hidden is not None and hidden.hidden and hidden.text == "第1句"
    assert await store.chat.latest(lesson, 9, private_of=()) == []


async def test_private_lines_are_for_their_ends(store: Store, lesson: str) -> None:
    await say(store, "line1", 1, to="r1")
    await say(store, "line2", 2, to="r2")
    await say(store, "line3", 3)
    for private_of, expected in (
        ((), ["line3"]),
        (("r1",), ["line1", "line3"]),
        (("r1", "r2"), ["line1", "line2", "line3"]),
    ):
        assert [line.id for line in await store.chat.latest(lesson, 9, private_of=private_of)] == expected
