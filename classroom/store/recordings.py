"""Recordings as they are kept (录像留存): a row from the end of a recorded lesson on, also when its files are gone.

kept → erasing → erased. `erasing` is durable before the first file goes, so that a crash leaves nothing half erased
for good. What was counted of the lesson stands elsewhere and knows nothing of this.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.keeping.errors import KeepingError
from classroom.keeping.retention import Rule, State
from classroom.store.audit import SERVER, note
from classroom.store.database import Database, fields
from classroom.store.publications import withdraw_of_lesson
from classroom.store.registry import By
from classroom.store.schema.comments import comments
from classroom.store.schema.keeping import publications, recording_files, recording_seals, recordings
from classroom.store.schema.lessons import lesson_seats, lessons
from classroom.store.schema.reviews import reviews
from classroom.store.written import erase_words, lessons_with_words

Fault = Literal["missing", "changed"]
Extension = Literal["asked", "granted", "refused"]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A recording's row. `sealed_by`: the classes that have withdrawn their consent; `published`: an approved
    publication, `asked_at`: the latest request that waits for an answer. `bytes` of its files, once they are summed.
    """

    lesson: str
    state: State
    ended_on: date
    until: date | None
    warned_on: date | None
    extension: Extension | None
    extension_at: datetime | None
    extension_reason: str | None
    held_at: datetime | None
    held_reason: str | None
    rule: Rule | None
    erase_reason: str | None
    erased_at: datetime | None
    bytes: int | None
    summed_at: datetime | None
    checked_at: datetime | None
    fault: Fault | None
    sealed_by: tuple[str, ...] = ()
    published: bool = False
    asked_at: datetime | None = None


class FileSum(msgspec.Struct, frozen=True, kw_only=True):
    """A finished file as it was when the lesson was over. `fault`: what the last check found."""

    name: str
    bytes: int
    sha256: str
    fault: Fault | None = None


