import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from classroom.relay import rtcp
from classroom.relay.drops import DropReason, Drops
from classroom.relay.lane import LaneKey, Outlet
from classroom.relay.route import Route
from classroom.relay.rtp import Header, Kind, Packet
from classroom.relay.sdp import Accepted, Codec, Section
from classroom.relay.track import Start, Track
from classroom.relay.view import MAX_AGAIN, PROOF_S, REPORT_S, View, Watched

NTP_OFFSET = 3.9e9


class Secure:
    tag_bytes = 16


class Wired:
    """Stands in for the connection: keeps the RTCP that would go out."""

    secure = Secure()
    heard = 0.0

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def outlet(self, kind: str) -> Outlet:
        return Outlet(None)

    def send_rtcp(self, packet: bytes) -> None:
        self.sent.append(packet)


class Camera:
    requests = 0

    def request_keyframe(self, layer: Any = None) -> None:
        self.requests += 1


class Sent:
    """Stands in for the fan-out."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def send(self, outlets: Any, packets: list[bytes], tag_bytes: int) -> None:
        for _ in outlets:
            self.packets += packets


class Rig:
    def __init__(self, rtx: int | None, kind: Kind = "video") -> None:
        self.kind = kind
        self.drops, self.sent, self.wired, self.camera = Drops(), Sent(), Wired(), Camera()
        self.flowing: list[float] = []
        self.route = Route("s", self.sent.send, self.drops)
        self.route.publish(
            self.camera, [Track(kind, "vp8" if kind == "video" else "opus", 90000, 1, "")], lambda: Start(77, 0x3000, 0)
        )
        section = Section("video", "0", "", "", True, False, True, True, (), {}, None, None, ())
        codec = Codec("vp8", "VP8", 96, 90000, 1, "", {}, frozenset({"nack"}), rtx)
        accepted = Accepted(section, codec, {}, ssrc=77, rtx_ssrc=None if rtx is None else 78)
        self.watched = Watched(accepted, self.route.tracks[kind], 500)
        self.view = View(
            cast(Any, self.wired),
            self.route,
            [self.watched],
            "name",
            9,
            NTP_OFFSET,
            self.sent.send,
            self.drops,
            self.flowing.append,
        )

    def feed(self, number: int, keyframe: bool = False, arrived: float = 10.0) -> None:
        packet = Packet(self.kind, 96, True, number, 0, 5, b"payload", arrived, keyframe)
        self.route.forward(packet, 0x10000 + number, self.route.tracks[self.kind].layers[0])
        self.route.flush()

    def report(self, highest: int, now: float, **more: int) -> None:
        values = {"last_report": 0, "delay": 0, "fraction_lost": 0, "jitter": 0, **more}
        block = rtcp.ReportBlock(77, packets_lost=0, highest_sequence=highest, **values)
        self.view.rtcp(rtcp.receiver_report(1, [block]), now)

    def sent_messages(self) -> list[rtcp.Message]:
        sent, self.wired.sent = self.wired.sent, []
        return [message for packet in sent for message in rtcp.parse(packet)]


@pytest.fixture
def rig() -> Rig:
    made = Rig(rtx=None)
    made.view.connected()
    return made


def test_a_viewer_asks_for_a_keyframe_and_waits_for_it(rig: Rig) -> None:
    assert rig.camera.requests == 1
    rig.feed(1)
    assert rig.sent.packets == []
    rig.feed(2, keyframe=True)
    assert len(rig.sent.packets) == 1
    rig.view.rtcp(rtcp.picture_loss(1, 77), 10.0)
    rig.view.rtcp(rtcp.picture_loss(1, 12345), 10.0)
    assert rig.camera.requests == 2
    rig.view.leave()
    rig.view.leave()
    rig.feed(3, keyframe=True)
    assert len(rig.sent.packets) == 1


def test_only_a_number_that_advances_proves_delivery(rig: Rig) -> None:
    rig.report(5, 10.0)
    assert rig.flowing == []
    rig.feed(1, keyframe=True)
    rig.report(0x3000, 11.0)
    assert (rig.flowing, rig.watched.first, rig.watched.proved) == ([11.0], 11.0, 11.0)
    rig.report(0x3000, 12.0)
    assert rig.watched.proved == 11.0
    rig.report(0x3005, 13.0)
    assert (rig.flowing, rig.watched.first, rig.watched.proved) == ([11.0], 11.0, 13.0)


def test_between_two_reports_other_datagrams_prove_it_for_ten_seconds(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    rig.report(0x3000, 11.0)
    rig.wired.heard = 15.0
    assert rig.view.last_proof(rig.watched) == 15.0
    rig.wired.heard = 90.0
    assert rig.view.last_proof(rig.watched) == 11.0 + PROOF_S
    rig.wired.heard = 5.0
    assert rig.view.last_proof(rig.watched) == 11.0


def test_reports_tell_the_link(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    sent = rtcp.ntp_timestamp(10.0 + NTP_OFFSET) >> 16 & 0xFFFFFFFF
    rig.report(0x3000, 10.5, last_report=sent, delay=65536 * 4 // 10, fraction_lost=64, jitter=900)
    assert rig.view.round_trip_ms == pytest.approx(100, abs=1)
    assert rig.view.loss == 0.25
    assert rig.view.jitter_ms == 10.0
    rig.report(0x3001, 10.5, last_report=(sent + 65536 * 60) & 0xFFFFFFFF)
    assert rig.view.round_trip_ms == pytest.approx(100, abs=1)
    # The same report spoken of again is no news: it went there and back once.
    rig.report(0x3002, 12.0, last_report=(sent + 65536 * 60) & 0xFFFFFFFF)
    assert rig.view.round_trip_at == 10.5


def test_a_lost_packet_goes_out_again_as_it_was(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    rig.feed(2)
    first = list(rig.sent.packets)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3001, 0x3002]), 10.5)
    assert rig.sent.packets == [*first, first[1]]
    assert rig.drops[DropReason.NOT_IN_RING] == 1
    rig.view.rtcp(rtcp.nack(1, 12345, [0x3001]), 10.5)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3001]), 12.5)
    assert len(rig.sent.packets) == 3


def test_a_lost_packet_goes_out_again_in_a_stream_of_its_own() -> None:
    rig = Rig(rtx=97)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000]), 10.0)
    rig.view.connected()
    rig.feed(1, keyframe=True)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000]), 10.1)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000]), 10.2)
    again = rig.sent.packets[1:]
    headers = [Header(packet) for packet in again]
    assert [(header.payload_type, header.ssrc, header.sequence_number) for header in headers] == [
        (97, 78, 500),
        (97, 78, 501),
    ]
    assert again[0][12:] == b"\x30\x00payload"


def test_what_is_on_its_way_again_is_not_sent_once_more(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    rig.view.round_trip_ms = 500.0
    for now in (10.1, 10.2, 10.5, 10.61):
        rig.view.rtcp(rtcp.nack(1, 77, [0x3000]), now)
    assert len(rig.sent.packets) == 3
    assert rig.drops[DropReason.ON_ITS_WAY] == 2


def test_what_cannot_be_played_any_more_is_not_sent_again() -> None:
    rig = Rig(rtx=None, kind="audio")
    rig.view.connected()
    rig.feed(1)
    rig.feed(2)
    before = len(rig.sent.packets)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000]), 10.3)
    assert len(rig.sent.packets) == before + 1
    rig.view.rtcp(rtcp.nack(1, 77, [0x3001]), 10.5)
    assert len(rig.sent.packets) == before + 1
    assert rig.drops[DropReason.STALE] == 1


class Queue:
    """A pacer that keeps what it is given."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def take(self, outlet: Any, packets: Sequence[bytes], key: LaneKey) -> None:
        self.packets += packets

    def cut(self, outlet: Any) -> set[int]:
        return set()


