"""One MP4 of a lesson on one core, as a multiple of real time, beside `ffmpeg` doing the same job in the same run.

The lesson: a camera of 1280×720 (H.264, 25 pictures a second, with a camera's noise) with sound, slides of 1280×720
(VP8) and four classrooms of 640×360 (VP8, with sound). `copied` is the teacher alone, `slides` and `classrooms` are
composed to 1280×720.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.machine import tell
from recorder.container import measure
from recorder.export.compose import Texts
from recorder.export.job import Failed, Made, Order
from recorder.export.movie import PICTURE_OPTIONS, SOUND_BPS
from recorder.export.plan import Wish
from recorder.segment_log import FileBegan, FileEnded, RecordingBegan, RecordingStopped, SegmentLog, Wanted
from recorder.steps import Progress

SECONDS = 60
CLASSROOMS = 4
LESSON = "lesson"
CAMERA = ("-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "baseline", "-b:v", "1500k")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0")
TEXTS = Texts(school="求是小学", lesson="语文 三（1）班", time="2026-11-23 10:00")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = record(folder)
        figures: dict[str, Any] = {"seconds": SECONDS}
        for what, wish in {
            "copied": Wish("teacher"),
            "slides": Wish("slides"),
            "classrooms": Wish("classrooms", pupils=True),
        }.items():
            ours, size = export(folder, wish)
            figures[what] = {
                "times_real_time": round(SECONDS / ours, 1),
                "mb": round(size / 1e6, 1),
                "ffmpeg_times_real_time": round(SECONDS / by_ffmpeg(folder, recording, what), 1),
            }
    tell("export", figures)


def record(folder: Path) -> list[Path]:
    """The recording's files: camera, slides, classrooms."""
    root = folder / "recordings" / LESSON
    root.mkdir(parents=True)
    tone = ("-f", "lavfi", "-i", f"sine=frequency=300:duration={SECONDS}")
    opus = ("-c:a", "libopus", "-ac", "2", "-b:a", "48k")

    def picture(size: str, rate: int) -> tuple[str, ...]:
        return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={SECONDS},noise=alls=6:allf=t")

    files = [("teacher", "camera", "mp4", (*picture("1280x720", 25), *tone, *CAMERA, "-g", "250", *opus))]
    files.append(("teacher", "screen", "webm", (*picture("1280x720", 15), *VP8, "-b:v", "1500k")))
    for number in range(CLASSROOMS):
        made = (*picture("640x360", 25), *tone, *VP8, "-b:v", "500k", *opus)
        files.append((f"room{number}", "camera", "webm", made))
    log = SegmentLog(root)
    log.append(RecordingBegan(datetime(2026, 11, 23, 2, tzinfo=UTC)))
    paths = []
    for number, (seat, source, suffix, arguments) in enumerate(files):
        path = root / f"{seat}.{source}.{number:04d}.{suffix}"
        run_ffmpeg(*arguments, str(path))
        shape = measure(path).shape
        log.append(Wanted(seat, source, 0.0, True))
        log.append(FileBegan(seat, source, path.name, 0.0, shape.codecs, shape.width, shape.height))
        log.append(FileEnded(path.name, float(SECONDS), shape.width, shape.height))
        paths.append(path)
    log.append(RecordingStopped(float(SECONDS)))
    return paths


def export(folder: Path, wish: Wish) -> tuple[float, int]:
    """Wall seconds of the product's own process, start and hash included, and the file's bytes."""
    target = folder / "ours.mp4"
    target.unlink(missing_ok=True)
    order = Order(root=str(folder / "recordings"), lesson=LESSON, wish=wish, texts=TEXTS, target=str(target))
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "recorder.export"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=on_one_core
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
        said = [msgspec.json.decode(line, type=Progress | Made | Failed) for line in process.stdout]
        process.wait()
    assert isinstance(said[-1], Made), said[-1]
    assert said[-1].copied is (wish.layout == "teacher")
    return time.monotonic() - began, said[-1].bytes


def by_ffmpeg(folder: Path, recording: list[Path], what: str) -> float:
    """Wall seconds of the `ffmpeg` program for the same picture and sound on one core."""
    camera, slides, *rooms = recording
    sound = ("-c:a", "aac", "-b:a", str(SOUND_BPS), "-movflags", "faststart")
    began = time.monotonic()
    if what == "copied":
        run_ffmpeg("-i", str(camera), "-c:v", "copy", *sound, str(folder / "theirs.mp4"), is_measured=True)
        return time.monotonic() - began
    inputs = [camera, slides, *(rooms if what == "classrooms" else [])]
    placed = [
        f"color=black:size=1280x720:rate=25:duration={SECONDS}[g]",
        "[1:v]scale=1024:576[s]",
        "[0:v]scale=256:144[c]",
        "[g][s]overlay=0:52[a0]",
        "[a0][c]overlay=1024:0[b0]",
    ]
    for number in range(len(inputs) - 2):
        placed.append(f"[{number + 2}:v]scale=200:112[r{number}]")
        placed.append(f"[b{number}][r{number}]overlay=1052:{136 * (number + 1)}[b{number + 1}]")
    heard = [0, *range(2, len(inputs))]
    placed.append("".join(f"[{n}:a]" for n in heard) + f"amix=inputs={len(heard)}:normalize=0[m]")
    arguments = [part for path in inputs for part in ("-threads", "1", "-i", str(path))]
    arguments += ["-filter_complex", ";".join(placed), "-map", f"[b{len(inputs) - 2}]", "-map", "[m]"]
    arguments += ["-c:v", "libx264", "-threads", "1"]
    arguments += [part for name, value in PICTURE_OPTIONS.items() for part in (f"-{name}", value)]
    run_ffmpeg(*arguments, *sound, str(folder / "theirs.mp4"), is_measured=True)
    return time.monotonic() - began


def run_ffmpeg(*arguments: str, is_measured: bool = False) -> None:
    program = shutil.which("ffmpeg")
    assert program is not None, "this benchmark needs the Debian package ffmpeg"
    command = [program, "-v", "error", "-y", "-nostdin", *arguments]
    subprocess.run(command, check=True, preexec_fn=on_one_core if is_measured else None)


def on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


if __name__ == "__main__":
    main()
