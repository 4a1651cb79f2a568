"""Filing (报送): every step of both forms as one transaction — state, snapshot, carry, audit — or nothing at all."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

from classroom.ledger.cells import CELL_WORDS
from classroom.ledger.deadlines import is_on_time_bureau, is_on_time_school
from classroom.ledger.errors import LedgerError
from classroom.ledger.filing import BUREAU, FROZEN, Action, State, step
from classroom.ledger.months import local_date, next_month
from classroom.ledger.snapshot import Form, Snapshot, checked_hand
from classroom.lesson.events import Instant
from classroom.store import audit
from classroom.store.activities import LightActivity
from classroom.store.audit import Actor
from classroom.store.edits import Edition, StaleEdit
from classroom.store.returns import (
    ReturnRow,
    StoredCarry,
    add_snapshots,
    add_steps,
    put_carries,
    put_hands,
    put_returns,
)
from classroom.store.store import Store
from signaling.actors import actor_names
from signaling.auth import Grant
from signaling.made_forms import bureau_form, differing, school_form, summary_of
from signaling.month_facts import MonthFacts, gather, month_of
from signaling.problem import Problem
from signaling.records import Records

T = TypeVar("T")
# What a writing transaction hands out; its type is the store's affair.
Connection = Any

Line = Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*\Z")]
Reason = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*\Z")]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+\Z")]
Version = Annotated[int, msgspec.Meta(ge=0)]
CellName = Annotated[str, msgspec.Meta(max_length=40)]
Given = int | bool | Annotated[str, msgspec.Meta(max_length=4000)] | Annotated[list[Line], msgspec.Meta(max_length=12)]
CLOCKS_APART: Final = timedelta(minutes=5)
"""How far a browser's clock may run ahead of ours in the hour that an officer writes down."""


class StepBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step. `version` is what the form showed. sign: `name`, `on`, `file`; send: `channel`, `at`, `proof`."""

    version: Version
    reason: Reason = ""
    name: Line = ""
    on: date | None = None
    file: Id | None = None
    channel: Line = ""
    at: Instant | None = None
    proof: Reason = ""


class CellEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value put by hand."""

    value: Given
    reason: Reason = ""


class CellsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cells put by hand; null takes a value back. `version` is what the form showed."""

    version: Version
    cells: Annotated[dict[CellName, CellEdit | None], msgspec.Meta(min_length=1, max_length=60)]


class _Move(NamedTuple):
    """A step being taken: in this transaction, on this form, from the row before to the row after."""

    connection: Connection
    facts: MonthFacts
    pair: str
    before: ReturnRow | None
    row: ReturnRow
    body: StepBody


_DONE: Final[Mapping[Action, str]] = {
    Action.SUBMIT: "submitted",
    Action.GIVE_BACK: "given_back",
    Action.RECEIVE: "received",
    Action.SIGN: "signed",
    Action.UNSIGN: "unsigned",
    Action.SEND: "sent",
    Action.REVISE: "revised",
}


class Filing:
    """The steps. Each raises Problem(not_found, forbidden), LedgerError, StaleEdit, and then has written nothing."""

    def __init__(self, store: Store, records: Records) -> None:
        self._store = store
        self._records = records

    async def edit(self, month: str, pair: str, grant: Grant, body: CellsBody, at: datetime) -> None:
        """Put cells by hand, beside what is computed. Raises also LedgerError(month_locked)."""
        form: Form = "annex2" if pair == BUREAU else "annex3"
        values = {
            cell: None if said is None else (checked_hand(form, cell, said.value, said.reason), said.reason.strip())
            for cell, said in body.cells.items()
        }

        async def write(connection: Connection, facts: MonthFacts) -> None:
            require_filer(facts, pair, grant)
            row = _unchanged(facts, pair, body.version)
            state = facts.state(pair)
            if state in FROZEN:
                raise LedgerError("month_locked", state.words)
            changed = _row(facts, pair, row, state, grant.actor, at)
            await put_returns(connection, [changed], facts.rows)
            await put_hands(connection, month, pair, values, grant.actor, at)
            said = {cell: None if value is None else [*value] for cell, value in values.items()}
            await audit.note(connection, grant.actor, "return.edited", f"return:{month}/{pair}", at, {"cells": said})

        await self._with_month(month, at, write)

    async def act(self, month: str, pair: str, action: Action, grant: Grant, body: StepBody, at: datetime) -> None:
        """One step of a form. Locking is nobody's own step."""
        steps: Mapping[Action, Callable[[_Move], Awaitable[ReturnRow]]] = {
            Action.SUBMIT: self._submit,
            Action.GIVE_BACK: self._give_back,
            Action.RECEIVE: self._move,
            Action.SIGN: self._sign,
            Action.UNSIGN: self._move,
            Action.SEND: self._send,
            Action.REVISE: self._move,
        }
        take = steps.get(action)
        if take is None:
            raise Problem("not_found")

        async def write(connection: Connection, facts: MonthFacts) -> None:
            (require_filer if action in (Action.SUBMIT,) or pair == BUREAU else require_receiver)(facts, pair, grant)
            row = _unchanged(facts, pair, body.version)
            state = step(pair, facts.state(pair), action, body.reason)
            changed = _row(facts, pair, row, state, grant.actor, at)
            after = await take(_Move(connection, facts, pair, row, changed, body))
            detail = _detail(action, body)
            await add_steps(connection, [after], action, body.reason.strip(), detail)
            said = {"state": after.state.value, "reason": body.reason.strip(), "snapshot": after.snapshot, **detail}
            name = f"return.{_DONE[action]}"
            await audit.note(connection, grant.actor, name, f"return:{month}/{pair}", at, said)

        await self._with_month(month, at, write)

    async def _with_month(self, month: str, at: datetime, write: Callable[[Connection, MonthFacts], Awaitable[T]]) -> T:
        """Read the month and write, while nobody else freezes one. Raises LedgerError: month_unknown, month_future."""
        async with self._store.database.write() as connection:
            await self._store.returns.hold(connection)
            facts = await gather(self._store, await month_of(self._store, month))
            if at < facts.month.start_at:
                raise LedgerError("month_future", f"{month} 从 {facts.month.first} 开始")
            return await write(connection, facts)

    async def _submit(self, do: _Move) -> ReturnRow:
        """提交: the form is frozen as it stands, by a named person."""
        row = do.row
        activities = await self._store.activities.of_pair_month(do.pair, row.month)
        filer = await self._name(row)
        form = school_form(
            do.facts, do.pair, activities, row.changed_at, number=_next(do.before), filer=filer, is_confirmed=True
        )
        is_first = do.before is None or do.before.filed_at is None
        row = msgspec.structs.replace(
            row,
            filed_at=row.changed_at if is_first else row.filed_at,
            is_on_time=is_on_time_school(do.facts.month, row.changed_at) if is_first else row.is_on_time,
            is_confirmed=True,
            filer=str(form.printed["filler"]),
            snapshot=form.number,
            summary=summary_of(form),
        )
        await self._freeze(do.connection, do.facts, [row], [form])
        return row

    async def _give_back(self, do: _Move) -> ReturnRow:
        """退回: the month is open again. What it has handed on comes back, unless a later month has printed it."""
        for carry in await self._store.returns.carries_of(do.row.month, do.pair):
            if await self._store.returns.is_frozen(do.pair, carry.into_month, do.connection):
                raise LedgerError("carried_on", carry.into_month)
        await put_carries(do.connection, do.row.month, [do.pair], [])
        return await self._move(do)

    async def _move(self, do: _Move) -> ReturnRow:
        """A step that changes nothing but the state."""
        await put_returns(do.connection, [do.row], do.facts.rows)
        return do.row

    async def _sign(self, do: _Move) -> ReturnRow:
        """领导签批: what the leader has signed is kept, and only that goes out. Raises LedgerError."""
        row = do.row
        today = local_date(row.changed_at)
        if not do.body.name.strip() or do.body.on is None or not do.facts.month.first <= do.body.on <= today:
            raise LedgerError("signature_missing", f"{do.facts.month.first} 至 {today}")
        filer = await self._name(row)
        form = bureau_form(do.facts, row.changed_at, number=_next(do.before), filer=filer)
        row = msgspec.structs.replace(row, filer=str(form.printed["filler"]), snapshot=form.number)
        await put_returns(do.connection, [row], do.facts.rows)
        await add_snapshots(do.connection, [form])
        return row

    async def _send(self, do: _Move) -> ReturnRow:
        """报送: what was signed has gone out; every 附件3 of the month is locked. Raises LedgerError."""
        row = do.row
        sent_at = do.body.at or row.changed_at
        signed_on = await self._signed_on(row)
        if not signed_on <= local_date(sent_at) or sent_at > row.changed_at + CLOCKS_APART:
            raise LedgerError("sending_impossible", f"应不早于签批日期 {signed_on}，也不晚于现在")
        signed = await self._store.returns.snapshot(row.month, BUREAU, row.snapshot)
        if signed is None:
            raise LedgerError("filing_refused", "没有签批的存档")
        now = bureau_form(do.facts, row.changed_at, filer=str(signed.cells["filler"].value or ""))
        if changed := differing(signed, now):
            raise LedgerError("signed_differs", "、".join(CELL_WORDS[cell] for cell in changed))
        is_first = row.filed_at is None
        row = msgspec.structs.replace(
            row,
            filed_at=sent_at if is_first else row.filed_at,
            is_on_time=is_on_time_bureau(do.facts.month, sent_at) if is_first else row.is_on_time,
            is_confirmed=True,
        )
        await self._lock(do.connection, do.facts, row)
        await put_returns(do.connection, [row], do.facts.rows)
        return row

    async def _signed_on(self, row: ReturnRow) -> date:
        """The day of the signature that holds."""
        steps = await self._store.returns.steps(row.month, BUREAU)
        return date.fromisoformat(next(one.detail["on"] for one in reversed(steps) if one.action is Action.SIGN))

    async def _lock(self, connection: Connection, facts: MonthFacts, sent: ReturnRow) -> None:
        """锁定 every 附件3 of the month; of those that no school has submitted, what stands there now is kept."""
        actor = Actor(sent.actor_kind, sent.actor)  # type: ignore[arg-type]
        open_pairs = [one.pair.id for one in facts.concerned() if facts.state(one.pair.id) not in FROZEN]
        by_pair: dict[str, list[LightActivity]] = {}
        if open_pairs:
            for one in await self._store.activities.of_month(sent.month):
                by_pair.setdefault(one.pair, []).append(one)
        rows, forms = [], []
        for pair in open_pairs:
            before = facts.rows.get(pair)
            form = school_form(facts, pair, by_pair.get(pair, ()), sent.changed_at, number=_next(before))
            row = _row(facts, pair, before, State.LOCKED, actor, sent.changed_at)
            rows.append(
                msgspec.structs.replace(row, snapshot=form.number, summary=summary_of(form), is_confirmed=False)
            )
            forms.append(form)
        await self._freeze(connection, facts, rows, forms)
        filed = [
            _row(facts, pair, row, State.LOCKED, actor, sent.changed_at)
            for pair, row in facts.rows.items()
            if pair != BUREAU and row.state in FROZEN and row.state is not State.LOCKED
        ]
        await put_returns(connection, filed, facts.rows)
        await add_steps(connection, [*rows, *filed], Action.LOCK, "附件2 已报送", {})

    async def _freeze(
        self, connection: Connection, facts: MonthFacts, rows: Sequence[ReturnRow], forms: Iterable[Snapshot]
    ) -> None:
        """Keep 附件3s as they stand; hand on what a cell could not take off; settle what was reported before."""
        kept = list(forms)
        await put_returns(connection, rows, facts.rows)
        await add_snapshots(connection, kept)
        carries = []
        for form in kept:
            if form.carried:
                month = form.window.month
                into = await self._store.returns.open_month(form.pair, next_month(month), connection)
                carries += [
                    StoredCarry(pair=form.pair, month=month, cell=cell, into_month=into, amount=amount)
                    for cell, amount in form.carried.items()
                ]
        handed_on = {one.pair for one in carries} | {form.pair for form in kept if form.number > 1}
        await put_carries(connection, facts.month.month, handed_on, carries)
        for form in kept:
            if form.number > 1:
                await self._records.reconcile(connection, form.pair, facts.month.month, form.at)

    async def _name(self, row: ReturnRow) -> str:
        who = (row.actor_kind, row.actor)
        return (await actor_names(self._store, [who]))[who]


