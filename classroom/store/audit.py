"""Who looked: every view by an observer is kept."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.schema.audit import views


class ViewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A look at a lesson by the holder of a link. `what` names the thing seen, e.g. `teacher/camera`."""

    id: str
    lesson: str
    link: str
    what: str
    at: datetime


class Audit:
    """The log of views. Rows are only ever added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def viewed(self, lesson: str, link: str, what: str, at: datetime) -> None:
        """Notes a view that has begun."""
        row = {"id": new_id(), "lesson": lesson, "link": link, "what": what, "at": at}
        async with self._database.write() as connection:
            await connection.execute(insert(views).values(row))

    async def views(self, lesson: str) -> list[ViewRow]:
        """The views of a lesson, the oldest first."""
        found = select(views).where(views.c.lesson == lesson).order_by(views.c.at, views.c.id)
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), ViewRow) for row in (await connection.execute(found)).mappings()]
