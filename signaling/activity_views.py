"""Activities (活动) as pages and API show them: names are of today, sentences in Chinese and English. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from classroom.ledger.activity import Activity, Flag, Mark, RoomEvidence, State
from classroom.ledger.intervals import Intervals, from_ms, total_ms
from classroom.ledger.months import SHANGHAI
from classroom.ledger.plays import Viewing
from classroom.ledger.reasons import reason_en, reason_zh
from classroom.ledger.rules import MINUTE_MS
from classroom.ledger.words import Numbers
from classroom.registry.book import Book
from classroom.store.activities import ActivityRow, Adjustment
from classroom.store.words import Seen, WordRow


class FlagView(msgspec.Struct, frozen=True):
    """A code and its Chinese words."""

    code: str
    text: str


class AdjustedView(msgspec.Struct, frozen=True):
    """What 补计 and 冲减 of the activity add up to, in later months."""

    count: int
    participants: int


class ActivityLine(msgspec.Struct, frozen=True, kw_only=True):
    """An activity in a list. `supporter` and `recipient` are names; `begins_at` in +08:00; `month` is the 工作月度."""

    id: str
    kind: str
    pair: str
    supporter: str
    recipient: str
    lesson: str | None
    begins_at: datetime
    ends_at: datetime
    state: str
    flags: list[FlagView]
    marks: list[FlagView]
    subjects: list[str]
    minutes: int
    need: int
    participants: int
    teachers: int
    students: int
    month: str
    reason: str
    reason_en: str
    is_hand: bool
    version: int
    adjusted: AdjustedView | None


class PlannedView(msgspec.Struct, frozen=True):
    """Instants in +08:00."""

    start: datetime
    end: datetime


class ConfirmedView(msgspec.Struct, frozen=True, kw_only=True):
    """A number of people that somebody in the room confirmed; `by` is a seat's id or the teacher."""

    students: int
    teachers: int
    by: str
    by_name: str
    at: datetime


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """A room's part in an activity. Intervals are pairs of instants in +08:00, half open."""

    room: str
    name: str
    school: str
    class_name: str
    role: str
    on_timetable: bool
    seen: list[tuple[datetime, datetime]]
    view_only: list[tuple[datetime, datetime]]
    held_back: list[tuple[datetime, datetime]]
    used: list[tuple[datetime, datetime]]
    minutes: int
    is_counted: bool
    students: int
    teachers: int
    students_from: str
    teachers_from: str
    roster: int | None
    confirmed: list[ConfirmedView]


class FileView(msgspec.Struct, frozen=True):
    """A file of evidence."""

    id: str
    name: str


class SeenView(msgspec.Struct, frozen=True, kw_only=True):
    """What an activity was before or after a word."""

    state: str
    participants: int
    teachers: int
    students: int
    subjects: list[str]
    minutes: int


class WordView(msgspec.Struct, frozen=True, kw_only=True):
    """A person's word on an activity. `by` is a kind and an id; `approved_*` says who decided a proposal."""

    id: str
    activity: str
    kind: str
    state: str
    by: str
    by_name: str
    at: datetime
    reason: str
    before: SeenView
    after: SeenView
    rooms: list[str]
    students: Numbers | None
    teachers: Numbers | None
    subjects: list[str] | None
    is_test: bool | None
    is_cancelled: bool | None
    files: list[FileView]
    link: str | None
    approved_by: str | None
    approved_by_name: str | None
    approved_at: datetime | None
    decision: str | None


class AdjustmentView(msgspec.Struct, frozen=True, kw_only=True):
    """补计 or 冲减 in the month that took it."""

    id: str
    into_month: str
    count: int
    participants: int
    words: str
    at: datetime


class PlayView(msgspec.Struct, frozen=True, kw_only=True):
    """A class watched parts of a video. `parts_s`: of it, in seconds from its beginning."""

    began_at: datetime
    ended_at: datetime
    classroom_name: str
    students: int | None
    parts_s: list[tuple[float, float]]


