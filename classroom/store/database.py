"""The engine: SQLite by default, PostgreSQL by URL; transactions for reading and for writing."""

import asyncio
import functools
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, RowMapping, event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another process's transaction (the command line beside a running server)."""
WRITERS = 5
"""Transactions that write at once on PostgreSQL: a third of the pool of 15 connections."""
MIGRATION_LOCK = 0x636C6173
"""Advisory lock number that keeps two PostgreSQL nodes from migrating at once."""


def async_url(url: str) -> URL:
    """The URL with the asynchronous driver of its database. Raises ValueError for any other database."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+asyncpg")
    raise ValueError(f"neither SQLite nor PostgreSQL: {parsed.drivername}")


def fields(row: RowMapping) -> dict[str, Any]:
    """A row as plain keyword arguments: its own keys are a subclass of str, which msgspec refuses."""
    return {str(key): value for key, value in row.items()}


class Database:
    """Connections to one database whose tables are up to date."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite has one writer at a time; queueing here is fair, its own busy waiting is not. On PostgreSQL writers
        # who wait for one another's locks must leave connections to the one at work: it reads beside its writing.
        self._turn: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if engine.dialect.name == "sqlite" else asyncio.Semaphore(WRITERS)
        )
        self._returning: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Connects and brings the tables up to date. Raises what SQLAlchemy and the driver raise."""
        # A database server may restart between two uses of a connection; a file does not.
        parsed = async_url(url)
        # Parameters hold names of people; errors, and with them the logs, must not.
        is_server = parsed.get_backend_name() == "postgresql"
        # On SQLite each call is two switches between threads. Ours end every transaction themselves.
        reset = "rollback" if is_server else None
        engine = create_async_engine(parsed, pool_pre_ping=is_server, pool_reset_on_return=reset, hide_parameters=True)
        if engine.dialect.name == "sqlite":
            _keep_private(parsed.database)
            event.listen(engine.sync_engine, "connect", _on_sqlite_connect)
            event.listen(engine.sync_engine, "begin", _on_sqlite_begin)
        database = cls(engine)
        try:
            async with database.write() as connection:
                await connection.run_sync(_upgrade)
        except BaseException:
            await engine.dispose()
            raise
        return database

    async def close(self) -> None:
        """Closes every connection. May be called again."""
        while self._returning:
            await asyncio.wait(self._returning)
        await self._engine.dispose()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is durable when the block has been left without an exception."""
        async with self._turn, self._connected() as plain:
            connection = await plain.execution_options(writing=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads."""
        async with self._connected() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees the same rows however long it reads and whatever is written meanwhile."""
        # SQLite's own transactions are that already.
        level = {"isolation_level": "REPEATABLE READ"} if self._engine.dialect.name == "postgresql" else {}
        async with self._connected() as plain:
            connection = await plain.execution_options(**level)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """A connection that `close` waits for until it is back, even when whoever uses it is cancelled meanwhile."""
        connection = await self._engine.connect()
        try:
            yield connection
        finally:
            returning = asyncio.create_task(connection.close(), name="return a connection")
            self._returning.add(returning)
            returning.add_done_callback(self._returning.discard)
            await asyncio.shield(returning)


def _keep_private(path: str | None) -> None:
    """Make a new database file readable by its owner alone; SQLite gives its journals the same mode."""
    if path and path != ":memory:":
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _on_sqlite_connect(connection: Any, record: Any) -> None:
    # Python's own transaction control begins late and deferred; we begin ourselves, below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that reads first and then writes fails at once, whatever the busy timeout, when somebody
    # else has written in between.
    writing = connection.get_execution_options().get("writing")
    begin = "BEGIN IMMEDIATE" if writing else "BEGIN"
    # One call instead of the three of a cursor.
    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(lambda driver: driver.execute_fetchall(begin))


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    # Most starts find the tables up to date: running alembic's whole machinery only to learn that costs 70 ms.
    if MigrationContext.configure(connection).get_current_heads() != (_head(),):
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@functools.cache
def _head() -> str | None:
    """The newest migration."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "classroom.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
