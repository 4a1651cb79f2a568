"""`/api/v1`: one file per noun. Bodies are JSON, refusals problem+json."""

import functools
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web

from signaling.api import (
    accounts,
    activities,
    assistants,
    attendance,
    audit,
    calendar,
    chat,
    checks,
    codes,
    consents,
    courses,
    courseware,
    description,
    exports,
    files,
    healing,
    homework,
    imports,
    items,
    keeping,
    lesson_log,
    lessons,
    links,
    live,
    me,
    months,
    overview,
    pages,
    pairs,
    plans,
    policy,
    programs,
    quizzes,
    recordings,
    registry,
    resources,
    returns,
    reviews,
    room,
    sessions,
    setup,
    timetable,
    uploads,
    viewings,
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
    timetable.DOORS,
    attendance.DOORS,
    plans.DOORS,
    pages.DOORS,
    courseware.DOORS,
    exports.DOORS,
    assistants.DOORS,
    codes.DOORS,
    checks.DOORS,
    recordings.DOORS,
    reviews.DOORS,
    quizzes.DOORS,
    healing.DOORS,
    homework.DOORS,
    chat.DOORS,
    keeping.DOORS,
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
    consents.DOORS,
    imports.DOORS,
    files.DOORS,
    uploads.DOORS,
    resources.DOORS,
    courses.DOORS,
    viewings.DOORS,
    programs.DOORS,
    webhooks.DOORS,
    lesson_log.DOORS,
    description.DOORS,
)


_DESCRIBED: Final[Callable[[], bytes]] = functools.cache(lambda: msgspec.json.encode(document(all_doors(DOORS))))


def add_api(app: web.Application) -> None:
    """Register every route of the API."""
    app[codes.TRIES] = Tries()
    app[checks.TRIES] = Tries()
    app[attendance.ADDED] = Tries(attendance.MAX_ADDED, attendance.ADDED_WITHIN_S)
    app[description.DESCRIPTION] = _DESCRIBED
    for doors in DOORS:
        doors.add_to(app)
