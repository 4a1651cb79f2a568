"""`/lessons`: making, listing, reading and ending lessons."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec
from aiohttp import web

from classroom.ledger.fairness import Part, parts
from classroom.ledger.months import SHANGHAI, local_date
from classroom.lesson.events import Instant
from classroom.registry.book import Choices, choices
from classroom.registry.facts import School
from classroom.relay.ladder import STILL_BPS
from classroom.store.lessons import ListedLesson
from recorder.manifest import FileEntry, Manifest, StreamEntry
from recorder.spans import Gap, without
from signaling.activity_views import ActivityLine
from signaling.api.door import Call, Doors, Nothing
from signaling.auth import Grant
from signaling.conflicts import moved_claim, request_claim, require_free
from signaling.context import CLOCK, HUB, KEEPER, LESSONS, NEW_ID, PUBLIC_URL, RECORDER, RECORDS, STILLS, STORE
from signaling.evidence import Id
from signaling.flows import stream_key, subscriber_key
from signaling.keeping_views import KeptNote, note_of
from signaling.lesson_list import LessonLine, Scope, list_lessons
from signaling.messages import VerdictView, View
from signaling.problem import Problem
from signaling.scheduling import LessonRequest, ScheduledLesson, schedule_lesson
from signaling.scope import seat_in

DOORS = Doors("lessons")

TRICKLE_BYTES: Final = 1200
"""A packet's."""
SLOWEST: Final = 4
"""How many times slower than `STILL_BPS` it may become."""


class ScopeQuery(msgspec.Struct, frozen=True):
    """`today`: the lessons of today and all that are not over; `past`: the latest that are."""

    scope: Scope = "today"


class LessonLines(msgspec.Struct, frozen=True):
    """A list of lessons with what came of them. `room_hours`: of lessons that the disk can still hold recordings of.
    `now`: the server's clock."""

    lessons: list[LessonLine]
    room_hours: float
    now: datetime


class Closed(msgspec.Struct, frozen=True):
    """A lesson that is over."""

    lesson: str
    state: str


class Node(msgspec.Struct, frozen=True):
    """The address of a node."""

    url: str


class SeatSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A seat after the lesson: minutes together with the other side, as counted, and the number confirmed.

    `spoke_s`: for how long somebody was heard from there, null where its packets do not tell; `stage_s`: on stage.
    """

    seat: str
    school: str
    classroom: str
    minutes: int
    students: int | None
    teachers: int | None
    spoke_s: float | None
    stage_s: float
    calls: int
    hands: int
    praises: int


class RecordingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the recording, below the data directory; gaps in the file's own seconds."""

    file: str
    seat: str
    source: str
    offset_s: float
    seconds: float
    gaps: list[Gap]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a lesson. `settled`: its activities are judged; `verdict`: on the recording;
    `kept`: how long it is kept, once the lesson is over."""

    lesson: str
    state: str
    settled: bool
    minutes: int
    seats: list[SeatSummary]
    activities: list[ActivityLine]
    recordings: list[RecordingSummary]
    verdict: VerdictView | None
    kept: KeptNote | None


@DOORS.door("GET", "/api/v1/classrooms", may="keep_timetable", answers=Choices)
async def classrooms(call: Call[Nothing, Nothing]) -> Choices:
    """The classes and paired classrooms that a teacher may make a lesson of."""
    today = local_date(call.app[CLOCK].at())
    return choices(await call.app[STORE].registry.book(), _school(call.grant), today)


@DOORS.door(
    "POST",
    "/api/v1/lessons",
    may="create_lesson",
    body=LessonRequest,
    answers=ScheduledLesson,
    status=201,
    refuses=(
        "bad_schedule",
        "same_school",
        "subject_unknown",
        "class_unknown",
        "classroom_unknown",
        "lesson_conflict",
    ),
)
async def create(call: Call[Nothing, LessonRequest]) -> ScheduledLesson:
    """Make a lesson: its links and codes, and the seats whose classes a wanted recording waits for.

    A teacher's school is their own; the command line names it.
    """
    app, grant = call.app, call.grant
    is_machine = grant.role == "machine"
    supporter = await _supporter(call)
    if not call.body.anyway:
        mine = await request_claim(app[STORE], call.body, supporter, grant.name, app[CLOCK].at())
        await require_free(app[STORE], mine, "lesson_conflict")
    return await schedule_lesson(
        app[STORE],
        call.body,
        supporter=supporter,
        by=_by(grant),
        at=app[CLOCK].at(),
        new_id=app[NEW_ID],
        holder=grant.holder,
        teacher=grant.name,
        base_url=app[PUBLIC_URL][0] if is_machine else "",
        # A school that a teacher names has not been paired by anybody: the county decides.
        new_pairs="active" if is_machine else "待定",
        actor=grant.actor,
    )


@DOORS.door("GET", "/api/v1/lessons", may="list_lessons", query=ScopeQuery, answers=LessonLines)
async def listing(call: Call[ScopeQuery, Nothing]) -> LessonLines:
    """Lessons with their activities; those of the own school, for who belongs to one."""
    app = call.app
    found = await list_lessons(
        app[STORE],
        app[RECORDS],
        app[RECORDER].library,
        app[KEEPER].terms,
        app[CLOCK].at(),
        call.query.scope,
        call.grant.school,
    )
    hours = round(await app[RECORDER].lesson_hours(), 1)
    return LessonLines(found, hours, app[CLOCK].at().astimezone(SHANGHAI))


@DOORS.door("GET", "/api/v1/lessons/{lesson}", may="read_lesson", answers=View, refuses=("lesson_unknown",))
async def read(call: Call[Nothing, Nothing]) -> View:
    """The lesson as its devices show it."""
    lesson = await _reached(call)
    return await call.app[LESSONS].view(lesson, for_teacher=call.grant.may("end_lesson"))


@DOORS.door("POST", "/api/v1/lessons/{lesson}/end", may="end_lesson", answers=Closed, refuses=("lesson_unknown",))
async def end(call: Call[Nothing, Nothing]) -> Closed:
    """下课."""
    lesson = await _reached(call)
    await call.app[LESSONS].end(lesson, _by(call.grant), call.grant.actor)
    return Closed(lesson, "ended")


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/cancel",
    may="keep_timetable",
    answers=Closed,
    refuses=("lesson_unknown", "lesson_under_way"),
)
async def cancel(call: Call[Nothing, Nothing]) -> Closed:
    """停课: the lesson is not held."""
    lesson = await _kept(call)
    await call.app[LESSONS].cancel(lesson, _by(call.grant), call.grant.actor)
    return Closed(lesson, "ended")


class MoveBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least one: `start`, 调课, the whole minute of the first period; `teacher`, 代课, a person of that school.

    `anyway` false: refused where a room, a class or the teacher has something else then.
    """

    start: Instant | None = None
    teacher: Id | None = None
    anyway: bool = True


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """The plan in force. Instants in +08:00."""

    lesson: str
    start: datetime
    end: datetime | None
    teacher: str | None


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/move",
    may="keep_timetable",
    body=MoveBody,
    answers=Moved,
    refuses=("lesson_unknown", "lesson_under_way", "lesson_ended", "bad_schedule", "person_unknown", "lesson_conflict"),
)
async def move(call: Call[Nothing, MoveBody]) -> Moved:
    """调课 and 代课, before the lesson has been opened: it is judged at its new time."""
    app, lesson, body = call.app, await _kept(call), call.body
    if body.start is None and body.teacher is None:
        raise Problem("bad_request", "start or teacher is needed")
    start = None if body.start is None else body.start.astimezone(UTC)
    if not body.anyway:
        mine = await moved_claim(app[STORE], lesson, start, body.teacher)
        await require_free(app[STORE], mine, "lesson_conflict")
    moved = await app[LESSONS].move(lesson, _by(call.grant), call.grant.actor, start=start, teacher=body.teacher)
    first = moved.periods[0].start if moved.periods else moved.scheduled_at
    return Moved(
        lesson=lesson,
        start=first.astimezone(SHANGHAI),
        end=moved.periods[-1].end.astimezone(SHANGHAI) if moved.periods else None,
        teacher=moved.teacher,
    )


