"""The registry's rows: one book, kept until something in it changes; every change written as a whole.

A part of the book (its schools, say) carries a version that is bumped in the transaction that changes it, so that this
process and every other read a part again only when it has changed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, Select, Table, bindparam, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.registry import changes
from classroom.registry.book import Book
from classroom.registry.changes import Batch, NewFact
from classroom.registry.facts import (
    Class,
    Classroom,
    Fact,
    Pair,
    PairStatus,
    School,
    Size,
    StatusChange,
    status_on,
    students_on,
)
from classroom.registry.fields import FIELDS
from classroom.registry.names import school_named
from classroom.store.audit import SERVER, Actor, note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.schema.registry import (
    class_sizes,
    classes,
    classrooms,
    dated_facts,
    pair_statuses,
    pairs,
    registry_versions,
    schools,
)

LOCK: Final = 0x72656769
"""Advisory lock number that lets PostgreSQL change the registry one transaction at a time; SQLite has one writer."""
_CHUNK: Final = 2000
"""Rows made into facts before others get their turn on the loop."""
_EMPTY: Final = Book(schools={}, classrooms={}, classes={}, pairs={})


class By(msgspec.Struct, frozen=True):
    """Who changes something, and when (UTC)."""

    actor: Actor
    at: datetime


class KeptFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as it was recorded, overtaken ones included. `value` is of JSON builtins; `reason` may be empty."""

    id: str
    subject: str
    subject_id: str
    field: str
    since: date
    value: Any
    recorded_at: datetime
    actor_kind: str
    actor: str
    reason: str


class RegistryStore:
    """The registry's rows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._filling = asyncio.Lock()
        self._versions: dict[str, int] = {}
        self._book = _EMPTY

    async def book(self) -> Book:
        """The whole registry; the same object for as long as nothing in it has changed. Not to be written into."""
        async with self._database.read() as connection:
            if await _versions(connection) == self._versions:
                return self._book
        async with self._database.read() as connection:
            if connection.dialect.name == "postgresql":
                # One snapshot for all the tables, and for their versions.
                await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            return await self._filled(connection)

    async def change(self, decide: Callable[[Book], Batch], by: By) -> Batch:
        """Write what `decide` makes of the book as it stands: all of it, its audit lines too, or nothing.

        Nobody else changes the registry meanwhile. Raises what `decide` raises.
        """
        async with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            batch = decide(await self._filled(connection))
            await _write(connection, batch, by)
        return batch

    async def _filled(self, connection: AsyncConnection) -> Book:
        """The book as of this transaction, which is remembered: it holds nothing that is not committed."""
        # Never held by somebody who waits for a turn to write: whoever has the turn may ask for the book.
        async with self._filling:
            versions = await _versions(connection)
            changed = {part for part, version in versions.items() if self._versions.get(part, -1) < version}
            if not changed:
                return self._book
            parts: dict[str, Any] = {}
            for part in changed & _READERS.keys():
                parts[part] = await _READERS[part](connection)
            if "facts" in changed:
                parts["facts"] = await _facts(connection, self._book.facts, self._versions.get("facts", -1))
            self._book = msgspec.structs.replace(self._book, **parts)
            self._versions = versions
            return self._book

    async def history(self, subject_id: str, field: str | None = None) -> list[KeptFact]:
        """Everything that was ever recorded of a school or a pair, the latest recorded first."""
        found = select(dated_facts).where(dated_facts.c.subject_id == subject_id)
        if field is not None:
            found = found.where(dated_facts.c.field == field)
        return await self._kept(found)

    async def fact(self, fact: str) -> KeptFact | None:
        """A fact by its id."""
        found = await self._kept(select(dated_facts).where(dated_facts.c.id == fact))
        return found[0] if found else None

    async def _kept(self, found: Select[Any]) -> list[KeptFact]:
        latest_first = found.order_by(dated_facts.c.recorded_at.desc(), dated_facts.c.id.desc())
        async with self._database.read() as connection:
            rows = (await connection.execute(latest_first)).mappings().all()
        return [msgspec.convert({**fields(row), "value": msgspec.json.decode(row["value"])}, KeptFact) for row in rows]

    async def school(self, name: str, county: str | None = None, by: By | None = None) -> School:
        """The school of this name (or other name), made if there is none."""
        if (known := school_named(await self.book(), name)) is not None:
            return known

        def decide(book: Book) -> Batch:
            return Batch() if school_named(book, name) else changes.add_school(book, new_id, name, county)

        await self._quiet(decide, by)
        found = school_named(await self.book(), name)
        assert found is not None
        return found

    async def classroom(self, school: str, name: str, by: By | None = None) -> Classroom:
        """The school's classroom of this name, made if there is none."""

        def known(book: Book) -> Classroom | None:
            found = (room for room in book.classrooms.values() if (room.school, room.name) == (school, name))
            return next(found, None)

        def decide(book: Book) -> Batch:
            return Batch() if known(book) else changes.add_classroom(book, new_id, school, name)

        if known(await self.book()) is None:
            await self._quiet(decide, by)
        found = known(await self.book())
        assert found is not None
        return found

    async def school_class(
        self, school: str, name: str, students: int | None, day: date, by: By | None = None
    ) -> Class:
        """The school's class of this name, made if there is none; another size than before is noted from `day` on."""

        def known(book: Book) -> Class | None:
            return next(
                (found for found in book.classes.values() if (found.school, found.name) == (school, name)), None
            )

        def decide(book: Book) -> Batch:
            found = known(book)
            if found is None:
                return changes.add_class(book, new_id, school, name, students, day)
            if students is None or students_on(found, day) == students:
                return Batch()
            return changes.size_class(book, found.id, students, day)

        if decide(await self.book()) != Batch():
            await self._quiet(decide, by)
        found = known(await self.book())
        assert found is not None
        return found

    async def pair(
        self,
        supporter: str,
        recipient: str | None,
        day: date,
        status: PairStatus = "active",
        level: str | None = None,
        by: By | None = None,
    ) -> Pair:
        """The pair of two schools, made with `status` from `day` on if there is none; a known pair stays as it is."""

        def known(book: Book) -> Pair | None:
            both = (supporter, recipient)
            return next((pair for pair in book.pairs.values() if (pair.supporter, pair.recipient) == both), None)

        def decide(book: Book) -> Batch:
            if known(book):
                return Batch()
            return changes.add_pair(
                book, new_id, supporter=supporter, recipient=recipient, level=level, status=status, since=day
            )

        if known(await self.book()) is None:
            await self._quiet(decide, by)
        found = known(await self.book())
        assert found is not None
        return found

    async def set_pair_status(self, pair: str, status: PairStatus, day: date, by: By | None = None) -> None:
        """The pair has this status from `day` on."""

        def decide(book: Book) -> Batch:
            if status_on(changes.known_pair(book, pair), day) == status:
                return Batch()
            return changes.set_status(book, pair, status, day)

        await self._quiet(decide, by)

    async def _quiet(self, decide: Callable[[Book], Batch], by: By | None) -> None:
        """A change that says who made it; the server itself where nobody did."""
        await self.change(decide, by or By(SERVER, datetime.now(UTC)))