def test_who_asks_for_a_picture_that_was_taken_away_is_told_that_nothing_comes() -> None:
    rig, pacer = Rig(rtx=97), Queue()
    rig.view.connected()
    rig.feed(1, keyframe=True)
    rig.feed(2)
    follower = rig.watched.follower
    assert follower is not None and follower.layer is not None
    follower.layer.move(follower, replace(follower.key, pacer=cast(Any, pacer)))
    rig.view.rtcp(rtcp.nack(1, 77, [0x3001]), 10.1)
    assert pacer.packets.pop()[14:] == b"payload"
    follower.leave()
    rig.view.round_trip_ms = 500.0
    for now in (10.2, 10.3, 10.8):
        rig.view.rtcp(rtcp.nack(1, 77, [0x3000]), now)
    assert [packet[12:] for packet in pacer.packets] == [b"\x30\x00"] * 2
    assert [Header(packet).sequence_number for packet in pacer.packets] == [501, 502]
    assert rig.drops[DropReason.ON_ITS_WAY] == 1


def test_a_first_question_for_sound_tells_the_round_trip_and_a_second_does_not() -> None:
    rig = Rig(rtx=None, kind="audio")
    rig.view.connected()
    for number in range(1, 4):
        rig.feed(number, arrived=10.0 + number / 50)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000, 0x3001]), 10.3)
    assert rig.view.round_trip_ms == pytest.approx(260)
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000, 0x3001]), 10.9)
    assert rig.view.round_trip_ms == pytest.approx(260)
    # What never arrived here says nothing of the viewer's line.
    rig.view.rtcp(rtcp.nack(1, 77, [0x3005]), 11.5)
    assert rig.view.round_trip_ms == pytest.approx(260)


