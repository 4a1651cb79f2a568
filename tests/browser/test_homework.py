"""Homework as a county does it: given on all screens, photographed by phone, marked by two teachers, handed back."""

import cv2
import numpy as np
import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.test_quiz import seated

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(300)]


def photo() -> dict[str, object]:
    """A page with some writing on it, larger than what is kept."""
    page = np.full((2400, 1800, 3), 235, np.uint8)
    cv2.putText(page, "12 x 12 = 144", (200, 700), cv2.FONT_HERSHEY_SIMPLEX, 5, (60, 30, 20), 12)
    return {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": cv2.imencode(".jpg", page)[1].tobytes()}


async def test_homework_from_the_task_to_the_marked_work_on_the_screen(school, open_blind) -> None:
    lesson, studio, first, second, phone = await seated(school, open_blind)
    await studio.get_by_test_id("tool-homework").click()
    await studio.get_by_test_id("homework-give").click()
    await expect(studio.get_by_test_id("homework-form").get_by_role("alert")).to_have_text("请填写作业内容。")
    await studio.get_by_test_id("homework-text").fill("课本第 12 页第 3 题")
    await studio.get_by_test_id("homework-due").select_option("tomorrow")
    await studio.get_by_test_id("homework-give").click()
    for page in (first, second):
        await expect(page.get_by_test_id("homework-words")).to_have_text("课本第 12 页第 3 题")

    await phone.get_by_test_id("tool-homework").click()
    await phone.get_by_test_id("work-label").fill("3 号")
    await phone.get_by_test_id("work-file").set_input_files([photo()])
    await expect(phone.get_by_text("已上交")).to_be_visible()
    works = studio.get_by_test_id(f"works-{lesson['seats'][0]['seat']}")
    await expect(works).to_contain_text("已交 1 张，已批 0 张")
    assert await violations(studio) == []
    assert await violations(phone) == []
    await works.get_by_test_id("work").click()
    await draw(studio)
    await studio.get_by_test_id("stamp-good").click()
    await studio.get_by_test_id("work-comment").fill("步骤清楚")
    await expect(phone.get_by_test_id("homework-phone")).to_contain_text("主讲教师正在批改")
    assert await violations(studio) == []
    await studio.get_by_test_id("work-save").click()
    await expect(studio.get_by_text("已保存")).to_be_visible()
    await studio.get_by_test_id("work-show").click()
    for page in (first, second):
        await expect(page.get_by_test_id("homework-stamp")).to_have_text("优")
        await expect(page.locator("[data-testid=homework] g.host path")).to_have_count(1)
        await expect(page.get_by_test_id("homework").get_by_role("img")).to_be_visible()
    # The class's own screen alone is cleared by the class.
    await first.get_by_test_id("homework-close").click()
    await first.get_by_test_id("homework").wait_for(state="detached")
    await expect(second.get_by_test_id("homework-stamp")).to_be_visible()
    await studio.get_by_test_id("work-close").click()
    await studio.get_by_test_id("end").click()
    await studio.get_by_test_id("confirm-end").click()
    await expect(studio.get_by_test_id("homework-after")).to_contain_text("已交 1 张，已批 1 张")
    # By the same link, after class.
    await phone.reload()
    await phone.get_by_test_id("work-file").set_input_files([photo()])
    await expect(phone.get_by_test_id("homework-after")).to_contain_text("已交 2 张，已批 1 张")


async def draw(studio: Page) -> None:
    board = studio.get_by_test_id("work-board")
    await expect(board.get_by_role("img")).to_be_visible()
    box = await board.bounding_box()
    assert box is not None
    await studio.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.35)
    await studio.mouse.down()
    for step in range(1, 9):
        await studio.mouse.move(box["x"] + box["width"] * (0.2 + 0.07 * step), box["y"] + box["height"] * 0.36)
    await studio.mouse.up()
    await expect(board.locator("g.draft path")).to_have_count(1)
