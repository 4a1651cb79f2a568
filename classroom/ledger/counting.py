"""Counting (计数): facts → one judged activity per pair and lesson period, with the evidence for it.

Each pair is judged on its own. What counts is the time its supporter's host rooms and one of its recipient's rooms were
connected together, in both directions; the best room decides, and every room with enough time brings its people.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from classroom.ledger.activity import Activity, Flag, Headcount, RoomEvidence, State
from classroom.ledger.facts import Facts, Period, Role
from classroom.ledger.headcount import corrected, headcount, number_flags, on_roster, with_a_teacher
from classroom.ledger.intervals import Interval, Intervals, from_ms, intersect, to_ms, total_ms, union
from classroom.ledger.months import local_date
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.ledger.slices import RoomSlice, Slice, slices
from classroom.ledger.words import Standing, by_activity
from classroom.registry.facts import Pair, is_active, joins


class _Sides(msgspec.Struct, frozen=True):
    """The rooms of one pair in one slice."""

    hosts: tuple[RoomSlice, ...]
    rural: tuple[RoomSlice, ...]

    @property
    def host_time(self) -> Intervals:
        """Two host rooms teach together: their time is one."""
        return union(*(room.used for room in self.hosts))

    @property
    def rural_time(self) -> Intervals:
        return union(*(room.used for room in self.rural))


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What log and timetable say of one pair in one slice; no person's word is in it yet."""

    lesson: str
    period: int
    pair: Pair
    begins_at: datetime
    ends_at: datetime
    planned: Period | None
    zone: Interval | None
    rooms: tuple[RoomEvidence, ...]
    is_listed: bool
    is_test: bool
    is_cancelled: bool
    subjects: tuple[str, ...]
    observers: int
    sources: tuple[str, ...]
    class_id: str | None
    teacher: str | None
    need: int
    low: int

    @property
    def hosts(self) -> list[RoomEvidence]:
        return [room for room in self.rooms if room.role is Role.HOST]

    @property
    def rural(self) -> list[RoomEvidence]:
        return [room for room in self.rooms if room.role is Role.RURAL]

    @property
    def best(self) -> int:
        """ov of the best listening room."""
        return max((room.minutes for room in self.rural), default=0)

    @property
    def is_reverse(self) -> bool:
        """反向: the recipient teaches."""
        return any(room.school == self.pair.recipient for room in self.hosts)


def judge(facts: Facts, rules: CountingRules | None = None) -> tuple[Activity, ...]:
    """Every activity that `facts` hold, counted or not, by host room and time of planning.

    Judges what has happened so far: a lesson still to come is 未开展, so leave it out until it is over. The same facts
    and rules always give the same activities. Raises ValueError when a lesson names a pair that `facts` do not hold.
    """
    rules = rules or CountingRules()
    known = {pair.id for pair in facts.pairs}
    for lesson in facts.lessons:
        if missing := set(lesson.pairs) - known:
            raise ValueError(f"lesson {lesson.id} names unknown pairs: {', '.join(sorted(missing))}")
    said = by_activity(facts.words)
    return tuple(
        _decided(found, said.get(activity_id(found.lesson, found.period, pair.id), Standing()), rules)
        for one in slices(facts, rules)
        for pair in _pairs_of(one, facts.pairs)
        for found in (_found(one, pair, rules),)
    )


def judge_again(
    activity: Activity, pair: Pair, said: Standing, rules: CountingRules, rosters: Mapping[str, int] | None = None
) -> Activity:
    """A logged activity after a word, a change of its pair's status or of a class's size, from its own evidence.

    `said`: all words on it, so that each holds again. `rosters`: class → size on the day, of classes that changed.
    Nothing of the log is needed, which need not be kept as long.
    """
    assert activity.lesson is not None and activity.period is not None, "not a logged activity"
    found = _Found(
        lesson=activity.lesson,
        period=activity.period,
        pair=pair,
        begins_at=activity.begins_at,
        ends_at=activity.ends_at,
        planned=activity.planned,
        zone=activity.zone,
        rooms=tuple(_with_roster(room, rosters or {}) for room in activity.rooms),
        is_listed=Flag.PAIR_NOT_LISTED not in activity.flags,
        is_test=Flag.TEST in activity.flags,
        is_cancelled=Flag.CANCELLED in activity.flags,
        subjects=activity.subjects,
        observers=activity.registered_observers,
        sources=activity.sources,
        class_id=activity.class_id,
        teacher=activity.teacher,
        need=activity.need,
        low=activity.low,
    )
    return _decided(found, said, rules)


