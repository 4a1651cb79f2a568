"""Returns (月报表): the state of every form, its steps, hand values, snapshots and carries.

Whoever freezes a month, or writes because a month is not frozen, first takes `hold` in the writing transaction: so that
nothing is added to a month between the look and the write.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.cells import Figure
from classroom.ledger.filing import BUREAU, FROZEN, State
from classroom.ledger.kinds import ON_PAPER
from classroom.ledger.months import next_month
from classroom.store.database import Database
from classroom.store.schema.returns import returns, snapshots

LOCK: Final = 0x7265746E
"""Advisory lock number that lets PostgreSQL freeze or add to months one at a time; SQLite has one writer anyway."""


class _Reported(msgspec.Struct, frozen=True):
    """What a snapshot says of its cells; the rest is skipped."""

    cells: dict[str, Figure]


class Returns:
    """The forms of all months."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hold(self, connection: AsyncConnection) -> None:
        """Until this writing transaction ends, no other freezes a month or relies on one being open."""
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})

    async def is_frozen(self, pair: str, month: str, connection: AsyncConnection | None = None) -> bool:
        """Whether the pair's 附件3 of the month is submitted, received or locked, or the month's 附件2 has gone out.

        Give the writing `connection` (after `hold`) when something is written on the strength of the answer.
        """
        return month in await self._frozen(pair, month, connection)

    async def open_month(self, pair: str, not_before: str, connection: AsyncConnection | None = None) -> str:
        """The pair's earliest month from `not_before` ("2019-05") on that takes 补计 and 冲减: one that is not frozen.

        It may lie ahead. Give the writing `connection` as for `is_frozen`.
        """
        frozen = await self._frozen(pair, not_before, connection)
        month = not_before
        while month in frozen:
            month = next_month(month)
        return month

    async def frozen_pairs(self, month: str, connection: AsyncConnection | None = None) -> frozenset[str] | None:
        """The pairs whose 附件3 of the month is frozen; None: every pair's, because 附件2 has gone out."""
        found = select(returns.c.pair, returns.c.state, returns.c.filed_at).where(returns.c.month == month)
        rows = await self._rows(found, connection)
        if any(pair == BUREAU and filed_at is not None for pair, _, filed_at in rows):
            return None
        return frozenset(pair for pair, state, _ in rows if pair != BUREAU and State(state) in FROZEN)

    async def reported(
        self, pair: str, month: str, connection: AsyncConnection | None = None
    ) -> dict[str, tuple[int, int]]:
        """Activity id → (活动次数, 参与师生数) as the pair's 附件3 of the month reported it; {} while open."""
        if not await self.is_frozen(pair, month, connection):
            return {}
        found = (
            select(snapshots.c.value)
            .where(snapshots.c.month == month, snapshots.c.pair == pair)
            .order_by(snapshots.c.number.desc())
            .limit(1)
        )
        rows = await self._rows(found, connection)
        if not rows:
            return {}
        cells = msgspec.json.decode(rows[0][0], type=_Reported).cells
        said: dict[str, tuple[int, int]] = {}
        for kind in ON_PAPER:
            people = cells[f"{kind.value}.participants"].parts
            for ref, count in cells[f"{kind.value}.count"].parts.items():
                noun, _, activity = ref.partition(":")
                if noun == "activity":
                    said[activity] = (count, people.get(ref, 0))
        return said

    async def _frozen(self, pair: str, not_before: str, connection: AsyncConnection | None) -> set[str]:
        """Months from `not_before` on that are frozen for the pair."""
        found = select(returns.c.month, returns.c.pair, returns.c.state, returns.c.filed_at).where(
            returns.c.pair.in_([pair, BUREAU]), returns.c.month >= not_before
        )
        return {
            month
            for month, whose, state, filed_at in await self._rows(found, connection)
            if (filed_at is not None if whose == BUREAU else State(state) in FROZEN)
        }

    async def _rows(self, found: Select[Any], connection: AsyncConnection | None) -> list[tuple[Any, ...]]:
        if connection is not None:
            return [tuple(row) for row in await connection.execute(found)]
        async with self._database.read() as own:
            return [tuple(row) for row in await own.execute(found)]
