"""Activities (活动): the ledger's stored verdicts, the tallies of each pair's month, and 补计/冲减.

The writing functions work inside the caller's transaction, so that a verdict, the word that caused it, the tallies and
the audit row are kept together or not at all. No reading function looks at more than a month's range of an index.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    TextClause,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.ledger.kinds import Kind
from classroom.store.database import Database, fields
from classroom.store.schema.ledger import activities, adjustments, tallies

ActivityState = Literal["counted", "pending", "not_counted"]
IDS_AT_ONCE = 500
"""Databases bound the number of parameters of a statement."""


class LightActivity(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict without its evidence. `month` is the 工作月度 as yyyy-mm, `period` counts from 0.

    `id`: "{lesson}.{period}.{pair}", "hand.{entry}" of a hand entry (which has no lesson). `class_id`: the class that
    teaches (专递, 名师: that watched). `host_participants`: of `participants`, the side that teaches. `sharers`: how
    many pairs the lesson period was judged for. `version` grows with every change of the row.
    """

    id: str
    kind: Kind
    pair: str
    lesson: str | None
    period: int | None
    month: str
    begins_at: datetime
    ends_at: datetime
    class_id: str | None
    state: ActivityState
    minutes: int
    participants: int
    host_participants: int
    sharers: int
    is_hand: bool
    subjects: tuple[str, ...]
    flags: tuple[str, ...]
    marks: tuple[str, ...]
    version: int = 1


class ActivityRow(LightActivity, frozen=True, kw_only=True):
    """A verdict with its evidence as plain JSON."""

    detail: dict[str, Any]


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What a pair's activities of one form add up to in a work month. `pending` are not in `count`."""

    month: str
    kind: Kind
    pair: str
    count: int
    participants: int
    pending: int
    subjects: tuple[str, ...]


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's part in a lesson period that counts for several pairs: its teaching side is the same people."""

    kind: Kind
    lesson: str
    period: int
    pair: str
    host_participants: int


class Overlap(msgspec.Struct, frozen=True):
    """What the sum over pairs holds more than once: 次数 and 人次 to take away for distinct figures."""

    count: int
    participants: int


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """补计 (+) or 冲减 (−) of an activity of the reported `of_month`, in the month that takes it."""

    id: str
    activity: str
    kind: Kind
    pair: str
    of_month: str
    into_month: str
    count: int
    participants: int
    subjects: tuple[str, ...]
    at: datetime
    word: str | None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which activities of a list; None does not narrow. `pairs`: of any of these; they begin in [start, end)."""

    month: str | None = None
    pairs: tuple[str, ...] | None = None
    kind: Kind | None = None
    state: ActivityState | None = None
    mark: str | None = None
    lesson: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class StaleActivity(Exception):
    """Somebody else has changed the activity since it was read; nothing was written."""

    def __init__(self, activity: str) -> None:
        super().__init__(activity)
        self.activity = activity


# Literals, because a partial index is only taken where the statement itself says its condition.
_IS_PENDING: Final = text("state = 'pending'")
_IS_MARKED: Final = text("marks <> ''")
_IS_SHARED: Final = text("sharers > 1")
_LIGHT = tuple(activities.c[name] for name in LightActivity.__struct_fields__)


async def put(connection: AsyncConnection, rows: Sequence[ActivityRow], seen: Mapping[str, int]) -> list[ActivityRow]:
    """Store verdicts, new or changed, and bring the tallies along; the rows that changed, with their new versions.

    `seen`: id → version of the stored rows that the verdicts were made from. Raises StaleActivity.
    """
    before = {row.id: row for row in await rows_by_id(connection, [row.id for row in rows])}
    for row in rows:
        if (stored := before.get(row.id)) and stored.version != seen.get(row.id):
            raise StaleActivity(row.id)
        if stored is None and row.id in seen:
            raise StaleActivity(row.id)
    changed: list[ActivityRow] = []
    for row in rows:
        stored = before.get(row.id)
        row = msgspec.structs.replace(row, version=stored.version if stored else 1)
        if stored == row:
            continue
        if stored is None:
            await connection.execute(insert(activities).values(_stored(row)))
        else:
            row = msgspec.structs.replace(row, version=stored.version + 1)
            await connection.execute(update(activities).where(activities.c.id == row.id).values(_stored(row)))
        changed.append(row)
    touched = {(row.pair, row.month) for row in changed}
    touched |= {(before[row.id].pair, before[row.id].month) for row in changed if row.id in before}
    await _retally(connection, touched)
    return changed


async def drop(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Take verdicts away, and bring the tallies along."""
    gone = await rows_by_id(connection, ids)
    if gone:
        await connection.execute(delete(activities).where(activities.c.id.in_([row.id for row in gone])))
        await _retally(connection, {(row.pair, row.month) for row in gone})


