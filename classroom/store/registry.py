"""Schools, classrooms, classes, pairs and consents: found or made by name, read as one small book."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.registry.book import Book
from classroom.registry.facts import Class, Classroom, Consent, Pair, PairStatus, School, Size, StatusChange, is_valid
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.schema.registry import class_sizes, classes, classrooms, consents, pair_statuses, pairs, schools


class RegistryStore:
    """The registry's rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def book(self) -> Book:
        """The whole registry; a county's is a few thousand rows."""
        async with self._database.read() as connection:
            rows = {
                table.name: (await connection.execute(select(table).order_by(*table.primary_key))).mappings().all()
                for table in (schools, classrooms, classes, class_sizes, pairs, pair_statuses)
            }
        sizes: dict[str, list[Size]] = {}
        for row in rows["class_sizes"]:
            sizes.setdefault(row["class_id"], []).append(Size(since=row["since"], students=row["students"]))
        statuses: dict[str, list[StatusChange]] = {}
        for row in rows["pair_statuses"]:
            statuses.setdefault(row["pair"], []).append(StatusChange(since=row["since"], status=row["status"]))
        return Book(
            schools={row["id"]: msgspec.convert(fields(row), School) for row in rows["schools"]},
            classrooms={row["id"]: msgspec.convert(fields(row), Classroom) for row in rows["classrooms"]},
            classes={row["id"]: Class(**fields(row), sizes=tuple(sizes.get(row["id"], ()))) for row in rows["classes"]},
            pairs={
                row["id"]: Pair(**fields(row), statuses=tuple(statuses.get(row["id"], ()))) for row in rows["pairs"]
            },
        )

    async def school(self, name: str, county: str | None = None) -> School:
        """The school of this name, made if there is none."""
        return msgspec.convert(await self._named(schools, {"name": name}, {"county": county}), School)

    async def classroom(self, school: str, name: str) -> Classroom:
        """The school's classroom of this name, made if there is none."""
        return msgspec.convert(await self._named(classrooms, {"school": school, "name": name}), Classroom)

    async def school_class(self, school: str, name: str, students: int | None, day: date) -> Class:
        """The school's class of this name, made if there is none; another size than before is noted from `day` on."""
        row = await self._named(classes, {"school": school, "name": name})
        if students is not None:
            await self._dated(class_sizes, {"class_id": row["id"]}, day, {"students": students})
        return (await self.book()).classes[row["id"]]

    async def pair(
        self, supporter: str, recipient: str | None, day: date, status: PairStatus = "active", level: str | None = None
    ) -> Pair:
        """The pair of two schools, made with `status` from `day` on if there is none; a known pair stays as it is."""
        key = {"supporter": supporter, "recipient": recipient}
        row = await self._named(pairs, key, {"level": level}, first_status=StatusChange(since=day, status=status))
        return (await self.book()).pairs[row["id"]]

    async def set_pair_status(self, pair: str, status: PairStatus, day: date) -> None:
        """The pair has this status from `day` on."""
        await self._dated(pair_statuses, {"pair": pair}, day, {"status": status})

    async def activate_pair(self, supporter: str, recipient: str, day: date) -> Pair:
        """The pair is active from `day` on, made if there is none; a 待定 of a later day is overtaken too."""
        pair = await self.pair(supporter, recipient, day)
        # A lesson planned ahead dates its pair's 待定 to the lesson's own day.
        later = [change.since for change in pair.statuses if change.since > day and change.status == "待定"]
        for since in (day, *later):
            await self.set_pair_status(pair.id, "active", since)
        return (await self.book()).pairs[pair.id]

    async def note_consent(self, class_ids: Iterable[str], noted_by: str, at: datetime) -> None:
        """Somebody with a name notes the consent of classes to being recorded."""
        rows = [{"id": new_id(), "class_id": c, "noted_by": noted_by, "at": at} for c in class_ids]
        if rows:
            async with self._database.write() as connection:
                await connection.execute(insert(consents), rows)

    async def withdraw_consent(self, class_id: str, at: datetime) -> None:
        """Every consent of the class ends at an instant."""
        async with self._database.write() as connection:
            of_class = (consents.c.class_id == class_id) & consents.c.withdrawn_at.is_(None)
            await connection.execute(update(consents).where(of_class).values(withdrawn_at=at))

    async def consents(self, class_ids: Iterable[str]) -> list[Consent]:
        """All consents that were ever noted for these classes, the oldest first."""
        columns = (consents.c.class_id, consents.c.noted_by, consents.c.at, consents.c.withdrawn_at)
        found = select(*columns).where(consents.c.class_id.in_(list(class_ids))).order_by(consents.c.at)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Consent) for row in (await connection.execute(found)).mappings()]

    async def consenting(self, class_ids: Iterable[str], at: datetime) -> set[str]:
        """Those of the classes with a consent in force at an instant."""
        return {consent.class_id for consent in await self.consents(class_ids) if is_valid(consent, at)}

    async def _named(
        self,
        table: Table,
        key: Mapping[str, Any],
        more: Mapping[str, Any] | None = None,
        first_status: StatusChange | None = None,
    ) -> Mapping[str, Any]:
        """The row with this natural key, inserted if absent."""
        # IS NOT DISTINCT FROM, because two pending pairs of one supporter have no recipient.
        found = select(table).where(*(table.c[name].is_not_distinct_from(value) for name, value in key.items()))
        while True:
            try:
                async with self._database.write() as connection:
                    row = (await connection.execute(found)).mappings().one_or_none()
                    if row is not None:
                        return fields(row)
                    new = {"id": new_id(), **key, **(more or {})}
                    await connection.execute(insert(table).values(new))
                    if first_status is not None:
                        first = {"pair": new["id"], "since": first_status.since, "status": first_status.status}
                        await connection.execute(insert(pair_statuses).values(first))
                    return new
            except IntegrityError:
                # Another process made the row between our two statements: it is there now.
                continue

    async def _dated(self, table: Table, key: Mapping[str, Any], day: date, fact: Mapping[str, Any]) -> None:
        """Notes a dated fact unless it already holds on the day."""
        of_key = [table.c[name] == value for name, value in key.items()]
        latest = select(table).where(*of_key, table.c.since <= day).order_by(table.c.since.desc()).limit(1)
        async with self._database.write() as connection:
            row = (await connection.execute(latest)).mappings().one_or_none()
            if row is not None and all(row[name] == value for name, value in fact.items()):
                return
            if row is not None and row["since"] == day:
                await connection.execute(update(table).where(*of_key, table.c.since == day).values(fact))
            else:
                await connection.execute(insert(table).values({**key, "since": day, **fact}))
