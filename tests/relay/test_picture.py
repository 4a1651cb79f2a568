import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.relay.picture import picture_height


def keyframe(codec: str, width: int, height: int) -> bytes:
    """What an encoder makes of one grey picture."""
    context: Any = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, 25)
    if codec == "libx264":
        context.options = {"profile": "baseline"}
    picture = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 128, np.uint8), format="yuv420p")
    made = io.BytesIO()
    for packet in [*context.encode(picture), *context.encode(None)]:
        made.write(bytes(packet))
    return made.getvalue()


@pytest.mark.parametrize("height", [180, 360, 720])
def test_vp8_tells_its_height(height: int) -> None:
    frame = keyframe("libvpx", 320, height)
    assert picture_height("vp8", b"\x10" + frame) == height
    assert picture_height("vp8", b"\x90\xc0\x81\x23\x45" + frame) == height


@pytest.mark.parametrize(("height", "coded"), [(180, 192), (360, 368), (720, 720)])
def test_h264_tells_its_height_in_whole_macroblocks(height: int, coded: int) -> None:
    units = keyframe("libx264", 320, height).replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    sps = next(unit for unit in units if unit and unit[0] & 0x1F == 7)
    assert picture_height("h264", sps) == coded
    stapled = b"\x78" + len(sps).to_bytes(2, "big") + sps + b"\x00\x04\x68\xce\x3c\x80"
    assert picture_height("h264", stapled) == coded


@given(st.sampled_from(["vp8", "h264", "opus"]), st.binary(max_size=80))
def test_any_bytes_give_a_number(codec: str, payload: bytes) -> None:
    assert picture_height(codec, payload) >= 0


@given(st.binary(max_size=80))
def test_any_sps_gives_a_number(body: bytes) -> None:
    assert picture_height("h264", b"\x67\x42" + body) >= 0
