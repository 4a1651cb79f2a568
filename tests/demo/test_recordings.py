"""Playing a recording through."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from signaling.demo.clip import make_clip
from signaling.demo.plan import ClipPlan
from signaling.demo.recordings import DoesNotPlay, play_through


def write(path: Path) -> None:
    clip = make_clip(ClipPlan("Dongqu", seconds=2, width=320, height=180))
    with av.open(str(path), "w") as container:
        video = container.add_mux_stream("vp8", width=320, height=180, time_base=Fraction(1, 1000))
        for number, picture in enumerate(clip.pictures):
            packet = av.Packet(b"".join(payload[4:] for payload in picture.payloads))
            packet.stream, packet.time_base = video, Fraction(1, 1000)
            packet.pts = packet.dts = number * 1000 // 15
            packet.is_keyframe = picture.keyframe
            container.mux(packet)


def test_a_whole_file_tells_its_length_and_its_pictures(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    write(path)
    seconds, pictures = play_through(path)
    assert pictures == 30
    assert 1.8 < seconds < 2.1


def test_what_is_no_recording_does_not_play(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    path.write_bytes(b"nothing")
    with pytest.raises(DoesNotPlay):
        play_through(path)
    with pytest.raises(DoesNotPlay):
        play_through(tmp_path / "absent.webm")
