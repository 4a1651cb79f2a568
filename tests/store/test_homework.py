"""Homework in the store: numbers within a class, layers of each marker, and nothing left when it is erased."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.store import homework as module
from classroom.store.audit import Actor
from classroom.store.homework import HOLD, Stroke, TooManyWorks
from classroom.store.registry import By
from classroom.store.store import Store
from tests.store.conftest import plan_lesson

AT = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
BY = By(Actor("link", "linkofateach"), AT)


async def given(store: Store) -> Any:
    planned = await plan_lesson(store)
    await store.journal.append([planned])
    return await store.homework.give(lesson=planned.lesson, text="写一写", file=None, due_at=AT, by=BY)


async def hand_in(store: Store, task: Any, id: str, seat: str = "r1") -> Any:
    size = {"width": 800, "height": 600, "size": 9000}
    return await store.homework.hand_in(id=id, task=task.id, seat=seat, label="", by=BY, **size)


async def test_works_are_numbered_within_their_class_and_bounded(store: Store, monkeypatch: Any) -> None:
    task = await given(store)
    monkeypatch.setattr(module, "MAX_WORKS", 3)
    made = [await hand_in(store, task, f"work0000000{n}", seat) for n, seat in enumerate(("r1", "r1", "r2"))]
    assert [one.number for one in made] == [1, 2, 1]
    with pytest.raises(TooManyWorks):
        await hand_in(store, task, "work00000009")
    assert await store.homework.works(task.id, "r1") == made[:2]
    assert await store.homework.work(task.lesson, made[0].id) == made[0]
    assert await store.homework.work("lesson000009", made[0].id) is None


async def test_each_marker_has_a_layer_and_the_last_one_of_it_stands(store: Store) -> None:
    task = await given(store)
    work = (await hand_in(store, task, "work00000001")).id
    await store.homework.hold(work, "teacher", AT)
    held = await store.homework.work(task.lesson, work)
    assert held is not None and held.holder(AT) == "teacher" and held.holder(AT + HOLD) is None
    line = Stroke(points=(1, 2, 3, 4))
    for marker, strokes in (("assistant:r1", [line]), ("teacher", []), ("teacher", [line, line])):
        more = {"strokes": strokes, "comment": marker, "stamp": "good", "by": BY}
        await store.homework.mark(task.lesson, work, marker, **more)  # type: ignore[arg-type]
    marks = (await store.homework.marks([work]))[work]
    assert [(one.marker, len(one.strokes)) for one in marks] == [("teacher", 2), ("assistant:r1", 1)]
    freed = await store.homework.work(task.lesson, work)
    assert freed is not None and freed.held_by is None
    await store.homework.mark(task.lesson, work, "teacher", strokes=[], comment="", stamp=None, by=BY)
    assert [one.marker for one in (await store.homework.marks([work]))[work]] == ["assistant:r1"]


async def test_erased_works_leave_their_task_and_no_mark(store: Store) -> None:
    task = await given(store)
    work = (await hand_in(store, task, "work00000001")).id
    await store.homework.mark(task.lesson, work, "teacher", strokes=[], comment="好", stamp=None, by=BY)
    begun = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
    assert await store.homework.kept_since(begun + timedelta(seconds=1)) == [task.lesson]
    assert await store.homework.kept_since(begun) == []
    assert await store.homework.erase(task.lesson, BY) == 1
    assert await store.homework.erase(task.lesson, BY) == 0
    assert await store.homework.works(task.id) == [] and await store.homework.marks([work]) == {}
    assert [one.id for one in await store.homework.of_lesson(task.lesson)] == [task.id]
    assert await store.homework.kept_since(datetime(2030, 1, 1, tzinfo=UTC)) == []
