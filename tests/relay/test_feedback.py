import random
import struct
from collections.abc import Callable

import pytest
from aiortc.rtcrtpreceiver import NackGenerator as OtherNackGenerator
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay.feedback import (
    KEYFRAME_INTERVAL_S,
    MAX_MISSING,
    MAX_TRIES,
    KeyframeRequests,
    NackGenerator,
    Statistics,
    TransportFeedback,
    feedback_interval_s,
)


def read(body: bytes) -> dict[int, float]:
    """Transport-wide feedback as the draft says it is read (§3.1): 16-bit number → arrival in ticks of 250 µs."""
    base, count, reference = struct.unpack_from("!HHI", body)
    ticks = (reference >> 8) * 256
    symbols: list[int] = []
    position = 8
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", body, position)
        position += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13] * (chunk & 0x1FFF)
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    arrivals = {}
    for index, symbol in enumerate(symbols[:count]):
        if symbol:
            form = {1: "!B", 2: "!h"}[symbol]
            ticks += struct.unpack_from(form, body, position)[0]
            position += struct.calcsize(form)
            arrivals[(base + index) & 0xFFFF] = ticks
    assert position == len(body)
    return arrivals


def test_feedback_says_what_came_when_and_what_did_not() -> None:
    feedback = TransportFeedback()
    assert feedback.due() == []
    for number, at in ((65534, 100.0), (65535, 100.001), (65537, 100.05), (65540, 100.2)):
        feedback.packet(number, at)
    (body,) = feedback.due()
    assert read(body) == {65534: 400000, 65535: 400004, 1: 400200, 4: 400800}
    assert body[7] == 0
    feedback.packet(65545, 100.3)
    (body,) = feedback.due()
    # What was lost between the two is part of the second.
    assert struct.unpack_from("!HH", body) == (5, 5)
    assert body[7] == 1
    assert feedback.due() == []


@settings(deadline=None)
@given(
    st.integers(0, 2**20),
    st.lists(st.tuples(st.integers(-5, 700), st.floats(-0.02, 12.0)), min_size=1, max_size=300),
)
def test_feedback_reports_every_arrival_within_a_tick(first: int, steps: list[tuple[int, float]]) -> None:
    feedback = TransportFeedback()
    arrivals: dict[int, float] = {}
    number, now = 0x10000 + first, 1000.0
    for step, wait in steps:
        number, now = max(0x10000, number + step), max(0.0, now + wait)
        arrivals.setdefault(number, now)
        feedback.packet(number, now)
    reported: dict[int, float] = {}
    for body in feedback.due():
        assert len(body) < 1250
        reported |= read(body)
    for extended, at in arrivals.items():
        modulus = 2**24 * 256
        difference = (reported[extended & 0xFFFF] - at * 4000 + modulus / 2) % modulus - modulus / 2
        assert abs(difference) <= 1.01 or len({n & 0xFFFF for n in arrivals}) < len(arrivals)


@pytest.mark.parametrize(("in_bps", "interval_s"), [(0, 0.1), (10_000, 0.25), (60_000, 0.181), (1_500_000, 0.1)])
def test_feedback_is_a_twentieth_of_what_it_speaks_of(in_bps: int, interval_s: float) -> None:
    assert feedback_interval_s(in_bps) == pytest.approx(interval_s, abs=0.001)


def test_statistics_agree_with_another_library() -> None:
    source = random.Random(7)
    ours, theirs = Statistics(90000), StreamStatistics(90000)
    now = 50.0
    for number in range(65500, 66500):
        now += 0.033 + source.uniform(-0.005, 0.005)
        if source.random() < 0.1:
            continue
        packet = RtpPacket(96, 1, number & 0xFFFF, number * 3000 & 0xFFFFFFFF, 1, b"x")
        theirs.add(packet)
        ours.packet(number, packet.timestamp, 1, now)
    block = ours.block(1, now)
    assert block is not None
    assert block.packets_lost == theirs.packets_lost
    assert block.fraction_lost == theirs.fraction_lost
    assert ours.lost == theirs.packets_lost


def test_jitter_is_the_mean_deviation_of_the_transit_time() -> None:
    statistics = Statistics(48000)
    for index in range(400):
        statistics.packet(1000 + index, index * 960, 1, 10.0 + index * 0.02 + 0.004 * (index % 2))
    assert statistics.jitter_ms == pytest.approx(4.0, abs=0.05)