def after_losses(by_itself: bool) -> Rig:
    """A viewer of sound that has asked again five times a second, until 12.0."""
    rig = Rig(rtx=None, kind="audio")
    rig.view.connected()
    for number in range(1, 400):
        rig.feed(number, arrived=10.0 + number / 50)
    for lost in range(5, 100, 10):
        at = rig.wired.heard = 10.1 + lost / 50
        assert not rig.view.has_stopped_losing(at, by_itself)
        rig.view.rtcp(rtcp.nack(1, 77, [0x3000 + lost]), at)
        assert not rig.view.has_stopped_losing(at, by_itself)
    return rig


def test_who_lost_again_and_again_and_now_loses_nothing_has_another_line() -> None:
    rig = after_losses(by_itself=True)
    assert not rig.view.has_stopped_losing(12.1, by_itself=True)
    # Asked once more for the same, it says nothing new.
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000 + 95]), 13.0)
    assert not rig.view.has_stopped_losing(13.0, by_itself=True)
    # Who is not heard at all may be losing everything.
    assert not rig.view.has_stopped_losing(15.0, by_itself=True)
    rig.wired.heard = 14.9
    assert rig.view.has_stopped_losing(15.0, by_itself=True)
    assert not rig.view.has_stopped_losing(15.2, by_itself=True)


def test_what_a_full_line_loses_is_not_the_lines_own() -> None:
    rig = after_losses(by_itself=False)
    rig.wired.heard = 14.9
    assert not rig.view.has_stopped_losing(15.0, by_itself=True)


def test_padding_that_has_not_come_tells_for_how_long_it_is_awaited() -> None:
    rig = Rig(rtx=97)
    rig.view.connected()
    rig.feed(1, keyframe=True)
    for now in (10.0, 10.1, 10.2, 10.3):
        rig.view.pad(1, now)
    block = rtcp.ReportBlock(78, 0, 0, 0x10000 + 500, 0, 0, 0)
    rig.view.rtcp(rtcp.receiver_report(1, [block]), 10.5)
    assert (rig.view.awaited_ms, rig.view.awaited_at) == (pytest.approx(400), 10.5)
    # The last ones have come, or were lost.
    for highest in (501, 503):
        rig.view.rtcp(rtcp.receiver_report(1, [block._replace(highest_sequence=highest)]), 10.9)
        assert rig.view.awaited_at == 10.5
    # Nor did those come that a report still misses after so long.
    rig.view.rtcp(rtcp.receiver_report(1, [block]), 20.0)
    assert rig.view.awaited_at == 10.5


