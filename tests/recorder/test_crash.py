"""kill -9 in the middle of a lesson."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from recorder.library import Library
from recorder.manifest import unfinished
from recorder.segment_log import read_log

Script = Callable[..., Any]
Look = Callable[[Path], Any]
HERE = Path(__file__).parent
FFMPEGS = [path for path in ("/usr/bin/ffmpeg", imageio_ffmpeg.get_ffmpeg_exe()) if Path(path).exists()]


def record_and_kill(root: Path, codec: str, after_s: float) -> float:
    """Media seconds that the recorder had been given when it was killed."""
    command = [sys.executable, HERE / "publisher_process.py", HERE / "conftest.py", root, codec, "8"]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        given = 0.0
        for line in process.stdout:
            given = float(line)
            if given >= after_s:
                break
        process.kill()
        given = max([given, *(float(line) for line in process.stdout if line.endswith("\n"))])
    assert process.returncode == -9
    return given


def decode_errors(path: Path) -> list[str]:
    runs = [subprocess.run([f, "-v", "error", "-i", path, "-f", "null", "-"], capture_output=True) for f in FFMPEGS]
    return [run.stderr.decode() for run in runs]


@pytest.mark.parametrize("codec", ["vp8", "h264", "none"])
async def test_after_kill_9_all_but_the_last_second_is_there(
    rig: Any, look: Look, codec: str, record_property: Callable[[str, object], None]
) -> None:
    given = await asyncio.to_thread(record_and_kill, rig.root, codec, 6.3)
    folder = rig.root / "lesson1"
    (name,) = unfinished(read_log(folder))
    found = Library(rig.root).current("lesson1")
    assert found is not None
    (file,) = found.streams[0].files
    lost_s = given - file.seconds
    record_property("lost_s", round(lost_s, 3))
    record_property("bytes", (folder / name).stat().st_size)
    print(f"{codec}: {given:.2f} s given, {lost_s:.2f} s lost")
    assert lost_s <= 1.0 and not file.finished
    assert decode_errors(folder / name) == [""] * len(FFMPEGS)

    (manifest,) = await rig.recorder.recover()
    assert await rig.recorder.recover() == []
    (mended,) = manifest.streams[0].files
    assert mended.finished and mended.seconds == pytest.approx(file.seconds, abs=0.05)
    assert manifest.streams[0].gaps == [] and manifest.stopped_at is None
    assert decode_errors(folder / name) == [""] * len(FFMPEGS)
    seen = look(folder / name)
    assert [number for _, number, _ in seen.pictures] == list(range(len(seen.pictures)))
    assert len(seen.beeps) >= 6
    if codec != "none":
        assert len(seen.offsets()) >= 5 and max(map(abs, seen.offsets())) <= 0.08


async def test_a_lesson_goes_on_after_a_crash_and_its_torn_file_is_mended_at_the_end(
    rig: Any, script: Script, look: Look
) -> None:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 4))
    await rig.recorder.stop("lesson1")
    # As a crash would leave it: the log does not know the end, and the file is torn.
    folder = rig.root / "lesson1"
    log = folder / "segments.log"
    kept = [line for line in log.read_bytes().splitlines() if b"Ended" not in line and b"Stopped" not in line]
    log.write_bytes(b"\n".join(line for line in kept if b'"on":false' not in line) + b'\n{"type":"Gap')
    file = folder / "teacher.camera.0001.webm"
    file.write_bytes(file.read_bytes()[:-9000])
    (folder / "teacher.camera.0001.webm.part").write_bytes(b"an older attempt")
    rig.now += 4
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    assert await rig.recorder.recover() == []
    rig.play("s1", script("vp8", 4).later(8.0, ssrc=500))
    manifest = await rig.recorder.stop("lesson1")
    first, second = manifest.streams[0].files
    assert first.finished and 2.0 < first.seconds < 4.0 and second.offset_s == pytest.approx(8.0, abs=0.05)
    (gap,) = manifest.streams[0].gaps
    assert (gap.kind, gap.from_s, gap.to_s) == ("both", pytest.approx(first.seconds), pytest.approx(second.offset_s))
    assert len(look(file).beeps) >= 2 and not list(folder.glob("*.part"))