class ViewingView(msgspec.Struct, frozen=True, kw_only=True):
    """专递, 名师: all that the class watched of the video that day."""

    resource: str
    class_name: str
    length_s: float
    watched_s: float
    plays: list[PlayView]


class RecordingView(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a recording; viewing it is logged where it is viewed. `verdict`: in words, per lesson.
    `erased`: of those that are gone by rule, when and by which.

    It is no evidence for or against the activity: what counts is the log of connections.
    """

    files: int
    seconds: float
    verdict: list[str]
    erased: list[str]


class CountedView(msgspec.Struct, frozen=True, kw_only=True):
    """The return that holds the activity, and how that stands: `open` or `frozen`."""

    month: str
    state: str


class HandView(msgspec.Struct, frozen=True, kw_only=True):
    """手工录入: who wrote it down, and what."""

    by: str
    by_name: str
    at: datetime
    reason: str
    class_name: str
    students: int
    teachers: int


class AttendanceView(msgspec.Struct, frozen=True, kw_only=True):
    """签到 of a teacher in a meeting. `name` is "" once their entry was deleted."""

    person: str
    name: str
    school: str
    room: str
    minutes: int


class ActivityDetail(ActivityLine, frozen=True, kw_only=True):
    """An activity with all that stands behind it."""

    planned: PlannedView | None
    zone: PlannedView | None
    low: int
    title: str
    training_kind: str | None
    attendance: list[AttendanceView]
    rooms: list[RoomView]
    words: list[WordView]
    adjustments: list[AdjustmentView]
    sources: list[str]
    files: list[FileView]
    link: str | None
    hand: HandView | None
    recording: RecordingView | None
    viewing: ViewingView | None
    counted_in: CountedView


def line_of(
    row: ActivityRow,
    activity: Activity,
    names: Mapping[str, str],
    adjusted: tuple[int, int] | None,
    waiting_since: datetime,
) -> ActivityLine:
    """A list's line. `names`: school → name; `adjusted`: what its 补计 and 冲减 add up to.

    What is pending and began before `waiting_since` has waited too long.
    """
    marks = [Mark(mark) for mark in row.marks]
    if activity.state is State.PENDING and activity.begins_at < waiting_since:
        marks.append(Mark.WAITING)
    return ActivityLine(
        id=row.id,
        kind=row.kind.value,
        pair=row.pair,
        supporter=names.get(activity.supporter, activity.supporter),
        recipient=names.get(activity.recipient or "", ""),
        lesson=row.lesson,
        begins_at=row.begins_at.astimezone(SHANGHAI),
        ends_at=row.ends_at.astimezone(SHANGHAI),
        state=row.state,
        flags=[FlagView(flag, Flag(flag).words) for flag in row.flags],
        marks=[FlagView(mark.value, mark.words) for mark in marks],
        subjects=list(row.subjects),
        minutes=row.minutes,
        need=activity.need,
        participants=row.participants,
        teachers=activity.teachers,
        students=activity.students,
        month=row.month,
        reason=reason_zh(activity, names),
        reason_en=reason_en(activity, names),
        is_hand=row.is_hand,
        version=row.version,
        adjusted=None if adjusted is None else AdjustedView(*adjusted),
    )


def room_of(room: RoomEvidence, book: Book, confirmed: Sequence[ConfirmedView]) -> RoomView:
    """A room with its names."""
    classroom, its_class = book.classrooms.get(room.room), book.classes.get(room.class_id or "")
    school = book.schools.get(room.school)
    return RoomView(
        room=room.room,
        name=classroom.name if classroom else room.room,
        school=school.name if school else room.school,
        class_name=its_class.name if its_class else "",
        role=room.role.value,
        on_timetable=room.on_timetable,
        seen=_spans(room.seen),
        view_only=_spans(room.view_only),
        held_back=_spans(room.held_back),
        used=_spans(room.used),
        minutes=room.minutes,
        is_counted=room.is_counted,
        students=room.headcount.students,
        teachers=room.headcount.teachers,
        students_from=room.headcount.students_from.value,
        teachers_from=room.headcount.teachers_from.value,
        roster=room.headcount.roster,
        confirmed=list(confirmed),
    )


def attendance_of(activity: Activity, book: Book, people: Mapping[str, str]) -> list[AttendanceView]:
    """Who signed in, by school and room. `people`: person → name."""
    rooms = {room.room: room for room in activity.rooms}
    return [
        AttendanceView(
            person=one.person,
            name=people.get(one.person, ""),
            school=book.schools[one.school].name if one.school in book.schools else one.school,
            room=book.classrooms[one.room].name if one.room in book.classrooms else "",
            minutes=total_ms(rooms[one.room].used if one.room in rooms else one.connected) // MINUTE_MS,
        )
        for one in activity.attendance
    ]


class Proposal(WordView, frozen=True, kw_only=True):
    """A word that waits for the bureau, and the activity it is about; None once a log took a hand entry's place."""

    about: ActivityLine | None


def word_of(row: WordRow, people: Mapping[str, str], files: Mapping[str, str]) -> WordView:
    """A word with its names. `people`: "kind:id" → name; `files`: file → name."""
    by, decider = f"{row.actor.kind}:{row.actor.id}", None
    if row.decision is not None:
        decider = f"{row.decision.actor.kind}:{row.decision.actor.id}"
    subjects = row.change.subjects
    return WordView(
        id=row.id,
        activity=row.activity,
        kind=row.kind.value,
        state=row.state,
        by=by,
        by_name=people.get(by, by),
        at=row.at.astimezone(SHANGHAI),
        reason=row.reason,
        before=seen_of(row.before),
        after=seen_of(row.after),
        rooms=list(row.change.rooms),
        students=row.change.students,
        teachers=row.change.teachers,
        subjects=None if subjects is None else list(subjects),
        is_test=row.change.is_test,
        is_cancelled=row.change.is_cancelled,
        files=[FileView(file, files.get(file, file)) for file in row.evidence.files],
        link=row.evidence.link,
        approved_by=decider,
        approved_by_name=None if decider is None else people.get(decider, decider),
        approved_at=None if row.decision is None else row.decision.at.astimezone(SHANGHAI),
        decision=None if row.decision is None else row.decision.reason,
    )


def adjustment_of(line: Adjustment) -> AdjustmentView:
    """补计 where anything is added, else 冲减."""
    is_more = line.count > 0 or (line.count == 0 and line.participants > 0)
    return AdjustmentView(
        id=line.id,
        into_month=line.into_month,
        count=line.count,
        participants=line.participants,
        words="补计" if is_more else "冲减",
        at=line.at.astimezone(SHANGHAI),
    )


def seen_of(seen: Seen) -> SeenView:
    """With a list for its subjects."""
    return SeenView(
        state=seen.state,
        participants=seen.participants,
        teachers=seen.teachers,
        students=seen.students,
        subjects=list(seen.subjects),
        minutes=seen.minutes,
    )


def viewing_of(viewing: Viewing, book: Book) -> ViewingView:
    """A viewing with its names."""
    its_class = book.classes.get(viewing.seat.class_id or "")
    return ViewingView(
        resource=viewing.resource.id,
        class_name=its_class.name if its_class else "",
        length_s=viewing.resource.length_ms / 1000,
        watched_s=viewing.watched_ms / 1000,
        plays=[
            PlayView(
                began_at=play.began_at.astimezone(SHANGHAI),
                ended_at=play.ended_at.astimezone(SHANGHAI),
                classroom_name=room.name if (room := book.classrooms.get(play.seat.room)) else play.seat.room,
                students=play.seat.confirmed_students,
                parts_s=[(start / 1000, end / 1000) for start, end in play.seconds],
            )
            for play in viewing.plays
        ],
    )


def _spans(intervals: Intervals) -> list[tuple[datetime, datetime]]:
    return [(from_ms(start).astimezone(SHANGHAI), from_ms(end).astimezone(SHANGHAI)) for start, end in intervals]
