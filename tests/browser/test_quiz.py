"""A quiz as a county asks it: the teacher, two classrooms' screens, a co-teacher's phone; counts in, bars out."""

import re
import time

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# Four pages on two busy cores.
expect.set_options(timeout=40_000)

QUESTIONS = [
    {"kind": "choice", "text": "下面哪个数是质数？", "options": ["21", "23", "27", "33"]},
    {"kind": "text", "text": "用一个词说说这节课的收获", "options": []},
]


async def seated(school, open_blind) -> tuple[dict, Page, Page, Page, Page]:
    """The lesson, and its pages: the studio, two classrooms, and the phone of the first one's co-teacher."""
    lesson = await school.lesson()
    url, token = school.server.info.url, lesson["teacher"]["token"]
    studio = await open_blind(f"{url}/teach/{lesson['lesson']}?autostart=1#{token}")
    first, second = [await open_blind(seat["page"]) for seat in lesson["seats"]]
    for page in (studio, first, second):
        await page.locator("html[data-state=live]").wait_for(state="attached")
    seat = lesson["seats"][0]
    path = f"/api/v1/lessons/{lesson['lesson']}/assistants"
    phone = await open_blind(url + (await school.door.post(path, seat["token"], {"seat": seat["seat"]}))["page"])
    for page in (studio, first, second, phone):
        page.set_default_timeout(60_000)
    await phone.set_viewport_size({"width": 390, "height": 844})
    return lesson, studio, first, second, phone


async def test_a_quiz_from_the_studio_to_the_summary(school, open_blind) -> None:
    lesson, studio, first, second, phone = await seated(school, open_blind)
    await studio.get_by_test_id("tool-quiz").click()
    await write_the_quiz(studio)
    began = time.monotonic()
    await studio.get_by_test_id("quiz-start").click()
    for page in (first, second):
        await expect(page.get_by_test_id("quiz-text")).to_have_text("下面哪个数是质数？")
    print(f"question in both classrooms after {(time.monotonic() - began) * 1000:.0f} ms")
    await expect(first.get_by_role("timer")).to_contain_text("剩余")
    await count_hands(studio, second, phone)
    for page in (studio, second, phone):
        assert await violations(page) == []
    await studio.get_by_test_id("quiz-show").click()
    for page in (first, second):
        await expect(page.get_by_test_id("bars-1")).to_contain_text("75%（3 人）")
        await expect(page.get_by_test_id("quiz")).to_contain_text("正确答案：B 23")
    # A reload in the middle: the question, the counts and what is shown are there again.
    await first.reload()
    await expect(first.get_by_test_id("bars-1")).to_contain_text("75%（3 人）")

    await studio.get_by_test_id("quiz-next").click()
    await expect(first.get_by_test_id("quiz-text")).to_have_text("用一个词说说这节课的收获")
    await phone.get_by_test_id("tally-text").fill("规律")
    await phone.get_by_test_id("tally-send").click()
    await expect(studio.get_by_test_id(f"said-{lesson['seats'][0]['seat']}")).to_contain_text("答：规律")
    await studio.get_by_test_id("quiz-close").click()
    await first.get_by_test_id("quiz").wait_for(state="detached")
    await expect(studio.get_by_test_id("quiz-results")).to_contain_text("75%")
    # The quick way: nothing typed, and nothing left on the list.
    await studio.get_by_test_id("quick-true_false").click()
    await expect(second.get_by_test_id("quiz")).to_contain_text("对")
    await studio.get_by_test_id("quiz-close").click()
    await expect(studio.get_by_test_id("quiz-stock").locator("li")).to_have_count(1)
    await studio.get_by_test_id("end").click()
    await studio.get_by_test_id("confirm-end").click()
    results = studio.get_by_test_id("quiz-results")
    await expect(results).to_contain_text("下面哪个数是质数？")
    await expect(results.get_by_role("row").filter(has_text="礼张完小").first).to_contain_text("100%")


async def write_the_quiz(studio: Page) -> None:
    await studio.get_by_test_id("quiz-new").click()
    for place, question in enumerate(QUESTIONS):
        if place:
            await studio.get_by_test_id("question-add").click()
        form = studio.get_by_test_id(f"question-{place}")
        await form.get_by_label("题型").select_option(str(question["kind"]))
        await form.get_by_test_id("question-text").fill(str(question["text"]))
        for at, option in enumerate(question["options"]):
            await form.get_by_test_id(f"option-{at}").fill(option)
    await studio.get_by_label("B 为正确答案").check()
    await studio.get_by_test_id("quiz-save").click()


async def count_hands(studio: Page, second: Page, phone: Page) -> None:
    """One class by phone, the other, which has none, on its screen; nobody sees the other's counts."""
    await phone.get_by_test_id("tool-quiz").click()
    for _ in range(3):
        await phone.get_by_role("button", name="增加 B 23").click()
    await phone.get_by_role("group", name="A 21").get_by_role("textbox").fill("1")
    began = time.monotonic()
    await phone.get_by_test_id("tally-send").click()
    await expect(studio.get_by_test_id("bars-1")).to_contain_text("75%（3 人）")
    print(f"count in the studio after {(time.monotonic() - began) * 1000:.0f} ms")
    await expect(studio.get_by_test_id("quiz-panel")).to_contain_text(re.compile("未报：.*礼张完小"))
    await second.get_by_test_id("quiz-count").click()
    await second.get_by_role("group", name="B 23").get_by_role("textbox").fill("12")
    await second.get_by_test_id("tally-send").click()
    await expect(studio.get_by_test_id("bars-1")).to_contain_text("100%（12 人）")
    assert await second.get_by_test_id("quiz-bars").count() == 0