async def adjust(connection: AsyncConnection, lines: Sequence[Adjustment]) -> None:
    """Add 补计 and 冲减; they are never changed."""
    if lines:
        rows = [
            {**msgspec.structs.asdict(line), "kind": line.kind.value, "subjects": pack(line.subjects)} for line in lines
        ]
        await connection.execute(insert(adjustments), rows)


async def rows_by_id(connection: AsyncConnection, ids: Sequence[str]) -> list[ActivityRow]:
    """The stored ones of these, as the transaction sees them."""
    found: list[ActivityRow] = []
    for first in range(0, len(ids), IDS_AT_ONCE):
        some = activities.c.id.in_(list(ids[first : first + IDS_AT_ONCE]))
        found += [_row(row) for row in (await connection.execute(select(activities).where(some))).mappings()]
    return found


async def light_of_pair_month(connection: AsyncConnection, pair: str, month: str) -> list[LightActivity]:
    """A pair's activities of a work month, as the transaction sees them, in order of time."""
    columns = activities.c
    found = select(*_LIGHT).where(columns.pair == pair, columns.month == month)
    rows = await connection.execute(found.order_by(columns.begins_at, columns.id))
    return [_light(row) for row in rows.mappings()]


async def find_adjustments(
    connection: AsyncConnection,
    *,
    into_month: str | None = None,
    of_month: str | None = None,
    pair: str | None = None,
    activity: str | None = None,
) -> list[Adjustment]:
    """补计 and 冲减 in the order they were made; at least one of the four narrows. Raises ValueError for none."""
    asked = {"into_month": into_month, "of_month": of_month, "pair": pair, "activity": activity}
    narrow = [adjustments.c[name] == value for name, value in asked.items() if value is not None]
    if not narrow:
        raise ValueError("adjustments of what?")
    found = select(adjustments).where(*narrow).order_by(adjustments.c.at, adjustments.c.id)
    rows = (await connection.execute(found)).mappings()
    return [msgspec.convert({**fields(row), "subjects": unpack(row["subjects"])}, Adjustment) for row in rows]


def pack(words: Iterable[str]) -> str:
    """Words as a column keeps them: apart by blanks, with one at either end where there is any."""
    joined = " ".join(words)
    return f" {joined} " if joined else ""


def unpack(column: str) -> tuple[str, ...]:
    """The words in a column."""
    return tuple(column.split())


def overlap_of(parts: Iterable[Shared], pairs: frozenset[str] | None = None) -> dict[Kind, Overlap]:
    """What `distinct` figures of these pairs (None: of all) take away from their sum, by form.

    A lesson period shared by n pairs is one: n−1 are taken away, and its teaching side's people but once.
    """
    groups: dict[tuple[Kind, str, int], list[int]] = {}
    for part in parts:
        if pairs is None or part.pair in pairs:
            groups.setdefault((part.kind, part.lesson, part.period), []).append(part.host_participants)
    found: dict[Kind, Overlap] = {}
    for (kind, _, _), hosts in groups.items():
        before = found.get(kind, Overlap(0, 0))
        found[kind] = Overlap(before.count + len(hosts) - 1, before.participants + sum(hosts) - max(hosts))
    return found


