"""Things edited as a whole, such as the calendar: each has a version, and a stale edit is refused."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.audit import Actor
from classroom.store.database import fields
from classroom.store.schema.returns import editions


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed the thing last. Version 0: nobody yet."""

    version: int
    actor_kind: str
    actor: str
    at: datetime


class StaleEdit(Exception):
    """Somebody else has changed the thing since it was read; nothing was written. `by` changed it last."""

    def __init__(self, by: Edition) -> None:
        super().__init__(f"version {by.version} by {by.actor_kind}:{by.actor}")
        self.by = by


async def edition(connection: AsyncConnection, thing: str) -> Edition | None:
    """The thing's latest edition; None before the first."""
    columns = (editions.c.version, editions.c.actor_kind, editions.c.actor, editions.c.at)
    row = (await connection.execute(select(*columns).where(editions.c.thing == thing))).mappings().one_or_none()
    return msgspec.convert(fields(row), Edition) if row else None


async def bump(connection: AsyncConnection, thing: str, seen: int, actor: Actor, at: datetime) -> int:
    """The next version of the thing, which the caller has seen at `seen`. Raises StaleEdit."""
    last = await edition(connection, thing)
    if last is not None and last.version != seen:
        raise StaleEdit(last)
    values = {"version": seen + 1, "actor_kind": actor.kind, "actor": actor.id, "at": at}
    if last is None:
        await connection.execute(insert(editions).values(thing=thing, **values))
    else:
        await connection.execute(update(editions).where(editions.c.thing == thing).values(values))
    return seen + 1
