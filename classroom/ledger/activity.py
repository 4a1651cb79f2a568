"""What the ledger answers: an activity (活动) per pair and lesson period, its evidence, and the words for its flags."""

from datetime import datetime
from enum import StrEnum

import msgspec

from classroom.ledger.facts import Period, Role
from classroom.ledger.intervals import Interval, Intervals
from classroom.ledger.kinds import Kind
from classroom.ledger.plays import Viewing


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
    BY_HAND = "by_hand"
    CORRECTED = "corrected"
    ONE_SIDED = "one_sided"
    NOT_SIGNED_IN = "not_signed_in"
    TOO_SHORT = "too_short"

    @property
    def words(self) -> str:
        """The Chinese words shown to people."""
        return _WORDS[self]


class Mark(StrEnum):
    """异常提示: a thing to look at beside an activity. It never changes what counts."""

    SHORT = "short"
    UNSTABLE = "unstable"
    OVER_ROSTER = "over_roster"
    TEACHER_TWICE = "teacher_twice"
    DAY_OFF = "day_off"
    EARLY = "early"
    LATE = "late"
    WAITING = "waiting"
    """Not kept with the activity: it comes with time."""

    @property
    def words(self) -> str:
        """The Chinese words shown to people."""
        return _MARK_WORDS[self]


_MARK_WORDS = {
    Mark.SHORT: "同堂不足七成",
    Mark.UNSTABLE: "连接不稳",
    Mark.OVER_ROSTER: "实到超名册",
    Mark.TEACHER_TWICE: "教师同时在两处",
    Mark.DAY_OFF: "节假日活动",
    Mark.EARLY: "早于7:30",
    Mark.LATE: "晚于18:00",
    Mark.WAITING: "待确认过久",
}
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
    Flag.BY_HAND: "手工录入",
    Flag.CORRECTED: "已更正",
    Flag.ONE_SIDED: "单方研修",
    Flag.NOT_SIGNED_IN: "教师未签到",
    Flag.TOO_SHORT: "时长不足",
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
    roster: int | None = None
    """名册人数 on the day."""


class RoomEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One room's part in an activity: what was seen, what was used of it, what it gave."""

    room: str
    school: str
    class_id: str | None = None
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


class TrainingKind(StrEnum):
    """教师网络研修 of which kind; the value is the printed word."""

    PREPARATION = "集体备课"
    DIAGNOSIS = "教学诊断"
    THEME = "主题研修"


class HandEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """手工录入: what stands behind an activity that no log does. Who wrote it down is an id, never a name."""

    entry: str
    class_name: str
    reason: str
    students: int = 0
    teachers: int = 0
    files: tuple[str, ...] = ()
    link: str | None = None


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """A registered teacher, whatever their role, and when they, or the room they signed in at, were connected."""

    person: str
    school: str
    connected: Intervals
    room: str | None = None


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """活动: one pair, one lesson period (or viewing, or meeting), judged. Nobody took part unless it counts."""

    id: str
    """"{lesson}.{period}.{pair}", "hand.{entry}" and so on: the same facts always give the same id."""
    kind: Kind = Kind.SYNC
    lesson: str | None
    """None: no lesson's log stands behind it."""
    period: int | None
    """Counted from 0; 0 for an unplanned lesson."""
    pair: str
    supporter: str
    recipient: str | None
    state: State
    flags: tuple[Flag, ...]
    begins_at: datetime
    """Decides date and month: the planned start in force; unplanned: the first second together."""
    ends_at: datetime
    """The planned end; unplanned: the last second of the evidence."""
    planned: Period | None
    zone: Interval | None
    """Inside it presence was looked at; None for an unplanned lesson (no clip)."""
    subjects: tuple[str, ...]
    """Boxes of 涉及学科 in their order on paper; none where nobody has said."""
    minutes: int
    """ov of the best room."""
    need: int
    low: int
    teachers: int
    students: int
    observers: int = 0
    """Counted registered observers; 0 by default rule."""
    registered_observers: int = 0
    """All of them, counted or not."""
    participants: int
    """参与师生数 = teachers + students + observers."""
    host_participants: int = 0
    """Of these, the people of the side that teaches."""
    rooms: tuple[RoomEvidence, ...] = ()
    sources: tuple[str, ...] = ()
    """Lesson ids whose connections were looked at, the lesson's own first."""
    class_id: str | None = None
    """The class that teaches (专递, 名师: that watched)."""
    teacher: str | None = None
    """Who teaches, as an id; None where nobody has said."""
    title: str = ""
    """Of a resource or a meeting."""
    training: TrainingKind | None = None
    attendance: tuple[Attendance, ...] = ()
    """Who signed in to a meeting (研修), of both schools; ids."""
    hand: HandEvidence | None = None
    viewing: Viewing | None = None
    """专递, 名师: what the class watched, when a page told it."""
    word: str | None = None
    """The word that decided the state; None when none was needed or given."""
