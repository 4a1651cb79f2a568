"""The preview of a recording whose pictures say what time it is: small pictures, poster, chapters, nothing too big."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder

from classroom.relay.rtp import Packet
from classroom.relay.track import Track
from recorder import preview as module
from recorder.preview import PER_ROW, TILE, is_of, make, read
from tests.recorder.conftest import START, Script

SLIDES_FPS = 5


def number_of(tile: np.ndarray, tools) -> int:
    return int(tools.read_picture(cv2.cvtColor(cv2.resize(tile, (320, 192)), cv2.COLOR_BGR2GRAY))[0])


def slide(number: int) -> np.ndarray:
    image = np.full((360, 640, 3), 245, np.uint8)
    cv2.rectangle(image, (40, 30), (400, 80), (90, 40, 20), -1)
    cv2.rectangle(image, (60 + 90 * number, 120), (300 + 90 * number, 320), (30 * number, 120, 60), -1)
    return image


def slides(turns: list[tuple[float, int]], seconds: int) -> Script:
    """A shared screen that shows slide n from a time on; keyframes ten seconds apart, as the recorder asks for them."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 640, 360, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, SLIDES_FPS), Fraction(SLIDES_FPS)
    encoder.bit_rate, encoder.gop_size, encoder.max_b_frames = 200_000, 10 * SLIDES_FPS, 0
    encoder.options = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "sc_threshold": "0"}
    packer, steps, number = H264Encoder(), [], 0
    for index in range(seconds * SLIDES_FPS):
        at = index / SLIDES_FPS
        shown = next(slide for turned, slide in reversed(turns) if turned <= at + 0.001)
        frame = av.VideoFrame.from_ndarray(slide(shown), format="bgr24").reformat(format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            payloads = packer.pack(packet)[0]
            for part, payload in enumerate(payloads):
                last = part == len(payloads) - 1
                time = 90000 // SLIDES_FPS * index
                keyframe = packet.is_keyframe and part == 0
                made = Packet("video", 96, last, number & 0xFFFF, time, 11, payload, START + at, keyframe)
                steps.append((at, made))
                number += 1
    return Script({"video": Track("video", "h264", 90000, 0, "")}, steps)


async def test_small_pictures_show_what_was_to_be_seen_when_they_say(rig, script, tools, monkeypatch) -> None:
    monkeypatch.setattr(module, "EVERY_S", 2.0)
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 12))
    manifest = await rig.recorder.stop("lesson1")
    made = make(rig.root, "lesson1")
    assert made is not None and is_of(made, manifest) and made == read(rig.root / "lesson1")
    [strip] = made.strips
    assert len(strip.sheets) == 1 and len(strip.at_s) == 6 and made.chapters == []
    sheet = cv2.imread(str(rig.root / "lesson1" / strip.sheets[0]))
    width, height = TILE
    for place, at_s in enumerate(strip.at_s):
        row, column = divmod(place, PER_ROW)
        tile = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        # 320 × 192 in a tile of 16:9 has bars at both sides.
        inner = tile[:, (width - 150) // 2 : (width + 150) // 2]
        assert number_of(inner, tools) / 25 == pytest.approx(at_s, abs=0.1)
    poster = cv2.imread(str(rig.root / "lesson1" / str(made.poster)))
    assert poster.shape[:2] == (192, 320)


async def test_a_screen_has_chapters_at_the_picture_where_the_slide_turned(rig) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "screen", "s2")
    rig.play("s2", slides([(0.0, 1), (14.4, 2), (31.2, 3)], seconds=45))
    manifest = await rig.recorder.stop("lesson1")
    assert manifest is not None
    made = make(rig.root, "lesson1")
    assert made is not None
    assert made.chapters == pytest.approx([0.0, 14.4, 31.2], abs=0.25)


async def test_another_file_and_another_version_make_it_anew(rig, script) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 3))
    await rig.recorder.stop("lesson1")
    make(rig.root, "lesson1")
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 3).later(5.0, ssrc=9))
    longer = await rig.recorder.stop("lesson1")
    assert not is_of(read(rig.root / "lesson1"), longer)
    (rig.root / "lesson1" / "preview.json").write_text('{"version":1}')
    assert read(rig.root / "lesson1") is None
    assert is_of(make(rig.root, "lesson1"), longer)


async def test_a_file_that_cannot_be_read_and_a_full_disk_cost_no_more_than_the_preview(rig, script) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 3))
    manifest = await rig.recorder.stop("lesson1")
    with pytest.raises(OSError, match="kept for the lessons"):
        make(rig.root, "lesson1", keep_free_bytes=2**62)
    (rig.root / "lesson1" / manifest.streams[0].files[0].name).write_bytes(b"no film" * 100)
    made = make(rig.root, "lesson1")
    assert made is not None and (made.strips, made.poster, made.chapters) == ([], None, [])
    assert make(rig.root, "lesson2") is None
