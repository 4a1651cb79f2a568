"""The audit log (审计日志): every change, and every view of a lesson or a recording, by whom and when.

A row's hash is sha256(previous hash ‖ line); the line is the JSON list [seq, at, actor kind, actor, action, subject,
digest] and holds ids only. What a detail said stands beside the chain, which keeps its digest: so a name can be deleted
lawfully without breaking the chain, and nothing else can.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import RowMapping, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.database import Database, fields
from classroom.store.schema.audit import audit, audit_head

GENESIS: Final = "0" * 64
LOCK: Final = 0x61756469
"""Advisory lock number that lets PostgreSQL append one row at a time; SQLite has one writer anyway."""


class Actor(msgspec.Struct, frozen=True):
    """Who acts: an account, a link, a program's token, the command line of this machine, the server by itself."""

    kind: Literal["account", "link", "token", "machine", "server"]
    id: str = ""


SERVER: Final = Actor("server")
MACHINE: Final = Actor("machine")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `action` is a noun and a verb (`pair.activated`), `subject` a kind and an id (`pair:abc`)."""

    seq: int
    at: datetime
    actor_kind: str
    actor: str
    action: str
    subject: str
    detail: Any
    """What changed, as JSON, e.g. {"before", "after", "reason"}; None when it was deleted later."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How far the chain holds: `rows` from the first on, the last of which has the hash `head`.

    Kept elsewhere, number and hash show later that nobody has written the whole chain anew. `broken_at`: the number of
    the first row that does not fit (changed, missing, cut off); null: it holds to its end.
    """

    rows: int
    head: str
    broken_at: int | None


class Noted(msgspec.Struct, frozen=True):
    """What a row shall say; `detail` as JSON."""

    actor: Actor
    action: str
    subject: str
    at: datetime
    detail: str


def noted(actor: Actor, action: str, subject: str, at: datetime, detail: Mapping[str, Any] | None = None) -> Noted:
    """What somebody did to something at an instant."""
    return Noted(actor, action, subject, at, msgspec.json.encode(detail or {}, order="sorted").decode())


async def note(
    connection: AsyncConnection,
    actor: Actor,
    action: str,
    subject: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append a row in the caller's own writing transaction: the change and its row are kept together or not at all."""
    await _append(connection, [noted(actor, action, subject, at, detail)])


async def _append(connection: AsyncConnection, rows: Sequence[Noted]) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    head = (await connection.execute(select(audit_head))).one_or_none()
    seq, previous = (head.seq, head.hash) if head else (0, GENESIS)
    values = []
    for row in rows:
        seq += 1
        made = {
            "seq": seq,
            "at": row.at.astimezone(UTC),
            "actor_kind": row.actor.kind,
            "actor": row.actor.id,
            "action": row.action,
            "subject": row.subject,
            "digest": hashlib.sha256(row.detail.encode()).hexdigest(),
        }
        made["hash"] = previous = chained(previous, made)
        values.append({**made, "detail": row.detail})
    await connection.execute(insert(audit), values)
    last = {"seq": seq, "hash": previous}
    await connection.execute(update(audit_head).values(last) if head else insert(audit_head).values(id=0, **last))


