"""Publicity (宣传报道): stories in outlets of four levels."""

import hashlib
from collections.abc import Collection
from datetime import date

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.months import MonthWindow
from classroom.registry.errors import RegistryError
from classroom.registry.items import OutletLevel, Publicity
from classroom.registry.names import key
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.registry import publicity

_COLUMNS = [publicity.c[name] for name in Publicity.__struct_fields__]


class PublicityItems:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        *,
        pair: str | None,
        school: str | None,
        level: OutletLevel,
        outlet: str,
        title: str,
        url: str,
        published_on: date,
        by: By,
    ) -> Publicity:
        """A new one. Raises RegistryError(publicity_exists): the same address, or title, in the same outlet."""
        made = Publicity(
            id=new_id(),
            pair=pair,
            school=school,
            level=level,
            outlet=outlet,
            title=title,
            url=url,
            published_on=published_on,
        )
        told = msgspec.structs.asdict(made)
        try:
            async with self._database.write() as connection:
                if await _is_known(connection, made):
                    raise RegistryError("publicity_exists", title)
                await connection.execute(insert(publicity).values(**told, story=_story(title), noted_at=by.at))
                detail = msgspec.to_builtins(made)
                await note(connection, by.actor, "publicity.added", f"publicity:{made.id}", by.at, detail)
        except IntegrityError:
            raise RegistryError("publicity_exists", title) from None
        return made

    async def remove(self, item: str, by: By, *, school: str | None = None) -> None:
        """It was noted wrongly. `school` bounds whose it may be. Raises RegistryError(publicity_unknown)."""
        present = (publicity.c.id == item) & publicity.c.removed_at.is_(None)
        if school is not None:
            present &= publicity.c.school == school
        async with self._database.write() as connection:
            gone = update(publicity).where(present).values(removed_at=by.at).returning(publicity.c.id)
            if (await connection.execute(gone)).one_or_none() is None:
                raise RegistryError("publicity_unknown", item)
            await note(connection, by.actor, "publicity.removed", f"publicity:{item}", by.at)

    async def page(
        self,
        *,
        first: date | None = None,
        last: date | None = None,
        pairs: Collection[str] | None = None,
        school: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> list[Publicity]:
        """The latest published first, from below the id `after`. `pairs`, `school`: of any of these pairs, or noted
        by the school. Raises RegistryError(publicity_unknown)."""
        found = select(*_COLUMNS).where(publicity.c.removed_at.is_(None))
        if pairs is not None:
            found = found.where(publicity.c.pair.in_(list(pairs)) | (publicity.c.school == school))
        if first is not None:
            found = found.where(publicity.c.published_on >= first)
        if last is not None:
            found = found.where(publicity.c.published_on <= last)
        async with self._database.read() as connection:
            if after is not None:
                known = (await connection.execute(select(publicity).where(publicity.c.id == after))).one_or_none()
                if known is None:
                    raise RegistryError("publicity_unknown", after)
                earlier = publicity.c.published_on < known.published_on
                found = found.where(
                    earlier | ((publicity.c.published_on == known.published_on) & (publicity.c.id < known.id))
                )
            in_order = found.order_by(publicity.c.published_on.desc(), publicity.c.id.desc()).limit(limit)
            return [msgspec.convert(fields(row), Publicity) for row in (await connection.execute(in_order)).mappings()]

    async def published_in(self, window: MonthWindow) -> list[Publicity]:
        """Everything published in a month's window, in order of publication."""
        lies_in = publicity.c.published_on.between(window.first, window.last) & publicity.c.removed_at.is_(None)
        found = select(*_COLUMNS).where(lies_in).order_by(publicity.c.published_on, publicity.c.id)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Publicity) for row in (await connection.execute(found)).mappings()]


async def _is_known(connection: AsyncConnection, item: Publicity) -> bool:
    """Whether the outlet has this address already, or this title."""
    same = publicity.c.story == _story(item.title)
    if item.url:
        same |= publicity.c.url == item.url
    in_outlet = (publicity.c.level == item.level) & (publicity.c.outlet == item.outlet)
    found = select(publicity.c.id).where(in_outlet, same, publicity.c.removed_at.is_(None)).limit(1)
    return (await connection.execute(found)).one_or_none() is not None


def _story(title: str) -> str:
    """What two writings of one title have in common, short enough for an index."""
    return hashlib.sha256(key(title).encode()).hexdigest()
