"""In time or late, to the second; reminders on working days."""

from datetime import date, datetime, timedelta, timezone

import pytest

from classroom.ledger.deadlines import (
    MonthState,
    bureau_reminders,
    is_on_time_bureau,
    is_on_time_school,
    month_state,
    school_reminders,
)
from classroom.ledger.months import default_months
from classroom.ledger.workdays import SHIPPED

SHANGHAI = timezone(timedelta(hours=8))
BY = {month.month: month for month in default_months(date(2026, 12, 31))}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("sent", "is_on_time"),
    [
        ("2019-04-30 12:00:00", True),
        ("2019-04-30 12:00:00.999", True),
        ("2019-04-30 12:00:01", False),
        ("2019-04-28 09:00:00", True),
    ],
)
def test_the_bureau_is_in_time_up_to_twelve_oclock_of_the_last_working_day(sent: str, is_on_time: bool) -> None:
    assert is_on_time_bureau(BY["2019-04"], at(sent)) is is_on_time


@pytest.mark.parametrize(
    ("submitted", "is_on_time"),
    [("2019-05-26 23:59:59", True), ("2019-05-26 23:59:59.999", True), ("2019-05-27 00:00:00", False)],
)
def test_a_school_is_in_time_up_to_the_end_of_the_26th_a_sunday(submitted: str, is_on_time: bool) -> None:
    assert is_on_time_school(BY["2019-05"], at(submitted)) is is_on_time


@pytest.mark.parametrize(
    ("month", "reminded_on"),
    [
        ("2020-01", date(2020, 1, 22)),
        ("2019-05", date(2019, 5, 24)),
        ("2019-10", date(2019, 10, 25)),
        ("2024-05", date(2024, 5, 24)),
        ("2025-01", date(2025, 1, 26)),
        ("2025-04", date(2025, 4, 25)),
        ("2025-07", date(2025, 7, 25)),
        ("2025-10", date(2025, 10, 24)),
        ("2020-04", date(2020, 4, 26)),
        ("2019-06", date(2019, 6, 26)),
    ],
)
def test_the_reminder_of_a_day_off_moves_to_the_working_day_before(month: str, reminded_on: date) -> None:
    [on_the_day] = [r for r in school_reminders(BY[month], SHIPPED, BY[month].start_at) if r.kind == "day"]
    assert on_the_day.at == datetime(reminded_on.year, reminded_on.month, reminded_on.day, 9, tzinfo=SHANGHAI)


def test_schools_are_reminded_three_and_one_working_days_ahead_on_the_day_and_daily_when_late() -> None:
    found = school_reminders(BY["2019-05"], SHIPPED, at("2019-05-28 10:00"))
    assert [(r.at.strftime("%m-%d %H:%M"), r.kind, r.days) for r in found] == [
        ("05-21 09:00", "before", 3),
        ("05-23 09:00", "before", 1),
        ("05-24 09:00", "day", 0),
        ("05-27 09:00", "overdue", 1),
        ("05-28 09:00", "overdue", 2),
    ]


def test_the_bureau_is_reminded_twice_on_its_day() -> None:
    found = bureau_reminders(BY["2022-01"], SHIPPED, at("2022-01-31 08:00"))
    assert [(r.at.strftime("%m-%d %H:%M"), r.kind) for r in found] == [
        ("01-27 08:30", "before"),
        ("01-29 08:30", "before"),
        ("01-30 08:30", "day"),
        ("01-30 11:00", "day"),
        ("01-31 08:30", "overdue"),
    ]


@pytest.mark.parametrize(
    ("now", "is_sent", "state"),
    [
        ("2019-04-26 23:59:59", False, MonthState.FUTURE),
        ("2019-04-27 00:00:00", False, MonthState.OPEN),
        ("2019-05-27 00:00:00", False, MonthState.DUE),
        ("2019-05-31 12:00:00", False, MonthState.DUE),
        ("2019-05-31 12:00:01", False, MonthState.OVERDUE),
        ("2019-06-30 12:00:01", True, MonthState.SENT),
    ],
)
def test_how_a_month_stands(now: str, is_sent: bool, state: MonthState) -> None:
    assert month_state(BY["2019-05"], at(now), is_sent=is_sent) is state
