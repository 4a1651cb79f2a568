"""`/lessons/{lesson}/homework`: giving tasks, handing works in, marking them. Works are private, and views logged."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final, Literal

import msgspec
from aiohttp import web

from classroom.ledger.months import SHANGHAI
from classroom.lesson import homework
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, Instant
from classroom.lesson.lesson import Lesson, require_own_or_teacher, seat_of
from classroom.store.homework import Mark, Stamp, Stroke, Task, TooManyWorks, Work
from classroom.store.ids import new_id
from signaling.api.body import download_headers
from signaling.api.door import Call, Doors, Nothing, Upload
from signaling.commands import Command
from signaling.context import CLOCK, CONTENTS, LESSONS, SETTINGS, STORE, WORKS
from signaling.files import DOCX, JPEG, PDF, PNG, XLSX
from signaling.imports import FileName
from signaling.messages import SeatId
from signaling.problem import Problem
from signaling.scope import seat_in, speaker
from signaling.works import MAX_PICTURE_BYTES

DOORS = Doors("homework")
MAX_SHEET_BYTES: Final = 20 * 2**20
MAX_DUE: Final = timedelta(days=60)
MAX_STROKES: Final = 200
MAX_POINTS: Final = 1000
"""Numbers of one line: 500 places."""
MAX_NUMBERS: Final = 40_000
"""Of all lines of one teacher on one work."""
_PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MEDIA: Final = (PDF, JPEG, PNG, DOCX, XLSX)


class TaskBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`due_at` null: to be done in class. `file`: of `POST …/homework/files`."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"\S")]
    due_at: Instant | None = None
    file: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{12}\Z")] | None = None


class SheetQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what people see; what the file is, its bytes say."""

    name: FileName


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a task."""

    id: str
    name: str
    media: str


class HandInQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`label`: a number or a nickname that the teacher has chosen, or nothing. `seat`: for the teacher, whose it is."""

    label: Annotated[str, msgspec.Meta(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    seat: SeatId | None = None


class SizeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`small` is for lists."""

    size: Literal["large", "small"] = "large"


class StrokeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line: x and y in turn, in ten thousandths of the picture's width and height."""

    points: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0, le=10_000)], ...], msgspec.Meta(min_length=2, max_length=MAX_POINTS)
    ]


class MarkBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the caller has written on the work, in place of what they had. `stamp`: 优, 良, 再改."""

    strokes: Annotated[tuple[StrokeBody, ...], msgspec.Meta(max_length=MAX_STROKES)] = ()
    comment: Annotated[str, msgspec.Meta(max_length=200)] = ""
    stamp: Stamp | None = None


class MarkView(msgspec.Struct, frozen=True, kw_only=True):
    """What one teacher wrote. `side`: `host`, or `rural` for the class's own co-teacher."""

    side: Literal["host", "rural"]
    is_own: bool
    strokes: list[Stroke]
    comment: str
    stamp: Stamp | None


