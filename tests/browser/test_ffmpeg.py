"""ffmpeg publishes into a lesson as the teacher's camera; a classroom's Chromium shows the clock in its picture."""

import asyncio
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from signaling.demo.clip import CELL_ROWS, CELLS, ClipPlan, write_capture_files

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# Rows of white and black cells at the foot of the clip's pictures spell the picture's number (signaling/demo/clip.py).
READ_NUMBER = """
video => {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0);
  const y = canvas.height - Math.round(ROWS / 2 * canvas.height / 360);
  let number = 0;
  for (let bit = 0; bit < CELLS; bit++) {
    const x = Math.floor((2 * bit + 1) * canvas.width / (2 * CELLS));
    number = number * 2 + (context.getImageData(x, y, 1, 1).data[1] > 127 ? 1 : 0);
  }
  return number;
}
""".replace("ROWS", str(CELL_ROWS)).replace("CELLS", str(CELLS))

PLAN = ClipPlan("ffmpeg", (90, 60, 30), 440, fps=15, seconds=60)


async def publish(plan: ClipPlan, tmp_path: Path, link: Any) -> asyncio.subprocess.Process:
    video, audio = await asyncio.to_thread(write_capture_files, plan, tmp_path)
    h264 = ["-c:v", "libx264", "-profile:v", "baseline", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "15"]
    return await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *["-hide_banner", "-loglevel", "error", "-re", "-i", str(video), "-re", "-i", str(audio)],
        *[*h264, "-pix_fmt", "yuv420p", "-c:a", "libopus", "-ac", "2"],
        *["-f", "whip", "-authorization", link["token"], link["whip"]],
        stdin=asyncio.subprocess.DEVNULL,
    )


async def test_the_clock_of_ffmpegs_picture_is_shown_in_a_classroom(school, open_page, tmp_path: Path) -> None:
    made = await school.lesson()
    ffmpeg = await publish(PLAN, tmp_path, made["teacher"])
    try:
        page = await open_page(made["seats"][0]["page"])
        video = page.get_by_test_id("teacher-video")
        await video.wait_for()
        await page.wait_for_function("video => video.videoWidth > 0", arg=await video.element_handle())
        loop = asyncio.get_running_loop()
        first, first_at = await video.evaluate(READ_NUMBER), loop.time()
        second = first
        while second < first + 3 * PLAN.fps:
            second, second_at = await video.evaluate(READ_NUMBER), loop.time()
        shown_s, passed_s = (second - first) / PLAN.fps, second_at - first_at
        assert abs(shown_s - passed_s) < 1.0, "the clock in the picture runs as the clock on the wall"
    finally:
        ffmpeg.terminate()
        await ffmpeg.wait()
