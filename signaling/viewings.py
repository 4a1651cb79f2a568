"""From plays to activities: a class's viewing is judged when its day is over, or two hours after it was last heard of.

Judged again like every activity: by words, by another size of the class or status of the pair, by other rules.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from classroom.ledger.facts import Seat
from classroom.ledger.hand import suspects
from classroom.ledger.months import local_date
from classroom.ledger.plays import Play, Resource, Viewing
from classroom.ledger.viewing import judge_viewing, pair_of
from classroom.ledger.words import standing
from classroom.registry.book import Book
from classroom.registry.facts import Pair, students_on
from classroom.store import audit, hand, resources
from classroom.store.audit import SERVER
from classroom.store.plays import Group, PlayRow
from classroom.store.store import Store
from signaling.clock import Clock
from signaling.records import Records

log = structlog.get_logger("viewings")

QUIET: Final = timedelta(hours=2)
LOOK_S: Final = 60.0


class Viewings:
    """Looks once a minute for viewings that are over."""

    def __init__(self, store: Store, records: Records, clock: Clock, quiet: timedelta = QUIET) -> None:
        """`quiet`: so long after a class was last heard of its viewing is judged, though the day is not over."""
        self._store = store
        self._records = records
        self._clock = clock
        self._quiet = quiet
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look(), name="judge viewings")

    async def close(self) -> None:
        """Stop; what is not judged yet is judged after the next start. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def settle_due(self, at: datetime) -> int:
        """Judge what is over at an instant; how many viewings."""
        due = await self._store.plays.due(at - self._quiet, local_date(at))
        for group in due:
            try:
                await self.settle(group, at)
            except Exception:
                # The others are none the worse for it; it is tried again in a minute.
                log.exception("a viewing is not judged", resource=group.resource)
        return len(due)

    async def settle(self, group: Group, at: datetime) -> None:
        """Judge a class's viewing of a day as far as it has come."""
        await self._records.in_turn(partial(self._settle, group, at))

    async def _look(self) -> None:
        while True:
            try:
                await self.settle_due(self._clock.at())
            except Exception:
                log.exception("viewings are not judged")
            await asyncio.sleep(LOOK_S)

    async def _settle(self, group: Group, at: datetime) -> None:
        everything = await self._store.plays.of_group(group)
        rows = [row for row in everything if row.parts]
        found = await self._store.resources.get(group.resource)
        if rows and found is not None and found.length_ms:
            book = await self._store.registry.book()
            await self._judge(viewing_of(found, rows, roster_of(book, group.class_id, group.day)), book, at)
        await self._store.plays.judged(everything)

    async def _judge(self, viewing: Viewing, book: Book, at: datetime) -> None:
        store = self._store
        pair = await self._pair(viewing, book)
        if pair is None:
            return
        rules = await self._records.rules()
        name = judge_viewing(viewing, pair, standing(()), rules).id
        before = [row for row in [await store.activities.get(name)] if row is not None]
        said = [row.word for row in await store.words.of([name]) if row.state == "applied"]
        judged = judge_viewing(viewing, pair, standing(said), rules)
        rows = await self._records.rows([judged], before)
        names = {one.id: one.name for one in book.classes.values()}
        replaced = []
        for row in await self._records.around(pair.id, judged.begins_at, judged.ends_at):
            if row.is_hand and row.kind is judged.kind:
                entry = (await self._records.entry(row)).entry
                replaced += [row] if suspects(entry, [judged], names) else []
        async with store.database.write() as connection:
            await store.returns.hold(connection)
            for row in replaced:
                await hand.replace(connection, row.id.removeprefix("hand."), name)
                await audit.note(connection, SERVER, "activity.replaced", f"activity:{row.id}", at, {"by": name})
            await self._records.keep(connection, rows, before, at, gone=replaced)

    async def _pair(self, viewing: Viewing, book: Book) -> Pair | None:
        """The pair active that day; else that of an activity made before, which may no longer count."""
        listed = sorted(book.pairs.values(), key=lambda pair: (pair.level or "", pair.place or 0, pair.id))
        found = pair_of(viewing, listed)
        if found is not None:
            return found
        for pair in listed:
            if pair.recipient == viewing.seat.school:
                name = judge_viewing(viewing, pair, standing(()), await self._records.rules()).id
                row = await self._store.activities.get(name)
                if row is not None:
                    return book.pairs[row.pair]
        return None


def viewing_of(found: resources.Resource, rows: Sequence[PlayRow], roster: int | None) -> Viewing:
    """What the ledger looks at. `rows`: of one class, resource and day, in order of time; `roster`: 名册人数 then."""
    return Viewing(
        resource=Resource(
            id=found.id,
            origin="province" if found.origin == "province" else "school",
            school=found.school,
            length_ms=found.length_ms or 0,
            title=found.title,
            subjects=(found.subject,),
        ),
        day=rows[0].day,
        plays=tuple(
            Play(
                resource=row.resource,
                seat=Seat(
                    room=row.classroom,
                    school=row.school,
                    students=roster,
                    confirmed_students=row.students,
                    class_id=row.class_id,
                ),
                began_at=row.began_at,
                ended_at=row.last_at,
                seconds=row.parts,
            )
            for row in rows
        ),
    )


def roster_of(book: Book, class_id: str, day: date) -> int | None:
    """名册人数 on a day."""
    known = book.classes.get(class_id)
    return None if known is None else students_on(known, day)
