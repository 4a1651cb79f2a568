"""A lesson from the timetable to class: a weekly row, its run written by two, followed on the phone."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from classroom.ledger.months import local_date
from signaling.demo.http import Door
from signaling.demo.server import ServerProcess
from tests.browser.axe import violations
from tests.browser.conftest import School

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

# Three pages on two busy cores.
expect.set_options(timeout=40_000)


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    """One whose lessons end by themselves with their planned end."""
    data = tmp_path / "data"
    async with (
        ServerProcess(data, extra=("--end-grace-min", "0")) as server,
        aiohttp.ClientSession() as session,
    ):
        yield School(server, Door(session, server.info.url), data)


async def test_a_weekly_lesson_is_entered_prepared_by_two_and_taught_by_its_steps(school, open_blind) -> None:
    url = school.server.info.url
    room = await known_rooms(school)
    link = await school.link("teacher", "实验小学")
    teach = await open_blind(f"{url}/teach#{link['token']}")
    await enter_row(teach, room)
    await expect(teach.get_by_test_id("later-lesson").first).to_contain_text("五（1）班")
    assert await violations(teach) == []
    # The same again is in its own way, and the page says what is.
    await enter_row(teach, room)
    await expect(teach.get_by_test_id("row-conflicts")).to_contain_text("已有 语文")
    await teach.get_by_role("button", name="取消").click()

    lesson = await first_lesson(school, link["token"])
    seat = {"seat": room}
    invited = await school.door.post(f"/api/v1/lessons/{lesson}/assistants", link["token"], seat)
    phone = await open_blind(url + invited["page"])
    await phone.set_viewport_size({"width": 390, "height": 844})
    await prepare(teach, phone)

    start = datetime.now(UTC).replace(second=0, microsecond=0).isoformat()
    await school.door.post(f"/api/v1/lessons/{lesson}/move", link["token"], {"start": start})
    studio = await open_blind(f"{url}/teach/{lesson}?autostart=1#{link['token']}")
    await studio.locator("html[data-state=live]").wait_for(state="attached")
    await studio.get_by_test_id("tool-plan").click()
    await studio.get_by_test_id("step-next").click()
    await phone.get_by_test_id("tool-plan").click()
    await expect(phone.get_by_test_id("step-0")).to_have_attribute("aria-current", "step")
    assert await phone.get_by_test_id("step-next").count() == 0, "only the teacher goes on"
    await studio.keyboard.press("s")
    await expect(phone.get_by_test_id("step-1")).to_have_attribute("aria-current", "step")
    for page in (studio, phone):
        assert await violations(page) == []
    # Planned for five minutes, it is about to end by itself; one press puts that off.
    await expect(studio.get_by_test_id("closing")).to_contain_text("后自动下课")
    await studio.get_by_test_id("extend").click()
    await expect(studio.get_by_test_id("closing")).to_have_count(0)


async def known_rooms(school: Any) -> str:
    """A lesson that was called off: its school, class and rooms are registered. The room that listens."""
    made = await school.lesson()
    await school.door.post(f"/api/v1/lessons/{made['lesson']}/cancel", school.server.info.secret, {})
    return str(made["seats"][0]["seat"])


async def enter_row(teach: Page, room: str) -> None:
    await teach.get_by_test_id("timetable-add").click()
    form = teach.get_by_test_id("timetable-form")
    for day in range(1, 6):
        await form.get_by_test_id(f"weekday-{day}").check()
    await form.get_by_test_id("row-begins").fill("07:05")
    await form.get_by_test_id("row-minutes").fill("5")
    await form.get_by_test_id("row-last").fill(f"{datetime.now(UTC) + timedelta(days=60):%Y-%m-%d}")
    await form.get_by_test_id(f"row-room-{room}").check()
    await form.get_by_test_id("row-save").click()


async def first_lesson(school: Any, token: str) -> str:
    """Of another day than today, as the page's list of later lessons has it."""
    [row] = (await school.door.get("/api/v1/timetable", token))["items"]
    today = local_date(datetime.now(UTC)).isoformat()
    return str(next(one["lesson"] for one in row["lessons"] if one["day"] > today))


async def prepare(teach: Page, phone: Page) -> None:
    """Both write at once: neither overwrites the other, and both see the whole."""
    await teach.get_by_test_id("later-lesson").first.get_by_test_id("prepare-lesson").click()
    mine, theirs = (page.get_by_test_id("plan-editor") for page in (teach, phone))
    await write_step(teach, 0, "导入")
    await mine.get_by_test_id("plan-save").click()
    await expect(theirs.get_by_test_id("step-title").first).to_have_value("导入")
    await write_step(teach, 1, "新授")
    await write_step(phone, 1, "练习")
    await theirs.get_by_test_id("plan-save").click()
    await expect(mine.get_by_test_id("plan-theirs")).to_contain_text("练习")
    await mine.get_by_test_id("plan-join").click()
    for editor in (mine, theirs):
        await expect(editor.get_by_test_id("step-title")).to_have_count(3)
        assert [await editor.get_by_test_id("step-title").nth(n).input_value() for n in range(3)] == [
            "导入",
            "新授",
            "练习",
        ]


async def write_step(page: Page, place: int, title: str) -> None:
    await page.get_by_test_id("step-add").click()
    await page.get_by_test_id("step-title").nth(place).fill(title)
