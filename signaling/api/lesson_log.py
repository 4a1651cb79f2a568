"""`/lesson-log`: the session logs — what was held, who was connected, when — for the bureau's own systems."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final

import msgspec

from classroom.ledger.intervals import from_ms, union
from classroom.ledger.months import SHANGHAI, local_date, midnight
from classroom.ledger.presence import FLOWS, SeatFlows, flow_intervals
from classroom.ledger.rules import CountingRules
from classroom.lesson.events import Instant
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from signaling.api.door import Call, Doors, Nothing, Page, PageQuery
from signaling.api.paging import read_cursor, write_cursor
from signaling.context import CLOCK, RECORDS, STORE
from signaling.problem import Problem

DOORS = Doors("lesson-log")
LATELY: Final = timedelta(days=30)
MAX_SPAN: Final = timedelta(days=400)


class LogQuery(PageQuery, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """Local dates, both included; without `from` the last thirty days. `school`: by id, whichever side it is on."""

    first: date | None = None
    last: date | None = None
    school: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{12}\Z")] | None = None


class LoggedRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A seat of a lesson. `connected`: from and to, while any sound or picture went to it or came from it."""

    seat: str
    role: str
    school: str
    classroom: str
    class_name: str
    connected: list[tuple[datetime, datetime]]


class LoggedLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson as the log has it. `head`: the last hash of its journal's chain; `end_reason`: why it ended."""

    lesson: str
    state: str
    subject: str
    start: datetime
    end: datetime | None
    opened_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    cancelled: bool
    is_test: bool
    recorded: bool
    head: str
    rooms: list[LoggedRoom]


@DOORS.door("GET", "/api/v1/lesson-log", may="read_log", query=LogQuery, answers=Page[LoggedLesson])
async def listing(call: Call[LogQuery, Nothing]) -> Page[LoggedLesson]:
    """Lessons in order of time, with the connections of every room to the second."""
    asked, store = call.query, call.app[STORE]
    last = asked.last or local_date(call.app[CLOCK].at())
    first = asked.first or last - LATELY
    if not timedelta(0) <= last - first <= MAX_SPAN:
        raise Problem("bad_request", "`from` to `to` may be 400 days")
    if call.grant.school is not None and asked.school not in (None, call.grant.school):
        raise Problem("not_found")
    found = await store.lessons.page(
        midnight(first),
        midnight(last) + timedelta(days=1),
        school=call.grant.school or asked.school,
        after=None if asked.after is None else read_cursor(asked.after, tuple[Instant, str]),
        limit=asked.limit,
    )
    rules = await call.app[RECORDS].rules()
    items = [await _logged(store, lesson, rules) for lesson in found]
    is_more = len(found) == asked.limit
    return Page(items, write_cursor(found[-1].start_at.isoformat(), found[-1].id) if is_more else None)


async def _logged(store: Store, lesson: ListedLesson, rules: CountingRules) -> LoggedLesson:
    flows = flow_intervals(await store.journal.heartbeats(lesson.id), rules)
    return LoggedLesson(
        lesson=lesson.id,
        state=lesson.state,
        subject=lesson.subject,
        start=lesson.start_at.astimezone(SHANGHAI),
        end=_local(lesson.end_at),
        opened_at=_local(lesson.opened_at),
        started_at=_local(lesson.started_at),
        ended_at=_local(lesson.ended_at),
        end_reason=lesson.end_reason,
        cancelled=lesson.cancelled,
        is_test=lesson.is_test,
        recorded=lesson.recorded,
        head=lesson.head,
        rooms=[
            LoggedRoom(
                seat=seat.seat,
                role=seat.role,
                school=seat.school,
                classroom=seat.classroom,
                class_name=seat.class_name,
                connected=_connected(flows.get(seat.seat, SeatFlows())),
            )
            for seat in lesson.seats
        ],
    )


def _connected(flows: SeatFlows) -> list[tuple[datetime, datetime]]:
    pieces = union(*(getattr(flows, flow) for flow in FLOWS))
    return [
        (from_ms(piece.start_ms).astimezone(SHANGHAI), from_ms(piece.end_ms).astimezone(SHANGHAI)) for piece in pieces
    ]


def _local(at: datetime | None) -> datetime | None:
    return at and at.astimezone(SHANGHAI)
