"""Comments on recordings (听评课): each at a moment of a lesson, by a named author."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import delete, func, insert, select

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.comments import comments

MAX_COMMENTS: Final = 1000
"""On one lesson: twenty colleagues who each say something every minute."""
MAX_COMMENTS_EACH: Final = 200
"""Of one author on one lesson: nobody can fill it alone."""
MAX_NAME: Final = 80
"""Characters of an author's name; a school's alone may have as many."""


class TooManyComments(Exception):
    """The lesson has all the comments that it may have."""


class TooManyByOne(Exception):
    """The author has all the comments that one person may have on the lesson."""


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """`at_s`: seconds of the recording. `author` is an account's id or a link's holder; the name is as of then."""

    id: str
    lesson: str
    at_s: float
    text: str
    author: str
    author_name: str
    created_at: datetime


class Comments:
    """The comments of all lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *, lesson: str, at_s: float, text: str, author: str, author_name: str, by: By) -> Comment:
        """A new one; the lesson is there. The log keeps when and where, not what. A long name is cut.

        Raises TooManyComments, TooManyByOne.
        """
        made = Comment(
            id=new_id(),
            lesson=lesson,
            at_s=round(at_s, 1),
            text=text,
            author=author,
            author_name=author_name[:MAX_NAME],
            created_at=by.at,
        )
        count = select(func.count()).select_from(comments).where(comments.c.lesson == lesson)
        async with self._database.write() as connection:
            if (await connection.scalar(count) or 0) >= MAX_COMMENTS:
                raise TooManyComments(lesson)
            if (await connection.scalar(count.where(comments.c.author == author)) or 0) >= MAX_COMMENTS_EACH:
                raise TooManyByOne(lesson)
            await connection.execute(insert(comments).values(msgspec.structs.asdict(made)))
            detail = {"comment": made.id, "at_s": made.at_s}
            await note(connection, by.actor, "comment.added", f"lesson:{lesson}", by.at, detail)
        return made

    async def of_lesson(self, lesson: str) -> list[Comment]:
        """In the order of the lesson."""
        order = (comments.c.at_s, comments.c.created_at, comments.c.id)
        async with self._database.read() as connection:
            found = await connection.execute(select(comments).where(comments.c.lesson == lesson).order_by(*order))
            return [msgspec.convert(fields(row), Comment) for row in found.mappings()]

    async def remove(self, lesson: str, comment: str, author: str | None, by: By) -> bool:
        """Take one away, and nobody keeps its words; False when there is no such comment of this author (None: of
        anybody)."""
        own = (comments.c.id == comment) & (comments.c.lesson == lesson)
        if author is not None:
            own &= comments.c.author == author
        async with self._database.write() as connection:
            row = (await connection.execute(delete(comments).where(own).returning(comments.c.at_s))).one_or_none()
            if row is None:
                return False
            detail = {"comment": comment, "at_s": row.at_s}
            await note(connection, by.actor, "comment.removed", f"lesson:{lesson}", by.at, detail)
        return True
