"""People (人员) of schools and of the bureau: names and telephones for lists, never accounts."""

from datetime import date

import msgspec
from sqlalchemy import insert, select, update

from classroom.registry.errors import RegistryError
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.registry import people


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """人员. `kind` says what they do there, e.g. 教师; `school` None: of the bureau."""

    id: str
    school: str | None
    name: str
    kind: str
    phone: str
    left_on: date | None


class People:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *, school: str | None, name: str, kind: str, phone: str, by: By) -> Person:
        """A new one. The audit log keeps no name: a person's entry can be deleted lawfully."""
        made = Person(id=new_id(), school=school, name=name, kind=kind, phone=phone, left_on=None)
        async with self._database.write() as connection:
            await connection.execute(insert(people).values(msgspec.structs.asdict(made)))
            detail = {"school": school, "kind": kind}
            await note(connection, by.actor, "person.added", f"person:{made.id}", by.at, detail)
        return made

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