def activity_id(lesson: str, period: int, pair: str) -> str:
    """The id of a lesson period's activity of a pair."""
    return f"{lesson}.{period}.{pair}"


def _pairs_of(one: Slice, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs on the lesson, then those that only the rooms' schools make (each two schools once, active first)."""
    found = [pair for pair in pairs if pair.id in one.lesson.pairs]
    day = local_date(from_ms(one.begins_ms))
    hosts = dict.fromkeys(room.seat.school for room in one.rooms if room.role is Role.HOST)
    rural = dict.fromkeys(room.seat.school for room in one.rooms if room.role is Role.RURAL and room.is_connected)
    for host in hosts:
        for other in rural:
            between = [pair for pair in pairs if joins(pair, host, other)]
            if not any(pair in found for pair in between):
                found += [pair for pair in between if is_active(pair, day)] or between
    return found


def _found(one: Slice, pair: Pair, rules: CountingRules) -> _Found:
    planned_ms = None if one.period is None else to_ms(one.period.end_at) - to_ms(one.period.start_at)
    need = rules.need_minutes(planned_ms)
    return _Found(
        lesson=one.lesson.id,
        period=one.number,
        pair=pair,
        begins_at=from_ms(one.begins_ms),
        ends_at=_ends_at(one),
        planned=one.period,
        zone=one.zone,
        rooms=_evidence(_sides(one, pair)),
        is_listed=one.period is None or pair.id in one.lesson.pairs,
        is_test=one.lesson.is_test,
        is_cancelled=one.lesson.is_cancelled,
        subjects=() if one.lesson.subject is None else (one.lesson.subject,),
        observers=one.lesson.observers,
        sources=one.sources,
        class_id=next((seat.class_id for seat in one.lesson.seats if seat.room == one.lesson.host_room), None),
        teacher=one.lesson.teacher,
        need=need,
        low=rules.low_minutes(need),
    )


def _ends_at(one: Slice) -> datetime:
    """The planned end; of an unplanned lesson the end of what was connected."""
    if one.period is not None:
        return one.period.end_at
    ends = [interval.end_ms for room in one.rooms for interval in room.seen + room.view_only]
    return from_ms(max(ends, default=one.begins_ms))


def _sides(one: Slice, pair: Pair) -> _Sides:
    """The pair's host and rural rooms; reverse when only the recipient has a host room."""

    def rooms(role: Role, school: str | None) -> tuple[RoomSlice, ...]:
        return tuple(room for room in one.rooms if room.role is role and room.seat.school == school)

    if not rooms(Role.HOST, pair.supporter) and rooms(Role.HOST, pair.recipient):
        return _Sides(rooms(Role.HOST, pair.recipient), rooms(Role.RURAL, pair.supporter))
    return _Sides(rooms(Role.HOST, pair.supporter), rooms(Role.RURAL, pair.recipient))


def _evidence(sides: _Sides) -> tuple[RoomEvidence, ...]:
    """Each room's part, the host rooms that joined first."""
    hosts = sorted(sides.hosts, key=lambda room: not room.is_connected)
    return (
        *(_room_evidence(room, sides.rural_time) for room in hosts),
        *(_room_evidence(room, sides.host_time) for room in sides.rural),
    )


def _room_evidence(room: RoomSlice, other_side: Intervals) -> RoomEvidence:
    shared_ms = total_ms(intersect(other_side, room.used))
    return RoomEvidence(
        room=room.seat.room,
        school=room.seat.school,
        class_id=room.seat.class_id,
        role=room.role,
        on_timetable=room.seat.on_timetable,
        seen=room.seen,
        view_only=room.view_only,
        held_back=room.held_back,
        used=room.used,
        shared_ms=shared_ms,
        minutes=shared_ms // MINUTE_MS,
        is_counted=False,
        headcount=headcount(room.seat),
    )


def _with_roster(room: RoomEvidence, rosters: Mapping[str, int]) -> RoomEvidence:
    if room.class_id is None or room.class_id not in rosters:
        return room
    return msgspec.structs.replace(room, headcount=on_roster(room.headcount, rosters[room.class_id]))


def _decided(found: _Found, said: Standing, rules: CountingRules) -> Activity:
    blocks = _blocks(found, said)
    state, word = _state(found, said, blocks)
    rooms = _counted_rooms(found, said)
    present = [room for room in rooms if room.is_counted]
    counted = present if state is State.COUNTED else []
    people = _people(counted, said, found.observers if counted and rules.count_observers else 0)
    subjects = found.subjects if said.subjects is None else said.subjects
    return Activity(
        id=activity_id(found.lesson, found.period, found.pair.id),
        lesson=found.lesson,
        period=found.period,
        pair=found.pair.id,
        supporter=found.pair.supporter,
        recipient=found.pair.recipient,
        state=state,
        flags=(*blocks, *_flags(found, present, said, state, is_blocked=bool(blocks), has_subject=bool(subjects))),
        begins_at=found.begins_at,
        ends_at=found.ends_at,
        planned=found.planned,
        zone=found.zone,
        subjects=subjects,
        minutes=found.best,
        need=found.need,
        low=found.low,
        teachers=people.teachers,
        students=people.students,
        observers=people.observers,
        registered_observers=found.observers,
        participants=people.participants,
        host_participants=people.host_participants,
        rooms=rooms,
        sources=found.sources,
        class_id=found.class_id,
        teacher=found.teacher,
        word=word,
    )


def _blocks(found: _Found, said: Standing) -> tuple[Flag, ...]:
    """Preconditions that fail, each of which alone keeps the activity from counting."""
    failing = {
        Flag.PAIR_INACTIVE: not is_active(found.pair, local_date(found.begins_at)),
        Flag.TEST: found.is_test if said.is_test is None else said.is_test,
        Flag.CANCELLED: found.is_cancelled if said.is_cancelled is None else said.is_cancelled,
    }
    return tuple(flag for flag, fails in failing.items() if fails)


def _state(found: _Found, said: Standing, blocks: tuple[Flag, ...]) -> tuple[State, str | None]:
    """The state, and the word that decided it. Only a correction that names rooms counts what was too short."""
    if blocks:
        return State.NOT_COUNTED, None
    if said.rooms:
        return State.COUNTED, said.word
    if found.best < found.low:
        return State.NOT_COUNTED, None
    if found.best >= found.need and found.is_listed and not found.is_reverse:
        return State.COUNTED, None
    if said.decided is None:
        return State.PENDING, None
    return (State.COUNTED if said.decided else State.NOT_COUNTED), said.word


def _flags(
    found: _Found,
    present: Sequence[RoomEvidence],
    said: Standing,
    state: State,
    *,
    is_blocked: bool,
    has_subject: bool,
) -> tuple[Flag, ...]:
    is_short = found.best < found.low
    is_rejected = said.decided is False and not is_blocked and state is State.NOT_COUNTED and not is_short
    return (
        *(_absences(found) if is_short else (Flag.REVERSE,) if found.is_reverse else ()),
        *(() if found.is_listed else (Flag.PAIR_NOT_LISTED,)),
        *((Flag.ROOM_NOT_LISTED,) if any(map(_is_unexpected, found.rural)) else ()),
        *((Flag.REJECTED,) if is_rejected else ()),
        *((Flag.CORRECTED,) if said.is_corrected else ()),
        *(() if state is State.NOT_COUNTED else _gaps(present, said, has_subject=has_subject)),
    )


def _absences(found: _Found) -> tuple[Flag, ...]:
    """Who was missing from an activity without enough shared time; empty when both sides were there, only too short."""
    has_host = any(map(_is_connected, found.hosts))
    has_rural = any(map(_is_connected, found.rural))
    if not has_host and not has_rural:
        return (Flag.NOT_HELD,)
    if not has_rural:
        return (Flag.NO_RURAL_ROOM,)
    if not has_host:
        return (Flag.NO_HOST_ROOM,)
    if not any(room.used for room in found.hosts) or not any(room.used for room in found.rural):
        return (Flag.NOT_INTERACTIVE,)
    return ()


def _is_connected(room: RoomEvidence) -> bool:
    return bool(room.seen or room.view_only)


def _is_unexpected(room: RoomEvidence) -> bool:
    return _is_connected(room) and not room.on_timetable


def _gaps(present: Sequence[RoomEvidence], said: Standing, *, has_subject: bool) -> tuple[Flag, ...]:
    """What nobody has filled in yet, of an activity that counts or may."""
    known = set()
    if said.all_students is not None:
        known |= {Flag.BY_ROSTER, Flag.STUDENTS_MISSING}
    if said.all_teachers is not None:
        known.add(Flag.TEACHERS_MISSING)
    flags = number_flags([room.headcount for room in present])
    return (*(flag for flag in flags if flag not in known), *(() if has_subject else (Flag.SUBJECT_MISSING,)))


def _counted_rooms(found: _Found, said: Standing) -> tuple[RoomEvidence, ...]:
    """The rooms, and whose people take part, with the numbers that a correction gave.

    The first host room that joined brings its people always, any other room from `low` minutes on. Rooms that a
    correction names count whatever their minutes, and with them a host room that the log has not seen.
    """
    rooms: list[RoomEvidence] = []
    for place, room in enumerate(found.rooms):
        is_host = room.role is Role.HOST
        is_first = is_host and place == 0 and (_is_connected(room) or bool(said.rooms))
        is_named = not is_host and room.room in said.rooms
        counts = is_first or is_named or room.minutes >= found.low
        rooms.append(msgspec.structs.replace(room, is_counted=counts, headcount=_as_said(room, said)))
    teaching = [place for place, room in enumerate(rooms) if room.role is Role.HOST and room.is_counted]
    if teaching and not any(rooms[place].headcount.teachers for place in teaching):
        first = rooms[teaching[0]]
        rooms[teaching[0]] = msgspec.structs.replace(first, headcount=with_a_teacher(first.headcount))
    return tuple(rooms)


def _as_said(room: RoomEvidence, said: Standing) -> Headcount:
    """The room's numbers, those of a correction in the place of those confirmed in the room."""
    return corrected(room.headcount, said.students.get(room.room), said.teachers.get(room.room))


class _People(msgspec.Struct, frozen=True, kw_only=True):
    teachers: int = 0
    students: int = 0
    observers: int = 0
    participants: int = 0
    host_participants: int = 0


def _people(counted: Sequence[RoomEvidence], said: Standing, observers: int) -> _People:
    """参与师生数 of the counted rooms; a number said of the whole takes the place of the rooms' sum."""
    if not counted:
        return _People()
    teachers = sum(room.headcount.teachers for room in counted)
    students = sum(room.headcount.students for room in counted)
    hosts = [room.headcount for room in counted if room.role is Role.HOST]
    teachers = teachers if said.all_teachers is None else said.all_teachers
    students = students if said.all_students is None else said.all_students
    participants = teachers + students + observers
    return _People(
        teachers=teachers,
        students=students,
        observers=observers,
        participants=participants,
        host_participants=min(participants, sum(host.teachers + host.students for host in hosts)),
    )
