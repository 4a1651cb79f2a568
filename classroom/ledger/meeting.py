"""教师网络研修: one meeting, with teachers of both schools online together."""

from collections.abc import Mapping, Sequence

import msgspec

from classroom.ledger.activity import Activity, Flag, State, TrainingKind
from classroom.ledger.facts import Period
from classroom.ledger.intervals import Intervals, bridge, intersect, total_ms, union
from classroom.ledger.kinds import Kind
from classroom.ledger.months import local_date
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.registry.facts import Pair, is_active


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """A registered teacher, whatever their role, and when they, or the room they signed in at, were connected."""

    person: str
    school: str
    connected: Intervals


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """研修活动, scheduled as itself: 评课 after a lesson is one only when it is planned as one."""

    id: str
    title: str
    kind: TrainingKind
    planned: Period
    pairs: tuple[str, ...]
    attendance: tuple[Attendance, ...]
    subjects: tuple[str, ...] = ()


def judge_meeting(meeting: Meeting, pairs: Sequence[Pair], rules: CountingRules | None = None) -> tuple[Activity, ...]:
    """An activity for each of the meeting's pairs, each on its own. There is no 待确认."""
    rules = rules or CountingRules()
    return tuple(_judged(meeting, pair, rules) for pair in pairs if pair.id in meeting.pairs)


def _judged(meeting: Meeting, pair: Pair, rules: CountingRules) -> Activity:
    people = _people(meeting, pair, rules)
    supporters, recipients = (
        union(*(time for (_, school), time in people.items() if school == side))
        for side in (pair.supporter, pair.recipient)
    )
    grace_ms = rules.reconnect_grace_s * 1000
    together = intersect(bridge(supporters, grace_ms), bridge(recipients, grace_ms))
    minutes = total_ms(together) // MINUTE_MS
    flags = _flags(meeting, pair, bool(supporters), bool(recipients), minutes, rules)
    present = [person for person, time in people.items() if _minutes(time) >= rules.training_person_min]
    participants = 0 if flags else len(present)
    return Activity(
        id=f"{meeting.id}.0.{pair.id}",
        kind=Kind.TRAINING,
        lesson=None,
        period=None,
        pair=pair.id,
        supporter=pair.supporter,
        recipient=pair.recipient,
        state=State.NOT_COUNTED if flags else State.COUNTED,
        flags=flags,
        begins_at=meeting.planned.start_at,
        ends_at=meeting.planned.end_at,
        planned=meeting.planned,
        zone=None,
        subjects=meeting.subjects,
        minutes=minutes,
        need=rules.training_need_min,
        low=rules.training_need_min,
        teachers=participants,
        students=0,
        participants=participants,
        title=meeting.title,
        training=meeting.kind,
    )


def _people(meeting: Meeting, pair: Pair, rules: CountingRules) -> Mapping[tuple[str, str], Intervals]:
    """(person, school) of the two schools → connected, short drops bridged; each person once."""
    pieces: dict[tuple[str, str], list[Intervals]] = {}
    for one in meeting.attendance:
        if one.school in (pair.supporter, pair.recipient):
            pieces.setdefault((one.person, one.school), []).append(one.connected)
    return {person: bridge(union(*some), rules.reconnect_grace_s * 1000) for person, some in pieces.items()}


def _flags(
    meeting: Meeting, pair: Pair, has_supporter: bool, has_recipient: bool, minutes: int, rules: CountingRules
) -> tuple[Flag, ...]:
    is_one_sided = has_supporter != has_recipient
    failing = {
        Flag.PAIR_INACTIVE: not is_active(pair, local_date(meeting.planned.start_at)),
        Flag.NOT_HELD: not has_supporter and not has_recipient,
        Flag.ONE_SIDED: is_one_sided,
        Flag.TOO_SHORT: has_supporter and has_recipient and minutes < rules.training_need_min,
    }
    return tuple(flag for flag, fails in failing.items() if fails)


def _minutes(time: Intervals) -> int:
    return total_ms(time) // MINUTE_MS