class Recordings:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, lesson: str) -> Kept | None:
        """The recording of a lesson; None where nothing was recorded, and before the lesson's end."""
        found = await self._find(recordings.c.lesson == lesson)
        return found[0] if found else None

    async def many(self, ids: Sequence[str]) -> dict[str, Kept]:
        """Those of these lessons."""
        return {one.lesson: one for one in await self._find(recordings.c.lesson.in_(list(ids)))}

    async def in_state(self, state: State) -> list[Kept]:
        """All that are so, the oldest first."""
        return await self._find(recordings.c.state == state)

    async def page(
        self,
        *,
        school: str | None = None,
        which: Literal["all", "waiting", "ending", "held", "faulty", "erased"] = "all",
        after: tuple[date, str] | None = None,
        limit: int = 50,
    ) -> list[Kept]:
        """The latest lessons first, from behind the place (ended_on, lesson) on; of one school, whichever side it is
        on. `waiting`: for an officer's word; `ending`: its erasing is announced."""
        behind = None
        if after is not None:
            day, lesson = after
            same_day = (recordings.c.ended_on == day) & (recordings.c.lesson < lesson)
            behind = (recordings.c.ended_on < day) | same_day
        return await self._find(_which(which), _of(school), behind, latest=limit)

    async def counts(self, school: str | None = None) -> dict[str, int]:
        """How many wait, end, are held or faulty."""
        made = {}
        async with self._database.read() as connection:
            for which in ("waiting", "ending", "held", "faulty"):
                count = select(func.count()).select_from(recordings)
                for condition in (_which(which), _of(school)):
                    count = count if condition is None else count.where(condition)
                made[which] = await connection.scalar(count) or 0
        return made

    async def enter(self, days: Mapping[str, date], withdrawn: Mapping[str, Sequence[str]], by: By) -> None:
        """Rows for lessons that are over, with the local date of their end; those that have one keep it.

        `withdrawn`: by lesson, its classes that have withdrawn their consent: it is sealed (封存) from the beginning.
        """
        async with self._database.write() as connection:
            there = select(recordings.c.lesson).where(recordings.c.lesson.in_(list(days)))
            known = set(await connection.scalars(there))
            rows = [{"lesson": one, "state": "kept", "ended_on": day} for one, day in days.items() if one not in known]
            if rows:
                await connection.execute(insert(recordings), rows)
            for row in rows:
                for class_id in withdrawn.get(str(row["lesson"]), ()):
                    await _seal(connection, str(row["lesson"]), class_id, by)

    async def sealed_of(self, class_id: str) -> list[str]:
        """The lessons that are sealed because of a class."""
        found = select(recording_seals.c.lesson).where(recording_seals.c.class_id == class_id)
        async with self._database.read() as connection:
            return list(await connection.scalars(found))

    async def unentered(self) -> dict[str, datetime]:
        """Lessons that are over and were recorded, but have no row yet, with the instant of their end."""
        there = select(recordings.c.lesson)
        found = select(lessons.c.id, lessons.c.ended_at).where(
            lessons.c.recorded, lessons.c.state == "ended", lessons.c.id.not_in(there)
        )
        async with self._database.read() as connection:
            return {row.id: row.ended_at for row in await connection.execute(found)}

    async def warn(self, lesson: str, today: date, at: datetime) -> None:
        """From today on its erasing is announced on the pages of those whom it concerns."""
        await self._change(lesson, By(SERVER, at), "recording.warned", {"warned_on": today})

    async def ask_extension(self, lesson: str, reason: str, by: By) -> None:
        """Ask to keep it longer: once, and again when it was granted. Raises KeepingError: recording_erased,
        extension_asked."""
        values = {"extension": "asked", "extension_at": by.at, "extension_reason": reason}
        # A request puts the erasing off: asking again and again must not.
        first = recordings.c.extension.is_(None) | (recordings.c.extension == "granted")
        await self._change(lesson, by, "recording.extension_asked", values, first, "extension_asked")

    async def decide_extension(self, lesson: str, until: date | None, by: By) -> None:
        """Keep it until a day, or refuse. Raises KeepingError: recording_erased, extension_decided."""
        asked = recordings.c.extension == "asked"
        values: dict[str, Any] = {"extension": "refused" if until is None else "granted"}
        if until is not None:
            # It is announced anew when that day comes near.
            values |= {"until": until, "warned_on": None}
        action = "recording.extension_refused" if until is None else "recording.extended"
        said = {} if until is None else {"until": until.isoformat()}
        await self._change(lesson, by, action, values, asked, "extension_decided", said=said)

    async def hold(self, lesson: str, reason: str, by: By) -> None:
        """法律保留: nothing erases it. Raises KeepingError(recording_erased)."""
        await self._change(lesson, by, "recording.held", {"held_at": by.at, "held_reason": reason})

    async def release(self, lesson: str, by: By) -> None:
        """The hold is lifted; its erasing is announced anew. Raises KeepingError(recording_erased)."""
        values = {"held_at": None, "held_reason": None, "warned_on": None}
        await self._change(lesson, by, "recording.released", values)

    async def erasing(self, lesson: str, rule: Rule, reason: str | None, by: By) -> None:
        """From now on nobody gets anything of it. Raises KeepingError: recording_held, recording_erased."""
        values = {"state": "erasing", "rule": rule, "erase_reason": reason}
        free = recordings.c.held_at.is_(None)
        async with self._database.write() as connection:
            await _change(connection, lesson, by, "recording.erasing", values, free, "recording_held", {"rule": rule})
            await withdraw_of_lesson(connection, lesson, reason or rule, by)

    async def erased(self, lesson: str, by: By) -> None:
        """Its files are gone; what was written in the lesson, and of it, goes too. Sums stay: of what there was."""
        async with self._database.write() as connection:
            gone = (recordings.c.lesson == lesson) & (recordings.c.state == "erasing")
            values = {"state": "erased", "erased_at": by.at, "fault": None}
            ended = await connection.execute(update(recordings).where(gone).values(values))
            if not ended.rowcount:
                return
            said = await connection.execute(delete(comments).where(comments.c.lesson == lesson))
            await erase_words(connection, [lesson])
            await connection.execute(delete(recording_seals).where(recording_seals.c.lesson == lesson))
            reviewed = await connection.execute(delete(reviews).where(reviews.c.lesson == lesson))
            detail = {"comments": said.rowcount, "reviews": reviewed.rowcount}
            await note(connection, by.actor, "recording.erased", f"lesson:{lesson}", by.at, detail)

    async def erase_unrecorded(self, before: datetime, by: By) -> int:
        """Lessons without a recording that were over before an instant: what was written in them goes. How many."""
        async with self._database.write() as connection:
            over = select(lessons.c.id).where(
                lessons.c.state == "ended", lessons.c.recorded.is_(False), lessons.c.ended_at < before
            )
            found = await lessons_with_words(connection, over)
            await erase_words(connection, found)
            for lesson in found:
                await note(connection, by.actor, "lesson.words_erased", f"lesson:{lesson}", by.at)
        return len(found)

    async def summed(self, lesson: str, sums: Sequence[FileSum], at: datetime) -> None:
        """What its files are, once and for all."""
        async with self._database.write() as connection:
            await connection.execute(delete(recording_files).where(recording_files.c.lesson == lesson))
            if sums:
                rows = [{"lesson": lesson, **msgspec.structs.asdict(one)} for one in sums]
                await connection.execute(insert(recording_files), rows)
            values = {"bytes": sum(one.bytes for one in sums), "summed_at": at, "checked_at": at, "fault": None}
            await connection.execute(update(recordings).where(recordings.c.lesson == lesson).values(values))

    async def checked(
        self, lesson: str, faults: Mapping[str, Fault], at: datetime, new: Sequence[FileSum] = ()
    ) -> None:
        """What a check found: a fault for each file that is not what it was, and files that are `new`."""
        worst = "missing" if "missing" in faults.values() else next(iter(faults.values()), None)
        async with self._database.write() as connection:
            before = await connection.scalar(select(recordings.c.fault).where(recordings.c.lesson == lesson))
            of_lesson = recording_files.c.lesson == lesson
            if new:
                rows = [{"lesson": lesson, **msgspec.structs.asdict(one)} for one in new]
                await connection.execute(insert(recording_files), rows)
            await connection.execute(update(recording_files).where(of_lesson).values(fault=None))
            for name, fault in faults.items():
                one = of_lesson & (recording_files.c.name == name)
                await connection.execute(update(recording_files).where(one).values(fault=fault))
            values = {"checked_at": at, "fault": worst}
            await connection.execute(update(recordings).where(recordings.c.lesson == lesson).values(values))
            if worst != before:
                action = "recording.mended" if worst is None else "recording.damaged"
                detail = {"files": len(faults), "fault": worst}
                await note(connection, SERVER, action, f"lesson:{lesson}", at, detail)

    async def files(self, lesson: str) -> list[FileSum]:
        """Its files, by name."""
        found = select(recording_files).where(recording_files.c.lesson == lesson).order_by(recording_files.c.name)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).mappings()
            return [msgspec.convert({k: v for k, v in fields(row).items() if k != "lesson"}, FileSum) for row in rows]

    async def to_sum(self) -> list[str]:
        """Kept ones whose files have no sums yet, the oldest first."""
        return await self._lessons(recordings.c.summed_at.is_(None))

    async def to_check(self, before: datetime, limit: int) -> list[str]:
        """Kept ones that were last checked before an instant, the longest ago first."""
        return await self._lessons(recordings.c.checked_at < before, limit)

    async def _lessons(self, condition: ColumnElement[bool], limit: int | None = None) -> list[str]:
        found = select(recordings.c.lesson).where(recordings.c.state == "kept", condition)
        async with self._database.read() as connection:
            return list(
                await connection.scalars(found.order_by(recordings.c.checked_at, recordings.c.lesson).limit(limit))
            )

    async def _change(
        self,
        lesson: str,
        by: By,
        action: str,
        values: Mapping[str, Any],
        only: ColumnElement[bool] | None = None,
        otherwise: str = "recording_erased",
        said: Mapping[str, Any] | None = None,
    ) -> None:
        async with self._database.write() as connection:
            await _change(connection, lesson, by, action, values, only, otherwise, said)

    async def _find(self, *conditions: ColumnElement[bool] | None, latest: int | None = None) -> list[Kept]:
        wanted = select(recordings.c.lesson).where(*(one for one in conditions if one is not None))
        order: tuple[ColumnElement[Any], ...] = (recordings.c.ended_on, recordings.c.lesson)
        if latest is not None:
            order = (recordings.c.ended_on.desc(), recordings.c.lesson.desc())
            wanted = wanted.order_by(*order).limit(latest)
        # A condition, not a list: there may be more of them than a statement may have parameters.
        ids = select(wanted.subquery().c.lesson)
        found = select(recordings).where(recordings.c.lesson.in_(ids)).order_by(*order)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).mappings().all()
            seals: dict[str, list[str]] = {}
            sealed = select(recording_seals).where(recording_seals.c.lesson.in_(ids))
            for row in await connection.execute(sealed.order_by(recording_seals.c.class_id)):
                seals.setdefault(row.lesson, []).append(row.class_id)
            open_ones = publications.c.state.in_(("asked", "approved"))
            wishes = select(publications.c.lesson, publications.c.state, publications.c.asked_at)
            published, asked = set(), dict[str, datetime]()
            for row in await connection.execute(wishes.where(publications.c.lesson.in_(ids), open_ones)):
                if row.state == "approved":
                    published.add(row.lesson)
                else:
                    asked[row.lesson] = max(row.asked_at, asked.get(row.lesson, row.asked_at))
        return [_kept(fields(row), seals, published, asked) for row in rows]