def test_nobody_gets_more_again_at_once_than_two_keyframes(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    for number in range(2, 300):
        rig.feed(number)
    before = len(rig.sent.packets)
    rig.view.rtcp(rtcp.nack(1, 77, list(range(0x3000, 0x3000 + 250))), 10.1)
    assert len(rig.sent.packets) - before == MAX_AGAIN
    assert rig.drops[DropReason.RETRANSMIT_LIMIT] == 250 - MAX_AGAIN
    rig.view.rtcp(rtcp.nack(1, 77, [0x3000]), 10.2)
    assert len(rig.sent.packets) - before == MAX_AGAIN + 1


def test_what_the_publishers_line_lost_is_no_loss_of_the_viewers(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    rig.report(0x3000, 10.1)
    for number in (3, 4, 6, 8):
        rig.feed(number)
    # The relay itself missed 2, 5 and 7; the viewer misses one more of the seven.
    rig.report(0x3007, 11.1, fraction_lost=256 * 4 // 7)
    assert rig.watched.expected == 4
    assert rig.watched.lost == pytest.approx(1, abs=0.05)


def test_reports_tell_how_much_came(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    rig.report(0x3000, 10.1)
    for number in range(2, 12):
        rig.feed(number)
    octets = len(rig.sent.packets[-1])
    rig.report(0x3005, 10.3)
    assert rig.watched.received == pytest.approx(5 * octets)
    rig.report(0x3009, 10.5, fraction_lost=64)
    assert rig.watched.received == pytest.approx((5 + 0.75 * 4) * octets)


def test_while_the_line_is_tried_each_moment_is_reported(rig: Rig) -> None:
    rig.feed(1, keyframe=True)
    rig.view.is_tried = True
    before = len(rig.wired.sent)
    for at in (20.0, 20.2, 20.4):
        rig.view.tick(at)
    assert len(rig.wired.sent) == before + 3


def test_there_is_a_report_in_time_with_or_without_media(rig: Rig) -> None:
    rig.view.tick(9.0)
    assert rig.sent_messages() == [rtcp.ReceiverReport(9)]
    rig.feed(1, keyframe=True, arrived=9.1)
    rig.view.tick(9.2)
    assert rig.sent_messages() == []
    rig.feed(2, arrived=9.9)
    rig.view.tick(9.0 + REPORT_S)
    (report,) = rig.sent_messages()
    assert isinstance(report, rtcp.SenderInfo)
    assert (report.ssrc, report.packets) == (77, 2)
    assert report.rtp_timestamp == pytest.approx(0.1 * 90000, abs=2)
    assert report.ntp == pytest.approx(rtcp.ntp_timestamp(9.0 + REPORT_S + NTP_OFFSET), abs=2**20)


def test_when_no_media_goes_out_the_viewer_hears_something_every_half_second(rig: Rig) -> None:
    rig.feed(1, keyframe=True, arrived=9.0)
    said = []
    for tick in range(50):
        rig.view.tick(9.0 + 0.2 * tick)
        said += [tick] if rig.sent_messages() else []
    assert said[0] <= 2 and all(later - sooner == 2 for sooner, later in itertools.pairwise(said))


def test_what_else_a_viewer_says(rig: Rig) -> None:
    rig.view.rtp(bytes(20), 20, 1.0)
    rig.view.rtcp(b"\x80", 1.0)
    assert rig.drops[DropReason.UNKNOWN_SSRC] == rig.drops[DropReason.BAD_RTCP] == 1
    remb = b"REMB\x01" + (2 << 18 | 100000).to_bytes(3, "big") + (77).to_bytes(4, "big")
    rig.view.rtcp(b"\x8f\xce\x00\x05" + (1).to_bytes(4, "big") + bytes(4) + remb, 1.0)
    assert rig.view.remb_bps == 400000
