"""`GET /me`: what the caller's token opens."""

import msgspec
from aiohttp import web

from signaling.api.body import answer
from signaling.context import STORE, grant_of

ROUTES = web.RouteTableDef()


class Named(msgspec.Struct, frozen=True):
    """A school or classroom."""

    id: str
    name: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """A link, in names. `lesson` is null for a standing link."""

    role: str
    school: Named | None
    classroom: Named | None
    lesson: str | None
    seat: str | None


@ROUTES.get("/api/v1/me")
async def me(request: web.Request) -> web.Response:
    """Who the bearer is."""
    link = (await grant_of(request, "read_self")).link
    assert link is not None, "only links may read themselves"
    book = await request.app[STORE].registry.book()
    school = book.schools.get(link.school or "")
    classroom = book.classrooms.get(link.classroom or "")
    return answer(
        Me(
            role=link.role,
            school=Named(school.id, school.name) if school else None,
            classroom=Named(classroom.id, classroom.name) if classroom else None,
            lesson=link.lesson,
            seat=link.seat,
        )
    )
