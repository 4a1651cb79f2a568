"""People (人员) of schools and of the bureau: names and telephones for lists, never accounts.

Who teaches a lesson is one of them, whichever link or account the lesson was made by.
"""

from datetime import date
from typing import Final

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.months import local_date
from classroom.registry.errors import RegistryError
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.registry import people, schools

TEACHER: Final = "教师"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """人员. `kind` says what they do there, e.g. 教师; `school` None: of the bureau."""

    id: str
    school: str | None
    name: str
    kind: str
    phone: str
    left_on: date | None

    def has_left(self, day: date) -> bool:
        """Whether they are gone by that day."""
        return self.left_on is not None and self.left_on <= day


class People:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *, school: str | None, name: str, kind: str, phone: str, by: By) -> Person:
        """A new one. The audit log keeps no name: a person's entry can be deleted lawfully."""
        made = Person(id=new_id(), school=school, name=name, kind=kind, phone=phone, left_on=None)
        async with self._database.write() as connection:
            await _add(connection, made, by)
        return made

    async def teacher(self, school: str, name: str, by: By) -> Person | None:
        """The school's one person of this name who has not left, added as 教师 if there is none.

        None where several bear it: nobody has said which.
        """
        theirs = (people.c.school == school) & (people.c.name == name)
        async with self._database.write() as connection:
            # Two lessons of a teacher who is new, made at once, must find one person.
            await connection.execute(select(schools.c.id).where(schools.c.id == school).with_for_update())
            rows = (await connection.execute(select(people).where(theirs))).mappings()
            known = [msgspec.convert(fields(row), Person) for row in rows]
            present = [person for person in known if not person.has_left(local_date(by.at))]
            if not present:
                present = [Person(id=new_id(), school=school, name=name, kind=TEACHER, phone="", left_on=None)]
                await _add(connection, present[0], by)
        return present[0] if len(present) == 1 else None

    async def get(self, person: str) -> Person | None:
        """One of them."""
        async with self._database.read() as connection:
            found = select(people).where(people.c.id == person)
            row = (await connection.execute(found)).mappings().one_or_none()
        return None if row is None else msgspec.convert(fields(row), Person)

    async def present(self, school: str, day: date) -> list[Person]:
        """Those of a school who have not left by a day, by name."""
        async with self._database.read() as connection:
            found = await connection.execute(select(people).where(people.c.school == school).order_by(people.c.name))
            known = [msgspec.convert(fields(row), Person) for row in found.mappings()]
        return [person for person in known if not person.has_left(day)]

    async def names(self, ids: list[str]) -> dict[str, str]:
        """Person → name, of those that are there."""
        async with self._database.read() as connection:
            found = await connection.execute(select(people.c.id, people.c.name).where(people.c.id.in_(ids)))
            return {row.id: row.name for row in found}

    async def leave(self, person: str, on: date, by: By, *, school: str | None = None) -> Person:
        """They have left from a day on. `school` bounds whose they may be. Raises RegistryError(person_unknown)."""
        theirs = people.c.id == person
        if school is not None:
            theirs &= people.c.school == school
        async with self._database.write() as connection:
            left = update(people).where(theirs).values(left_on=on).returning(*people.c)
            row = (await connection.execute(left)).mappings().one_or_none()
            if row is None:
                raise RegistryError("person_unknown", person)
            detail = {"on": on.isoformat()}
            await note(connection, by.actor, "person.left", f"person:{person}", by.at, detail)
        return msgspec.convert(fields(row), Person)

    async def page(self, *, school: str | None = None, after: str = "", limit: int = 50) -> list[Person]:
        """By id, from above `after`; of one school where it is given."""
        found = select(people).where(people.c.id > after).order_by(people.c.id).limit(limit)
        if school is not None:
            found = found.where(people.c.school == school)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Person) for row in (await connection.execute(found)).mappings()]


async def _add(connection: AsyncConnection, person: Person, by: By) -> None:
    await connection.execute(insert(people).values(msgspec.structs.asdict(person)))
    detail = {"school": person.school, "kind": person.kind}
    await note(connection, by.actor, "person.added", f"person:{person.id}", by.at, detail)
