"""Counting, holes and reports of a stream that a viewer receives."""

from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.reception import Reception


def make() -> Reception:
    return Reception("video", "vp8", 90_000)


def feed(reception: Reception, numbers: list[int]) -> list[bool]:
    return [reception.arrived(n & 0xFFFF, 0, 7, 100, i / 50) for i, n in enumerate(numbers)]


def test_a_hole_is_asked_for_five_times_and_then_given_up() -> None:
    reception = make()
    feed(reception, [65534, 65537])
    assert [reception.to_ask() for _ in range(6)] == [[65535, 0]] * 5 + [[]]
    assert reception.lost == 2


def test_a_late_packet_fills_its_hole_once() -> None:
    reception = make()
    assert feed(reception, [10, 12, 11, 11]) == [True, True, True, False]
    assert not reception.missing
    assert reception.lost == 0


def test_a_retransmission_counts_as_recovered_and_not_as_received() -> None:
    reception = make()
    feed(reception, [10, 12])
    assert reception.recovered(11)
    assert not reception.recovered(11)
    assert (reception.packets, reception.recovered_packets, reception.lost) == (2, 1, 0)


def test_a_report_tells_loss_since_the_last_one_and_in_all() -> None:
    reception = make()
    assert reception.report(0.0) is None
    feed(reception, [1, 2, 4, 5])
    reception.sender_report(0x1234_5678_9ABC_DEF0, 0.5)
    first = reception.report(1.0)
    assert first is not None
    assert (first.fraction_lost, first.packets_lost, first.highest_sequence) == (51, 1, 5)
    assert (first.last_report, first.delay) == (0x56789ABC, 32768)
    feed(reception, [6, 7])
    second = reception.report(2.0)
    assert second is not None
    assert (second.fraction_lost, second.packets_lost) == (0, 1)


def test_a_packet_of_another_source_is_not_counted() -> None:
    reception = make()
    feed(reception, [1])
    assert not reception.arrived(2, 0, 8, 100, 0.1)
    assert reception.packets == 1


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=60))
def test_any_order_of_numbers_leaves_counts_that_add_up(numbers: list[int]) -> None:
    reception = make()
    feed(reception, numbers)
    assert reception.lost >= 0
    assert len(reception.missing) <= 512
    assert len(reception.missing) <= reception.lost
    assert reception.report(9.0) is not None