class WorkView(msgspec.Struct, frozen=True, kw_only=True):
    """A photographed page. `number` counts within the class; `held_by`: the side that marks it just now."""

    id: str
    homework: str
    seat: str
    number: int
    label: str
    width: int
    height: int
    handed_in_at: datetime
    held_by: Literal["host", "rural"] | None
    marks: list[MarkView]


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task with the works that the caller may see: the teacher all, a class its own and what the teacher shows."""

    id: str
    text: str
    due_at: datetime | None
    given_at: datetime
    file: Sheet | None
    works: list[WorkView]


class TaskList(msgspec.Struct, frozen=True):
    """In the order in which they were given."""

    homework: list[TaskView]


@DOORS.door("GET", "/api/v1/lessons/{lesson}/homework", may="take_part", answers=TaskList, refuses=("lesson_unknown",))
async def listing(call: Call[Nothing, Nothing]) -> TaskList:
    """The lesson's homework, until it is erased. A look at the list stands in the log, once in ten minutes."""
    store, lesson = call.app[STORE], call.path["lesson"]
    own, by = await _caller(call)
    now = await call.app[LESSONS].now(lesson)
    tasks = await store.homework.of_lesson(lesson)
    shown = {desk.work for desk in now.desks.values()}
    found = {task.id: await store.homework.works(task.id) for task in tasks}
    seen = {
        task: [work for work in works if own == HOST_SEAT or work.seat == own or work.id in shown]
        for task, works in found.items()
    }
    marks = await store.homework.marks([work.id for works in seen.values() for work in works])
    if any(seen.values()) and call.app[WORKS].is_new_look(call.grant.actor.id, lesson, call.app[CLOCK].now()):
        await _note(call, "works.listed", {"works": sum(len(works) for works in seen.values())})
    sheets = {file.id: file for file in await store.files.many([task.file for task in tasks if task.file])}
    return TaskList(
        [
            TaskView(
                id=task.id,
                text=task.text,
                due_at=task.due_at and task.due_at.astimezone(SHANGHAI),
                given_at=task.given_at.astimezone(SHANGHAI),
                file=None
                if task.file is None or task.file not in sheets
                else Sheet(id=task.file, name=sheets[task.file].name, media=sheets[task.file].media),
                works=[_work(work, marks.get(work.id, []), by, call.app[CLOCK].at()) for work in seen[task.id]],
            )
            for task in tasks
        ]
    )


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/homework/files",
    may="teach",
    query=SheetQuery,
    upload=Upload(MAX_SHEET_BYTES),
    answers=Sheet,
    status=201,
    refuses=("lesson_unknown", "file_kind_unknown", "file_damaged", "file_empty", "disk_full", "too_large", "too_slow"),
)
async def add_sheet(call: Call[SheetQuery, Nothing]) -> Sheet:
    """Keep a file that is to go with a task: pdf, jpg, png, docx or xlsx of at most 20 MB."""
    await _caller(call)
    content = await call.app[CONTENTS].keep(call.chunks())
    file = await call.app[STORE].files.add(
        sha256=content.sha256,
        size=content.size,
        media=content.media,
        name=call.query.name,
        school=call.grant.school,
        by=call.by,
    )
    return Sheet(id=file.id, name=file.name, media=file.media)


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/homework/{homework}/file",
    may="take_part",
    media=_MEDIA,
    refuses=("lesson_unknown", "homework_unknown", "not_found"),
)
async def sheet(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """The file that goes with a task."""
    await _caller(call)
    task = await _task(call)
    file = None if task.file is None else await call.app[STORE].files.get(task.file)
    if file is None:
        raise Problem("not_found")
    path = call.app[CONTENTS].path(file.sha256)
    if not path.is_file():
        raise Problem("file_lost")
    await _note(call, "file.read", {"file": file.id})
    return web.FileResponse(path, headers={**download_headers(file.name), "Content-Type": file.media})


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/homework",
    may="teach",
    body=TaskBody,
    answers=TaskView,
    status=201,
    refuses=("lesson_unknown", "lesson_not_open", "lesson_ended", "too_many_homeworks", "file_unknown", "bad_due"),
)
async def give(call: Call[Nothing, TaskBody]) -> TaskView:
    """布置作业: on every screen at once; the classes' links hold until it is due and some days more."""
    app, lesson, body = call.app, call.path["lesson"], call.body
    await _caller(call)
    now, at = await app[LESSONS].now(lesson), app[CLOCK].at()
    # Refused before anything is kept.
    homework.give(now, at, by=HOST_SEAT, homework="")
    due_at = None if body.due_at is None else body.due_at.astimezone(UTC)
    if due_at is not None and not at < due_at <= at + MAX_DUE:
        raise Problem("bad_due")
    file = None if body.file is None else await app[STORE].files.get(body.file)
    if body.file is not None and (file is None or file.school != call.grant.school):
        raise Problem("file_unknown")
    task = await app[STORE].homework.give(
        lesson=lesson, text=body.text.strip(), file=body.file, due_at=due_at, by=call.by
    )
    if due_at is not None:
        await app[STORE].homework.keep_links(lesson, due_at + timedelta(days=app[SETTINGS].homework_link_days))
    await app[LESSONS].command(lesson, partial(homework.give, by=HOST_SEAT, homework=task.id), call.grant.actor)
    return TaskView(
        id=task.id,
        text=task.text,
        due_at=body.due_at,
        given_at=at.astimezone(SHANGHAI),
        file=None if file is None else Sheet(id=file.id, name=file.name, media=file.media),
        works=[],
    )


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/homework/{homework}/works",
    may="take_part",
    query=HandInQuery,
    upload=Upload(MAX_PICTURE_BYTES),
    answers=WorkView,
    status=201,
    refuses=(
        "lesson_unknown",
        "homework_unknown",
        "homework_over",
        "seat_unknown",
        "forbidden",
        "too_many_works",
        "bad_picture",
        "file_empty",
        "disk_full",
        "busy",
        "too_large",
        "too_slow",
    ),
)
async def hand_in(call: Call[HandInQuery, Nothing]) -> WorkView:
    """交作业: a photograph (JPEG or PNG of at most 8 MB). It is written anew, without where and when it was taken."""
    app, lesson = call.app, call.path["lesson"]
    own, by = await _caller(call)
    task, now = await _task(call), await app[LESSONS].now(lesson)
    seat = call.query.seat or own
    seat_of(now, seat)
    require_own_or_teacher(by, seat)
    _require_time(task, now, app[CLOCK].at(), app[SETTINGS].homework_link_days)
    work = new_id()
    picture = await app[WORKS].take(call.chunks(), lesson, work)
    try:
        made = await app[STORE].homework.hand_in(
            id=work,
            task=task.id,
            seat=seat,
            label=call.query.label.strip(),
            width=picture.width,
            height=picture.height,
            size=picture.bytes,
            by=call.by,
        )
    except TooManyWorks:
        await app[WORKS].drop(lesson, work)
        raise LessonError("too_many_works") from None
    await _tell(call, partial(homework.hand_in, by=by, homework=task.id, work=work, seat=seat))
    return _work(made, [], by, app[CLOCK].at())


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/works/{work}",
    may="take_part",
    query=SizeQuery,
    media=(JPEG,),
    refuses=("lesson_unknown", "work_unknown", "file_lost"),
)
async def picture(call: Call[SizeQuery, Nothing]) -> web.StreamResponse:
    """The picture. Each look at a large one stands in the log; the small ones are part of the list."""
    work, _ = await _seen(call)
    small = call.query.size == "small"
    path = call.app[WORKS].path(call.path["lesson"], work.id, small=small)
    if not path.is_file():
        raise Problem("file_lost")
    if not small:
        await _note(call, "work.viewed", {"work": work.id})
    return web.FileResponse(path, headers={**_PRIVATE, "Content-Type": JPEG})


