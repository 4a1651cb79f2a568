"""A lesson as it stands: the value that events fold into, and the small questions every command asks of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, Fault, Layout, Paper, Period, QuestionShape, SeatPlan, Tool, Training

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
    """A classroom's place and how it is now. `streams` by source; `calls`: how often it was called on stage; `people`
    (签到) by id, of a meeting.

    `shown`: the source that is its picture, where that flows.
    """

    plan: SeatPlan
    present: bool = False
    device: str | None = None
    left_at: datetime | None = None
    muted: bool = False
    help: Fault | None = None
    headcount: Headcount | None = None
    rung: str = "full"
    shown: str = "camera"
    calls: int = 0
    praises: int = 0
    praised_at: datetime | None = None
    streams: dict[str, Stream] = {}
    people: tuple[str, ...] = ()


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A hand that is up, since `at`."""

    seat: str
    at: datetime


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """The seat that the last draw fell on."""

    seat: str
    at: datetime


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What a class was counted to say to a question; the fields are those of QuizTallied."""

    counts: tuple[int, ...]
    number: float | None = None
    present: int | None = None


class Quiz(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz that was started. `question`: the place of the one on the screens, since `asked_at`.

    `shown`: places of the questions whose counts are for all to see; `tallies` by seat and place.
    """

    questions: tuple[QuestionShape, ...]
    asked_at: datetime
    seconds: int | None = None
    question: int = 0
    shown: frozenset[int] = frozenset()
    tallies: dict[str, dict[int, Tally]] = {}


class Homework(msgspec.Struct, frozen=True, kw_only=True):
    """A task that was given. `works`: picture → whose class's it is; `marked`: those that somebody has written on."""

    works: dict[str, str] = {}
    marked: frozenset[str] = frozenset()


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What of the homework lies on a screen: a work, or the task itself."""

    homework: str
    work: str | None = None


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, as ids. `public` counts the lines to everybody; `last`: seat → its newest line's instant."""

    lines: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    last: dict[str, datetime] = {}
    public: int = 0
    closed: bool = False


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page that can be shown: page `number` (from 1) of a courseware, or an empty one of some `paper`."""

    id: str
    courseware: str | None = None
    number: int = 0
    paper: Paper | None = None


class Stroke(msgspec.Struct, frozen=True, kw_only=True):
    """A stroke on a page, as classroom.lesson.events.StrokeDrawn; `id` is that event's number."""

    id: int
    by: str
    ref: str
    tool: Tool
    colour: str
    width: int
    points: str


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """One sitting (一节课), or a meeting of teachers. `seq` is that of the last event; `consents` are classes that may
    be recorded, `withdrawn` those whose school has said that they must not be.

    `extended_min`: by how much it ends later by itself. `step`: the place of the plan's step that is on, since
    `step_at`; `spent_s`: step → seconds that it was on before.

    `quiz`: the one that is open, of all that were started; `desks` by seat. `pages` in their row, of `pages_version`
    (the number of the last event that changed it); `shown`: the page that everybody sees; `ink`: the strokes by page;
    `writers`: the classrooms that may write.
    """

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
    extended_min: int = 0
    step: int | None = None
    step_at: datetime | None = None
    spent_s: dict[int, float] = {}
    ended_at: datetime | None = None
    end_reason: str | None = None
    cancelled: bool = False
    hands: tuple[Hand, ...] = ()
    stage: str | None = None
    staged_at: datetime | None = None
    layout: Layout = "lecture"
    rotation: int | None = None
    drawn: Call | None = None
    chat: Chat = Chat()
    talk: str | None = None
    record_wanted: bool = False
    recording: bool = False
    teacher: str | None = None
    consents: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    quiz: str | None = None
    quizzes: dict[str, Quiz] = {}
    homework: dict[str, Homework] = {}
    desks: dict[str, Desk] = {}
    training: Training | None = None
    pages: tuple[Page, ...] = ()
    pages_version: int = 0
    shown: str | None = None
    ink: dict[str, tuple[Stroke, ...]] = {}
    strokes_drawn: int = 0
    writers: frozenset[str] = frozenset()

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
        """The seats whose class may not be recorded yet; none in a meeting, which no class is in."""
        return (
            [] if self.training else [seat for seat in self.seats.values() if seat.plan.class_id not in self.consents]
        )


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


def require_stage(lesson: Lesson, by: str) -> None:
    """Lets those pass who may say who is on every screen: in a meeting anybody with a seat. Raises LessonError."""
    if lesson.training is None or by.removeprefix("assistant:") not in lesson.seats:
        require_teacher(by)


def require_own_or_teacher(by: str, name: str) -> None:
    """Lets those pass who may speak for the seat. Raises LessonError(forbidden)."""
    if by not in (name, f"assistant:{name}"):
        require_teacher(by)
