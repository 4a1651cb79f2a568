"""`/checks`: 课前检测. Its media are `/whip/check/{ticket}` and `/whep/check/{ticket}`, open to who has the ticket."""

from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web

from classroom.ledger.months import SHANGHAI
from classroom.registry.check import Finding, Limits, Measured, judge, limits_of
from classroom.registry.facts import Link
from classroom.store.checks import KeptCheck
from classroom.store.registry import By
from signaling.addresses import subscriber
from signaling.api.door import Call, Doors, Nothing, Page, PageQuery
from signaling.api.paging import read_cursor, write_cursor
from signaling.api.registry import Id
from signaling.auth import Grant, authenticate, bearer
from signaling.context import CHECKING, CLOCK, REVOKED, SECRET, SETTINGS, STORE
from signaling.messages import IceServer
from signaling.problem import Problem
from signaling.registry import Reach
from signaling.tries import Tries
from signaling.turn import ice_servers

DOORS = Doors("checks")
TRIES = web.AppKey("check_tries", Tries)
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class BegunCheck(msgspec.Struct, frozen=True, kw_only=True):
    """`ticket` opens the media for 40 s and takes the figures for three minutes. `keeps`: they will be kept.

    `classroom`, `school`: whose link it is; null without one.
    """

    ticket: str
    ice_servers: list[IceServer]
    keeps: bool
    school: str | None
    classroom: str | None


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """`findings` in the order of the table; `passed`: a lesson can be held; `half_duplex`: one side at a time.

    `kept`: it stands beside the school's equipment verdict now.
    """

    standard: str
    limits: Limits
    findings: list[Finding]
    passed: bool
    half_duplex: bool
    kept: bool
    at: datetime


class CheckQuery(PageQuery, frozen=True, kw_only=True):
    school: Id | None = None


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """`classroom` null: a teacher's own PC. `standard`: the version that it was judged by."""

    id: str
    at: datetime
    school: str
    school_name: str
    classroom: str | None
    classroom_name: str | None
    standard: int
    passed: bool
    measured: Measured
    findings: list[Finding]


@DOORS.door(
    "POST",
    "/api/v1/checks",
    may=None,
    answers=BegunCheck,
    status=201,
    refuses=("token_missing", "token_invalid", "token_expired", "too_many_tries", "too_many_checks"),
)
async def begin(call: Call[Nothing, Nothing]) -> BegunCheck:
    """Begin a check. With a teacher's or a classroom's link as bearer its result is kept; without, nothing is."""
    app, link = call.app, await _link_of(call)
    who = f"link {link.id}" if link is not None else f"address {subscriber(call.request.remote or '')}"
    run = app[CHECKING].begin(link)
    # Whoever only waits for his turn has not tried.
    if not app[TRIES].allow(who, app[CLOCK].now()):
        app[CHECKING].end(run)
        raise Problem("too_many_tries")
    book = await app[STORE].registry.book()
    servers = ice_servers(app[SETTINGS], link.id if link else "check", app[CLOCK].at())
    return BegunCheck(
        ticket=run.ticket,
        # A relay of one's own choosing is for those who have a link.
        ice_servers=[server for server in servers if link is not None or server.credential is None],
        keeps=link is not None and link.school is not None,
        school=book.schools[link.school].name if link is not None and link.school is not None else None,
        classroom=book.classrooms[link.classroom].name if link is not None and link.classroom is not None else None,
    )


@DOORS.door(
    "PUT",
    "/api/v1/checks/{ticket}",
    may=None,
    body=Measured,
    answers=CheckResult,
    refuses=("check_over", "token_invalid"),
)
async def finish(call: Call[Nothing, Measured]) -> CheckResult:
    """The figures of a check, judged against the standard in force; its media end. It can be done once."""
    app = call.app
    run = app[CHECKING].find(call.path["ticket"])
    app[CHECKING].end(run)
    if run.link is not None and run.link.id in app[REVOKED]:
        raise Problem("token_invalid")
    store, at = app[STORE], app[CLOCK].at()
    version, standard = await store.standards.current()
    judged = judge(call.body, standard, is_classroom=run.link is not None and run.link.classroom is not None)
    kept = None
    if run.link is not None and run.link.school is not None:
        kept = await store.checks.keep(
            school=run.link.school,
            classroom=run.link.classroom,
            standard=version,
            measured=call.body,
            judged=judged,
            by=By(Grant(run.link.role, run.link).actor, at),
        )
    return CheckResult(
        standard=standard.title,
        limits=limits_of(standard),
        findings=list(judged.findings),
        passed=judged.passed,
        half_duplex=judged.half_duplex,
        kept=kept is not None,
        at=at.astimezone(SHANGHAI),
    )


@DOORS.door("DELETE", "/api/v1/checks/{ticket}", may=None, refuses=("check_over",))
async def drop(call: Call[Nothing, Nothing]) -> None:
    """A check that is not finished ends, its media too."""
    checking = call.app[CHECKING]
    checking.end(checking.find(call.path["ticket"]))


@DOORS.door(
    "GET",
    "/api/v1/checks",
    may="read_registry",
    query=CheckQuery,
    answers=Page[CheckLine],
    refuses=("school_unknown",),
)
async def listing(call: Call[CheckQuery, Nothing]) -> Page[CheckLine]:
    """What rooms and teachers measured, the latest first; a school's officer sees their own."""
    store, asked = call.app[STORE], call.query
    book = await store.registry.book()
    reach = Reach(book, call.grant.school)
    if asked.school is not None:
        reach.school_of(asked.school)
    found = await store.checks.page(
        school=asked.school or reach.school,
        after=read_cursor(asked.after, tuple[Instant, str]) if asked.after else None,
        limit=asked.limit + 1,
    )
    page = found[: asked.limit]

    def line(kept: KeptCheck) -> CheckLine:
        return CheckLine(
            id=kept.id,
            at=kept.at.astimezone(SHANGHAI),
            school=kept.school,
            school_name=book.schools[kept.school].name,
            classroom=kept.classroom,
            classroom_name=None if kept.classroom is None else book.classrooms[kept.classroom].name,
            standard=kept.standard,
            passed=kept.passed,
            measured=kept.measured,
            findings=list(kept.findings),
        )

    more = write_cursor(page[-1].at.isoformat(), page[-1].id) if len(found) > len(page) else None
    return Page([line(kept) for kept in page], more)


async def _link_of(call: Call[Nothing, Nothing]) -> Link | None:
    """The teacher's or classroom's link that the caller shows; anybody else's changes nothing. Raises Problem."""
    app, authorization = call.app, call.request.headers.get("Authorization", "")
    if not authorization:
        return None
    grant = await authenticate(app[STORE], app[SECRET], bearer(authorization), app[CLOCK].at())
    return grant.link if grant.role in ("teacher", "classroom") else None