def test_a_block_names_the_last_sender_report() -> None:
    statistics = Statistics(48000)
    assert statistics.block(1, 0.0) is None
    statistics.packet(1000, 0, 1, 1.0)
    statistics.sender_report(0x1111_2222_3333_4444, 2.0)
    block = statistics.block(1, 2.5)
    assert block is not None
    assert (block.last_report, block.delay) == (0x2222_3333, 32768)


def test_missing_packets_are_asked_for_at_once_then_once_a_round_trip_then_given_up() -> None:
    nack = NackGenerator()
    assert nack.packet(100, 1.0)
    assert nack.packet(103, 1.0)
    assert nack.fresh
    assert nack.due(1.0) == [101, 102]
    assert not nack.fresh
    assert nack.due(1.05) == []
    assert nack.packet(102, 1.06)
    assert nack.due(1.2) == [101]
    tries = 2
    now = 1.2
    while nack.due(now := now + 0.05):
        tries += 1
    for _ in range(40):
        now += 0.05
        tries += bool(nack.due(now))
    assert tries <= MAX_TRIES
    assert nack.given_up == 1


def test_a_quick_answer_shortens_the_retry() -> None:
    nack = NackGenerator()
    nack.packet(0, 1.0)
    for number in range(8, 160, 8):
        for other in range(number - 7, number - 1):
            nack.packet(other, 1.0)
        nack.packet(number, 1.0)
        assert nack.due(1.0) == [number - 1]
        nack.packet(number - 1, 1.01)
    nack.packet(164, 2.0)
    assert len(nack.due(2.0)) == 11
    assert len(nack.due(2.05)) == 11


def test_an_answer_that_comes_after_the_second_question_lengthens_the_retry() -> None:
    nack = NackGenerator()
    asked = 0
    for number in range(2, 60, 2):
        now = float(number)
        nack.packet(number, now)
        asked = sum(len(nack.due(now + tick / 50)) for tick in range(25))
        nack.packet(number - 1, now + 0.5)
    assert asked == 1


def asked(lost: Callable[[int], bool]) -> int:
    """How many of 200 packets, 50 a second, are asked for again in their last second."""
    nack = NackGenerator()
    asked = 0
    for number in range(1, 201):
        now = number / 50
        if not lost(number):
            nack.packet(number, now)
        numbers = nack.due(now)
        asked += len(numbers) if now > 3.0 else 0
    return asked


def test_a_full_line_is_not_filled_further() -> None:
    source = random.Random(3)
    drawn = [source.random() for _ in range(201)]
    assert asked(lambda number: drawn[number] < 0.1) > 0
    assert asked(lambda number: drawn[number] < 0.5) == 0
    # It was full, and is not any more.
    assert asked(lambda number: drawn[number] < (0.5 if number < 60 else 0.1)) > 0
    # A moment without anything is no full line.
    assert asked(lambda number: 150 < number < 180) >= 29


def test_after_an_outage_only_a_keyframe_helps() -> None:
    nack = NackGenerator()
    nack.packet(0, 1.0)
    assert not nack.packet(MAX_MISSING + 2, 1.0)
    assert nack.due(1.0) == []


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_the_same_numbers_are_missed_as_by_another_library(seed: int) -> None:
    source = random.Random(seed)
    ours, theirs = NackGenerator(), OtherNackGenerator()
    for number in range(65500, 65600):
        if source.random() < 0.8:
            ours.packet(number, 1.0)
            theirs.add(RtpPacket(96, 0, number & 0xFFFF, 0, 1, b"x"))
    assert {number & 0xFFFF for number in ours.due(1.0)} == theirs.missing


def test_requests_for_keyframes_are_merged_and_none_is_forgotten() -> None:
    requests = KeyframeRequests()
    assert not requests.due(0.0)
    assert requests.want(1.0)
    assert not requests.want(1.1)
    assert not requests.due(1.2)
    assert requests.due(1.0 + KEYFRAME_INTERVAL_S)
    assert not requests.due(5.0)
    assert requests.want(6.0)
    assert not requests.want(6.1)
    requests.arrived()
    assert not requests.due(7.0)
