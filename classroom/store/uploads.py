"""Files on their way (断点续传): a row from the first part on, so that neither a lost line nor a restart loses any.

receiving → whole → taken; then the row goes. How many bytes have come: what lies on the disk says.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.audit import Actor, note
from classroom.store.database import Database, fields
from classroom.store.schema.uploads import uploads

State = Literal["receiving", "whole", "taken"]


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way. `subject`: what it belongs to, in its purpose's own words. `sha256`: of the whole, as who
    sends it said, and as it is once whole."""

    id: str
    purpose: str
    subject: str
    actor_kind: str
    actor: str
    school: str | None
    name: str
    size: int
    sha256: str | None
    state: State
    begun_at: datetime
    expires_at: datetime


class Uploads:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, upload: Upload, actor: Actor) -> None:
        """A new row."""
        async with self._database.write() as connection:
            await connection.execute(insert(uploads).values(msgspec.structs.asdict(upload)))
            said = {"purpose": upload.purpose, "subject": upload.subject, "size": upload.size}
            await note(connection, actor, "upload.begun", f"upload:{upload.id}", upload.begun_at, said)

    async def get(self, upload: str) -> Upload | None:
        """One of them."""
        found = await self._find(uploads.c.id == upload)
        return found[0] if found else None

    async def of_actor(self, actor: Actor) -> list[Upload]:
        """What somebody has begun, the oldest first."""
        return await self._find((uploads.c.actor_kind == actor.kind) & (uploads.c.actor == actor.id))

    async def all(self) -> list[Upload]:
        """Every one, the oldest first."""
        return await self._find(uploads.c.id.is_not(None))

    async def prolong(self, upload: str, expires_at: datetime) -> None:
        """A part has come: there is time for the next."""
        await self._set(upload, {"expires_at": expires_at})

    async def whole(self, upload: str, sha256: str, expires_at: datetime) -> None:
        """Everything has come and is on the disk."""
        await self._set(upload, {"state": "whole", "sha256": sha256, "expires_at": expires_at})

    async def expired(self, at: datetime) -> list[Upload]:
        """What nobody has gone on with, or taken, in time."""
        return await self._find((uploads.c.expires_at < at) & (uploads.c.state != "taken"))

    async def drop(self, upload: str, actor: Actor, at: datetime) -> bool:
        """Given up; whether there was one that nobody has taken."""
        async with self._database.write() as connection:
            untaken = (uploads.c.id == upload) & (uploads.c.state != "taken")
            gone = await connection.scalar(delete(uploads).where(untaken).returning(uploads.c.id))
            if gone is not None:
                await note(connection, actor, "upload.dropped", f"upload:{upload}", at)
            return gone is not None

    async def release(self, upload: str) -> None:
        """Who has taken it needs it no more."""
        async with self._database.write() as connection:
            await connection.execute(delete(uploads).where(uploads.c.id == upload))

    async def _set(self, upload: str, values: dict[str, Any]) -> None:
        async with self._database.write() as connection:
            await connection.execute(update(uploads).where(uploads.c.id == upload).values(values))

    async def _find(self, condition: ColumnElement[bool]) -> list[Upload]:
        found = select(uploads).where(condition).order_by(uploads.c.begun_at, uploads.c.id)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Upload) for row in (await connection.execute(found)).mappings()]


async def take(connection: AsyncConnection, upload: str, purpose: str, actor: Actor) -> Upload | None:
    """In the caller's transaction: a whole file of this purpose and sender is the caller's from now on, once; None:
    there is none."""
    here = uploads.c
    is_it = (here.id == upload) & (here.purpose == purpose) & (here.state == "whole")
    is_own = (here.actor_kind == actor.kind) & (here.actor == actor.id)
    taken = update(uploads).where(is_it & is_own).values(state="taken").returning(uploads)
    row = (await connection.execute(taken)).mappings().one_or_none()
    return None if row is None else msgspec.convert(fields(row), Upload)
