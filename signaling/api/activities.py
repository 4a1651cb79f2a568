"""`/activities`: what every number on the forms is made of, and what people say of it."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from classroom.ledger.activity import Mark
from classroom.ledger.errors import LedgerError
from classroom.ledger.kinds import Kind
from classroom.ledger.marks import waiting_before
from classroom.ledger.months import midnight
from classroom.lesson.events import Instant
from classroom.store.activities import ActivityState, Filter
from classroom.store.store import Store
from signaling.activity_detail import detail_of, words_of
from signaling.activity_views import ActivityDetail, ActivityLine, Proposal, WordView
from signaling.api.door import Call, Doors, Nothing
from signaling.api.paging import Page, PageQuery, read_cursor, write_cursor
from signaling.auth import Grant
from signaling.context import CLOCK, NEW_ID, RECORDER, RECORDS, STORE
from signaling.evidence import Id, Reason
from signaling.hand import HandRequest, enter
from signaling.problem import Problem
from signaling.records import UnknownMonth
from signaling.words import WordRequest, decide, reachable, say

DOORS = Doors("activities")
_DECIDED = ("not_found", "word_decided")
_CHANGES = (
    "not_found",
    "stale",
    "word_needless",
    "rooms_needed",
    "second_person_needed",
    "evidence_needed",
    "change_missing",
    "change_changes_nothing",
    "room_unknown",
    "entry_invalid",
    "file_unknown",
)
MAX_SPAN = timedelta(days=400)

Month = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])\Z")]
ActivityId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9.]{1,64}\Z")]


class ActivitiesQuery(PageQuery, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """A work month, a lesson, or local dates `from` and `to` (both included) must be given; the rest narrows."""

    month: Month | None = None
    pair: Id | None = None
    school: Id | None = None
    kind: Kind | None = None
    state: ActivityState | None = None
    mark: Mark | None = None
    lesson: Id | None = None
    first: date | None = None
    last: date | None = None


@DOORS.door("GET", "/api/v1/activities", may="read_ledger", query=ActivitiesQuery, answers=Page[ActivityLine])
async def listing(call: Call[ActivitiesQuery, Nothing]) -> Page[ActivityLine]:
    """活动 of any state in order of time, each with the reason why it counts or does not."""
    asked, app = call.query, call.app
    wanted = await _filter(app[STORE], call.grant, asked, app[CLOCK].at())
    after = None if asked.after is None else read_cursor(asked.after, tuple[Instant, str])
    rows = await app[STORE].activities.page(wanted, after=after, limit=asked.limit)
    is_full = len(rows) == asked.limit
    return Page(
        await app[RECORDS].lines(rows, app[CLOCK].at()),
        write_cursor(rows[-1].begins_at.isoformat(), rows[-1].id) if is_full else None,
    )


@DOORS.door(
    "POST",
    "/api/v1/activities",
    may="propose",
    body=HandRequest,
    answers=ActivityDetail,
    status=201,
    refuses=("not_found", "duplicate", "entry_invalid", "evidence_needed", "file_unknown", "month_locked"),
)
async def hand_entry(call: Call[Nothing, HandRequest]) -> ActivityDetail:
    """手工录入; refused as 疑似重复 where any activity of the class overlaps it."""
    app = call.app
    at = app[CLOCK].at()
    row = await enter(app[STORE], app[RECORDS], call.grant, call.body, at, app[NEW_ID]())
    return await detail_of(app[STORE], app[RECORDS], app[RECORDER].library, row, at)


class RebuildBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A work month."""

    month: Month


class Rebuilt(msgspec.Struct, frozen=True):
    """How many lessons were judged again."""

    month: str
    lessons: int


@DOORS.door(
    "POST",
    "/api/v1/activities/rebuild",
    may="keep_policy",
    body=RebuildBody,
    answers=Rebuilt,
    refuses=("month_unknown",),
)
async def rebuild(call: Call[Nothing, RebuildBody]) -> Rebuilt:
    """Judge the lessons of a month again from the journal; what has been reported stays as it is."""
    app, month = call.app, call.body.month
    try:
        return Rebuilt(month, await app[RECORDS].rebuild(month, app[CLOCK].at()))
    except UnknownMonth:
        raise LedgerError("month_unknown") from None


@DOORS.door("GET", "/api/v1/activities/{activity}", may="read_ledger", answers=ActivityDetail, refuses=("not_found",))
async def detail(call: Call[Nothing, Nothing]) -> ActivityDetail:
    """One activity with rooms, connection intervals, headcounts, words, 补计 and 冲减."""
    app = call.app
    row = await reachable(app[STORE], call.grant, _activity(call.path["activity"]))
    return await detail_of(app[STORE], app[RECORDS], app[RECORDER].library, row, app[CLOCK].at())


