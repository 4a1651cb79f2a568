"""Work months: which window holds an instant."""

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.ledger.months import (
    MonthWindow,
    WindowMode,
    check_windows,
    default_windows,
    local_date,
    window_of,
)

SHANGHAI = timezone(timedelta(hours=8))
WINDOWS = default_windows(date(2026, 12, 31))
BY_MONTH = {window.month: window for window in WINDOWS}


def month_at(*at: int, mode: WindowMode = WindowMode.CUTOFF_26) -> str:
    return window_of(datetime(*at, tzinfo=SHANGHAI), default_windows(date(2030, 1, 1), mode)).month  # type: ignore[misc,arg-type]


def test_the_first_window_is_april_2019_from_the_first_to_the_26th() -> None:
    assert (WINDOWS[0].month, WINDOWS[0].first, WINDOWS[0].last) == ("2019-04", date(2019, 4, 1), date(2019, 4, 26))
    assert month_at(2019, 4, 1) == "2019-04"


def test_the_26th_is_the_last_day_to_its_last_second() -> None:
    assert month_at(2019, 5, 26, 23, 59, 59) == "2019-05"
    assert month_at(2019, 5, 27, 0, 0, 0) == "2019-06"


def test_a_window_is_bounded_in_local_time() -> None:
    may = BY_MONTH["2019-05"]
    assert may.start_at == datetime(2019, 4, 26, 16, tzinfo=UTC)
    assert may.end_at == datetime(2019, 5, 26, 16, tzinfo=UTC)
    assert local_date(datetime(2019, 5, 26, 16, tzinfo=UTC)) == date(2019, 5, 27)


def test_an_ordinary_window_runs_from_the_27th_to_the_26th() -> None:
    assert (BY_MONTH["2019-05"].first, BY_MONTH["2019-05"].last) == (date(2019, 4, 27), date(2019, 5, 26))


@pytest.mark.parametrize(("month", "last"), [("2020-01", date(2020, 1, 22)), ("2021-02", date(2021, 2, 25))])
def test_spring_festival_pulls_the_end_of_the_window(month: str, last: date) -> None:
    position = WINDOWS.index(BY_MONTH[month])
    assert WINDOWS[position].last == last
    assert WINDOWS[position + 1].first == last + timedelta(days=1)


def test_january_2020_runs_from_the_27th_of_december_to_the_22nd() -> None:
    assert BY_MONTH["2020-01"].first == date(2019, 12, 27)
    assert month_at(2020, 1, 22, 23, 59, 59) == "2020-01"
    assert month_at(2020, 1, 23) == "2020-02"


def test_no_other_window_is_pulled() -> None:
    assert [window.month for window in WINDOWS if window.last.day != 26] == ["2020-01", "2021-02"]


def test_a_year_without_a_holiday_table_is_not_guessed() -> None:
    windows = {window.month: window for window in default_windows(date(2027, 2, 27))}
    assert (windows["2027-02"].last, windows["2027-02"].is_provisional) == (date(2027, 2, 26), True)
    assert not windows["2026-12"].is_provisional


def test_calendar_months_run_from_the_first_to_the_last() -> None:
    windows = default_windows(date(2027, 2, 1), WindowMode.CALENDAR)
    check_windows(windows)
    assert (windows[0].first, windows[0].last) == (date(2019, 4, 1), date(2019, 4, 30))
    assert (windows[-1].first, windows[-1].last) == (date(2027, 2, 1), date(2027, 2, 28))
    assert month_at(2019, 5, 31, 23, 59, 59, mode=WindowMode.CALENDAR) == "2019-05"
    assert not windows[-1].is_provisional


@given(st.dates(date(2019, 4, 1), date(2035, 12, 31)), st.sampled_from(WindowMode))
def test_every_day_lies_in_the_last_of_the_windows_made_for_it(day: date, mode: WindowMode) -> None:
    windows = default_windows(day, mode)
    check_windows(windows)
    assert windows[-1].first <= day <= windows[-1].last
    assert window_of(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI), windows) == windows[-1]


def test_before_the_first_window_there_is_none() -> None:
    with pytest.raises(LookupError, match="2019-03-31"):
        month_at(2019, 3, 31, 23, 59, 59)
    assert default_windows(date(2019, 3, 31)) == ()


def edited(position: int, **changes: object) -> list[MonthWindow]:
    windows = list(WINDOWS[:12])
    windows[position] = msgspec.structs.replace(windows[position], **changes)
    return windows


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        (edited(3, last=date(2019, 7, 25)), "2019-08 begins on 2019-07-27, expected 2019-07-26"),
        (edited(3, last=date(2019, 7, 27)), "expected 2019-07-28"),
        (edited(3, last=date(2019, 6, 1)), "2019-07 ends before it begins"),
        (edited(9, month="2020-02"), "expected month 2020-01, found 2020-02"),
        (WINDOWS[1:3], "expected month 2019-04"),
    ],
)
def test_edited_rows_must_leave_no_gap_and_no_overlap(windows: list[MonthWindow], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_windows(windows)
