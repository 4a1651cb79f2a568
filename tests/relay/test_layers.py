"""Simulcast: what followers and taps see when they go from one layer to another."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from classroom.relay.drops import Drops
from classroom.relay.feed import SILENT_S, is_alive, ranked
from classroom.relay.lane import LaneKey, Outlet
from classroom.relay.layer import Follower, Layer
from classroom.relay.route import Route
from classroom.relay.rtp import Header, Packet, SenderReport
from classroom.relay.track import Start, Track

TRACK = Track("video", "vp8", 90000, 1, "", ("h", "l"))
KEY = LaneKey(payload_type=96, abs_send_time=0, tag_bytes=16)
# X, start of partition, PictureID of 15 bits, TL0PICIDX; then the frame.
DESCRIPTOR = b"\x90\xc0\x81\x23\x45"


class Camera:
    def request_keyframe(self, layer: Layer | None = None) -> None: ...


class Tap:
    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.reports: list[SenderReport] = []

    def attached(self, publisher: Any, tracks: Any) -> None: ...

    def detached(self) -> None: ...

    def send(self, packet: Packet) -> None:
        self.packets.append(packet)

    def sender_report(self, kind: str, report: SenderReport) -> None:
        self.reports.append(report)


class Rig:
    """A route with two layers whose numbers and timestamps have nothing in common; one picture is 40 ms."""

    def __init__(self) -> None:
        self.sent: dict[Outlet, list[Header]] = {}
        self.payloads: list[bytes] = []
        starts = itertools.count(1)
        self.route = Route("s", self._send, Drops())
        self.publish()
        self.starts = starts

    def publish(self, rids: tuple[str, ...] = ("h", "l")) -> None:
        numbers = itertools.count(0x3000, 0x111)
        track = Track("video", "vp8", 90000, 1, "", rids)
        self.route.publish(Camera(), [track], lambda: Start(77, next(numbers), 5))

    def layer(self, index: int) -> Layer:
        return self.route.tracks["video"].layers[index]

    def follow(self, index: int) -> Follower:
        return self.route.tracks["video"].follow(Outlet(None), KEY, self.layer(index))

    def picture(self, index: int, number: int, keyframe: bool = False) -> None:
        """Picture `number` of a layer, which arrives 40 ms after the one before it."""
        payload = DESCRIPTOR + (b"\x00" if keyframe else b"\x01") + bytes([index])
        first, base = (40000, 9_000) if index == 0 else (100, 4_000_000_000)
        timestamp = (base + 3600 * number) & 0xFFFFFFFF
        packet = Packet("video", 96, True, first + number, timestamp, 5 + index, payload, 10 + number / 25, keyframe)
        self.route.forward(packet, 0x10000 + first + number, self.layer(index))
        self.route.flush()

    def _send(self, outlets: Sequence[Outlet], packets: list[bytes], tag_bytes: int) -> None:
        for outlet in outlets:
            self.sent.setdefault(outlet, []).extend(map(Header, packets))
        self.payloads += [packet[header.start :] for packet in packets for header in [Header(packet)]]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def steps(values: Sequence[int], modulo: int) -> list[int]:
    return [(after - before) % modulo for before, after in itertools.pairwise(values)]


def test_a_layer_that_was_given_up_would_take_what_it_did(rig: Rig) -> None:
    large, small = rig.layer(0), rig.layer(1)
    for number in range(50):
        rig.picture(0, number, keyframe=number == 0)
        rig.picture(1, number, keyframe=number == 0)
        if number % 25 == 24:
            large.measure(10 + number / 25)
            small.measure(10 + number / 25)
    took = large.bps, large.mean_bps
    assert took[0] > 0
    for number in range(50, 500):
        rig.picture(1, number)
        if number % 25 == 24:
            large.measure(10 + number / 25)
            small.measure(10 + number / 25)
    assert (large.bps, large.mean_bps) == took


def test_what_goes_on_in_a_lane_is_no_more_for_who_has_left_it(rig: Rig) -> None:
    gone, stays = rig.follow(1), rig.follow(1)
    rig.picture(1, 0, keyframe=True)
    rig.picture(1, 1)
    gone.leave()
    rig.picture(1, 2)
    assert (gone.packets, stays.packets) == (2, 3) and gone.octets < stays.octets
    rig.layer(1).join(gone)
    rig.picture(1, 3, keyframe=True)
    assert (gone.packets, stays.packets) == (3, 4)


def test_a_follower_changes_at_a_keyframe_and_sees_no_break(rig: Rig) -> None:
    follower = rig.follow(1)
    for number in range(4):
        rig.picture(1, number, keyframe=number == 0)
        rig.picture(0, number, keyframe=number == 0)
    rig.layer(0).join(follower)
    assert rig.layer(0).wants_keyframe and follower.layer is rig.layer(1)
    rig.picture(0, 4)
    rig.picture(1, 4)
    rig.picture(1, 5)
    rig.picture(0, 5, keyframe=True)
    rig.picture(1, 6)
    rig.picture(0, 6)
    assert follower.layer is rig.layer(0) and follower.wanted is None
    assert [payload[-1] for payload in rig.payloads] == [1] * 6 + [0] * 2
    seen = rig.sent[follower.outlet]
    assert steps([header.sequence_number for header in seen], 0x10000) == [1] * 7
    # Picture 5 went out by both layers: time does not stand still, and goes on as before.
    assert steps([header.timestamp for header in seen], 1 << 32) == [3600] * 5 + [1, 3600]
    assert {header.ssrc for header in seen} == {77}
    assert follower.packets == 8


def test_what_was_missed_before_a_change_is_found_after_it(rig: Rig) -> None:
    follower = rig.follow(1)
    for number in range(3):
        rig.picture(1, number, keyframe=number == 0)
    rig.layer(0).join(follower)
    rig.picture(0, 3, keyframe=True)
    rig.picture(0, 4)
    numbers = [header.sequence_number for header in rig.sent[follower.outlet]]
    found = [follower.find(number) for number in numbers]
    assert [entry.payload[-1] for _, entry in filter(None, found)] == [1, 1, 1, 0, 0]
    written = [Header(lane.write(entry)).sequence_number for lane, entry in filter(None, found)]
    assert written == numbers
    assert follower.find(numbers[-1] + 1) is None


def test_a_keyframe_overtakes_what_was_missed_before_it(rig: Rig) -> None:
    follower = rig.follow(1)
    for number in range(3):
        rig.picture(1, number, keyframe=number == 0)
    numbers = [header.sequence_number for header in rig.sent[follower.outlet]]
    assert not any(map(follower.has_passed, numbers))
    rig.layer(1).move(follower, replace(KEY, tag_bytes=10))
    assert not any(map(follower.has_passed, numbers))
    rig.layer(0).join(follower)
    rig.picture(0, 3, keyframe=True)
    last = rig.sent[follower.outlet][-1].sequence_number
    assert all(map(follower.has_passed, numbers)) and not follower.has_passed(last)


def test_who_changes_their_mind_stays(rig: Rig) -> None:
    follower = rig.follow(1)
    rig.picture(1, 0, keyframe=True)
    rig.layer(0).join(follower)
    rig.layer(1).join(follower)
    assert not rig.layer(0).wants_keyframe
    rig.picture(0, 1, keyframe=True)
    rig.picture(1, 1)
    assert [payload[-1] for payload in rig.payloads] == [1, 1]
    follower.leave()
    follower.leave()
    assert not rig.layer(1).is_wanted


def test_another_key_takes_effect_at_once(rig: Rig) -> None:
    follower, other = rig.follow(1), rig.follow(1)
    rig.picture(1, 0, keyframe=True)
    rig.layer(1).move(follower, LaneKey(96, 3, 16))
    rig.picture(1, 1)
    assert [header.sequence_number for header in rig.sent[follower.outlet]] == [
        header.sequence_number for header in rig.sent[other.outlet]
    ]
    assert follower.packets == other.packets == 2


def test_layers_go_without_the_numbers_that_each_counts_for_itself(rig: Rig) -> None:
    rig.follow(0)
    rig.picture(0, 0, keyframe=True)
    assert rig.payloads == [b"\x10\x00\x00"]


def test_a_publisher_with_fewer_layers_takes_the_followers_along(rig: Rig) -> None:
    follower = rig.follow(1)
    rig.picture(1, 0, keyframe=True)
    rig.publish(("h",))
    rig.picture(0, 30, keyframe=True)
    seen = rig.sent[follower.outlet]
    assert steps([header.sequence_number for header in seen], 0x10000) == [1]
    assert follower.layer is rig.layer(0)


def test_taps_get_the_best_layer_as_one_stream(rig: Rig) -> None:
    tap = Tap()
    rig.route.attach(tap)
    rig.layer(0).height, rig.layer(1).height = 720, 180
    rig.picture(1, 0, keyframe=True)
    rig.picture(1, 1)
    assert rig.route.tracks["video"].feed.wants_keyframe(rig.layer(0), 10.1) is False
    rig.picture(0, 1)
    assert rig.route.tracks["video"].feed.wants_keyframe(rig.layer(0), 10.1)
    rig.picture(0, 2, keyframe=True)
    rig.picture(1, 2)
    rig.picture(0, 3)
    assert [packet.payload[-1] for packet in tap.packets] == [1, 1, 0, 0]
    assert steps([packet.sequence_number for packet in tap.packets], 0x10000) == [1, 1, 1]
    assert steps([packet.timestamp for packet in tap.packets], 1 << 32) == [3600, 3600, 3600]
    assert {packet.ssrc for packet in tap.packets} == {6}
    assert tap.packets[0].payload.startswith(DESCRIPTOR)
    rig.route.sender_report("video", SenderReport(5, 1.0, 9_000 + 3600 * 3, 10.2), rig.layer(0))
    rig.route.sender_report("video", SenderReport(6, 1.0, 0, 10.2), rig.layer(1))
    assert [(report.ssrc, report.rtp_timestamp) for report in tap.reports] == [(6, tap.packets[-1].timestamp)]


def test_taps_go_down_when_the_best_layer_is_given_up(rig: Rig) -> None:
    tap = Tap()
    rig.route.attach(tap)
    rig.layer(0).height, rig.layer(1).height = 720, 180
    rig.picture(0, 0, keyframe=True)
    for number in range(1, 60):
        rig.picture(1, number, keyframe=number in (1, 50))
    assert is_alive(rig.layer(1), 12.4) and not is_alive(rig.layer(0), 10 + SILENT_S + 1)
    assert [packet.payload[-1] for packet in tap.packets] == [0] + [1] * 10
    assert ranked([rig.layer(0), rig.layer(1)]) == [rig.layer(1), rig.layer(0)]


def test_pauses_of_all_layers_are_no_sign_of_death(rig: Rig) -> None:
    rig.picture(0, 0, keyframe=True)
    rig.picture(1, 1, keyframe=True)
    assert is_alive(rig.layer(0), 100.0) and is_alive(rig.layer(1), 100.0)
