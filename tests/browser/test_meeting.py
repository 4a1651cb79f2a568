"""A meeting of teachers (教师网络研修) in real browsers: made at the form, signed in to in both rooms, ended."""

import asyncio
import json
import sqlite3

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import OpenPage, School

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(120)]

DEADLINE_MS = 30_000


async def signs_in(page: Page, name: str) -> None:
    await page.get_by_test_id("sign-name").fill(name)
    await page.get_by_test_id("sign-add").click()
    await expect(page.get_by_test_id(f"person-{name}")).to_have_attribute("aria-pressed", "true", timeout=DEADLINE_MS)


async def until_connected(school: School, seat: str) -> None:
    """Until two heartbeats say that the room receives and sends sound: one alone tells of no time (单方研修)."""
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while True:
            with sqlite3.connect(school.data / "classroom.db") as database:
                beats = database.execute("SELECT seats FROM heartbeats").fetchall()
            marks = [json.loads(seats).get(seat, {}) for (seats,) in beats]
            if sum({"up_audio", "down_audio", "down_video"} <= mark.keys() for mark in marks) > 1:
                return
            await asyncio.sleep(0.2)


async def test_a_meeting_from_the_form_to_its_summary(school: School, open_page: OpenPage) -> None:
    seed = await school.lesson(recipients=[{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}])
    await school.door.post(f"/api/v1/lessons/{seed['lesson']}/cancel", school.server.info.secret)
    room = await open_page((await school.link("classroom", "檀溪中小", "一号教室"))["page"])
    teacher = await open_page((await school.link("teacher", "实验小学"))["page"])
    await teacher.get_by_test_id("new-lesson").click()
    await teacher.get_by_test_id("new-what").select_option("集体备课")
    await teacher.get_by_test_id(f"choose-{seed['seats'][0]['seat']}").check()
    await teacher.get_by_test_id("create").click()
    await expect(teacher.get_by_role("alert")).to_contain_text("研修主题")
    await teacher.get_by_test_id("new-title-text").fill("第三单元备课")
    await teacher.get_by_test_id("create").click()
    await teacher.get_by_test_id("start").click()

    await expect(room.get_by_text("集体备课 · 第三单元备课")).to_be_visible(timeout=DEADLINE_MS)
    await room.get_by_test_id("sign-in").click()
    await signs_in(room, "周老师")
    await expect(room.get_by_test_id("sign-in")).to_contain_text("已签到 1 人")
    await room.keyboard.press("Escape")
    await signs_in(teacher, "陈老师")
    tile = teacher.get_by_test_id(f"tile-{seed['seats'][0]['seat']}")
    await expect(tile).to_contain_text("已签到 1 人", timeout=DEADLINE_MS)
    await room.get_by_test_id("speak").click()
    await expect(tile).to_contain_text("台上", timeout=DEADLINE_MS)
    await until_connected(school, seed["seats"][0]["seat"])

    await teacher.get_by_test_id("end").click()
    await expect(teacher.get_by_test_id("uncounted")).to_have_count(0)
    await teacher.get_by_test_id("confirm-end").click()
    summary = teacher.get_by_test_id("summary")
    # Held for some seconds: named, and not counted for its length alone.
    await expect(summary).to_contain_text("时长不足", timeout=DEADLINE_MS)
    await expect(summary).to_contain_text("已签到 1 人")
