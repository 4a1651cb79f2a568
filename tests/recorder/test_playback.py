"""The files in a real Chromium: length, seeking, and the sound beside the picture."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright

from recorder.container import finish_after_crash
from recorder.export.compose import Texts
from recorder.export.job import Made, Order, make
from recorder.export.plan import Wish

Script = Callable[..., Any]
pytestmark = pytest.mark.browser

PAGE = """<!doctype html><video id=v muted preload=auto></video><canvas id=c width=320 height=192></canvas><script>
const v = document.getElementById('v'), g = document.getElementById('c').getContext('2d', {willReadFrequently: true})
const once = name => new Promise((ok, bad) => {
  v.addEventListener(name, ok, {once: true}); v.addEventListener('error', () => bad(v.error.message), {once: true}) })
async function load(url) { v.src = url; await once('loadeddata'); return v.duration }
async function seek(at) {
  const shown = new Promise(ok => v.requestVideoFrameCallback((now, frame) => ok(frame.mediaTime)))
  v.currentTime = at; await once('seeked')
  const mediaTime = await Promise.race([shown, new Promise(ok => setTimeout(() => ok(null), 2000))])
  g.drawImage(v, 0, 0, 320, 192)
  let number = 0
  for (let bit = 0; bit < 12; bit++) {
    const p = g.getImageData(40 + bit % 6 * 40 + 10, 40 + Math.floor(bit / 6) * 60 + 10, 1, 1).data
    if (p[1] > 128) number |= 1 << bit
  }
  return [mediaTime, number]
}
async function beeps(url) {
  const context = new OfflineAudioContext(1, 1, 48000)
  const sound = (await context.decodeAudioData(await (await fetch(url)).arrayBuffer())).getChannelData(0)
  const found = []
  for (let i = 0, last = -48000; i < sound.length; i++)
    if (Math.abs(sound[i]) > 0.1) { if (i - last > 24000) found.push(i / 48000); last = i }
  return found
}
</script>"""


@pytest.fixture
async def page(tmp_path: Path, chromium: str) -> AsyncIterator[Page]:
    async def index(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", index)
    # aiohttp answers range requests for files, as the server will.
    application.router.add_static("/recordings", tmp_path)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"], headless=True)
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{port}/")
        yield page
        await browser.close()
    await runner.cleanup()


async def record(rig: Any, clip: Any) -> Path:
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", clip)
    manifest = await rig.recorder.stop("lesson1")
    (file,) = manifest.streams[0].files
    return Path(rig.root / "lesson1" / file.name)


async def check(page: Page, path: Path, tmp_path: Path, seconds: float, positions: list[float]) -> list[float]:
    """Seek about and compare sound with picture; sound minus picture at every second, in seconds."""
    # A name of its own: Chromium remembers what it knew of the file before it was mended.
    url = f"/recordings/{path.relative_to(tmp_path)}?finished"
    duration = await page.evaluate("url => load(url)", url)
    assert duration == pytest.approx(seconds, abs=0.15)
    for at in positions:
        media_time, number = await page.evaluate("at => seek(at)", at)
        assert media_time is not None and abs(number / 25 - at) <= 0.081, (at, media_time, number)
    offsets = []
    beeps = await page.evaluate("url => beeps(url)", url)
    for beep in beeps[1:]:
        # The picture in the middle of the flash tells where the flash began.
        media_time, number = await page.evaluate("at => seek(at)", round(beep) + 0.06)
        offsets.append(beep - (media_time - number % 25 / 25))
    return offsets


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_chromium_seeks_and_hears_in_time(
    rig: Any, script: Script, page: Page, tmp_path: Path, codec: str
) -> None:
    path = await record(rig, script(codec, 12, jitter_s=0.03, video_delay_s=0.1))
    offsets = await check(page, path, tmp_path, 12.0, [9.3, 0.5, 11.7, 4.02, 7.77, 0.0])
    print(codec, [round(offset * 1000) for offset in offsets])
    assert len(offsets) == 11 and max(map(abs, offsets)) <= 0.08


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_chromium_stays_in_time_behind_a_gap(
    rig: Any, script: Script, page: Page, tmp_path: Path, codec: str
) -> None:
    path = await record(rig, script(codec, 12).without(lambda at, p: 3.5 <= at < 5.7))
    offsets = await check(page, path, tmp_path, 12.0, [9.3, 2.5, 7.77])
    assert len(offsets) == 9 and max(map(abs, offsets)) <= 0.08


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_chromium_seeks_in_a_file_that_a_crash_tore(
    rig: Any, script: Script, page: Page, tmp_path: Path, codec: str
) -> None:
    path = await record_torn(rig, script(codec, 12))
    url = f"/recordings/{path.relative_to(tmp_path)}"
    torn = await page.evaluate("url => load(url)", url)
    print(codec, "torn:", torn)
    seconds = finish_after_crash(path).seconds
    offsets = await check(page, path, tmp_path, seconds, [seconds - 1, 0.5, 5.55])
    assert len(offsets) >= 9 and max(map(abs, offsets)) <= 0.08


async def record_torn(rig: Any, clip: Any) -> Path:
    """The file as the kernel has it while the recording goes on."""
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", clip)
    await rig.settled("lesson1", 11.0)
    (source,) = (rig.root / "lesson1").glob("*.0001.*")
    torn = source.with_name(f"torn{source.suffix}")
    shutil.copy(source, torn)
    return Path(torn)


async def test_chromium_plays_an_exported_lesson(rig: Any, script: Script, page: Page, tmp_path: Path) -> None:
    """Copied pictures with cards between them, and AAC: the clock, the beeps and the cards are where they belong."""
    rig.recorder.start_stream("lesson1", "teacher", "camera", "s1")
    rig.play("s1", script("h264", 12).without(lambda at, p: 5 <= at < 8).later(2))
    await rig.recorder.stop("lesson1")
    texts = Texts(school="求是小学", lesson="语文", time="2026-11-23 10:00")
    target = tmp_path / "export.mp4"
    order = Order(root=str(rig.root), lesson="lesson1", wish=Wish("teacher"), texts=texts, target=str(target))
    made = await asyncio.to_thread(make, order, lambda progress: None)
    assert isinstance(made, Made) and made.copied
    url = "/recordings/export.mp4"
    assert await page.evaluate("url => load(url)", url) == pytest.approx(made.seconds, abs=0.1)
    for at in (12.6, 3.3, 6.9, 10.3, 2.1):
        media_time, number = await page.evaluate("at => seek(at)", at)
        assert media_time is not None and abs(number / 25 + 2 - at) <= 0.081, (at, media_time, number)
    for at in (0.5, 8.5):
        # A card is dark where the clip has its squares.
        assert (await page.evaluate("at => seek(at)", at))[1] == 0
    beeps = await page.evaluate("url => beeps(url)", url)
    assert beeps == pytest.approx([2, 3, 4, 5, 6, 10, 11, 12, 13], abs=0.1)
