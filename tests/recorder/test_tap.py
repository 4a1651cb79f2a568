import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from classroom.relay.route import Subscriber
from classroom.relay.rtp import Packet, SenderReport
from classroom.relay.track import Track
from recorder.tap import QUEUE_BYTES, QUEUE_PACKETS, Attached, Detached, Item, Overflowed, Reported, Tap

TRACKS = {"audio": Track("audio", "opus", 48000, 2, "")}


class Publisher:
    def __init__(self) -> None:
        self.requests = 0

    def request_keyframe(self) -> None:
        self.requests += 1


def packet(number: int, size: int = 10) -> Packet:
    return Packet("audio", 111, False, number & 0xFFFF, number * 960, 1, bytes(size), number / 50)


def drain(tap: Tap) -> Iterator[Item]:
    while (item := tap.take()) is not None:
        yield item


@pytest.fixture
async def tap() -> Tap:
    return Tap(asyncio.get_running_loop())


async def test_a_tap_is_a_subscriber(tap: Tap) -> None:
    subscriber: Subscriber = tap
    report = SenderReport(1, 3e9, 0, 0.0)
    sent = packet(1)
    subscriber.attached(Publisher(), TRACKS)
    subscriber.send(sent)
    subscriber.sender_report("audio", report)
    subscriber.detached()
    assert list(drain(tap)) == [Attached(TRACKS), sent, Reported("audio", report), Detached()]


@pytest.mark.parametrize(("size", "fits"), [(10, QUEUE_PACKETS), (QUEUE_BYTES // 10, 10)])
async def test_a_full_queue_drops_and_says_where(tap: Tap, size: int, fits: int) -> None:
    for number in range(fits + 7):
        tap.send(packet(number, size))
    tap.sender_report("audio", SenderReport(1, 3e9, 0, 0.0))
    assert tap.overflowed == 7
    kept = [tap.take() for _ in range(5)]
    assert all(isinstance(item, Packet) for item in kept)
    tap.send(packet(fits + 7))
    rest: list[Any] = list(drain(tap))
    assert rest[-2] == Overflowed(7, (fits + 6) / 50)
    assert rest[-1].sequence_number == (fits + 7) & 0xFFFF and len(rest) == fits - 5 + 2


async def test_a_session_that_ends_in_an_overflow_says_so_before_its_end(tap: Tap) -> None:
    for number in range(QUEUE_PACKETS + 1):
        tap.send(packet(number))
    tap.detached()
    assert list(drain(tap))[-2:] == [Overflowed(1, QUEUE_PACKETS / 50), Detached()]


async def test_a_keyframe_is_asked_of_the_present_publisher_on_the_loop(tap: Tap) -> None:
    first, second = Publisher(), Publisher()
    await asyncio.to_thread(tap.request_keyframe)
    tap.attached(first, TRACKS)
    await asyncio.to_thread(tap.request_keyframe)
    await asyncio.sleep(0)
    tap.detached()
    await asyncio.to_thread(tap.request_keyframe)
    await asyncio.sleep(0)
    tap.attached(second, TRACKS)
    await asyncio.to_thread(tap.request_keyframe)
    await asyncio.sleep(0)
    assert (first.requests, second.requests) == (1, 1)


def test_asking_after_the_loop_has_closed_does_nothing() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    Tap(loop).request_keyframe()
