"""`GET /room`: what a classroom's standing page waits for."""

from datetime import datetime

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.registry.book import Book
from classroom.store.lessons import ListedLesson
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, STORE
from signaling.problem import Problem

DOORS = Doors("room")


class NextLesson(msgspec.Struct, frozen=True, kw_only=True):
    """The lesson that is on, or the next one."""

    lesson: str
    state: str
    subject: str
    start: datetime
    end: datetime | None
    supporter: str


class RoomCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The last 课前检测 of the room."""

    at: datetime
    passed: bool


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom's standing place. `next` is null while nothing is planned, `checked` before the first check."""

    classroom: str
    school: str
    seat: str
    next: NextLesson | None
    checked: RoomCheck | None
    now: datetime


@DOORS.door("GET", "/api/v1/room", may="read_room", answers=Room)
async def room(call: Call[Nothing, Nothing]) -> Room:
    """What the classroom of a standing link waits for."""
    link = call.grant.link
    assert link is not None, "only links have a classroom"
    store = call.app[STORE]
    book = await store.registry.book()
    here = book.classrooms.get(link.classroom or "")
    if here is None:
        raise Problem("forbidden")
    found = await store.lessons.next_of(here.id)
    checked = await store.checks.latest(here.id)
    return Room(
        classroom=here.name,
        school=book.schools[here.school].name,
        seat=here.id,
        next=None if found is None else _next(found, book),
        checked=RoomCheck(at=checked.at.astimezone(SHANGHAI), passed=checked.passed) if checked else None,
        now=call.app[CLOCK].at().astimezone(SHANGHAI),
    )


def _next(found: ListedLesson, book: Book) -> NextLesson:
    return NextLesson(
        lesson=found.id,
        state=found.state,
        subject=found.subject,
        start=found.start_at.astimezone(SHANGHAI),
        end=found.end_at and found.end_at.astimezone(SHANGHAI),
        supporter=book.schools[found.supporter].name,
    )
