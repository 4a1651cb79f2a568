"""The exporter by itself: what it finds in its folder, and a store that fails under it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from classroom.store.audit import MACHINE
from classroom.store.exports import Export
from classroom.store.store import Store
from recorder.export.plan import Wish
from signaling import queue as module
from signaling.clock import SystemClock
from signaling.exports import Exporter
from tests.recorder.conftest import Rig, script
from tests.store.conftest import plan_lesson

LESSON = "lesson000001"


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    store = await Store.open(database)
    await store.journal.append([await plan_lesson(store, LESSON)])
    yield store
    await store.close()


@pytest.fixture
async def exporter(store: Store, tmp_path: Path) -> AsyncIterator[Exporter]:
    """Two at once, not begun."""
    exporter = Exporter(
        store,
        SystemClock(),
        tmp_path / "recordings",
        tmp_path / "exports",
        at_once=2,
        keep_free_bytes=0,
        kept_for=timedelta(days=30),
        is_recording=lambda lesson: False,
        page_picture=lambda courseware, number: tmp_path / courseware / f"{number}.webp",
    )
    yield exporter
    await exporter.close()


async def record(tmp_path: Path) -> None:
    rig = Rig(tmp_path / "recordings")
    rig.recorder.start_stream(LESSON, "teacher", "camera", "s1")
    rig.play("s1", script("h264", 3))
    await rig.recorder.stop(LESSON)
    await rig.recorder.close()


def fails(method: Callable[..., Awaitable[Any]], times: int) -> Callable[..., Awaitable[Any]]:
    """The method, as of a database that is away so many times."""
    left = [times]

    async def failing(*args: Any, **kwargs: Any) -> Any:
        if left[0] > 0:
            left[0] -= 1
            raise ConnectionError("the database is away")
        return await method(*args, **kwargs)

    return failing


async def until(store: Store, id: str, condition: Callable[[Export], bool]) -> Export:
    async with asyncio.timeout(60):
        while (found := await store.exports.get(id)) is None or not condition(found):
            await asyncio.sleep(0.02)
    return found


async def test_what_is_no_file_stays_and_keeps_nobody_from_beginning(exporter, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "exports"
    (folder / "lost+found").mkdir(parents=True)
    for name in ("left.1.part", "stuck.mp4", "unknown.mp4"):
        (folder / name).touch()
    unlink = Path.unlink

    def unlinked(path: Path, missing_ok: bool = False) -> None:
        if path.name == "stuck.mp4":
            raise PermissionError(13, "not yours")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlinked)
    await exporter.start()
    assert sorted(path.name for path in folder.iterdir()) == ["lost+found", "stuck.mp4"]


async def test_an_export_outlasts_a_database_that_was_away_when_it_was_made(
    store: Store, exporter: Exporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AFTER_ERROR_S", 0.1, raising=False)
    await record(tmp_path)
    monkeypatch.setattr(store.exports, "ready", fails(store.exports.ready, 1))
    monkeypatch.setattr(store.exports, "failed", fails(store.exports.failed, 1))
    await exporter.start()
    asked = await exporter.ask(LESSON, Wish("teacher", False), MACHINE)
    # Away for the first look at what is astray, too.
    monkeypatch.setattr(store.exports, "in_state", fails(store.exports.in_state, 1))
    ready = await until(store, asked.id, lambda one: one.state in ("ready", "failed"))
    assert (ready.state, ready.attempts) == ("ready", 2)
    assert [path.name for path in (tmp_path / "exports").iterdir()] == [f"{asked.id}.mp4"]


async def test_what_another_one_works_on_is_left_to_it(
    store: Store, exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AFTER_ERROR_S", 0.01, raising=False)
    made: list[str] = []
    go_on = asyncio.Event()

    async def make(export: Export) -> None:
        made.append(export.layout)
        if made == ["teacher"]:
            await go_on.wait()
        elif made == ["teacher", "slides"]:
            raise ConnectionError("the database is away")
        await store.exports.failed(export.id, "failed", SystemClock().at())

    monkeypatch.setattr(exporter._queue, "_do", make)
    await exporter.start()
    first = await exporter.ask(LESSON, Wish("teacher", False), MACHINE)
    await until(store, first.id, lambda one: one.state == "running")
    second = await exporter.ask(LESSON, Wish("slides", False), MACHINE)
    assert (await until(store, second.id, lambda one: one.state == "failed")).attempts == 2
    assert (await until(store, first.id, lambda one: True)).state == "running"
    go_on.set()
    assert (await until(store, first.id, lambda one: one.state == "failed")).attempts == 1
    assert made == ["teacher", "slides", "slides"]
