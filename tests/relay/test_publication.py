import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from classroom.relay import rtcp
from classroom.relay.drops import DropReason, Drops
from classroom.relay.feedback import feedback_interval_s
from classroom.relay.lane import Outlet
from classroom.relay.negotiation import track_of
from classroom.relay.publication import SOURCE_SILENT_S, Publication
from classroom.relay.route import Route
from classroom.relay.rtp import Packet
from classroom.relay.sdp import MID, REPAIRED_RID, RID, TRANSPORT_CC, Accepted, Codec, Section
from classroom.relay.track import Start

FEEDBACK = frozenset({"nack", "nack pli", "transport-cc"})
VP8 = Codec("vp8", "VP8", 96, 90000, 1, "", {}, FEEDBACK, rtx=97)
OPUS = Codec("opus", "opus", 111, 48000, 2, "", {}, frozenset({"transport-cc"}))
EXTENSIONS = {MID: 1, RID: 2, REPAIRED_RID: 3, TRANSPORT_CC: 4}
KEY, DELTA = b"\x10\x00key", b"\x10\x01delta"


def section(kind: str, mid: str, ssrc: int | None = None, rids: tuple[str, ...] = ()) -> Section:
    return Section(kind, mid, "UDP/TLS/RTP/SAVPF", "", True, True, False, True, (), {}, ssrc, None, rids)


