"""Standing links: the teacher's key to a school's lessons, and a classroom's standing page."""

from datetime import datetime
from typing import Literal

import msgspec

from classroom.store.audit import Actor
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.messages import Name
from signaling.scheduling import RURAL_ROOM


class LinkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`school` is found or made by name. `classroom` is for a classroom's link, `name` says whose a teacher's is."""

    role: Literal["teacher", "classroom"]
    school: Name
    classroom: Name | None = None
    name: Name | None = None


class MadeLink(msgspec.Struct, frozen=True, kw_only=True):
    """The only copy of the token, and the id to take it back by."""

    id: str
    role: str
    school: str
    classroom: str | None
    page: str
    token: str


class StandingLink(msgspec.Struct, frozen=True, kw_only=True):
    """A standing link in a list: ids with their names, never the token. `name` says whose a teacher's link is."""

    id: str
    role: str
    school: str | None
    school_name: str | None
    classroom: str | None
    classroom_name: str | None
    name: str | None
    created_at: datetime
    revoked_at: datetime | None


async def list_links(store: Store) -> list[StandingLink]:
    """Every standing link, the oldest first."""
    book = await store.registry.book()
    return [
        StandingLink(
            id=link.id,
            role=link.role,
            school=link.school,
            school_name=book.schools[link.school].name if link.school else None,
            classroom=link.classroom,
            classroom_name=book.classrooms[link.classroom].name if link.classroom else None,
            name=link.name,
            created_at=link.created_at,
            revoked_at=link.revoked_at,
        )
        for link in await store.links.standing()
    ]


async def make_link(store: Store, request: LinkRequest, at: datetime, base_url: str, actor: Actor) -> MadeLink:
    """Mint a standing link; it holds until it is revoked."""
    school = await store.registry.school(request.school, by=By(actor, at))
    classroom = None
    if request.role == "classroom":
        classroom = await store.registry.classroom(school.id, request.classroom or RURAL_ROOM, by=By(actor, at))
    token, link = await store.links.mint(
        request.role,
        at,
        school=school.id,
        classroom=classroom.id if classroom else None,
        name=request.name,
        actor=actor,
    )
    page = f"{base_url}/teach#{token}" if classroom is None else f"{base_url}/room/{token}"
    return MadeLink(
        id=link.id,
        role=request.role,
        school=school.name,
        classroom=classroom.name if classroom else None,
        page=page,
        token=token,
    )
