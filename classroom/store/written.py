"""What people wrote in a lesson (chat lines, a class's answers in words): it goes when the recording does."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, delete, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.schema.chat import chat_lines
from classroom.store.schema.quizzes import quiz_texts

AT_ONCE: Final = 500
"""Lessons that are looked at in one round."""
_TABLES: Final = (chat_lines, quiz_texts)


async def lessons_with_words(connection: AsyncConnection, of: Select[Any]) -> list[str]:
    """Those of these lessons in which anything was written; the first AT_ONCE."""
    found = union(*(select(table.c.lesson).where(table.c.lesson.in_(of)) for table in _TABLES))
    return list(await connection.scalars(found.order_by("lesson").limit(AT_ONCE)))


async def erase_words(connection: AsyncConnection, lessons: Sequence[str]) -> None:
    """In the caller's transaction: nothing that was written in these lessons is left; what was counted stays."""
    for table in _TABLES:
        await connection.execute(delete(table).where(table.c.lesson.in_(lessons)))
