import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from recorder.container import Unreadable, finish_after_crash, measure, open_container
from recorder.disk import NewFile
from recorder.shape import Shape

FFMPEGS = [path for path in ("/usr/bin/ffmpeg", imageio_ffmpeg.get_ffmpeg_exe()) if Path(path).exists()]
Look = Callable[[Path], Any]


def write_clip(
    folder: Path, codec: str | None, pictures: list[tuple[bytes, bool]], sound: int, *, finish: bool = True
) -> Path:
    shape = Shape(codec, sound > 0, 320, 192, pictures[0][0]) if codec else Shape(None, True)
    file = NewFile(folder, f"clip.camera.0001.{shape.suffix}")
    container = open_container(file, shape)
    frames: list[tuple[float, Any]] = [(n / 25, ("video", n * 3600, *p, 3600)) for n, p in enumerate(pictures)]
    frames += [(n / 50, ("audio", n * 960, b"\xf8\xff\xfe", True, 960)) for n in range(sound)]
    for _, frame in sorted(frames, key=lambda entry: entry[0]):
        container.write(*frame)
    if finish:
        container.finish()
    else:
        # What the kernel has when the process is killed after a round of the writer.
        container.flush()
        copy = folder / f"killed.camera.0001.{shape.suffix}"
        copy.write_bytes(file.path.read_bytes())
        container.finish()
        file.close()
        return copy
    file.close()
    return file.path


def decode_errors(path: Path, ffmpeg: str) -> str:
    run = subprocess.run([ffmpeg, "-v", "error", "-i", path, "-f", "null", "-"], capture_output=True, text=True)
    return run.stderr


KINDS = [("vp8", 250), ("vp8", 0), ("vp9", 250), ("h264", 250), ("h264", 0), (None, 250)]


@pytest.mark.parametrize(("codec", "sound"), KINDS)
def test_every_shape_is_written_whole(tmp_path: Path, clip_pictures: Any, codec: str | None, sound: int) -> None:
    pictures = clip_pictures(codec, 5) if codec else []
    path = write_clip(tmp_path, codec, pictures, sound)
    found = measure(path)
    assert found.seconds == pytest.approx(5.0, abs=0.02)
    assert found.shape.codecs == [c for c in (codec, "opus" if sound else None) if c]
    if codec:
        assert (found.shape.width, found.shape.height) == (320, 192)
    for ffmpeg in FFMPEGS:
        assert decode_errors(path, ffmpeg) == ""


@pytest.mark.parametrize(("codec", "sound"), KINDS)
def test_a_finished_file_says_how_long_it_is(tmp_path: Path, clip_pictures: Any, codec: str | None, sound: int) -> None:
    path = write_clip(tmp_path, codec, clip_pictures(codec, 5) if codec else [], sound)
    told = subprocess.run([FFMPEGS[-1], "-hide_banner", "-i", path], capture_output=True, text=True).stderr
    assert re.search(r"Duration: 00:00:0[45]\.(9\d|00)", told), told


@pytest.mark.parametrize(("codec", "sound"), KINDS)
def test_a_killed_file_holds_all_but_the_last_half_second_and_can_be_finished(
    tmp_path: Path, clip_pictures: Any, look: Look, codec: str | None, sound: int
) -> None:
    path = write_clip(tmp_path, codec, clip_pictures(codec, 5) if codec else [], sound, finish=False)
    before = measure(path)
    assert before.seconds >= 4.4
    for ffmpeg in FFMPEGS:
        assert decode_errors(path, ffmpeg) == ""
    seen = look(path)
    after = finish_after_crash(path)
    assert after.seconds == pytest.approx(before.seconds, abs=0.05)
    assert [number for _, number, _ in look(path).pictures] == [number for _, number, _ in seen.pictures]
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []
    for ffmpeg in FFMPEGS:
        assert decode_errors(path, ffmpeg) == ""


@pytest.mark.parametrize("codec", ["vp8", "h264"])
@pytest.mark.parametrize("share", [0.35, 0.613, 0.8999])
def test_a_file_that_is_torn_anywhere_can_be_finished_up_to_there(
    tmp_path: Path, clip_pictures: Any, codec: str, share: float
) -> None:
    path = write_clip(tmp_path, codec, clip_pictures(codec, 5), 250, finish=False)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert finish_after_crash(path).seconds >= 5 * share - 1.1
    assert decode_errors(path, FFMPEGS[-1]) == ""


@pytest.mark.parametrize("data", [b"", b"no recording", b"\x1a\x45\xdf\xa3" + bytes(100)])
def test_bytes_that_are_no_recording_are_unreadable_and_stay(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.camera.0001.webm"
    path.write_bytes(data)
    with pytest.raises(Unreadable):
        finish_after_crash(path)
    assert path.read_bytes() == data and len(list(tmp_path.iterdir())) == 1


def test_sound_alone_is_on_the_disk_at_once_while_the_picture_is_away(tmp_path: Path, clip_pictures: Any) -> None:
    file = NewFile(tmp_path, "a.camera.0001.webm")
    container = open_container(file, Shape("vp8", True, 320, 192))
    container.write("video", 0, *clip_pictures("vp8", 3)[0], 3600)
    for n in range(3000):
        container.write("audio", n * 960, b"\xf8\xff\xfe", True, 960)
    container.flush()
    assert measure(file.path).spans["audio"][1] == pytest.approx(60.0)
    file.close()


def test_mp4_holds_back_no_sound_while_the_picture_is_away(tmp_path: Path, clip_pictures: Any) -> None:
    file = NewFile(tmp_path, "a.camera.0001.mp4")
    container = open_container(file, Shape("h264", True, 320, 192, clip_pictures("h264", 3)[0][0]))
    container.write("video", 0, *clip_pictures("h264", 3)[0], 3600)
    for n in range(3000):
        container.write("audio", n * 960, b"\xf8\xff\xfe", True, 960)
    assert measure(file.path).spans["audio"][1] == pytest.approx(60.0, abs=0.7)
    container.finish()
    file.close()