async def seal(connection: AsyncConnection, class_id: str, by: By) -> None:
    """In the caller's transaction: recordings in which the class sits are shown to nobody until it is decided."""
    seated = select(lesson_seats.c.lesson).where(lesson_seats.c.class_id == class_id)
    already = select(recording_seals.c.lesson).where(recording_seals.c.class_id == class_id)
    found = select(recordings.c.lesson).where(
        recordings.c.state == "kept", recordings.c.lesson.in_(seated), recordings.c.lesson.not_in(already)
    )
    for lesson in list(await connection.scalars(found)):
        await _seal(connection, lesson, class_id, by)


async def _seal(connection: AsyncConnection, lesson: str, class_id: str, by: By) -> None:
    await connection.execute(insert(recording_seals).values(lesson=lesson, class_id=class_id, at=by.at))
    await note(connection, by.actor, "recording.sealed", f"lesson:{lesson}", by.at, {"class": class_id})


async def unseal(connection: AsyncConnection, class_id: str, by: By) -> None:
    """In the caller's transaction: the class has consented again."""
    mine = recording_seals.c.class_id == class_id
    for lesson in list(await connection.scalars(select(recording_seals.c.lesson).where(mine))):
        await note(connection, by.actor, "recording.unsealed", f"lesson:{lesson}", by.at, {"class": class_id})
    await connection.execute(delete(recording_seals).where(mine))


