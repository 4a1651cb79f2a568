"""ffmpeg's WHIP muxer publishes H.264; what a browser makes of it is in tests/browser/test_ffmpeg.py."""

import asyncio
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from signaling.demo.clip import ClipPlan, write_capture_files

PLAN = ClipPlan("ffmpeg", pitch_hz=880, width=320, height=180, seconds=20)


async def test_ffmpeg_publishes(lesson: Any, run: Any, tmp_path: Path) -> None:
    video, audio = await asyncio.to_thread(write_capture_files, PLAN, tmp_path)
    h264 = ["-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15"]
    await run(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *["-hide_banner", "-loglevel", "error", "-re", "-i", str(video), "-re", "-i", str(audio)],
        *[*h264, "-pix_fmt", "yuv420p", "-c:a", "libopus", "-ac", "2"],
        *["-f", "whip", "-authorization", lesson.teacher["token"], lesson.teacher["whip"]],
    )
    witness = await lesson.witness()
    await witness.until_convinced()
    assert witness.codec == "h264"
