"""Who sits in front of the pages: browsers with a camera or without, accounts, and the server's HTTP."""

import re
from pathlib import Path
from typing import Any, Final

import aiohttp
from playwright.async_api import Browser, Page, Playwright

from benchmarks.screens.album import COUNT_REQUESTS
from signaling.demo.browsers import FLAGS
from signaling.demo.http import Door
from signaling.demo.server import ServerProcess

PASSWORD: Final = "hill and river boats"


class People:
    """Pages on one server, each in a browser context of its own: another machine, to the server."""

    def __init__(
        self, playwright: Playwright, chromium: str, server: ServerProcess, http: aiohttp.ClientSession
    ) -> None:
        self._playwright, self._chromium = playwright, chromium
        self._browsers: dict[str, Browser] = {}
        self.url, self.secret = server.info.url, server.info.secret
        self.log = server.log
        self.door = Door(http, server.info.url)

    async def close(self) -> None:
        """Every browser. May be called again."""
        while self._browsers:
            await self._browsers.popitem()[1].close()

    async def open(self, address: str, *, captures: tuple[Path, Path] | None = None) -> Page:
        """A page; `captures`: the picture and the sound of its camera."""
        key = str(captures)
        if key not in self._browsers:
            more = []
            if captures is not None:
                video, audio = captures
                more = [f"--use-file-for-fake-video-capture={video}", f"--use-file-for-fake-audio-capture={audio}"]
            self._browsers[key] = await self._playwright.chromium.launch(
                executable_path=self._chromium, headless=True, args=[*FLAGS, "--lang=zh-CN", *more]
            )
        context = await self._browsers[key].new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        await context.add_init_script(COUNT_REQUESTS)
        page = await context.new_page()
        page.set_default_timeout(40_000)
        await page.goto(address if address.startswith("http") else self.url + address, wait_until="domcontentloaded")
        return page

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The API with the secret of this machine's command line. Raises ServerProblem."""
        if method == "GET":
            return await self.door.get(f"/api/v1{path}", self.secret)
        return await self.door.post(f"/api/v1{path}", self.secret, body)

    async def officer(self, login: str, name: str, role: str, school: str | None = None) -> Page:
        """Makes the account and signs in, past the one-time password, to the desk's first page."""
        body = {"login": login, "name": name, "role": role, "school_name": school}
        made = await self.call("POST", "/accounts", body)
        page = await self.open("/login")
        await page.get_by_test_id("login").fill(login)
        await page.get_by_test_id("password").fill(made["password"])
        await page.get_by_test_id("sign-in").click()
        await page.wait_for_url("**/login/password*")
        fields = page.locator("input[type=password]")
        for place, password in enumerate((made["password"], PASSWORD, PASSWORD)):
            await fields.nth(place).fill(password)
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/(school|bureau|admin/accounts)$"))
        return page
