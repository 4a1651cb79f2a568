"""`/timetable`: lessons that come every week (课表)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from classroom.ledger.months import SHANGHAI, local_date
from classroom.ledger.subjects import box_of
from classroom.lesson.errors import LessonError
from classroom.lesson.state import MAX_RURAL_SEATS
from classroom.registry.book import Book
from classroom.registry.errors import RegistryError
from classroom.store.lessons import ListedLesson
from classroom.store.registry import By
from classroom.store.timetable import TimetableDay, TimetableRoom, TimetableRow
from signaling.api.courses import LONGEST, Clock
from signaling.api.door import Call, Doors, Nothing
from signaling.conflicts import require_free, row_claim
from signaling.context import CLOCK, NEW_ID, STORE, TIMETABLER
from signaling.evidence import Id, Subject
from signaling.messages import Name, Students
from signaling.problem import Problem
from signaling.scheduling import HOST_ROOM, MAX_MINUTES, RURAL_CLASS
from signaling.timetable import terms_of

DOORS = Doors("timetable")
MAX_ROWS: Final = 200
"""Of a school: far beyond what its classrooms hold."""


class RoomRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A classroom that listens, and its class by name."""

    classroom: Id
    class_name: Name = RURAL_CLASS
    class_size: Students | None = None


class RowRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lesson on each of `weekdays` (1 is Monday, 5 Friday), at `begins` for `minutes`, from `first` to `last`.

    `first` null: today; `last` null: the end of the term by the school's calendar. The own class by `class_id`, or by
    `class_name`. `teacher`: a person of the school; null: who enters it. `anyway`: though something else is planned.
    """

    subject: Subject
    weekdays: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=5)]], msgspec.Meta(min_length=1, max_length=5)]
    begins: Clock
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_MINUTES)] = 40
    rooms: Annotated[list[RoomRequest], msgspec.Meta(min_length=1, max_length=MAX_RURAL_SEATS)]
    classroom: Name = HOST_ROOM
    class_id: Id | None = None
    class_name: Name | None = None
    class_size: Students | None = None
    teacher: Id | None = None
    first: date | None = None
    last: date | None = None
    record: bool = False
    anyway: bool = False


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom that listens."""

    school: str
    classroom: str
    class_name: str


