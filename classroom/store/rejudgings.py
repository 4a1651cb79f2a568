"""Months that are to be judged again, because the rules of counting have changed since: kept until it has been done."""

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.database import Database
from classroom.store.schema.returns import rejudgings


class Rejudging(msgspec.Struct, frozen=True):
    """A month to be judged again, and the version of the policy that asks for it."""

    month: str
    policy: int


class Rejudgings:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def asked(self) -> list[Rejudging]:
        """What is still to be done, the latest month first."""
        found = select(rejudgings.c.month, rejudgings.c.policy).order_by(rejudgings.c.month.desc())
        async with self._database.read() as connection:
            return [Rejudging(month, policy) for month, policy in await connection.execute(found)]

    async def done(self, one: Rejudging) -> None:
        """It has been judged; a later version of the policy may have asked for it anew, which stays."""
        of_version = (rejudgings.c.month == one.month) & (rejudgings.c.policy == one.policy)
        async with self._database.write() as connection:
            await connection.execute(delete(rejudgings).where(of_version))


async def ask_judging(connection: AsyncConnection, months: list[str], policy: int) -> None:
    """In the transaction of the policy's change: judge these months again by this version."""
    if months:
        await connection.execute(delete(rejudgings).where(rejudgings.c.month.in_(months)))
        await connection.execute(insert(rejudgings), [{"month": month, "policy": policy} for month in months])
