"""One MP4 of a lesson, read back: what its clock shows when, what is heard when, and who is not in it."""

import asyncio
import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import msgspec
import numpy as np
import pytest

from recorder.export.compose import Texts
from recorder.export.job import Failed, Made, Order, make
from recorder.export.plan import Layout, Wish, plan
from recorder.manifest import Manifest
from recorder.steps import Progress

LESSON = "lesson1"
TEXTS = Texts(school="求是小学", lesson="语文 三（1）班", time="2026-11-23 10:00", seats={"room1": "檀溪小学 一教室"})
SECONDS = 14.0
WHOLE, LARGE, SMALL, TILE = (73, 0, 1134, 680), (0, 32, 1024, 614), (1032, 0, 240, 144), (1032, 168, 240, 144)
"""x, y, width, height of a picture of 5:3 alone, beside the column, and in it."""


@dataclass
class Watched:
    """The file as a viewer has it: pictures by time, beeps, length."""

    pictures: list[tuple[float, np.ndarray]]
    beeps: list[float]
    seconds: float
    size: tuple[int, int]
    metadata: dict[str, str]
    codecs: list[str] = field(default_factory=list)

    def at(self, at_s: float) -> np.ndarray:
        """The picture that stands at this time, as luma."""
        return [picture for when, picture in self.pictures if when <= at_s + 0.001][-1]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory, tools: SimpleNamespace) -> Path:
    """A lesson of 14 s. The camera (H.264) comes from 2 s to 10 s, is lost from 5 s to 7 s, and comes again as a new
    session from 11 s on; the screen (VP8) is shared from 4 s to 8 s; a classroom (VP8) is half a second late on all."""

    async def record(root: Path) -> None:
        rig = tools.Rig(root)
        for number, (seat, source) in enumerate((("teacher", "camera"), ("teacher", "screen"), ("room1", "camera"))):
            rig.recorder.start_stream(LESSON, seat, source, f"s{number}")
        script = tools.script
        rig.play("s0", script("h264", 8).without(lambda at, p: 3 <= at < 5).later(2), detach=True)
        rig.play("s1", script("vp8", 4, sound=False).later(4), detach=True)
        rig.play("s2", script("vp8", 12).later(0.5), detach=True)
        rig.play("s0", script("h264", 3).later(11, ssrc=1000), detach=True)
        rig.now = tools.START + SECONDS
        await rig.recorder.stop(LESSON)
        await rig.recorder.close()

    root = tmp_path_factory.mktemp("export") / "recordings"
    asyncio.run(record(root))
    return root


@pytest.fixture
def export(recordings: Path, tmp_path: Path) -> Callable[..., Path]:
    def run(layout: Layout, *, pupils: bool = False, copied: bool) -> Path:
        order = order_of(recordings, tmp_path / f"{layout}.mp4", layout, pupils=pupils)
        made = make(order, lambda progress: None)
        assert isinstance(made, Made) and made.copied is copied and made.seconds == pytest.approx(SECONDS, abs=0.01)
        assert made.bytes == Path(order.target).stat().st_size
        return Path(order.target)

    return run


def order_of(root: Path, target: Path, layout: Layout, *, pupils: bool = False, keep: int = 0) -> Order:
    wish = Wish(layout, pupils)
    return Order(root=str(root), lesson=LESSON, wish=wish, texts=TEXTS, target=str(target), keep_free_bytes=keep)


