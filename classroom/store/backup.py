"""A database as lines of JSON, one snapshot of every table; and back into an empty database of either kind.

A line is a row: column → value, instants and dates as text. Lines of a table come in no order that means anything: its
digest is the sum of its lines' hashes, so the same rows have the same digest in SQLite and in PostgreSQL.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Date, Table, delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.database import fields
from classroom.store.schema import metadata
from classroom.store.schema.columns import Instant

# Open sessions, counted failures and files on their way belong to the running server, not to the county's records;
# exports are made anew from recordings, which are not in a backup either, no more than the pictures of homework are.
LEFT_OUT: Final = frozenset({"account_sessions", "sign_in_failures", "exports", "uploads", "works", "work_marks"})
TABLES: Final[Mapping[str, Table]] = {
    table.name: table for table in metadata.sorted_tables if table.name not in LEFT_OUT
}
"""In an order in which every row finds what it refers to."""
SEEDED: Final = frozenset({"registry_versions"})
"""A fresh database has their rows already; a backup's take their place."""
_ROWS: Final = 1000
_PARAMETERS: Final = 20_000
"""Both databases take about 32 000 values in one statement."""
_DIGEST: Final = 2**256


class NotEmpty(Exception):
    """There are rows in the database that was to be filled; str() names the table."""


class BadBackup(Exception):
    """The lines are none of this database's; str() says where and why."""


class Digest:
    """Rows counted and summed up, in whatever order they come."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        """One row's line, without its end."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line).digest())) % _DIGEST

    def __str__(self) -> str:
        return f"{self._sum:064x}"


async def revision(connection: AsyncConnection) -> str:
    """The migration that the tables are at."""
    return await connection.run_sync(_revision)


def _revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


async def lines(connection: AsyncConnection, table: str) -> AsyncIterator[bytes]:
    """Every row of a table as its line, without its end."""
    async for row in (await connection.stream(select(TABLES[table]).execution_options(yield_per=_ROWS))).mappings():
        yield msgspec.json.encode(fields(row), order="sorted")


async def require_empty(connection: AsyncConnection) -> None:
    """Raises NotEmpty."""
    for name, table in TABLES.items():
        if name not in SEEDED and await connection.scalar(select(func.count()).select_from(table)):
            raise NotEmpty(name)


async def fill(connection: AsyncConnection, table: str, rows: Iterable[bytes]) -> None:
    """Insert the rows of these lines. Raises BadBackup, for what the database refuses too."""
    target = TABLES[table]
    if table in SEEDED:
        await connection.execute(delete(target))
    decode = _decoder(target)
    many = min(_ROWS, _PARAMETERS // len(target.columns))
    batch: list[dict[str, Any]] = []
    for number, line in enumerate(rows, 1):
        try:
            batch.append(decode(line))
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise BadBackup(f"{table}, row {number}: {error}") from None
        if len(batch) == many:
            await _put(connection, target, batch)
            batch = []
    if batch:
        await _put(connection, target, batch)
    await _count_on(connection, target)


async def _put(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    try:
        await connection.execute(insert(table), rows)
    except SQLAlchemyError as error:
        raise BadBackup(f"{table.name}: {type(error).__name__}") from None


def _decoder(table: Table) -> Any:
    instants = [column.name for column in table.columns if isinstance(column.type, Instant)]
    days = [column.name for column in table.columns if isinstance(column.type, Date)]
    names = {column.name for column in table.columns}

    def decode(line: bytes) -> dict[str, Any]:
        row = msgspec.json.decode(line, type=dict[str, Any])
        if row.keys() != names:
            raise ValueError(f"has the columns {', '.join(sorted(row))}")
        for name in instants:
            row[name] = msgspec.convert(row[name], datetime | None)
        for name in days:
            row[name] = msgspec.convert(row[name], date | None)
        return row

    return decode


async def _count_on(connection: AsyncConnection, table: Table) -> None:
    """PostgreSQL counts its own numbers: they go on behind those that were just put in."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = await connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
    )
    last = await connection.scalar(select(func.max(column)))
    if sequence is not None and last is not None:
        await connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


async def digests(connection: AsyncConnection) -> dict[str, Digest]:
    """Table → its rows' digest, as the transaction sees them."""
    found = {}
    for table in TABLES:
        digest = found[table] = Digest()
        async for line in lines(connection, table):
            digest.add(line)
    return found
