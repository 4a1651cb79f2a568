"""Publications of recordings (发布): asked for, approved by both sides, refused, withdrawn."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.keeping.errors import KeepingError
from classroom.keeping.publication import Approval, Publication, approval, withdraw
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.keeping import publications, recording_seals, recordings
from classroom.store.schema.lessons import lesson_seats

Step = Callable[[Publication], Publication]
_OPEN = publications.c.state.in_(("asked", "approved"))


class Publications:
    """All requests that there ever were."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def approved(self, lesson: str) -> Approval | None:
        """What of the lesson's recording may be shown to people outside the lesson; None: nothing.

        `Approval(publication, lesson, pupils, approved_at)`: with `pupils` the whole recording, otherwise only exports
        made without pupils. Where both are approved, that with pupils. None too once the recording is being erased, and
        while it is sealed because a class has withdrawn its consent: ask anew before each use.
        """
        found = await self._approvals([lesson])
        return found.get(lesson)

    async def approvals(self, lessons: Sequence[str]) -> dict[str, Approval]:
        """The same of many lessons: those of them that have one."""
        return await self._approvals(lessons)

    async def _approvals(self, lessons: Sequence[str]) -> dict[str, Approval]:
        lesson = publications.c.lesson
        found = select(publications).where(
            lesson.in_(list(lessons)),
            publications.c.state == "approved",
            ~exists().where(recordings.c.lesson == lesson, recordings.c.state != "kept"),
            ~exists().where(recording_seals.c.lesson == lesson),
        )
        made: dict[str, Approval] = {}
        async with self._database.read() as connection:
            # That with pupils last: it holds.
            for row in (await connection.execute(found.order_by(publications.c.pupils))).mappings():
                if (given := approval(_made(fields(row)))) is not None:
                    made[given.lesson] = given
        return made

    async def ask(self, lesson: str, pupils: bool, reason: str, by: By) -> Publication:
        """Ask for it; whoever asks for what is asked for, or approved, gets that."""
        same = (publications.c.lesson == lesson) & (publications.c.pupils == pupils) & _OPEN
        try:
            return await self._ask(same, lesson, pupils, reason, by)
        except IntegrityError:
            return await self._ask(same, lesson, pupils, reason, by)

    async def _ask(self, same: ColumnElement[bool], lesson: str, pupils: bool, reason: str, by: By) -> Publication:
        async with self._database.write() as connection:
            if (found := await _one(connection, same)) is not None:
                return found
            made = Publication(id=new_id(), lesson=lesson, pupils=pupils, state="asked", reason=reason, asked_at=by.at)
            await connection.execute(insert(publications).values(msgspec.structs.asdict(made)))
            said = {"publication": made.id, "pupils": pupils}
            await note(connection, by.actor, "publication.asked", f"lesson:{lesson}", by.at, said)
            return made

    async def get(self, publication: str) -> Publication | None:
        """One of them."""
        async with self._database.read() as connection:
            return await _one(connection, publications.c.id == publication)

    async def of_lessons(self, lessons: Sequence[str]) -> dict[str, list[Publication]]:
        """Those of these lessons, the latest first."""
        found = select(publications).where(publications.c.lesson.in_(list(lessons)))
        made: dict[str, list[Publication]] = {}
        async with self._database.read() as connection:
            rows = await connection.execute(found.order_by(publications.c.asked_at.desc(), publications.c.id))
            for row in rows.mappings():
                made.setdefault(row["lesson"], []).append(_made(fields(row)))
        return made

    async def change(self, publication: str, step: Step, by: By) -> Publication:
        """The request after a step of `classroom.keeping.publication`. Raises KeepingError as the step does, and
        publication_unknown."""
        async with self._database.write() as connection:
            found = await _one(connection, publications.c.id == publication, for_update=True)
            if found is None:
                raise KeepingError("publication_unknown")
            return await _change(connection, found, step, by)


async def withdraw_of_class(connection: AsyncConnection, class_id: str, word: str, by: By) -> None:
    """In the caller's transaction: nothing with this class's pupils is published, or asked for, any more."""
    seated = select(lesson_seats.c.lesson).where(lesson_seats.c.class_id == class_id)
    await _withdraw(connection, publications.c.pupils & publications.c.lesson.in_(seated), word, by)


async def withdraw_of_lesson(connection: AsyncConnection, lesson: str, word: str, by: By) -> None:
    """In the caller's transaction: the recording is being erased, and with it whatever is published of it."""
    await _withdraw(connection, publications.c.lesson == lesson, word, by)


async def _withdraw(connection: AsyncConnection, which: ColumnElement[bool], word: str, by: By) -> None:
    found = (await connection.execute(select(publications).where(which, _OPEN))).mappings().all()
    for row in found:
        await _change(connection, _made(fields(row)), lambda one: withdraw(one, by.at, word), by)


async def _change(connection: AsyncConnection, found: Publication, step: Step, by: By) -> Publication:
    after = step(found)
    values = msgspec.structs.asdict(after)
    await connection.execute(update(publications).where(publications.c.id == found.id).values(values))
    if found.state == "approved" and after.state != "approved":
        # Published, it was kept without an end: its erasing is announced anew.
        of_lesson = recordings.c.lesson == found.lesson
        await connection.execute(update(recordings).where(of_lesson).values(warned_on=None))
    said = {"publication": found.id, "pupils": found.pupils, "state": after.state}
    await note(connection, by.actor, f"publication.{_VERBS[after.state]}", f"lesson:{found.lesson}", by.at, said)
    return after


# A request that one side has approved waits for the other: it is still `asked`.
_VERBS = {"asked": "seconded", "approved": "approved", "refused": "refused", "withdrawn": "withdrawn"}


async def _one(
    connection: AsyncConnection, condition: ColumnElement[bool], *, for_update: bool = False
) -> Publication | None:
    found = select(publications).where(condition)
    # SQLite, which has one writer, leaves this out.
    row = (await connection.execute(found.with_for_update() if for_update else found)).mappings().one_or_none()
    return None if row is None else _made(fields(row))


def _made(row: dict[str, object]) -> Publication:
    return msgspec.convert(row, Publication)
