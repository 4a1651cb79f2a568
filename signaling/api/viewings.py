"""Watching: what a classroom's standing page may show today, what it really played, and what came of that."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from classroom.ledger.activity import State
from classroom.ledger.intervals import Interval, total_ms, union
from classroom.ledger.months import SHANGHAI, local_date
from classroom.ledger.reasons import reason_en, reason_zh
from classroom.ledger.rules import CountingRules
from classroom.ledger.viewing import need_ms
from classroom.ledger.watching import believed
from classroom.lesson.seats import MAX_STUDENTS
from classroom.registry.book import Book
from classroom.registry.facts import Classroom
from classroom.store.courses import Showing
from classroom.store.plays import Group, PlayRow
from classroom.store.resources import Resource
from signaling.api.door import Call, Doors, Nothing
from signaling.api.resources import FilmPlayed, opened, played_of
from signaling.context import CLOCK, NEW_ID, RECORDS, STORE, VIEWINGS
from signaling.evidence import Id
from signaling.library import is_published
from signaling.problem import Problem
from signaling.records import activity_of
from signaling.timetable import days_of, of_showing, span_on
from signaling.viewings import roster_of

DOORS = Doors("viewings")
MAX_PARTS: Final = 100
"""Of one report; a class that jumps about more is not watching."""
MAX_MS: Final = 24 * 3_600_000
Part = tuple[Annotated[int, msgspec.Meta(ge=0, le=MAX_MS)], Annotated[int, msgspec.Meta(ge=0, le=MAX_MS)]]


class RoomItem(msgspec.Struct, frozen=True, kw_only=True):
    """A video of a course. `watched_ms`: of it, by this class, ever; `stopped_ms`: where it stopped last."""

    resource: str
    title: str
    length_ms: int
    watched_ms: int
    stopped_ms: int
    is_ready: bool


class RoomCourse(msgspec.Struct, frozen=True, kw_only=True):
    """A course that a class watches in this room. `begins` null: not today. `next`: the first video that the class has
    not watched yet; null once it has watched all."""

    showing: str
    title: str
    class_name: str
    students: int | None
    begins: datetime | None
    ends: datetime | None
    items: list[RoomItem]
    next: str | None


class RoomCourses(msgspec.Struct, frozen=True):
    """Those of today first, in order of time."""

    items: list[RoomCourse]


class PlayRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`students`: 实到人数 as somebody in the room says; null: the class's roster."""

    showing: Id
    resource: Id
    students: Annotated[int, msgspec.Meta(ge=0, le=MAX_STUDENTS)] | None = None


class RoomPlayed(FilmPlayed, frozen=True, kw_only=True):
    """What the room's player needs. `position_ms`: where the class stopped; `need_ms`: from which on it counts."""

    play: str
    course: str
    class_name: str
    position_ms: int
    watched_ms: int
    need_ms: int


class PlayReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`parts` of the video in ms that were played, visibly, since the report before; `seq` from 1 on, so that one that
    is sent twice counts once."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    parts: Annotated[list[Part], msgspec.Meta(max_length=MAX_PARTS)]
    position_ms: Annotated[int, msgspec.Meta(ge=0, le=MAX_MS)]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What the server believes: how much of the video the class has watched today."""

    watched_ms: int
    need_ms: int


class UsageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Local dates, both included; without them the last 31 days."""

    first: date | None = None
    last: date | None = None


class UsageLine(msgspec.Struct, frozen=True, kw_only=True):
    """A class watched a video on a day. `activity` null: it is no activity (yet); `words` say why."""

    day: date
    began_at: datetime
    school_name: str
    class_name: str
    classroom_name: str
    resource: str
    title: str
    origin: str
    watched_ms: int
    length_ms: int
    need_ms: int
    plays: int
    students: int | None
    activity: str | None
    kind: str | None
    state: str
    words: str
    words_en: str


class UsageList(msgspec.Struct, frozen=True):
    """The latest first."""

    items: list[UsageLine]


