"""Signing in (签到): which teachers take part in a meeting, and in which room. People are ids."""

from datetime import datetime

from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent, PersonSignedIn, PersonSignedOut
from classroom.lesson.lesson import Lesson, Seat, require_open, require_own, seat_of, stamps, with_seat

MAX_PEOPLE = 60
"""In one room: a whole school's teachers."""


def sign_in(lesson: Lesson, at: datetime, *, by: str, seat: str, person: str) -> list[AnyEvent]:
    """A teacher of the room's own school is in it; the same again is no event.

    Raises LessonError: no_meeting, too_many_people, lesson_not_open, lesson_ended, seat_unknown, forbidden.
    """
    room = _room(lesson, by, seat)
    if person in room.people:
        return []
    if len(room.people) >= MAX_PEOPLE:
        raise LessonError("too_many_people")
    return [PersonSignedIn(seat=seat, person=person, **next(stamps(lesson, at, by)))]


def sign_out(lesson: Lesson, at: datetime, *, by: str, seat: str, person: str) -> list[AnyEvent]:
    """It was a mistake: they do not take part in this room. Raises as sign_in."""
    room = _room(lesson, by, seat)
    return [PersonSignedOut(seat=seat, person=person, **next(stamps(lesson, at, by)))] if person in room.people else []


def _room(lesson: Lesson, by: str, seat: str) -> Seat:
    require_open(lesson)
    room = seat_of(lesson, seat)
    require_own(by, seat)
    if lesson.training is None:
        raise LessonError("no_meeting")
    return room


def on_signed_in(lesson: Lesson, event: PersonSignedIn) -> Lesson:
    people = lesson.seats[event.seat].people
    return with_seat(lesson, event.seat, people=(*people, event.person))


def on_signed_out(lesson: Lesson, event: PersonSignedOut) -> Lesson:
    people = lesson.seats[event.seat].people
    return with_seat(lesson, event.seat, people=tuple(person for person in people if person != event.person))