def watch(path: Path) -> Watched:
    pictures, samples, end = [], np.zeros(0, np.float32), 0.0
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.codec_context.options = {"err_detect": "explode"}
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    pictures.append((frame.time, frame.to_ndarray(format="gray")))
                    continue
                block = np.abs(frame.to_ndarray()[0])
                start = max(0, round(frame.time * 48000))
                if len(samples) < start + len(block):
                    samples = np.concatenate([samples, np.zeros(start + len(block) - len(samples), np.float32)])
                samples[start : start + len(block)] = block
                end = max(end, frame.time + len(block) / 48000)
        found = Watched(pictures, [], float(container.duration / av.time_base), (video.width, video.height),
                        dict(container.metadata), [s.codec_context.name for s in container.streams])  # fmt: skip
    loud = np.flatnonzero(samples[: len(samples) // 48 * 48].reshape(-1, 48).max(axis=1) > 0.1) / 1000
    found.beeps = [ms for before, ms in zip([-1.0, *loud], loud, strict=False) if ms - before > 0.3]
    return found


def camera_at(at_s: float) -> int:
    """The number of the camera's picture at a time of the lesson."""
    return int((at_s - (2 if at_s < 11 else 11)) * 25)


def crop(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    x, y, width, height = box
    return picture[y : y + height, x : x + width]


def is_card(picture: np.ndarray) -> bool:
    """Dark, with a little writing in the middle."""
    return bool(picture.mean() < 80 and np.percentile(picture, 90) < 90 and picture.max() > 150)


def is_bare(picture: np.ndarray) -> bool:
    return bool(picture.max() < 60)


def test_one_stream_of_h264_is_copied_and_keeps_the_lessons_time(
    export: Callable[..., Path], tools: SimpleNamespace
) -> None:
    film = watch(export("teacher", copied=True))
    assert film.seconds == pytest.approx(SECONDS, abs=0.03) and film.size == (320, 192)
    assert film.codecs == ["h264", "aac"]
    assert (film.metadata["title"], film.metadata["artist"]) == ("语文 三（1）班 2026-11-23 10:00", "求是小学")
    for at_s in (2.1, 4.5, 7.5, 9.5, 11.5, 13.5):
        number, _ = tools.read_picture(film.at(at_s))
        assert abs(number - camera_at(at_s)) <= 2, at_s
    # Before it came, and where it was lost: a card. A second between two sessions too.
    assert all(is_card(film.at(at_s)) for at_s in (0.0, 1.5, 5.5, 6.5, 10.7))
    assert film.beeps == pytest.approx([2, 3, 4, 7, 8, 9, 11, 12, 13], abs=0.1)


def test_slides_are_large_while_they_are_shown_and_nobody_from_a_classroom_is_there(
    export: Callable[..., Path], tools: SimpleNamespace
) -> None:
    film = watch(export("slides", copied=False))
    assert film.seconds == pytest.approx(SECONDS, abs=0.05) and film.size == (1280, 720)
    for at_s in (2.5, 3.5, 9.5, 11.5, 13.5):
        number, _ = tools.read_picture(crop(film.at(at_s), WHOLE))
        assert abs(number - camera_at(at_s)) <= 2, at_s
    for at_s in (4.5, 7.5):
        shown, _ = tools.read_picture(crop(film.at(at_s), LARGE))
        small, _ = tools.read_picture(crop(film.at(at_s), SMALL))
        assert abs(shown - int((at_s - 4) * 25)) <= 2 and abs(small - camera_at(at_s)) <= 2, at_s
        assert is_bare(crop(film.at(at_s), TILE))
    # The slides go on while the camera is lost.
    number, _ = tools.read_picture(crop(film.at(6.0), LARGE))
    assert abs(number - 50) <= 2 and is_card(crop(film.at(6.0), SMALL))
    assert is_card(crop(film.at(1.0), WHOLE)) and is_card(crop(film.at(10.7), WHOLE))
    # The names of school and lesson, all the time.
    assert all(crop(film.at(at_s), (0, 680, 400, 40)).max() > 180 for at_s in (0.5, 6.0, 13.0))
    # The classroom's beeps would be at half seconds.
    assert film.beeps == pytest.approx([2, 3, 4, 7, 8, 9, 11, 12, 13], abs=0.1)


def test_classrooms_are_seen_and_heard_only_where_pupils_are_wanted(
    export: Callable[..., Path], tools: SimpleNamespace
) -> None:
    film = watch(export("classrooms", pupils=True, copied=False))
    for at_s in (4.5, 5.9, 7.5):
        tile, _ = tools.read_picture(crop(film.at(at_s), TILE))
        assert abs(tile - int((at_s - 0.5) * 25)) <= 2, at_s
    # Alone in the column while nothing is shared.
    number, _ = tools.read_picture(crop(film.at(9.5), SMALL))
    assert abs(number - 225) <= 2
    assert is_card(crop(film.at(13.5), SMALL))
    offsets = [beep % 1 for beep in film.beeps]
    assert sum(abs(offset - 0.5) < 0.1 for offset in offsets) == 12
    assert sum(min(offset, 1 - offset) < 0.1 for offset in offsets) == 9


def test_the_layout_of_classrooms_without_pupils_is_the_one_of_slides(recordings: Path) -> None:
    manifest = msgspec.json.decode((recordings / LESSON / "manifest.json").read_bytes(), type=Manifest)
    assert plan(manifest, Wish("classrooms")) == plan(manifest, Wish("slides"))
    assert {strip.seat for strip in plan(manifest, Wish("slides")).sounds} == {"teacher"}


def test_pictures_that_change_their_size_are_made_anew(rig: Any, script: Callable[..., Any], tmp_path: Path) -> None:
    async def record() -> None:
        rig.recorder.start_stream(LESSON, "teacher", "camera", "s1")
        rig.play("s1", script("h264", 2), detach=True)
        rig.play("s1", script("h264", 2, scale=2).later(3, ssrc=1000), detach=True)
        await rig.recorder.stop(LESSON)

    asyncio.run(record())
    made = make(order_of(rig.root, tmp_path / "out.mp4", "teacher"), lambda progress: None)
    assert isinstance(made, Made) and not made.copied
    assert watch(tmp_path / "out.mp4").beeps == pytest.approx([0, 1, 3, 4], abs=0.1)


def test_a_file_that_cannot_be_read_costs_no_more_than_itself(recordings: Path, tmp_path: Path) -> None:
    shutil.copytree(recordings, tmp_path / "torn")
    (torn,) = (tmp_path / "torn" / LESSON).glob("teacher.camera.0001.*")
    torn.write_bytes(b"nothing that plays" * 1000)
    made = make(order_of(tmp_path / "torn", tmp_path / "out.mp4", "teacher"), lambda progress: None)
    assert isinstance(made, Made)
    film = watch(tmp_path / "out.mp4")
    assert film.beeps == pytest.approx([11, 12, 13], abs=0.1) and film.seconds == pytest.approx(SECONDS, abs=0.05)


def test_nothing_stays_of_what_cannot_be_made(recordings: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    full = make(order_of(recordings, target, "teacher", keep=2**60), lambda progress: None)
    assert isinstance(full, Failed) and full.why == "disk_full" and not target.exists()
    order = msgspec.structs.replace(order_of(recordings, target, "teacher"), lesson="lesson2")
    nothing = make(order, lambda progress: None)
    assert isinstance(nothing, Failed) and nothing.why == "nothing_recorded" and not target.exists()


@contextlib.contextmanager
def exporting(order: Order) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(
        [sys.executable, "-m", "recorder.export"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()


def test_a_process_makes_the_file_and_ends_with_who_wants_it(recordings: Path, tmp_path: Path) -> None:
    with exporting(order_of(recordings, tmp_path / "a.mp4", "teacher")) as process:
        assert process.stdout is not None
        lines = [msgspec.json.decode(line, type=Progress | Made | Failed) for line in process.stdout]
        assert isinstance(lines[-1], Made) and process.wait() == 0
    with exporting(order_of(recordings, tmp_path / "b.mp4", "slides")) as process:
        assert process.stdin is not None and process.stdout is not None
        assert isinstance(msgspec.json.decode(process.stdout.readline(), type=Progress | Made | Failed), Progress)
        assert (tmp_path / "b.mp4").exists()
        process.stdin.close()
        assert process.wait(timeout=30) == 3 and not (tmp_path / "b.mp4").exists()
