"""Process materials (过程资料) of schools. A removed one keeps its row."""

from collections.abc import Collection
from datetime import date

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from classroom.ledger.months import MonthWindow, midnight
from classroom.registry.errors import RegistryError
from classroom.registry.items import Material, new_in
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.registry import materials
from classroom.store.schema.returns import work_months

_DAY = date.resolution


class Materials:
    """The rows, and what of them is new in a month."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *, school: str, pair: str | None, title: str, sha256: str, file: str, by: By) -> Material:
        """A new one. Raises RegistryError(material_exists): the same content stands in this school."""
        made = Material(
            id=new_id(),
            school=school,
            pair=pair,
            title=title,
            sha256=sha256,
            file=file,
            uploaded_at=by.at,
            removed_at=None,
        )
        detail = {"school": school, "pair": pair, "title": title, "sha256": sha256}
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(materials).values(msgspec.structs.asdict(made)))
                await note(connection, by.actor, "material.added", f"material:{made.id}", by.at, detail)
        except IntegrityError:
            raise RegistryError("material_exists", title) from None
        return made

    async def remove(self, material: str, by: By, *, school: str | None = None) -> Material:
        """It is gone from now on. `school` bounds whose it may be. Raises RegistryError(material_unknown)."""
        present = (materials.c.id == material) & materials.c.removed_at.is_(None)
        if school is not None:
            present &= materials.c.school == school
        async with self._database.write() as connection:
            gone = update(materials).where(present).values(removed_at=by.at).returning(*materials.c)
            row = (await connection.execute(gone)).mappings().one_or_none()
            if row is None:
                raise RegistryError("material_unknown", material)
            await note(connection, by.actor, "material.removed", f"material:{material}", by.at)
        return msgspec.convert(fields(row), Material)

    async def page(
        self, *, school: str | None = None, pair: str | None = None, after: str | None = None, limit: int = 50
    ) -> list[Material]:
        """The present ones, the latest upload first, from below the id `after`."""
        found = select(materials).where(materials.c.removed_at.is_(None))
        if school is not None:
            found = found.where(materials.c.school == school)
        if pair is not None:
            found = found.where(materials.c.pair == pair)
        async with self._database.read() as connection:
            if after is not None:
                last = (await connection.execute(select(materials).where(materials.c.id == after))).one_or_none()
                if last is None:
                    raise RegistryError("material_unknown", after)
                earlier = materials.c.uploaded_at < last.uploaded_at
                same = (materials.c.uploaded_at == last.uploaded_at) & (materials.c.id < last.id)
                found = found.where(earlier | same)
            in_order = found.order_by(materials.c.uploaded_at.desc(), materials.c.id.desc()).limit(limit)
            rows = (await connection.execute(in_order)).mappings().all()
        return [msgspec.convert(fields(row), Material) for row in rows]

    async def new_in(self, window: MonthWindow, schools: Collection[str] | None = None) -> list[Material]:
        """新增过程资料 of a month (of some schools), each content of a school once, in order of upload."""
        began = materials.c.uploaded_at < window.end_at
        lies_in = began & (materials.c.uploaded_at >= window.start_at)
        if schools is not None:
            lies_in &= materials.c.school.in_(list(schools))
        contents = select(materials.c.school, materials.c.sha256).where(lies_in).distinct().subquery()
        found = (
            select(materials)
            .join(contents, (contents.c.school == materials.c.school) & (contents.c.sha256 == materials.c.sha256))
            .where(began)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).mappings().all()
            months = (await connection.execute(select(work_months.c.first, work_months.c.last))).all()
        spans = [(midnight(month.first), midnight(month.last + _DAY)) for month in months if month.first < window.first]
        candidates = [msgspec.convert(fields(row), Material) for row in rows]
        return new_in((window.start_at, window.end_at), candidates, spans)