def rtp(
    number: int, payload: bytes, ssrc: int = 5, payload_type: int = 96, timestamp: int = 0, **values: bytes
) -> bytes:
    ids = {"mid": 1, "rid": 2, "repaired": 3, "transport": 4}
    block = b"".join(bytes([ids[name] << 4 | len(value) - 1]) + value for name, value in values.items())
    block += bytes(-len(block) % 4)
    head = struct.pack("!BBHII", 0x90, payload_type, number, timestamp, ssrc)
    return head + struct.pack("!HH", 0xBEDE, len(block) // 4) + block + payload


class Wired:
    """Stands in for the connection: keeps the RTCP that would go out."""

    ufrag = "name"
    bytes_in = 0

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_rtcp(self, packet: bytes) -> None:
        self.sent.append(packet)

    def messages(self) -> list[rtcp.Message]:
        sent, self.sent = self.sent, []
        return [message for packet in sent for message in rtcp.parse(packet)]


class Tap:
    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def attached(self, publisher: Any, tracks: Any) -> None: ...

    def detached(self) -> None: ...

    def send(self, packet: Packet) -> None:
        self.packets.append(packet)

    def sender_report(self, kind: str, report: Any) -> None:
        self.report = report


class Rig:
    def __init__(self, video: Accepted, *more: Accepted) -> None:
        self.drops = Drops()
        self.now = 100.0
        self.wired = Wired()
        self.flowing: list[float] = []
        self.touched: list[Publication] = []

        def send(outlets: Sequence[Outlet], packets: list[bytes], tag_bytes: int) -> None: ...

        self.route = Route("s", send, self.drops)
        self.tap = Tap()
        self.route.attach(self.tap)
        self.publication = Publication(
            cast(Any, self.wired),
            self.route,
            [video, *more],
            9,
            self.drops,
            lambda: self.now,
            self.flowing.append,
            self.touched.append,
        )
        tracks = [track_of(one) for one in (video, *more)]
        self.route.publish(self.publication, tracks, lambda: Start(1, 2, 3))
        self.publication.begin()

    def take(self, data: bytes, wait_s: float = 0.0) -> None:
        self.now += wait_s
        self.publication.rtp(data, len(data), self.now)

    def numbers(self) -> list[int]:
        return [packet.sequence_number for packet in self.tap.packets]


@pytest.fixture
def plain() -> Rig:
    extensions = {MID: 1, TRANSPORT_CC: 4}
    sound = Accepted(section("audio", "0", ssrc=6), OPUS, extensions)
    return Rig(Accepted(section("video", "1"), VP8, extensions), sound)


@pytest.fixture
def layered() -> Rig:
    return Rig(Accepted(section("video", "1", rids=("h", "l")), VP8, EXTENSIONS, rids=("h",)))


def test_a_source_is_learned_and_flows(plain: Rig) -> None:
    plain.take(rtp(1, KEY, mid=b"1"))
    plain.take(rtp(2, DELTA))
    assert [packet.payload for packet in plain.tap.packets] == [KEY, DELTA]
    assert [packet.keyframe for packet in plain.tap.packets] == [True, False]
    assert plain.flowing == [100.0]
    assert plain.touched == [plain.publication]
    plain.publication.flush(plain.now)
    plain.take(rtp(9, b"sound", ssrc=6, payload_type=111))
    assert plain.touched == [plain.publication] * 2
    assert plain.tap.packets[-1].kind == "audio"
    assert plain.flowing == [100.0]


def test_what_was_not_negotiated_is_dropped(plain: Rig) -> None:
    plain.take(rtp(1, KEY, payload_type=100))
    plain.take(rtp(1, KEY, mid=b"7"))
    plain.take(rtp(2, KEY))
    assert plain.drops[DropReason.UNKNOWN_SSRC] == 3
    plain.take(b"\x80")
    plain.publication.rtcp(b"\x80", 1.0)
    assert (plain.drops[DropReason.BAD_RTP], plain.drops[DropReason.BAD_RTCP]) == (1, 1)
    assert plain.tap.packets == []


def test_only_the_accepted_layer_is_taken_with_its_retransmissions(layered: Rig) -> None:
    layered.take(rtp(1, KEY, ssrc=50, rid=b"l", mid=b"1"))
    layered.take(rtp(1, KEY, ssrc=51, rid=b"h", mid=b"1"))
    layered.take(rtp(2, DELTA, ssrc=50))
    layered.take(rtp(3, DELTA, ssrc=51))
    layered.take(rtp(70, b"\x00\x02" + DELTA, ssrc=60, payload_type=97, repaired=b"l"))
    layered.take(rtp(80, b"\x00\x02" + DELTA, ssrc=61, payload_type=97))
    layered.take(rtp(81, b"\x00\x02" + DELTA, ssrc=61, payload_type=97, repaired=b"h"))
    layered.take(rtp(82, b"\x00\x02" + DELTA, ssrc=61, payload_type=97))
    assert layered.numbers() == [1, 3, 2]
    assert {packet.ssrc for packet in layered.tap.packets} == {51}
    assert layered.drops[DropReason.UNKNOWN_SSRC] == 4
    assert layered.drops[DropReason.DUPLICATE] == 1


def test_padding_among_retransmissions_is_no_packet(plain: Rig) -> None:
    plain.take(rtp(70, b"\x00\x01" + KEY, ssrc=60, payload_type=97))
    plain.take(rtp(1, KEY))
    plain.take(rtp(71, b"", ssrc=60, payload_type=97))
    assert plain.numbers() == [1]
    assert plain.drops[DropReason.PADDING] == 2


def test_missing_packets_are_asked_for_at_the_end_of_the_batch(plain: Rig) -> None:
    plain.take(rtp(65534, KEY))
    plain.take(rtp(1, DELTA))
    assert plain.wired.messages() == []
    plain.publication.flush(plain.now)
    assert plain.wired.messages() == [rtcp.Nack(5, (65535, 0))]
    plain.take(rtp(65535, DELTA))
    plain.publication.tick(plain.now + 0.3)
    assert rtcp.Nack(5, (0,)) in plain.wired.messages()


def test_it_is_in_a_hurry_while_something_is_to_be_asked_for_again(plain: Rig) -> None:
    plain.take(rtp(1, KEY))
    calm_s = plain.publication.pause_s
    plain.take(rtp(3, DELTA))
    plain.publication.flush(plain.now)
    assert plain.publication.pause_s == 0
    plain.take(rtp(2, DELTA))
    assert plain.publication.pause_s == calm_s > 0
    plain.publication.request_keyframe()
    plain.publication.request_keyframe()
    assert plain.publication.pause_s == 0
    plain.take(rtp(4, KEY, timestamp=9000))
    assert plain.publication.pause_s == calm_s


def test_taps_and_feedback_do_not_wait_for_long(plain: Rig) -> None:
    plain.take(rtp(1, KEY))
    tapped_s = plain.publication.pause_s
    plain.route.detach(plain.tap)
    assert tapped_s < plain.publication.pause_s
    plain.take(rtp(2, DELTA, transport=b"\x00\x07"))
    plain.publication.in_bps = 60_000
    assert plain.publication.pause_s == feedback_interval_s(60_000)


def test_an_outage_asks_for_a_keyframe_once_in_half_a_second(plain: Rig) -> None:
    plain.take(rtp(1, KEY))
    plain.take(rtp(1000, DELTA))
    plain.publication.request_keyframe()
    assert plain.wired.messages() == [rtcp.KeyframeRequest(5)]
    plain.publication.tick(plain.now + 0.4)
    assert rtcp.KeyframeRequest(5) not in plain.wired.messages()
    plain.publication.tick(plain.now + 0.6)
    assert rtcp.KeyframeRequest(5) in plain.wired.messages()


def test_feedback_and_reports_go_back(plain: Rig) -> None:
    plain.take(rtp(1, KEY, transport=b"\x00\x07"))
    plain.publication.tick(plain.now)
    feedback = plain.wired.sent[0]
    assert (feedback[0] & 0x1F, feedback[1]) == (15, 205)
    assert feedback[12:16] == b"\x00\x07\x00\x01"
    plain.publication.report(plain.now)
    (report,) = [message for message in plain.wired.messages() if isinstance(message, rtcp.ReceiverReport)]
    assert [block.ssrc for block in report.blocks] == [5]
    plain.publication.tick(plain.now + 0.5)
    plain.publication.report(plain.now + 0.5)
    assert plain.wired.messages() == []


def test_a_voice_is_encoded_for_the_worst_of_those_who_listen(plain: Rig) -> None:
    plain.take(rtp(1, b"sound", ssrc=6, payload_type=111))
    plain.route.tracks["audio"].lost(0.1, plain.now)
    plain.route.tracks["audio"].lost(0.0, plain.now + 1)
    plain.publication.report(plain.now + 1.5)
    (report,) = [message for message in plain.wired.messages() if isinstance(message, rtcp.ReceiverReport)]
    assert [(block.ssrc, block.fraction_lost, block.packets_lost) for block in report.blocks] == [(6, 25, 0)]
    plain.publication.report(plain.now + 60)
    (report,) = [message for message in plain.wired.messages() if isinstance(message, rtcp.ReceiverReport)]
    assert report.blocks[0].fraction_lost == 0


def test_sender_reports_reach_the_taps(plain: Rig) -> None:
    plain.take(rtp(1, KEY))
    plain.publication.rtcp(rtcp.sender_report(rtcp.SenderInfo(5, 3 << 31, 9000, 1, 1)), 101.0)
    plain.publication.rtcp(rtcp.sender_report(rtcp.SenderInfo(99, 0, 0, 1, 1)), 101.0)
    report = plain.tap.report
    assert (report.ssrc, report.ntp, report.rtp_timestamp, report.arrived) == (5, 1.5, 9000, 101.0)


def test_another_source_takes_over_only_when_the_first_is_silent(plain: Rig) -> None:
    plain.take(rtp(1, KEY))
    plain.take(rtp(40000, KEY, ssrc=7))
    assert plain.numbers() == [1]
    plain.take(rtp(40001, KEY, ssrc=7), wait_s=SOURCE_SILENT_S)
    plain.take(rtp(40002, DELTA, ssrc=7))
    assert plain.numbers() == [1, 40001, 40002]
    assert plain.tap.packets[-1].ssrc == 7


def test_a_publisher_that_understands_no_keyframe_request_gets_none() -> None:
    bare = replace(VP8, feedback=frozenset(), rtx=None)
    rig = Rig(Accepted(section("video", "1"), bare))
    rig.take(rtp(1, KEY))
    rig.take(rtp(1000, DELTA))
    rig.publication.request_keyframe()
    assert rig.wired.messages() == []


def test_silence_counts_from_the_last_media(plain: Rig) -> None:
    assert not plain.publication.is_stalled(1000.0, 3.0)
    plain.take(rtp(1, KEY))
    plain.take(rtp(2, b""), wait_s=2.0)
    assert not plain.publication.is_stalled(102.9, 3.0)
    assert plain.publication.is_stalled(103.0, 3.0)
