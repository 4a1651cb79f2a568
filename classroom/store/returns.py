"""Returns (月报表): the state of every form, its steps, hand values, snapshots and carries.

Whoever freezes a month, or writes because a month is not frozen, first takes `hold` in the writing transaction: so that
nothing is added to a month between the look and the write.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, Select, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.cells import Figure
from classroom.ledger.filing import BUREAU, FROZEN, Action, State
from classroom.ledger.kinds import ON_PAPER
from classroom.ledger.months import next_month
from classroom.ledger.snapshot import HandValue, Snapshot
from classroom.store.audit import Actor
from classroom.store.database import Database, fields
from classroom.store.feeds import EventKind, publish
from classroom.store.schema.registry import imported_returns
from classroom.store.schema.returns import carries, hand_values, return_steps, returns, snapshots

LOCK: Final = 0x7265746E
"""Advisory lock number that lets PostgreSQL freeze or add to months one at a time; SQLite has one writer anyway."""

# What webhooks are told of; that a form was locked goes without saying once 附件2 is sent.
_EVENTS: Final[Mapping[Action, EventKind]] = MappingProxyType(
    {
        Action.SUBMIT: "return.submitted",
        Action.GIVE_BACK: "return.given_back",
        Action.RECEIVE: "return.received",
        Action.SIGN: "return.signed",
        Action.SEND: "return.sent",
        Action.REVISE: "return.revised",
    }
)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A filed 附件3 as far as 附件2 adds it up: flow and publicity cells, both `materials`."""

    numbers: dict[str, int] = {}
    subjects: tuple[str, ...] = ()


class ReturnRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a form is. `version` counts every change of it, so that a stale edit is seen; `pair` may be BUREAU.

    `filed_at`: the first submission; of 附件2 the first sending, which freezes the month for good. `snapshot`: the
    latest one's number.
    """

    month: str
    pair: str
    state: State
    version: int
    changed_at: datetime
    actor_kind: str
    actor: str
    filed_at: datetime | None = None
    is_on_time: bool | None = None
    is_confirmed: bool = False
    filer: str = ""
    snapshot: int | None = None
    summary: Summary = Summary()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step in the life of a form, kept for ever."""

    seq: int
    action: Action
    state: State
    at: datetime
    actor_kind: str
    actor: str
    reason: str
    is_on_time: bool | None
    snapshot: int | None
    detail: dict[str, Any]
    """Of a signature its name and day; of a sending its channel and proof."""


class StoredCarry(msgspec.Struct, frozen=True, kw_only=True):
    """What `month` of the pair could not take off a cell, and the month that takes it."""

    pair: str
    month: str
    cell: str
    into_month: str
    amount: int


class _Reported(msgspec.Struct, frozen=True):
    """What a snapshot says of its cells; the rest is skipped."""

    cells: dict[str, Figure]


