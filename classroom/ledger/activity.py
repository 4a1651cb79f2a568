"""What the ledger answers: an activity (活动) per pair and lesson period, its evidence, and the words for its flags."""

from datetime import datetime
from enum import StrEnum

import msgspec

from classroom.ledger.facts import Confirmation, Period, Role
from classroom.ledger.intervals import Interval, Intervals


class State(StrEnum):
    """Whether an activity counts."""

    COUNTED = "counted"
    """计入."""
    PENDING = "pending"
    """待确认: 0 until a named person confirms."""
    NOT_COUNTED = "not_counted"
    """不计."""


class Flag(StrEnum):
    """A mark on an activity. The value is the stable code; `words` are Chinese and may be reworded."""

    PAIR_INACTIVE = "pair_inactive"
    TEST = "test"
    CANCELLED = "cancelled"
    NOT_HELD = "not_held"
    NO_RURAL_ROOM = "no_rural_room"
    NO_HOST_ROOM = "no_host_room"
    NOT_INTERACTIVE = "not_interactive"
    REVERSE = "reverse"
    PAIR_NOT_LISTED = "pair_not_listed"
    ROOM_NOT_LISTED = "room_not_listed"
    REJECTED = "rejected"
    BY_ROSTER = "by_roster"
    STUDENTS_MISSING = "students_missing"
    TEACHERS_MISSING = "teachers_missing"
    SUBJECT_MISSING = "subject_missing"

    @property
    def words(self) -> str:
        """The Chinese words shown to people."""
        return _WORDS[self]


_WORDS = {
    Flag.PAIR_INACTIVE: "结对未生效",
    Flag.TEST: "测试课",
    Flag.CANCELLED: "已取消",
    Flag.NOT_HELD: "未开展",
    Flag.NO_RURAL_ROOM: "结对教室未接入",
    Flag.NO_HOST_ROOM: "主讲教室未接入",
    Flag.NOT_INTERACTIVE: "未建立双向互动",
    Flag.REVERSE: "反向授课",
    Flag.PAIR_NOT_LISTED: "未排课结对",
    Flag.ROOM_NOT_LISTED: "未排课教室",
    Flag.REJECTED: "已驳回",
    Flag.BY_ROSTER: "按名册",
    Flag.STUDENTS_MISSING: "人数未填",
    Flag.TEACHERS_MISSING: "教师未填",
    Flag.SUBJECT_MISSING: "学科未填",
}


class NumberSource(StrEnum):
    """Where a headcount comes from."""

    CONFIRMED = "confirmed"
    """实到人数."""
    PLANNED = "planned"
    """The roster (按名册), or the teachers on the lesson."""
    MISSING = "missing"
    """Nobody said: 0."""


class Headcount(msgspec.Struct, frozen=True, kw_only=True):
    """参与师生数 of one room, each number with its source."""

    students: int
    teachers: int
    students_from: NumberSource
    teachers_from: NumberSource


class RoomEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One room's part in an activity: what was seen, what was used of it, what it gave."""

    room: str
    school: str
    role: Role
    on_timetable: bool
    seen: Intervals
    """Interactive connection inside the zone, as logged."""
    view_only: Intervals
    """Connected inside the zone without being interactive, as logged."""
    held_back: Intervals
    """Inside the zone, on a rung without moving pictures."""
    used: Intervals
    """`seen` with short drops bridged: what counting worked with."""
    shared_ms: int
    """Together with the other side."""
    minutes: int
    """`shared_ms` cut to whole minutes: ov, 同堂时长."""
    is_counted: bool
    """Whether the people of this room are among the participants (once the activity counts)."""
    headcount: Headcount


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """活动 (城乡同步课堂): one pair, one lesson period, judged. `participants` is 0 unless the state is COUNTED."""

    id: str
    """"{lesson}/{period number}/{pair}": the same facts always give the same id."""
    lesson: str
    period: int
    """Counted from 0; 0 for an unplanned lesson."""
    pair: str
    supporter: str
    recipient: str | None
    state: State
    flags: tuple[Flag, ...]
    begins_at: datetime
    """Decides date and month: the planned start in force; unplanned: the first second together."""
    planned: Period | None
    zone: Interval | None
    """Inside it presence was looked at; None for an unplanned lesson (no clip)."""
    subject: str | None
    minutes: int
    """ov of the best room."""
    need: int
    low: int
    teachers: int
    students: int
    observers: int
    """Counted registered observers; 0 by default rule."""
    participants: int
    """参与师生数 = teachers + students + observers."""
    rooms: tuple[RoomEvidence, ...]
    sources: tuple[str, ...]
    """Lesson ids whose connections were looked at, the lesson's own first."""
    confirmation: Confirmation | None
    """The word that decided a pending activity; None when none was needed or given."""
