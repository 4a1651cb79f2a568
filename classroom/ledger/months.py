"""Work months (工作月度): which days a monthly return covers, and when it is due.

By default month M runs from the 27th of M−1 to the 26th of M, so that every lesson lands in exactly one return and each
return is complete when it is signed. Where Spring Festival pulls the bureau's day (the last working day of the calendar
month) to the 26th or before, school deadline and window end are the day before it, and the next window begins on it.
Dates are Shanghai's (+08:00). Months are rows: generated here, then stored. Only months still ahead may be edited, and
a holiday table that changes later moves only what is still ahead.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final

import msgspec

from classroom.ledger.errors import LedgerError
from classroom.ledger.workdays import SHIPPED, Workdays

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991: fixed, and no zone file is read
FIRST_DAY = date(2019, 4, 1)
"""The first work month, 2019-04, begins here, not on the 27th of March."""
_CUTOFF_DAY = 26
_NOON = time(12)
_DAY = timedelta(days=1)
_DUE_WITHIN: Final = timedelta(days=62)
"""A due date further than this behind its window's end is a slip of the pen."""


class WindowMode(StrEnum):
    """统计口径: how month windows are cut."""

    CUTOFF_26 = "cutoff_26"
    """27th to 26th (default)."""
    CALENDAR = "calendar"
    """1st to last; what comes after submission is carried into the next month as 补计."""


class MonthWindow(msgspec.Struct, frozen=True, kw_only=True):
    """统计区间 of one work month: local dates, both inclusive."""

    month: str
    """"2019-05"."""
    first: date
    last: date
    is_provisional: bool = False
    """The holiday table does not hold this year yet: a Spring Festival shift may still come (节假日表未更新)."""

    @property
    def start_at(self) -> datetime:
        """First instant inside, UTC."""
        return midnight(self.first)

    @property
    def end_at(self) -> datetime:
        """First instant after, UTC."""
        return midnight(self.last + _DAY)


class WorkMonth(MonthWindow, frozen=True, kw_only=True):
    """工作月度 as stored: its window, and when both forms are due."""

    school_due_at: datetime
    """附件3 is in time before this instant: 24:00 of its day."""
    bureau_due_at: datetime
    """附件2 is in time up to this second: 12:00 of the last working day."""
    is_edited: bool = False
    """An officer has set this row: it no longer follows the table."""

    @property
    def school_due_on(self) -> date:
        """The last day on which a school is in time."""
        return local_date(self.school_due_at - timedelta(microseconds=1))

    @property
    def is_shifted(self) -> bool:
        """Whether the bureau's day has pulled the school's deadline (春节提前)."""
        return local_date(self.bureau_due_at) <= date(int(self.month[:4]), int(self.month[5:]), _CUTOFF_DAY)


