"""MP4s of lessons (导出): a row from the moment that somebody asks for one, so that no crash forgets it.

waiting → running → ready or failed; a cancelled one has no row any more. The files are the server's.
"""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.audit import Actor, note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.schema.exports import exports

State = Literal["waiting", "running", "ready", "failed"]
MAX_UNFINISHED: Final = 200
"""Waiting at once on a server; a lesson a minute takes days to get there."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An MP4 of a lesson. `seconds`: how long it plays; `failure`: why there is none."""

    id: str
    lesson: str
    layout: str
    pupils: bool
    state: State
    attempts: int
    asked_at: datetime
    ended_at: datetime | None
    failure: str | None
    bytes: int | None
    sha256: str | None
    seconds: float | None


class TooManyExports(Exception):
    """MAX_UNFINISHED are waiting already."""


class Exports:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, lesson: str, layout: str, pupils: bool, actor: Actor, at: datetime) -> Export:
        """The export for this wish: the one there is, a failed one anew, or a new one. Raises TooManyExports."""
        same = (exports.c.lesson == lesson) & (exports.c.layout == layout) & (exports.c.pupils == pupils)
        try:
            return await self._ask(same, lesson, layout, pupils, actor, at)
        except IntegrityError:
            # Somebody else was quicker by a moment, and has asked for it.
            return await self._ask(same, lesson, layout, pupils, actor, at)

    async def _ask(
        self, same: ColumnElement[bool], lesson: str, layout: str, pupils: bool, actor: Actor, at: datetime
    ) -> Export:
        async with self._database.write() as connection:
            found = await _one(connection, same)
            if found is not None and found.state != "failed":
                return found
            unfinished = select(func.count()).where(exports.c.state.in_(("waiting", "running")))
            if (await connection.scalar(unfinished) or 0) >= MAX_UNFINISHED:
                raise TooManyExports
            if found is None:
                row = _blank(new_id(), lesson, layout, pupils, at)
                await connection.execute(insert(exports).values(row))
            else:
                row = _blank(found.id, lesson, layout, pupils, at)
                await connection.execute(update(exports).where(exports.c.id == found.id).values(row))
            said = {"export": row["id"], "layout": layout, "pupils": pupils}
            await note(connection, actor, "recording.exported", f"lesson:{lesson}", at, said)
            return msgspec.convert(row, Export)

    async def get(self, export: str) -> Export | None:
        """One of them."""
        async with self._database.read() as connection:
            return await _one(connection, exports.c.id == export)

    async def of_lesson(self, lesson: str) -> list[Export]:
        """Those of a lesson, the oldest first."""
        return await self._find(exports.c.lesson == lesson)

    async def in_state(self, state: State) -> list[Export]:
        """All that are so far, the oldest first."""
        return await self._find(exports.c.state == state)

    async def ended_before(self, at: datetime) -> list[Export]:
        """Those that were ready, or given up, before an instant."""
        return await self._find(exports.c.ended_at < at)

    async def take(self) -> Export | None:
        """The one that has waited longest is running from now on; None when none waits."""
        async with self._database.write() as connection:
            oldest = select(exports.c.id).where(exports.c.state == "waiting")
            oldest = oldest.order_by(exports.c.asked_at, exports.c.id).limit(1)
            # PostgreSQL lets several take at once; SQLite, which has one writer, leaves this out.
            id = await connection.scalar(oldest.with_for_update(skip_locked=True))
            if id is None:
                return None
            begun = {"state": "running", "attempts": exports.c.attempts + 1}
            await connection.execute(update(exports).where(exports.c.id == id).values(begun))
            return await _one(connection, exports.c.id == id)

    async def wait_again(self, export: str, *, is_free: bool = False) -> None:
        """It was interrupted; `is_free`: through no fault of its own, so that the attempt does not count."""
        values: dict[str, Any] = {"state": "waiting", "ended_at": None}
        if is_free:
            values["attempts"] = exports.c.attempts - 1
        await self._set(export, values)

    async def ready(self, export: str, *, bytes: int, sha256: str, seconds: float, at: datetime) -> bool:
        """Its file is in its place; False when nobody wants it any more."""
        made = {"state": "ready", "bytes": bytes, "sha256": sha256, "seconds": seconds, "ended_at": at}
        return await self._set(export, made)

    async def failed(self, export: str, failure: str, at: datetime) -> bool:
        """Given up; False when nobody wants it any more."""
        return await self._set(export, {"state": "failed", "failure": failure, "ended_at": at})

    async def drop(self, export: str, actor: Actor, at: datetime) -> bool:
        """Cancelled, or deleted; whether there was one."""
        async with self._database.write() as connection:
            found = await _one(connection, exports.c.id == export)
            if found is None:
                return False
            await connection.execute(delete(exports).where(exports.c.id == export))
            said = {"export": export, "layout": found.layout, "pupils": found.pupils, "state": found.state}
            await note(connection, actor, "recording.export_dropped", f"lesson:{found.lesson}", at, said)
            return True

    async def _set(self, export: str, values: dict[str, Any]) -> bool:
        change = update(exports).where(exports.c.id == export).values(values).returning(exports.c.id)
        async with self._database.write() as connection:
            return await connection.scalar(change) is not None

    async def _find(self, condition: ColumnElement[bool]) -> list[Export]:
        found = select(exports).where(condition).order_by(exports.c.asked_at, exports.c.id)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Export) for row in (await connection.execute(found)).mappings()]


async def _one(connection: AsyncConnection, condition: ColumnElement[bool]) -> Export | None:
    row = (await connection.execute(select(exports).where(condition))).mappings().one_or_none()
    return None if row is None else msgspec.convert(fields(row), Export)


def _blank(id: str, lesson: str, layout: str, pupils: bool, at: datetime) -> dict[str, Any]:
    return {
        "id": id,
        "lesson": lesson,
        "layout": layout,
        "pupils": pupils,
        "state": "waiting",
        "attempts": 0,
        "asked_at": at,
        "ended_at": None,
        "failure": None,
        "bytes": None,
        "sha256": None,
        "seconds": None,
    }