@DOORS.door("GET", "/api/v1/lessons/{lesson}/summary", may="read_summary", answers=Summary, refuses=("lesson_unknown",))
async def summary(call: Call[Nothing, Nothing]) -> Summary:
    """What came of the lesson: minutes, people, activities with their reasons, recordings."""
    app, lesson = call.app, await _reached(call)
    listed = await app[STORE].lessons.get(lesson)
    if listed is None:
        raise Problem("lesson_unknown")
    view = await app[LESSONS].view(lesson)
    journal, beats = await app[STORE].journal.events(lesson), await app[STORE].journal.heartbeats(lesson)
    minutes = await app[RECORDS].minutes(lesson, journal)
    shares = parts(journal, beats, app[CLOCK].at())
    manifest = await asyncio.to_thread(app[RECORDER].library.current, lesson)
    kept = await app[STORE].recordings.get(lesson)
    return Summary(
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
                **msgspec.structs.asdict(shares.get(seat.seat, Part())),
            )
            for seat in view.seats
        ],
        activities=(await app[RECORDS].of_lessons([lesson], app[CLOCK].at())).get(lesson, []),
        recordings=_recordings(manifest),
        verdict=view.recording.verdict,
        kept=None if kept is None else note_of(kept, app[KEEPER].terms),
    )


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/stills/{seat}/{source}",
    may="subscribe",
    media=("image/jpeg",),
    refuses=("lesson_unknown", "lesson_ended", "lesson_not_open", "seat_unknown", "source_unknown", "stream_absent"),
)
async def still(call: Call[Nothing, Nothing]) -> web.Response:
    """The newest still of a source, for a seat in the lesson whose line carries no moving pictures. Kept by nobody.

    For an observer, who has no seat and watches nothing that is not logged, there is none.
    """
    app, (lesson, seat, source) = call.app, (call.path[name] for name in ("lesson", "seat", "source"))
    own = await seat_in(app[STORE], call.grant, lesson)
    await app[LESSONS].check_view(lesson, seat, source)
    newest = app[STILLS].latest(stream_key(lesson, seat, source))
    if own is None or newest is None:
        raise Problem("stream_absent")
    has_room = partial(app[HUB].has_room, subscriber_key(lesson, own))
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=_trickle(newest.jpeg, has_room), content_type="image/jpeg", headers=headers)


async def _trickle(jpeg: bytes, has_room: Callable[[], bool]) -> AsyncIterator[bytes]:
    """At the pace that the ladder reckons with: TCP would send ten packets at once, and sound waits behind them; where
    sound waits all the same, slower."""
    for start in range(0, len(jpeg), TRICKLE_BYTES):
        for pause in range(SLOWEST if start else 0):
            if pause and has_room():
                break
            await asyncio.sleep(8 * TRICKLE_BYTES / STILL_BPS)
        yield jpeg[start : start + TRICKLE_BYTES]


@DOORS.door("GET", "/api/v1/lessons/{lesson}/node", may="read_lesson", answers=Node, refuses=("lesson_unknown",))
async def node(call: Call[Nothing, Nothing]) -> Node:
    """Where the lesson lives; one node serves them all."""
    await _reached(call)
    return Node(call.app[PUBLIC_URL][0])


def _by(grant: Grant) -> str:
    """Whose word it is in the journal."""
    return "cli" if grant.role == "machine" else "teacher"


def _school(grant: Grant) -> str:
    if grant.school is None:
        raise Problem("forbidden")
    return grant.school


async def _supporter(call: Call[Nothing, LessonRequest]) -> School | str:
    if call.grant.role != "machine":
        return (await call.app[STORE].registry.book()).schools[_school(call.grant)]
    if call.body.supporter is None:
        raise Problem("bad_request", "supporter is missing")
    return call.body.supporter


async def _kept(call: Call[Any, Any]) -> str:
    """The lesson of the path, of the caller's own school. Raises Problem(lesson_unknown)."""
    lesson = await _reached(call)
    supporter, _ = await call.app[STORE].lessons.schools(lesson)
    if call.grant.school not in (None, supporter):
        raise Problem("lesson_unknown")
    return lesson


async def _reached(call: Call[Any, Any]) -> str:
    """The lesson of the path. Raises Problem(lesson_unknown) for one that the caller does not reach."""
    lesson = call.path["lesson"]
    await seat_in(call.app[STORE], call.grant, lesson)
    return lesson


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
            gaps=_still_missing(stream, file),
        )
        for stream in manifest.streams
        for file in stream.files
        if file.page is None
    ]


def _still_missing(stream: StreamEntry, file: FileEntry) -> list[Gap]:
    """The gaps in a file, in its own time, less what was put back later."""
    healed = [(gap.from_s - file.offset_s, gap.to_s - file.offset_s) for gap in stream.gaps if gap.healed_by]
    return [Gap(start, end, gap.kind) for gap in file.gaps for start, end in without([(gap.from_s, gap.to_s)], healed)]