class MonthRules(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are generated."""

    mode: WindowMode = WindowMode.CUTOFF_26
    inclusive: bool = True
    """“26日前”含 26 日当天."""


def midnight(day: date) -> datetime:
    """00:00 in Shanghai, as UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def local_date(at: datetime) -> date:
    """The Shanghai date of an aware instant."""
    return at.astimezone(SHANGHAI).date()


def next_month(month: str) -> str:
    """ "2019-12" → "2020-01"."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1:04}-01" if number == 12 else f"{year:04}-{number + 1:02}"


def previous_month(month: str) -> str:
    """ "2020-01" → "2019-12"."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1:04}-12" if number == 1 else f"{year:04}-{number - 1:02}"


def bureau_due_at(year: int, month: int, workdays: Workdays = SHIPPED) -> datetime:
    """附件2 is due at 12:00 of the calendar month's last working day (附件2 填写说明1)."""
    return datetime.combine(workdays.last_of_month(year, month), _NOON, SHANGHAI).astimezone(UTC)


def school_due_on(year: int, month: int, workdays: Workdays = SHIPPED, *, inclusive: bool = True) -> date:
    """The last day for 附件3: the 26th, weekend or not; the day before the bureau's day where that is the 26th or less.

    With `inclusive` False “26日前” leaves out the 26th itself.
    """
    usual = date(year, month, _CUTOFF_DAY if inclusive else _CUTOFF_DAY - 1)
    return min(usual, workdays.last_of_month(year, month) - _DAY)


def default_month(year: int, month: int, first: date, workdays: Workdays, rules: MonthRules) -> WorkMonth:
    """The row of a calendar month whose window begins on `first`."""
    cutoff = school_due_on(year, month, workdays)
    last = cutoff if rules.mode is WindowMode.CUTOFF_26 else date(year, month, monthrange(year, month)[1])
    return WorkMonth(
        month=f"{year:04}-{month:02}",
        first=first,
        last=max(first, last),
        is_provisional=not workdays.is_known(year),
        school_due_at=midnight(school_due_on(year, month, workdays, inclusive=rules.inclusive) + _DAY),
        bureau_due_at=bureau_due_at(year, month, workdays),
    )


def default_months(
    through: date, workdays: Workdays = SHIPPED, rules: MonthRules | None = None, after: WorkMonth | None = None
) -> tuple[WorkMonth, ...]:
    """Rows from 2019-04, or from behind `after`, up to the one that holds `through`."""
    rules = rules or MonthRules()
    rows: list[WorkMonth] = []
    month = next_month(after.month) if after else f"{FIRST_DAY:%Y-%m}"
    first = after.last + _DAY if after else FIRST_DAY
    while first <= through:
        rows.append(default_month(int(month[:4]), int(month[5:]), first, workdays, rules))
        first = rows[-1].last + _DAY
        month = next_month(month)
    return tuple(rows)


def default_windows(through: date, mode: WindowMode = WindowMode.CUTOFF_26) -> tuple[MonthWindow, ...]:
    """Windows from 2019-04 up to the one that holds `through`, by the shipped table."""
    return default_months(through, rules=MonthRules(mode=mode))


def recomputed(
    rows: Sequence[WorkMonth], workdays: Workdays, rules: MonthRules, now: datetime
) -> tuple[WorkMonth, ...]:
    """The rows after the table or the rules have changed: what is still ahead moves, and never into the past.

    A window that has begun keeps its first day; its end moves only to a day that is not over. A due date moves only
    while it is ahead, and only to an instant that is. A row that an officer has set stays, but for a first day that
    follows its neighbour.
    """
    found: list[WorkMonth] = []
    for row in rows:
        first = found[-1].last + _DAY if found else row.first
        fresh = default_month(int(row.month[:4]), int(row.month[5:]), first, workdays, rules)
        if row.is_edited:
            found.append(msgspec.structs.replace(row, first=first, last=max(first, row.last)))
            continue
        has_ended = row.end_at <= now
        last = row.last if has_ended or fresh.end_at <= now else fresh.last
        found.append(
            msgspec.structs.replace(
                fresh,
                last=max(first, last),
                school_due_at=_moved(row.school_due_at, fresh.school_due_at, now),
                bureau_due_at=_moved(row.bureau_due_at, fresh.bureau_due_at, now),
            )
        )
    return tuple(found)


def edited(rows: Sequence[WorkMonth], edits: Mapping[str, WorkMonth], now: datetime) -> tuple[WorkMonth, ...]:
    """The rows with an officer's in place of theirs. Only months that have not begun.

    Raises LedgerError: month_unknown, window_past, window_overlap, due_impossible.
    """
    known = {row.month: row for row in rows}
    for month, edit in edits.items():
        if month not in known:
            raise LedgerError("month_unknown", month)
        if known[month].start_at <= now:
            raise LedgerError("window_past", f"{month} 已于 {known[month].first} 开始")
        _check_dues(edit, now)
    found = tuple(
        msgspec.structs.replace(edits.get(row.month, row), is_edited=row.is_edited or row.month in edits)
        for row in rows
    )
    check_windows(found)
    return found


def check_windows(windows: Sequence[MonthWindow]) -> None:
    """Rows must be months in sequence from the first, without gap or overlap, none empty.

    Raises LedgerError: month_unknown, window_overlap.
    """
    expected, month = FIRST_DAY, f"{FIRST_DAY:%Y-%m}"
    for window in windows:
        if window.month != month:
            raise LedgerError("month_unknown", f"应为 {month}，却是 {window.month}")
        if window.first != expected:
            raise LedgerError("window_overlap", f"{window.month} 应从 {expected} 开始，却从 {window.first} 开始")
        if window.last < window.first:
            raise LedgerError("window_overlap", f"{window.month} 的结束日 {window.last} 早于开始日 {window.first}")
        expected = window.last + _DAY
        month = next_month(month)


def window_of(at: datetime, windows: Sequence[MonthWindow]) -> MonthWindow:
    """The work month that holds an aware instant (an activity's `begins_at`). Raises LookupError outside all rows."""
    day = local_date(at)
    for window in windows:
        if window.first <= day <= window.last:
            return window
    raise LookupError(f"no work month holds {day}")


def _moved(stored: datetime, fresh: datetime, now: datetime) -> datetime:
    return fresh if stored > now and fresh > now else stored


def _check_dues(edit: WorkMonth, now: datetime) -> None:
    if edit.school_due_at <= max(edit.start_at, now):
        raise LedgerError("due_impossible", f"{edit.month} 的学校期限应在该月开始之后")
    if edit.bureau_due_at < edit.school_due_at:
        raise LedgerError("due_impossible", f"{edit.month} 的教育局期限不能早于学校期限")
    if max(edit.school_due_at, edit.bureau_due_at) > edit.end_at + _DUE_WITHIN:
        raise LedgerError("due_impossible", f"{edit.month} 的期限离统计区间结束超过 {_DUE_WITHIN.days} 天")