@DOORS.door("GET", "/api/v1/room/courses", may="read_room", answers=RoomCourses)
async def room_courses(call: Call[Nothing, Nothing]) -> RoomCourses:
    """What the classroom of a standing link may show: what is due today, and the rest of its courses."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    book = await store.registry.book()
    here, today, workdays = _room(call, book), local_date(at), await store.months.workdays()
    courses = {one.id: one for one in await store.courses.all()}
    rules = await call.app[RECORDS].rules()
    found: list[tuple[bool, int, RoomCourse]] = []
    for showing in await store.courses.showings(classroom=here.id):
        if not showing.first - timedelta(days=7) <= today <= showing.last + timedelta(days=7):
            continue
        weekly = of_showing(showing)
        is_today = next(days_of(weekly, today, today, workdays), None) is not None
        course = courses[showing.course]
        items = await _items(call, list(course.resources), showing.class_id)
        begins, ends = span_on(weekly, today) if is_today else (None, None)
        left = (one for one in items if one.is_ready and one.watched_ms < need_ms(one.length_ms, rules))
        view = RoomCourse(
            showing=showing.id,
            title=course.title,
            class_name=book.classes[showing.class_id].name,
            students=roster_of(book, showing.class_id, today),
            begins=begins and begins.astimezone(SHANGHAI),
            ends=ends and ends.astimezone(SHANGHAI),
            items=items,
            next=next((one.resource for one in left), None),
        )
        found.append((not is_today, showing.begins_min, view))
    return RoomCourses([view for _, _, view in sorted(found, key=lambda each: each[:2])])


@DOORS.door(
    "POST",
    "/api/v1/room/plays",
    may="read_room",
    body=PlayRequest,
    answers=RoomPlayed,
    status=201,
    refuses=("showing_unknown", "resource_unknown", "resource_not_ready", "not_published", "film_lost"),
)
async def play(call: Call[Nothing, PlayRequest]) -> web.Response:
    """A class begins to watch; whatever the room was playing is over."""
    app, asked, store, at = call.app, call.body, call.app[STORE], call.app[CLOCK].at()
    book = await store.registry.book()
    here, today = _room(call, book), local_date(at)
    showing = await _showing(call, here, asked.showing)
    course = await store.courses.get(showing.course)
    found = await store.resources.get(asked.resource)
    if course is None or found is None or found.removed_at is not None or found.id not in course.resources:
        raise Problem("resource_unknown")
    played = await played_of(call, found)
    before = await store.plays.of_class(showing.class_id, [found.id])
    row = PlayRow(
        id=app[NEW_ID](),
        resource=found.id,
        class_id=showing.class_id,
        school=here.school,
        classroom=here.id,
        day=today,
        began_at=at,
        last_at=at,
        students=asked.students,
    )
    await store.plays.begin(row, call.grant.actor)
    rules = await app[RECORDS].rules()
    fields = {name: getattr(played, name) for name in played.__struct_fields__}
    body = RoomPlayed(
        **fields,
        play=row.id,
        course=course.title,
        class_name=book.classes[showing.class_id].name,
        position_ms=_stopped(before, found),
        watched_ms=_watched([one for one in before if one.day == today]),
        need_ms=need_ms(found.length_ms or 0, rules),
    )
    return opened(call, found, body)


@DOORS.door(
    "POST",
    "/api/v1/room/plays/{play}/reports",
    may="read_room",
    body=PlayReport,
    answers=Heard,
    refuses=("play_over",),
)
async def report(call: Call[Nothing, PlayReport]) -> Heard:
    """What was played since the report before. No more is believed than the wall's clock allows."""
    store, at, asked = call.app[STORE], call.app[CLOCK].at(), call.body
    row = await store.plays.get(call.path["play"])
    if row is None or call.grant.link is None or row.classroom != call.grant.link.classroom:
        raise Problem("play_over")
    found = await store.resources.get(row.resource)
    # A day is a class's activity: the page begins another play after midnight.
    if found is None or row.is_over or row.day != local_date(at):
        raise Problem("play_over")
    if asked.seq > row.seq:
        parts = believed(
            [Interval(*part) for part in asked.parts],
            length_ms=found.length_ms or 0,
            since=row.last_at,
            now=at,
            before=row.parts,
        )
        position_ms = min(asked.position_ms, found.length_ms or 0)
        told = msgspec.structs.replace(row, parts=parts, last_at=at, position_ms=position_ms)
        if not await store.plays.report(told, asked.seq):
            raise Problem("play_over")
    today = await store.plays.of_group(Group(row.class_id, row.resource, row.day))
    rules = await call.app[RECORDS].rules()
    return Heard(watched_ms=_watched(today), need_ms=need_ms(found.length_ms or 0, rules))


