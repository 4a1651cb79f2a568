"""资源库: videos that classes watch, each a row from the moment that somebody has given it.

exporting (of a lesson, whose MP4 is still being made) → waiting → running → ready or failed. The files are the
server's. A removed one keeps its row, for what was watched of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.registry import By
from classroom.store.schema.library import plays, resources
from classroom.store.uploads import take

Origin = Literal["school", "county", "province"]
State = Literal["exporting", "waiting", "running", "ready", "failed"]
PURPOSE: Final = "resource"
"""Of the uploads that resources are made of."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A video. `origin`: school (本校), county (县内) and province (省名师资源, of no school). `subject`: one of the
    boxes of 涉及学科. `upload`: where it still lies as it came; `lesson`: whose recording it is, in that `layout`."""

    id: str
    title: str
    origin: Origin
    school: str | None
    subject: str
    grade: str
    upload: str | None = None
    lesson: str | None = None
    layout: str | None = None
    pupils: bool = False
    state: State
    attempts: int = 0
    failure: str | None = None
    media: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    length_ms: int | None = None
    has_captions: bool = False
    added_at: datetime
    actor_kind: str
    actor: str
    removed_at: datetime | None = None


class Resources:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, resource: Resource, by: By) -> bool:
        """A new one; False when the upload it is made of is not there, not whole, or another's."""
        async with self._database.write() as connection:
            if resource.upload is not None and await take(connection, resource.upload, PURPOSE, by.actor) is None:
                return False
            await connection.execute(insert(resources).values(msgspec.structs.asdict(resource)))
            said = {"title": resource.title, "origin": resource.origin, "lesson": resource.lesson}
            await note(connection, by.actor, "resource.added", f"resource:{resource.id}", by.at, said)
        return True

    async def get(self, resource: str) -> Resource | None:
        """One of them, a removed one too."""
        async with self._database.read() as connection:
            return await _one(connection, resource)

    async def many(self, ids: list[str]) -> dict[str, Resource]:
        """Id → resource, removed ones too, of those that are known."""
        return {one.id: one for one in await self._find(resources.c.id.in_(ids))}

    async def shown_to(self, schools: tuple[str, ...] | None, *, limit: int = 1000) -> list[Resource]:
        """Those of these schools (None: of all) and those for everybody, the latest first."""
        narrow: list[ColumnElement[bool]] = [resources.c.removed_at.is_(None)]
        if schools is not None:
            narrow.append(or_(resources.c.school.in_(schools), resources.c.origin != "school"))
        found = select(resources).where(*narrow).order_by(resources.c.added_at.desc(), resources.c.id).limit(limit)
        async with self._database.read() as connection:
            return [_row(row) for row in (await connection.execute(found)).mappings()]

    async def ids(self) -> set[str]:
        """Of all that are not removed."""
        found = select(resources.c.id).where(resources.c.removed_at.is_(None))
        async with self._database.read() as connection:
            return set(await connection.scalars(found))

    async def in_state(self, state: State) -> list[Resource]:
        """All that are so far, the oldest first."""
        return await self._find((resources.c.state == state) & resources.c.removed_at.is_(None))

    async def change(self, resource: Resource, values: Mapping[str, Any], by: By) -> None:
        """Another title and so on."""
        async with self._database.write() as connection:
            await connection.execute(update(resources).where(resources.c.id == resource.id).values(dict(values)))
            said = {name: [getattr(resource, name), value] for name, value in values.items()}
            await note(connection, by.actor, "resource.changed", f"resource:{resource.id}", by.at, said)

    async def remove(self, resource: str, by: By) -> None:
        """Its file goes. A row that no class has watched anything of goes with it."""
        async with self._database.write() as connection:
            is_watched = await connection.scalar(select(plays.c.id).where(plays.c.resource == resource).limit(1))
            if is_watched is None:
                await connection.execute(delete(resources).where(resources.c.id == resource))
            else:
                gone = {"removed_at": by.at, "upload": None}
                await connection.execute(update(resources).where(resources.c.id == resource).values(gone))
            await note(connection, by.actor, "resource.removed", f"resource:{resource}", by.at)

    async def again(self, resource: str) -> None:
        """A failed one is tried anew."""
        anew = {"state": "waiting", "attempts": 0, "failure": None}
        await self._set(resource, anew, only=resources.c.state == "failed")

    async def exported(self, resource: str) -> None:
        """The MP4 of its lesson is made."""
        await self._set(resource, {"state": "waiting"}, only=resources.c.state == "exporting")

    async def take(self) -> Resource | None:
        """The one that has waited longest is running from now on; None when none waits."""
        async with self._database.write() as connection:
            waits = (resources.c.state == "waiting") & resources.c.removed_at.is_(None)
            oldest = select(resources.c.id).where(waits).order_by(resources.c.added_at, resources.c.id).limit(1)
            # PostgreSQL lets several take at once; SQLite, which has one writer, leaves this out.
            id = await connection.scalar(oldest.with_for_update(skip_locked=True))
            if id is None:
                return None
            begun = {"state": "running", "attempts": resources.c.attempts + 1}
            await connection.execute(update(resources).where(resources.c.id == id).values(begun))
            return await _one(connection, id)

    async def wait_again(self, resource: str, *, is_free: bool = False) -> None:
        """It was interrupted; `is_free`: through no fault of its own, so that the attempt does not count."""
        values: dict[str, Any] = {"state": "waiting"}
        if is_free:
            values["attempts"] = resources.c.attempts - 1
        await self._set(resource, values)

    async def ready(self, resource: str, *, media: str, bytes: int, sha256: str, length_ms: int) -> bool:
        """Its film is in its place; False when it was removed meanwhile."""
        made = {"state": "ready", "media": media, "bytes": bytes, "sha256": sha256, "length_ms": length_ms}
        return await self._set(resource, made, only=resources.c.removed_at.is_(None))

    async def failed(self, resource: str, failure: str) -> None:
        """Given up."""
        await self._set(resource, {"state": "failed", "failure": failure})

    async def released(self, resource: str) -> None:
        """What it was made of is no longer needed."""
        await self._set(resource, {"upload": None})

    async def _set(self, resource: str, values: Mapping[str, Any], only: ColumnElement[bool] | None = None) -> bool:
        it = resources.c.id == resource
        changed = update(resources).where(it if only is None else it & only).values(dict(values))
        async with self._database.write() as connection:
            return await connection.scalar(changed.returning(resources.c.id)) is not None

    async def _find(self, condition: ColumnElement[bool]) -> list[Resource]:
        found = select(resources).where(condition).order_by(resources.c.added_at, resources.c.id)
        async with self._database.read() as connection:
            return [_row(row) for row in (await connection.execute(found)).mappings()]


async def _one(connection: AsyncConnection, resource: str) -> Resource | None:
    row = (await connection.execute(select(resources).where(resources.c.id == resource))).mappings().one_or_none()
    return None if row is None else _row(row)


def _row(row: Any) -> Resource:
    return msgspec.convert(fields(row), Resource)