_IN_FORCE: Final = ~imported_returns.c.is_replaced
"""A paper that was brought in is a filed return like any other."""


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
        papers = select(imported_returns.c.pair).where(imported_returns.c.month == month, _IN_FORCE)
        imported = [pair for (pair,) in await self._rows(papers, connection)]
        filed = [pair for pair, state, _ in rows if pair != BUREAU and State(state) in FROZEN]
        return frozenset((*filed, *imported))

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

    async def row(self, month: str, pair: str) -> ReturnRow | None:
        """Where the pair's 附件3 (or with BUREAU 附件2) of the month is; None: a draft nobody has touched."""
        async with self._database.read() as connection:
            return await read_return(connection, month, pair)

    async def of_month(self, month: str) -> dict[str, ReturnRow]:
        """Pair or BUREAU → its form of the month, of those that anybody has touched."""
        return {row.pair: row for row in await self._returns(returns.c.month == month)}

    async def states_between(self, first: str, last: str) -> dict[tuple[str, str], State]:
        """(month, pair or BUREAU) → state, of several months, both included; untouched drafts are left out."""
        found = select(returns.c.month, returns.c.pair, returns.c.state).where(
            returns.c.month >= first, returns.c.month <= last
        )
        return {(month, pair): State(state) for month, pair, state in await self._rows(found, None)}

    async def sent_months(self) -> frozenset[str]:
        """The months whose 附件2 has gone out."""
        found = select(returns.c.month).where(returns.c.pair == BUREAU, returns.c.filed_at.is_not(None))
        return frozenset(month for (month,) in await self._rows(found, None))

    async def steps(self, month: str, pair: str) -> list[Step]:
        """The form's life, the first step first."""
        found = select(return_steps).where(return_steps.c.month == month, return_steps.c.pair == pair)
        async with self._database.read() as connection:
            rows = (await connection.execute(found.order_by(return_steps.c.seq))).mappings()
            return [
                msgspec.convert({**fields(row), "detail": msgspec.json.decode(row["detail"])}, Step) for row in rows
            ]

    async def hands(self, month: str, pair: str | None = None) -> dict[str, dict[str, HandValue]]:
        """Pair or BUREAU → cell → the value put by hand that is in force; of one form where `pair` names it."""
        narrow = [] if pair is None else [hand_values.c.pair == pair]
        found = select(hand_values).where(hand_values.c.month == month, *narrow)
        latest: dict[str, dict[str, HandValue]] = {}
        async with self._database.read() as connection:
            for row in (await connection.execute(found.order_by(hand_values.c.seq))).mappings():
                of_pair = latest.setdefault(row["pair"], {})
                if row["value"] is None:
                    of_pair.pop(row["cell"], None)
                else:
                    of_pair[row["cell"]] = _hand(row)
        return latest

    async def snapshot(self, month: str, pair: str, number: int | None = None) -> Snapshot | None:
        """One snapshot, the latest without a number; None where there is none."""
        found = select(snapshots.c.value).where(snapshots.c.month == month, snapshots.c.pair == pair)
        if number is not None:
            found = found.where(snapshots.c.number == number)
        rows = await self._rows(found.order_by(snapshots.c.number.desc()).limit(1), None)
        return msgspec.json.decode(rows[0][0], type=Snapshot) if rows else None

    async def carries_into(self, month: str) -> list[StoredCarry]:
        """What frozen months carry into this one."""
        return await self._carries(carries.c.into_month == month)

    async def carries_of(self, month: str, pair: str) -> list[StoredCarry]:
        """What this month of the pair has handed on."""
        return await self._carries(carries.c.month == month, carries.c.pair == pair)

    async def _carries(self, *conditions: Any) -> list[StoredCarry]:
        async with self._database.read() as connection:
            rows = (await connection.execute(select(carries).where(*conditions))).mappings()
            return [msgspec.convert(fields(row), StoredCarry) for row in rows]

    async def _returns(self, *conditions: Any) -> list[ReturnRow]:
        async with self._database.read() as connection:
            found = select(returns).where(*conditions).order_by(returns.c.month, returns.c.pair)
            return [_return(row) for row in (await connection.execute(found)).mappings()]

    async def _frozen(self, pair: str, not_before: str, connection: AsyncConnection | None) -> set[str]:
        """Months from `not_before` on that are frozen for the pair."""
        found = select(returns.c.month, returns.c.pair, returns.c.state, returns.c.filed_at).where(
            returns.c.pair.in_([pair, BUREAU]), returns.c.month >= not_before
        )
        papers = select(imported_returns.c.month).where(
            imported_returns.c.pair == pair, imported_returns.c.month >= not_before, _IN_FORCE
        )
        imported = {month for (month,) in await self._rows(papers, connection)}
        return imported | {
            month
            for month, whose, state, filed_at in await self._rows(found, connection)
            if (filed_at is not None if whose == BUREAU else State(state) in FROZEN)
        }

    async def _rows(self, found: Select[Any], connection: AsyncConnection | None) -> list[tuple[Any, ...]]:
        if connection is not None:
            return [tuple(row) for row in await connection.execute(found)]
        async with self._database.read() as own:
            return [tuple(row) for row in await own.execute(found)]


async def read_return(connection: AsyncConnection, month: str, pair: str) -> ReturnRow | None:
    """As Returns.row, as the transaction sees it."""
    found = select(returns).where(returns.c.month == month, returns.c.pair == pair)
    row = (await connection.execute(found)).mappings().one_or_none()
    return _return(row) if row else None


