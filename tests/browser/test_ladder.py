"""A weak line as a class sees it: both screens say the rung, and at `still` a still stands in the video's place."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Page, Route, async_playwright, expect

from classroom.lesson.streams import change_rung
from signaling.app import make_app
from signaling.context import LESSONS, SECRET
from signaling.datadir import DataDirectory
from signaling.demo.browsers import FLAGS
from signaling.demo.clip import ClipPlan, write_capture_files
from signaling.demo.http import Door
from signaling.settings import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

DEADLINE_MS = 40_000
BLUE, GREEN = (150, 40, 30), (40, 130, 30)  # OpenCV's order
# Some red, green and blue of a quiet place of the picture.
COLOUR = """
image => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0, 64, 36);
  return [...context.getImageData(2, 16, 1, 1).data.slice(0, 3)];
}
"""


class Place:
    """A server in the test's own loop, so that the test can move a seat on the ladder as the server does."""

    def __init__(self, app: web.Application, door: Door) -> None:
        self.app, self.door = app, door

    async def lesson(self) -> Any:
        body = {
            "supporter": "实验小学",
            "class_name": "五（1）班",
            "class_size": 42,
            "subject": "语",
            "minutes": 40,
            "recipients": [{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}],
        }
        return await self.door.post("/api/v1/lessons", self.app[SECRET], body)

    async def move(self, made: Any, rung: str) -> None:
        command = partial(change_rung, by="server", seat=made["seats"][0]["seat"], rung=rung)
        await self.app[LESSONS].command(made["lesson"], command)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    settings = load_settings(data=tmp_path / "data", http_port=0, udp_port=0, free_disk_min_mb=0)
    with contextlib.closing(DataDirectory(settings.data).open()) as directory:
        app = make_app(settings, directory)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession() as session:
            yield Place(app, Door(session, f"http://127.0.0.1:{runner.addresses[0][1]}"))
        await runner.cleanup()


async def test_at_still_the_teachers_picture_is_a_still_until_it_moves_again(
    place: Place, chromium: str, tmp_path: Path
) -> None:
    made = await place.lesson()
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:

        async def sit(name: str, colour: tuple[int, int, int], address: str) -> Page:
            plan = ClipPlan(name, colour, width=320, height=180, fps=10, seconds=4)
            video, audio = await asyncio.to_thread(write_capture_files, plan, tmp_path)
            captures = [f"--use-file-for-fake-video-capture={video}", f"--use-file-for-fake-audio-capture={audio}"]
            browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *captures])
            stack.push_async_callback(browser.close)
            page = await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
            page.set_default_timeout(DEADLINE_MS)
            await page.goto(place.door.absolute(address), wait_until="domcontentloaded")
            return page

        room = await sit("檀溪中小", GREEN, made["seats"][0]["page"])
        teacher = await sit("实验小学", BLUE, made["teacher"]["page"].replace("#", "?autostart=1#"))
        await room.wait_for_function("() => window.__classroom.pictures['teacher/camera'] > 2")
        await watch_the_ladder(place, made, teacher, room)


async def watch_the_ladder(place: Place, made: Any, teacher: Page, room: Page) -> None:
    banner, still = room.get_by_test_id("state-banner"), room.get_by_test_id("still-teacher/camera")
    told, fetches = teacher.get_by_test_id(f"rung-{made['seats'][0]['seat']}"), Fetches()
    await room.route("**/stills/**", fetches.take)
    await place.move(made, "still")
    await expect(banner).to_have_text("网络较慢，已改为静止画面和声音", timeout=DEADLINE_MS)
    await expect(told).to_have_text("网络较慢，已改为静止画面和声音", timeout=DEADLINE_MS)
    await still.wait_for()
    await expect(room.get_by_text("静止画面", exact=True)).to_be_visible(timeout=DEADLINE_MS)
    await expect(room.get_by_test_id("teacher-video")).to_be_hidden()
    colour = await still.evaluate(COLOUR)
    assert colour.index(max(colour)) == 2 and max(colour) > 80, "the teacher's blue"
    first = await still.get_attribute("src")
    await expect(still).not_to_have_attribute("src", first or "", timeout=DEADLINE_MS)
    assert fetches.most == 1 and {"no-store"} == fetches.caching
    await place.move(made, "full")
    await expect(banner).to_have_text("网络恢复，画面已恢复", timeout=DEADLINE_MS)
    await expect(told).to_have_text("网络恢复，画面已恢复", timeout=DEADLINE_MS)
    await expect(still).to_have_count(0, timeout=DEADLINE_MS)
    await expect(room.get_by_test_id("teacher-video")).to_be_visible(timeout=DEADLINE_MS)
    await place.move(made, "audio")
    await expect(told).to_have_text("网络很慢，只保留声音", timeout=DEADLINE_MS)


class Fetches:
    """How many stills the page asks for at the same time, and what may be kept of them."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.caching: set[str] = set()

    async def take(self, route: Route) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        response = await route.fetch()
        assert (await response.body()).startswith(b"\xff\xd8"), "a JPEG"
        self.caching.add(response.headers["cache-control"])
        self.now -= 1
        await route.fulfill(response=response)
