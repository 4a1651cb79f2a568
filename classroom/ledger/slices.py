"""Slices: which presence each lesson period is judged on.

A period looks at its zone: its planned time with some minutes before and after, cut where a neighbour's zone begins. In
it counts what was connected under the lesson's own id, under an unplanned lesson that plainly was this one, and under
an earlier lesson of the same host room that was left open. Zones of neighbours never overlap, so no second is judged
twice. An unplanned lesson has no zone; it is trimmed instead.

Two timetable entries of one host room whose planned times overlap are a conflict, not neighbours: no break lies between
them to cut at, each keeps its zone and its own connections, and neither feeds the other.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from classroom.ledger.facts import Facts, Lesson, Period, Role, Seat
from classroom.ledger.intervals import Interval, Intervals, clip, subtract, to_ms, union
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.ledger.sessions import SIDES, Session, clusters, planned_for, sessions_of, trimmed, used_by_room
from classroom.registry.facts import Pair


class RoomSlice(msgspec.Struct, frozen=True, kw_only=True):
    """One room's presence inside a slice. A planned room that never joined is there with nothing in it."""

    seat: Seat
    role: Role
    seen: Intervals
    view_only: Intervals
    held_back: Intervals
    used: Intervals
    """Interactive, short drops bridged, then clipped."""

    @property
    def is_connected(self) -> bool:
        """Whether any media flowed at all."""
        return bool(self.seen or self.view_only)


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """One period of one lesson, or one unplanned lesson, with the presence that belongs to it."""

    lesson: Lesson
    number: int
    """Of the period, from 0."""
    period: Period | None
    zone: Interval | None
    begins_ms: int
    rooms: tuple[RoomSlice, ...]
    """The lesson's host room, further host rooms, rural rooms."""
    sources: tuple[str, ...]
    """Lesson ids that gave presence, the lesson's own first (always there)."""


def slices(facts: Facts, rules: CountingRules) -> tuple[Slice, ...]:
    """Every planned period, and every unplanned lesson that anybody joined; by host room, planned first.

    A room without a seat in the lesson it joined is left out: its school is unknown.
    """
    sessions = sessions_of(facts, rules)
    found: list[Slice] = []
    for room in dict.fromkeys(lesson.host_room for lesson in facts.lessons):
        lessons = [lesson for lesson in facts.lessons if lesson.host_room == room]
        mine = [session for session in sessions if session.lesson.host_room == room]
        found += _host_room_slices(lessons, mine, facts.pairs, rules)
    return tuple(found)


