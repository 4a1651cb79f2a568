"""教师网络研修: one meeting, with teachers of both schools online together."""

from collections.abc import Mapping, Sequence

import msgspec

from classroom.ledger.activity import (
    Activity,
    Attendance,
    Flag,
    Headcount,
    NumberSource,
    RoomEvidence,
    State,
    TrainingKind,
)
from classroom.ledger.facts import Period, Role
from classroom.ledger.intervals import Intervals, bridge, intersect, total_ms, union
from classroom.ledger.kinds import Kind
from classroom.ledger.months import local_date
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.ledger.words import Standing
from classroom.registry.facts import Pair, is_active

_NOBODY = Headcount(students=0, teachers=0, students_from=NumberSource.CONFIRMED, teachers_from=NumberSource.CONFIRMED)


class MeetingRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A room of the meeting and its connection, as logged: whoever signed in there was connected with it."""

    room: str
    school: str
    role: Role
    seen: Intervals = ()
    view_only: Intervals = ()
    held_back: Intervals = ()


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """研修活动, scheduled as itself: 评课 after a lesson is one only when it is planned as one."""

    id: str
    title: str
    kind: TrainingKind
    planned: Period
    pairs: tuple[str, ...]
    attendance: tuple[Attendance, ...]
    subjects: tuple[str, ...] = ()
    rooms: tuple[MeetingRoom, ...] = ()
    is_test: bool = False
    is_cancelled: bool = False


def judge_meeting(
    meeting: Meeting,
    pairs: Sequence[Pair],
    rules: CountingRules | None = None,
    said: Mapping[str, Standing] | None = None,
) -> tuple[Activity, ...]:
    """An activity for each of the meeting's pairs, each on its own. There is no 待确认.

    `said`: activity → what was said of it. A correction may say that it was a test or was not held, and how many
    teachers took part.
    """
    rules, said = rules or CountingRules(), said or {}
    return tuple(
        _judged(meeting, pair, rules, said.get(meeting_activity(meeting.id, pair.id), Standing()))
        for pair in pairs
        if pair.id in meeting.pairs
    )


def judge_meeting_again(activity: Activity, pair: Pair, said: Standing, rules: CountingRules) -> Activity:
    """A logged meeting's activity after a word or a change of its pair's status, from its own evidence."""
    assert activity.lesson is not None and activity.planned is not None and activity.training is not None
    meeting = Meeting(
        id=activity.lesson,
        title=activity.title,
        kind=activity.training,
        planned=activity.planned,
        pairs=(pair.id,),
        attendance=activity.attendance,
        subjects=activity.subjects,
        rooms=tuple(
            MeetingRoom(
                room=room.room,
                school=room.school,
                role=room.role,
                seen=room.seen,
                view_only=room.view_only,
                held_back=room.held_back,
            )
            for room in activity.rooms
        ),
        is_test=Flag.TEST in activity.flags,
        is_cancelled=Flag.CANCELLED in activity.flags,
    )
    return _judged(meeting, pair, rules, said)


def meeting_activity(meeting: str, pair: str) -> str:
    """The id of a meeting's activity of a pair."""
    return f"{meeting}.0.{pair}"


def _judged(meeting: Meeting, pair: Pair, rules: CountingRules, said: Standing) -> Activity:
    schools = (pair.supporter, pair.recipient)
    attendance = tuple(one for one in meeting.attendance if one.school in schools)
    people = _people(attendance, rules)
    supporters, recipients = (_side(people, side, rules) for side in schools)
    minutes = total_ms(intersect(supporters, recipients)) // MINUTE_MS
    absences = _absences(meeting, schools, supporters, recipients, minutes, rules)
    blocks = _blocks(meeting, pair, said)
    rooms = tuple(
        _room(room, attendance, recipients if room.school == pair.supporter else supporters, rules, said)
        for room in meeting.rooms
        if room.school in schools
    )
    is_named = bool(said.rooms)
    is_counted = not blocks and (is_named or not absences) and said.decided is not False
    participants = _participants(people, rooms, rules, said) if is_counted else 0
    is_rejected = said.decided is False and not blocks and not absences
    return Activity(
        id=meeting_activity(meeting.id, pair.id),
        kind=Kind.TRAINING,
        lesson=meeting.id,
        period=0,
        pair=pair.id,
        supporter=pair.supporter,
        recipient=pair.recipient,
        state=State.COUNTED if is_counted else State.NOT_COUNTED,
        flags=(
            *blocks,
            *(() if is_named else absences),
            *((Flag.REJECTED,) if is_rejected else ()),
            *((Flag.CORRECTED,) if said.is_corrected else ()),
        ),
        begins_at=meeting.planned.start_at,
        ends_at=meeting.planned.end_at,
        planned=meeting.planned,
        zone=None,
        subjects=meeting.subjects if said.subjects is None else said.subjects,
        minutes=minutes,
        need=rules.training_need_min,
        low=rules.training_need_min,
        teachers=participants,
        students=0,
        participants=participants,
        rooms=rooms,
        sources=(meeting.id,),
        title=meeting.title,
        training=meeting.kind,
        attendance=attendance,
        word=said.word if is_rejected or (is_counted and is_named) else None,
    )


