"""Every parser that the network feeds: any bytes give a value or the one error that it names, and none hangs."""

import contextlib
import json
import struct
import time
from typing import Any

import msgspec
import pytest
from aioice import stun
from hypothesis import strategies as st

from classroom.relay import ice, rtcp
from classroom.relay.negotiation import NoCommonCodec, accept_publisher, accept_viewer, track_of
from classroom.relay.offer import AnswerError, read_answer
from classroom.relay.route import Track
from classroom.relay.rtp import BadPacket, Header, KeyframeDetector, Packet, extension
from classroom.relay.sdp import MAX_OFFER_CHARACTERS, Accepted, BadOffer, Transport, parse_offer, write_answer
from recorder.frames import AudioFrames, VideoFrames
from recorder.shape import picture_size
from signaling.messages import BadMessage, decode

TRANSPORT = Transport("ufrag", "password", ("sha-256", "AA:BB"), "passive", ("192.0.2.1",), 8189)
TRACKS = [Track("audio", "opus", 48000, 2, ""), *(Track("video", name, 90000, 1, "") for name in ("vp8", "h264"))]

EXTENDED = struct.pack("!BBHIIHHI", 0xB0, 96, 1, 2, 3, 0xBEDE, 2, 0x10AA21BB) + b"\xcc\0\0\0"
TWO_BYTE = struct.pack("!BBHIIHH", 0x90, 0xE0, 1, 2, 3, 0x1000, 2) + b"\x01\x01\xaa\x02\x02\xbb\xcc\0"
PAYLOADS = [
    b"\x90\x80\x80\x00\x10\x00\x00\x9d\x01\x2a\x00\x05\xd0\x02" + bytes(20),
    b"\x8a\x80\x01\x18\x02\x80\x01\x68\x01\x04\x01\x82\x49\x83\x42\x00\x27\xf0\x16\x70" + bytes(20),
    b"\x78\x00\x04\x67\x42\xe0\x1f\x00\x03\x68\xce\x3c\x00\x05\x65\x88\x84\x00\x21",
    b"\x7c\x85\x88\x84\x00" + bytes(20),
    b"\xfc\xff\xfe" + bytes(20),
]
RTP = [
    head + payload for head in (EXTENDED, TWO_BYTE, struct.pack("!BBHII", 0xA0, 96, 9, 9, 9)) for payload in PAYLOADS
]


def reports() -> list[bytes]:
    block = rtcp.ReportBlock(1, 2, 3, 4, 5, 6, 7)
    remb = struct.pack("!BBHII4sBBHI", 0x8F, rtcp.PSFB, 5, 1, 0, b"REMB", 1, 0x0B, 0xFFFF, 7)
    fir = struct.pack("!BBHIIIBBH", 0x84, rtcp.PSFB, 4, 1, 0, 7, 1, 0, 0)
    single = [
        rtcp.sender_report(rtcp.SenderInfo(1, 2, 3, 4, 5, (block, block))),
        rtcp.receiver_report(1, (block,)),
        rtcp.source_description([1, 2], "name"),
        rtcp.nack(1, 2, [1, 2, 3, 60, 65535]),
        rtcp.picture_loss(1, 2),
        rtcp.bye([1, 2]),
        rtcp.transport_feedback(1, 2, bytes(13)),
        remb,
        fir,
    ]
    return [*single, b"".join(single)]


def check() -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes["PRIORITY"] = 7
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(b"password")
    message.add_fingerprint()
    return bytes(message)


def test_stun(fuzz: Any, changed: Any) -> None:
    def one(datagram: bytes) -> None:
        with contextlib.suppress(ice.BadStun):
            request = ice.parse_request(datagram)
            request.is_authentic("password")
            assert ice.response(request, ("192.0.2.1", 1), "password")

    fuzz(changed([check()]), one)


def test_rtp(fuzz: Any, changed: Any) -> None:
    def one(datagram: bytes) -> None:
        with contextlib.suppress(BadPacket):
            header = Header(datagram)
            for wanted in (1, 2, 14, 15, 255):
                extension(datagram, header, wanted)
            for codec in ("vp8", "h264", "vp9"):
                KeyframeDetector(codec).first(datagram[header.start : header.end], header.timestamp)

    fuzz(changed(RTP), one)


def test_rtcp(fuzz: Any, changed: Any) -> None:
    def one(datagram: bytes) -> None:
        with contextlib.suppress(BadPacket):
            rtcp.parse(datagram)

    fuzz(changed(reports()), one)


def test_offers_are_answered_or_refused(fuzz: Any, changed_text: Any, offers: list[str]) -> None:
    def one(text: str) -> None:
        with contextlib.suppress(BadOffer):
            offer = parse_offer(text)
            answers: list[list[Accepted]] = []
            with contextlib.suppress(NoCommonCodec):
                answers.append(accept_publisher(offer, ("vp8", "h264", "vp9")))
                assert all(track_of(one) for one in answers[0])
            with contextlib.suppress(NoCommonCodec):
                answers.append(accept_viewer(offer, TRACKS[:2], {"audio": (1, 2), "video": (3, 4)}))
            for accepted in answers:
                for found in accepted:
                    numbers = (found.codec.payload_type, found.codec.rtx, found.section.ssrc, found.section.rtx_ssrc)
                    # They are packed into one byte and four, much later.
                    assert all(number is None or 0 <= number < 128 for number in numbers[:2]), numbers
                    assert all(number is None or 0 <= number < 2**32 for number in numbers[2:]), numbers
                assert write_answer(offer, accepted, TRANSPORT, "name", 1).isprintable() or accepted

    fuzz(changed_text(offers), one)


