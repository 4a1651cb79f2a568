"""`GET /room`: what a classroom's standing page waits for."""

from datetime import datetime

import msgspec
from aiohttp import web

from classroom.ledger.months import SHANGHAI
from classroom.registry.book import Book
from classroom.store.lessons import ListedLesson
from signaling.api.body import answer
from signaling.context import CLOCK, STORE, grant_of
from signaling.problem import Problem

ROUTES = web.RouteTableDef()


class NextLesson(msgspec.Struct, frozen=True, kw_only=True):
    """The lesson that is on, or the next one."""

    lesson: str
    state: str
    subject: str
    start: datetime
    end: datetime | None
    supporter: str


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom's standing place. `next` is null while nothing is planned."""

    classroom: str
    school: str
    seat: str
    next: NextLesson | None
    now: datetime


@ROUTES.get("/api/v1/room")
async def room(request: web.Request) -> web.Response:
    """The classroom of the bearer's standing link."""
    link = (await grant_of(request, "read_room")).link
    assert link is not None, "the command line has no classroom"
    store = request.app[STORE]
    book = await store.registry.book()
    here = book.classrooms.get(link.classroom or "")
    if here is None:
        raise Problem("forbidden")
    found = await store.lessons.next_of(here.id)
    return answer(
        Room(
            classroom=here.name,
            school=book.schools[here.school].name,
            seat=here.id,
            next=None if found is None else _next(found, book),
            now=request.app[CLOCK].at().astimezone(SHANGHAI),
        )
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
