"""Activities (活动): the ledger's stored verdicts, one per pair, lesson and period; rebuilt at will."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select

from classroom.store.database import Database, fields
from classroom.store.schema.ledger import activities


class ActivityRow(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict. `month` is the 工作月度 as yyyy-mm, `period` counts from 0; `flags` and `detail` are plain JSON."""

    pair: str
    lesson: str
    period: int
    month: str
    state: Literal["counted", "pending", "not_counted"]
    minutes: int
    participants: int
    subject: str
    flags: list[Any]
    detail: dict[str, Any]


class Activities:
    """The ledger's rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, lesson: str, rows: Sequence[ActivityRow]) -> None:
        """The lesson's activities are these and no others. Raises ValueError for another lesson's row."""
        if any(row.lesson != lesson for row in rows):
            raise ValueError("an activity of another lesson")
        stored = [
            {
                **msgspec.structs.asdict(row),
                "flags": msgspec.json.encode(row.flags).decode(),
                "detail": msgspec.json.encode(row.detail).decode(),
            }
            for row in rows
        ]
        async with self._database.write() as connection:
            await connection.execute(delete(activities).where(activities.c.lesson == lesson))
            if stored:
                await connection.execute(insert(activities), stored)

    async def of_lesson(self, lesson: str) -> list[ActivityRow]:
        """A lesson's activities."""
        return await self._find(activities.c.lesson == lesson)

    async def of_lessons(self, lessons: Sequence[str]) -> list[ActivityRow]:
        """The activities of several lessons."""
        return await self._find(activities.c.lesson.in_(list(lessons)))

    async def of_month(self, month: str) -> list[ActivityRow]:
        """The activities of a work month."""
        return await self._find(activities.c.month == month)

    async def _find(self, condition: ColumnElement[bool]) -> list[ActivityRow]:
        columns = activities.c
        found = select(activities).where(condition).order_by(columns.lesson, columns.period, columns.pair)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).mappings().all()
        return [
            msgspec.convert(
                {
                    **fields(row),
                    "flags": msgspec.json.decode(row["flags"]),
                    "detail": msgspec.json.decode(row["detail"]),
                },
                ActivityRow,
            )
            for row in rows
        ]
