"""A real server process and real Chromium pages, as a school has them."""

import asyncio
import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Locator, Page, async_playwright

from signaling.demo.browsers import FLAGS
from signaling.demo.http import Door
from signaling.demo.server import ServerProcess

OpenPage = Callable[[str], Awaitable[Page]]

VILLAGE, TOWN = "檀溪中小", "实验小学"
PASSWORD = "hill and river boats"


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


# No camera and no microphone: no picture is coded, which is most of what a page costs.
NO_DEVICES = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"


@pytest.fixture
async def open_page(chromium: str) -> AsyncIterator[OpenPage]:
    """Opens a page in a browser context of its own: another machine, to the server."""
    async with opener(chromium) as open_page:
        yield open_page


@pytest.fixture
async def open_blind(chromium: str) -> AsyncIterator[OpenPage]:
    """The same on a machine without camera and microphone, for what needs neither."""
    async with opener(chromium, NO_DEVICES) as open_page:
        yield open_page


@contextlib.asynccontextmanager
async def opener(chromium: str, script: str = "") -> AsyncIterator[OpenPage]:
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:
        browser = await playwright.chromium.launch(executable_path=chromium, headless=True, args=list(FLAGS))
        stack.push_async_callback(browser.close)

        async def open_page(address: str) -> Page:
            context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
            if script:
                await context.add_init_script(script)
            page = await context.new_page()
            page.set_default_timeout(30_000)
            await page.goto(address, wait_until="domcontentloaded")
            return page

        yield open_page


class County:
    """The sample county on a server, and its API with the secret of the machine's own command line."""

    def __init__(self, server: ServerProcess, http: aiohttp.ClientSession, open_page: OpenPage, data: Path) -> None:
        self._server, self._http, self._open_page = server, http, open_page
        self.url = server.info.url
        self.data = data

    async def call(self, method: str, path: str, body: Any = None, secret: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._server.info.secret}"} if secret is None else {"Cookie": secret}
        async with self._http.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers) as response:
            text = await response.text()
            assert response.status < 400, f"{method} {path}: {response.status} {text}"
            return json.loads(text) if text else None

    async def school(self, name: str) -> Any:
        found = await self.call("GET", f"/registry/schools?q={name}")
        return next(school for school in found["items"] if school["name"] == name)

    async def pair(self) -> Any:
        """That of the village and the town."""
        village = await self.school(VILLAGE)
        found = await self.call("GET", f"/registry/pairs?school={village['id']}")
        return found["items"][0]

    async def current(self) -> str:
        return str((await self.call("GET", "/months"))["current"])

    async def officer(self, login: str, role: str, school: str | None = None) -> Page:
        """Makes the account, signs in at the page with its one-time password, and chooses one of their own."""
        body = {"login": login, "name": f"{login}老师", "role": role, "school_name": school}
        made = await self.call("POST", "/accounts", body)
        page = await self._open_page(f"{self.url}/login")
        await page.locator("input[type=password]").fill(made["password"])
        await page.locator("input:not([type=password])").first.fill(login)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/login/password*")
        fields = page.locator("input[type=password]")
        await fields.nth(0).fill(made["password"])
        await fields.nth(1).fill(PASSWORD)
        await fields.nth(2).fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/(school|bureau|admin/accounts)$"))
        return page


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a sample county that nobody has touched; making it takes some seconds.

    Three months, so that on any day one of them has been sent: that takes up to fifteen days after its end.
    """
    data = tmp_path_factory.mktemp("sample") / "data"
    make = [sys.executable, "-m", "signaling", "sample", "--data", str(data), "--months", "3"]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    return data


@pytest.fixture
async def county(tmp_path: Path, sample: Path, open_page: OpenPage) -> AsyncIterator[County]:
    data = tmp_path / "data"
    await asyncio.to_thread(shutil.copytree, sample, data)
    async with ServerProcess(data) as server, aiohttp.ClientSession() as http:
        yield County(server, http, open_page, data)


def row(page: Page | Locator, test_id: str, text: str) -> Locator:
    return page.get_by_test_id(test_id).locator("tbody tr").filter(has_text=text)
