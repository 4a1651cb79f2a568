"""The recorder whole: taps, thread, files, manifest, on virtual clocks."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recorder.manifest import Manifest
from recorder.writer import StreamKey

Script = Callable[..., Any]
Look = Callable[[Path], Any]


def files_of(manifest: Manifest | None, index: int = 0) -> list[Any]:
    assert manifest is not None
    return manifest.streams[index].files


def gaps_of(manifest: Manifest | None, index: int = 0) -> list[tuple[str, float, float]]:
    assert manifest is not None
    return [(gap.kind, round(gap.from_s, 1), round(gap.to_s, 1)) for gap in manifest.streams[index].gaps]


async def test_a_lesson_of_two_streams_gets_a_manifest(rig: Any, script: Script, look: Look) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.recorder.start_stream("lesson1", "abcdefgh2345", "screen", "s2")
    assert rig.recorder.is_recording("lesson1")
    rig.play("s1", script("vp8", 6))
    rig.play("s2", script("h264", 4, sound=False).later(3.0))
    manifest = await rig.recorder.stop("lesson1")
    assert not rig.recorder.is_recording("lesson1") and rig.hub.taps == {}
    assert [(s.seat, s.source, len(s.files), s.gaps) for s in manifest.streams] == [
        ("abcdefgh2345", "screen", 1, []),
        ("teacher", "camera", 1, []),
    ]
    screen, camera = files_of(manifest, 0)[0], files_of(manifest, 1)[0]
    assert (screen.name, screen.offset_s, screen.codecs) == (
        "abcdefgh2345.screen.0002.mp4",
        pytest.approx(3.0),
        ["h264"],
    )
    assert (camera.seconds, camera.width, camera.height) == (pytest.approx(6.0, abs=0.05), 320, 192)
    written = json.loads((rig.root / "lesson1" / "manifest.json").read_text())
    assert written["started_at"] == "2026-11-23T02:00:00Z" and written["stopped_at"] is not None
    assert rig.recorder.library.manifest("lesson1") == manifest
    assert len(look(rig.root / "lesson1" / camera.name).pictures) == 150
    assert rig.problems == []


async def test_a_publisher_that_comes_back_goes_on_in_a_new_file_and_its_absence_is_a_gap(
    rig: Any, script: Script, look: Look
) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    clip = script("vp8", 14)
    rig.play("s1", clip.between(0, 5), detach=True)
    rig.play("s1", clip.between(8, 14).later(0.0, ssrc=500))
    manifest = await rig.recorder.stop("lesson1")
    assert [round(file.offset_s, 1) for file in files_of(manifest)] == [0.0, 8.0]
    assert gaps_of(manifest) == [("both", 5.0, 8.0)]
    second = look(rig.root / "lesson1" / files_of(manifest)[1].name)
    assert second.pictures[0][1] == 200 and max(map(abs, second.offsets())) <= 0.08


async def test_another_codec_makes_another_file(rig: Any, script: Script) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 6).between(0, 3))
    rig.play("s1", script("h264", 6).between(3, 6))
    manifest = await rig.recorder.stop("lesson1")
    assert [file.codecs for file in files_of(manifest)] == [["vp8", "opus"], ["h264", "opus"]]
    assert [file.name[-4:] for file in files_of(manifest)] == ["webm", ".mp4"]
    assert gaps_of(manifest) == []


async def test_a_pause_on_purpose_is_no_gap_and_the_recording_goes_on(rig: Any, script: Script) -> None:
    clip = script("vp8", 12)
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", clip.between(0, 4))
    rig.recorder.stop_stream("lesson1", "teacher", "camera")
    rig.recorder.stop_stream("lesson1", "teacher", "camera")
    assert (await rig.recorder.stop("lesson1")).stopped_at is not None
    rig.now += 4
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", clip.between(8, 12))
    manifest = await rig.recorder.stop("lesson1")
    assert [round(file.offset_s, 1) for file in files_of(manifest)] == [0.0, 8.0]
    assert gaps_of(manifest) == []


async def test_what_was_said_of_a_recording_holds_no_more_once_it_is_gone_on_with(rig: Any, script: Script) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 3))
    await rig.recorder.stop("lesson1")
    assert rig.recorder.library.is_whole("lesson1") and await rig.recorder.verdict("lesson1") is not None
    rig.now += 4
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    assert await rig.recorder.verdict("lesson1") is None
    rig.play("s1", script("vp8", 3).later(7.0))
    await rig.settled("lesson1", 8.0)
    # As another process would find it after a crash.
    library = rig.recorder.library
    assert library.verdict("lesson1") is None and library.manifest("lesson1") is None
    await rig.recorder.stop("lesson1")
    assert library.is_whole("lesson1") and len(files_of(library.manifest("lesson1"))) == 2
    assert await rig.recorder.verdict("lesson1") is not None


async def test_a_restart_in_the_middle_is_a_gap_and_the_recording_goes_on(rig: Any, script: Script) -> None:
    clip = script("vp8", 12)
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", clip.between(0, 4))
    await rig.recorder.close()
    await rig.recorder.close()
    assert rig.recorder.library.manifest("lesson1").stopped_at is None
    with pytest.raises(RuntimeError, match="closed"):
        rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.recorder = rig.make()
    rig.now += 4
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", clip.between(8, 12).later(0.0, ssrc=500))
    manifest = await rig.recorder.stop("lesson1")
    assert [file.name for file in files_of(manifest)] == ["teacher.camera.0001.webm", "teacher.camera.0002.webm"]
    assert gaps_of(manifest) == [("both", 4.0, 8.0)]


async def test_packets_lost_on_the_way_and_in_the_queue_are_gaps(rig: Any, script: Script) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("h264", 10).without(lambda at, p: 3 <= at < 5 or (p.kind == "video" and 7.3 <= at < 7.35)))
    manifest = await rig.recorder.stop("lesson1")
    assert gaps_of(manifest) == [("both", 3.0, 5.0), ("video", 7.3, 8.0)]
    assert [(g.kind, round(g.from_s, 1)) for g in files_of(manifest)[0].gaps] == [("both", 3.0), ("video", 7.3)]


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a.b", "x" * 65, "a\n", "课"])
async def test_ids_that_could_leave_the_folder_are_refused(rig: Any, name: str) -> None:
    for ids in ((name, "teacher", "camera"), ("lesson1", name, "camera"), ("lesson1", "teacher", name)):
        with pytest.raises(ValueError, match="not an id"):
            rig.recorder.start_stream(*ids, "s1")
    assert rig.hub.taps == {}


async def test_stopping_a_lesson_that_was_never_recorded_gives_nothing(rig: Any) -> None:
    assert await rig.recorder.stop("lesson1") is None


async def test_a_stream_without_any_publisher_leaves_no_file(rig: Any) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "board", "s1")
    manifest = await rig.recorder.stop("lesson1")
    assert files_of(manifest) == [] and gaps_of(manifest) == []


async def test_a_folder_that_cannot_be_made_is_a_problem_of_the_recorder_alone(rig: Any, script: Script) -> None:
    rig.root.parent.mkdir(exist_ok=True)
    rig.root.write_bytes(b"in the way")
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 2))
    assert await rig.recorder.stop("lesson1") is None
    await asyncio.sleep(0)
    assert [(lesson, code) for lesson, code, _ in rig.problems][0] == ("lesson1", "write_failed")


async def test_keyframes_are_asked_for(rig: Any, script: Script) -> None:
    clip = script("vp8", 2)
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", clip.without(lambda at, p: p.keyframe))
    async with asyncio.timeout(10):
        await rig.publisher.asked.wait()
    assert rig.recorder.overflowed("lesson1") == 0


async def test_stopping_twice_at_once_gives_the_same_manifest_twice(rig: Any, script: Script) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 3))
    first, second, third = await asyncio.gather(*(rig.recorder.stop("lesson1") for _ in range(3)))
    assert first == second == third and first is not None
    assert rig.problems == []


async def test_a_lesson_has_recovered_when_the_last_of_its_streams_has(rig: Any) -> None:
    camera, screen = (StreamKey("lesson1", "teacher", source) for source in ("camera", "screen"))
    for key in (camera, screen):
        rig.recorder.start_stream(key.lesson, key.seat, key.source, f"{key.source}")
        rig.recorder._tell_of(key, "disk_full", "full")
    rig.recorder._tell_of(camera, "recovered", "goes on")
    assert [code for _, code, _ in rig.problems] == ["disk_full", "disk_full"]
    rig.recorder._tell_of(screen, "recovered", "goes on")
    assert [code for _, code, _ in rig.problems][2:] == ["recovered"]
    # A stream that is not recorded any more holds nothing back.
    rig.recorder._tell_of(camera, "write_failed", "broken")
    rig.recorder.stop_stream("lesson1", "teacher", "camera")
    rig.recorder._tell_of(camera, "write_failed", "broken")
    rig.recorder._tell_of(screen, "recovered", "goes on")
    assert [code for _, code, _ in rig.problems][-1] == "recovered"