class OccurrenceView(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that was made of a row for a day. `is_moved`: it is held at another time than the row says."""

    lesson: str
    day: date
    start: datetime
    state: str
    cancelled: bool
    is_moved: bool


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """A row with the lessons that are to come. `teacher`: the name, "" where nobody has said; `is_mine`: of the
    caller's school, which alone may end it."""

    id: str
    weekdays: list[int]
    begins: str
    minutes: int
    subject: str
    supporter: str
    classroom: str
    class_name: str
    teacher: str
    rooms: list[RoomView]
    first: date
    last: date
    record: bool
    is_mine: bool
    lessons: list[OccurrenceView]


class TermView(msgspec.Struct, frozen=True, kw_only=True):
    """学期 by the school's calendar: the one of today, or the next."""

    name: str
    first: date
    last: date


class TeacherView(msgspec.Struct, frozen=True, kw_only=True):
    """Who may teach: a person of the school."""

    id: str
    name: str


class TimetableView(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that have not ended; `term` null: no calendar says how long it lasts."""

    items: list[RowView]
    term: TermView | None
    teachers: list[TeacherView]


class RowEntered(msgspec.Struct, frozen=True, kw_only=True):
    """The row, and how many lessons were made of it at once."""

    id: str
    lessons: int


@DOORS.door("GET", "/api/v1/timetable", may="keep_timetable", answers=TimetableView)
async def listing(call: Call[Nothing, Nothing]) -> TimetableView:
    """The rows that the caller's school has a part in, with the lessons of the next days."""
    store, at, own = call.app[STORE], call.app[CLOCK].at(), call.grant.school
    today, book = local_date(at), await store.registry.book()
    rows = await store.timetable.current(today, own)
    days = await store.timetable.days([row.id for row in rows], today)
    lessons = {one.id: one for one in await store.lessons.many([day.lesson for day in days])}
    people = await store.people.names(sorted({row.teacher for row in rows if row.teacher is not None}))
    teachers = [] if own is None else await store.people.present(own, today)
    return TimetableView(
        items=[_view(row, book, people, days, lessons, own) for row in rows],
        term=None if own is None else _term(book, own, today),
        teachers=[TeacherView(id=one.id, name=one.name) for one in teachers],
    )


@DOORS.door(
    "POST",
    "/api/v1/timetable",
    may="keep_timetable",
    body=RowRequest,
    answers=RowEntered,
    status=201,
    refuses=(
        "timetable_dates",
        "timetable_full",
        "timetable_conflict",
        "subject_unknown",
        "class_unknown",
        "class_needed",
        "classroom_unknown",
        "same_school",
        "bad_schedule",
        "person_unknown",
    ),
)
async def enter(call: Call[Nothing, RowRequest]) -> RowEntered:
    """Enter a lesson that comes every week; those of the next two weeks are made at once.

    What is in the way is named in `conflicts` of the refusal.
    """
    app, store, at = call.app, call.app[STORE], call.app[CLOCK].at()
    row = await _row(call, at)
    if len([one for one in await store.timetable.current(local_date(at), row.school) if one.school == row.school]) >= (
        MAX_ROWS
    ):
        raise Problem("timetable_full")
    if not call.body.anyway:
        people = await store.people.names([row.teacher] if row.teacher else [])
        workdays, book = await store.months.workdays(), await store.registry.book()
        mine = row_claim(row, book, people, max(row.first, local_date(at)), row.last, workdays)
        await require_free(store, mine, "timetable_conflict")
    await store.timetable.add(row, By(call.grant.actor, at))
    await app[TIMETABLER].go_round()
    days = await store.timetable.days([row.id], local_date(at))
    return RowEntered(id=row.id, lessons=len([one for one in days if one.is_made]))


@DOORS.door("POST", "/api/v1/timetable/{row}/end", may="keep_timetable", refuses=("timetable_unknown",))
async def end(call: Call[Nothing, Nothing]) -> None:
    """The row ends: no lesson is made of it any more, and those that nobody has begun are not held."""
    store, at = call.app[STORE], call.app[CLOCK].at()
    row = await store.timetable.get(call.path["row"])
    if row is None or call.grant.school not in (None, row.school):
        raise Problem("timetable_unknown")
    await store.timetable.end(row.id, By(call.grant.actor, at))
    await call.app[TIMETABLER].go_round()


async def _row(call: Call[Nothing, RowRequest], at: datetime) -> TimetableRow:
    """What was asked for, with the rooms and classes of the registry."""
    store, asked, own = call.app[STORE], call.body, call.grant.school
    if own is None:
        raise Problem("forbidden")
    whose, book, today = By(call.grant.actor, at), await store.registry.book(), local_date(at)
    subject = box_of(asked.subject)
    if subject is None:
        raise LessonError("subject_unknown")
    first, last = _span(asked, book, own, today)
    rooms = _rooms(asked, book, own)
    if asked.class_id is not None:
        known = book.classes.get(asked.class_id)
        if known is None or known.school != own:
            raise LessonError("class_unknown")
    elif asked.class_name is None:
        raise LessonError("class_needed")
    teacher = await _teacher(call, own, today, whose)
    class_name = asked.class_name if asked.class_id is None else book.classes[asked.class_id].name
    assert class_name is not None, "checked above"
    mine = await store.registry.school_class(own, class_name, asked.class_size, first, by=whose)
    host = await store.registry.classroom(own, asked.classroom, by=whose)
    seated = []
    for room, school in rooms:
        theirs = await store.registry.school_class(school, room.class_name, room.class_size, first, by=whose)
        seated.append(TimetableRoom(classroom=room.classroom, school=school, class_id=theirs.id))
    hours, minutes = asked.begins.split(":")
    return TimetableRow(
        id=call.app[NEW_ID](),
        school=own,
        classroom=host.id,
        class_id=mine.id,
        teacher=teacher,
        subject=subject,
        weekdays=tuple(sorted(set(asked.weekdays))),
        begins_min=int(hours) * 60 + int(minutes),
        minutes=asked.minutes,
        first=first,
        last=last,
        record=asked.record,
        rooms=tuple(seated),
        made_at=at,
    )


def _span(asked: RowRequest, book: Book, own: str, today: date) -> tuple[date, date]:
    """First and last day. Raises Problem(timetable_dates)."""
    first = asked.first or today
    term = _term(book, own, first)
    last = asked.last or (None if term is None else term.last)
    if last is None or last < max(first, today) or last - first > LONGEST or first < today - LONGEST:
        raise Problem("timetable_dates")
    return first, last


def _rooms(asked: RowRequest, book: Book, own: str) -> list[tuple[RoomRequest, str]]:
    """Each with its school. Raises LessonError: classroom_unknown, same_school, bad_schedule."""
    found = []
    for room in asked.rooms:
        known = book.classrooms.get(room.classroom)
        if known is None:
            raise LessonError("classroom_unknown")
        if known.school == own:
            raise LessonError("same_school")
        found.append((room, known.school))
    if len({room.classroom for room, _ in found}) < len(found):
        raise LessonError("bad_schedule")
    return found


async def _teacher(call: Call[Nothing, RowRequest], own: str, today: date, whose: By) -> str | None:
    """Raises RegistryError(person_unknown)."""
    store, asked = call.app[STORE], call.body.teacher
    if asked is not None:
        person = await store.people.get(asked)
        if person is None or person.school != own or person.has_left(today):
            raise RegistryError("person_unknown", asked)
        return person.id
    if "teach" not in call.grant.actions or call.grant.name is None:
        return None
    found = await store.people.teacher(own, call.grant.name, whose)
    return None if found is None else found.id


def _term(book: Book, school: str, day: date) -> TermView | None:
    to_come = (term for term in terms_of(book, school, day) if term.last >= day)
    term: Any = min(to_come, key=lambda one: one.first, default=None)
    return None if term is None else TermView(name=term.name, first=term.first, last=term.last)


def _view(
    row: TimetableRow,
    book: Book,
    people: Mapping[str, str],
    days: list[TimetableDay],
    lessons: Mapping[str, ListedLesson],
    own: str | None,
) -> RowView:
    mine = [one for one in days if one.row == row.id and one.lesson in lessons]
    return RowView(
        id=row.id,
        weekdays=list(row.weekdays),
        begins=f"{row.begins_min // 60:02}:{row.begins_min % 60:02}",
        minutes=row.minutes,
        subject=row.subject,
        supporter=book.schools[row.school].name,
        classroom=book.classrooms[row.classroom].name,
        class_name=book.classes[row.class_id].name,
        teacher=people.get(row.teacher or "", ""),
        rooms=[
            RoomView(
                school=book.schools[room.school].name,
                classroom=book.classrooms[room.classroom].name,
                class_name=book.classes[room.class_id].name,
            )
            for room in row.rooms
        ],
        first=row.first,
        last=row.last,
        record=row.record,
        is_mine=row.school == own,
        lessons=[_occurrence(row, one, lessons[one.lesson]) for one in mine],
    )


def _occurrence(row: TimetableRow, one: TimetableDay, lesson: ListedLesson) -> OccurrenceView:
    start = lesson.start_at.astimezone(SHANGHAI)
    begins = timedelta(minutes=row.begins_min)
    return OccurrenceView(
        lesson=lesson.id,
        day=one.day,
        start=start,
        state=lesson.state,
        cancelled=lesson.cancelled,
        is_moved=start != datetime.combine(one.day, datetime.min.time(), SHANGHAI) + begins,
    )
