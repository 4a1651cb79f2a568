"""What a page had kept, put in the place of what was lost: by pictures that say their number and sound that beeps."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from recorder.container import Unreadable
from recorder.cuts import cuts
from recorder.disk import NewFile
from recorder.kept import Kept
from recorder.manifest import Manifest
from recorder.segment_log import LOG_NAME, Healed, read_log
from recorder.shape import Shape
from recorder.verdict import Verdict
from recorder.webm import WebmFile
from signaling.verdict_words import verdict_view

LESSON, SEAT, SOURCE, STREAM = "lesson1", "teacher", "camera", "s0"
CLIP_S, GAP = 12, (5.0, 7.4)
FPS = 25


@pytest.fixture
def kept(script: Callable[..., Any], clip_pictures: Any, encoded_samples: Any, tmp_path: Path, rig: Any) -> Any:
    """Makes what a page would send: the clip from one second to another, begun when its clock says (`off_s` wrong)."""

    def make(from_s: int, to_s: int, off_s: float = 0.0, *, stem: str = "u1", sound: bool = True) -> Kept:
        work = tmp_path / "uploads"
        work.mkdir(exist_ok=True)
        path = work / stem
        path.unlink(missing_ok=True)
        file = NewFile(work, f"{stem}.webm")
        pictures = clip_pictures("vp8", CLIP_S)
        webm = WebmFile(file, Shape("vp8", sound, 320, 192))
        blocks = [p.payload for _, p in script(None, CLIP_S).steps if not isinstance(p, tuple)] if sound else []
        units = [("video", n / FPS, *pictures[n]) for n in range(from_s * FPS, to_s * FPS)]
        units += [("audio", n / 50, blocks[n], True) for n in range(from_s * 50, to_s * 50) if sound]
        for kind, at, data, keyframe in sorted(units, key=lambda unit: unit[1]):
            rate = 90000 if kind == "video" else 48000
            webm.write(kind, round((at - from_s) * rate), data, keyframe, 960 if kind == "audio" else 0)
        webm.finish()
        file.close()
        file.path.replace(path)
        began = rig.recorder.library.manifest(LESSON).started_at
        at = began + timedelta(seconds=from_s + off_s)
        return Kept(path=path, stem=stem, begins_at=at, device="pc1", uploaded_at=began + timedelta(hours=1))

    return make


async def recorded(rig: Any, script: Callable[..., Any]) -> Manifest:
    """A lesson whose line was dead from GAP[0] to GAP[1], in one session."""
    rig.recorder.start_stream(LESSON, SEAT, SOURCE, STREAM)
    rig.play(STREAM, script("vp8", CLIP_S).without(lambda at, _: GAP[0] <= at < GAP[1]), detach=True)
    found = await rig.recorder.stop(LESSON)
    assert found is not None
    return found


def shown(rig: Any, found: Manifest, look: Any) -> list[tuple[float, int]]:
    """Every picture that is to be seen: its instant, and the number on it."""
    (stream,) = found.streams
    seen = []
    for cut in cuts(stream.files):
        for at, number, _ in look(rig.root / LESSON / cut.file.name).pictures:
            if cut.from_s <= cut.file.offset_s + at < cut.to_s:
                seen.append((cut.file.offset_s + at, number))
    return seen


@pytest.mark.parametrize("off_s", [0.0, 0.31, -0.4])
async def test_what_was_lost_is_put_back_where_it_belongs_whatever_the_pages_clock_says(
    rig: Any, script: Any, look: Any, kept: Any, off_s: float
) -> None:
    before = await recorded(rig, script)
    (gap,) = [g for g in before.streams[0].gaps if g.kind == "both"]
    assert gap.from_s == pytest.approx(GAP[0], abs=0.06) and gap.to_s == pytest.approx(GAP[1], abs=0.7)
    originals = {f.name: (rig.root / LESSON / f.name).read_bytes() for f in before.streams[0].files}

    healed = await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(3, 10, off_s))

    found = rig.recorder.library.manifest(LESSON)
    assert [name for name in originals if (rig.root / LESSON / name).read_bytes() != originals[name]] == []
    assert sum(g.to_s - g.from_s for g in found.streams[0].gaps if g.healed_by is None) < 0.05
    (piece,) = [f for f in found.streams[0].files if f.page is not None]
    assert piece.page.device == "pc1" and {g.healed_by for g in healed} == {piece.name}
    pictures = shown(rig, found, look)
    numbers = [number for _, number in pictures]
    # At a seam a picture may stand a millisecond before it, or twice.
    assert numbers == sorted(numbers) and len(set(numbers)) >= CLIP_S * FPS - 1
    assert max(abs(at - number / FPS - pictures[0][0]) for at, number in pictures) < 0.03
    said: Verdict = rig.recorder.library.verdict(LESSON)
    assert said.ok and verdict_view(said, {}, {}).words.startswith("合格；补全 ")


async def test_an_upload_of_a_long_gap_leans_on_the_shift_that_was_found_before(
    rig: Any, script: Any, kept: Any
) -> None:
    await recorded(rig, script)
    await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(3, 6, 0.3, stem="u1"))
    await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(6, 7, 0.3, stem="u2"))
    await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(7, 8, 0.3, stem="u3"))
    found = rig.recorder.library.manifest(LESSON)
    lines = [line for line in read_log(rig.root / LESSON) if isinstance(line, Healed)]
    assert lines[0].shift_s == pytest.approx(-0.3, abs=0.01)
    assert [line.offset_s for line in lines[1:]] == pytest.approx([6.0, 7.0], abs=0.03)
    assert sum(g.to_s - g.from_s for g in found.streams[0].gaps if g.healed_by is None) < 0.05


async def test_a_kill_between_the_piece_and_its_line_or_the_manifest_loses_nothing(
    rig: Any, script: Any, kept: Any
) -> None:
    before = await recorded(rig, script)
    log = rig.root / LESSON / LOG_NAME
    lines = log.read_bytes()
    await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(3, 10))
    after = log.read_bytes()
    whole = rig.recorder.library.manifest(LESSON)
    # The piece is there, its line is not.
    log.write_bytes(lines)
    assert rig.recorder.library.rebuild(LESSON) == before
    await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(3, 10))
    assert rig.recorder.library.manifest(LESSON) == whole
    # Both are there, the manifest is an old one.
    log.write_bytes(lines)
    rig.recorder.library.rebuild(LESSON)
    log.write_bytes(after)
    await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(3, 10))
    assert rig.recorder.library.manifest(LESSON) == whole
    assert await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(3, 10, stem="again")) == []


async def test_only_what_is_missing_and_only_of_this_stream_is_taken(rig: Any, script: Any, kept: Any) -> None:
    before = await recorded(rig, script)
    assert await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(9, 11)) == []
    assert await rig.recorder.heal(LESSON, "room1", SOURCE, kept(3, 10)) == []
    assert rig.recorder.library.manifest(LESSON) == before
    with pytest.raises(Unreadable):
        await rig.recorder.heal(LESSON, SEAT, SOURCE, kept(3, 10, sound=False))
    with pytest.raises(ValueError):
        await rig.recorder.heal("lesson2", SEAT, SOURCE, kept(3, 10))


@pytest.mark.parametrize("what", ["noise", "empty", "mp4", "torn header", "vp9"])
async def test_hostile_uploads_cost_nothing(rig: Any, script: Any, kept: Any, what: str, tmp_path: Path) -> None:
    before = await recorded(rig, script)
    upload = kept(3, 10)
    data = upload.path.read_bytes()
    if what == "mp4" or what == "vp9":
        codec, form = ("libx264", "mp4") if what == "mp4" else ("libvpx-vp9", "webm")
        with av.open(str(tmp_path / f"x.{form}"), "w", format=form) as made:
            stream = made.add_stream(codec, rate=25, width=64, height=64, pix_fmt="yuv420p")
            for number in range(25):
                frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")
                frame.pts = number
                made.mux(stream.encode(frame))
            made.mux(stream.encode(None))
        data = (tmp_path / f"x.{form}").read_bytes()
    hostile = {"noise": np.random.default_rng(3).bytes(100_000), "empty": b"", "torn header": data[:90]}
    upload.path.write_bytes(hostile.get(what, data))
    with pytest.raises(Unreadable):
        await rig.recorder.heal(LESSON, SEAT, SOURCE, upload)
    assert rig.recorder.library.manifest(LESSON) == before
    assert sorted(path.name for path in upload.path.parent.iterdir()) == ["u1"]
