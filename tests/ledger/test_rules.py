"""How many shared minutes count a lesson, and from how many on it may be confirmed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.ledger.rules import MINUTE_MS, CountingRules

RULES = CountingRules()


@pytest.mark.parametrize(
    ("minutes", "need", "low"),
    [(45, 20, 10), (40, 20, 10), (39, 20, 10), (38, 19, 9), (35, 18, 9), (30, 15, 7), (3, 2, 1), (2, 1, 1), (1, 1, 1)],
)
def test_need_and_low(minutes: int, need: int, low: int) -> None:
    assert RULES.need_minutes(minutes * MINUTE_MS) == need
    assert RULES.low_minutes(need) == low


def test_an_unplanned_lesson_needs_twenty() -> None:
    assert RULES.need_minutes(None) == 20


@given(st.integers(1, 300), st.integers(1, 60), st.integers(1, 100), st.integers(1, 100))
def test_low_never_exceeds_need_and_both_are_at_least_a_minute(
    minutes: int, cap: int, need_percent: int, low_percent: int
) -> None:
    rules = CountingRules(need_min=cap, need_percent=need_percent, low_percent=low_percent)
    need = rules.need_minutes(minutes * MINUTE_MS)
    assert 1 <= rules.low_minutes(need) <= need <= cap