def _people(attendance: Sequence[Attendance], rules: CountingRules) -> Mapping[tuple[str, str], Intervals]:
    """(person, school) → connected, short drops bridged; each person once, wherever they signed in."""
    pieces: dict[tuple[str, str], list[Intervals]] = {}
    for one in attendance:
        pieces.setdefault((one.person, one.school), []).append(one.connected)
    return {person: bridge(union(*some), rules.reconnect_grace_s * 1000) for person, some in pieces.items()}


def _side(people: Mapping[tuple[str, str], Intervals], school: str | None, rules: CountingRules) -> Intervals:
    """When any teacher of the school was there."""
    return bridge(
        union(*(time for (_, theirs), time in people.items() if theirs == school)), rules.reconnect_grace_s * 1000
    )


def _participants(
    people: Mapping[tuple[str, str], Intervals], rooms: Sequence[RoomEvidence], rules: CountingRules, said: Standing
) -> int:
    """Distinct teachers with enough minutes; numbers of a correction, of the whole or by room, take their place."""
    if said.all_teachers is not None:
        return said.all_teachers
    if said.teachers:
        return sum(room.headcount.teachers for room in rooms if room.is_counted)
    return sum(_minutes(time) >= rules.training_person_min for time in people.values())


def _room(
    room: MeetingRoom, attendance: Sequence[Attendance], others: Intervals, rules: CountingRules, said: Standing
) -> RoomEvidence:
    """A room's part: its people are those who signed in there, or as many as a correction says."""
    used = bridge(room.seen, rules.reconnect_grace_s * 1000)
    shared_ms = total_ms(intersect(used, others))
    signed_in = len({one.person for one in attendance if one.room == room.room})
    teachers = said.teachers.get(room.room, signed_in)
    is_long = _minutes(used) >= rules.training_person_min
    return RoomEvidence(
        room=room.room,
        school=room.school,
        role=room.role,
        on_timetable=True,
        seen=room.seen,
        view_only=room.view_only,
        held_back=room.held_back,
        used=used,
        shared_ms=shared_ms,
        minutes=shared_ms // MINUTE_MS,
        is_counted=teachers > 0 and (is_long or room.room in said.rooms or room.room in said.teachers),
        headcount=msgspec.structs.replace(_NOBODY, teachers=teachers),
    )


def _blocks(meeting: Meeting, pair: Pair, said: Standing) -> tuple[Flag, ...]:
    """Preconditions that fail, whoever was there."""
    failing = {
        Flag.PAIR_INACTIVE: not is_active(pair, local_date(meeting.planned.start_at)),
        Flag.TEST: meeting.is_test if said.is_test is None else said.is_test,
        Flag.CANCELLED: meeting.is_cancelled if said.is_cancelled is None else said.is_cancelled,
    }
    return tuple(flag for flag, fails in failing.items() if fails)


def _absences(
    meeting: Meeting,
    schools: tuple[str, str | None],
    supporters: Intervals,
    recipients: Intervals,
    minutes: int,
    rules: CountingRules,
) -> tuple[Flag, ...]:
    """Who was missing. A room that was connected with nobody signed in is told from one that never came."""
    there = {school: bool(time) for school, time in zip(schools, (supporters, recipients), strict=True)}
    connected = {room.school for room in meeting.rooms if room.seen}
    failing = {
        Flag.NOT_HELD: not any(there.values()) and not connected.intersection(schools),
        Flag.ONE_SIDED: sum(there.values()) == 1,
        Flag.NOT_SIGNED_IN: any(school in connected and not came for school, came in there.items()),
        Flag.TOO_SHORT: all(there.values()) and minutes < rules.training_need_min,
    }
    return tuple(flag for flag, fails in failing.items() if fails)


def _minutes(time: Intervals) -> int:
    return total_ms(time) // MINUTE_MS
