"""The equipment standard (技术装备标准) in versions. Version 0 is the shipped one and has no row."""

import msgspec
from sqlalchemy import insert, select

from classroom.registry.errors import RegistryError
from classroom.registry.standard import SHIPPED, Standard
from classroom.store.audit import note
from classroom.store.database import Database
from classroom.store.registry import By
from classroom.store.schema.registry import standards


class Standards:
    """Every version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> tuple[int, Standard]:
        """The version in force and its value."""
        latest = select(standards.c.version, standards.c.value).order_by(standards.c.version.desc()).limit(1)
        async with self._database.read() as connection:
            row = (await connection.execute(latest)).one_or_none()
        return (row.version, msgspec.json.decode(row.value, type=Standard)) if row else (0, SHIPPED)

    async def of_version(self, version: int) -> Standard:
        """The standard as it was. Raises RegistryError(standard_unknown)."""
        if version == 0:
            return SHIPPED
        async with self._database.read() as connection:
            value = await connection.scalar(select(standards.c.value).where(standards.c.version == version))
        if value is None:
            raise RegistryError("standard_unknown", str(version))
        return msgspec.json.decode(value, type=Standard)

    async def put(self, standard: Standard, seen: int, reason: str, by: By) -> int:
        """A new version after `seen`. Raises RegistryError(stale) when that is no longer the latest."""
        latest = select(standards).order_by(standards.c.version.desc()).limit(1)
        value = msgspec.json.encode(standard).decode()
        async with self._database.write() as connection:
            row = (await connection.execute(latest)).one_or_none()
            if (row.version if row else 0) != seen:
                last = {} if row is None else {"actor_kind": row.actor_kind, "actor": row.actor, "at": row.at}
                raise RegistryError("stale", more=last)
            made = {"version": seen + 1, "at": by.at, "actor_kind": by.actor.kind, "actor": by.actor.id}
            await connection.execute(insert(standards).values(**made, reason=reason, value=value))
            detail = {"version": seen + 1, "reason": reason}
            await note(connection, by.actor, "standard.changed", f"standard:{seen + 1}", by.at, detail)
        return seen + 1
