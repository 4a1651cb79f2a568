"""`/lessons/{lesson}/exports`: one MP4 of a lesson — asked for, watched as it is made, cancelled, downloaded."""

import time
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from aiohttp import web

from classroom.ledger.months import SHANGHAI
from classroom.store.exports import Export, State, TooManyExports
from classroom.store.ids import new_token
from classroom.store.lessons import ListedLesson
from recorder.export.plan import Layout, Wish
from signaling.api.body import download_headers
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, DOWNLOADING, EXPORTER, PUBLIC_URL, STORE, TICKETS
from signaling.cookies import browser_of
from signaling.film_texts import texts_of
from signaling.flowing import Flowing
from signaling.holders import may_still
from signaling.problem import PROBLEMS, Problem
from signaling.scope import seat_in
from signaling.shown import require_shown
from signaling.tickets import Ticket

DOORS = Doors("exports")
_PUPILS: Final = {False: "不含学生", True: "含学生"}
_LAYOUTS: Final[dict[str, str]] = {"teacher": "教师", "slides": "教师和课件", "classrooms": "全部教室"}
# Why there is no file → the code whose sentences say so.
_FAILURES: Final = {
    "nothing_recorded": "export_nothing_recorded",
    "disk_full": "export_disk_full",
    "failed": "export_failed",
}


class ExportWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`teacher`: the teacher alone; `slides`: what is shown large and the teacher small; `classrooms`: these and every
    classroom. Without `pupils` there is neither picture nor sound of a classroom in it, whatever the layout."""

    layout: Layout = "slides"
    pupils: bool = False


class ExportProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no file."""

    code: str
    title: str
    title_en: str


class ExportLine(msgspec.Struct, frozen=True, kw_only=True):
    """An export. `done`: 0 to 1; `left_s`: the estimate of what remains, null before there is one; `seconds`: how long
    it plays; `problem`: for a failed one."""

    id: str
    lesson: str
    layout: str
    pupils: bool
    state: State
    done: float
    left_s: float | None
    asked_at: datetime
    bytes: int | None
    sha256: str | None
    seconds: float | None
    problem: ExportProblem | None


class ExportLines(msgspec.Struct, frozen=True):
    """Those of a lesson, the oldest first."""

    exports: list[ExportLine]


class DownloadTicket(msgspec.Struct, frozen=True, kw_only=True):
    """The path to save the file from, for whoever has it, within `good_for_s`."""

    path: str
    good_for_s: int


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/exports",
    may="export_recording",
    answers=ExportLines,
    refuses=(
        "lesson_unknown",
        "recording_erased",
        "recording_sealed",
    ),
)
async def listing(call: Call[Nothing, Nothing]) -> ExportLines:
    """The MP4s of a lesson: ready, being made, or failed."""
    lesson = await _reached(call)
    return ExportLines([_line(call, one) for one in await call.app[STORE].exports.of_lesson(lesson.id)])


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/exports",
    may="export_recording",
    body=ExportWish,
    answers=ExportLine,
    status=202,
    refuses=(
        "lesson_unknown",
        "recording_erased",
        "recording_sealed",
        "lesson_not_over",
        "export_nothing_recorded",
        "too_many_exports",
    ),
)
async def ask(call: Call[Nothing, ExportWish]) -> ExportLine:
    """Have an MP4 made in the background. The same wish again answers with the one there is."""
    lesson, wish = await _reached(call), Wish(call.body.layout, call.body.pupils)
    if lesson.state != "ended":
        raise Problem("lesson_not_over")
    if not lesson.recorded:
        raise Problem("export_nothing_recorded")
    try:
        return _line(call, await call.app[EXPORTER].ask(lesson.id, wish, call.grant.actor))
    except TooManyExports:
        raise Problem("too_many_exports") from None


@DOORS.door(
    "DELETE",
    "/api/v1/lessons/{lesson}/exports/{export}",
    may="export_recording",
    refuses=("lesson_unknown", "recording_erased", "recording_sealed", "not_found"),
)
async def drop(call: Call[Nothing, Nothing]) -> None:
    """Cancel it, or delete its file. The recording stays."""
    export = await _export(call)
    await call.app[EXPORTER].drop(export.id, call.grant.actor)


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/exports/{export}/ticket",
    may="export_recording",
    answers=DownloadTicket,
    status=201,
    refuses=("lesson_unknown", "recording_erased", "recording_sealed", "not_found", "export_not_ready"),
)
async def ticket(call: Call[Nothing, Nothing]) -> DownloadTicket:
    """An address to save the file from, good for five minutes. The download stands in the audit log as the caller's."""
    export = await _export(call)
    if export.state != "ready":
        raise Problem("export_not_ready")
    name, now = new_token(), time.monotonic()
    session = browser_of(call.request, call.app[PUBLIC_URL][0]).session if call.grant.account else None
    given = call.app[TICKETS].give(name, call.grant, session, export.id, now)
    return DownloadTicket(path=f"/api/v1/downloads/{name}", good_for_s=int(given.until - now))