async def _versions(connection: AsyncConnection) -> dict[str, int]:
    return {row.part: row.version for row in await connection.execute(select(registry_versions))}


async def _schools(connection: AsyncConnection) -> dict[str, School]:
    rows = (await connection.execute(select(schools).order_by(schools.c.id))).mappings()
    return {row["id"]: msgspec.convert(fields(row), School) for row in rows}


async def _classrooms(connection: AsyncConnection) -> dict[str, Classroom]:
    rows = (await connection.execute(select(classrooms).order_by(classrooms.c.id))).mappings()
    return {row["id"]: msgspec.convert(fields(row), Classroom) for row in rows}


async def _classes(connection: AsyncConnection) -> dict[str, Class]:
    sizes: dict[str, list[Size]] = {}
    for row in await connection.execute(select(class_sizes).order_by(*class_sizes.primary_key)):
        sizes.setdefault(row.class_id, []).append(Size(since=row.since, students=row.students))
    rows = (await connection.execute(select(classes).order_by(classes.c.id))).mappings()
    return {row["id"]: Class(**fields(row), sizes=tuple(sizes.get(row["id"], ()))) for row in rows}


async def _pairs(connection: AsyncConnection) -> dict[str, Pair]:
    statuses: dict[str, list[StatusChange]] = {}
    for row in await connection.execute(select(pair_statuses).order_by(*pair_statuses.primary_key)):
        statuses.setdefault(row.pair, []).append(StatusChange(since=row.since, status=row.status))
    rows = (await connection.execute(select(pairs).order_by(pairs.c.id))).mappings()
    return {row["id"]: Pair(**fields(row), statuses=tuple(statuses.get(row["id"], ()))) for row in rows}


