"""Work months: which window holds an instant."""

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.ledger.errors import LedgerError
from classroom.ledger.months import (
    MonthRules,
    MonthWindow,
    WindowMode,
    WorkMonth,
    bureau_due_at,
    check_windows,
    default_months,
    default_windows,
    edited,
    local_date,
    next_month,
    previous_month,
    recomputed,
    school_due_on,
    window_of,
)
from classroom.ledger.workdays import SHIPPED, Workdays

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


def test_a_year_without_a_holiday_table_follows_monday_to_friday_and_says_so() -> None:
    windows = {window.month: window for window in default_months(date(2027, 2, 27))}
    assert windows["2027-01"].is_provisional and windows["2027-01"].last == date(2027, 1, 26)
    assert windows["2027-02"].is_provisional and windows["2027-02"].last == date(2027, 2, 25), "26 February is a Friday"
    assert not windows["2026-12"].is_provisional


def test_calendar_months_run_from_the_first_to_the_last() -> None:
    windows = default_windows(date(2027, 2, 1), WindowMode.CALENDAR)
    check_windows(windows)
    assert (windows[0].first, windows[0].last) == (date(2019, 4, 1), date(2019, 4, 30))
    assert (windows[-1].first, windows[-1].last) == (date(2027, 2, 1), date(2027, 2, 28))
    assert month_at(2019, 5, 31, 23, 59, 59, mode=WindowMode.CALENDAR) == "2019-05"


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


def changed(position: int, **changes: object) -> list[MonthWindow]:
    windows = list(WINDOWS[:12])
    windows[position] = msgspec.structs.replace(windows[position], **changes)
    return windows


@pytest.mark.parametrize(
    ("windows", "code", "said"),
    [
        (changed(3, last=date(2019, 7, 25)), "window_overlap", "2019-08 应从 2019-07-26 开始，却从 2019-07-27 开始"),
        (changed(3, last=date(2019, 7, 27)), "window_overlap", "应从 2019-07-28 开始"),
        (changed(3, last=date(2019, 6, 1)), "window_overlap", "2019-07 的结束日 2019-06-01 早于开始日 2019-06-27"),
        (changed(9, month="2020-02"), "month_unknown", "应为 2020-01，却是 2020-02"),
        (WINDOWS[1:3], "month_unknown", "应为 2019-04"),
    ],
)
def test_edited_rows_must_leave_no_gap_and_no_overlap(windows: list[MonthWindow], code: str, said: str) -> None:
    with pytest.raises(LedgerError) as refused:
        check_windows(windows)
    assert refused.value.code == code and said in refused.value.detail


def test_months_follow_one_another_over_new_year() -> None:
    assert (next_month("2019-12"), next_month("2019-04")) == ("2020-01", "2019-05")
    assert (previous_month("2020-01"), previous_month("2019-05")) == ("2019-12", "2019-04")


def shanghai(*at: int) -> datetime:
    return datetime(*at, tzinfo=SHANGHAI)  # type: ignore[misc,arg-type]


def test_the_school_is_due_at_the_end_of_the_26th_even_on_a_sunday() -> None:
    assert BY["2019-05"].school_due_on == date(2019, 5, 26)
    assert BY["2019-05"].school_due_at == shanghai(2019, 5, 27)
    assert BY["2019-04"].school_due_at == shanghai(2019, 4, 27)


def test_the_bureau_is_due_at_noon_of_the_last_working_day() -> None:
    assert BY["2019-04"].bureau_due_at == shanghai(2019, 4, 30, 12)
    assert BY["2022-01"].bureau_due_at == shanghai(2022, 1, 30, 12), "a Sunday that is worked"
    assert BY["2026-02"].bureau_due_at == shanghai(2026, 2, 28, 12), "a Saturday that is worked"


@pytest.mark.parametrize(
    ("year", "month", "school", "bureau"),
    [(2009, 1, 23, 24), (2010, 2, 25, 26), (2017, 1, 25, 26), (2020, 1, 22, 23), (2021, 2, 25, 26)],
)
def test_spring_festival_pulls_the_schools_deadline_to_the_day_before_the_bureaus(
    year: int, month: int, school: int, bureau: int
) -> None:
    assert school_due_on(year, month) == date(year, month, school)
    assert bureau_due_at(year, month) == shanghai(year, month, bureau, 12)


def test_it_is_pulled_in_these_five_months_only() -> None:
    pulled = [(y, m) for y in range(2004, 2027) for m in range(1, 13) if school_due_on(y, m).day != 26]
    assert pulled == [(2009, 1), (2010, 2), (2017, 1), (2020, 1), (2021, 2)]
    assert [month.month for month in MONTHS if month.is_shifted] == ["2020-01", "2021-02"]


