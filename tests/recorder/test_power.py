"""The power fails in the middle of a recording: at any moment, whatever the disk made of what was not synced."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recorder.library import Library
from recorder.segment_log import Wanted, read_log
from tests.recorder.power import WAYS, Disk, Way
from tests.recorder.test_writer import T0, Bench, start

CLIP_S, EVERY_S = 12, 1.3
LOST_S = 6.0
"""What operations.md promises: five seconds between two syncs, one for the frame and the writer's round."""


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_power_cut_costs_at_most_the_last_seconds(
    codec: str, script: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Callable[..., Any]
) -> None:
    root = tmp_path / "recordings"
    disk, bench = Disk(root), Bench(root)
    left: list[tuple[float, Way, Path]] = []

    def cut(at_s: float) -> None:
        if at_s >= (len(left) // len(WAYS) + 1) * EVERY_S:
            left.extend((at_s, way, disk.lay_out(tmp_path / f"{at_s:.2f}-{way}", way)) for way in WAYS)

    with disk.watching(monkeypatch):
        clip = script(codec, CLIP_S, start=T0)
        start(bench, clip)
        bench.play(clip, cut)
    worst = 0.0
    for at_s, way, folder in left:
        found = Library(folder).mend("lesson1", keep_free_bytes=0)
        assert found is not None and any(isinstance(line, Wanted) for line in read_log(folder / "lesson1"))
        files = found.streams[0].files
        end = max((file.offset_s + file.seconds for file in files), default=0.0)
        worst = max(worst, at_s - end)
        assert at_s - end <= LOST_S, (at_s, way)
        for file in files:
            seen = look(folder / "lesson1" / file.name)
            assert seen.pictures[-1][0] <= file.seconds + 0.05
            numbers = [number for _, number, _ in seen.pictures]
            # Every picture up to there, or a gap that is told.
            missing = set(range(numbers[0], numbers[-1] + 1)) - set(numbers)
            told = {n for g in file.gaps for n in range(round(g.from_s * 25) - 1, round(g.to_s * 25) + 1)}
            assert missing <= told, (at_s, way)
    print(f"{len(left)} cuts, at most {worst:.2f} s lost, {disk.syncs} syncs in {CLIP_S} s")
    assert worst > 0 and len(left) >= len(WAYS) * (int(CLIP_S / EVERY_S) - 2)
