"""Chat lines (讨论区), where they can lawfully be deleted; the journal knows them by their ids."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import and_, insert, or_, select, update

from classroom.registry.facts import Role
from classroom.store.database import Database, fields
from classroom.store.schema.chat import chat_lines


class ChatLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line: `role` wrote it for `seat`; `to_seat` None is to everybody."""

    id: str
    lesson: str
    role: Role
    seat: str
    to_seat: str | None
    text: str
    said_at: datetime
    hidden: bool = False


class ChatLines:
    """The lines of all lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, line: ChatLine) -> None:
        """Keep a line that the journal has."""
        async with self._database.write() as connection:
            await connection.execute(insert(chat_lines).values(msgspec.structs.asdict(line)))

    async def hide(self, lesson: str, line: str) -> ChatLine | None:
        """Take a line from the screens; the row stays for who has to look into it. None: there is none."""
        one = (chat_lines.c.id == line) & (chat_lines.c.lesson == lesson)
        async with self._database.write() as connection:
            hidden = update(chat_lines).where(one).values(hidden=True).returning(*chat_lines.c)
            row = (await connection.execute(hidden)).mappings().one_or_none()
            return None if row is None else msgspec.convert(fields(row), ChatLine)

    async def latest(self, lesson: str, count: int, *, private_of: Collection[str]) -> list[ChatLine]:
        """The last lines in their order, hidden ones left out; private ones only of these seats."""
        columns = chat_lines.c
        seen = or_(columns.to_seat.is_(None), columns.to_seat.in_(private_of))
        found = select(chat_lines).where(and_(columns.lesson == lesson, columns.hidden.is_(False), seen))
        found = found.order_by(columns.said_at.desc(), columns.id.desc()).limit(count)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).mappings().all()
        return [msgspec.convert(fields(row), ChatLine) for row in reversed(rows)]
