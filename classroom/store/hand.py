"""Hand entries (手工录入): as they were written down, and which of them a log has replaced since."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.hand import HandEntry
from classroom.store.audit import Actor
from classroom.store.database import Database
from classroom.store.schema.ledger import hand_entries


class HandRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as stored. `replaced_by`: the activity of the log that came after all."""

    entry: HandEntry
    actor: Actor
    at: datetime
    replaced_by: str | None


async def add(connection: AsyncConnection, entry: HandEntry, actor: Actor) -> None:
    """Keep an entry, in the caller's transaction."""
    await connection.execute(
        insert(hand_entries).values(
            id=entry.id,
            pair=entry.pair,
            at=entry.at,
            actor_kind=actor.kind,
            actor=actor.id,
            entry=msgspec.json.encode(entry).decode(),
        )
    )


async def replace(connection: AsyncConnection, entry: str, activity: str) -> None:
    """A log has come for what was written down by hand."""
    replaced = update(hand_entries).where(hand_entries.c.id == entry).values(replaced_by=activity)
    await connection.execute(replaced)


class HandEntries:
    """All entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, entry: str) -> HandRow | None:
        """One entry."""
        async with self._database.read() as connection:
            found = select(hand_entries).where(hand_entries.c.id == entry)
            row = (await connection.execute(found)).one_or_none()
        if row is None:
            return None
        return HandRow(
            entry=msgspec.json.decode(row.entry, type=HandEntry),
            actor=Actor(row.actor_kind, row.actor),
            at=row.at,
            replaced_by=row.replaced_by,
        )