_READERS: Final[Mapping[str, Callable[[AsyncConnection], Awaitable[dict[str, Any]]]]] = MappingProxyType(
    {"schools": _schools, "classrooms": _classrooms, "classes": _classes, "pairs": _pairs}
)
"""Part of the book → how it is read. The part "facts" is only ever added to, and read so."""


async def _facts(
    connection: AsyncConnection, known: Mapping[tuple[str, str], tuple[Fact, ...]], after: int
) -> dict[tuple[str, str], tuple[Fact, ...]]:
    """The facts with those of later versions than `after`."""
    found = dict(known)
    new: dict[tuple[str, str], dict[date, Fact]] = {}
    later = select(dated_facts).where(dated_facts.c.version > after)
    in_order = later.order_by(dated_facts.c.version, dated_facts.c.recorded_at, dated_facts.c.id)
    async for rows in (await connection.stream(in_order)).mappings().partitions(_CHUNK):
        for row in rows:
            place = (row["subject_id"], row["field"])
            if place not in new:
                new[place] = {fact.since: fact for fact in found.get(place, ())}
            new[place][row["since"]] = _fact(row)
        # A province's are tens of thousands: live lessons must not wait for them.
        await asyncio.sleep(0)
    found.update({place: tuple(of[since] for since in sorted(of)) for place, of in new.items()})
    return found


def _fact(row: RowMapping) -> Fact:
    shape = FIELDS[row["subject"], row["field"]].shape
    return Fact(
        id=row["id"],
        subject_id=row["subject_id"],
        field=row["field"],
        since=row["since"],
        value=msgspec.json.decode(row["value"], type=shape | None),
        recorded_at=row["recorded_at"],
    )


async def _write(connection: AsyncConnection, batch: Batch, by: By) -> None:
    """All rows of the batch, the versions of the parts that it changes, and its audit lines."""
    touched = {
        "schools": batch.schools or batch.renamed,
        "classrooms": batch.classrooms,
        "classes": batch.classes or batch.sizes,
        "pairs": batch.pairs or batch.recipients or batch.places or batch.statuses,
        "facts": batch.facts,
    }
    versions = await _versions(connection)
    for part in [part for part, rows in touched.items() if rows]:
        bumped = update(registry_versions).where(registry_versions.c.part == part)
        await connection.execute(bumped.values(version=versions[part] + 1))
    await _insert(connection, schools, [msgspec.structs.asdict(school) for school in batch.schools])
    for school in batch.renamed:
        renamed = update(schools).where(schools.c.id == school.id)
        await connection.execute(renamed.values(name=school.name, county=school.county))
    await _insert(connection, classrooms, [msgspec.structs.asdict(room) for room in batch.classrooms])
    await _insert(connection, classes, [_plain(made, "sizes") for made in batch.classes])
    await _insert(connection, pairs, [_plain(pair, "statuses") for pair in batch.pairs])
    for pair_id, recipient in batch.recipients:
        await connection.execute(update(pairs).where(pairs.c.id == pair_id).values(recipient=recipient))
    for pair_id, level, place in batch.places:
        await connection.execute(update(pairs).where(pairs.c.id == pair_id).values(level=level, place=place))
    sizes = [{"class_id": id, "since": size.since, "students": size.students} for id, size in batch.sizes]
    await _dated(connection, class_sizes, sizes)
    statuses = [{"pair": id, "since": change.since, "status": change.status} for id, change in batch.statuses]
    await _dated(connection, pair_statuses, statuses)
    await _insert(connection, dated_facts, [_row(new, versions["facts"] + 1, by) for new in batch.facts])
    for noted in batch.notes:
        await note(connection, by.actor, noted.action, noted.subject, by.at, noted.detail)


def _plain(value: msgspec.Struct, without: str) -> dict[str, Any]:
    return {name: item for name, item in msgspec.structs.asdict(value).items() if name != without}


def _row(new: NewFact, version: int, by: By) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(new.fact),
        "value": msgspec.json.encode(new.fact.value).decode(),
        "subject": new.subject,
        "version": version,
        "actor_kind": by.actor.kind,
        "actor": by.actor.id,
        "reason": new.reason,
    }


async def _insert(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        await connection.execute(insert(table), rows)


async def _dated(connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Rows that take the place of those of the same day."""
    names = [column.name for column in table.primary_key]
    if rows:
        same = (table.c[name] == bindparam(f"same_{name}") for name in names)
        keys = [{f"same_{name}": row[name] for name in names} for row in rows]
        await connection.execute(delete(table).where(*same), keys)
    await _insert(connection, table, rows)