def zone_of(lesson: Lesson, period: Period, neighbours: Iterable[Period], rules: CountingRules) -> Interval:
    """The zone of `period`, cut at the middle of the break to each of `neighbours` (not cancelled periods of the room).

    Only zones that overlap are cut. A cancelled lesson's zone cuts nothing and is not cut.
    """
    start_ms, end_ms = to_ms(period.start_at), to_ms(period.end_at)
    before_ms, after_ms = rules.zone_before_min * MINUTE_MS, rules.zone_after_min * MINUTE_MS
    zone = Interval(start_ms - before_ms, end_ms + after_ms)
    if lesson.is_cancelled:
        return zone
    for other in neighbours:
        other_start, other_end = to_ms(other.start_at), to_ms(other.end_at)
        if other_end <= start_ms < other_end + after_ms + before_ms:
            zone = Interval(max(zone.start_ms, (other_end + start_ms) // 2), zone.end_ms)
        elif end_ms <= other_start < end_ms + after_ms + before_ms:
            zone = Interval(zone.start_ms, min(zone.end_ms, (end_ms + other_start) // 2))
    return zone


def _host_room_slices(
    lessons: Sequence[Lesson], sessions: Sequence[Session], pairs: Sequence[Pair], rules: CountingRules
) -> list[Slice]:
    planned = [lesson for lesson in lessons if lesson.periods]
    groups: dict[str, list[Session]] = {lesson.id: [] for lesson in planned}
    free: list[Session] = []
    for session in sorted(sessions, key=lambda session: not session.lesson.periods):
        home = session.lesson if session.lesson.periods else planned_for(session, planned, pairs, rules)
        (groups[home.id] if home else free).append(session)

    periods = [period for lesson in planned if not lesson.is_cancelled for period in lesson.periods]
    cuts: dict[str, int] = {}
    found: list[Slice] = []
    for lesson in planned:
        for number, period in enumerate(lesson.periods):
            zone = zone_of(lesson, period, periods, rules)
            left_open = [] if lesson.is_cancelled else _left_open_lessons(lesson, period, planned, groups)
            for session in [] if lesson.is_cancelled else free:
                if session.first_ms < zone.start_ms and session.lesson.is_test == lesson.is_test:
                    left_open.append(session)
                    cuts[session.lesson.id] = min(cuts.get(session.lesson.id, zone.start_ms), zone.start_ms)
            found.append(_planned_slice(lesson, number, zone, groups[lesson.id], left_open, rules))
    unplanned = (trimmed(session, cuts.get(session.lesson.id), rules) for session in free)
    return found + [_unplanned_slice(cluster, rules) for cluster in clusters(unplanned, rules)]


def _left_open_lessons(
    lesson: Lesson, period: Period, planned: Iterable[Lesson], groups: Mapping[str, Sequence[Session]]
) -> list[Session]:
    """Sessions of earlier planned lessons of this host room: they feed `period` as far as they were left open.

    A test never feeds a real lesson, nor a real lesson a test.
    """
    found: list[Session] = []
    for other in planned:
        if other.id == lesson.id or other.is_test != lesson.is_test:
            continue
        in_conflict = any(one.start_at < period.end_at and period.start_at < one.end_at for one in other.periods)
        if other.periods[0].end_at <= period.start_at and not in_conflict:
            found += groups[other.id]
    return found


def _planned_slice(
    lesson: Lesson,
    number: int,
    zone: Interval,
    own: Sequence[Session],
    left_open: Sequence[Session],
    rules: CountingRules,
) -> Slice:
    seats = {seat.room: seat for seat in lesson.seats}
    for session in own:
        _take_headcounts(seats, session.lesson)
    for session in (*own, *left_open):
        for seat in session.lesson.seats:
            seats.setdefault(seat.room, msgspec.structs.replace(seat, on_timetable=False))
    period = lesson.periods[number]
    return Slice(
        lesson=lesson,
        number=number,
        period=period,
        zone=zone,
        begins_ms=to_ms(period.start_at),
        rooms=_room_slices(lesson, seats, (*own, *left_open), zone, rules),
        sources=_sources(lesson, (*own, *left_open), zone),
    )


def _unplanned_slice(cluster: Sequence[Session], rules: CountingRules) -> Slice:
    lesson = cluster[0].lesson
    seats = {seat.room: seat for seat in lesson.seats}
    for session in cluster[1:]:
        _take_headcounts(seats, session.lesson)
        for seat in session.lesson.seats:
            seats.setdefault(seat.room, seat)
    return Slice(
        lesson=lesson,
        number=0,
        period=None,
        zone=None,
        begins_ms=cluster[0].begins_ms,
        rooms=_room_slices(lesson, seats, cluster, None, rules),
        sources=_sources(lesson, cluster, None),
    )


def _take_headcounts(seats: dict[str, Seat], other: Lesson) -> None:
    """What was confirmed under a merged lesson id holds where the lesson itself has nothing confirmed."""
    for seat in other.seats:
        mine = seats.get(seat.room)
        if mine is None:
            continue
        if mine.confirmed_students is None:
            mine = msgspec.structs.replace(mine, confirmed_students=seat.confirmed_students)
        if mine.confirmed_teachers is None:
            mine = msgspec.structs.replace(mine, confirmed_teachers=seat.confirmed_teachers)
        seats[seat.room] = mine


def _room_slices(
    lesson: Lesson,
    seats: Mapping[str, Seat],
    sessions: Iterable[Session],
    zone: Interval | None,
    rules: CountingRules,
) -> tuple[RoomSlice, ...]:
    """The rooms that joined, each in the role it had, and the planned ones that did not."""

    def inside(intervals: Intervals) -> Intervals:
        return intervals if zone is None else clip(intervals, zone)

    presence = [piece for session in sessions for piece in session.presence]
    planned = {seat.room for seat in lesson.seats}
    found: list[RoomSlice] = []
    for role in SIDES:
        used = used_by_room(presence, role, rules)
        for room, seat in seats.items():
            mine = [piece for piece in presence if piece.room == room and piece.role is role]
            seen = union(*(piece.interactive for piece in mine))
            one = RoomSlice(
                seat=seat,
                role=role,
                seen=inside(seen),
                view_only=inside(subtract(union(*(piece.view_only for piece in mine)), seen)),
                held_back=inside(union(*(piece.held_back for piece in mine))),
                used=inside(used.get(room, ())),
            )
            found.append(one)
    joined = {one.seat.room for one in found if one.is_connected}

    def belongs(one: RoomSlice) -> bool:
        planned_role = Role.HOST if one.seat.room == lesson.host_room else Role.RURAL
        is_absent = one.seat.room in planned and one.seat.room not in joined
        return one.is_connected or (is_absent and one.role is planned_role)

    rooms = filter(belongs, found)
    return tuple(sorted(rooms, key=lambda one: (one.role is Role.RURAL, one.seat.room != lesson.host_room)))


def _sources(lesson: Lesson, sessions: Iterable[Session], zone: Interval | None) -> tuple[str, ...]:
    def gave(session: Session) -> bool:
        pieces = union(*(piece.interactive + piece.view_only for piece in session.presence))
        return bool(pieces if zone is None else clip(pieces, zone))

    return tuple(dict.fromkeys([lesson.id, *(session.lesson.id for session in sessions if gave(session))]))