def test_before_the_26th_may_leave_the_26th_out() -> None:
    [*_, may] = default_months(date(2019, 5, 1), rules=MonthRules(inclusive=False))
    assert may.school_due_on == date(2019, 5, 25)
    assert may.last == date(2019, 5, 26), "the window is another matter"


MONTHS = default_months(date(2026, 12, 31))
BY = {month.month: month for month in MONTHS}


def test_a_table_that_changes_late_moves_only_what_is_still_ahead() -> None:
    """2020-01: the first table gave 01-31 and no shift; the extension was announced on 01-26."""
    january = range(24, 31)
    first_table = Workdays(
        overrides={date(2020, 1, day): day not in (24, 25, 26, 27, 28, 29, 30) for day in january}
        | {date(2020, 1, 31): True}
    )
    before = default_months(date(2020, 12, 31), first_table)
    then = {month.month: month for month in before}["2020-01"]
    assert (then.last, then.bureau_due_at) == (date(2020, 1, 26), shanghai(2020, 1, 31, 12))
    after = {month.month: month for month in recomputed(before, SHIPPED, MonthRules(), now=shanghai(2020, 1, 26, 20))}
    assert after["2020-01"] == then, "the 22nd and 23rd have passed"
    assert after["2020-02"] == {month.month: month for month in before}["2020-02"]


def test_a_table_that_comes_early_moves_window_and_dues() -> None:
    plain = Workdays(overrides={date(2020, 1, day): True for day in (24, 27, 28, 29, 30, 31)})
    before = default_months(date(2020, 12, 31), plain)
    after = {month.month: month for month in recomputed(before, SHIPPED, MonthRules(), now=shanghai(2020, 1, 5))}
    assert after["2020-01"] == BY["2020-01"] and after["2020-02"] == BY["2020-02"]
    check_windows(tuple(after.values()))


def test_the_end_of_a_window_never_moves_into_the_past() -> None:
    calendar = default_months(date(2020, 3, 31), rules=MonthRules(mode=WindowMode.CALENDAR))
    after = {m.month: m for m in recomputed(calendar, SHIPPED, MonthRules(), now=shanghai(2019, 5, 28, 9))}
    assert (after["2019-05"].first, after["2019-05"].last) == (date(2019, 5, 1), date(2019, 5, 31))
    assert (after["2019-06"].first, after["2019-06"].last) == (date(2019, 6, 1), date(2019, 6, 26))
    assert after["2019-04"].last == date(2019, 4, 30)


def test_months_ahead_may_be_edited_and_then_stay_as_they_are() -> None:
    now = shanghai(2019, 5, 10)
    edits = {
        "2019-06": msgspec.structs.replace(BY["2019-06"], last=date(2019, 6, 24), school_due_at=shanghai(2019, 6, 25)),
        "2019-07": msgspec.structs.replace(BY["2019-07"], first=date(2019, 6, 25)),
    }
    rows = edited(MONTHS, edits, now)
    by = {row.month: row for row in rows}
    assert (by["2019-06"].last, by["2019-07"].first, by["2019-06"].is_edited) == (
        date(2019, 6, 24),
        date(2019, 6, 25),
        True,
    )
    assert recomputed(rows, SHIPPED, MonthRules(), now)[2] == by["2019-06"]


@pytest.mark.parametrize(
    ("month", "changes", "code"),
    [
        ("2019-05", {"last": date(2019, 5, 25)}, "window_past"),
        ("2019-04", {"last": date(2019, 4, 27)}, "window_past"),
        ("2019-07", {"last": date(2019, 7, 20)}, "window_overlap"),
        ("2019-07", {"school_due_at": datetime(2019, 6, 1, tzinfo=UTC)}, "due_impossible"),
        ("2019-07", {"bureau_due_at": datetime(2019, 7, 20, tzinfo=UTC)}, "due_impossible"),
        ("2019-07", {"bureau_due_at": datetime(2020, 7, 20, tzinfo=UTC)}, "due_impossible"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(month: str, changes: dict[str, object], code: str) -> None:
    edit: WorkMonth = msgspec.structs.replace(BY[month], **changes)
    with pytest.raises(LedgerError) as refused:
        edited(MONTHS, {month: edit}, shanghai(2019, 5, 10))
    assert refused.value.code == code


def test_a_month_that_is_not_there_cannot_be_edited() -> None:
    with pytest.raises(LedgerError, match="month_unknown"):
        edited(MONTHS[:3], {"2030-01": BY["2019-06"]}, shanghai(2019, 5, 10))
