"""Plays (播放): a class watched parts of a resource in a room, as the room's page told and the server believed."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, insert, or_, select, update

from classroom.ledger.intervals import Interval, Intervals
from classroom.store.audit import Actor, note
from classroom.store.database import Database, fields
from classroom.store.schema.library import plays


class PlayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A play. `parts`: of the resource, in ms from its beginning. `students`: 实到人数 as said in the room, None where
    nobody has said."""

    id: str
    resource: str
    class_id: str
    school: str
    classroom: str
    day: date
    began_at: datetime
    last_at: datetime
    students: int | None
    seq: int = 0
    position_ms: int = 0
    parts: Intervals = ()
    is_over: bool = False
    is_due: bool = True


class Group(msgspec.Struct, frozen=True):
    """All plays of a resource by a class on one local day."""

    class_id: str
    resource: str
    day: date


class Plays:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, play: PlayRow, actor: Actor) -> None:
        """A new one; whatever the room was playing is over."""
        row = {**msgspec.structs.asdict(play), "parts": _packed(play.parts)}
        async with self._database.write() as connection:
            here = (plays.c.classroom == play.classroom) & ~plays.c.is_over
            await connection.execute(update(plays).where(here).values(is_over=True))
            await connection.execute(insert(plays).values(row))
            said = {"play": play.id, "class": play.class_id}
            await note(connection, actor, "resource.shown", f"resource:{play.resource}", play.began_at, said)

    async def get(self, play: str) -> PlayRow | None:
        """One of them."""
        return next(iter(await self._find(plays.c.id == play)), None)

    async def report(self, play: PlayRow, seq: int) -> bool:
        """What is known of it now, after its report `seq`; False when another came meanwhile, or it is over."""
        values = {
            "seq": seq,
            "last_at": play.last_at,
            "position_ms": play.position_ms,
            "parts": _packed(play.parts),
            "is_due": True,
        }
        same = (plays.c.id == play.id) & (plays.c.seq == play.seq) & ~plays.c.is_over
        async with self._database.write() as connection:
            changed = update(plays).where(same).values(values).returning(plays.c.id)
            return await connection.scalar(changed) is not None

    async def due(self, quiet_since: datetime, today: date) -> list[Group]:
        """What the ledger has to look at: of earlier days, or quiet since an instant."""
        is_due = plays.c.is_due & or_(plays.c.day < today, plays.c.last_at <= quiet_since)
        names = (plays.c.class_id, plays.c.resource, plays.c.day)
        async with self._database.read() as connection:
            rows = await connection.execute(select(*names).where(is_due).distinct().order_by(plays.c.day).limit(200))
            return [Group(*row) for row in rows]

    async def judged(self, found: Sequence[PlayRow]) -> None:
        """The ledger has looked at these as they were; one that went on meanwhile stays due."""
        async with self._database.write() as connection:
            for one in found:
                same = (plays.c.id == one.id) & (plays.c.seq == one.seq)
                await connection.execute(update(plays).where(same).values(is_due=False))

    async def of_group(self, group: Group) -> list[PlayRow]:
        """Its plays in order of time."""
        return await self._find(
            and_(
                plays.c.class_id == group.class_id,
                plays.c.resource == group.resource,
                plays.c.day == group.day,
            )
        )

    async def of_class(self, class_id: str, resources: Sequence[str]) -> list[PlayRow]:
        """A class's plays of these resources, in order of time."""
        return await self._find((plays.c.class_id == class_id) & plays.c.resource.in_(list(resources)))

    async def of_schools(self, schools: Sequence[str] | None, first: date, last: date) -> list[PlayRow]:
        """What classes of these schools (None: of all) watched on these days, in order of time; at most 5000."""
        narrow = (plays.c.day >= first) & (plays.c.day <= last)
        if schools is not None:
            narrow &= plays.c.school.in_(list(schools))
        return await self._find(narrow, limit=5000)

    async def look_again(self, school: str, since: date) -> None:
        """A pair of this school has another status since a day: the ledger looks again at what was watched."""
        async with self._database.write() as connection:
            again = (plays.c.school == school) & (plays.c.day >= since)
            await connection.execute(update(plays).where(again).values(is_due=True))

    async def _find(self, condition: ColumnElement[bool], limit: int = 1000) -> list[PlayRow]:
        found = select(plays).where(condition).order_by(plays.c.began_at, plays.c.id).limit(limit)
        async with self._database.read() as connection:
            return [_row(row) for row in (await connection.execute(found)).mappings()]


def _packed(parts: Intervals) -> str:
    return msgspec.json.encode(parts).decode()


def _row(row: Any) -> PlayRow:
    parts = tuple(Interval(*each) for each in msgspec.json.decode(row["parts"]))
    return msgspec.convert({**fields(row), "parts": parts}, PlayRow)
