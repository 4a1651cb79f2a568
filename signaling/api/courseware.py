"""`/courseware`: what a school's teachers have uploaded to show (课件), and its pages."""

from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from classroom.ledger.months import SHANGHAI
from classroom.lesson.events import Instant
from classroom.store.courseware import Courseware, TooMuchCourseware
from signaling.api.door import Call, Doors, Nothing, Upload
from signaling.context import SHELF, STORE
from signaling.courseware.shelf import MAX_UPLOAD_BYTES
from signaling.imports import FileName
from signaling.problem import Problem

DOORS = Doors("courseware")
WEBP: Final = "image/webp"
KEPT_S: Final = 30 * 86_400
"""A page never changes; a browser may keep it for as long as the same slides are taught."""


class CoursewareQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what people see; what the file is, its bytes say."""

    name: FileName


class SizeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`small` is for lists."""

    size: Literal["large", "small"] = "large"


class CoursewareProblem(msgspec.Struct, frozen=True):
    """Why there are no pages."""

    code: str
    title: str
    title_en: str


class CoursewareLine(msgspec.Struct, frozen=True, kw_only=True):
    """A courseware. `done` of `pages` are made; before they are counted both are 0. Instants in +08:00."""

    id: str
    name: str
    state: Literal["preparing", "ready", "failed"]
    pages: int
    done: int
    bytes: int
    uploaded_at: Instant
    problem: CoursewareProblem | None


class CoursewareLines(msgspec.Struct, frozen=True):
    """The newest first."""

    courseware: list[CoursewareLine]


@DOORS.door(
    "POST",
    "/api/v1/courseware",
    may="keep_courseware",
    query=CoursewareQuery,
    upload=Upload(MAX_UPLOAD_BYTES),
    answers=CoursewareLine,
    status=201,
    refuses=("courseware_kind_unknown", "file_empty", "disk_full", "too_much_courseware", "too_large", "too_slow"),
)
async def upload(call: Call[CoursewareQuery, Nothing]) -> CoursewareLine:
    """Keep a PDF or a picture (JPEG, PNG, WebP) of at most 80 MB; its pages are being made when this is answered."""
    school = _school(call)
    by = call.by
    try:
        made = await call.app[SHELF].take(call.chunks(), school=school, name=call.query.name, by=by)
    except TooMuchCourseware:
        raise Problem("too_much_courseware") from None
    return _line(call, made)


@DOORS.door("GET", "/api/v1/courseware", may="keep_courseware", answers=CoursewareLines)
async def listing(call: Call[Nothing, Nothing]) -> CoursewareLines:
    """What the school has."""
    found = await call.app[STORE].courseware.of_school(_school(call))
    return CoursewareLines([_line(call, one) for one in found])


@DOORS.door(
    "GET", "/api/v1/courseware/{courseware}", may="keep_courseware", answers=CoursewareLine, refuses=("not_found",)
)
async def read(call: Call[Nothing, Nothing]) -> CoursewareLine:
    """One of them, and how far its pages are."""
    return _line(call, await own_courseware(call, call.path["courseware"]))


@DOORS.door("DELETE", "/api/v1/courseware/{courseware}", may="keep_courseware", refuses=("not_found",))
async def remove(call: Call[Nothing, Nothing]) -> None:
    """Take it off the list. It is deleted at once, or with the recording of the last lesson that it was shown in."""
    found = await own_courseware(call, call.path["courseware"])
    if await call.app[STORE].courseware.withdraw(found.id, call.by):
        await call.app[SHELF].drop(found.id)


@DOORS.door(
    "GET",
    "/api/v1/courseware/{courseware}/pages/{number}",
    may="keep_courseware",
    query=SizeQuery,
    media=(WEBP,),
    refuses=("not_found",),
)
async def page(call: Call[SizeQuery, Nothing]) -> web.StreamResponse:
    """The picture of a page, from 1."""
    found = await own_courseware(call, call.path["courseware"])
    return picture(call, found.id, small=call.query.size == "small")


def picture(call: Call[Any, Any], courseware: str, *, small: bool) -> web.StreamResponse:
    """The page `number` of the path. Raises Problem(not_found)."""
    number = call.path["number"]
    if not (number.isascii() and number.isdigit() and len(number) <= 3):
        raise Problem("not_found")
    path = call.app[SHELF].picture(courseware, int(number), small=small)
    if not path.is_file():
        raise Problem("not_found")
    headers = {"Content-Type": WEBP, "Cache-Control": f"private, max-age={KEPT_S}, immutable"}
    return web.FileResponse(path, headers=headers)


async def own_courseware(call: Call[Any, Any], courseware: str) -> Courseware:
    """One that is on the list of the caller's school. Raises Problem: not_found, forbidden."""
    found = await call.app[STORE].courseware.get(courseware)
    if found is None or found.school != _school(call) or found.withdrawn_at is not None:
        raise Problem("not_found")
    return found


def _school(call: Call[Any, Any]) -> str:
    if call.grant.school is None:
        raise Problem("forbidden")
    return call.grant.school


def _line(call: Call[Any, Any], one: Courseware) -> CoursewareLine:
    done, of = (one.pages, one.pages) if one.state == "ready" else call.app[SHELF].done(one.id)
    problem = None
    if one.failure is not None:
        refusal = Problem(f"courseware_{one.failure}")
        problem = CoursewareProblem(one.failure, refusal.zh, refusal.en)
    return CoursewareLine(
        id=one.id,
        name=one.name,
        state=one.state,
        pages=of,
        done=done,
        bytes=one.bytes,
        uploaded_at=one.uploaded_at.astimezone(SHANGHAI),
        problem=problem,
    )
