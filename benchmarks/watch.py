"""Watching a recording in real Chromium: from 下课 to the first picture, from a press on the time bar to its picture.

First a few short lessons by our own clients are ended and opened at once. Then a lesson of 40 minutes whose keyframes
are ten seconds apart, as the recorder asks for them: camera 1280×720 (25 pictures a second), slides 1280×720, four
classrooms of 640×360, all six shown. `apart_ms`: by how much the films differ at one moment while they play.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np

from benchmarks.machine import percentile, tell
from benchmarks.seats import SMALL, together
from benchmarks.server import Served, served
from classroom.lesson.events import HOST_SEAT
from recorder.disk import NewFile
from recorder.library import Library
from recorder.preview import PREVIEW_NAME
from recorder.segment import SILENCE
from recorder.segment_log import FileBegan, FileEnded, RecordingBegan, RecordingStopped, SegmentLog, Wanted
from recorder.shape import Shape
from recorder.webm import WebmFile
from signaling.demo.browsers import FLAGS
from signaling.demo.players import find_browser

SEED = 1
ENDS = 3
SHORT_S = 6.0
MINUTES = 40
GOP_S = 10
CLASSROOMS = 4
SEEKS = 20
Gop = list[tuple[bytes, bool]]

FILMS = "[...document.querySelectorAll('[data-testid^=film-] video:not([hidden])')]"
FIRST_PICTURE = f"() => {FILMS}.some(film => film.getVideoPlaybackQuality().totalVideoFrames > 1 && !film.paused)"
ALL_PLAY = (
    f"() => {FILMS}.length === {CLASSROOMS + 2} && {FILMS}.every(f => !f.paused && !f.seeking && f.readyState > 2)"
)
# Presses the bar at an instant; milliseconds until the teacher's film shows the picture of that instant.
SEEK = """
at_s => {
  const film = document.querySelector('[data-testid="film-teacher/camera"] video:not([hidden])')
  const bar = document.querySelector('[data-testid=time-bar]'), box = bar.getBoundingClientRect()
  const clientX = box.left + box.width * at_s / Number(bar.getAttribute('aria-valuemax'))
  bar.setPointerCapture = () => undefined
  const began = performance.now(), where = {clientX, clientY: box.top + 14, button: 0, pointerId: 1, bubbles: true}
  for (const type of ['pointerdown', 'pointerup']) bar.dispatchEvent(new PointerEvent(type, where))
  return new Promise(shown => {
    const look = (now, frame) => Math.abs(frame.mediaTime - at_s) < 2.5
      ? shown(performance.now() - began) : film.requestVideoFrameCallback(look)
    film.requestVideoFrameCallback(look)
  })
}
"""
# Every film's place in the recording at one moment: all of this lesson's files begin with it.
PLACES = f"() => {FILMS}.map(film => film.currentTime)"


async def main() -> None:
    """Print the line."""
    executable = find_browser()
    if executable is None:
        tell("watch", {"skipped": "no Chromium"})
        return
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
        ends = [await _end_to_picture(browser) for _ in range(ENDS)]
        async with served(classrooms=CLASSROOMS) as whole:
            figures = await _long(browser, whole)
        await browser.close()
    end_s = {"median": round(statistics.median(ends), 2), "max": round(max(ends), 2)}
    tell("watch", {"ends": ENDS, "end_to_picture_s": end_s, **figures}, seed=SEED)


async def _end_to_picture(browser: Any) -> float:
    async with served(classrooms=2, record=True) as whole:
        lesson, teacher = whole.lesson["lesson"], whole.lesson["teacher"]["token"]
        names = [HOST_SEAT, *(seat["seat"] for seat in whole.lesson["seats"])]
        library = Library(whole.data / "recordings")
        async with together(whole, dict.fromkeys(names, SMALL)):
            while True:
                found = await asyncio.to_thread(library.current, lesson)
                if found and len(found.streams) == len(names) and _shortest(found.streams) >= SHORT_S:
                    break
                await asyncio.sleep(0.2)
            page = await (await browser.new_context()).new_page()
            began = time.monotonic()
            await whole.door.post(f"/api/v1/lessons/{lesson}/end", whole.server.info.secret)
            await page.goto(f"{whole.server.info.url}/watch/{lesson}#{teacher}", wait_until="commit")
            await page.get_by_test_id("big-play").click()
            await page.wait_for_function(FIRST_PICTURE, polling=10)
            took = time.monotonic() - began
            await page.context.close()
    return took


def _shortest(streams: Sequence[Any]) -> float:
    return min(sum(file.seconds for file in stream.files) for stream in streams)


async def _long(browser: Any, whole: Served) -> dict[str, Any]:
    lesson, teacher = whole.lesson["lesson"], whole.lesson["teacher"]["token"]
    folder = whole.data / "recordings" / lesson
    size = await asyncio.to_thread(record, folder, [seat["seat"] for seat in whole.lesson["seats"]])
    await whole.door.post(f"/api/v1/lessons/{lesson}/cancel", whole.server.info.secret)
    page = await (await browser.new_context(viewport={"width": 1366, "height": 768})).new_page()
    asked = time.monotonic()
    await page.goto(f"{whole.server.info.url}/watch/{lesson}#{teacher}", wait_until="commit")
    await page.get_by_test_id("big-play").wait_for()
    while not (folder / PREVIEW_NAME).exists():
        await asyncio.sleep(0.1)
    preview_s = time.monotonic() - asked
    await page.get_by_test_id("big-play").click()
    await page.wait_for_function(ALL_PLAY, polling=20)
    rng = np.random.default_rng(SEED)
    seeks, plays, apart = [], [], []
    for at_s in rng.uniform(60, MINUTES * 60 - 60, SEEKS):
        began = time.monotonic()
        seeks.append(float(await page.evaluate(SEEK, float(at_s))))
        await page.wait_for_function(ALL_PLAY, polling=20)
        plays.append((time.monotonic() - began) * 1000)
        # Who has begun a frame late is in time again a second later.
        await asyncio.sleep(2)
        places = await page.evaluate(PLACES)
        apart.append((max(places) - min(places)) * 1000)
    await page.keyboard.press(" ")
    said_ms = await _comment(page)
    await page.context.close()
    return {
        "seconds": MINUTES * 60,
        "mb": size // 10**6,
        "preview_s": round(preview_s, 1),
        "preview_kb": sum(file.stat().st_size for file in folder.glob("preview*")) // 1000,
        "seek_to_picture_ms": _spread(seeks),
        "seek_to_all_playing_ms": _spread(plays),
        "apart_ms": _spread(apart),
        "comment_ms": round(said_ms),
    }


async def _comment(page: Any) -> float:
    """With six films open and standing; a browser has six connections to a server."""
    await page.get_by_test_id("tab-comments").click()
    await page.get_by_test_id("comment-text").fill("提问有层次")
    began = time.monotonic()
    await page.get_by_test_id("comment-send").click()
    await page.get_by_test_id("comment").wait_for()
    return (time.monotonic() - began) * 1000


def _spread(values: list[float]) -> dict[str, int]:
    return {
        "median": round(statistics.median(values)),
        "p90": round(percentile(values, 0.9) or 0),
        "max": round(max(values)),
    }


def record(folder: Path, rooms: list[str]) -> int:
    """Write the recording: a few pieces between keyframes, again and again. Its bytes."""
    folder.mkdir(parents=True)
    log = SegmentLog(folder)
    log.append(RecordingBegan(datetime.now(UTC) - timedelta(minutes=MINUTES)))
    camera, room = [gop(1280, 720, 25, 1_500_000)], [gop(640, 360, 15, 400_000)]
    slides = [gop(1280, 720, 5, 200_000, slide=number) for number in range(6)]
    streams = [(HOST_SEAT, "camera", 25, camera, True, 1280), (HOST_SEAT, "screen", 5, slides, False, 1280)]
    streams += [(seat, "camera", 15, room, True, 640) for seat in rooms]
    total = 0
    for number, (seat, source, fps, gops, has_sound, width) in enumerate(streams, 1):
        shape = Shape("vp8", has_sound, width, width * 9 // 16)
        file = NewFile(folder, f"{seat}.{source}.{number:04d}.webm")
        log.append(Wanted(seat, source, 0.0, True))
        log.append(FileBegan(seat, source, file.path.name, 0.0, shape.codecs, shape.width, shape.height))
        write(WebmFile(file, shape), gops, fps, has_sound)
        total += file.size()
        file.close()
        log.append(FileEnded(file.path.name, MINUTES * 60.0, shape.width, shape.height))
    log.append(RecordingStopped(MINUTES * 60.0))
    Library(folder.parent).rebuild(folder.name)
    return total


def write(film: WebmFile, gops: list[Gop], fps: int, has_sound: bool) -> None:
    """A slide stands for a minute and a half."""
    silence = SILENCE[960]
    for piece in range(MINUTES * 60 // GOP_S):
        for index, (data, keyframe) in enumerate(gops[piece // 9 % len(gops)]):
            ticks = piece * GOP_S * fps + index
            for block in range(ticks * 50 // fps, (ticks + 1) * 50 // fps if has_sound else 0):
                film.write("audio", block * 960, silence, True, 960)
            film.write("video", ticks * 90_000 // fps, data, keyframe, 90_000 // fps)
    film.finish()


def gop(width: int, height: int, fps: int, bps: int, slide: int | None = None) -> Gop:
    """Ten seconds of a room with a camera's noise, or of a slide; the first picture is the keyframe."""
    encoder = cast(av.VideoCodecContext, av.CodecContext.create("libvpx", "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.bit_rate, encoder.gop_size = bps, 100_000
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "auto-alt-ref": "0"}
    rng = np.random.default_rng(SEED)
    noise = rng.integers(0, 12, (height, width, 3)).astype(np.uint8)
    packets: list[av.Packet[Any]] = []
    for number in range(GOP_S * fps):
        image = np.full((height, width, 3), 250 if slide is not None else 90, np.uint8)
        if slide is None:
            image += np.roll(noise, number * 7, axis=1)
            place = width // 2 + int(width / 4 * np.sin(number / fps))
            cv2.circle(image, (place, height * 2 // 3), height // 8, (150, 180, 220), -1)
        else:
            cv2.rectangle(image, (60 + 150 * slide, 120), (360 + 150 * slide, 600), (60 + 25 * slide, 90, 120), -1)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [(bytes(packet), packet.is_keyframe) for packet in packets]


if __name__ == "__main__":
    asyncio.run(main())
