"""The desks: what each role's own menu leads to, and the pages below it."""

import re
from typing import Final

from playwright.async_api import Page

from benchmarks.screens.album import Album
from benchmarks.screens.people import People

VILLAGE: Final = "檀溪中小"
DESKS: Final = (
    ("school", "school_officer", "檀溪中小填报人", VILLAGE),
    ("bureau", "bureau_officer", "教育局填报人", None),
    ("admin", "admin", "系统管理员", None),
)
SHARED: Final = ("/admin/accounts", "/admin/audit")
"""On the bureau's menu and on the administrator's: shown once."""


async def empty_server(album: Album, people: People) -> None:
    """What stands there before anybody has an account."""
    found = re.search(r"/setup#[\w-]+", people.log.read_text(errors="replace"))
    page = await people.open(found.group() if found else "/setup")
    await page.locator("form").wait_for()
    await album.take(page, "open", "setup", "首次设置")
    await people.close()


async def desks(album: Album, people: People) -> None:
    """Every desk, page by page."""
    page = await people.open("/login")
    await page.get_by_test_id("login").wait_for()
    await album.take(page, "open", "login", "登录")
    for group, role, name, school in DESKS:
        page = await people.officer(f"{group}-desk", name, role, school)
        await _by_menu(album, page, group)
        if group != "admin":
            await _below(album, people, page, group)


async def _by_menu(album: Album, page: Page, group: str) -> None:
    links = await page.locator("nav.menu a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    for href in links:
        if group == "bureau" and href in SHARED:
            continue
        link = page.locator(f'nav.menu a[href="{href}"]')
        caption = (await link.inner_text()).strip()
        await link.click()
        await page.wait_for_url(f"**{href}")
        await page.locator("main h1").first.wait_for()
        name = href.removeprefix(f"/{group}").strip("/").replace("/", "-") or "home"
        await album.take(page, group, name, caption)


async def _below(album: Album, people: People, page: Page, group: str) -> None:
    """Pages that no menu leads to: one pair, one school, the forms, one activity."""
    months = await people.call("GET", "/months")
    month = max(each["month"] for each in months["months"] if each["month"] < months["current"])
    school = next(
        one for one in (await people.call("GET", f"/registry/schools?q={VILLAGE}"))["items"] if one["name"] == VILLAGE
    )
    pair = (await people.call("GET", f"/registry/pairs?school={school['id']}"))["items"][0]["id"]
    pages = {
        "school": [
            ("annex3", f"/school/return/{month}/{pair}", "附件3"),
            ("pair", f"/school/pairs/{pair}", "一对结对学校"),
        ],
        "bureau": [
            ("annex2", f"/bureau/returns/{month}/bureau", "附件2"),
            ("annex3", f"/bureau/returns/{month}/{pair}", "学校交来的附件3"),
            ("school", f"/bureau/registry/schools/{school['id']}", "一所学校"),
            ("pair", f"/bureau/registry/pairs/{pair}", "一对结对学校"),
        ],
    }
    for name, path, caption in pages[group]:
        await page.goto(people.url + path)
        await page.locator("main h1").first.wait_for()
        await album.take(page, group, name, caption)
    await page.goto(f"{people.url}/{group}/activities")
    await page.locator("main tbody tr").first.wait_for()
    await page.locator("main tbody tr").first.click()
    await page.get_by_role("dialog").first.wait_for()
    await album.take(page, group, "activity", "一条活动的依据：连接时间线、人数、录像")