class Activities:
    """The ledger's rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, activity: str) -> ActivityRow | None:
        """One activity."""
        async with self._database.read() as connection:
            return next(iter(await rows_by_id(connection, [activity])), None)

    async def many(self, ids: Sequence[str]) -> list[ActivityRow]:
        """Those of `ids` that are there, by id."""
        async with self._database.read() as connection:
            return await rows_by_id(connection, ids)

    async def of_lessons(self, lessons: Sequence[str]) -> list[ActivityRow]:
        """The activities of several lessons, lesson by lesson."""
        columns = activities.c
        found = select(activities).where(columns.lesson.in_(list(lessons)))
        async with self._database.read() as connection:
            rows = await connection.execute(found.order_by(columns.lesson, columns.period, columns.pair))
            return [_row(row) for row in rows.mappings()]

    async def of_pair_month(self, pair: str, month: str) -> list[LightActivity]:
        """A pair's activities of a work month, in order of time, without their evidence."""
        async with self._database.read() as connection:
            return await light_of_pair_month(connection, pair, month)

    async def of_month(self, month: str) -> list[LightActivity]:
        """Every pair's activities of a work month, in order of time, without their evidence."""
        return await self._lights(activities.c.month == month)

    async def around(self, pair: str, start: datetime, end: datetime, months: Sequence[str]) -> list[ActivityRow]:
        """A pair's activities of `months` whose time has a moment in common with [start, end)."""
        columns = activities.c
        found = select(activities).where(
            columns.pair == pair, columns.month.in_(list(months)), columns.begins_at < end, columns.ends_at > start
        )
        async with self._database.read() as connection:
            rows = await connection.execute(found.order_by(columns.begins_at, columns.id))
            return [_row(row) for row in rows.mappings()]

    async def page(
        self, wanted: Filter, *, after: tuple[datetime, str] | None = None, limit: int = 50
    ) -> list[ActivityRow]:
        """Activities in order of time; `after`: begin and id of the last one before these.

        Raises ValueError unless the filter names a month, a lesson, or two instants.
        """
        columns = activities.c
        if wanted.month is None and wanted.lesson is None and (wanted.start is None or wanted.end is None):
            raise ValueError("a list of activities is of a month, a lesson, or a span of time")
        found = select(activities).where(*_conditions(wanted))
        if after is not None:
            at, name = after
            found = found.where(or_(columns.begins_at > at, and_(columns.begins_at == at, columns.id > name)))
        async with self._database.read() as connection:
            rows = await connection.execute(found.order_by(columns.begins_at, columns.id).limit(limit))
            return [_row(row) for row in rows.mappings()]

    async def tallies(self, month: str) -> list[Tally]:
        """The sums of every pair that has any activity in the work month."""
        found = select(tallies).where(tallies.c.month == month).order_by(tallies.c.kind, tallies.c.pair)
        async with self._database.read() as connection:
            rows = (await connection.execute(found)).all()
        return [
            Tally(
                month=month,
                kind=Kind(kind),
                pair=pair,
                count=count,
                participants=participants,
                pending=pending,
                subjects=unpack(subjects),
            )
            for month, kind, pair, count, participants, pending, subjects in rows
        ]

    async def shared(self, month: str) -> list[Shared]:
        """What counts for several pairs at once in a work month."""
        columns = activities.c
        names = tuple(columns[name] for name in Shared.__struct_fields__)
        found = select(*names).where(columns.month == month, _IS_SHARED, columns.state == "counted")
        async with self._database.read() as connection:
            rows = await connection.execute(found.order_by(columns.lesson, columns.period, columns.pair))
            return [msgspec.convert(fields(row), Shared) for row in rows.mappings()]

    async def marked(self, month: str) -> list[LightActivity]:
        """What bears a mark (异常提示) in a work month, in order of time."""
        return await self._lights(activities.c.month == month, _IS_MARKED)

    async def adjustments(
        self,
        *,
        into_month: str | None = None,
        of_month: str | None = None,
        pair: str | None = None,
        activity: str | None = None,
    ) -> list[Adjustment]:
        """As `find_adjustments`, in a transaction of its own."""
        async with self._database.read() as connection:
            return await find_adjustments(
                connection, into_month=into_month, of_month=of_month, pair=pair, activity=activity
            )

    async def adjusted(self, ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Activity → (count, participants) that its 补计 and 冲减 add up to, of those that have any."""
        columns = adjustments.c
        sums = (columns.activity, func.sum(columns.count), func.sum(columns.participants))
        found = select(*sums).where(columns.activity.in_(list(ids))).group_by(columns.activity)
        async with self._database.read() as connection:
            return {row[0]: (int(row[1]), int(row[2])) for row in await connection.execute(found)}

    async def _lights(self, *conditions: ColumnElement[bool] | TextClause) -> list[LightActivity]:
        found = select(*_LIGHT).where(*conditions).order_by(activities.c.begins_at, activities.c.id)
        async with self._database.read() as connection:
            return [_light(row) for row in (await connection.execute(found)).mappings()]


def _conditions(wanted: Filter) -> list[ColumnElement[bool] | TextClause]:
    columns = activities.c
    found: list[ColumnElement[bool] | TextClause] = []
    for column, value in (("month", wanted.month), ("lesson", wanted.lesson)):
        if value is not None:
            found.append(columns[column] == value)
    if wanted.state is not None:
        found.append(_IS_PENDING if wanted.state == "pending" else columns.state == wanted.state)
    if wanted.kind is not None:
        found.append(columns.kind == wanted.kind.value)
    if wanted.pairs is not None:
        found.append(columns.pair.in_(wanted.pairs))
    if wanted.mark is not None:
        found += [_IS_MARKED, columns.marks.contains(f" {wanted.mark} ", autoescape=True)]
    if wanted.start is not None:
        found.append(columns.begins_at >= wanted.start)
    if wanted.end is not None:
        found.append(columns.begins_at < wanted.end)
    return found


async def _retally(connection: AsyncConnection, touched: Iterable[tuple[str, str]]) -> None:
    """Add the (pair, month)s up anew: a pair's month is a few dozen rows."""
    columns = activities.c
    is_counted = columns.state == "counted"
    sums = (
        columns.kind,
        columns.subjects,
        func.sum(case((is_counted, 1), else_=0)),
        func.sum(case((is_counted, columns.participants), else_=0)),
        func.sum(case((columns.state == "pending", 1), else_=0)),
    )
    for pair, month in sorted(touched):
        found = select(*sums).where(columns.pair == pair, columns.month == month)
        parts = (await connection.execute(found.group_by(columns.kind, columns.subjects))).all()
        of_kind: dict[str, Tally] = {}
        for kind, subjects, count, participants, pending in parts:
            empty = Tally(month=month, kind=Kind(kind), pair=pair, count=0, participants=0, pending=0, subjects=())
            tally = of_kind.get(kind, empty)
            more = unpack(subjects) if count else ()
            of_kind[kind] = msgspec.structs.replace(
                tally,
                count=tally.count + int(count),
                participants=tally.participants + int(participants),
                pending=tally.pending + int(pending),
                subjects=tuple(dict.fromkeys((*tally.subjects, *more))),
            )
        await connection.execute(delete(tallies).where(tallies.c.pair == pair, tallies.c.month == month))
        rows = [
            {**msgspec.structs.asdict(tally), "kind": tally.kind.value, "subjects": pack(tally.subjects)}
            for tally in of_kind.values()
        ]
        if rows:
            await connection.execute(insert(tallies), rows)


def _stored(row: ActivityRow) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(row),
        "kind": row.kind.value,
        "subjects": pack(row.subjects),
        "flags": pack(row.flags),
        "marks": pack(row.marks),
        "detail": msgspec.json.encode(row.detail).decode(),
    }


def _unpacked(row: RowMapping) -> dict[str, Any]:
    return {**fields(row), **{name: unpack(row[name]) for name in ("subjects", "flags", "marks")}}


def _light(row: RowMapping) -> LightActivity:
    return msgspec.convert(_unpacked(row), LightActivity)


def _row(row: RowMapping) -> ActivityRow:
    return msgspec.convert({**_unpacked(row), "detail": msgspec.json.decode(row["detail"])}, ActivityRow)