@DOORS.door(
    "POST",
    "/api/v1/activities/{activity}/words",
    may="propose",
    body=WordRequest,
    answers=WordView,
    status=201,
    refuses=_CHANGES,
)
async def word(call: Call[Nothing, WordRequest]) -> WordView:
    """确认, 驳回 or 更正; in a month that has been filed, a school's word waits for the bureau."""
    app = call.app
    name = _activity(call.path["activity"])
    said = await say(app[STORE], app[RECORDS], call.grant, name, call.body, app[CLOCK].at(), app[NEW_ID]())
    [view] = await words_of(app[STORE], [said])
    return view


class WordsQuery(PageQuery, frozen=True, kw_only=True):
    """Only proposals are listed; what was said of an activity stands with it."""

    state: Literal["proposed"] = "proposed"


class DecisionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason


@DOORS.door("GET", "/api/v1/words", may="read_ledger", query=WordsQuery, answers=Page[Proposal])
async def proposals(call: Call[WordsQuery, Nothing]) -> Page[Proposal]:
    """What schools have proposed for months that are filed, the oldest first."""
    asked, store = call.query, call.app[STORE]
    after = None if asked.after is None else read_cursor(asked.after, tuple[Instant, str])
    pairs = await _pairs(store, call.grant.school)
    rows = await store.words.proposed(pairs=pairs, after=after, limit=asked.limit)
    is_full = len(rows) == asked.limit
    cursor = write_cursor(rows[-1].at.isoformat(), rows[-1].id) if is_full else None
    activities = await store.activities.many([one.activity for one in rows])
    about = {line.id: line for line in await call.app[RECORDS].lines(activities, call.app[CLOCK].at())}
    return Page(
        [
            Proposal(**msgspec.structs.asdict(word), about=about.get(word.activity))
            for word in await words_of(store, rows)
        ],
        cursor,
    )


@DOORS.door(
    "POST", "/api/v1/words/{word}/approve", may="approve", body=DecisionBody, answers=WordView, refuses=_DECIDED
)
async def approve(call: Call[Nothing, DecisionBody]) -> WordView:
    """The proposal holds from now on: 补计 or 冲减 in the pair's open month."""
    return await _decided(call, "applied")


@DOORS.door("POST", "/api/v1/words/{word}/refuse", may="approve", body=DecisionBody, answers=WordView, refuses=_DECIDED)
async def refuse(call: Call[Nothing, DecisionBody]) -> WordView:
    """The proposal is kept, and changes nothing."""
    return await _decided(call, "refused")


async def _decided(call: Call[Nothing, DecisionBody], state: Literal["applied", "refused"]) -> WordView:
    app = call.app
    name = call.path["word"]
    said = await decide(app[STORE], app[RECORDS], call.grant, name, state, call.body.reason, app[CLOCK].at())
    [view] = await words_of(app[STORE], [said])
    return view


def _activity(name: str) -> str:
    """The id in a path. Raises Problem(not_found) for what cannot be one."""
    try:
        return msgspec.convert(name, ActivityId)
    except msgspec.ValidationError:
        raise Problem("not_found") from None


async def _filter(store: Store, grant: Grant, asked: ActivitiesQuery, now: datetime) -> Filter:
    if asked.month is None and asked.lesson is None and (asked.first is None or asked.last is None):
        raise Problem("bad_request", "month, lesson, or from and to are needed")
    if asked.first is not None and asked.last is not None and asked.last - asked.first > MAX_SPAN:
        raise Problem("bad_request", "from and to lie more than 400 days apart")
    pairs = await _pairs(store, grant.school, asked.school)
    if asked.pair is not None:
        pairs = (asked.pair,) if pairs is None or asked.pair in pairs else ()
    end = None if asked.last is None else midnight(asked.last + timedelta(days=1))
    state, mark = asked.state, None if asked.mark is None else asked.mark.value
    if asked.mark is Mark.WAITING:
        # It comes with time, so it is not kept with the activity.
        _, policy = await store.policies.current()
        since = waiting_before(now, await store.months.workdays(), policy.pending_days)
        state, mark, end = "pending", None, since if end is None else min(since, end)
    return Filter(
        month=asked.month,
        pairs=pairs,
        kind=asked.kind,
        state=state,
        mark=mark,
        lesson=asked.lesson,
        start=None if asked.first is None else midnight(asked.first),
        end=end,
    )


async def _pairs(store: Store, *schools: str | None) -> tuple[str, ...] | None:
    """The pairs that all of the schools (None: no bound) take part in; None: every pair."""
    bounds = {school for school in schools if school is not None}
    if not bounds:
        return None
    book = await store.registry.book()
    return tuple(pair.id for pair in book.pairs.values() if bounds <= {pair.supporter, pair.recipient})