def chained(previous: str, row: Mapping[str, Any]) -> str:
    """The hash of a row that follows the one with the hash `previous`."""
    names = ("actor_kind", "actor", "action", "subject", "digest")
    line = msgspec.json.encode([row["seq"], row["at"].isoformat(), *(row[name] for name in names)])
    return hashlib.sha256(bytes.fromhex(previous) + line).hexdigest()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it is stored, with what chains it to the row before. `detail`: the text that `digest` is of."""

    seq: int
    at: datetime
    actor_kind: str
    actor: str
    action: str
    subject: str
    detail: str | None
    digest: str
    hash: str


class Audit:
    """The log as a whole."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Noted, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(
        self, actor: Actor, action: str, subject: str, at: datetime, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Append a row of its own: something was seen, or tried. It is durable when this returns.

        Rows that come while others are written share the next transaction: where many begin to watch at once, not each
        of them waits for the disk by itself. Raises what the database raises.
        """
        row, durable = noted(actor, action, subject, at, detail), asyncio.get_running_loop().create_future()
        self._waiting.append((row, durable))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="audit")
        await durable

    async def close(self) -> None:
        """What is waiting is written. May be called again."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while self._waiting:
                rows, self._waiting = self._waiting, []
                await self._write_together(rows)
        finally:
            self._writing = None

    async def _write_together(self, rows: Sequence[tuple[Noted, asyncio.Future[None]]]) -> None:
        failed: Exception | None = None
        try:
            async with self._database.write() as connection:
                await _append(connection, [row for row, _ in rows])
        except Exception as error:
            if len(rows) > 1:
                # One that cannot be stored must not cost the others theirs.
                for row in rows:
                    await self._write_together([row])
                return
            failed = error
        for _, durable in rows:
            # Who no longer waits has been noted all the same.
            if not durable.done() and failed is not None:
                durable.set_exception(failed)
            elif not durable.done():
                durable.set_result(None)

    async def rows(self, since: datetime) -> list[Row]:
        """The rows from an instant on, as they are stored, the first of them first; one run of numbers."""
        async with self._database.read() as connection:
            first = await connection.scalar(select(func.min(audit.c.seq)).where(audit.c.at >= since))
            found = select(audit).where(audit.c.seq >= (first or 0)).order_by(audit.c.seq)
            rows = (await connection.execute(found)).mappings() if first is not None else ()
            return [msgspec.convert(fields(row), Row) for row in rows]

    async def entries(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        actor_kind: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Entry]:
        """The latest rows first, from below the number `before`; `action` may be the beginning of one.

        Of the instants in [since, until).
        """
        found = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        if before is not None:
            found = found.where(audit.c.seq < before)
        if actor is not None:
            found = found.where(audit.c.actor == actor)
        if action is not None:
            found = found.where(audit.c.action.startswith(action, autoescape=True))
        if subject is not None:
            found = found.where(audit.c.subject == subject)
        if actor_kind is not None:
            found = found.where(audit.c.actor_kind == actor_kind)
        if since is not None:
            found = found.where(audit.c.at >= since)
        if until is not None:
            found = found.where(audit.c.at < until)
        async with self._database.read() as connection:
            return [_entry(row) for row in (await connection.execute(found)).mappings()]

    async def broken_at(self) -> int | None:
        """The number of the first row that does not fit the chain (changed, missing, cut off); None when all do."""
        return (await self.verify()).broken_at

    async def verify(self) -> Verdict:
        """Follow the whole chain from its first row to the head."""
        previous, place = GENESIS, 0
        async with self._database.read() as connection:
            if connection.dialect.name == "postgresql":
                # Rows and head of one instant: somebody may be appending meanwhile.
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            async for row in (await connection.stream(select(audit).order_by(audit.c.seq))).mappings():
                place += 1
                if row["seq"] != place or row["hash"] != chained(previous, fields(row)) or _is_forged(row):
                    return Verdict(rows=place - 1, head=previous, broken_at=place)
                previous = row["hash"]
            head = (await connection.execute(select(audit_head))).one_or_none()
        held = (head.seq, head.hash) if head else (0, GENESIS)
        is_whole = held == (place, previous)
        return Verdict(rows=place, head=previous, broken_at=None if is_whole else place + 1)


def _is_forged(row: RowMapping) -> bool:
    said = row["detail"]
    return said is not None and hashlib.sha256(said.encode()).hexdigest() != row["digest"]


def _entry(row: RowMapping) -> Entry:
    said: str | None = row["detail"]
    kept = {name: value for name, value in fields(row).items() if name not in ("digest", "hash")}
    return msgspec.convert({**kept, "detail": None if said is None else msgspec.json.decode(said)}, Entry)
