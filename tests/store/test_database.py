"""The tables as migrated are the tables as declared; a store opens and closes any number of times."""

import asyncio
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from classroom.store.database import Database, async_url
from classroom.store.schema import metadata
from classroom.store.schema.lessons import heartbeats
from classroom.store.store import Store


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_lead_to_the_declared_tables(url: str) -> None:
    database = await Database.open(url)
    try:
        async with database.read() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await database.close()


async def test_a_store_opens_again_and_closes_twice(url: str) -> None:
    for _ in range(2):
        store = await Store.open(url)
        await store.registry.school("实验小学")
        await store.close()
        await store.close()
    store = await Store.open(url)
    assert [school.name for school in (await store.registry.book()).schools.values()] == ["实验小学"]
    await store.close()


async def test_two_nodes_may_open_an_empty_database_at_once(url: str) -> None:
    stores = await asyncio.gather(Store.open(url), Store.open(url))
    for store in stores:
        await store.close()


async def test_an_error_names_no_parameter(url: str) -> None:
    store = await Store.open(url)
    with pytest.raises(IntegrityError) as refused:
        await store.consents.note(["nobody"], "王老师", datetime.now(UTC), date(2019, 5, 14))
    assert "王老师" not in str(refused.value)
    await store.close()


async def test_sqlite_is_durable_and_checks_its_references(tmp_path: object) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/classroom.db")
    try:
        async with database.read() as connection:
            found = [
                await connection.scalar(text(f"PRAGMA {p}")) for p in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert found == ["wal", 2, 1]
    finally:
        await database.close()


async def test_an_instant_is_stored_in_utc_and_never_without_a_zone(url: str) -> None:
    database = await Database.open(url)
    here = datetime(2019, 5, 14, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    row = {"lesson": "l1", "at": here, "boot": "b", "seats": "{}"}
    try:
        async with database.write() as connection:
            await connection.execute(insert(heartbeats).values(row))
        async with database.read() as connection:
            at = await connection.scalar(select(heartbeats.c.at))
        assert at == here and at.tzinfo is UTC
        with pytest.raises((StatementError, ValueError), match="zone"):
            async with database.write() as connection:
                await connection.execute(insert(heartbeats).values({**row, "at": here.replace(tzinfo=None)}))
    finally:
        await database.close()


async def test_writers_of_two_processes_wait_for_each_other(url: str) -> None:
    stores = [await Store.open(url) for _ in range(2)]
    names = [f"学校{i}" for i in range(10)]
    await asyncio.gather(*(store.registry.school(name) for name in names for store in stores))
    assert sorted(s.name for s in (await stores[0].registry.book()).schools.values()) == sorted(names)
    for store in stores:
        await store.close()


async def test_writers_in_a_queue_leave_a_connection_to_the_one_at_work(url: str) -> None:
    database = await Database.open(url)
    begun = asyncio.Event()

    async def at_work() -> int:
        async with database.write() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(7)"))
            await begun.wait()
            async with database.read() as beside:
                return await beside.scalar(select(1)) or 0

    try:
        async with asyncio.timeout(20):
            writers = [asyncio.create_task(at_work()) for _ in range(40)]
            # Every connection that the writers can take is taken.
            async with database.read() as reader:
                await reader.scalar(select(1))
            begun.set()
            assert await asyncio.gather(*writers) == [1] * 40
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///x.db", "sqlite+aiosqlite"),
        ("postgresql://h/d", "postgresql+asyncpg"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg"),
    ],
)
def test_a_url_gets_its_asynchronous_driver(given: str, driver: str) -> None:
    assert async_url(given).drivername == driver


def test_another_database_is_refused() -> None:
    with pytest.raises(ValueError, match="neither SQLite nor PostgreSQL"):
        async_url("mysql://h/d")
