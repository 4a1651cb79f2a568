"""What comes every week — lessons (课表), showings (排播) — on which days, and what is in whose way. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from classroom.ledger.months import SHANGHAI, midnight
from classroom.ledger.subjects import spoken
from classroom.ledger.workdays import Workdays
from classroom.registry.book import Book, value_on
from classroom.store.courses import Showing
from classroom.store.lessons import ListedLesson
from classroom.store.timetable import TimetableRow

UNPLANNED: Final = timedelta(minutes=45)
"""How long a lesson is taken to be that has no planned end."""
WEEKDAYS: Final = "一二三四五六日"
Span = tuple[datetime, datetime]


class Weekly(msgspec.Struct, frozen=True, kw_only=True):
    """On `weekdays` (1 is Monday) from `first` to `last`; without any on every day of these, for what comes once."""

    weekdays: tuple[int, ...]
    first: date
    last: date
    begins_min: int
    minutes: int


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What takes rooms, classes and a teacher, by their ids in `names`. `id`: its own; `what`: in words."""

    id: str
    names: Mapping[str, str]
    spans: Sequence[Span]
    what: str


def of_showing(showing: Showing) -> Weekly:
    return Weekly(
        weekdays=() if showing.weekday is None else (showing.weekday,),
        first=showing.first,
        last=showing.last,
        begins_min=showing.begins_min,
        minutes=showing.minutes,
    )


def of_row(row: TimetableRow) -> Weekly:
    return Weekly(weekdays=row.weekdays, first=row.first, last=row.last, begins_min=row.begins_min, minutes=row.minutes)


def days_of(weekly: Weekly, first: date, last: date, workdays: Workdays) -> Iterator[date]:
    """The days in a span on which it comes: what is weekly rests on days off."""
    day = max(first, weekly.first)
    while day <= min(last, weekly.last):
        if not weekly.weekdays or (day.isoweekday() in weekly.weekdays and workdays.is_working(day)):
            yield day
        day += timedelta(days=1)


def span_on(weekly: Weekly, day: date) -> Span:
    """From when to when it lasts on a day."""
    begins = midnight(day) + timedelta(minutes=weekly.begins_min)
    return begins, begins + timedelta(minutes=weekly.minutes)


def terms_of(book: Book, school: str, day: date) -> tuple[Any, ...]:
    """The terms (学期) of a school's calendar (校历) as it is on a day; none where nobody has entered it."""
    fact = value_on(book, school, "calendar", day)
    return () if fact is None else tuple(fact.value)


def is_taught(book: Book, row: TimetableRow, day: date) -> bool:
    """Whether none of the schools has its holidays then, by those calendars that are entered."""
    calendars = [terms_of(book, school, day) for school in (row.school, *(room.school for room in row.rooms))]
    return all(any(term.first <= day <= term.last for term in terms) for terms in calendars if terms)


def claim_of(lesson: ListedLesson, people: Mapping[str, str]) -> Claim:
    """A lesson's. `people`: person → name."""
    names = {seat.classroom_id: seat.classroom for seat in lesson.seats}
    names |= {seat.class_id: seat.class_name for seat in lesson.seats if seat.class_id}
    teacher = people.get(lesson.teacher or "", "")
    if lesson.teacher is not None and teacher:
        names[lesson.teacher] = teacher
    begins = lesson.start_at
    what = lesson.training or spoken(lesson.subject)
    return Claim(
        id=lesson.id,
        names=names,
        spans=[(begins, lesson.end_at or begins + UNPLANNED)],
        what=f"{what}（{teacher}）" if teacher else what,
    )


def clashes(mine: Claim, others: Iterable[Claim]) -> list[str]:
    """What takes the same room, class or teacher at the same time, in words: of each the first time.

    一号教室 12月1日 周二 08:50 已有 数学（王老师）
    """
    found = []
    for other in others:
        shared = [name for id, name in other.names.items() if id in mine.names]
        begins = _first_common(mine.spans, other.spans) if shared and other.id != mine.id else None
        if begins is not None:
            at = begins.astimezone(SHANGHAI)
            when = f"{at.month}月{at.day}日 周{WEEKDAYS[at.weekday()]} {at:%H:%M}"
            found.append(f"{'、'.join(shared)} {when} 已有 {other.what}")
    return found


def _first_common(mine: Sequence[Span], theirs: Sequence[Span]) -> datetime | None:
    """When the first of theirs begins that overlaps one of mine. Both in order, neither overlapping itself."""
    place = 0
    for begins, ends in theirs:
        while place < len(mine) and mine[place][1] <= begins:
            place += 1
        if place < len(mine) and mine[place][0] < ends:
            return begins
    return None
