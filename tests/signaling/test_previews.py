"""Making previews in the background: what failed is tried again, and says why."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recorder.preview import read
from signaling import previews as module
from signaling.previews import Previews
from tests.recorder.conftest import Rig, script

LESSON = "lesson1"


@pytest.fixture
async def root(tmp_path: Path) -> Path:
    rig = Rig(tmp_path / "recordings")
    rig.recorder.start_stream(LESSON, "teacher", "camera", "s1")
    rig.play("s1", script("vp8", 3))
    await rig.recorder.stop(LESSON)
    await rig.recorder.close()
    return tmp_path / "recordings"


@pytest.fixture
async def previews(root: Path) -> AsyncIterator[Previews]:
    made = Previews(root, keep_free_bytes=0, is_recording=lambda lesson: False)
    yield made
    await made.close()


async def tried(previews: Previews) -> None:
    """Ask for it, and wait until that came to something."""
    previews.want(LESSON)
    async with asyncio.timeout(60):
        while previews._work is not None and not previews._work.done():
            await asyncio.sleep(0.02)


async def test_a_full_disk_is_no_reason_to_give_up(previews: Previews, root: Path, capfd) -> None:
    previews._keep_free_bytes = 2**62
    await tried(previews)
    assert read(root / LESSON) is None
    assert "the rest of the disk is kept for the lessons" in capfd.readouterr().err, "the process's own words"
    previews._keep_free_bytes = 0
    await tried(previews)
    assert read(root / LESSON) is not None


async def test_what_failed_is_left_alone_for_an_hour(previews: Previews, root: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 0.0)
    await tried(previews)
    monkeypatch.undo()
    await tried(previews)
    assert read(root / LESSON) is None
    assert not previews._is_left_alone(LESSON, time.monotonic() + module.LEFT_ALONE_S)
    await tried(previews)
    assert read(root / LESSON) is not None
