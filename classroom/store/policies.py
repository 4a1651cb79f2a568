"""The policy (口径与设置) in versions. Version 0 is the defaults and has no row."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.policy import Policy
from classroom.store.audit import Actor
from classroom.store.database import Database
from classroom.store.edits import Edition, StaleEdit
from classroom.store.schema.returns import policies


class Policies:
    """Every version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> tuple[int, Policy]:
        """The version in force and its value."""
        async with self._database.read() as connection:
            return await read_policy(connection)

    async def edition(self, version: int) -> Edition | None:
        """Who made a version, and when; None for the defaults."""
        columns = (policies.c.version, policies.c.actor_kind, policies.c.actor, policies.c.at)
        async with self._database.read() as connection:
            row = (await connection.execute(select(*columns).where(policies.c.version == version))).one_or_none()
        return Edition(version=row[0], actor_kind=row[1], actor=row[2], at=row[3]) if row else None

    async def of_version(self, version: int) -> Policy:
        """The policy as it was. Raises LookupError."""
        if version == 0:
            return Policy()
        async with self._database.read() as connection:
            value = await connection.scalar(select(policies.c.value).where(policies.c.version == version))
        if value is None:
            raise LookupError(f"no policy of version {version}")
        return msgspec.json.decode(value, type=Policy)


async def read_policy(connection: AsyncConnection) -> tuple[int, Policy]:
    """The version in force and its value, as the transaction sees it."""
    latest = select(policies.c.version, policies.c.value).order_by(policies.c.version.desc()).limit(1)
    row = (await connection.execute(latest)).one_or_none()
    return (row.version, msgspec.json.decode(row.value, type=Policy)) if row else (0, Policy())


async def put_policy(
    connection: AsyncConnection, policy: Policy, seen: int, reason: str, actor: Actor, at: datetime
) -> int:
    """A new version after `seen`. Raises StaleEdit when that is no longer the latest."""
    last = await _latest(connection)
    if last is not None and last.version != seen:
        raise StaleEdit(last)
    value = msgspec.json.encode(policy).decode()
    row = {"version": seen + 1, "at": at, "actor_kind": actor.kind, "actor": actor.id, "reason": reason, "value": value}
    await connection.execute(insert(policies).values(row))
    return seen + 1


async def _latest(connection: AsyncConnection) -> Edition | None:
    columns = (policies.c.version, policies.c.actor_kind, policies.c.actor, policies.c.at)
    row = (await connection.execute(select(*columns).order_by(policies.c.version.desc()).limit(1))).one_or_none()
    return Edition(version=row[0], actor_kind=row[1], actor=row[2], at=row[3]) if row else None
