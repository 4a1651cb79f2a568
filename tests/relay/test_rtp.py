import contextlib
import struct

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap, RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay import rtp
from classroom.relay.rtp import BadPacket, Header, KeyframeDetector, Seen, Unwrapper, ahead, ahead32, extension


def written(**values: object) -> tuple[bytes, HeaderExtensionsMap]:
    known = HeaderExtensionsMap()
    uris = ["urn:ietf:params:rtp-hdrext:sdes:mid", "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"]
    uris.append("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01")
    parameters = RTCRtpParameters()
    parameters.headerExtensions = [RTCRtpHeaderExtensionParameters(id=i + 1, uri=uri) for i, uri in enumerate(uris)]
    known.configure(parameters)
    packet = RtpPacket(96, 1, 65535, 4294967295, 42, b"payload")
    packet.extensions = HeaderExtensions(**values)  # type: ignore[arg-type]
    return packet.serialize(known), known


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_header_or_a_bad_packet(data: bytes) -> None:
    with contextlib.suppress(BadPacket):
        header = Header(data)
        assert 12 <= header.start <= header.end <= len(data)
        for wanted in range(16):
            extension(data, header, wanted)


@settings(deadline=None)
@given(st.integers(0, 15), st.booleans(), st.booleans(), st.binary(max_size=100))
def test_any_body_behind_a_good_first_byte_as_well(count: int, extended: bool, padded: bool, body: bytes) -> None:
    first = 0x80 | count | extended << 4 | padded << 5
    test_any_bytes_are_a_header_or_a_bad_packet.hypothesis.inner_test(bytes([first]) + body)  # type: ignore[attr-defined]


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_keyframe_detection_takes_any_bytes(payload: bytes) -> None:
    rtp.begins_vp8_keyframe(payload)
    rtp.begins_h264_keyframe(payload)


@pytest.mark.parametrize(
    "values",
    [
        {"transport_sequence_number": 777},
        {"mid": "a", "abs_send_time": 5, "transport_sequence_number": 777},
        {"mid": "a mid of more than sixteen bytes", "transport_sequence_number": 777},
    ],
)
def test_headers_and_extensions_read_as_another_library_writes_them(values: dict[str, object]) -> None:
    data, _ = written(**values)
    header = Header(data)
    assert (header.payload_type, header.marker, header.sequence_number) == (96, True, 65535)
    assert (header.timestamp, header.ssrc) == (4294967295, 42)
    assert data[header.start : header.end] == b"payload"
    assert extension(data, header, 3) == struct.pack("!H", 777)
    assert extension(data, header, 1) == (str(values["mid"]).encode() if "mid" in values else None)
    assert extension(data, header, 9) is None


def test_padding_is_taken_off_and_padding_alone_leaves_nothing() -> None:
    packet = RtpPacket(96, 0, 1, 2, 3, b"abc")
    packet.padding_size = 5
    data = packet.serialize()
    header = Header(data)
    assert data[header.start : header.end] == b"abc"
    packet.payload = b""
    header = Header(packet.serialize())
    assert header.start == header.end


@pytest.mark.parametrize("tail", [b"", b"\x00", b"\x0d"])
def test_padding_longer_than_the_packet_is_bad(tail: bytes) -> None:
    with pytest.raises(BadPacket):
        Header(bytes([0xA0]) + bytes(11) + tail)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x10\x00\x9d\x01\x2a", True),
        (b"\x10\x01", False),
        (b"\x00\x00", False),
        (b"\x11\x00", False),
        (b"\x90\x80\x01\x00", True),
        (b"\x90\x80\x81\x01\x00", True),
        (b"\x90\xf0\x81\x01\x02\x03\x00", True),
        (b"\x90\xf0\x81\x01\x02\x03\x01", False),
        (b"\x90\x80", False),
        (b"\x10", False),
    ],
)
def test_vp8_keyframes(payload: bytes, expected: bool) -> None:
    assert rtp.begins_vp8_keyframe(payload) is expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x67\x42", True),
        (b"\x65\x88", True),
        (b"\x41\x9a", False),
        (b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", True),
        (b"\x78\x00\x02\x68\xce\x00\x02\x65\x88", True),
        (b"\x78\x00\x02\x41\x9a", False),
        (b"\x78\x00", False),
        (b"\x7c\x85\x00", True),
        (b"\x7c\x05\x00", False),
        (b"\x7c\x81\x00", False),
        (b"\x7c", False),
        (b"", False),
    ],
)
def test_h264_keyframes(payload: bytes, expected: bool) -> None:
    assert rtp.begins_h264_keyframe(payload) is expected


def test_a_keyframe_has_one_first_packet() -> None:
    detector = KeyframeDetector("h264")
    assert detector.first(b"\x67\x42", 100)
    assert not detector.first(b"\x65\x88", 100)
    assert not detector.first(b"\x41\x9a", 200)
    assert detector.first(b"\x65\x88", 300)
    assert not KeyframeDetector("opus").first(b"\x67", 1)


def test_sequence_arithmetic_wraps() -> None:
    assert ahead(0, 65535) == 1
    assert ahead(65535, 0) == -1
    assert ahead(0x8000, 0) == -0x8000
    assert ahead32(0, 0xFFFFFFFF) == 1


@settings(deadline=None)
@given(st.integers(0, 65535), st.lists(st.integers(-3000, 3000), max_size=50))
def test_unwrapping_follows_every_step_below_half_a_cycle(start: int, steps: list[int]) -> None:
    unwrapper = Unwrapper()
    truth = highest = 0x10000 + start
    assert unwrapper.extend(start) == truth
    for step in steps:
        truth = highest + step
        highest = max(highest, truth)
        assert unwrapper.extend(truth & 0xFFFF) == truth
        assert unwrapper.highest == highest


def test_seen_tells_what_came_again() -> None:
    seen = Seen()
    assert not seen.again(65536)
    assert seen.again(65536)
    assert not seen.again(65538)
    assert not seen.again(65537)
    assert not seen.again(65536 + 1024)
    assert seen.again(65536)
