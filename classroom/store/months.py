"""Work months (工作月度) as stored rows, and the bureau's entries in the working-day calendar."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.months import WorkMonth, default_months, local_date, recomputed
from classroom.ledger.workdays import Workdays
from classroom.store.audit import Actor
from classroom.store.database import Database, fields
from classroom.store.edits import Edition, bump, edition
from classroom.store.policies import read_policy
from classroom.store.schema.returns import work_months, workday_years, workdays

CALENDAR: Final = "calendar"
"""The edited thing: windows, dues and working days together."""
AHEAD_YEARS: Final = 1
"""Rows are kept up to the end of this many years ahead, so that an officer has months to edit."""


class Months:
    """The rows. They begin with 2019-04, follow one another without a gap, and are made as they are needed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def through(self, day: date) -> tuple[WorkMonth, ...]:
        """Every row up to the one that holds `day`, and those ahead of it that are there already."""
        async with self._database.read() as connection:
            rows = await read_months(connection)
        if rows and rows[-1].last >= day:
            return rows
        async with self._database.write() as connection:
            rows = await read_months(connection)
            _, policy = await read_policy(connection)
            last = rows[-1] if rows else None
            more = default_months(day, await read_workdays(connection), policy.month_rules, after=last)
            if more:
                await connection.execute(insert(work_months), [msgspec.structs.asdict(row) for row in more])
            return (*rows, *more)

    async def refresh(self, now: datetime) -> tuple[WorkMonth, ...]:
        """Rows up to a year ahead, those still ahead brought up to date with the table that this release ships."""
        await self.through(ahead(now))
        async with self._database.write() as connection:
            return await recompute(connection, now)

    async def month(self, month: str) -> WorkMonth | None:
        """The row of a month; None for one that is no month of ours, or lies far ahead."""
        found = select(work_months).where(work_months.c.month == month)
        async with self._database.read() as connection:
            row = (await connection.execute(found)).mappings().one_or_none()
        return msgspec.convert(fields(row), WorkMonth) if row else None

    async def workdays(self) -> Workdays:
        """The calendar in force."""
        async with self._database.read() as connection:
            return await read_workdays(connection)

    async def days(self, year: int) -> dict[date, tuple[bool, str]]:
        """What the bureau has entered for a year: day → (worked, words)."""
        inside = workdays.c.day.between(date(year, 1, 1), date(year, 12, 31))
        async with self._database.read() as connection:
            rows = (await connection.execute(select(workdays).where(inside).order_by(workdays.c.day))).all()
        return {row.day: (row.is_working, row.words) for row in rows}

    async def edition(self) -> Edition | None:
        """Who changed the calendar last; None before the first change."""
        async with self._database.read() as connection:
            return await edition(connection, CALENDAR)


def ahead(now: datetime) -> date:
    """Up to which day rows are kept."""
    return date(local_date(now).year + AHEAD_YEARS, 12, 31)


async def read_months(connection: AsyncConnection) -> tuple[WorkMonth, ...]:
    """All rows, as the transaction sees them."""
    rows = (await connection.execute(select(work_months).order_by(work_months.c.month))).mappings()
    return tuple(msgspec.convert(fields(row), WorkMonth) for row in rows)


async def write_months(
    connection: AsyncConnection, before: Iterable[WorkMonth], rows: Iterable[WorkMonth]
) -> list[str]:
    """Store the rows that differ from those of `before`; their months."""
    stored = {row.month: row for row in before}
    changed = [row for row in rows if stored.get(row.month) != row]
    for row in changed:
        values = msgspec.structs.asdict(row)
        await connection.execute(update(work_months).where(work_months.c.month == row.month).values(values))
    return [row.month for row in changed]


async def recompute(connection: AsyncConnection, now: datetime) -> tuple[WorkMonth, ...]:
    """Bring what is still ahead up to date with the calendar and the policy; all rows."""
    before = await read_months(connection)
    _, policy = await read_policy(connection)
    rows = recomputed(before, await read_workdays(connection), policy.month_rules, now)
    await write_months(connection, before, rows)
    return rows


async def read_workdays(connection: AsyncConnection) -> Workdays:
    """The calendar in force, as the transaction sees it."""
    entered = (await connection.execute(select(workdays.c.day, workdays.c.is_working))).all()
    years = (await connection.execute(select(workday_years.c.year))).scalars()
    return Workdays(overrides={row.day: row.is_working for row in entered}, entered=frozenset(years))


async def enter_days(
    connection: AsyncConnection,
    days: Mapping[date, tuple[bool, str] | None],
    years: Iterable[int],
    seen: int,
    actor: Actor,
    at: datetime,
) -> int:
    """Enter days (None takes an entry back) and whole years; the calendar's new version. Raises StaleEdit."""
    version = await bump(connection, CALENDAR, seen, actor, at)
    for day, said in days.items():
        await connection.execute(delete(workdays).where(workdays.c.day == day))
        if said is not None:
            is_working, words = said
            await connection.execute(insert(workdays).values(day=day, is_working=is_working, words=words))
    known = set((await connection.execute(select(workday_years.c.year))).scalars())
    for year in sorted(set(years) - known):
        await connection.execute(insert(workday_years).values(year=year))
    return version
