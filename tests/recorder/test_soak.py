"""Many short lessons with blips, other publishers and servers that are killed: nothing is missing that is not told.

`SOAK_LESSONS=100` for the long run; docs/measurements.md has its figures.
"""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from recorder.library import Library
from recorder.segment_log import RecordingStopped
from recorder.writer import LessonFiles, StreamKey, StreamWriter
from tests.recorder.test_writer import CHECKING, NO_GUARD, T0, Bench, start

LESSONS = int(os.environ.get("SOAK_LESSONS", "4"))
BEGAN_AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
FPS, CLIP_S = 25, 14
EDGE_S = 0.12


class Server(Bench):
    """A server that may be the second of a lesson: it goes on with what it finds."""

    def __post_init__(self) -> None:
        super().__post_init__()
        begun, files = self.now, list[LessonFiles]()

        def find() -> LessonFiles:
            if not files:
                files.append(LessonFiles(self.root, "lesson1", begun, BEGAN_AT + timedelta(seconds=begun - T0)))
            return files[0]

        self.files = find
        key = StreamKey("lesson1", "teacher", "camera")
        self.writer = StreamWriter(key, self.tap, begun, find, NO_GUARD, CHECKING, lambda *problem: None)


def lesson(root: Path, chance: random.Random, script: Callable[..., Any]) -> tuple[set[int], float, list[str]]:
    """One lesson; the pictures that were sent, when it ended, what happened."""
    codec = chance.choice(["vp8", "vp8", "h264"])
    clip, happened = script(codec, CLIP_S, start=T0, jitter_s=0.02), [codec]
    blips = [(at := chance.uniform(1, CLIP_S - 2), at + chance.uniform(0.05, 3)) for _ in range(chance.randint(0, 3))]
    clip = clip.without(lambda at, _: any(a <= at < b for a, b in blips) or chance.random() < 0.002)
    cuts = sorted(chance.uniform(1.5, CLIP_S - 1.5) for _ in range(chance.randint(0, 2)))
    server, ssrc, at_s = Server(root, now=T0), 0, 0.0
    start(server, clip)
    for cut in [*cuts, float(CLIP_S)]:
        part = clip.between(at_s, cut)
        server.play(part.later(0, ssrc=ssrc) if ssrc else part)
        if cut == CLIP_S:
            break
        ssrc += 1000
        what = chance.choice(["killed", "publisher"])
        happened.append(f"{what} at {cut:.1f}")
        at_s = cut + chance.uniform(0.3, 1.2)
        if what == "killed":
            # What a killed process leaves is what the kernel has: the files as they are.
            Library(root).mend("lesson1", keep_free_bytes=0)
            server = Server(root, now=T0 + at_s)
            server.writer.round(T0 + at_s)
        else:
            server.tap.detached()
        start(server, clip)
    server.now = T0 + CLIP_S
    server.writer.finish(server.now, unwanted=True)
    server.files().log.append(RecordingStopped(CLIP_S))
    Library(root).mend("lesson1", keep_free_bytes=0)
    return set(range(CLIP_S * FPS)), float(CLIP_S), [*happened, *(f"blip {a:.1f}-{b:.1f}" for a, b in blips)]


def test_a_hundred_lessons_have_no_gap_that_is_not_told(
    tmp_path: Path, script: Callable[..., Any], look: Callable[..., Any]
) -> None:
    untold_s = missing_s = 0.0
    for seed in range(LESSONS):
        root = tmp_path / str(seed)
        sent, _, happened = lesson(root, random.Random(seed), script)
        found = Library(root).manifest("lesson1")
        assert found is not None
        (stream,) = found.streams
        seen = {n for file in stream.files for _, n, _ in look(root / "lesson1" / file.name).pictures}
        told = [(gap.from_s, gap.to_s) for gap in stream.gaps if gap.kind != "audio"]
        untold = [n for n in sent - seen if not any(a - EDGE_S <= n / FPS <= b + EDGE_S for a, b in told)]
        missing_s += len(sent - seen) / FPS
        untold_s += len(untold) / FPS
        # The last pictures before an end may still have been on their way.
        assert len(untold) <= 2, (seed, happened, sorted(untold), told)
    print(f"{LESSONS} lessons of {CLIP_S} s: {missing_s:.1f} s missing and told, {untold_s:.2f} s not told")
