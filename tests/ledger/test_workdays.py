"""The last working day of a month, against the tables of the rule book; what the bureau enters wins."""

from datetime import date

import pytest

from classroom.ledger.workdays import SHIPPED, Workdays

LAST_DAYS = {
    2019: (31, 28, 29, 30, 31, 28, 31, 30, 30, 31, 29, 31),
    2024: (31, 29, 29, 30, 31, 28, 31, 30, 30, 31, 29, 31),
    2025: (27, 28, 31, 30, 30, 30, 31, 29, 30, 31, 28, 31),
}
# Last working day where Monday to Friday alone would give another: (month, day, naive day).
DISCRIMINATING = [
    ((2018, 4), 28, 30),
    ((2018, 12), 29, 31),
    ((2020, 1), 23, 31),
    ((2022, 1), 30, 31),
    ((2023, 9), 28, 29),
    ((2025, 1), 27, 31),
    ((2026, 2), 28, 27),
    ((2017, 9), 30, 29),
    ((2013, 4), 28, 30),
]


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(year, month, day) for year, days in LAST_DAYS.items() for month, day in enumerate(days, 1)],
)
def test_the_last_working_day(year: int, month: int, day: int) -> None:
    assert SHIPPED.last_of_month(year, month) == date(year, month, day)


@pytest.mark.parametrize(("month", "day", "naive"), DISCRIMINATING)
def test_the_months_in_which_the_holiday_table_decides(month: tuple[int, int], day: int, naive: int) -> None:
    assert SHIPPED.last_of_month(*month) == date(*month, day)
    last = date.fromordinal(date(*month, naive).toordinal())
    assert last.weekday() < 5 and (date(*month, day).weekday() >= 5 or not SHIPPED.is_working(last))


@pytest.mark.parametrize(
    "day",
    [date(2019, m, d) for m, d in ((2, 2), (2, 3), (4, 28), (5, 5), (9, 29), (10, 12))]
    + [date(2024, m, d) for m, d in ((2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12))]
    + [date(2025, m, d) for m, d in ((1, 26), (2, 8), (4, 27), (9, 28), (10, 11))]
    + [date(2020, 4, 26)],
)
def test_weekend_days_that_are_worked(day: date) -> None:
    assert day.weekday() >= 5
    assert SHIPPED.is_working(day)


@pytest.mark.parametrize("day", [date(2019, 5, 2), date(2019, 5, 12), date(2025, 1, 31), date(2020, 1, 31)])
def test_days_off(day: date) -> None:
    assert not SHIPPED.is_working(day)


def test_every_year_of_the_table_has_a_sensible_number_of_working_days() -> None:
    """A holiday on a weekend, or a worked weekday, would be a slip of the table: it would change nothing."""
    for year in range(2004, 2027):
        days = [date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())]
        assert SHIPPED.is_known(year)
        assert 246 <= sum(map(SHIPPED.is_working, days)) <= 254


@pytest.mark.parametrize("year", [2003, 2027])
def test_a_year_without_a_notice_is_monday_to_friday_and_says_that_it_is_unknown(year: int) -> None:
    assert not SHIPPED.is_known(year)
    assert SHIPPED.is_working(date(2027, 2, 8)) and not SHIPPED.is_working(date(2027, 2, 6))
    assert SHIPPED.last_of_month(2027, 1) == date(2027, 1, 29)


def test_what_the_bureau_enters_wins_over_the_table() -> None:
    entered = Workdays(overrides={date(2019, 5, 31): False, date(2027, 1, 30): True}, entered=frozenset({2027}))
    assert entered.last_of_month(2019, 5) == date(2019, 5, 30)
    assert entered.last_of_month(2027, 1) == date(2027, 1, 30) and entered.is_known(2027)


def test_a_month_without_any_working_day_ends_on_its_last() -> None:
    none = Workdays(overrides={date(2026, 2, day): False for day in range(1, 29)})
    assert none.last_of_month(2026, 2) == date(2026, 2, 28)


def test_working_days_are_counted_back_over_holidays() -> None:
    assert SHIPPED.before(date(2019, 5, 6), 1) == date(2019, 5, 5)
    assert SHIPPED.before(date(2019, 5, 5), 1) == date(2019, 4, 30)
