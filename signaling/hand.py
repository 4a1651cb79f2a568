"""手工录入: an officer writes down an activity that no log stands behind, with its evidence."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Final

import msgspec

from classroom.ledger.activity import TrainingKind
from classroom.ledger.errors import LedgerError
from classroom.ledger.hand import HandEntry, judge_hand, suspects
from classroom.ledger.kinds import Kind
from classroom.ledger.months import FIRST_DAY, SHANGHAI, midnight
from classroom.ledger.words import Standing
from classroom.lesson.seats import MAX_STUDENTS
from classroom.registry.book import Book
from classroom.registry.facts import Pair
from classroom.store import audit, hand
from classroom.store.activities import ActivityRow
from classroom.store.store import Store
from signaling.auth import Grant
from signaling.evidence import Address, Files, Id, Reason, Subjects, Title
from signaling.messages import Name
from signaling.problem import Problem
from signaling.records import Records, activity_of
from signaling.words import boxes, require_files

MAX_LENGTH: Final = timedelta(hours=4)
_DAY: Final = timedelta(days=1)

Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]


class HandRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The class teaches (同步) or watched (专递, 名师); 研修 has none. `teachers` of 研修 are those of both schools."""

    kind: Kind
    pair: Id
    date: date
    start: Clock
    end: Clock
    class_id: Id | None = None
    class_name: Name | None = None
    subjects: Subjects = []
    students: Annotated[int, msgspec.Meta(ge=0, le=MAX_STUDENTS)] = 0
    teachers: Annotated[int, msgspec.Meta(ge=0, le=500)] = 0
    title: Title = ""
    training_kind: TrainingKind | None = None
    files: Files = []
    link: Address | None = None
    reason: Reason


async def enter(
    store: Store, records: Records, grant: Grant, request: HandRequest, at: datetime, entry_id: str
) -> ActivityRow:
    """The activity as kept.

    Raises Problem: not_found (a pair out of reach or none), duplicate (with the `activity` it resembles); LedgerError:
    entry_invalid, evidence_needed, month_locked.
    """
    book = await store.registry.book()
    pair = book.pairs.get(request.pair)
    if pair is None or grant.school not in (None, pair.supporter, pair.recipient):
        raise Problem("not_found")
    await require_files(store, grant, request.files)
    entry = _entry(request, book, pair, grant, at, entry_id)
    return await records.in_turn(partial(_keep, store, records, grant, entry, book, at))


async def _keep(
    store: Store, records: Records, grant: Grant, entry: HandEntry, book: Book, at: datetime
) -> ActivityRow:
    day = midnight(entry.begins_at.astimezone(SHANGHAI).date())
    near = [activity_of(row) for row in await records.around(entry.pair, day, day + _DAY)]
    if found := suspects(entry, near, {one.id: one.name for one in book.classes.values()}):
        refusal = Problem.of_ledger(LedgerError("duplicate"))
        raise Problem("duplicate", entry=(refusal.status, refusal.zh, refusal.en), more={"activity": found[0].id})
    judged = judge_hand(entry, book.pairs[entry.pair], Standing(), await records.rules())
    rows = await records.rows([judged], [])
    async with store.database.write() as connection:
        await store.returns.hold(connection)
        is_frozen = await store.returns.is_frozen(entry.pair, rows[0].month, connection)
        if is_frozen and entry.kind is not Kind.SYNC and not grant.may("approve"):
            raise LedgerError("month_locked", "漏报的活动请由教育局补录，计为补计")
        await hand.add(connection, entry, grant.actor)
        kept = await records.keep(connection, rows, [], at)
        detail = {"kind": entry.kind.value, "pair": entry.pair, "reason": entry.reason}
        await audit.note(connection, grant.actor, "activity.entered", f"activity:{entry.activity}", at, detail)
    return kept[0]


def _entry(request: HandRequest, book: Book, pair: Pair, grant: Grant, at: datetime, entry_id: str) -> HandEntry:
    begins_at, ends_at = (_instant(request.date, clock) for clock in (request.start, request.end))
    _require_time(begins_at, ends_at, at)
    if pair.recipient is None:
        raise LedgerError("entry_invalid", "这对结对尚未确定受援学校")
    class_id, class_name = _class(request, book, pair)
    _require_content(request, class_name)
    return HandEntry(
        id=entry_id,
        kind=request.kind,
        pair=pair.id,
        begins_at=begins_at,
        ends_at=ends_at,
        class_name=class_name,
        class_id=class_id,
        subjects=boxes(request.subjects),
        students=request.students,
        teachers=request.teachers,
        title=request.title.strip(),
        training=request.training_kind,
        reason=request.reason.strip(),
        by=f"{grant.actor.kind}:{grant.actor.id}",
        at=at,
        files=tuple(request.files),
        link=request.link,
    )


def _instant(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), SHANGHAI)


def _require_time(begins_at: datetime, ends_at: datetime, at: datetime) -> None:
    if begins_at.date() < FIRST_DAY:
        raise LedgerError("entry_invalid", "日期早于 2019 年 4 月 1 日")
    if ends_at > at:
        raise LedgerError("entry_invalid", "活动还没有结束，请结束后再录入")
    if not timedelta() < ends_at - begins_at <= MAX_LENGTH:
        raise LedgerError("entry_invalid", "结束时间应晚于开始时间，且不超过 4 小时")


def _class(request: HandRequest, book: Book, pair: Pair) -> tuple[str | None, str]:
    """The class by id, or by a name that the school may have."""
    if request.kind is Kind.TRAINING:
        if request.class_id or request.class_name:
            raise LedgerError("entry_invalid", "教师网络研修不填班级")
        return None, ""
    schools = {pair.supporter, pair.recipient} if request.kind is Kind.SYNC else {pair.recipient}
    if request.class_id is not None:
        known = book.classes.get(request.class_id)
        if known is None or known.school not in schools:
            raise LedgerError("entry_invalid", "这两所学校没有这个班级")
        return known.id, known.name
    if request.class_name is None:
        raise LedgerError("entry_invalid", "请填写班级")
    host = pair.supporter if request.kind is Kind.SYNC else pair.recipient
    named = (one for one in book.classes.values() if one.school == host and one.name == request.class_name)
    found = next(named, None)
    return (found.id if found else None), request.class_name


def _require_content(request: HandRequest, class_name: str) -> None:
    kind = request.kind
    if kind is Kind.TRAINING:
        if request.training_kind is None:
            raise LedgerError("entry_invalid", "请选择研修类型：集体备课、教学诊断或主题研修")
        if request.teachers < 2:
            raise LedgerError("entry_invalid", "教师网络研修至少要有两校各一名教师参加")
        if request.students:
            raise LedgerError("entry_invalid", "教师网络研修不计学生")
    elif not request.subjects:
        raise LedgerError("entry_invalid", "请选择学科")
    elif request.students + request.teachers == 0:
        raise LedgerError("entry_invalid", "参与人数为零")
    if kind is not Kind.SYNC and not request.title.strip():
        raise LedgerError("entry_invalid", "请填写课程资源或研修主题的名称")
    if kind is not Kind.SYNC and not (request.files or request.link):
        raise LedgerError("evidence_needed")
