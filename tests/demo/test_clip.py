"""The clips: what is drawn can be read back from what is encoded, and is made only once."""

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from classroom.relay.playout import Clip, Playout
from classroom.relay.rtp import Packet
from recorder.frames import VideoFrames
from signaling.demo.clip import draw_pictures, load_clip, make_clip, read_number, write_capture_files
from signaling.demo.plan import ClipPlan

SMALL = ClipPlan("Dongqu 东区小学", seconds=2, width=320, height=180)


def decode(clip: Clip) -> list[np.ndarray[Any, Any]]:
    frames = VideoFrames(clip.codec)
    decoder = av.CodecContext.create("libvpx" if clip.codec == "vp8" else "h264", "r")
    playout, images, number = Playout(clip), [], 0
    while number < sum(len(picture.payloads) for picture in clip.pictures):
        cue = playout.next()
        for payload in cue.payloads if cue.kind == "video" else ():
            packet = Packet("video", 96, payload is cue.payloads[-1], number, cue.timestamp, 1, payload, 0.0)
            number += 1
            for frame in frames.push(packet):
                images += decoder.decode(av.Packet(frame.data))
    return [image.to_ndarray(format="gray") for image in (*images, *decoder.decode(None))]


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_each_picture_of_a_clip_decodes_to_its_own_number(codec: Any) -> None:
    clip = make_clip(ClipPlan("Dongqu", seconds=2, width=320, height=180, codec=codec))
    assert [i for i, picture in enumerate(clip.pictures) if picture.keyframe] == [0, 15]
    assert [read_number(image) for image in decode(clip)] == list(range(30))


def test_the_flash_is_in_the_picture_in_which_the_beep_begins() -> None:
    pictures = list(draw_pictures(SMALL))
    assert [i for i, picture in enumerate(pictures) if picture[5, -5].min() == 255] == [0, 15]


def test_a_clip_is_made_once_and_a_torn_file_is_made_again(tmp_path: Path) -> None:
    first = load_clip(SMALL, tmp_path)
    (path,) = tmp_path.iterdir()
    written = path.stat().st_mtime_ns
    assert load_clip(SMALL, tmp_path) == first
    assert path.stat().st_mtime_ns == written
    path.write_bytes(path.read_bytes()[:1000])
    again = load_clip(SMALL, tmp_path)
    assert len(again.pictures) == len(first.pictures)


def test_plans_that_differ_have_files_that_differ() -> None:
    assert SMALL.name != ClipPlan("Dongqu", seconds=2, width=320, height=180).name


def test_capture_files_hold_the_same_pictures_and_sound(tmp_path: Path) -> None:
    video, audio = write_capture_files(SMALL, tmp_path)
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (320, 180, 15)
        images = [frame.to_ndarray(format="gray") for frame in container.decode(stream)]
    assert [read_number(image) for image in images] == list(range(30))
    with av.open(str(audio)) as container:
        assert container.streams.audio[0].rate == 48_000
        assert sum(frame.samples for frame in container.decode(audio=0)) == 2 * 48_000


def test_without_a_font_for_all_scripts_the_label_is_written_in_latin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "FontFace", raising=False)
    picture = next(draw_pictures(SMALL))
    assert picture[:40, :100].max() == 255
