"""`/lessons`: making, listing, reading and ending lessons."""

import asyncio

import msgspec
from aiohttp import web

from classroom.ledger.months import local_date
from classroom.registry.book import choices
from classroom.registry.facts import School
from classroom.store.lessons import ListedLesson
from recorder.manifest import Manifest
from recorder.spans import Gap
from signaling.activity_views import ActivityLine
from signaling.api.body import answer, read_body
from signaling.auth import Grant
from signaling.context import CLOCK, LESSONS, NEW_ID, PUBLIC_URL, RECORDER, RECORDS, STORE, grant_of
from signaling.lesson_list import Scope, list_lessons
from signaling.problem import Problem
from signaling.scheduling import LessonRequest, schedule_lesson
from signaling.scope import seat_in

ROUTES = web.RouteTableDef()


class SeatSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A seat after the lesson: minutes together with the other side, as counted, and the number confirmed."""

    seat: str
    school: str
    classroom: str
    minutes: int
    students: int | None
    teachers: int | None


class RecordingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the recording, below the data directory; gaps in the file's own seconds."""

    file: str
    seat: str
    source: str
    offset_s: float
    seconds: float
    gaps: list[Gap]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a lesson. `settled`: its activities are judged."""

    lesson: str
    state: str
    settled: bool
    minutes: int
    seats: list[SeatSummary]
    activities: list[ActivityLine]
    recordings: list[RecordingSummary]


@ROUTES.get("/api/v1/classrooms")
async def classrooms(request: web.Request) -> web.Response:
    """The classes and paired classrooms that a teacher may make a lesson of."""
    grant = await grant_of(request, "create_lesson")
    today = local_date(request.app[CLOCK].at())
    book = await request.app[STORE].registry.book()
    return answer(choices(book, _school(grant), today))


@ROUTES.post("/api/v1/lessons")
async def create(request: web.Request) -> web.Response:
    """Make a lesson. A teacher's school comes from the link; the command line names it."""
    grant = await grant_of(request, "create_lesson")
    body = await read_body(request, LessonRequest)
    app = request.app
    made = await schedule_lesson(
        app[STORE],
        body,
        supporter=await _supporter(request, grant, body),
        by="cli" if grant.link is None else "teacher",
        at=app[CLOCK].at(),
        new_id=app[NEW_ID],
        holder=grant.link.holder if grant.link else None,
        base_url=app[PUBLIC_URL][0] if grant.link is None else "",
        # A school that a teacher names has not been paired by anybody: the county decides.
        new_pairs="active" if grant.link is None else "待定",
    )
    return answer(made, 201)


@ROUTES.get("/api/v1/lessons")
async def listing(request: web.Request) -> web.Response:
    """`?scope=today`: those of today and all that are not over; `?scope=past`: the latest that are."""
    grant = await grant_of(request, "list_lessons")
    asked: dict[str, Scope] = {"today": "today", "past": "past"}
    scope = asked.get(request.query.get("scope", "today"))
    if scope is None:
        raise Problem("bad_request", "scope is today or past")
    app, school = request.app, grant.link.school if grant.link else None
    return answer({"lessons": await list_lessons(app[STORE], app[RECORDS], app[CLOCK].at(), scope, school)})


@ROUTES.get("/api/v1/lessons/{lesson}")
async def read(request: web.Request) -> web.Response:
    """The View that the lesson's devices get."""
    grant = await grant_of(request, "read_lesson")
    lesson = request.match_info["lesson"]
    await seat_in(request.app[STORE], grant, lesson)
    return answer(await request.app[LESSONS].view(lesson, for_teacher=grant.may("end_lesson")))


@ROUTES.post("/api/v1/lessons/{lesson}/end")
async def end(request: web.Request) -> web.Response:
    """下课."""
    grant, lesson = await _own(request)
    await request.app[LESSONS].end(lesson, "cli" if grant.link is None else "teacher")
    return answer({"lesson": lesson, "state": "ended"})


@ROUTES.post("/api/v1/lessons/{lesson}/cancel")
async def cancel(request: web.Request) -> web.Response:
    """The lesson is not held."""
    grant, lesson = await _own(request)
    await request.app[LESSONS].cancel(lesson, "cli" if grant.link is None else "teacher")
    return answer({"lesson": lesson, "state": "ended"})


@ROUTES.get("/api/v1/lessons/{lesson}/summary")
async def summary(request: web.Request) -> web.Response:
    """What came of the lesson: minutes, people, activities, recordings."""
    grant = await grant_of(request, "read_summary")
    lesson = request.match_info["lesson"]
    await seat_in(request.app[STORE], grant, lesson)
    app = request.app
    listed = await app[STORE].lessons.get(lesson)
    if listed is None:
        raise Problem("lesson_unknown")
    view = await app[LESSONS].view(lesson)
    minutes = await app[RECORDS].minutes(lesson)
    manifest = await asyncio.to_thread(app[RECORDER].library.current, lesson)
    return answer(
        Summary(
            lesson=lesson,
            state=view.state,
            settled=listed.settled,
            minutes=_minutes(listed),
            seats=[
                SeatSummary(
                    seat=seat.seat,
                    school=seat.school,
                    classroom=seat.classroom,
                    minutes=minutes.get(seat.seat, 0),
                    students=seat.headcount.students if seat.headcount else None,
                    teachers=seat.headcount.teachers if seat.headcount else None,
                )
                for seat in view.seats
            ],
            activities=(await app[RECORDS].of_lessons([lesson], app[CLOCK].at())).get(lesson, []),
            recordings=_recordings(manifest),
        )
    )


@ROUTES.get("/api/v1/lessons/{lesson}/node")
async def node(request: web.Request) -> web.Response:
    """Where the lesson lives; one node serves them all."""
    grant = await grant_of(request, "read_lesson")
    await seat_in(request.app[STORE], grant, request.match_info["lesson"])
    return answer({"url": request.app[PUBLIC_URL][0]})


def _school(grant: Grant) -> str:
    if grant.link is None or grant.link.school is None:
        raise Problem("forbidden")
    return grant.link.school


async def _supporter(request: web.Request, grant: Grant, body: LessonRequest) -> School | str:
    if grant.link is not None:
        return (await request.app[STORE].registry.book()).schools[_school(grant)]
    if body.supporter is None:
        raise Problem("bad_request", "supporter is missing")
    return body.supporter


async def _own(request: web.Request) -> tuple[Grant, str]:
    grant = await grant_of(request, "end_lesson")
    lesson = request.match_info["lesson"]
    await seat_in(request.app[STORE], grant, lesson)
    return grant, lesson


def _minutes(listed: ListedLesson) -> int:
    """Whole minutes from 上课 (a lesson that was only opened: from then) to the end; 0 while it goes on."""
    if listed.opened_at is None or listed.ended_at is None:
        return 0
    return int((listed.ended_at - (listed.started_at or listed.opened_at)).total_seconds() // 60)


def _recordings(manifest: Manifest | None) -> list[RecordingSummary]:
    if manifest is None:
        return []
    return [
        RecordingSummary(
            file=f"recordings/{manifest.lesson}/{file.name}",
            seat=stream.seat,
            source=stream.source,
            offset_s=file.offset_s,
            seconds=file.seconds,
            gaps=file.gaps,
        )
        for stream in manifest.streams
        for file in stream.files
    ]
