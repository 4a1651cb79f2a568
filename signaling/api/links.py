"""`/links`: standing links for teachers and classrooms, made and taken back by who runs the server."""

import msgspec

from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, PUBLIC_URL, STORE
from signaling.links import LinkRequest, MadeLink, StandingLink, list_links, make_link
from signaling.problem import Problem
from signaling.revocation import sever

DOORS = Doors("links")


class StandingLinks(msgspec.Struct, frozen=True):
    """Every standing link, without its token."""

    links: list[StandingLink]


@DOORS.door("POST", "/api/v1/links", may="mint_link", body=LinkRequest, answers=MadeLink, status=201)
async def mint(call: Call[Nothing, LinkRequest]) -> MadeLink:
    """A standing link for a teacher or a classroom; its token is shown this once."""
    app = call.app
    return await make_link(app[STORE], call.body, app[CLOCK].at(), app[PUBLIC_URL][0], call.grant.actor)


@DOORS.door("GET", "/api/v1/links", may="mint_link", answers=StandingLinks)
async def standing(call: Call[Nothing, Nothing]) -> StandingLinks:
    """Every standing link with the names of its school and room, without its token."""
    return StandingLinks(await list_links(call.app[STORE]))


@DOORS.door("DELETE", "/api/v1/links/{link}", may="mint_link")
async def revoke(call: Call[Nothing, Nothing]) -> None:
    """The link, and with a teacher's the links of their lessons, opens nothing from now on; what is open ends."""
    gone = await call.app[STORE].links.revoke(call.path["link"], call.app[CLOCK].at(), call.grant.actor)
    if not gone:
        raise Problem("not_found")
    await sever(call.app, gone)
