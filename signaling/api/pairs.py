"""`/pairs`: which schools are paired, for the command line."""

from aiohttp import web

from signaling.api.body import answer, read_body
from signaling.context import CLOCK, STORE, grant_of
from signaling.pairs import PairRequest, activate_pair, list_pairs

ROUTES = web.RouteTableDef()


@ROUTES.get("/api/v1/pairs")
async def listing(request: web.Request) -> web.Response:
    """Every pair with its status today."""
    await grant_of(request, "keep_pairs")
    return answer({"pairs": await list_pairs(request.app[STORE], request.app[CLOCK].at())})


@ROUTES.post("/api/v1/pairs")
async def activate(request: web.Request) -> web.Response:
    """The pair is active from today on, made where there is none."""
    await grant_of(request, "keep_pairs")
    body = await read_body(request, PairRequest)
    return answer(await activate_pair(request.app[STORE], body, request.app[CLOCK].at()))
