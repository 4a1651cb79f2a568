"""The VP9 payload descriptor, as RFC 9628 §4.2 draws it, and the header of a frame."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.rtp import KeyframeDetector
from classroom.relay.vp9 import begins_vp9_keyframe, is_vp9_keyframe, read_descriptor, vp9_size

# One size, one picture with one reference; three sizes alone; eight pictures of two references.
ONE_SIZE = b"\x18\x02\x80\x01\x68\x01\x04\x01"
THREE_SIZES = b"\x50" + bytes(12)
EIGHT_PICTURES = b"\x08\x08" + b"\x08\x01\x02" * 8


@pytest.mark.parametrize(
    ("descriptor", "begins", "inter", "temporal", "spatial"),
    [
        (b"\x08", True, False, 0, 0),
        (b"\x88\x7f", True, False, 0, 0),
        (b"\x8c\xff\xff", True, False, 0, 0),
        (b"\xc4\x80\x01", False, True, 0, 0),
        (b"\xa8\x80\x01\x00\x07", True, False, 0, 0),
        (b"\xa8\x80\x01\x42\x07", True, False, 2, 1),
        (b"\xb8\x80\x01\x24", True, False, 1, 2),
        (b"\x58\x02", True, True, 0, 0),
        (b"\x58\x03\x05\x06", True, True, 0, 0),
        # Three reference indices at most, whatever the last says.
        (b"\x58\x03\x05\x07", True, True, 0, 0),
        (b"\x8a\x80\x01" + ONE_SIZE, True, False, 0, 0),
        (b"\x0a" + THREE_SIZES, True, False, 0, 0),
        (b"\x0a" + EIGHT_PICTURES, True, False, 0, 0),
        (b"\x0a\x00", True, False, 0, 0),
    ],
)
def test_a_descriptor_is_read_to_its_end(
    descriptor: bytes, begins: bool, inter: bool, temporal: int, spatial: int
) -> None:
    found = read_descriptor(descriptor + b"frame")
    assert (found.begins, found.inter, found.temporal, found.spatial) == (begins, inter, temporal, spatial)
    assert found.size == len(descriptor)
    for size in range(len(descriptor)):
        with pytest.raises(ValueError, match="cut short"):
            read_descriptor(descriptor[:size])
    assert not begins_vp9_keyframe(descriptor), "a descriptor alone begins no picture"
    assert begins_vp9_keyframe(descriptor + b"\x82") == (begins and not inter and not temporal and not spatial)


@given(st.binary(max_size=64))
def test_any_bytes_have_a_descriptor_or_none(payload: bytes) -> None:
    begins_vp9_keyframe(payload)
    is_vp9_keyframe(payload)
    vp9_size(payload)
    try:
        assert 0 < read_descriptor(payload).size <= len(payload)
    except ValueError:
        return


def test_a_keyframe_is_told_once() -> None:
    detector = KeyframeDetector("vp9")
    assert detector.first(b"\x08\x82", 1)
    assert not detector.first(b"\x08\x82", 1)
    assert not detector.first(b"\x48\x86", 2)


@pytest.mark.parametrize(("width", "height"), [(320, 192), (1280, 720), (66, 2)])
def test_an_encoders_keyframe_says_its_size(width: int, height: int) -> None:
    encoder = av.CodecContext.create("libvpx-vp9", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.options = width, height, "yuv420p", {"lag-in-frames": "0"}
    packets = []
    for number in range(2):
        frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 90 + number, np.uint8), format="yuv420p")
        frame.pts = number
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    assert vp9_size(packets[0]) == (width, height)
    assert vp9_size(packets[1]) is None