@DOORS.door("GET", "/api/v1/viewings", may="read_resources", query=UsageQuery, answers=UsageList)
async def usage(call: Call[UsageQuery, Nothing]) -> UsageList:
    """What classes watched, and whether it counted: those of the caller's school, and those that watched its videos."""
    store, at, school = call.app[STORE], call.app[CLOCK].at(), call.grant.school
    last = call.query.last or local_date(at)
    first = call.query.first or last - timedelta(days=30)
    if not timedelta(0) <= last - first <= timedelta(days=366):
        raise Problem("bad_request", "at most a year")
    await call.app[VIEWINGS].settle_due(at)
    rows = await store.plays.of_schools(None, first, last)
    known = await store.resources.many(sorted({row.resource for row in rows}))
    groups: dict[Group, list[PlayRow]] = {}
    for row in rows:
        if school is None or school in (row.school, known[row.resource].school):
            groups.setdefault(Group(row.class_id, row.resource, row.day), []).append(row)
    book, rules = await store.registry.book(), await call.app[RECORDS].rules()
    lines = [await _line(call, group, some, known[group.resource], book, rules) for group, some in groups.items()]
    return UsageList(sorted(lines, key=lambda line: line.began_at, reverse=True)[:500])


async def _line(
    call: Call[Any, Any], group: Group, rows: list[PlayRow], found: Resource, book: Book, rules: CountingRules
) -> UsageLine:
    name = f"view.{group.class_id}.{group.resource}.{group.day:%Y%m%d}"
    kept = await call.app[STORE].activities.get(name)
    names = {school.id: school.name for school in book.schools.values()}
    watched = _watched(rows)
    state: str
    if kept is not None:
        found_activity = activity_of(kept)
        state, words, english = kept.state, reason_zh(found_activity, names), reason_en(found_activity, names)
    elif any(row.is_due for row in rows):
        state, words = "open", "当天结束后（或停播两小时后）核定"
        english = "Judged when the day is over, or two hours after it stopped"
    elif not watched:
        state, words, english = State.NOT_COUNTED.value, "不计：没有播放", "Not counted: nothing was played"
    else:
        state, words = "usage", "不计入活动：当天没有与资源所属学校的有效结对，只作使用记录"
        english = "Usage alone: no active pair with the school of the video on that day"
    said = [row.students for row in rows if row.students is not None]
    return UsageLine(
        day=group.day,
        began_at=rows[0].began_at.astimezone(SHANGHAI),
        school_name=names.get(rows[0].school, ""),
        class_name=book.classes[group.class_id].name,
        classroom_name=book.classrooms[rows[0].classroom].name,
        resource=found.id,
        title=found.title,
        origin=found.origin,
        watched_ms=watched,
        length_ms=found.length_ms or 0,
        need_ms=need_ms(found.length_ms or 0, rules),
        plays=len(rows),
        students=said[-1] if said else roster_of(book, group.class_id, group.day),
        activity=name if kept is not None else None,
        kind=kept.kind.value if kept is not None else None,
        state=state,
        words=words,
        words_en=english,
    )


def _room(call: Call[Any, Any], book: Book) -> Classroom:
    link = call.grant.link
    here = book.classrooms.get(link.classroom or "") if link is not None else None
    if here is None:
        raise Problem("forbidden")
    return here


async def _showing(call: Call[Any, Any], here: Classroom, showing: str) -> Showing:
    for one in await call.app[STORE].courses.showings(classroom=here.id):
        if one.id == showing:
            return one
    raise Problem("showing_unknown")


async def _items(call: Call[Any, Any], ids: list[str], class_id: str) -> list[RoomItem]:
    store = call.app[STORE]
    known, rows = await store.resources.many(ids), await store.plays.of_class(class_id, ids)
    items = []
    for id in ids:
        if (one := known.get(id)) is None or one.removed_at is not None:
            continue
        mine = [row for row in rows if row.resource == id]
        items.append(
            RoomItem(
                resource=id,
                title=one.title,
                length_ms=one.length_ms or 0,
                watched_ms=_watched(mine),
                stopped_ms=_stopped(mine, one),
                is_ready=one.state == "ready" and await is_published(store, one),
            )
        )
    return items


def _watched(rows: list[PlayRow]) -> int:
    return total_ms(union(*(row.parts for row in rows)))


def _stopped(rows: list[PlayRow], resource: Resource) -> int:
    """Where the class goes on: at the beginning once it has come to the end."""
    position = rows[-1].position_ms if rows else 0
    return position if position < (resource.length_ms or 0) - 10_000 else 0
