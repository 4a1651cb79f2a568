"""Links and join codes. A token is opaque; only its hash is stored, so a stolen database opens no door."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.registry.facts import Link, Role
from classroom.store.audit import SERVER, Actor, note
from classroom.store.database import Database, fields
from classroom.store.ids import new_code, new_id, new_token, token_hash
from classroom.store.schema.lessons import lessons
from classroom.store.schema.links import join_codes, links

_COLUMNS = [links.c[name] for name in Link.__struct_fields__]


class JoinCode(msgspec.Struct, frozen=True, kw_only=True):
    """Whose code it is."""

    lesson: str
    seat: str


class Links:
    """Mints, resolves and revokes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mint(
        self,
        role: Role,
        at: datetime,
        *,
        school: str | None = None,
        lesson: str | None = None,
        classroom: str | None = None,
        seat: str | None = None,
        holder: str | None = None,
        name: str | None = None,
        expires_at: datetime | None = None,
        actor: Actor = SERVER,
    ) -> tuple[str, Link]:
        """A new token and what it stands for. Without `holder` the link is its own holder."""
        token, link_id = new_token(), new_id()
        link = Link(
            id=link_id,
            role=role,
            school=school,
            lesson=lesson,
            classroom=classroom,
            seat=seat,
            holder=holder or link_id,
            name=name,
            created_at=at,
            expires_at=expires_at,
            revoked_at=None,
        )
        async with self._database.write() as connection:
            await connection.execute(
                insert(links).values({**msgspec.structs.asdict(link), "token_hash": token_hash(token)})
            )
            said = {"role": role, "school": school, "lesson": lesson, "classroom": classroom, "seat": seat}
            await note(connection, actor, "link.minted", f"link:{link_id}", at, said)
        return token, link

    async def resolve(self, token: str) -> Link | None:
        """What a token stands for, expired and revoked links included (see registry.facts.is_usable)."""
        found = select(*_COLUMNS).where(links.c.token_hash == token_hash(token))
        async with self._database.read() as connection:
            row = (await connection.execute(found)).mappings().one_or_none()
        return None if row is None else msgspec.convert(fields(row), Link)

    async def get(self, link: str) -> Link | None:
        """A link by its id."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(*_COLUMNS).where(links.c.id == link))).mappings().one_or_none()
        return None if row is None else msgspec.convert(fields(row), Link)

    async def revoke(self, link: str, at: datetime, actor: Actor = SERVER) -> list[str]:
        """The link, and those that it is the holder of, open nothing from `at` on.

        The ids of all that were valid before; empty for a link that is unknown or was revoked before.
        """
        async with self._database.write() as connection:
            return await revoke_links(connection, link, actor, at)

    async def standing(self) -> list[Link]:
        """Every link that is not of one lesson, the oldest first."""
        found = select(*_COLUMNS).where(links.c.lesson.is_(None)).order_by(links.c.created_at, links.c.id)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Link) for row in (await connection.execute(found)).mappings()]

    async def assign_codes(self, lesson: str, seats: Sequence[str]) -> dict[str, str]:
        """A join code for each seat, unlike that of any lesson not yet over."""
        return {seat: await self._assign_code(lesson, seat) for seat in seats}

    async def _assign_code(self, lesson: str, seat: str) -> str:
        # A million codes for at most a few dozen lessons at once: a second try is rare, a tenth is a fault.
        for _ in range(10):
            code = new_code()
            try:
                async with self._database.write() as connection:
                    await connection.execute(insert(join_codes).values(code=code, lesson=lesson, seat=seat))
                return code
            except IntegrityError:
                if (known := (await self.codes(lesson)).get(seat)) is not None:
                    return known
        raise RuntimeError("no free join code")

    async def codes(self, lesson: str) -> dict[str, str]:
        """Seat → join code; empty once the lesson is over."""
        found = select(join_codes.c.seat, join_codes.c.code).where(join_codes.c.lesson == lesson)
        async with self._database.read() as connection:
            return {row.seat: row.code for row in await connection.execute(found)}

    async def resolve_code(self, code: str) -> JoinCode | None:
        """Whose code it is, while the lesson is open or live."""
        found = (
            select(join_codes.c.lesson, join_codes.c.seat)
            .join(lessons, lessons.c.id == join_codes.c.lesson)
            .where(join_codes.c.code == code, lessons.c.state.in_(("open", "live")))
        )
        async with self._database.read() as connection:
            row = (await connection.execute(found)).mappings().one_or_none()
        return None if row is None else msgspec.convert(fields(row), JoinCode)


async def revoke_links(connection: AsyncConnection, holder: str, actor: Actor, at: datetime) -> list[str]:
    """In the caller's transaction: the link `holder`, and every link that this link or account is the holder of.

    The ids of those that were valid before.
    """
    valid = ((links.c.id == holder) | (links.c.holder == holder)) & links.c.revoked_at.is_(None)
    gone = list(await connection.scalars(update(links).where(valid).values(revoked_at=at).returning(links.c.id)))
    for link in gone:
        await note(connection, actor, "link.revoked", f"link:{link}", at)
    return gone
