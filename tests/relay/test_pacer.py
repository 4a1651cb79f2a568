"""Pictures for a narrow line leave at its pace."""

from typing import Any

import pytest

from classroom.relay.drops import Drops
from classroom.relay.lane import LaneKey, Outlet
from classroom.relay.pacer import BURST_BYTES, LONGEST_PAUSE_S, Pacer

KEY = LaneKey(96, 0, 16)


class Rig:
    def __init__(self) -> None:
        self.sent: list[tuple[Outlet, bytes]] = []
        self.began = 0
        self.first, self.second = Outlet(None), Outlet(None)
        self.pacer = Pacer(800_000, self.send, Drops(), self.wait)
        self.pacer.drain(10.0)

    def send(self, outlets: Any, packets: list[bytes], tag_bytes: int) -> None:
        self.sent += [(outlet, packet) for packet in packets for outlet in outlets]

    def wait(self, pacer: Pacer) -> None:
        self.began += 1


@pytest.fixture
def rig() -> Rig:
    return Rig()


def packet(number: int) -> bytes:
    return bytes([0x80, 96, 0, number]) + bytes(996)


def test_each_gets_its_own_in_their_order(rig: Rig) -> None:
    for number in range(3):
        rig.pacer.take(rig.first, [packet(2 * number)], KEY)
        rig.pacer.take(rig.second, [packet(2 * number + 1)], KEY)
    rig.pacer.drain(10.0)
    assert rig.sent == [(rig.first, packet(0)), (rig.second, packet(1)), (rig.first, packet(2))]
    rig.pacer.drain(12.0)
    assert rig.sent[3:] == [(rig.second, packet(3)), (rig.first, packet(4)), (rig.second, packet(5))]


def test_it_tells_when_something_begins_to_wait(rig: Rig) -> None:
    rig.pacer.take(rig.first, [packet(number) for number in range(9)], KEY)
    rig.pacer.take(rig.second, [packet(9)], KEY)
    rig.pacer.drain(10.0)
    assert rig.began == 1
    rig.pacer.flush()
    rig.pacer.take(rig.first, [packet(10)], KEY)
    assert rig.began == 2


def test_it_tells_for_how_long_it_may_be_left_alone(rig: Rig) -> None:
    assert rig.pacer.pause_s == 0.0
    rig.pacer.take(rig.first, [packet(number) for number in range(9)], KEY)
    rig.pacer.drain(10.0)
    assert len(rig.sent) == BURST_BYTES // 1000
    rig.pacer.drain(10.005)
    pause_s = rig.pacer.pause_s
    assert pause_s == pytest.approx(0.005)
    rig.pacer.drain(10.005 + 0.9 * pause_s)
    assert len(rig.sent) == 4
    rig.pacer.drain(10.005 + 1.1 * pause_s)
    assert len(rig.sent) == 5
    rig.pacer.rate_bps = 10_000
    assert rig.pacer.pause_s == LONGEST_PAUSE_S
