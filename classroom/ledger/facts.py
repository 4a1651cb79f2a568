"""What the ledger is told: timetable, rooms, pairs, presence, people's words. Frozen, made by the caller from the
journal and the registry; the ledger reads nothing else. Schools, rooms, pairs and people are ids, never names.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from classroom.ledger.intervals import Intervals
from classroom.ledger.words import Word
from classroom.registry.facts import Pair


class Role(StrEnum):
    """What a room does in a lesson; being called on stage changes no role."""

    HOST = "host"
    """主讲教室: the room that teaches."""
    RURAL = "rural"
    """听课教室: a room that listens (in a reverse lesson the city room)."""
    OBSERVER = "observer"
    """观摩: never counted as a room."""
    MONITOR = "monitor"
    """巡视: never counted as a room."""


class Period(msgspec.Struct, frozen=True):
    """一节课的计划时间: planned start and end (aware instants, whole minutes, start < end)."""

    start_at: datetime
    end_at: datetime


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A classroom's place in one lesson, with the class that sits there. Numbers are None when nobody has said them."""

    room: str
    school: str
    students: int | None = None
    """班级名册人数 on the day of the lesson."""
    teachers: int | None = None
    """Teachers on the lesson in this room: 主讲教师, or 助教 in a rural room. 0 says no more than None."""
    confirmed_students: int | None = None
    """实到学生; 0 is a number."""
    confirmed_teachers: int | None = None
    """实到教师; 0 is a number."""
    on_timetable: bool = True
    """False: the room joined without having been planned."""
    class_id: str | None = None
    """The class that sits there."""


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """排课, as in force when it began. Without periods: an unplanned lesson (临时课), its pairs those of the rooms."""

    id: str
    host_room: str
    seats: tuple[Seat, ...]
    periods: tuple[Period, ...] = ()
    """In order of time; several are 连堂."""
    pairs: tuple[str, ...] = ()
    subject: str | None = None
    teacher: str | None = None
    """Who teaches (or stands in, 代课), as an id."""
    is_test: bool = False
    is_cancelled: bool = False
    observers: int = 0
    """Registered observers (named persons); public viewers are no input at all."""


class RoomPresence(msgspec.Struct, frozen=True, kw_only=True):
    """One room's connection under one lesson id, by the server's clock. Several of the same room simply add up."""

    lesson: str
    room: str
    role: Role
    interactive: Intervals = ()
    """INTERACTIVE 双向互动."""
    view_only: Intervals = ()
    """VIEW_ONLY 单向: connected, media flowing, but not interactive."""
    held_back: Intervals = ()
    """When the server had taken the room's video down to a rung without moving pictures (counts as receiving video)."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that one judgement looks at. Give every lesson of a host room for the whole local day (and any neighbour
    within half an hour of midnight): a period's zone depends on the periods beside it.
    """

    lessons: tuple[Lesson, ...]
    presence: tuple[RoomPresence, ...] = ()
    pairs: tuple[Pair, ...] = ()
    words: tuple[Word, ...] = ()
    """Those in force."""