async def put_returns(connection: AsyncConnection, rows: Sequence[ReturnRow], known: Iterable[str]) -> None:
    """Store the forms of one month; `known`: pairs whose form has a row already."""
    there = frozenset(known)
    new = [_stored(row) for row in rows if row.pair not in there]
    if new:
        await connection.execute(insert(returns), new)
    for row in rows:
        if row.pair in there:
            of_form = (returns.c.month == row.month) & (returns.c.pair == row.pair)
            await connection.execute(update(returns).where(of_form).values(_stored(row)))


async def add_steps(
    connection: AsyncConnection, rows: Sequence[ReturnRow], action: Action, reason: str, detail: Mapping[str, Any]
) -> None:
    """The step that has just brought each form of one month to where its row says it is."""
    if not rows:
        return
    month = rows[0].month
    counted = (
        select(return_steps.c.pair, func.max(return_steps.c.seq))
        .where(return_steps.c.month == month)
        .group_by(return_steps.c.pair)
    )
    last = {row[0]: row[1] for row in await connection.execute(counted)}
    said = msgspec.json.encode(dict(detail)).decode()
    values = [
        {
            "month": month,
            "pair": row.pair,
            "seq": last.get(row.pair, 0) + 1,
            "action": action.value,
            "state": row.state.value,
            "at": row.changed_at,
            "actor_kind": row.actor_kind,
            "actor": row.actor,
            "reason": reason,
            "is_on_time": row.is_on_time,
            "snapshot": row.snapshot,
            "detail": said,
        }
        for row in rows
    ]
    await connection.execute(insert(return_steps), values)
    kind = _EVENTS.get(action)
    if kind is None:
        return
    for row in rows:
        await publish(connection, kind, f"return:{month}/{row.pair}", row.changed_at)


async def put_hands(
    connection: AsyncConnection,
    month: str,
    pair: str,
    values: Mapping[str, tuple[Any, str] | None],
    actor: Actor,
    at: datetime,
) -> None:
    """Cell → (value, reason), or None to take it back; what stood there before is kept."""
    of_form = (hand_values.c.month == month) & (hand_values.c.pair == pair)
    seq = await connection.scalar(select(func.max(hand_values.c.seq)).where(of_form)) or 0
    rows = [
        {
            "month": month,
            "pair": pair,
            "cell": cell,
            "seq": seq + 1,
            "value": None if said is None else msgspec.json.encode(said[0]).decode(),
            "reason": "" if said is None else said[1],
            "at": at,
            "actor_kind": actor.kind,
            "actor": actor.id,
        }
        for cell, said in values.items()
    ]
    if rows:
        await connection.execute(insert(hand_values), rows)


async def add_snapshots(connection: AsyncConnection, made: Sequence[Snapshot]) -> None:
    """Keep snapshots, for ever."""
    rows = []
    for one in made:
        value = msgspec.json.encode(one)
        rows.append(
            {
                "month": one.window.month,
                "pair": one.pair,
                "number": one.number,
                "at": one.at,
                "policy": one.policy,
                "value": value.decode(),
                "digest": hashlib.sha256(value).hexdigest(),
            }
        )
    if rows:
        await connection.execute(insert(snapshots), rows)


async def put_carries(
    connection: AsyncConnection, month: str, pairs: Iterable[str], made: Sequence[StoredCarry]
) -> None:
    """What the month of these pairs hands on, in place of what it handed on before."""
    for pair in pairs:
        await connection.execute(delete(carries).where(carries.c.month == month, carries.c.pair == pair))
    if made:
        await connection.execute(insert(carries), [msgspec.structs.asdict(one) for one in made])


def _stored(row: ReturnRow) -> dict[str, Any]:
    values = msgspec.structs.asdict(row)
    summary = values.pop("summary")
    return {**values, "state": row.state.value, "printed": msgspec.json.encode(summary).decode()}


def _return(row: RowMapping) -> ReturnRow:
    values = fields(row)
    summary = msgspec.json.decode(values.pop("printed"), type=Summary)
    return msgspec.convert({**values, "summary": summary}, ReturnRow)


def _hand(row: RowMapping) -> HandValue:
    value = msgspec.json.decode(row["value"])
    return HandValue(
        value=tuple(value) if isinstance(value, list) else value,
        reason=row["reason"],
        actor_kind=row["actor_kind"],
        actor=row["actor"],
        at=row["at"],
    )
