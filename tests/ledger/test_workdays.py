"""The last working day of a month, against the tables of the rule book."""

from datetime import date

import pytest

from classroom.ledger.workdays import is_known, is_working_day, last_working_day

LAST_DAYS = {
    2019: (31, 28, 29, 30, 31, 28, 31, 30, 30, 31, 29, 31),
    2024: (31, 29, 29, 30, 31, 28, 31, 30, 30, 31, 29, 31),
    2025: (27, 28, 31, 30, 30, 30, 31, 29, 30, 31, 28, 31),
}


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(year, month, day) for year, days in LAST_DAYS.items() for month, day in enumerate(days, 1)]
    + [(2020, 1, 23), (2021, 2, 26), (2022, 1, 30), (2023, 9, 28), (2026, 2, 28)],
)
def test_the_last_working_day(year: int, month: int, day: int) -> None:
    assert last_working_day(year, month) == date(year, month, day)


@pytest.mark.parametrize(
    "day",
    [date(2019, m, d) for m, d in ((2, 2), (2, 3), (4, 28), (5, 5), (9, 29), (10, 12))]
    + [date(2024, m, d) for m, d in ((2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12))]
    + [date(2025, m, d) for m, d in ((1, 26), (2, 8), (4, 27), (9, 28), (10, 11))]
    + [date(2020, 4, 26)],
)
def test_weekend_days_that_are_worked(day: date) -> None:
    assert day.weekday() >= 5
    assert is_working_day(day)


@pytest.mark.parametrize("day", [date(2019, 5, 2), date(2019, 5, 12), date(2025, 1, 31), date(2020, 1, 31)])
def test_days_off(day: date) -> None:
    assert not is_working_day(day)


def test_every_exception_in_the_table_is_one() -> None:
    """A holiday on a weekend, or a worked weekday, would be a slip of the table: it would change nothing."""
    for year in range(2019, 2027):
        days = [date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())]
        working = sum(map(is_working_day, days))
        assert is_known(year)
        assert 246 <= working <= 254


@pytest.mark.parametrize("year", [2018, 2027])
def test_a_year_not_in_the_table_is_unknown(year: int) -> None:
    assert not is_known(year)
    with pytest.raises(LookupError, match=str(year)):
        last_working_day(year, 2)
