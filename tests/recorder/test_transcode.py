"""Uploaded videos: what every browser plays is kept, what it does not is made anew, what is none is refused."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import pytest

from recorder.transcode.job import Failed, Made, Order
from recorder.transcode.source import Source, opened

# A clock in the picture, which grows lighter for eight seconds, and a beep in the sound.
PICTURE = "color=size={size}:rate=25:color=white,fade=in:st=0:d=8"
BEEP = "sine=frequency=1000:sample_rate=44100"


def film(path: Path, *arguments: str, seconds: float = 4, size: str = "320x180", sound: bool = True) -> Path:
    inputs = ["-f", "lavfi", "-i", PICTURE.format(size=size), *(["-f", "lavfi", "-i", BEEP] if sound else [])]
    command = ["ffmpeg", "-v", "error", "-y", *inputs, "-t", str(seconds), *arguments, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def made_of(source: Path, folder: Path, **changes: Any) -> Made | Failed:
    """As the server has it made: by a process of its own."""
    order = Order(source=str(source), target=str(folder / "film"), poster=str(folder / "poster.jpg"), **changes)
    command = [sys.executable, "-m", "recorder.transcode"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
        said = [line for line in process.stdout if line.startswith(b"{")]
    assert said, process.returncode
    return msgspec.json.decode(said[-1], type=Made | Failed)  # type: ignore[arg-type]


def lights(path: Path) -> list[int]:
    """Of every half second of the film, how light its middle is."""
    found: dict[int, int] = {}
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            grey = frame.to_ndarray(format="gray")
            found.setdefault(int(frame.time * 2), int(grey[grey.shape[0] // 2, grey.shape[1] // 2]))
    return [found[key] for key in sorted(found)]


def probed(path: Path) -> Any:
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def test_what_browsers_play_is_kept_with_its_index_in_front_and_without_who_filmed_it(tmp_path: Path) -> None:
    carried = ("-metadata", "artist=somebody")
    source = film(tmp_path / "a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", *carried)
    assert b"somebody" in source.read_bytes()
    made = made_of(source, tmp_path)
    assert isinstance(made, Made) and made.copied and made.media == "video/mp4"
    assert (made.width, made.height) == (320, 180) and abs(made.length_ms - 4000) < 100
    bytes = (tmp_path / "film").read_bytes()
    assert len(bytes) == made.bytes and bytes.index(b"moov") < bytes.index(b"mdat") and b"somebody" not in bytes
    before, after = lights(source), lights(tmp_path / "film")
    assert after == before and len(after) == 8
    assert cv2.imread(str(tmp_path / "poster.jpg")).shape == (360, 640, 3)


@pytest.mark.parametrize(
    ("name", "arguments", "media"),
    [
        ("old.avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame"), "video/mp4"),
        ("tv.ts", ("-c:v", "mpeg2video", "-c:a", "mp2"), "video/mp4"),
        ("deep.mkv", ("-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-c:a", "flac"), "video/mp4"),
        ("web.webm", ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"), "video/webm"),
        ("half.mkv", ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame"), "video/mp4"),
    ],
)
def test_whatever_it_was_picture_and_sound_tell_the_same_time(
    tmp_path: Path, name: str, arguments: tuple[str, ...], media: str
) -> None:
    source = film(tmp_path / name, *arguments)
    made = made_of(source, tmp_path)
    assert isinstance(made, Made) and made.media == media, made
    assert made.copied is (name == "web.webm") and abs(made.length_ms - 4000) < 200
    codecs = {one["codec_type"]: one["codec_name"] for one in probed(tmp_path / "film")["streams"]}
    assert codecs == ({"video": "vp8", "audio": "opus"} if media == "video/webm" else {"video": "h264", "audio": "aac"})
    seen = lights(tmp_path / "film")
    assert len(seen) in (8, 9) and all(abs(light - 13.7 * i) < 24 for i, light in enumerate(seen)), seen


def test_a_phone_held_upright_gives_an_upright_picture_no_larger_than_the_screen(tmp_path: Path) -> None:
    flat = film(tmp_path / "a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", sound=False, seconds=1, size="2560x1440")
    turned = tmp_path / "turned.mp4"
    turn = ("-metadata:s:v:0", "rotate=90")
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(flat), "-c", "copy", *turn, str(turned)]
    subprocess.run(command, check=True, timeout=60)
    made = made_of(turned, tmp_path)
    assert isinstance(made, Made) and not made.copied and (made.width, made.height) == (608, 1080)


def damaged(tmp_path: Path) -> Path:
    source = film(tmp_path / "a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    return cut


def bomb(tmp_path: Path) -> Path:
    """An MP4 whose table of samples says that it has two thousand million of them."""
    source = film(tmp_path / "a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
    bytes = bytearray(source.read_bytes())
    place = bytes.index(b"stsz")
    bytes[place + 12 : place + 16] = (2_000_000_000).to_bytes(4, "big")
    place = bytes.index(b"stts")
    bytes[place + 8 : place + 12] = (2_000_000_000).to_bytes(4, "big")
    path = tmp_path / "bomb.mp4"
    path.write_bytes(bytes)
    return path


def huge(tmp_path: Path) -> Path:
    return film(tmp_path / "huge.avi", "-c:v", "mjpeg", sound=False, seconds=0.04, size="8192x4096")


def playlist(tmp_path: Path) -> Path:
    secret = film(tmp_path / "secret.ts", "-c:v", "mpeg2video", sound=False, seconds=1)
    path = tmp_path / "list.m3u8"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")
    return path


def garbage(tmp_path: Path) -> Path:
    path = tmp_path / "garbage"
    path.write_bytes(bytes(range(256)) * 4000)
    return path


def sound_alone(tmp_path: Path) -> Path:
    path = tmp_path / "sound.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", BEEP, "-t", "1", str(path)], check=True, timeout=60)
    return path


@pytest.mark.parametrize(
    ("make", "whys"),
    [
        (garbage, {"not_video"}),
        (playlist, {"not_video"}),
        (sound_alone, {"no_picture"}),
        (damaged, {"not_video", "damaged"}),
        (bomb, {"not_video", "damaged"}),
        (huge, {"too_many_pixels"}),
    ],
)
def test_what_no_class_could_watch_is_refused_and_leaves_nothing(tmp_path: Path, make: Any, whys: set[str]) -> None:
    failed = made_of(make(tmp_path), tmp_path)
    assert isinstance(failed, Failed) and failed.why in whys, failed
    assert not (tmp_path / "film").exists() and not (tmp_path / "poster.jpg").exists()


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    source = film(tmp_path / "a.avi", "-c:v", "mpeg4")
    failed = made_of(source, tmp_path, keep_free_bytes=2**60)
    assert isinstance(failed, Failed) and failed.why == "disk_full" and not (tmp_path / "film").exists()


def test_a_playlist_is_not_even_opened(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="not_video"), opened(playlist(tmp_path)) as source:
        assert isinstance(source, Source)
