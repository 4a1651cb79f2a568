"""A lesson as it stands: the value that events fold into, and the small questions every command asks of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, Fault, Period, SeatPlan

State = Literal["scheduled", "open", "live", "ended"]
SOURCES = ("camera", "screen", "board", "students", "stand", "phone")
RUNGS = ("full", "lower", "lowest", "still", "slides", "audio")
"""The weak-line ladder from its top. From `still` on the server sends no moving pictures."""


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One source of a seat whose connection lives."""

    session: str
    state: Literal["flowing", "stalled"]


class Headcount(msgspec.Struct, frozen=True, kw_only=True):
    """实到人数, confirmed by somebody in the room."""

    students: int
    teachers: int


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom's place and how it is now. `streams` by source."""

    plan: SeatPlan
    present: bool = False
    device: str | None = None
    left_at: datetime | None = None
    muted: bool = False
    help: Fault | None = None
    headcount: Headcount | None = None
    rung: str = "full"
    streams: dict[str, Stream] = {}


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A hand that is up, since `at`."""

    seat: str
    at: datetime


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """One sitting (一节课). `seq` is that of the last event; `consents` are classes that may be recorded."""

    id: str
    seq: int
    state: State
    supporter: str
    subject: str
    periods: tuple[Period, ...]
    pairs: tuple[str, ...]
    seats: dict[str, Seat]
    is_test: bool
    observers: int
    scheduled_at: datetime
    opened_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    cancelled: bool = False
    hands: tuple[Hand, ...] = ()
    stage: str | None = None
    record_wanted: bool = False
    recording: bool = False
    teacher: str | None = None
    consents: frozenset[str] = frozenset()

    @property
    def rural(self) -> list[Seat]:
        """The seats that listen (听课教室)."""
        return [seat for seat in self.seats.values() if seat.plan.role == "rural"]

    @property
    def is_open(self) -> bool:
        """Whether seats can be taken."""
        return self.state in ("open", "live")

    @property
    def missing_consent(self) -> list[Seat]:
        """The seats whose class may not be recorded yet."""
        return [seat for seat in self.seats.values() if seat.plan.class_id not in self.consents]


def with_seat(lesson: Lesson, name: str, **changes: Any) -> Lesson:
    """The lesson with one seat changed."""
    seat = msgspec.structs.replace(lesson.seats[name], **changes)
    return msgspec.structs.replace(lesson, seats={**lesson.seats, name: seat})


def stamps(lesson: Lesson | None, at: datetime, by: str, lesson_id: str = "") -> Iterator[dict[str, Any]]:
    """What every event of one command shares, numbered on from the lesson's last event."""
    seq = 0 if lesson is None else lesson.seq
    while True:
        seq += 1
        yield {"lesson": lesson_id if lesson is None else lesson.id, "seq": seq, "at": at, "by": by}


def require_open(lesson: Lesson) -> None:
    """Raises LessonError: lesson_not_open before, lesson_ended after."""
    if lesson.state == "ended":
        raise LessonError("lesson_ended")
    if lesson.state == "scheduled":
        raise LessonError("lesson_not_open")


def require_not_ended(lesson: Lesson) -> None:
    """Raises LessonError(lesson_ended)."""
    if lesson.state == "ended":
        raise LessonError("lesson_ended")


def seat_of(lesson: Lesson, name: str) -> Seat:
    """The seat. Raises LessonError(seat_unknown)."""
    if name not in lesson.seats:
        raise LessonError("seat_unknown")
    return lesson.seats[name]


def require_present(seat: Seat) -> None:
    """Raises LessonError(seat_absent)."""
    if not seat.present:
        raise LessonError("seat_absent")


def require_teacher(by: str) -> None:
    """Lets the teacher, the server and the command line pass. Raises LessonError(forbidden)."""
    if by not in (HOST_SEAT, "server", "cli"):
        raise LessonError("forbidden")


def require_own(by: str, name: str) -> None:
    """Lets the seat's own classroom and its assistant pass. Raises LessonError(forbidden)."""
    if by not in (name, f"assistant:{name}"):
        raise LessonError("forbidden")


def require_own_or_teacher(by: str, name: str) -> None:
    """Lets those pass who may speak for the seat. Raises LessonError(forbidden)."""
    if by not in (name, f"assistant:{name}"):
        require_teacher(by)
