"""Exports stand in rows: one for each wish, taken in order, remembered by whatever comes after a crash."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from classroom.lesson.events import LessonScheduled
from classroom.store import exports as module
from classroom.store.audit import MACHINE
from classroom.store.exports import TooManyExports
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
Planned = Callable[..., Awaitable[LessonScheduled]]


@pytest.fixture
async def lesson(store: Store, planned: Planned) -> str:
    first = await planned(store)
    await store.journal.append([first])
    return first.lesson


async def test_one_wish_is_one_row_and_a_failed_one_may_be_asked_for_again(store: Store, lesson: str) -> None:
    first = await store.exports.ask(lesson, "slides", False, MACHINE, AT)
    assert await store.exports.ask(lesson, "slides", False, MACHINE, AT) == first
    other = await store.exports.ask(lesson, "slides", True, MACHINE, AT + timedelta(seconds=1))
    assert [one.id for one in await store.exports.of_lesson(lesson)] == [first.id, other.id]
    taken = await store.exports.take()
    assert taken is not None and (taken.id, taken.state, taken.attempts) == (first.id, "running", 1)
    assert await store.exports.failed(first.id, "disk_full", AT)
    again = await store.exports.ask(lesson, "slides", False, MACHINE, AT)
    assert (again.id, again.state, again.attempts, again.failure) == (first.id, "waiting", 0, None)


async def test_an_interrupted_one_is_taken_again_and_a_ready_one_is_not(store: Store, lesson: str) -> None:
    made = await store.exports.ask(lesson, "teacher", False, MACHINE, AT)
    for attempts, is_free in ((1, False), (2, True), (2, False)):
        taken = await store.exports.take()
        assert taken is not None and taken.attempts == attempts
        assert await store.exports.take() is None
        await store.exports.wait_again(made.id, is_free=is_free)
    await store.exports.take()
    assert await store.exports.ready(made.id, bytes=9_000_000_000, sha256="0" * 64, seconds=2400.5, at=AT)
    found = await store.exports.get(made.id)
    assert found is not None and (found.state, found.bytes, found.seconds) == ("ready", 9_000_000_000, 2400.5)
    assert await store.exports.take() is None
    assert [one.id for one in await store.exports.ended_before(AT + timedelta(days=1))] == [made.id]


async def test_a_cancelled_one_is_gone_whatever_comes_of_it(store: Store, lesson: str) -> None:
    made = await store.exports.ask(lesson, "teacher", False, MACHINE, AT)
    assert await store.exports.drop(made.id, MACHINE, AT) and not await store.exports.drop(made.id, MACHINE, AT)
    assert not await store.exports.ready(made.id, bytes=1, sha256="0" * 64, seconds=1.0, at=AT)
    assert await store.exports.of_lesson(lesson) == []
    actions = [entry.action for entry in await store.audit.entries(subject=f"lesson:{lesson}")]
    assert {"recording.exported", "recording.export_dropped"} <= set(actions)


async def test_only_so_many_wait(store: Store, lesson: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UNFINISHED", 1)
    await store.exports.ask(lesson, "teacher", False, MACHINE, AT)
    with pytest.raises(TooManyExports):
        await store.exports.ask(lesson, "slides", False, MACHINE, AT)


async def test_two_who_ask_at_once_get_the_same_and_two_who_take_get_two(store: Store, lesson: str) -> None:
    asked = await asyncio.gather(*(store.exports.ask(lesson, "teacher", False, MACHINE, AT) for _ in range(4)))
    assert len({one.id for one in asked}) == 1
    await store.exports.ask(lesson, "slides", False, MACHINE, AT)
    taken = await asyncio.gather(*(store.exports.take() for _ in range(4)))
    assert sorted(one.layout for one in taken if one is not None) == ["slides", "teacher"]
