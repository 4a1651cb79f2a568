"""`/api/v1`: one file per noun. Bodies are JSON, refusals problem+json."""

from typing import Final

from aiohttp import web

from signaling.api import accounts, activities, codes, lessons, links, me, months, pairs, room, sessions, setup
from signaling.api.door import Doors
from signaling.tries import Tries

# Every noun of the API; the OpenAPI document and the walk of the access table read the same rows.
DOORS: Final[tuple[Doors, ...]] = (
    me.DOORS,
    sessions.DOORS,
    setup.DOORS,
    accounts.DOORS,
    room.DOORS,
    lessons.DOORS,
    codes.DOORS,
    links.DOORS,
    activities.DOORS,
    months.DOORS,
    pairs.DOORS,
)


def add_api(app: web.Application) -> None:
    """Register every route of the API."""
    app[codes.TRIES] = Tries()
    for doors in DOORS:
        doors.add_to(app)
