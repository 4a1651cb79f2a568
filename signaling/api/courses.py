"""`/courses`: videos in an order (课程), and when which class watches them (排播)."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

import msgspec

from classroom.ledger.months import local_date
from classroom.ledger.subjects import box_of
from classroom.registry.book import Book
from classroom.registry.facts import is_active
from classroom.store.courses import Course, Showing, StaleCourse
from classroom.store.registry import By
from signaling.api.door import Call, Doors, Nothing
from signaling.api.resources import Grade, Title
from signaling.auth import Grant
from signaling.conflicts import require_free, showing_claim
from signaling.context import CLOCK, NEW_ID, STORE
from signaling.evidence import Id, Subject
from signaling.library import is_mine, reach, seen
from signaling.problem import Problem

DOORS = Doors("courses")
LONGEST: Final = timedelta(days=366)
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z")]


class CourseRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`resources` in their order. `version`: of the course that is changed; null makes a new one. `school`: whose it
    is, for the bureau."""

    title: Title
    subject: Subject
    grade: Grade = ""
    resources: Annotated[list[Id], msgspec.Meta(max_length=200)] = []
    school: Id | None = None
    version: int | None = None


class ShowingRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weekly on `weekday` (1 is Monday) from `first` to `last`; without it once, on `first`. `anyway`: though something
    else is planned then."""

    class_id: Id
    classroom: Id
    weekday: Annotated[int, msgspec.Meta(ge=1, le=7)] | None = None
    first: date
    last: date | None = None
    begins: Clock
    minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] = 40
    anyway: bool = False


class ShowingView(msgspec.Struct, frozen=True, kw_only=True):
    """When a class watches a course."""

    id: str
    class_id: str
    class_name: str
    classroom: str
    classroom_name: str
    school: str
    school_name: str
    weekday: int | None
    first: date
    last: date
    begins: str
    minutes: int
    is_mine: bool


class CourseView(msgspec.Struct, frozen=True, kw_only=True):
    """A course with its showings. `is_mine`: the caller may change it."""

    id: str
    title: str
    subject: str
    grade: str
    school: str | None
    school_name: str | None
    resources: list[str]
    version: int
    showings: list[ShowingView]
    is_mine: bool


class CourseList(msgspec.Struct, frozen=True):
    """The latest first."""

    items: list[CourseView]


class PlaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A class, or a classroom, of a school that may watch."""

    id: str
    name: str


class AudienceView(msgspec.Struct, frozen=True, kw_only=True):
    """A rural school with its classes and classrooms, for whom one may plan showings."""

    school: str
    school_name: str
    classes: list[PlaceView]
    classrooms: list[PlaceView]


class Audience(msgspec.Struct, frozen=True):
    """In order of their names."""

    items: list[AudienceView]


@DOORS.door("GET", "/api/v1/courses", may="read_resources", answers=CourseList)
async def listing(call: Call[Nothing, Nothing]) -> CourseList:
    """The courses that the caller's school may use; the bureau sees all."""
    store = call.app[STORE]
    schools = await reach(store, call.grant.school, call.app[CLOCK].at())
    found = [one for one in await store.courses.all() if schools is None or one.school in (None, *schools)]
    return CourseList([await _view(call, one) for one in found])


@DOORS.door("GET", "/api/v1/courses/audience", may="keep_resources", answers=Audience)
async def audience(call: Call[Nothing, Nothing]) -> Audience:
    """Classes and classrooms that may watch: those of the caller's own school and of those that it supports."""
    book = await call.app[STORE].registry.book()
    schools = _audience(book, call.grant, local_date(call.app[CLOCK].at()))
    return Audience(
        [
            AudienceView(
                school=school.id,
                school_name=school.name,
                classes=_places(one for one in book.classes.values() if one.school == school.id),
                classrooms=_places(one for one in book.classrooms.values() if one.school == school.id),
            )
            for school in sorted((book.schools[id] for id in schools), key=lambda school: school.name)
        ]
    )


@DOORS.door(
    "POST",
    "/api/v1/courses",
    may="keep_resources",
    body=CourseRequest,
    answers=CourseView,
    status=201,
    refuses=("resource_unknown",),
)
async def make(call: Call[Nothing, CourseRequest]) -> CourseView:
    """Make a course of videos."""
    asked, at = call.body, call.app[CLOCK].at()
    school = call.grant.school or asked.school
    if school is not None and school not in (await call.app[STORE].registry.book()).schools:
        raise Problem("resource_school_needed")
    blank = Course(
        id=call.app[NEW_ID](), title="", school=school, subject="", grade="", resources=(), version=0, made_at=at
    )
    return await _put(call, blank)


@DOORS.door(
    "PUT",
    "/api/v1/courses/{course}",
    may="keep_resources",
    body=CourseRequest,
    answers=CourseView,
    refuses=("course_unknown", "course_changed", "resource_unknown"),
)
async def change(call: Call[Nothing, CourseRequest]) -> CourseView:
    """Another title, other videos or another order of them."""
    course = await _own(call)
    if call.body.version != course.version:
        raise Problem("course_changed")
    return await _put(call, course)


@DOORS.door("DELETE", "/api/v1/courses/{course}", may="keep_resources", refuses=("course_unknown",))
async def remove(call: Call[Nothing, Nothing]) -> None:
    """Delete a course and its showings. The videos stay, and so does what was watched."""
    course = await _own(call)
    await call.app[STORE].courses.remove(course.id, call.by)


