"""A real server process and real Chromium pages, as a school has them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright

from signaling.demo.browsers import FLAGS
from signaling.demo.http import Door
from signaling.demo.server import ServerProcess

OpenPage = Callable[[str], Awaitable[Page]]


class School:
    """A server with its HTTP, and one lesson on it."""

    def __init__(self, server: ServerProcess, door: Door, data: Path) -> None:
        self.server, self.door, self.data = server, door, data

    async def lesson(self, **changes: Any) -> Any:
        body = {
            "supporter": "实验小学",
            "class_name": "五（1）班",
            "class_size": 42,
            "subject": "语",
            "minutes": 40,
            "recipients": [
                {"school": "檀溪中小", "classroom": "一号教室", "class_size": 23},
                {"school": "礼张完小", "classroom": "录播教室", "class_size": 12},
            ],
        }
        return await self.door.post("/api/v1/lessons", self.server.info.secret, {**body, **changes})

    async def link(self, role: str, school: str, classroom: str | None = None) -> Any:
        body = {"role": role, "school": school, "classroom": classroom}
        return await self.door.post("/api/v1/links", self.server.info.secret, body)


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    data = tmp_path / "data"
    async with ServerProcess(data) as server, aiohttp.ClientSession() as session:
        yield School(server, Door(session, server.info.url), data)


@pytest.fixture
async def open_page(chromium: str) -> AsyncIterator[OpenPage]:
    """Opens a page in a browser context of its own: another machine, to the server."""
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path=chromium, headless=True, args=list(FLAGS))
        stack.push_async_callback(browser.close)

        async def open_page(address: str) -> Page:
            context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
            page = await context.new_page()
            page.set_default_timeout(30_000)
            await page.goto(address, wait_until="domcontentloaded")
            return page

        yield open_page
