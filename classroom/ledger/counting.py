"""Counting (计数): facts → one judged activity per pair and lesson period, with the evidence for it.

Each pair is judged on its own. What counts is the time its supporter's host rooms and one of its recipient's rooms were
connected together, in both directions; the best room decides, and every room with enough time brings its people.
"""

from collections.abc import Sequence

import msgspec

from classroom.ledger.activity import Activity, Flag, Headcount, RoomEvidence, State
from classroom.ledger.facts import Confirmation, Facts, Role
from classroom.ledger.headcount import headcount, marks, with_a_teacher
from classroom.ledger.intervals import Intervals, from_ms, intersect, to_ms, total_ms, union
from classroom.ledger.months import local_date
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.ledger.slices import RoomSlice, Slice, slices
from classroom.registry.facts import Pair, is_active, joins


class _Sides(msgspec.Struct, frozen=True):
    """The rooms of one pair in one slice."""

    hosts: tuple[RoomSlice, ...]
    rural: tuple[RoomSlice, ...]
    is_reverse: bool

    @property
    def host_time(self) -> Intervals:
        """Two host rooms teach together: their time is one."""
        return union(*(room.used for room in self.hosts))

    @property
    def rural_time(self) -> Intervals:
        return union(*(room.used for room in self.rural))


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
    words: dict[str, Confirmation] = {}
    for word in sorted(facts.confirmations, key=lambda word: word.at):
        words[word.activity] = word
    return tuple(
        _judged(one, pair, words, rules) for one in slices(facts, rules) for pair in _pairs_of(one, facts.pairs)
    )


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


def _judged(one: Slice, pair: Pair, words: dict[str, Confirmation], rules: CountingRules) -> Activity:
    planned_ms = None if one.period is None else to_ms(one.period.end_at) - to_ms(one.period.start_at)
    need = rules.need_minutes(planned_ms)
    low = rules.low_minutes(need)
    sides = _sides(one, pair)
    rooms = _evidence(sides, low)
    best = max((room.minutes for room in rooms if room.role is Role.RURAL), default=0)
    is_listed = one.period is None or pair.id in one.lesson.pairs
    blocks = _blocks(one, pair)

    activity_id = f"{one.lesson.id}/{one.number}/{pair.id}"
    word: Confirmation | None = None
    if blocks or best < low:
        state = State.NOT_COUNTED
    elif best >= need and is_listed and not sides.is_reverse:
        state = State.COUNTED
    else:
        word = words.get(activity_id)
        state = _decided(word)

    present = [room.headcount for room in rooms if room.is_counted]
    counted = present if state is State.COUNTED else []
    observers = one.lesson.observers if counted and rules.count_observers else 0
    teachers, students = sum(count.teachers for count in counted), sum(count.students for count in counted)
    return Activity(
        id=activity_id,
        lesson=one.lesson.id,
        period=one.number,
        pair=pair.id,
        supporter=pair.supporter,
        recipient=pair.recipient,
        state=state,
        flags=(
            *blocks,
            *(_absences(sides) if best < low else (Flag.REVERSE,) if sides.is_reverse else ()),
            *(() if is_listed else (Flag.PAIR_NOT_LISTED,)),
            *((Flag.ROOM_NOT_LISTED,) if any(map(_is_unexpected, sides.rural)) else ()),
            *((Flag.REJECTED,) if word is not None and not word.accepted else ()),
            *(() if state is State.NOT_COUNTED else _gaps(one, present)),
        ),
        begins_at=from_ms(one.begins_ms),
        planned=one.period,
        zone=one.zone,
        subject=one.lesson.subject,
        minutes=best,
        need=need,
        low=low,
        teachers=teachers,
        students=students,
        observers=observers,
        participants=teachers + students + observers,
        rooms=rooms,
        sources=one.sources,
        confirmation=word,
    )


def _decided(word: Confirmation | None) -> State:
    """A pending activity after a named person's word."""
    if word is None:
        return State.PENDING
    return State.COUNTED if word.accepted else State.NOT_COUNTED


def _sides(one: Slice, pair: Pair) -> _Sides:
    """The pair's host and rural rooms; reverse when only the recipient has a host room."""

    def rooms(role: Role, school: str | None) -> tuple[RoomSlice, ...]:
        return tuple(room for room in one.rooms if room.role is role and room.seat.school == school)

    if not rooms(Role.HOST, pair.supporter) and rooms(Role.HOST, pair.recipient):
        return _Sides(rooms(Role.HOST, pair.recipient), rooms(Role.RURAL, pair.supporter), is_reverse=True)
    return _Sides(rooms(Role.HOST, pair.supporter), rooms(Role.RURAL, pair.recipient), is_reverse=False)


def _blocks(one: Slice, pair: Pair) -> tuple[Flag, ...]:
    """Preconditions that fail, each of which alone keeps the activity from counting."""
    failing = {
        Flag.PAIR_INACTIVE: not is_active(pair, local_date(from_ms(one.begins_ms))),
        Flag.TEST: one.lesson.is_test,
        Flag.CANCELLED: one.lesson.is_cancelled,
    }
    return tuple(flag for flag, fails in failing.items() if fails)


def _absences(sides: _Sides) -> tuple[Flag, ...]:
    """Who was missing from an activity without enough shared time; empty when both sides were there, only too short."""
    has_host = any(room.is_connected for room in sides.hosts)
    has_rural = any(room.is_connected for room in sides.rural)
    if not has_host and not has_rural:
        return (Flag.NOT_HELD,)
    if not has_rural:
        return (Flag.NO_RURAL_ROOM,)
    if not has_host:
        return (Flag.NO_HOST_ROOM,)
    if not sides.host_time or not sides.rural_time:
        return (Flag.NOT_INTERACTIVE,)
    return ()


def _is_unexpected(room: RoomSlice) -> bool:
    return room.is_connected and not room.seat.on_timetable


def _gaps(one: Slice, present: list[Headcount]) -> tuple[Flag, ...]:
    """What nobody has filled in yet, of an activity that counts or may."""
    return (*marks(present), *((Flag.SUBJECT_MISSING,) if one.lesson.subject is None else ()))


def _evidence(sides: _Sides, low: int) -> tuple[RoomEvidence, ...]:
    """Each room's part. The first host room that joined brings its people always, any other from `low` minutes on."""
    hosts: list[RoomEvidence] = []
    for room in sorted(sides.hosts, key=lambda room: not room.is_connected):
        is_first = not hosts and room.is_connected
        hosts.append(_room_evidence(room, sides.rural_time, low, is_first=is_first))
    if hosts and not any(host.headcount.teachers for host in hosts if host.is_counted):
        hosts[0] = msgspec.structs.replace(hosts[0], headcount=with_a_teacher(hosts[0].headcount))
    return (*hosts, *(_room_evidence(room, sides.host_time, low, is_first=False) for room in sides.rural))


def _room_evidence(room: RoomSlice, other_side: Intervals, low: int, *, is_first: bool) -> RoomEvidence:
    shared_ms = total_ms(intersect(other_side, room.used))
    return RoomEvidence(
        room=room.seat.room,
        school=room.seat.school,
        role=room.role,
        on_timetable=room.seat.on_timetable,
        seen=room.seen,
        view_only=room.view_only,
        held_back=room.held_back,
        used=room.used,
        shared_ms=shared_ms,
        minutes=shared_ms // MINUTE_MS,
        is_counted=is_first or shared_ms // MINUTE_MS >= low,
        headcount=headcount(room.seat),
    )
