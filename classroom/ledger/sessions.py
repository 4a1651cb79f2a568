"""Sessions: what was connected under one lesson id, and how unplanned ones are joined, trimmed and merged."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from classroom.ledger.facts import Facts, Lesson, Role, RoomPresence
from classroom.ledger.intervals import Interval, Intervals, bridge, clip, intersect, to_ms, union
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.registry.facts import Pair, joins

SIDES = (Role.HOST, Role.RURAL)


class Session(msgspec.Struct, frozen=True):
    """Everything connected under one lesson id; never empty."""

    lesson: Lesson
    presence: tuple[RoomPresence, ...]
    shared: Intervals
    """HOST ∩ any RURAL, short drops bridged."""
    first_ms: int
    """First moment anything was connected."""

    @property
    def begins_ms(self) -> int:
        """The first second together; without one, the first connection."""
        return self.shared[0].start_ms if self.shared else self.first_ms


def sessions_of(facts: Facts, rules: CountingRules) -> list[Session]:
    """One session for each lesson that anybody joined as host or rural room."""
    pieces: dict[str, list[RoomPresence]] = {}
    for piece in facts.presence:
        if piece.role in SIDES and (piece.interactive or piece.view_only):
            pieces.setdefault(piece.lesson, []).append(piece)
    return [make_session(lesson, pieces[lesson.id], rules) for lesson in facts.lessons if lesson.id in pieces]


def make_session(lesson: Lesson, presence: Iterable[RoomPresence], rules: CountingRules) -> Session:
    """The session of `presence`, which must hold at least one interval."""
    pieces = tuple(presence)
    hosts = union(*used_by_room(pieces, Role.HOST, rules).values())
    rural = union(*used_by_room(pieces, Role.RURAL, rules).values())
    return Session(
        lesson=lesson,
        presence=pieces,
        shared=intersect(hosts, rural),
        first_ms=min(interval.start_ms for piece in pieces for interval in piece.interactive + piece.view_only),
    )


def used_by_room(presence: Sequence[RoomPresence], role: Role, rules: CountingRules) -> dict[str, Intervals]:
    """Room → what counting works with: interactive time of all its sessions, short drops bridged."""
    pieces: dict[str, list[Interval]] = {}
    for piece in presence:
        if piece.role is role:
            room = pieces.setdefault(piece.room, [])
            room += piece.interactive
            if role is Role.RURAL and rules.count_view_only:
                room += piece.view_only
    return {room: bridge(intervals, rules.reconnect_grace_s * 1000) for room, intervals in pieces.items()}


def planned_for(
    session: Session, planned: Iterable[Lesson], pairs: Iterable[Pair], rules: CountingRules
) -> Lesson | None:
    """The planned lesson that an unplanned session was in truth: same pair, first shared second in or just before it.

    A cancelled lesson takes none: what is taught in its place is judged as unplanned.
    """
    if not session.shared or session.lesson.is_cancelled:
        return None
    first_ms = session.begins_ms
    ids = {pair.id for pair in pairs if _is_pair_of(pair, session)}
    for lesson in sorted(planned, key=lambda lesson: lesson.periods[0].start_at):
        if lesson.is_cancelled or lesson.is_test != session.lesson.is_test or not ids.intersection(lesson.pairs):
            continue
        for period in lesson.periods:
            if to_ms(period.start_at) - rules.zone_before_min * MINUTE_MS <= first_ms < to_ms(period.end_at):
                return lesson
    return None


def _is_pair_of(pair: Pair, session: Session) -> bool:
    schools = {seat.room: seat.school for seat in session.lesson.seats}
    hosts, rural = (
        {schools[piece.room] for piece in session.presence if piece.role is role and piece.room in schools}
        for role in SIDES
    )
    return any(joins(pair, host, other) for host in hosts for other in rural)


def trimmed(session: Session, cut_ms: int | None, rules: CountingRules) -> Session:
    """An unplanned session as far as it goes: to its limit, to the end of being together, to the zone of a planned
    lesson that it was left open into (`cut_ms`, after the session's first moment): a second belongs to one activity.
    """
    end_ms = session.first_ms + rules.adhoc_limit_min * MINUTE_MS
    if cut_ms is not None:
        end_ms = min(end_ms, cut_ms)
    if session.shared:
        end_ms = min(end_ms, bridge(session.shared, rules.adhoc_end_min * MINUTE_MS)[0].end_ms)
    window = Interval(session.first_ms, end_ms)
    presence = (
        msgspec.structs.replace(
            piece,
            interactive=clip(piece.interactive, window),
            view_only=clip(piece.view_only, window),
            held_back=clip(piece.held_back, window),
        )
        for piece in session.presence
    )
    return make_session(session.lesson, presence, rules)


def clusters(sessions: Iterable[Session], rules: CountingRules) -> list[list[Session]]:
    """Unplanned sessions of one host room that are one activity: same subject, a rural room in common, a short gap."""
    found: list[list[Session]] = []
    for session in sorted(sessions, key=lambda session: session.begins_ms):
        for cluster in found:
            if _continues(cluster[-1], session, rules):
                cluster.append(session)
                break
        else:
            found.append([session])
    return found


def _continues(before: Session, after: Session, rules: CountingRules) -> bool:
    if not before.shared or not after.shared:
        return False
    if _kind(before.lesson) != _kind(after.lesson):
        return False
    gap_ms = after.shared[0].start_ms - before.shared[-1].end_ms
    return gap_ms <= rules.adhoc_merge_min * MINUTE_MS and bool(
        _shared_rooms(before, rules) & _shared_rooms(after, rules)
    )


def _kind(lesson: Lesson) -> tuple[str | None, bool, bool]:
    return lesson.subject, lesson.is_test, lesson.is_cancelled


def _shared_rooms(session: Session, rules: CountingRules) -> set[str]:
    rural: Mapping[str, Intervals] = used_by_room(session.presence, Role.RURAL, rules)
    return {room for room, used in rural.items() if intersect(used, session.shared)}
