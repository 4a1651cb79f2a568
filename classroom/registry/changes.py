"""Changes of the registry (名册): each is decided over the book as it stands, and is then written as a whole.

A function here takes the book and what is wanted, and gives the rows to write with the lines for the audit log; or it
raises RegistryError, and nothing is written. `new_id` makes ids; `at` is the instant of recording (UTC).
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from classroom.registry.book import Book, value_on
from classroom.registry.errors import RegistryError
from classroom.registry.facts import Class, Classroom, Fact, Pair, PairStatus, School, Size, StatusChange, status_on
from classroom.registry.fields import Field, Subject, check_day, check_since, field_of, parsed
from classroom.registry.names import clean, key, school_named

NewId = Callable[[], str]
MAX_STUDENTS: Final = 2000


class Noted(msgspec.Struct, frozen=True):
    """A line for the audit log: `school.added`, `school:{id}`, what changed."""

    action: str
    subject: str
    detail: Mapping[str, Any] = {}


class NewFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact to be written, with the subject that its row keeps."""

    subject: Subject
    fact: Fact
    reason: str = ""


class Batch(msgspec.Struct, kw_only=True):
    """Rows to write together. Sizes and statuses replace those of the same day; `recipients` names pairs' schools."""

    schools: list[School] = []
    renamed: list[School] = []
    classrooms: list[Classroom] = []
    classes: list[Class] = []
    sizes: list[tuple[str, Size]] = []
    pairs: list[Pair] = []
    recipients: list[tuple[str, str]] = []
    places: list[tuple[str, str | None, int | None]] = []
    statuses: list[tuple[str, StatusChange]] = []
    facts: list[NewFact] = []
    notes: list[Noted] = []


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A value to record, as JSON builtins. `seen`: the fact that was shown as the last to whoever writes this."""

    subject: Subject
    id: str
    field: str
    since: date
    value: Any
    seen: str | None = None
    is_checked: bool = True
    reason: str = ""


def add_school(book: Book, new_id: NewId, name: str, county: str | None = None) -> Batch:
    """A new school. Raises RegistryError(school_exists) where a name or another name is the same."""
    if (known := school_named(book, name)) is not None:
        raise RegistryError("school_exists", known.name)
    school = School(id=new_id(), name=clean(name), county=county)
    return Batch(schools=[school], notes=[Noted("school.added", f"school:{school.id}", {"name": school.name})])


def rename_school(
    book: Book,
    new_id: NewId,
    school: str,
    name: str,
    county: str | None,
    *,
    at: datetime,
    day: date,
    keeps_old: bool = True,
) -> Batch:
    """Another name and county of a school; with `keeps_old` the old name goes on as another name (别名).

    Raises RegistryError: school_unknown, school_exists.
    """
    old = known_school(book, school)
    other = school_named(book, name)
    if other is not None and other.id != school:
        raise RegistryError("school_exists", other.name)
    new = School(id=school, name=clean(name), county=county)
    detail = {"before": [old.name, old.county], "after": [new.name, new.county]}
    batch = Batch(renamed=[new], notes=[Noted("school.renamed", f"school:{school}", detail)])
    if keeps_old and key(old.name) != key(new.name):
        others = value_on(book, school, "aliases", day)
        kept = [alias for alias in (others.value if others else ()) if key(alias) != key(new.name)]
        fact = Fact(id=new_id(), subject_id=school, field="aliases", since=day, value=(*kept, old.name), recorded_at=at)
        batch.facts.append(NewFact(subject="school", fact=fact))
    return batch


def add_classroom(book: Book, new_id: NewId, school: str, name: str) -> Batch:
    """A new standing place. Raises RegistryError: school_unknown, name_taken."""
    known_school(book, school)
    if any(room.school == school and room.name == name for room in book.classrooms.values()):
        raise RegistryError("name_taken", name)
    room = Classroom(id=new_id(), school=school, name=name)
    return Batch(classrooms=[room], notes=[Noted("classroom.added", f"classroom:{room.id}", {"school": school})])


def add_class(book: Book, new_id: NewId, school: str, name: str, students: int | None, day: date) -> Batch:
    """A new class, its roster from `day` on. Raises RegistryError: school_unknown, name_taken, bad_size, bad_day."""
    known_school(book, school)
    if any(found.school == school and found.name == name for found in book.classes.values()):
        raise RegistryError("name_taken", name)
    made = Class(id=new_id(), school=school, name=name)
    batch = Batch(classes=[made], notes=[Noted("class.added", f"class:{made.id}", {"school": school, "name": name})])
    if students is not None:
        batch.sizes.append((made.id, _size(students, day)))
    return batch


def size_class(book: Book, class_id: str, students: int, day: date) -> Batch:
    """Another roster size from `day` on. Raises RegistryError: class_unknown, bad_size, bad_day."""
    if class_id not in book.classes:
        raise RegistryError("class_unknown", class_id)
    size = _size(students, day)
    before = [(known.since.isoformat(), known.students) for known in book.classes[class_id].sizes]
    detail = {"before": before, "since": day.isoformat(), "students": students}
    return Batch(sizes=[(class_id, size)], notes=[Noted("class.sized", f"class:{class_id}", detail)])


def size_classes(book: Book, sizes: Mapping[str, int], day: date) -> Batch:
    """The rosters of several classes from `day` on. Raises RegistryError: class_unknown, bad_size, bad_day."""
    whole = Batch()
    for class_id, students in sizes.items():
        one = size_class(book, class_id, students, day)
        whole.sizes += one.sizes
        whole.notes += one.notes
    return whole


def add_pair(
    book: Book,
    new_id: NewId,
    *,
    supporter: str,
    recipient: str | None,
    level: str | None,
    place: int | None = None,
    status: PairStatus,
    since: date,
) -> Batch:
    """A new pair. Raises RegistryError: school_unknown, same_school, pair_exists, recipient_missing, bad_day."""
    check_day(since)
    known_school(book, supporter)
    if recipient is not None:
        check_pairable(book, supporter, recipient)
    elif status == "active":
        raise RegistryError("recipient_missing")
    pair = Pair(id=new_id(), supporter=supporter, recipient=recipient, level=level, place=place)
    detail = {"supporter": supporter, "recipient": recipient, "status": status, "since": since.isoformat()}
    return Batch(
        pairs=[pair],
        statuses=[(pair.id, StatusChange(since=since, status=status))],
        notes=[Noted("pair.added", f"pair:{pair.id}", detail)],
    )


def activate(book: Book, new_id: NewId, supporter: str, recipient: str, day: date) -> Batch:
    """The pair of two schools by name is active from `day` on; schools and pair are made where there are none.

    A 待定 of a later day is overtaken too: a lesson planned ahead dates its pair's to the lesson's own day. Raises
    RegistryError: same_school, bad_day.
    """
    check_day(day)
    batch = Batch()
    schools = []
    for name in (supporter, recipient):
        school = school_named(book, name)
        if school is None:
            made = add_school(book, new_id, name)
            batch.schools += made.schools
            batch.notes += made.notes
            school = made.schools[0]
        schools.append(school)
    if key(schools[0].name) == key(schools[1].name):
        raise RegistryError("same_school", schools[0].name)
    both = schools[0].id, schools[1].id
    pair = next((pair for pair in book.pairs.values() if (pair.supporter, pair.recipient) == both), None)
    if pair is None:
        pair = Pair(id=new_id(), supporter=both[0], recipient=both[1])
        batch.pairs.append(pair)
    later = [change.since for change in pair.statuses if change.since > day and change.status == "待定"]
    days = [since for since in (day, *later) if status_on(pair, since) != "active"]
    batch.statuses += [(pair.id, StatusChange(since=since, status="active")) for since in days]
    if days:
        detail = {"supporter": both[0], "recipient": both[1], "before": status_on(pair, day), "since": day.isoformat()}
        batch.notes.append(Noted("pair.activated", f"pair:{pair.id}", detail))
    return batch


def set_status(
    book: Book, pair_id: str, status: PairStatus, since: date, *, recipient: str | None = None, reason: str = ""
) -> Batch:
    """The pair has another status from `since` on; a 待定 pair's school may be named with it.

    Raises RegistryError: pair_unknown, bad_day, recipient_missing, recipient_named, school_unknown, same_school,
    pair_exists.
    """
    check_day(since)
    pair = known_pair(book, pair_id)
    batch = Batch()
    if recipient is not None and recipient != pair.recipient:
        if pair.recipient is not None:
            raise RegistryError("recipient_named", book.schools[pair.recipient].name)
        check_pairable(book, pair.supporter, recipient)
        batch.recipients.append((pair_id, recipient))
    elif pair.recipient is None and status == "active":
        raise RegistryError("recipient_missing")
    detail = {
        "before": status_on(pair, since),
        "after": status,
        "since": since.isoformat(),
        "recipient": recipient,
        "reason": reason,
    }
    batch.statuses.append((pair_id, StatusChange(since=since, status=status)))
    batch.notes.append(Noted("pair.status_set", f"pair:{pair_id}", detail))
    return batch


def record(book: Book, new_id: NewId, wanted: Wanted, at: datetime) -> Batch:
    """A dated value. Raises RegistryError: field_unknown, school_unknown, pair_unknown, bad_value, bad_day, bad_order,
    too_early, terms_overlap, school_exists (a name that is another school's), stale."""
    field = field_of(wanted.subject, wanted.field)
    _check_subject(book, wanted.subject, wanted.id)
    last = last_recorded(book, wanted.id, wanted.field)
    if wanted.is_checked and wanted.seen != (last.id if last else None):
        raise RegistryError("stale", more={"fact": last.id if last else None})
    value = parsed(field, wanted.value)
    check_since(field, value, wanted.since)
    _check_references(book, field, wanted.id, value)
    fact = Fact(
        id=new_id(),
        subject_id=wanted.id,
        field=wanted.field,
        since=wanted.since,
        value=value,
        recorded_at=at,
    )
    before = None if last is None else {"since": last.since, "value": last.value}
    after = {"since": wanted.since, "value": value}
    detail = {"field": wanted.field, "before": before, "after": after, "reason": wanted.reason}
    return Batch(
        facts=[NewFact(subject=wanted.subject, fact=fact, reason=wanted.reason)],
        notes=[Noted("fact.recorded", f"{wanted.subject}:{wanted.id}", msgspec.to_builtins(detail))],
    )


def last_recorded(book: Book, subject_id: str, field: str) -> Fact | None:
    """What was said last, whenever it holds from."""
    return max(book.facts.get((subject_id, field), ()), key=lambda fact: (fact.recorded_at, fact.id), default=None)


def known_school(book: Book, school: str) -> School:
    """Raises RegistryError(school_unknown)."""
    if school not in book.schools:
        raise RegistryError("school_unknown", school)
    return book.schools[school]


def known_pair(book: Book, pair: str) -> Pair:
    """Raises RegistryError(pair_unknown)."""
    if pair not in book.pairs:
        raise RegistryError("pair_unknown", pair)
    return book.pairs[pair]


def check_pairable(book: Book, supporter: str, recipient: str) -> None:
    """Raises RegistryError: school_unknown, same_school, pair_exists."""
    names = known_school(book, supporter).name, known_school(book, recipient).name
    if supporter == recipient:
        raise RegistryError("same_school", names[0])
    if any((pair.supporter, pair.recipient) == (supporter, recipient) for pair in book.pairs.values()):
        raise RegistryError("pair_exists", " → ".join(names))


def _check_subject(book: Book, subject: Subject, id: str) -> None:
    if subject == "school":
        known_school(book, id)
    else:
        known_pair(book, id)


def _check_references(book: Book, field: Field, subject_id: str, value: Any) -> None:
    if field.name == "parent" and value is not None and known_school(book, value).id == subject_id:
        raise RegistryError("bad_value", field.label)
    if field.name != "aliases" or value is None:
        return
    for alias in value:
        other = school_named(book, alias)
        if other is not None and other.id != subject_id:
            raise RegistryError("school_exists", other.name)
    if len({key(alias) for alias in value}) < len(value):
        raise RegistryError("bad_value", field.label)


def _size(students: int, day: date) -> Size:
    check_day(day)
    if not 0 <= students <= MAX_STUDENTS:
        raise RegistryError("bad_size", str(students))
    return Size(since=day, students=students)
