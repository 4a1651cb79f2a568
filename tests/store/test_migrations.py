"""A database of the first release comes through every migration: nothing is lost, nothing counts differently.

`released_0001.json.gz` was written by the first release itself: of three lessons one was counted (39 minutes, 65
people), one is pending (14 minutes), one was cancelled; an observer watched the first one twice.
"""

import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Date, DateTime, MetaData, Table, func, insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from classroom.store.activities import Filter
from classroom.store.database import Database, async_url
from classroom.store.schema import metadata
from classroom.store.store import Store
from signaling.records import Records

RELEASED: dict[str, list[dict[str, Any]]] = json.loads(
    gzip.decompress((Path(__file__).parent / "released_0001.json.gz").read_bytes())
)
AT = datetime(2019, 5, 24, 1, 0, tzinfo=UTC)
LESSONS = ["lesson000001", "lesson000002", "lesson000003"]


def released(connection: Connection) -> None:
    """The tables of the first release with its rows."""
    config = Config()
    config.set_main_option("script_location", "classroom.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    tables = MetaData()
    tables.reflect(connection)
    for name, rows in RELEASED.items():
        if rows:
            connection.execute(insert(tables.tables[name]), [typed(tables.tables[name], row) for row in rows])


def typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """The row with instants and dates, as this database takes them."""
    made = dict(row)
    for column in table.columns:
        value = row[column.name]
        if value is not None and isinstance(column.type, DateTime):
            at = datetime.fromisoformat(value)
            made[column.name] = at if column.type.timezone else at.replace(tzinfo=None)
        elif value is not None and isinstance(column.type, Date):
            made[column.name] = date.fromisoformat(value)
    return made


@pytest.fixture
async def upgraded(url: str) -> AsyncIterator[Store]:
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(released)
    await engine.dispose()
    store = await Store.open(url)
    yield store
    await store.close()


async def test_every_row_that_is_still_kept_is_there(upgraded: Store) -> None:
    moved = {"views", "activities"}
    async with upgraded.database.read() as connection:
        for name, rows in RELEASED.items():
            if name not in moved:
                assert await connection.scalar(select(func.count()).select_from(metadata.tables[name])) == len(rows), (
                    name
                )


async def test_the_month_counts_what_it_counted(upgraded: Store) -> None:
    month = await Records(upgraded).month("2019-05", AT)
    assert (month.count, month.participants) == (1, 65)
    assert [(one.state, one.minutes, one.subjects, one.reason) for one in month.activities] == [
        ("counted", 39, ["语"], "计入：檀溪中小 39 分钟"),
        ("pending", 14, ["音"], "待确认：只同堂 14 分钟，满 20 分钟自动计入"),
        ("not_counted", 0, ["数"], "不计：未开展（已取消）"),
    ]


async def test_judging_the_old_journals_again_changes_nothing(upgraded: Store) -> None:
    before = await upgraded.activities.page(Filter(month="2019-05"), limit=10)
    records = Records(upgraded)
    for lesson in LESSONS:
        await records.settle(lesson, AT)
    after = await upgraded.activities.page(Filter(month="2019-05"), limit=10)
    said = ("id", "state", "minutes", "participants", "host_participants", "subjects", "flags", "class_id", "month")
    assert [[getattr(row, name) for name in said] for row in after] == [
        [getattr(row, name) for name in said] for row in before
    ]


async def test_the_journals_chains_hold(upgraded: Store) -> None:
    assert [await upgraded.journal.broken_at(lesson) for lesson in LESSONS] == [None, None, None]
    assert len(await upgraded.journal.heartbeats(LESSONS[0])) == len(
        [beat for beat in RELEASED["heartbeats"] if beat["lesson"] == LESSONS[0]]
    )


async def test_what_observers_saw_begins_the_audit_log(upgraded: Store) -> None:
    entries = await upgraded.audit.entries(action="lesson.viewed")
    assert [(entry.actor, entry.subject, entry.detail) for entry in entries] == [
        ("linkofsomeon", "lesson:lesson000001", {"what": "teacher/camera"})
    ] * 2
    assert (await upgraded.audit.verify()).broken_at is None


async def test_an_old_link_still_opens_and_the_upgrade_is_done_once(upgraded: Store, url: str) -> None:
    [link] = await upgraded.links.standing()
    assert (link.role, link.name, link.revoked_at) == ("teacher", "王老师", None)
    again = await Database.open(url)
    await again.close()