@DOORS.door(
    "PUT",
    "/api/v1/lessons/{lesson}/works/{work}/marks",
    may="take_part",
    body=MarkBody,
    answers=WorkView,
    refuses=("lesson_unknown", "work_unknown", "forbidden", "too_much_ink"),
)
async def mark(call: Call[Nothing, MarkBody]) -> WorkView:
    """批改: by the teacher, and by the class's own co-teacher, each on a layer of their own."""
    work, by = await _seen(call)
    require_own_or_teacher(by, work.seat)
    if sum(len(stroke.points) for stroke in call.body.strokes) > MAX_NUMBERS:
        raise Problem("too_much_ink")
    # A place has two numbers.
    strokes = [Stroke(points=one.points[: len(one.points) // 2 * 2]) for one in call.body.strokes]
    store, body = call.app[STORE], call.body
    await store.homework.mark(
        call.path["lesson"], work.id, by, strokes=strokes, comment=body.comment.strip(), stamp=body.stamp, by=call.by
    )
    await _tell(call, partial(homework.mark, by=by, homework=work.homework, work=work.id))
    return await _again(call, work.id, by)


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/works/{work}/hold",
    may="take_part",
    answers=WorkView,
    refuses=("lesson_unknown", "work_unknown", "forbidden"),
)
async def hold(call: Call[Nothing, Nothing]) -> WorkView:
    """I mark it just now: the other teacher sees so for two minutes."""
    work, by = await _seen(call)
    require_own_or_teacher(by, work.seat)
    await call.app[STORE].homework.hold(work.id, by, call.app[CLOCK].at())
    return await _again(call, work.id, by)


@DOORS.door(
    "DELETE",
    "/api/v1/lessons/{lesson}/works/{work}",
    may="take_part",
    refuses=("lesson_unknown", "work_unknown", "forbidden"),
)
async def take_back(call: Call[Nothing, Nothing]) -> None:
    """A wrong picture: it is gone, with what was written on it."""
    app, lesson = call.app, call.path["lesson"]
    work, by = await _seen(call)
    require_own_or_teacher(by, work.seat)
    await app[STORE].homework.take_back(lesson, work.id, call.by)
    await app[WORKS].drop(lesson, work.id)
    await _tell(call, partial(homework.take_back, by=by, homework=work.homework, work=work.id))


async def _caller(call: Call[Any, Any]) -> tuple[str, str]:
    """The caller's seat in the lesson, and `by` of what they do. Raises Problem: lesson_unknown, forbidden."""
    own = await seat_in(call.app[STORE], call.grant, call.path["lesson"])
    if own is None:
        raise Problem("forbidden")
    return own, speaker(call.grant, own)


async def _task(call: Call[Any, Any]) -> Task:
    task = await call.app[STORE].homework.get(call.path["lesson"], call.path["homework"])
    if task is None:
        raise LessonError("homework_unknown")
    return task


async def _seen(call: Call[Any, Any]) -> tuple[Work, str]:
    """The work of the path, if the caller may see it: the teacher, its class, and all while it is on their screens."""
    own, by = await _caller(call)
    lesson = call.path["lesson"]
    work = await call.app[STORE].homework.work(lesson, call.path["work"])
    if work is not None and own != HOST_SEAT and work.seat != own:
        now = await call.app[LESSONS].now(lesson)
        work = work if own in now.desks and now.desks[own].work == work.id else None
    if work is None:
        raise LessonError("work_unknown")
    return work, by


async def _again(call: Call[Any, Any], work: str, by: str) -> WorkView:
    store = call.app[STORE]
    found = await store.homework.work(call.path["lesson"], work)
    if found is None:
        raise LessonError("work_unknown")
    return _work(found, (await store.homework.marks([work])).get(work, []), by, call.app[CLOCK].at())


async def _tell(call: Call[Any, Any], command: Command) -> None:
    """The rows are kept; the pages of an open lesson are told to look. After its end nobody waits to be told."""
    app, lesson = call.app, call.path["lesson"]
    if (await app[LESSONS].now(lesson)).is_open:
        try:
            await app[LESSONS].command(lesson, command, call.grant.actor)
        except LessonError as refused:
            if refused.code != "lesson_ended":
                raise


def _require_time(task: Task, now: Lesson, at: datetime, days: int) -> None:
    """In class while the lesson is open; else until it was due, and as long after as the links hold."""
    last = task.due_at + timedelta(days=days) if task.due_at is not None else now.ended_at
    if not now.is_open and (last is None or at > last):
        raise Problem("homework_over")


def _work(work: Work, marks: list[Mark], by: str, at: datetime) -> WorkView:
    holder = work.holder(at)
    return WorkView(
        id=work.id,
        homework=work.homework,
        seat=work.seat,
        number=work.number,
        label=work.label,
        width=work.width,
        height=work.height,
        handed_in_at=work.handed_in_at.astimezone(SHANGHAI),
        held_by=None if holder is None or holder == by else _side(holder),
        marks=[
            MarkView(
                side=_side(one.marker),
                is_own=one.marker == by,
                strokes=list(one.strokes),
                comment=one.comment,
                stamp=one.stamp,
            )
            for one in marks
        ],
    )


def _side(marker: str) -> Literal["host", "rural"]:
    return "host" if marker == HOST_SEAT else "rural"


async def _note(call: Call[Any, Any], action: str, detail: dict[str, Any]) -> None:
    at = call.app[CLOCK].at()
    await call.app[STORE].audit.note(call.grant.actor, action, f"lesson:{call.path['lesson']}", at, detail)
