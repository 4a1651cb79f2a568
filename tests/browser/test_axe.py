"""Every page against WCAG 2.1 AA: the classroom's in every state that a visitor meets without a camera, the desks'."""

from typing import Any

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import VILLAGE, County

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]


async def test_the_classrooms_pages_are_accessible(school: Any, open_page: Any) -> None:
    url, made = school.server.info.url, await school.lesson(record=True, consent_by="王老师")
    standing = await school.link("classroom", "檀溪中小", "一号教室")
    page = await open_page(url)
    found = {"/": await violations(page)}
    for name in ("login", "setup"):
        await page.goto(f"{url}/{name}")
        await page.locator("form").wait_for()
        found[name] = await violations(page)

    async def look(name: str, address: str, state: str) -> None:
        await page.goto(address, wait_until="domcontentloaded")
        await page.locator(f"html[data-state={state}]").wait_for(state="attached")
        found[name] = await violations(page)

    await look("scheduled", made["seats"][0]["page"], "waiting")
    await look("room", standing["page"], "waiting")
    await look("observer waits", made["observer"]["page"], "waiting")
    await look("refused", f"{url}/join/AAAAAAAAAAAAAAAAAAAAAA", "error")
    await look("my lessons", (await school.link("teacher", "实验小学"))["page"], "waiting")
    await page.get_by_test_id("new-lesson").click()
    found["new lesson"] = await violations(page)

    teacher = await open_page(made["teacher"]["page"])
    await teacher.get_by_test_id("start").wait_for()
    found["studio's devices"] = await violations(teacher)
    await teacher.get_by_test_id("start").click()
    await look("classroom", made["seats"][0]["page"], "live")
    await page.get_by_test_id("assist").click()
    found["way in for a phone"] = await violations(page)
    phone = await page.get_by_test_id("assist-code").get_attribute("data-address")
    found["studio"] = await violations(teacher)
    await look("phone", str(phone), "live")
    await look("observer", made["observer"]["page"], "live")
    await teacher.get_by_test_id("end").click()
    found["end?"] = await violations(teacher)
    await teacher.get_by_test_id("confirm-end").click()
    await teacher.get_by_test_id("summary").wait_for()
    found["summary"] = await violations(teacher)
    await teacher.get_by_test_id("watch").click()
    await teacher.get_by_test_id("theatre").wait_for()
    found["recording"] = await violations(teacher)
    await teacher.get_by_test_id("tab-reviews").click()
    await teacher.get_by_test_id("review-write").click()
    found["review"] = await violations(teacher)
    await look("over", made["seats"][0]["page"], "error")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


# Requests that are still out: a page of a desk is ready when there are none.
COUNT = """
window.__pending = 0
const real = window.fetch
window.fetch = (...all) => { window.__pending++; return real(...all).finally(() => window.__pending--) }
"""
READY = "() => window.__pending === 0 && !!document.querySelector('main h1')"


async def test_every_page_of_the_desks_is_accessible(county: County) -> None:
    """By each role's own menu, so that no new page is left out, and what lies below it."""
    found: dict[str, Any] = {}
    pair, month = await county.pair(), await county.current()
    below = {
        "/bureau": [f"returns/{month}/bureau", f"returns/{month}/{pair['id']}", f"registry/pairs/{pair['id']}"],
        "/school": [f"return/{month}/{pair['id']}", f"pairs/{pair['id']}"],
        "/admin": [],
    }
    for desk, role, school in (
        ("/bureau", "bureau_officer", None),
        ("/school", "school_officer", VILLAGE),
        ("/admin", "admin", None),
    ):
        page = await county.officer(f"desk-{desk[1:]}", role, school)
        await page.context.add_init_script(COUNT)
        await page.goto(county.url + desk)
        await page.locator("nav.menu a").first.wait_for()
        links = await page.locator("nav.menu a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
        for path in [*links, *(f"{desk}/{one}" for one in below[desk])]:
            # The same page on another role's menu, or as it is on the bureau's desk, has been looked at.
            if path in found or path.replace("/school/", "/bureau/") in found:
                continue
            # What lies below is reached as a bookmark reaches it; the rest by the menu, without loading it all again.
            if path in links:
                await page.locator(f'nav.menu a[href="{path}"]').click()
                await page.wait_for_url(f"**{path}")
            else:
                await page.goto(county.url + path)
            await page.wait_for_function(READY)
            found[path] = await violations(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
