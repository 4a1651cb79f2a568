"""Deadlines (报送期限): was it in time, what comes when as a reminder, and how a month stands today."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Literal

import msgspec

from classroom.ledger.months import SHANGHAI, WorkMonth, local_date
from classroom.ledger.workdays import Workdays

_DAY: Final = timedelta(days=1)
REMIND_BEFORE: Final = (3, 1)
"""Working days ahead of the day on which a reminder goes out."""
SCHOOL_AT: Final = time(9)
BUREAU_AT: Final = (time(8, 30), time(11))
"""On the bureau's own day there are two: the second an hour before noon."""
Addressee = Literal["school", "bureau"]
Occasion = Literal["before", "day", "overdue"]


class MonthState(StrEnum):
    """How a work month stands."""

    FUTURE = "future"
    """Its window has not begun."""
    OPEN = "open"
    """Lessons are being held."""
    DUE = "due"
    """The window is over, 附件2 not yet due."""
    OVERDUE = "overdue"
    """逾期: 附件2 should have gone out."""
    SENT = "sent"
    """已报送."""


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """催报: who is told, when, and which of the series it is."""

    to: Addressee
    at: datetime
    kind: Occasion
    days: int
    """Working days left (before), days late (overdue), 0 on the day."""


def is_on_time_school(month: WorkMonth, at: datetime) -> bool:
    """按时: submitted before 24:00 of the due day, fractions of a second cut off."""
    return at.replace(microsecond=0) < month.school_due_at


def is_on_time_bureau(month: WorkMonth, at: datetime) -> bool:
    """按时: sent at 12:00:00 of the last working day or before, fractions of a second cut off."""
    return at.replace(microsecond=0) <= month.bureau_due_at


def month_state(month: WorkMonth, now: datetime, *, is_sent: bool) -> MonthState:
    """How the month stands at an instant."""
    if is_sent:
        return MonthState.SENT
    if now < month.start_at:
        return MonthState.FUTURE
    if not is_on_time_bureau(month, now):
        return MonthState.OVERDUE
    return MonthState.OPEN if now < month.end_at else MonthState.DUE


def school_reminders(month: WorkMonth, workdays: Workdays, now: datetime) -> tuple[Reminder, ...]:
    """Every reminder of a school's 附件3 up to `now`'s end of day, as if it had not been filed.

    The 26th does not move for a weekend, the reminder does: to the last working day that is not after it.
    """
    day = workdays.last_until(month.school_due_on)
    found = [_reminder("school", workdays.before(day, n), SCHOOL_AT, "before", n) for n in REMIND_BEFORE]
    found.append(_reminder("school", day, SCHOOL_AT, "day", 0))
    return (*found, *_overdue("school", month.school_due_at, SCHOOL_AT, now))


def bureau_reminders(month: WorkMonth, workdays: Workdays, now: datetime) -> tuple[Reminder, ...]:
    """Every reminder of the bureau's 附件2 up to `now`'s end of day, as if it had not been sent."""
    day = local_date(month.bureau_due_at)
    found = [_reminder("bureau", workdays.before(day, n), BUREAU_AT[0], "before", n) for n in REMIND_BEFORE]
    found += [_reminder("bureau", day, at, "day", 0) for at in BUREAU_AT]
    return (*found, *_overdue("bureau", month.bureau_due_at + _DAY / 2, BUREAU_AT[0], now))


def _reminder(to: Addressee, day: date, at: time, kind: Occasion, days: int) -> Reminder:
    return Reminder(to=to, at=datetime.combine(day, at, SHANGHAI), kind=kind, days=days)


def _overdue(to: Addressee, midnight: datetime, at: time, now: datetime) -> Iterator[Reminder]:
    """逾期, once a day from the first day after the due one."""
    first, today = local_date(midnight), local_date(now)
    for n in range((today - first).days + 1):
        yield _reminder(to, first + n * _DAY, at, "overdue", n + 1)
