"""How values are printed: the rule book's vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.ledger.figures import boxes, net, printed, rate


@pytest.mark.parametrize(
    ("numerator", "denominator", "words"),
    [
        (1, 16, "6.3"),
        (2, 3, "66.7"),
        (12, 13, "92.3"),
        (13, 13, "100"),
        (14, 13, "107.7"),
        (0, 13, "0"),
        (0, 0, "—"),
        (1999, 2000, "99.9"),
        (1458, 1000, "145.8"),
        (9, 13, "69.2"),
    ],
)
def test_a_rate_has_one_decimal_half_up(numerator: int, denominator: int, words: str) -> None:
    assert rate(numerator, denominator) == words


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_rate_is_100_only_when_all_are_there(numerator: int, denominator: int) -> None:
    words = rate(numerator, denominator)
    assert not words.endswith(".0")
    assert (float(words) >= 100) == (numerator >= denominator)


def test_an_empty_flow_prints_0_and_a_text_that_nobody_wrote_nothing() -> None:
    assert (printed(0), printed(None), printed(True), printed(False)) == ("0", "", "是", "否")
    assert printed(("语", "数")) == ("语", "数")


def test_boxes_are_ticked_in_the_order_of_the_form_and_the_unknown_ticks_其他() -> None:
    assert boxes(["音", "语", "音", "围棋"]) == ("语", "音", "其他")


@given(st.lists(st.integers(-50, 50)))
def test_what_is_printed_and_what_is_carried_make_up_the_sum(parts: list[int]) -> None:
    found = net(parts)
    assert found.printed >= 0 >= found.carried
    assert found.printed + found.carried == sum(parts)
    assert not (found.printed and found.carried)