@DOORS.door(
    "GET",
    "/api/v1/downloads/{ticket}",
    may=None,
    media=("video/mp4",),
    refuses=("ticket_spent", "file_lost", "recording_erased", "recording_sealed"),
)
async def download(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """The file that a ticket is for; parts of it where a browser goes on with a download."""
    app, given = call.app, await _ticket(call)
    export = await app[STORE].exports.get(given.export)
    if export is None or export.state != "ready":
        raise Problem("ticket_spent")
    path = app[EXPORTER].path(export.id)
    await require_shown(app[STORE], export.lesson, given.grant)
    lesson = await app[STORE].lessons.get(export.lesson)
    if lesson is None or not path.is_file():
        raise Problem("file_lost")
    await _note_once(call, given, export)
    headers = {**download_headers(_name(lesson, export)), "Content-Type": "video/mp4"}
    return Flowing(path, partial(_is_still_good, call, given, export.id), headers)


async def _ticket(call: Call[Any, Any]) -> Ticket:
    """The ticket of the path. Raises Problem(ticket_spent), also for one whose holder may no longer have the file."""
    app, name = call.app, call.path["ticket"]
    given = app[TICKETS].find(name, time.monotonic())
    if given is None:
        raise Problem("ticket_spent")
    if not await may_still(app, given.grant, given.session, "export_recording"):
        app[TICKETS].end(name)
        raise Problem("ticket_spent")
    return given


async def _is_still_good(call: Call[Any, Any], given: Ticket, export: str) -> bool:
    """Whether a download that flows may go on: its holder is in order, and the recording neither erased nor sealed."""
    app = call.app
    if not await may_still(app, given.grant, given.session, "export_recording"):
        return False
    found = await app[STORE].exports.get(export)
    if found is None:
        return False
    try:
        await require_shown(app[STORE], found.lesson, given.grant)
    except Problem:
        return False
    return True


async def _note_once(call: Call[Any, Any], given: Ticket, export: Export) -> None:
    """One row for a ticket, before its first byte, whichever parts of the file are asked for."""
    app, subject = call.app, f"lesson:{export.lesson}"
    said = {"export": export.id, "layout": export.layout, "pupils": export.pupils, "sha256": export.sha256}
    # A program that saves by several connections opens them at once.
    async with app[DOWNLOADING]:
        if not given.used:
            await app[STORE].audit.note(given.grant.actor, "recording.downloaded", subject, app[CLOCK].at(), said)
            given.used = True


async def _reached(call: Call[Any, Any]) -> ListedLesson:
    """The lesson of the path, for its teacher, an officer of the teacher's school, and the bureau.

    A classroom's school takes part, but the recording is the other's. Raises Problem: lesson_unknown, recording_erased,
    recording_sealed.
    """
    store, grant, id = call.app[STORE], call.grant, call.path["lesson"]
    await seat_in(store, grant, id)
    lesson = await store.lessons.get(id)
    if lesson is None or (grant.school is not None and lesson.supporter != grant.school):
        raise Problem("lesson_unknown")
    await require_shown(store, id, grant)
    return lesson


async def _export(call: Call[Any, Any]) -> Export:
    """Raises Problem: lesson_unknown, not_found."""
    lesson = await _reached(call)
    export = await call.app[STORE].exports.get(call.path["export"])
    if export is None or export.lesson != lesson.id:
        raise Problem("not_found")
    return export


def _line(call: Call[Any, Any], export: Export) -> ExportLine:
    running = call.app[EXPORTER].running(export.id)
    left_s = running.left_s(time.monotonic()) if running else None
    return ExportLine(
        id=export.id,
        lesson=export.lesson,
        layout=export.layout,
        pupils=export.pupils,
        state=export.state,
        done=1.0 if export.state == "ready" else running.done if running else 0.0,
        left_s=None if left_s is None else round(left_s, 1),
        asked_at=export.asked_at.astimezone(SHANGHAI),
        bytes=export.bytes,
        sha256=export.sha256,
        seconds=export.seconds,
        problem=_problem(export),
    )


def _problem(export: Export) -> ExportProblem | None:
    if export.state != "failed":
        return None
    code = _FAILURES.get(export.failure or "", "export_failed")
    _, title, title_en = PROBLEMS[code]
    return ExportProblem(code=code, title=title, title_en=title_en)


def _name(lesson: ListedLesson, export: Export) -> str:
    texts = texts_of(lesson)
    what = f"{_LAYOUTS.get(export.layout, export.layout)}_{_PUPILS[export.pupils]}"
    return f"{texts.time[:10]}_{texts.school}_{texts.lesson}_{what}.mp4".replace("/", "-").replace(" ", "_")
