"""Work months (工作月度): which days a monthly return covers.

By default month M runs from the 27th of M−1 to the 26th of M, so that every lesson lands in exactly one return and each
return is complete when it is signed. Where Spring Festival pulls the bureau's day (the last working day of the calendar
month) to the 26th or before, the window ends the day before it, and the next begins on it. Dates are Shanghai's
(+08:00). Windows are rows: generated here, then stored; only rows still ahead may be edited; `check_windows` says what
holds of them.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum

import msgspec

from classroom.ledger.workdays import is_known, last_working_day

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991: fixed, and no zone file is read
FIRST_DAY = date(2019, 4, 1)
"""The first work month, 2019-04, begins here, not on the 27th of March."""
_CUTOFF_DAY = 26
_DAY = timedelta(days=1)


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
        return datetime.combine(self.first, time(), SHANGHAI).astimezone(UTC)

    @property
    def end_at(self) -> datetime:
        """First instant after, UTC."""
        return datetime.combine(self.last + _DAY, time(), SHANGHAI).astimezone(UTC)


def local_date(at: datetime) -> date:
    """The Shanghai date of an aware instant."""
    return at.astimezone(SHANGHAI).date()


def default_windows(through: date, mode: WindowMode = WindowMode.CUTOFF_26) -> tuple[MonthWindow, ...]:
    """Rows from 2019-04 up to the one that holds `through`."""
    rows: list[MonthWindow] = []
    year, month, first = FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY
    while first <= through:
        last = _last_day(year, month, mode)
        is_provisional = mode is WindowMode.CUTOFF_26 and not is_known(year)
        rows.append(MonthWindow(month=f"{year:04}-{month:02}", first=first, last=last, is_provisional=is_provisional))
        first = last + _DAY
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return tuple(rows)


def check_windows(windows: Sequence[MonthWindow]) -> None:
    """Raises ValueError unless rows are months in sequence from the first, without gap or overlap, none empty."""
    expected, month = FIRST_DAY, f"{FIRST_DAY:%Y-%m}"
    for window in windows:
        if window.month != month:
            raise ValueError(f"expected month {month}, found {window.month}")
        if window.first != expected:
            raise ValueError(f"{window.month} begins on {window.first}, expected {expected}")
        if window.last < window.first:
            raise ValueError(f"{window.month} ends before it begins")
        expected = window.last + _DAY
        month = next_month(month)


def next_month(month: str) -> str:
    """ "2019-12" → "2020-01"."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1:04}-01" if number == 12 else f"{year:04}-{number + 1:02}"


def window_of(at: datetime, windows: Sequence[MonthWindow]) -> MonthWindow:
    """The work month that holds an aware instant (an activity's `begins_at`). Raises LookupError outside all rows."""
    day = local_date(at)
    for window in windows:
        if window.first <= day <= window.last:
            return window
    raise LookupError(f"no work month holds {day}")


def _last_day(year: int, month: int, mode: WindowMode) -> date:
    if mode is WindowMode.CALENDAR:
        return date(year, month, monthrange(year, month)[1])
    cutoff = date(year, month, _CUTOFF_DAY)
    if not is_known(year):
        return cutoff
    return min(cutoff, last_working_day(year, month) - _DAY)
