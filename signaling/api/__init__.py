"""`/api/v1`: one file per noun. Bodies are JSON, refusals problem+json."""

from aiohttp import web

from signaling.api import codes, lessons, links, me, months, pairs, room
from signaling.tries import Tries


def add_api(app: web.Application) -> None:
    """Register every route of the API."""
    app[codes.TRIES] = Tries()
    for noun in (me, room, lessons, codes, months, links, pairs):
        app.add_routes(noun.ROUTES)
