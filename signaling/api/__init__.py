"""`/api/v1`: one file per noun. Bodies are JSON, refusals problem+json."""

from typing import Final

import msgspec
from aiohttp import web

from signaling.api import (
    accounts,
    activities,
    audit,
    calendar,
    codes,
    description,
    files,
    imports,
    items,
    lesson_log,
    lessons,
    links,
    live,
    me,
    months,
    overview,
    pairs,
    policy,
    programs,
    registry,
    returns,
    room,
    sessions,
    setup,
    webhooks,
)
from signaling.api.door import Doors
from signaling.openapi import all_doors, document
from signaling.tries import Tries

# Every noun of the API; the OpenAPI document and the walk of the access table read the same rows.
DOORS: Final[tuple[Doors, ...]] = (
    me.DOORS,
    sessions.DOORS,
    setup.DOORS,
    accounts.DOORS,
    audit.DOORS,
    room.DOORS,
    lessons.DOORS,
    codes.DOORS,
    links.DOORS,
    live.DOORS,
    activities.DOORS,
    months.DOORS,
    overview.DOORS,
    returns.DOORS,
    policy.DOORS,
    calendar.DOORS,
    pairs.DOORS,
    registry.DOORS,
    items.DOORS,
    imports.DOORS,
    files.DOORS,
    programs.DOORS,
    webhooks.DOORS,
    lesson_log.DOORS,
    description.DOORS,
)


def add_api(app: web.Application) -> None:
    """Register every route of the API."""
    app[codes.TRIES] = Tries()
    app[description.DESCRIPTION] = msgspec.json.encode(document(all_doors(DOORS)))
    for doors in DOORS:
        doors.add_to(app)
