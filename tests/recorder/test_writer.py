"""What the writer does when the disk does not do what it should."""

import asyncio
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from classroom.relay.rtp import Packet
from recorder import disk
from recorder.container import measure
from recorder.disk import free_bytes
from recorder.library import Library
from recorder.streaks import CheckRules
from recorder.tap import Tap
from recorder.worth import BYTES_PER_LESSON_HOUR, CLASSROOMS_GO_AT, PICTURES_GO_AT, SOUND_GOES_AT, DiskGuard
from recorder.writer import Checking, LessonFiles, StreamKey, StreamWriter, Writer

Script = Callable[..., Any]
T0 = 1000.0
NO_GUARD = DiskGuard(0, 0)
CHECKING = Checking(CheckRules(), ThreadPoolExecutor(1), lambda *what: None)


class Publisher:
    def request_keyframe(self) -> None:
        pass


@dataclass
class Bench:
    """A stream's writer, driven round by round on a virtual clock."""

    root: Path
    guard: DiskGuard = NO_GUARD
    problems: list[tuple[str, str]] = field(default_factory=list)
    now: float = T0

    def __post_init__(self) -> None:
        # Closed: nobody is asked for keyframes here.
        loop = asyncio.new_event_loop()
        loop.close()
        self.tap = Tap(loop)
        files: list[LessonFiles] = []

        def find() -> LessonFiles:
            if not files:
                files.append(LessonFiles(self.root, "lesson1", T0, datetime(2026, 11, 23, 2, tzinfo=UTC)))
            return files[0]

        self.writer = StreamWriter(
            StreamKey("lesson1", "teacher", "camera"),
            self.tap,
            T0,
            find,
            self.guard,
            CHECKING,
            lambda lesson, code, sentence: self.problems.append((code, sentence)),
        )

    def play(self, clip: Any, at: Callable[[float], None] = lambda at: None) -> None:
        for _, what in clip.steps:
            if isinstance(what, Packet):
                while self.now + 0.05 < what.arrived:
                    self.now += 0.05
                    at(self.now - T0)
                    self.writer.round(self.now)
                self.tap.send(what)
            else:
                self.tap.sender_report(*what)

    def finish(self) -> Any:
        self.writer.finish(self.now, unwanted=True)
        return Library(self.root).rebuild("lesson1")


def codes(bench: Bench) -> list[str]:
    return [code for code, _ in bench.problems]


def start(bench: Bench, clip: Any) -> None:
    bench.tap.attached(Publisher(), clip.tracks)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", mounted]).returncode:
        pytest.skip("only root may mount a file system")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_full_disk_stops_the_file_and_freeing_it_starts_a_new_one(
    small_disk: Path, script: Script, codec: str
) -> None:
    clip = script(codec, 14)
    ballast = small_disk / "ballast"
    bench = Bench(small_disk / "recordings", DiskGuard(1_000, 0))
    start(bench, clip)

    def free_later(at: float) -> None:
        if 2 <= at < 2.05:
            ballast.write_bytes(bytes(free_bytes(small_disk) - 20_000))
        elif codes(bench) and at > 8.5:
            ballast.unlink(missing_ok=True)

    bench.play(clip, free_later)
    manifest = bench.finish()
    first, *sound, second = manifest.streams[0].files
    # What an MP4's fragment has no room for may still hold some sound.
    assert codes(bench) == ["disk_full", *(["disk_low"] if sound else []), "recovered"]
    assert all(entry.codecs == ["opus"] for entry in sound)
    assert not first.finished and first.seconds > 1 and second.finished
    assert second.offset_s > 8.5 and second.offset_s + second.seconds == pytest.approx(14.0, abs=0.3)
    gaps = manifest.streams[0].gaps
    assert gaps[0].from_s == pytest.approx(first.seconds, abs=0.01)
    assert max(gap.to_s for gap in gaps) == pytest.approx(second.offset_s, abs=0.05)


def test_a_write_error_costs_the_file_and_two_seconds(tmp_path: Path, script: Script, monkeypatch: Any) -> None:
    clip = script("vp8", 10)
    bench = Bench(tmp_path)
    start(bench, clip)
    write, broken = os.write, [False]

    def failing(descriptor: int, data: bytes) -> int:
        if broken[0]:
            broken[0] = False
            raise OSError(errno.EIO, "input/output error")
        return write(descriptor, data)

    monkeypatch.setattr(disk.os, "write", failing)

    def break_once(at: float) -> None:
        if 4.0 <= at < 4.05:
            broken[0] = True

    bench.play(clip, break_once)
    manifest = bench.finish()
    assert codes(bench) == ["write_failed", "recovered"]
    first, second = manifest.streams[0].files
    assert first.seconds == pytest.approx(4.0, abs=0.2)
    # Two seconds, and on to the next keyframe.
    assert 6.0 <= second.offset_s <= 7.1 and second.finished


def test_below_the_guard_no_file_begins_and_one_is_closed_in_good_order(
    tmp_path: Path, script: Script, monkeypatch: Any
) -> None:
    clip = script("vp8", 14)
    free = [150]
    monkeypatch.setattr("recorder.writer.free_bytes", lambda path: free[0])
    bench = Bench(tmp_path, DiskGuard(1000, 100))
    start(bench, clip)

    def change(at: float) -> None:
        free[0] = 150 if at < 3 else 1500 if at < 7 else 50 if at < 8 else 1500

    bench.play(clip, change)
    manifest = bench.finish()
    assert codes(bench) == ["disk_full", "recovered", "disk_full", "recovered"]
    first, second = manifest.streams[0].files
    assert first.finished and 2.9 <= first.offset_s <= 5.2
    assert first.offset_s + first.seconds == pytest.approx(7.0, abs=1.2)
    assert 9.0 <= second.offset_s <= 11.2
    assert [gap.kind for gap in manifest.streams[0].gaps] == ["both", "both"]
    assert manifest.streams[0].gaps[0].from_s == pytest.approx(0.0, abs=0.05)


