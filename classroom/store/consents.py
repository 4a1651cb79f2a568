"""The register of consents (班级同意登记): every entry that there ever was; names and reasons stand here alone."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.registry.consents import Purpose, Standing, school_year_end, standing
from classroom.registry.facts import Consent
from classroom.store.audit import SERVER, Actor, note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.publications import withdraw_of_class
from classroom.store.recordings import seal, unseal
from classroom.store.registry import By
from classroom.store.schema.registry import consents


class Consents:
    """Entries by class."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(
        self, class_ids: Iterable[str], noted_by: str, at: datetime, day: date, actor: Actor = SERVER
    ) -> None:
        """Somebody with a name notes that classes may be recorded, to the end of the school year that `day` lies in.

        Classes whose school has taken consent back, or has noted refusals, are passed over: it alone gives it again.
        """
        ids = list(class_ids)
        async with self._database.write() as connection:
            before = await _entries(connection, ids)
            for class_id in ids:
                if standing(before.get(class_id, ()), "recording", day) in ("withdrawn", "refused"):
                    continue
                entry = Consent(
                    id=new_id(), class_id=class_id, noted_by=noted_by, at=at, given_on=day, until=school_year_end(day)
                )
                await _insert(connection, entry, actor)

    async def register(self, entry: Consent, by: By) -> None:
        """An entry of the register. Recordings that were sealed because the class had withdrawn are open again where
        it is in good standing by it."""
        async with self._database.write() as connection:
            await _insert(connection, entry, by.actor)
            day = entry.given_on or by.at.date()
            if entry.purpose == "recording" and standing([entry], "recording", day) == "good":
                await unseal(connection, entry.class_id, by)

    async def withdraw(self, class_id: str, purpose: Purpose, reason: str, by: By) -> bool:
        """Every consent of the class for this ends; whether there was one. What is published of it is published no
        more, and recordings in which it sits are sealed when it must not be recorded."""
        of_class = (consents.c.class_id == class_id) & consents.c.withdrawn_at.is_(None)
        async with self._database.write() as connection:
            # Who withdraws from being recorded withdraws from publication too.
            which = of_class if purpose == "recording" else of_class & (consents.c.purpose == purpose)
            told = {"withdrawn_at": by.at, "withdrawn_reason": reason}
            ended = await connection.execute(update(consents).where(which).values(told))
            if not ended.rowcount:
                return False
            await note(connection, by.actor, "consent.withdrawn", f"class:{class_id}", by.at, {"purpose": purpose})
            await withdraw_of_class(connection, class_id, reason, by)
            if purpose == "recording":
                await seal(connection, class_id, by)
            return True

    async def of_classes(self, class_ids: Collection[str]) -> dict[str, list[Consent]]:
        """All that was ever noted for these classes, the oldest first."""
        async with self._database.read() as connection:
            return await _entries(connection, class_ids)

    async def standings(self, class_ids: Collection[str], purpose: Purpose, day: date) -> dict[str, Standing]:
        """Where each of these classes stands on a local date."""
        entries = await self.of_classes(class_ids)
        return {one: standing(entries.get(one, ()), purpose, day) for one in class_ids}


async def _entries(connection: AsyncConnection, class_ids: Collection[str]) -> dict[str, list[Consent]]:
    found = select(consents).where(consents.c.class_id.in_(list(class_ids))).order_by(consents.c.at, consents.c.id)
    made: dict[str, list[Consent]] = {}
    for row in (await connection.execute(found)).mappings():
        made.setdefault(row["class_id"], []).append(msgspec.convert(fields(row), Consent))
    return made


async def _insert(connection: AsyncConnection, entry: Consent, actor: Actor) -> None:
    await connection.execute(insert(consents).values(msgspec.structs.asdict(entry)))
    # The name stays in the consent's own row alone.
    said: dict[str, Any] = {"consent": entry.id, "purpose": entry.purpose, "refused": entry.refused}
    said |= {"until": entry.until and entry.until.isoformat(), "arranged": entry.arranged}
    await note(connection, actor, "consent.noted", f"class:{entry.class_id}", entry.at, said)
