import random

from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay.numbering import MAX_SKIPPED, Numbering


def started(first: int = 70000) -> Numbering:
    numbering = Numbering(first)
    numbering.begin(1000, 5000)
    return numbering


def test_numbers_follow_each_other_and_holes_stay_holes() -> None:
    numbering = started()
    assert [numbering.number(n) for n in (100, 101, 103, 102, 110)] == [70000, 70001, 70003, 70002, 70010]
    assert numbering.highest == 70010


def test_a_skipped_number_leaves_no_hole() -> None:
    numbering = started()
    assert numbering.number(100) == 70000
    assert numbering.skip(101)
    assert numbering.number(102) == 70001
    assert numbering.skip(103)
    assert numbering.skip(104)
    assert numbering.number(105) == 70002
    assert numbering.number(103) is None


def test_a_late_packet_from_before_a_skip_gets_its_own_place() -> None:
    numbering = started()
    assert numbering.number(100) == 70000
    assert numbering.skip(102)
    assert numbering.number(103) == 70002
    assert numbering.number(101) == 70001


def test_a_skip_that_comes_too_late_is_refused() -> None:
    numbering = started()
    assert numbering.number(100) == 70000
    assert numbering.number(102) == 70002
    assert not numbering.skip(101)
    assert numbering.number(101) == 70001


def test_what_came_before_the_first_has_no_number() -> None:
    numbering = started()
    assert numbering.skip(99)
    assert numbering.number(100) == 70000
    assert numbering.number(98) is None


def test_another_publisher_goes_on_where_the_last_one_stopped() -> None:
    numbering = started()
    assert numbering.stamp(1000) == 5000
    assert numbering.number(100) == 70000
    numbering.begin(0xFFFFFFFF, 8000)
    assert numbering.number(60000) == 70001
    assert numbering.stamp(0xFFFFFFFF) == 8000
    assert numbering.stamp(0) == 8001


def test_skipped_numbers_are_forgotten_in_the_end() -> None:
    numbering = started()
    numbering.number(100)
    for extended in range(101, 101 + 2 * MAX_SKIPPED):
        assert numbering.skip(extended)
    assert numbering.number(101 + 2 * MAX_SKIPPED) == 70001
    assert numbering.number(102) is None


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 10), st.floats(0, 0.5))
def test_numbers_are_unique_in_order_and_without_holes_for_padding(seed: int, spread: int, share: float) -> None:
    source = random.Random(seed)
    numbering = started()
    packets = [(n, source.random() < share) for n in range(1000, 1200)]
    packets.sort(key=lambda packet: packet[0] + source.uniform(0, spread))
    packets.insert(0, (999, False))
    given_out: dict[int, int] = {}
    unskipped = set()
    for extended, is_padding in packets:
        if is_padding:
            if numbering.skip(extended):
                continue
            unskipped.add(extended)
        number = numbering.number(extended)
        assert number is not None
        given_out[extended] = number
    in_order = [given_out[extended] for extended in sorted(given_out)]
    assert in_order == list(range(70000, 70000 + len(given_out)))
