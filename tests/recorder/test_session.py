"""A publisher's session from packets to a file, on a virtual clock."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from classroom.relay.rtp import Packet
from classroom.relay.track import Track
from recorder.disk import NewFile
from recorder.segment import Segment
from recorder.session import KEYFRAME_EVERY_S, SessionRecorder
from recorder.shape import Shape

Script = Callable[..., Any]
Look = Callable[[Path], Any]
T0 = 1000.0


@dataclass
class Files:
    folder: Path
    paths: list[Path] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    gaps: list[tuple[str, str, float, float]] = field(default_factory=list)
    ends: list[tuple[str, float, int, int]] = field(default_factory=list)
    refuse: int = 0

    def open(self, shape: Shape, start: float) -> Segment | None:
        if self.refuse:
            self.refuse -= 1
            return None
        file = NewFile(self.folder, f"a.camera.{len(self.paths) + 1:04d}.{shape.suffix}")
        self.paths.append(file.path)
        self.starts.append(start)
        return Segment(file, shape, start, lambda *gap: self.gaps.append(gap), lambda *end: self.ends.append(end))

    def gap_list(self) -> list[tuple[str, float, float]]:
        return [(kind, round(start, 2), round(end, 2)) for _, kind, start, end in self.gaps]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def run(files: Files, clip: Any, *, finish: bool = True) -> SessionRecorder:
    session = SessionRecorder(clip.tracks, files.open)
    now = T0
    for _, what in clip.steps:
        if isinstance(what, Packet):
            while now + 0.05 < what.arrived:
                now += 0.05
                session.tick(now)
            session.packet(what)
        else:
            session.report(*what)
    if finish:
        session.finish(now)
    return session


def numbers(seen: Any) -> list[int]:
    return [number for _, number, _ in seen.pictures]


@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
def test_every_picture_and_every_beep_is_there_and_in_time(
    files: Files, script: Script, look: Look, codec: str
) -> None:
    run(files, script(codec, 12, jitter_s=0.04))
    seen = look(files.paths[0])
    assert numbers(seen) == list(range(300)) and files.gaps == []
    assert len(seen.beeps) == 12 and len(seen.offsets()) == 11
    assert max(map(abs, seen.offsets())) <= 0.08
    assert all(abs(at - number / 25) < 0.06 for at, number, _ in seen.pictures)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_picture_that_travels_slower_than_its_sound_is_still_in_time(
    files: Files, script: Script, look: Look, codec: str
) -> None:
    run(files, script(codec, 8, video_delay_s=0.3))
    assert max(map(abs, look(files.paths[0]).offsets())) <= 0.03


def test_without_reports_arrival_keeps_sound_and_picture_together(files: Files, script: Script, look: Look) -> None:
    run(files, script("vp8", 9, reports=False, jitter_s=0.03))
    seen = look(files.paths[0])
    assert numbers(seen) == list(range(225)) and max(map(abs, seen.offsets())) <= 0.08


def test_reordered_packets_lose_nothing(files: Files, script: Script, look: Look) -> None:
    clip = script("vp8", 5)
    clip.steps.sort(key=lambda step: step[0] + (0.09 if hash(round(step[0] * 1e4)) % 5 == 0 else 0))
    run(files, clip)
    seen = look(files.paths[0])
    assert numbers(seen) == list(range(125)) and files.gaps == []


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_lost_picture_costs_the_picture_until_the_next_keyframe_and_is_told(
    files: Files, script: Script, look: Look, codec: str
) -> None:
    clip = script(codec, 8).without(lambda at, p: p.kind == "video" and 3.2 <= at < 3.23)
    run(files, clip)
    seen = look(files.paths[0])
    assert numbers(seen) == [*range(80), *range(100, 200)]
    assert files.gap_list() == [("video", 3.2, 4.0)]
    assert len(seen.beeps) == 8 and max(map(abs, seen.offsets())) <= 0.08


def test_lost_sound_is_told_and_replaced_by_silence_of_the_same_length(
    files: Files, script: Script, look: Look
) -> None:
    run(files, script("vp8", 8).without(lambda at, p: p.kind == "audio" and 3.5 <= at < 5.5))
    seen = look(files.paths[0])
    assert files.gap_list() == [("audio", 3.5, 5.5)]
    starts = [start for start, _ in seen.sound]
    assert all(b - a <= 0.022 for a, b in zip(starts, starts[1:], strict=False))
    assert [round(beep) for beep in seen.beeps] == [0, 1, 2, 3, 6, 7]


def test_a_network_that_is_gone_for_two_seconds_is_a_gap_of_both(files: Files, script: Script, look: Look) -> None:
    run(files, script("h264", 8).without(lambda at, p: 3.5 <= at < 5.5))
    assert sorted(files.gap_list()) == [("audio", 3.5, 5.5), ("video", 3.52, 6.0)]
    seen = look(files.paths[0])
    assert numbers(seen) == [*range(88), *range(150, 200)]
    assert max(map(abs, seen.offsets())) <= 0.08


def test_random_loss_is_told_to_the_last_picture(files: Files, script: Script, look: Look) -> None:
    rng = random.Random(5)
    run(files, script("vp8", 14).without(lambda at, p: at > 0.1 and rng.random() < 0.015))
    seen = look(files.paths[0])
    video = [(start, end) for kind, start, end in files.gap_list() if kind == "video"]
    shown = set(numbers(seen))
    for number in range(max(shown)):
        told = any(start - 0.005 <= number / 25 < end - 0.005 for start, end in video)
        assert (number in shown) != told, number
    assert len(video) >= 3
    lost = [(start, end) for kind, start, end in files.gap_list() if kind == "audio"]
    assert 3 <= sum(round((end - start) / 0.02) for start, end in lost) <= 25


def test_a_stall_without_any_lost_packet_is_a_gap(files: Files, script: Script) -> None:
    clip = script("vp8", 10)
    first = clip.between(0, 4)
    then = clip.between(4, 6).later(4.0)
    for step in then.steps:
        if isinstance(step[1], Packet):
            rate = 48000 if step[1].kind == "audio" else 90000
            step[1].timestamp = (step[1].timestamp + 4 * rate) & 0xFFFFFFFF
    first.steps += then.steps
    run(files, first)
    assert sorted(files.gap_list()) == [("audio", 4.0, 8.0), ("video", 4.0, 8.0)]


def test_a_picture_alone_and_sound_alone_make_files(files: Files, script: Script, look: Look) -> None:
    run(files, script("h264", 3, sound=False))
    run(files, script(None, 3))
    assert numbers(look(files.paths[0])) == list(range(75))
    assert files.paths[1].suffix == ".webm" and len(look(files.paths[1]).beeps) == 3


def test_sound_whose_picture_comes_late_is_kept_in_a_file_of_its_own(files: Files, script: Script, look: Look) -> None:
    clip = script("vp8", 14).without(lambda at, p: p.kind == "video" and at < 10)
    run(files, clip)
    assert [round(start - T0, 1) for start in files.starts] == [0.0, 10.0]
    alone, both = look(files.paths[0]), look(files.paths[1])
    assert not alone.pictures and len(alone.beeps) in (10, 11)
    assert numbers(both) == list(range(250, 350)) and max(map(abs, both.offsets())) <= 0.08
    assert files.gaps == []


def test_a_microphone_that_is_announced_and_silent_leaves_silence_and_a_gap(
    files: Files, script: Script, look: Look
) -> None:
    run(files, script("vp8", 8).without(lambda at, p: p.kind == "audio"))
    seen = look(files.paths[0])
    assert numbers(seen) == list(range(200)) and not seen.beeps
    assert seen.sound[-1][1] == pytest.approx(8.0, abs=0.1)
    assert files.gap_list() == [("audio", 0.0, 8.0)]


def test_new_ssrcs_within_a_session_go_on_in_the_same_file(files: Files, script: Script, look: Look) -> None:
    clip = script("vp8", 8)
    clip = type(clip)(clip.tracks, clip.between(0, 4).steps + clip.between(4, 8).later(0.0, ssrc=1000).steps)
    run(files, clip)
    seen = look(files.paths[0])
    assert numbers(seen) == list(range(200)) and len(files.paths) == 1
    assert max(map(abs, seen.offsets())) <= 0.08


def test_a_picture_that_grows_stays_in_one_file_and_its_last_size_is_told(
    files: Files, script: Script, look: Look
) -> None:
    small, large = script("h264", 4), script("h264", 8, scale=2).between(4, 8)
    video = [p for _, p in small.steps if isinstance(p, Packet) and p.kind == "video"]
    number = video[-1].sequence_number
    for _, p in large.steps:
        if isinstance(p, Packet) and p.kind == "video":
            number = (number + 1) & 0xFFFF
            p.sequence_number = number
    run(files, type(small)(small.tracks, small.steps + large.steps))
    assert numbers(look(files.paths[0])) == list(range(200))
    assert files.ends == [("a.camera.0001.mp4", pytest.approx(8.0, abs=0.05), 640, 384)]


def test_keyframes_are_wanted_at_the_start_after_a_loss_and_every_ten_seconds(files: Files, script: Script) -> None:
    clip = script("vp8", 3, sound=False)
    session = SessionRecorder(clip.tracks, files.open)
    assert not session.wants_keyframe(T0)
    packets = [p for _, p in clip.steps if isinstance(p, Packet)]
    session.packet(packets[1])
    assert session.wants_keyframe(T0)
    for p in packets[2:]:
        session.packet(p)
    session.tick(T0 + 3)
    assert not session.wants_keyframe(T0 + 3)
    assert session.wants_keyframe(T0 + 2 + KEYFRAME_EVERY_S)
    session.not_before = T0 + 20
    assert not session.wants_keyframe(T0 + 19)
    session.finish(T0 + 3)


def test_sound_alone_wants_no_keyframes(files: Files, script: Script) -> None:
    session = run(files, script(None, 1), finish=False)
    assert not session.wants_keyframe(T0 + 60)
    session.finish(T0 + 1)


def test_an_overflow_at_the_end_moves_the_end(files: Files, script: Script) -> None:
    session = run(files, script("vp8", 3), finish=False)
    session.overflow(T0 + 8)
    assert session.finish(T0 + 9) == T0 + 8


def test_a_session_without_any_known_codec_or_packet_is_no_file(files: Files) -> None:
    session = SessionRecorder({"video": Track("video", "av1", 90000, 0, "")}, files.open)
    session.packet(Packet("video", 96, True, 1, 0, 1, b"x", T0))
    session.tick(T0 + 10)
    assert session.finish(T0 + 10) == 0.0 and files.paths == []


def test_while_no_file_may_be_opened_frames_are_dropped_and_then_go_on(
    files: Files, script: Script, look: Look
) -> None:
    files.refuse = 10
    run(files, script("vp8", 6))
    assert numbers(look(files.paths[-1]))[-1] == 149 and files.starts[0] > T0


def test_broken_packets_from_the_network_stop_nothing(files: Files, script: Script, look: Look) -> None:
    clip = script("h264", 6)
    for at, what in clip.steps:
        if isinstance(what, Packet) and 2.0 < at < 2.2:
            what.payload = b"\x78\xff" if what.kind == "video" else b"\x03"
    run(files, clip)
    assert numbers(look(files.paths[0]))[-1] == 149
