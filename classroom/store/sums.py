"""Sums over tallies: of months and years, for screens that show many pairs at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, select, text

from classroom.ledger.kinds import Kind
from classroom.store.database import Database
from classroom.store.schema.ledger import activities, tallies, words

Sum = tuple[int, int]
"""(活动次数, 参与师生数)."""


class Sums:
    """Only reads; every answer is one query."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_month(
        self, first: str, last: str, pairs: frozenset[str] | None = None
    ) -> dict[tuple[str, Kind], tuple[int, int, int]]:
        """(month, kind) → 活动次数, 参与师生数, pending, of the months from `first` to `last`; of some pairs only."""
        columns = tallies.c
        found = (
            select(columns.month, columns.kind, func.sum(columns.count), func.sum(columns.participants))
            .add_columns(func.sum(columns.pending))
            .where(*_inside(first, last, pairs))
            .group_by(columns.month, columns.kind)
        )
        async with self._database.read() as connection:
            return {
                (month, Kind(kind)): (int(count), int(people), int(pending))
                for month, kind, count, people, pending in await connection.execute(found)
            }

    async def by_pair(self, first: str, last: str, pairs: frozenset[str] | None = None) -> dict[str, dict[Kind, Sum]]:
        """Pair → kind → its sum over the months from `first` to `last`."""
        columns = tallies.c
        found = (
            select(columns.pair, columns.kind, func.sum(columns.count), func.sum(columns.participants))
            .where(*_inside(first, last, pairs))
            .group_by(columns.pair, columns.kind)
        )
        return await self._by_pair(found)

    async def _by_pair(self, found: Select[Any]) -> dict[str, dict[Kind, Sum]]:
        sums: dict[str, dict[Kind, Sum]] = {}
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        for pair, kind, count, people in rows:
            sums.setdefault(pair, {})[Kind(kind)] = (int(count), int(people))
        return sums

    async def monthly(
        self, first: str, last: str, kind: Kind, pairs: frozenset[str] | None = None
    ) -> dict[str, dict[str, tuple[int, int, int]]]:
        """Pair → month → 活动次数, 参与师生数, pending of one form, of the months from `first` to `last`."""
        columns = tallies.c
        found = select(columns.pair, columns.month, columns.count, columns.participants, columns.pending).where(
            *_inside(first, last, pairs), columns.kind == kind.value
        )
        sums: dict[str, dict[str, tuple[int, int, int]]] = {}
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        for pair, month, count, people, pending in rows:
            sums.setdefault(pair, {})[month] = (count, people, pending)
        return sums

    async def held(
        self, first: str, last: str, kind: Kind, pairs: frozenset[str] | None = None
    ) -> dict[str, tuple[int, ...]]:
        """Pair → how often it held one form in each of the months from `first` to `last` in which it did."""
        columns = tallies.c
        found = (
            select(columns.pair, func.aggregate_strings(cast(columns.count, String), " "))
            .where(*_inside(first, last, pairs), columns.kind == kind.value, columns.count > 0)
            .group_by(columns.pair)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return {pair: tuple(map(int, counts.split())) for pair, counts in rows}

    async def subjects(self, first: str, last: str, kind: Kind) -> dict[str, set[str]]:
        """Pair → the subjects that counted of one form in the months from `first` to `last`."""
        columns = tallies.c
        found = (
            select(columns.pair, func.aggregate_strings(columns.subjects, " "))
            .where(*_inside(first, last, None), columns.kind == kind.value, columns.subjects != "")
            .group_by(columns.pair)
        )
        async with self._database.read() as connection:
            return {pair: set(subjects.split()) for pair, subjects in await connection.execute(found)}

    async def dated(
        self, start: datetime, end: datetime, month: str, pairs: frozenset[str] | None = None
    ) -> dict[str, dict[Kind, Sum]]:
        """Pair → kind → what counts of a work month and begins in [start, end): figures by date."""
        columns = activities.c
        found = (
            select(columns.pair, columns.kind, func.count(), func.sum(columns.participants))
            .where(columns.month == month, columns.begins_at >= start, columns.begins_at < end)
            .where(columns.state == "counted")
            .group_by(columns.pair, columns.kind)
        )
        if pairs is not None:
            found = found.where(columns.pair.in_(list(pairs)))
        return await self._by_pair(found)

    async def proposed(self, pairs: frozenset[str] | None = None) -> int:
        """How many proposals wait for the bureau."""
        # A literal, because a partial index is only taken where the statement itself says its condition.
        found = select(func.count()).select_from(words).where(text("state = 'proposed'"))
        if pairs is not None:
            found = found.where(words.c.pair.in_(list(pairs)))
        async with self._database.read() as connection:
            return await connection.scalar(found) or 0


def _inside(first: str, last: str, pairs: frozenset[str] | None) -> list[ColumnElement[bool]]:
    narrow = [tallies.c.month >= first, tallies.c.month <= last]
    return narrow if pairs is None else [*narrow, tallies.c.pair.in_(list(pairs))]
