"""Activities: replaced lesson by lesson, read by lesson and by month."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from classroom.lesson.events import LessonScheduled
from classroom.store.activities import ActivityRow
from classroom.store.store import Store


async def test_activities_are_replaced_and_read_back(
    store: Store, planned: Callable[..., Awaitable[LessonScheduled]]
) -> None:
    first = await planned(store)
    await store.journal.append([first])
    row = ActivityRow(
        pair=first.pairs[0],
        lesson=first.lesson,
        period=0,
        month="2019-05",
        state="counted",
        minutes=40,
        participants=67,
        subject="语",
        flags=[{"code": "roster", "text": "按名册"}],
        detail={"rooms": {"r1": 40}},
    )
    second = msgspec.structs.replace(row, period=1, month="2019-06", state="pending")
    await store.activities.replace(first.lesson, [row, second])
    assert await store.activities.of_lesson(first.lesson) == [row, second]
    assert await store.activities.of_lessons([first.lesson, "other"]) == [row, second]
    assert await store.activities.of_month("2019-05") == [row]
    await store.activities.replace(first.lesson, [second])
    assert await store.activities.of_lesson(first.lesson) == [second]
    await store.activities.replace(first.lesson, [])
    assert await store.activities.of_month("2019-06") == []
    with pytest.raises(ValueError, match="another lesson"):
        await store.activities.replace("other", [row])