@DOORS.door(
    "POST",
    "/api/v1/courses/{course}/showings",
    may="keep_resources",
    body=ShowingRequest,
    answers=CourseView,
    status=201,
    refuses=("course_unknown", "showing_invalid", "showing_class", "showing_conflict"),
)
async def show(call: Call[Nothing, ShowingRequest]) -> CourseView:
    """Plan when a class watches it. What is in the way is named in `conflicts` of the refusal."""
    app, asked, store = call.app, call.body, call.app[STORE]
    course, at, book = await _reached(call), app[CLOCK].at(), await call.app[STORE].registry.book()
    last = asked.last or asked.first
    if not timedelta(0) <= last - asked.first <= LONGEST or (asked.weekday is None and last != asked.first):
        raise Problem("showing_invalid")
    its_class, room = book.classes.get(asked.class_id), book.classrooms.get(asked.classroom)
    schools = _audience(book, call.grant, local_date(at))
    if its_class is None or room is None or its_class.school != room.school or room.school not in schools:
        raise Problem("showing_class")
    hours, minutes = asked.begins.split(":")
    showing = Showing(
        id=app[NEW_ID](),
        course=course.id,
        class_id=its_class.id,
        classroom=room.id,
        weekday=asked.weekday,
        first=asked.first,
        last=last,
        begins_min=int(hours) * 60 + int(minutes),
        minutes=asked.minutes,
        made_at=at,
    )
    if not asked.anyway:
        first = max(local_date(at), asked.first)
        mine = showing_claim(showing, course.title, book, first, last, await store.months.workdays())
        await require_free(store, mine, "showing_conflict")
    await store.courses.show(showing, By(call.grant.actor, at))
    return await _view(call, course)


@DOORS.door("DELETE", "/api/v1/showings/{showing}", may="keep_resources", refuses=("showing_unknown",))
async def unshow(call: Call[Nothing, Nothing]) -> None:
    """It is not shown any more."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    book = await store.registry.book()
    schools = _audience(book, call.grant, local_date(at))
    for showing in await store.courses.showings():
        if showing.id == call.path["showing"] and book.classes[showing.class_id].school in schools:
            await store.courses.unshow(showing, By(call.grant.actor, at))
            return
    raise Problem("showing_unknown")


async def _put(call: Call[Nothing, CourseRequest], course: Course) -> CourseView:
    asked, store, at = call.body, call.app[STORE], call.app[CLOCK].at()
    box = box_of(asked.subject)
    if box is None:
        raise Problem("bad_request", "no subject of the twelve boxes")
    for resource in asked.resources:
        if resource not in course.resources:
            await seen(store, call.grant, resource, at)
    wanted = msgspec.structs.replace(
        course,
        title=asked.title.strip(),
        subject=box,
        grade=asked.grade.strip(),
        resources=tuple(dict.fromkeys(asked.resources)),
    )
    try:
        return await _view(call, await store.courses.put(wanted, By(call.grant.actor, at)))
    except StaleCourse:
        raise Problem("course_changed") from None


async def _reached(call: Call[Any, Any]) -> Course:
    found = await call.app[STORE].courses.get(call.path["course"])
    schools = await reach(call.app[STORE], call.grant.school, call.app[CLOCK].at())
    if found is None or (schools is not None and found.school not in (None, *schools)):
        raise Problem("course_unknown")
    return found


async def _own(call: Call[Any, Any]) -> Course:
    found = await _reached(call)
    if not is_mine(found.school, call.grant):
        raise Problem("forbidden")
    return found


def _audience(book: Book, grant: Grant, day: date) -> set[str]:
    """Schools whose classes watch what the caller plans."""
    active = [pair for pair in book.pairs.values() if is_active(pair, day)]
    recipients = {p.recipient for p in active if grant.school in (None, p.supporter, p.recipient)}
    return {school for school in recipients if school is not None}


def _places(found: Any) -> list[PlaceView]:
    return sorted((PlaceView(id=one.id, name=one.name) for one in found), key=lambda place: place.name)


async def _view(call: Call[Any, Any], course: Course) -> CourseView:
    store = call.app[STORE]
    book = await store.registry.book()
    schools = _audience(book, call.grant, local_date(call.app[CLOCK].at()))
    school = book.schools.get(course.school or "")
    return CourseView(
        id=course.id,
        title=course.title,
        subject=course.subject,
        grade=course.grade,
        school=course.school,
        school_name=school.name if school else None,
        resources=list(course.resources),
        version=course.version,
        showings=[_showing(one, book, schools) for one in await store.courses.showings(course=course.id)],
        is_mine=is_mine(course.school, call.grant),
    )


def _showing(one: Showing, book: Book, mine: set[str]) -> ShowingView:
    room = book.classrooms[one.classroom]
    return ShowingView(
        id=one.id,
        class_id=one.class_id,
        class_name=book.classes[one.class_id].name,
        classroom=room.id,
        classroom_name=room.name,
        school=room.school,
        school_name=book.schools[room.school].name,
        weekday=one.weekday,
        first=one.first,
        last=one.last,
        begins=f"{one.begins_min // 60:02}:{one.begins_min % 60:02}",
        minutes=one.minutes,
        is_mine=room.school in mine,
    )