async def _change(
    connection: AsyncConnection,
    lesson: str,
    by: By,
    action: str,
    values: Mapping[str, Any],
    only: ColumnElement[bool] | None,
    otherwise: str,
    said: Mapping[str, Any] | None,
) -> None:
    """A step of a kept recording with its row in the log. Raises KeepingError: recording_erased, `otherwise`."""
    kept = (recordings.c.lesson == lesson) & (recordings.c.state == "kept")
    which = kept if only is None else kept & only
    done = await connection.execute(update(recordings).where(which).values(values))
    if not done.rowcount:
        is_kept = await connection.scalar(select(recordings.c.lesson).where(kept)) is not None
        raise KeepingError(otherwise if is_kept else "recording_erased")
    await note(connection, by.actor, action, f"lesson:{lesson}", by.at, said)


def _of(school: str | None) -> ColumnElement[bool] | None:
    if school is None:
        return None
    return recordings.c.lesson.in_(select(lesson_seats.c.lesson).where(lesson_seats.c.school == school))


def _which(which: str) -> ColumnElement[bool] | None:
    kept = recordings.c.state == "kept"
    asked = select(publications.c.lesson).where(publications.c.state == "asked")
    sealed = recordings.c.lesson.in_(select(recording_seals.c.lesson)) & recordings.c.held_at.is_(None)
    found: dict[str, ColumnElement[bool]] = {
        "waiting": kept & ((recordings.c.extension == "asked") | recordings.c.lesson.in_(asked) | sealed),
        "ending": kept & recordings.c.warned_on.is_not(None),
        "held": kept & recordings.c.held_at.is_not(None),
        "faulty": kept & recordings.c.fault.is_not(None),
        "erased": recordings.c.state != "kept",
    }
    return found.get(which)


def _kept(
    row: dict[str, Any], seals: Mapping[str, list[str]], published: set[str], asked: Mapping[str, datetime]
) -> Kept:
    lesson = row["lesson"]
    waiting = [at for at in (asked.get(lesson),) if at is not None]
    if row["extension"] == "asked" and row["extension_at"] is not None:
        waiting.append(row["extension_at"])
    more = {"sealed_by": tuple(seals.get(lesson, ())), "published": lesson in published}
    return msgspec.convert({**row, **more, "asked_at": max(waiting, default=None)}, Kept)
