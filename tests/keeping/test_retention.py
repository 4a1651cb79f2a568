"""How long a recording is kept, and what stands against its erasing."""

from datetime import date, timedelta

import pytest

from classroom.keeping.errors import KeepingError
from classroom.keeping.retention import (
    ANSWER_DAYS,
    Standing,
    Terms,
    check_until,
    due_on,
    is_due,
    is_to_be_announced,
)

TERMS = Terms(180, 14)
ENDED = date(2026, 3, 2)
DUE = ENDED + timedelta(days=180)


def day(days: int) -> date:
    return DUE + timedelta(days=days)


def test_it_is_announced_in_time_and_erased_on_its_day() -> None:
    fresh = Standing(ended_on=ENDED)
    assert [is_to_be_announced(fresh, TERMS, day(n)) for n in (-15, -14, 0)] == [False, True, True]
    assert not is_due(fresh, TERMS, day(400))
    warned = Standing(ended_on=ENDED, warned_on=day(-14))
    assert [is_due(warned, TERMS, day(n)) for n in (-1, 0)] == [False, True]
    assert not is_to_be_announced(warned, TERMS, day(0))


def test_who_was_warned_late_still_has_all_the_days_of_notice() -> None:
    after_months_off = Standing(ended_on=ENDED, warned_on=day(100))
    assert due_on(after_months_off, TERMS) == day(114)
    shortened = Terms(30, 14)
    assert due_on(Standing(ended_on=ENDED, warned_on=day(-100)), shortened) == day(-86)


@pytest.mark.parametrize("against", [{"is_held": True}, {"is_published": True}])
def test_nothing_under_hold_or_published_is_announced_or_erased(against: dict[str, bool]) -> None:
    kept = Standing(ended_on=ENDED, warned_on=day(-14), **against)  # type: ignore[arg-type]
    assert not is_due(kept, TERMS, day(1000))
    assert not is_to_be_announced(Standing(ended_on=ENDED, **against), TERMS, day(1000))  # type: ignore[arg-type]


def test_an_extension_holds_to_its_day_and_an_unanswered_request_only_for_a_while() -> None:
    extended = Standing(ended_on=ENDED, until=day(90), warned_on=day(-14))
    assert [is_due(extended, TERMS, day(n)) for n in (89, 90)] == [False, True]
    asked = Standing(ended_on=ENDED, warned_on=day(-14), asked_on=day(-1))
    assert due_on(asked, TERMS) == day(-1 + ANSWER_DAYS)


def test_an_extension_ends_within_a_year() -> None:
    check_until(DUE + timedelta(days=1), DUE)
    for until in (DUE, DUE + timedelta(days=400)):
        with pytest.raises(KeepingError, match="bad_until"):
            check_until(until, DUE)