def test_with_little_room_pictures_are_given_up_and_sound_goes_on_until_there_is_more(
    tmp_path: Path, script: Script, monkeypatch: Any
) -> None:
    free = [1500]
    monkeypatch.setattr("recorder.writer.free_bytes", lambda path: free[0])
    bench = Bench(tmp_path, DiskGuard(1000, 100))
    clip = script("vp8", 14)
    start(bench, clip)

    def change(at: float) -> None:
        # Below 550 the pictures of the teacher's camera go; they come back from 640 on.
        free[0] = 1500 if at < 4 else 500 if at < 8 else 600 if at < 9 else 700

    bench.play(clip, change)
    [stream] = bench.finish().streams
    assert codes(bench) == ["disk_low", "recovered"]
    assert [entry.codecs for entry in stream.files] == [["vp8", "opus"], ["opus"], ["vp8", "opus"]]
    assert stream.files[1].offset_s == pytest.approx(4, abs=1.3) and stream.files[2].offset_s >= 9
    # The sound has no hole, the missing pictures are marked.
    assert {gap.kind for gap in stream.gaps if gap.to_s - gap.from_s > 0.1} == {"video"}
    assert sum(gap.to_s - gap.from_s for gap in stream.gaps) == pytest.approx(stream.files[1].seconds, abs=0.2)
    assert stream.files[2].offset_s - stream.files[1].offset_s - stream.files[1].seconds < 0.1


def test_what_is_worth_least_is_given_up_first_and_sound_last() -> None:
    guard = DiskGuard(1000, 100)
    order = [("room", "camera", True), ("teacher", "students", True), ("teacher", "camera", True),
             ("teacher", "screen", True), ("room", "camera", False)]  # fmt: skip
    levels = [guard.goes_at(seat, source, pictures=pictures) for seat, source, pictures in order]
    assert levels == sorted(levels, reverse=True) and len(set(levels)) == len(levels)
    assert levels[0] == 1000 and levels[-1] == 100
    for seat, source, pictures in order:
        goes, comes = (at(seat, source, pictures=pictures) for at in (guard.goes_at, guard.comes_at))
        assert goes <= comes <= 1000
    assert guard.lesson_hours(1000 + 2 * BYTES_PER_LESSON_HOUR) == 2 and guard.lesson_hours(999) == 0
    assert all(SOUND_GOES_AT < share <= CLASSROOMS_GO_AT for share in PICTURES_GO_AT.values())


@pytest.mark.parametrize("start_bytes", [0, 99, 100])
def test_no_file_begins_where_it_would_be_closed_at_once(start_bytes: int) -> None:
    guard = DiskGuard(start_bytes, 100)
    for seat, source, pictures in (("teacher", "camera", True), ("room", "camera", True), ("room", "camera", False)):
        goes, comes = (at(seat, source, pictures=pictures) for at in (guard.goes_at, guard.comes_at))
        assert goes == comes == 100


def test_an_error_that_nobody_thought_of_stops_nothing_either(tmp_path: Path, script: Script, monkeypatch: Any) -> None:
    clip = script("vp8", 8)
    bench = Bench(tmp_path)
    start(bench, clip)

    def bad(at: float) -> None:
        if 3.0 <= at < 3.05:
            bench.tap._items.append("nonsense")  # type: ignore[arg-type]
            monkeypatch.setattr("recorder.segment.opus_samples", lambda data: 1 // 0)
        elif at >= 3.05:
            monkeypatch.undo()

    bench.play(clip, bad)
    assert codes(bench) == ["write_failed", "recovered"]
    assert bench.finish().streams[0].files[1].finished


def test_the_log_of_a_full_disk_is_written_later(tmp_path: Path, script: Script, monkeypatch: Any) -> None:
    clip = script("vp8", 6).without(lambda at, p: p.kind == "video" and 2.0 <= at < 2.1)
    bench = Bench(tmp_path)
    start(bench, clip)
    write = os.write

    def refuse_the_log(descriptor: int, data: bytes) -> int:
        if b"GapEnded" in bytes(data) and bench.now < T0 + 4:
            raise OSError(errno.ENOSPC, "no space left on device")
        return write(descriptor, data)

    monkeypatch.setattr("recorder.segment_log.os.write", refuse_the_log)
    bench.play(clip)
    manifest = bench.finish()
    assert [(g.kind, g.from_s, g.to_s) for g in manifest.streams[0].gaps] == [
        ("video", pytest.approx(2.0), pytest.approx(3.0))
    ]


def test_files_are_made_new_and_for_the_server_alone(tmp_path: Path, script: Script) -> None:
    (tmp_path / "lesson1").mkdir()
    (tmp_path / "lesson1" / "teacher.camera.0007.webm").write_bytes(b"older")
    clip = script("vp8", 2)
    bench = Bench(tmp_path)
    start(bench, clip)
    bench.play(clip)
    (file,) = bench.finish().streams[0].files
    assert file.name == "teacher.camera.0008.webm"
    path = tmp_path / "lesson1" / file.name
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "lesson1" / "teacher.camera.0007.webm").read_bytes() == b"older"
    assert measure(path).seconds == pytest.approx(2.0, abs=0.1)


def test_a_command_that_fails_says_so_and_the_thread_goes_on() -> None:
    writer = Writer(lambda: 0.0)
    with pytest.raises(ZeroDivisionError):
        writer.run(lambda: 1 // 0).result(5)
    writer.run(lambda: None).result(5)
    writer.close()
    writer.close()
