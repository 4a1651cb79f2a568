"""Roll-up (汇总): a number on a return is a list of activity ids first and a count second."""

from collections.abc import Iterable, Sequence

import msgspec

from classroom.ledger.activity import Activity, State
from classroom.ledger.kinds import Kind
from classroom.ledger.months import MonthWindow, window_of
from classroom.ledger.subjects import in_order


class MonthTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One form of one work month: 活动次数, 参与师生数, 涉及学科."""

    month: str
    activities: tuple[str, ...]
    """Ids of the counted activities, in order of time."""
    count: int
    participants: int
    subjects: tuple[str, ...]
    """The union, in the order of the form; a subject that has no box stands behind."""


def in_window(activities: Iterable[Activity], window: MonthWindow) -> tuple[Activity, ...]:
    """Activities of any state whose `begins_at` lies in the window, in order of time."""
    inside = (one for one in activities if window.start_at <= one.begins_at < window.end_at)
    return tuple(sorted(inside, key=lambda one: (one.begins_at, one.id)))


def month_total(activities: Iterable[Activity], window: MonthWindow, kind: Kind = Kind.SYNC) -> MonthTotal:
    """What `activities` of one form add to the month: of one pair, its 附件3 figure; of all pairs, their sum."""
    counted = [one for one in in_window(activities, window) if one.state is State.COUNTED and one.kind is kind]
    return MonthTotal(
        month=window.month,
        activities=tuple(one.id for one in counted),
        count=len(counted),
        participants=sum(one.participants for one in counted),
        subjects=in_order(subject for one in counted for subject in one.subjects),
    )


def month_of(activity: Activity, windows: Sequence[MonthWindow]) -> str:
    """The work month an activity belongs to: never split, never moved. Raises LookupError outside all windows."""
    return window_of(activity.begins_at, windows).month
