"""`/lessons/{lesson}/people`: whom a room of a meeting (教师网络研修) may sign in."""

from typing import Final

import msgspec
from aiohttp import web

from classroom.ledger.months import local_date
from classroom.lesson.errors import LessonError
from classroom.store.people import Person
from signaling.api.door import Call, Doors, Nothing
from signaling.context import CLOCK, STORE
from signaling.messages import Name
from signaling.problem import Problem
from signaling.scope import seat_in
from signaling.tries import Tries

DOORS = Doors("attendance")
MAX_ADDED: Final = 30
"""People whom one school's room may add to its list."""
ADDED_WITHIN_S: Final = 4 * 3600.0
ADDED = web.AppKey("people_added", Tries)


class PersonChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the room's own school."""

    person: str
    name: str


class PeopleChoices(msgspec.Struct, frozen=True, kw_only=True):
    """Who may be in the room, by name."""

    people: list[PersonChoice]


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A teacher whom the registry does not know yet."""

    name: Name


@DOORS.door(
    "GET",
    "/api/v1/lessons/{lesson}/people",
    may="take_part",
    answers=PeopleChoices,
    refuses=("lesson_unknown", "no_meeting"),
)
async def people(call: Call[Nothing, Nothing]) -> PeopleChoices:
    """The people of one's own room's school, to be signed in to a meeting."""
    school = await _school(call)
    found = await call.app[STORE].people.present(school, local_date(call.app[CLOCK].at()))
    return PeopleChoices(people=[_choice(person) for person in found])


@DOORS.door(
    "POST",
    "/api/v1/lessons/{lesson}/people",
    may="take_part",
    body=NewPerson,
    answers=PersonChoice,
    status=201,
    refuses=("lesson_unknown", "no_meeting", "name_shared", "too_many_people"),
)
async def add(call: Call[Nothing, NewPerson]) -> PersonChoice:
    """A teacher of the own school who is not on the list; of one name there is one person."""
    school = await _school(call)
    if not call.app[ADDED].allow(f"{call.path['lesson']}/{school}", call.app[CLOCK].now()):
        raise Problem("too_many_people")
    by = call.by
    person = await call.app[STORE].people.teacher(school, call.body.name.strip(), by)
    if person is None:
        raise Problem("name_shared")
    return _choice(person)


async def _school(call: Call[Nothing, Nothing] | Call[Nothing, NewPerson]) -> str:
    """The school of the caller's room in the meeting. Raises Problem(lesson_unknown), LessonError(no_meeting)."""
    store, lesson = call.app[STORE], call.path["lesson"]
    seat = await seat_in(store, call.grant, lesson)
    found = await store.lessons.get(lesson)
    if seat is None or found is None:
        raise Problem("lesson_unknown")
    if found.training is None:
        raise LessonError("no_meeting")
    return await store.lessons.school_of(lesson, seat)


def _choice(person: Person) -> PersonChoice:
    return PersonChoice(person=person.id, name=person.name)