def test_answers(fuzz: Any, changed_text: Any, offers: list[str]) -> None:
    def one(text: str) -> None:
        with contextlib.suppress(AnswerError):
            read_answer(text)

    fuzz(changed_text(offers), one)


def largest(line: str, head: str) -> str:
    return head + line * ((MAX_OFFER_CHARACTERS - len(head)) // len(line))


@pytest.mark.parametrize(
    "line",
    [
        "a=fmtp:96 a=b;c=d\r\n",
        "a=rtpmap:96 VP8/90000\r\n",
        "a=rtcp-fb:* nack\r\n",
        "a=ssrc:1 cname:x\r\n",
        "a=ssrc-group:FID 1 2\r\n",
        "a=rid:a send\r\n",
        "a=extmap:1 x\r\n",
        "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n",
        "a=fingerprint:sha-256 00\r\n",
        "a=group:BUNDLE 0\r\n",
        "a=mid:0\r\n",
        "a=sctpmap:1 x 1\r\n",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        "a=\r\n",
        "\r\n",
        "\n",
    ],
)
def test_the_largest_offer_of_one_kind_of_line_takes_no_longer_than_it_should(offers: list[str], line: str) -> None:
    """Quadratic time in some kind of line would be seconds here."""
    for text in (largest(line, offers[0]), offers[0].replace("a=setup", largest(line, offers[0])[: -len(offers[0])])):
        began = time.process_time()
        with contextlib.suppress(BadOffer):
            parse_offer(text[:MAX_OFFER_CHARACTERS])
        assert time.process_time() - began < 1.0


@pytest.mark.parametrize("word", ["a;", "a,", "0 ", "a=b;", "-", "~a;"])
def test_neither_does_one_endless_line(offers: list[str], word: str) -> None:
    for beginning in ("a=simulcast:send ", "a=fmtp:96 ", "a=group:BUNDLE ", "a=ssrc-group:FID ", "m=video 9 X "):
        began = time.process_time()
        with contextlib.suppress(BadOffer):
            parse_offer((offers[0] + beginning + word * MAX_OFFER_CHARACTERS)[:MAX_OFFER_CHARACTERS])
        assert time.process_time() - began < 1.0


MESSAGES = [
    '{"type":"hello","token":"aB3_-","device":"d-1","version":1}',
    '{"type":"set_stage","seat":null}',
    '{"type":"mute","seat":"room-1","muted":true}',
    '{"type":"headcount","students":23,"teachers":1}',
    '{"type":"note_consent","seat":"room-1","by_name":"张老师"}',
    '{"type":"ping","t":1.5e3}',
]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=50)),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=8), inner, max_size=5)),
    max_leaves=8,
)
KINDS = st.sampled_from(["hello", "start", "mute", "headcount", "help", "note_consent", "record", "ping", "x"])
FIELDS = st.sampled_from(["token", "device", "version", "seat", "muted", "students", "teachers", "by_name", "on", "t"])


def test_messages_of_a_page(fuzz: Any, changed: Any) -> None:
    made = st.tuples(KINDS, st.dictionaries(FIELDS, JSON, max_size=5)).map(
        lambda pair: json.dumps({"type": pair[0], **pair[1]}, ensure_ascii=len(pair[1]) % 2 == 0)
    )

    def one(message: str | bytes) -> None:
        with contextlib.suppress(BadMessage):
            msgspec.json.encode(decode(message))

    nested = st.sampled_from(["[" * 4000, '{"type":' * 500, '{"type":"ping","t":' + "9" * 4000 + "}", "\ud800"])
    fuzz(st.one_of(made, nested, changed([text.encode() for text in MESSAGES])), one)


def test_payloads_on_their_way_into_a_file(fuzz: Any, changed: Any) -> None:
    step = st.tuples(st.integers(-3, 3), st.integers(0, 2), st.booleans(), changed(PAYLOADS), st.integers(0, 300))

    def one(stream: tuple[str, list[tuple[int, int, bool, bytes, int]]]) -> None:
        codec, steps = stream
        assembler = AudioFrames() if codec == "opus" else VideoFrames(codec)
        number, timestamp, now = 65534, 2**32 - 1, 1.0
        for ahead, later, marker, payload, pause_ms in steps:
            number, timestamp, now = number + 1 + ahead, timestamp + later, now + pause_ms / 1000
            packet = Packet("video", 96, marker, number & 0xFFFF, timestamp & 0xFFFFFFFF, 1, payload, now)
            for frame in [*assembler.push(packet), *assembler.due(now)]:
                assert frame.data
                if codec != "opus" and frame.keyframe:
                    picture_size(codec, frame.data)

    fuzz(st.tuples(st.sampled_from(["vp8", "vp9", "h264", "opus"]), st.lists(step, max_size=20)), one)


@pytest.mark.parametrize("stride", [1, 2, 3, 64, 32767])
def test_holes_between_all_packets_cost_no_more_than_they_should(stride: int) -> None:
    """A recorder's reordering holds packets for a quarter of a second: many, and all behind holes."""
    began, assembler = time.process_time(), VideoFrames("vp8")
    for index in range(4000):
        now = 1.0 + index / 8000
        assembler.push(Packet("video", 96, True, index * stride & 0xFFFF, index, 1, PAYLOADS[0], now))
        assembler.due(now)
    assert time.process_time() - began < 2.0
