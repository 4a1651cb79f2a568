"""GStreamer's webrtcbin publishes VP8 and VP9, and views."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from signaling.demo.clip import ClipPlan, write_capture_files

PYTHON = "/usr/bin/python3"
PEER = str(Path(__file__).with_name("gstreamer_peer.py"))
PLAN = ClipPlan("GStreamer", pitch_hz=880, width=320, height=180, seconds=20)
# Whether its Python, webrtcbin, its ICE and the codecs are there.
PROBE = """
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstWebRTC
Gst.init(None)
wanted = "webrtcbin nicesink dtlsdec srtpdec vp8enc vp9enc opusenc rtpvp9pay y4mdec"
missing = [name for name in wanted.split() if not Gst.ElementFactory.find(name)]
raise SystemExit(bool(missing))
"""


@pytest.fixture(scope="module", autouse=True)
def gstreamer() -> None:
    if not Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", PROBE], capture_output=True).returncode:
        pytest.skip("no GStreamer with webrtcbin: `make interop` installs it")


@pytest.mark.parametrize("codec", ["vp8", "vp9"])
async def test_gstreamer_publishes(lesson: Any, run: Any, tmp_path: Path, codec: str) -> None:
    video, audio = await asyncio.to_thread(write_capture_files, PLAN, tmp_path)
    link = lesson.teacher
    await run(PYTHON, PEER, "whip", link["whip"], link["token"], str(video), str(audio), codec)
    witness = await lesson.witness()
    await witness.until_convinced()
    assert witness.codec == codec


async def test_gstreamer_views(lesson: Any, run: Any) -> None:
    await lesson.publish()
    process = await run(PYTHON, PEER, "whep", lesson.seat["whep"], lesson.seat["token"])
    numbers: list[int] = []
    beep = 0.0
    async with asyncio.timeout(30):
        while len(set(numbers)) < 10 or beep < 0.1:
            line = (await process.stdout.readline()).decode()
            assert line and not line.startswith("error"), line
            what, value = line.split(maxsplit=1)
            if what == "picture":
                numbers.append(int(value))
            elif what == "sound":
                beep = max(beep, float(value))
    assert sum(b > a for a, b in zip(numbers, numbers[1:], strict=False)) >= len(numbers) // 2
