"""The registry as one immutable book, by id, and what a teacher may choose from it."""

from collections.abc import Mapping
from datetime import date

import msgspec

from classroom.registry.facts import Class, Classroom, Fact, Pair, PairStatus, School, status_on, students_on


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the registry holds, each by its id."""

    schools: dict[str, School]
    classrooms: dict[str, Classroom]
    classes: dict[str, Class]
    pairs: dict[str, Pair]
    facts: Mapping[tuple[str, str], tuple[Fact, ...]] = {}
    """(id of a school or pair, field) → its facts in order of `since`; of one day only the latest recorded."""


def fact_on(book: Book, subject_id: str, field: str, day: date) -> Fact | None:
    """The fact in force on a day, one that takes the value back included; None before the first."""
    found = None
    for fact in book.facts.get((subject_id, field), ()):
        if fact.since > day:
            break
        found = fact
    return found


def value_on(book: Book, subject_id: str, field: str, day: date) -> Fact | None:
    """The fact whose value holds on a day; None where nobody has said, or the value has been taken back."""
    found = fact_on(book, subject_id, field, day)
    return None if found is None or found.value is None else found


class ClassChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A class and its roster size on the day."""

    id: str
    name: str
    students: int | None


class OwnChoice(msgspec.Struct, frozen=True, kw_only=True):
    """The teacher's own school."""

    school: str
    classes: list[ClassChoice]


class ClassroomChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom of a paired school, and the classes that may sit in it."""

    id: str
    name: str
    classes: list[ClassChoice]


class PairChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A paired school and its classrooms."""

    pair: str
    school: str
    level: str | None
    status: PairStatus
    classrooms: list[ClassroomChoice]


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher of one school may make a lesson of."""

    own: OwnChoice
    pairs: list[PairChoice]


def choices(book: Book, school: str, day: date) -> Choices:
    """The classes of a school and the recipients it supports on a day (active and 待定), sorted by name."""
    return Choices(
        own=OwnChoice(school=book.schools[school].name, classes=_classes(book, school, day)),
        pairs=sorted(
            (
                _pair_choice(book, pair, status, day)
                for pair in book.pairs.values()
                if pair.supporter == school and (status := status_on(pair, day)) in ("active", "待定")
            ),
            key=lambda choice: (choice.status != "active", choice.school),
        ),
    )


def _pair_choice(book: Book, pair: Pair, status: PairStatus, day: date) -> PairChoice:
    if pair.recipient is None:
        return PairChoice(pair=pair.id, school="", level=pair.level, status=status, classrooms=[])
    classes = _classes(book, pair.recipient, day)
    rooms = [
        ClassroomChoice(id=room.id, name=room.name, classes=classes)
        for room in book.classrooms.values()
        if room.school == pair.recipient
    ]
    return PairChoice(
        pair=pair.id,
        school=book.schools[pair.recipient].name,
        level=pair.level,
        status=status,
        classrooms=sorted(rooms, key=lambda room: room.name),
    )


def _classes(book: Book, school: str, day: date) -> list[ClassChoice]:
    found = [
        ClassChoice(id=school_class.id, name=school_class.name, students=students_on(school_class, day))
        for school_class in book.classes.values()
        if school_class.school == school
    ]
    return sorted(found, key=lambda choice: choice.name)
