"""What is planned for the same room, class or teacher at the same time: lessons, the timetable, showings of courses."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from classroom.ledger.months import local_date
from classroom.ledger.subjects import spoken
from classroom.ledger.workdays import Workdays
from classroom.registry.book import Book
from classroom.registry.facts import Class, Classroom, School
from classroom.registry.names import school_named
from classroom.store.courses import Showing
from classroom.store.store import Store
from classroom.store.timetable import TimetableRow
from signaling.problem import Problem
from signaling.scheduling import HOST_ROOM, MAX_MINUTES, RURAL_CLASS, RURAL_ROOM, LessonRequest
from signaling.timetable import UNPLANNED, Claim, claim_of, clashes, days_of, of_row, of_showing, span_on

SAID: Final = 10
"""So many are named at most."""
UNSAID: Final = frozenset({HOST_ROOM, RURAL_CLASS})


async def require_free(store: Store, mine: Claim, code: str) -> None:
    """Raises Problem of this code, with what is in the way as `conflicts`."""
    if found := await in_the_way(store, mine):
        raise Problem(code, "；".join(found[:3]), more={"conflicts": found})


async def in_the_way(store: Store, mine: Claim) -> list[str]:
    """In words, the first SAID of them. Rooms and classes that nobody has named are in nobody's way."""
    mine = msgspec.structs.replace(mine, names={id: name for id, name in mine.names.items() if name not in UNSAID})
    if not mine.spans or not mine.names:
        return []
    begins, ends = mine.spans[0][0], mine.spans[-1][1]
    first, last = local_date(begins), local_date(ends)
    workdays, book = await store.months.workdays(), await store.registry.book()
    lessons = await store.lessons.between(begins - timedelta(minutes=MAX_MINUTES), ends)
    rows = await store.timetable.current(first)
    taken = {(one.row, one.day) for one in await store.timetable.days([row.id for row in rows], first)}
    teachers = [*(one.teacher for one in lessons), *(row.teacher for row in rows)]
    people = await store.people.names(sorted({one for one in teachers if one is not None}))
    claims = [claim_of(lesson, people) for lesson in lessons if lesson.state != "ended"]
    claims += [row_claim(row, book, people, first, last, workdays, taken) for row in rows]
    claims += await _showings(store, book, first, last, workdays)
    return clashes(mine, claims)[:SAID]


def row_claim(
    row: TimetableRow,
    book: Book,
    people: Mapping[str, str],
    first: date,
    last: date,
    workdays: Workdays,
    taken: set[tuple[str, date]] | frozenset[tuple[str, date]] = frozenset(),
) -> Claim:
    """A row's of the timetable from `first` to `last`, but for days that are lessons already (`taken`)."""
    weekly = of_row(row)
    days = (day for day in days_of(weekly, first, last, workdays) if (row.id, day) not in taken)
    teacher = people.get(row.teacher or "", "")
    rooms = [row.classroom, *(room.classroom for room in row.rooms)]
    classes = [row.class_id, *(room.class_id for room in row.rooms)]
    names = _names(book, rooms, classes)
    if row.teacher is not None and teacher:
        names[row.teacher] = teacher
    what = f"{spoken(row.subject)}（{teacher}）" if teacher else spoken(row.subject)
    return Claim(id=row.id, names=names, spans=[span_on(weekly, day) for day in days], what=what)


async def request_claim(
    store: Store, request: LessonRequest, supporter: School | str, teacher: str | None, at: datetime
) -> Claim:
    """A lesson's that is asked for. What the registry does not know yet is in nobody's way."""
    book, begins = await store.registry.book(), (request.start or at).astimezone(UTC)
    host = school_named(book, supporter) if isinstance(supporter, str) else supporter
    own = "" if host is None else host.id
    found = [_room(book, own, request.classroom), _class(book, own, request.class_id, request.class_name)]
    for one in request.recipients:
        school = school_named(book, one.school) if one.school else None
        room = book.classrooms.get(one.classroom_id or "") or _room(
            book, "" if school is None else school.id, one.classroom or RURAL_ROOM
        )
        if room is not None:
            found += [room, _class(book, room.school, None, one.class_name)]
    names = {one.id: one.name for one in found if one is not None}
    called = [one for one in await store.people.present(own, local_date(at)) if one.name == teacher]
    names |= {one.id: one.name for one in called if len(called) == 1}
    length = UNPLANNED if request.minutes is None else timedelta(minutes=request.minutes)
    return Claim(id="", names=names, spans=[(begins, begins + length)], what="")


async def moved_claim(store: Store, lesson: str, start: datetime | None, teacher: str | None) -> Claim:
    """A lesson's at another time, or with another teacher. Of an unknown lesson none."""
    listed = await store.lessons.get(lesson)
    if listed is None:
        return Claim(id=lesson, names={}, spans=[], what="")
    listed = msgspec.structs.replace(listed, teacher=teacher or listed.teacher)
    claim = claim_of(listed, await store.people.names([listed.teacher] if listed.teacher else []))
    shift = timedelta() if start is None else start - listed.start_at
    return msgspec.structs.replace(claim, spans=[(begins + shift, ends + shift) for begins, ends in claim.spans])


def showing_claim(showing: Showing, title: str, book: Book, first: date, last: date, workdays: Workdays) -> Claim:
    """A showing's from `first` to `last`; `title` is its course's."""
    weekly = of_showing(showing)
    return Claim(
        id=showing.id,
        names=_names(book, [showing.classroom], [showing.class_id]),
        spans=[span_on(weekly, day) for day in days_of(weekly, first, last, workdays)],
        what=f"课程《{title}》",
    )


async def _showings(store: Store, book: Book, first: date, last: date, workdays: Workdays) -> list[Claim]:
    titles = {one.id: one.title for one in await store.courses.all()}
    return [
        showing_claim(one, titles.get(one.course, ""), book, first, last, workdays)
        for one in await store.courses.showings()
    ]


def _room(book: Book, school: str, name: str) -> Classroom | None:
    return next((one for one in book.classrooms.values() if (one.school, one.name) == (school, name)), None)


def _class(book: Book, school: str, id: str | None, name: str | None) -> Class | None:
    known = (one for one in book.classes.values() if one.school == school)
    return next((one for one in known if (one.id == id if id else one.name == name)), None)


def _names(book: Book, rooms: Sequence[str], classes: Sequence[str]) -> dict[str, str]:
    return {room: book.classrooms[room].name for room in rooms} | {one: book.classes[one].name for one in classes}
