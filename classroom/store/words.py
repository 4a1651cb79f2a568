"""Words (确认, 驳回, 更正) on activities: kept for ever; only what became of a proposal is filled in later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import RowMapping, and_, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.words import Change, Word, WordKind
from classroom.store.audit import Actor
from classroom.store.database import Database, fields
from classroom.store.schema.ledger import words

WordState = Literal["applied", "proposed", "refused"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """凭证: files by their ids, and an address."""

    files: tuple[str, ...] = ()
    link: str | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What an activity was, before or after a word."""

    state: str
    participants: int
    teachers: int
    students: int
    subjects: tuple[str, ...]
    minutes: int


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Who approved or refused a proposal, and why."""

    actor: Actor
    at: datetime
    reason: str


class WordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A word as stored. `month` is that of its activity; `after` of a proposal is what it would make of it."""

    id: str
    activity: str
    pair: str
    month: str
    kind: WordKind
    state: WordState
    at: datetime
    actor: Actor
    reason: str
    change: Change
    evidence: Evidence
    before: Seen
    after: Seen
    decision: Decision | None = None

    @property
    def word(self) -> Word:
        """As counting hears it."""
        return Word(
            id=self.id,
            activity=self.activity,
            kind=self.kind,
            by=f"{self.actor.kind}:{self.actor.id}",
            at=self.at if self.decision is None else self.decision.at,
            reason=self.reason,
            change=self.change,
            has_evidence=bool(self.evidence.files or self.evidence.link),
        )


async def add(connection: AsyncConnection, row: WordRow) -> None:
    """Keep a word, in the caller's transaction."""
    await connection.execute(
        insert(words).values(
            id=row.id,
            activity=row.activity,
            pair=row.pair,
            month=row.month,
            kind=row.kind.value,
            state=row.state,
            at=row.at,
            actor_kind=row.actor.kind,
            actor=row.actor.id,
            reason=row.reason,
            change=msgspec.json.encode([row.change, row.evidence]).decode(),
            before=msgspec.json.encode(row.before).decode(),
            after=msgspec.json.encode(row.after).decode(),
        )
    )


async def decide(
    connection: AsyncConnection, word: str, state: Literal["applied", "refused"], decision: Decision, after: Seen
) -> bool:
    """Fill in what became of a proposal; False when it is none any more."""
    decided = await connection.execute(
        update(words)
        .where(words.c.id == word, words.c.state == "proposed")
        .values(
            state=state,
            decided_at=decision.at,
            decider_kind=decision.actor.kind,
            decider=decision.actor.id,
            decision=decision.reason,
            after=msgspec.json.encode(after).decode(),
        )
    )
    return decided.rowcount == 1


async def of_activities(connection: AsyncConnection, activities: Sequence[str]) -> list[WordRow]:
    """Every word on some activities, the oldest first, as the transaction sees them."""
    found: list[WordRow] = []
    for first in range(0, len(activities), 500):
        some = words.c.activity.in_(list(activities[first : first + 500]))
        rows = await connection.execute(select(words).where(some).order_by(words.c.at, words.c.id))
        found += [_row(row) for row in rows.mappings()]
    return found


class Words:
    """The words of all activities."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, word: str) -> WordRow | None:
        """One word."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(words).where(words.c.id == word))).mappings().one_or_none()
        return None if row is None else _row(row)

    async def of(self, activities: Sequence[str]) -> list[WordRow]:
        """Every word on some activities, the oldest first."""
        async with self._database.read() as connection:
            return await of_activities(connection, activities)

    async def proposed(
        self, *, pairs: Sequence[str] | None = None, after: tuple[datetime, str] | None = None, limit: int = 50
    ) -> list[WordRow]:
        """Proposals that wait for the bureau, the oldest first; `pairs`: of these only; `after`: the last one seen."""
        # A literal, because a partial index is only taken where the statement itself says its condition.
        found = select(words).where(text("state = 'proposed'"))
        if pairs is not None:
            found = found.where(words.c.pair.in_(list(pairs)))
        if after is not None:
            at, name = after
            found = found.where(or_(words.c.at > at, and_(words.c.at == at, words.c.id > name)))
        async with self._database.read() as connection:
            rows = await connection.execute(found.order_by(words.c.at, words.c.id).limit(limit))
            return [_row(row) for row in rows.mappings()]


def _row(row: RowMapping) -> WordRow:
    stored: dict[str, Any] = fields(row)
    change, evidence = msgspec.json.decode(stored["change"], type=tuple[Change, Evidence])
    decision = None
    if stored["decided_at"] is not None:
        decision = Decision(
            actor=Actor(stored["decider_kind"], stored["decider"]), at=stored["decided_at"], reason=stored["decision"]
        )
    return WordRow(
        id=stored["id"],
        activity=stored["activity"],
        pair=stored["pair"],
        month=stored["month"],
        kind=WordKind(stored["kind"]),
        state=stored["state"],
        at=stored["at"],
        actor=Actor(stored["actor_kind"], stored["actor"]),
        reason=stored["reason"],
        change=change,
        evidence=evidence,
        before=msgspec.json.decode(stored["before"], type=Seen),
        after=msgspec.json.decode(stored["after"], type=Seen),
        decision=decision,
    )