def reachable(facts: MonthFacts, pair: str, grant: Grant) -> None:
    """A school's officer reaches the pairs of the school alone. Raises Problem(not_found), as for one that is not."""
    if pair == BUREAU:
        if grant.school is not None:
            raise Problem("not_found")
        return
    one = facts.pairs.get(pair)
    if one is None or (grant.school is not None and grant.school not in (one.pair.supporter, one.pair.recipient)):
        raise Problem("not_found")


def may_file(facts: MonthFacts, pair: str, grant: Grant) -> bool:
    """The bureau may file any form; a school that of its pair, when it is the one that fills it."""
    if not grant.may("file_return"):
        return False
    return grant.school is None or (pair != BUREAU and facts.pairs[pair].filing_school == grant.school)


def require_filer(facts: MonthFacts, pair: str, grant: Grant) -> None:
    """Raises Problem: not_found, forbidden."""
    reachable(facts, pair, grant)
    if not may_file(facts, pair, grant):
        raise Problem("forbidden")


def require_receiver(facts: MonthFacts, pair: str, grant: Grant) -> None:
    """Raises Problem: not_found, forbidden."""
    reachable(facts, pair, grant)
    if grant.school is not None or not grant.may("receive_return"):
        raise Problem("forbidden")


def _unchanged(facts: MonthFacts, pair: str, seen: int) -> ReturnRow | None:
    """The form's row, when it is still as it was seen. Raises StaleEdit."""
    row = facts.rows.get(pair)
    if row is not None and row.version != seen:
        raise StaleEdit(Edition(version=row.version, actor_kind=row.actor_kind, actor=row.actor, at=row.changed_at))
    return row


def _row(facts: MonthFacts, pair: str, before: ReturnRow | None, state: State, actor: Actor, at: datetime) -> ReturnRow:
    """The form's row after a change."""
    changed: dict[str, Any] = {"state": state, "changed_at": at, "actor_kind": actor.kind, "actor": actor.id}
    if before is None:
        return ReturnRow(month=facts.month.month, pair=pair, version=1, **changed)
    return msgspec.structs.replace(before, version=before.version + 1, **changed)


def _next(row: ReturnRow | None) -> int:
    return 1 if row is None or row.snapshot is None else row.snapshot + 1


def _detail(action: Action, body: StepBody) -> dict[str, Any]:
    """What a step leaves in the history besides its reason."""
    if action is Action.SIGN:
        return {"name": body.name.strip(), "on": body.on.isoformat() if body.on else "", "file": body.file}
    if action is Action.SEND:
        return {"channel": body.channel.strip(), "at": body.at.isoformat() if body.at else None, "proof": body.proof}
    return {}
