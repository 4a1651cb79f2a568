"""Marks (异常提示): what an officer should look at in an activity. They never change what counts."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final

from classroom.ledger.activity import Activity, Mark, NumberSource, RoomEvidence, State
from classroom.ledger.facts import Role
from classroom.ledger.intervals import intersect, to_ms, total_ms, union
from classroom.ledger.months import SHANGHAI, local_date, midnight
from classroom.ledger.workdays import Workdays

SHORT_PERCENT: Final = 70
"""同堂 below this share of the planned time."""
BRIDGED_PERCENT: Final = 25
"""Bridged drops above this share of the shared time."""
ROSTER_PERCENT: Final = 110
"""实到 above this share of the roster."""
EARLIEST: Final = time(7, 30)
LATEST: Final = time(18)


def marks_of(activity: Activity, others: Sequence[Activity], workdays: Workdays) -> tuple[Mark, ...]:
    """The marks of a judged activity. `others`: those of the same day and school, to find a teacher in two rooms."""
    begins = activity.begins_at.astimezone(SHANGHAI)
    is_held = activity.state is not State.NOT_COUNTED
    found = {
        Mark.SHORT: is_held and _is_short(activity),
        Mark.UNSTABLE: is_held and _is_unstable(activity),
        Mark.OVER_ROSTER: is_held and any(room.is_counted and _is_over_roster(room) for room in activity.rooms),
        Mark.TEACHER_TWICE: is_held and any(_has_same_teacher(activity, other) for other in others),
        Mark.DAY_OFF: is_held and not workdays.is_working(begins.date()),
        Mark.EARLY: is_held and begins.time() < EARLIEST,
        Mark.LATE: is_held and activity.ends_at.astimezone(SHANGHAI) > _latest(begins),
    }
    return tuple(mark for mark, is_so in found.items() if is_so)


def waiting_before(now: datetime, workdays: Workdays, days: int) -> datetime:
    """What is pending and began before this instant has waited more than `days` working days."""
    today = local_date(now)
    return midnight(workdays.before(today, days if workdays.is_working(today) else days + 1))


def _latest(begins: datetime) -> datetime:
    return datetime.combine(begins.date(), LATEST, SHANGHAI)


def _is_short(activity: Activity) -> bool:
    if activity.planned is None or not activity.rooms:
        return False
    planned_ms = to_ms(activity.planned.end_at) - to_ms(activity.planned.start_at)
    return _best_ms(activity) * 100 < planned_ms * SHORT_PERCENT


def _best_ms(activity: Activity) -> int:
    return max((room.shared_ms for room in activity.rooms if room.role is Role.RURAL), default=0)


def _is_unstable(activity: Activity) -> bool:
    """How much of the best room's shared time was no connection but a bridged drop of either side."""
    rural = [room for room in activity.rooms if room.role is Role.RURAL]
    if not rural:
        return False
    best = max(rural, key=lambda room: room.shared_ms)
    hosts_seen = union(*(room.seen for room in activity.rooms if room.role is Role.HOST))
    bridged_ms = best.shared_ms - total_ms(intersect(hosts_seen, best.seen))
    return bridged_ms * 100 > best.shared_ms * BRIDGED_PERCENT


def _is_over_roster(room: RoomEvidence) -> bool:
    count = room.headcount
    is_counted = count.students_from is NumberSource.CONFIRMED and bool(count.roster)
    return is_counted and count.students * 100 > (count.roster or 0) * ROSTER_PERCENT


def _has_same_teacher(one: Activity, other: Activity) -> bool:
    """Another lesson of the same teacher, at overlapping time, in another host room."""
    if one.teacher is None or one.teacher != other.teacher or one.lesson == other.lesson:
        return False
    is_elsewhere = _host_rooms(one).isdisjoint(_host_rooms(other))
    return is_elsewhere and one.begins_at < other.ends_at and other.begins_at < one.ends_at


def _host_rooms(activity: Activity) -> set[str]:
    return {room.room for room in activity.rooms if room.role is Role.HOST}
