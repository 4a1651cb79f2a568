"""`/links`: standing links for teachers and classrooms, made and taken back by the command line."""

from aiohttp import web

from signaling.api.body import answer, read_body
from signaling.context import CLOCK, PUBLIC_URL, STORE, grant_of
from signaling.links import LinkRequest, list_links, make_link
from signaling.problem import Problem
from signaling.revocation import sever

ROUTES = web.RouteTableDef()


@ROUTES.post("/api/v1/links")
async def mint(request: web.Request) -> web.Response:
    """A standing link; its token is shown this once."""
    await grant_of(request, "mint_link")
    body = await read_body(request, LinkRequest)
    app = request.app
    return answer(await make_link(app[STORE], body, app[CLOCK].at(), app[PUBLIC_URL][0]), 201)


@ROUTES.get("/api/v1/links")
async def standing(request: web.Request) -> web.Response:
    """Every standing link with its names, without its token."""
    await grant_of(request, "mint_link")
    return answer({"links": await list_links(request.app[STORE])})


@ROUTES.delete("/api/v1/links/{link}")
async def revoke(request: web.Request) -> web.Response:
    """The link, and with a teacher's the links of their lessons, opens nothing from now on; what is open ends."""
    await grant_of(request, "mint_link")
    gone = await request.app[STORE].links.revoke(request.match_info["link"], request.app[CLOCK].at())
    if not gone:
        raise Problem("not_found")
    await sever(request.app, gone)
    return web.Response(status=204)
