"""From a file on an officer's computer to the cell of 附件3: uploaded, planned, watched in the room, counted."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import TOWN, VILLAGE, County, OpenPage, row
from tests.signaling.test_viewings import film

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(240)]
DEADLINE_MS = 60_000


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewing is judged as soon as anybody asks."""
    monkeypatch.setenv("CLASSROOM_VIEWINGS_QUIET_MIN", "0")


async def test_a_video_is_uploaded_planned_watched_and_counted(
    county: County, open_page: OpenPage, tmp_path: Path
) -> None:
    # WebM: the test's Chromium plays no H.264.
    codecs = ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")
    video = await asyncio.to_thread(film, tmp_path / "浮力.webm", *codecs, seconds=4)
    page = await county.officer("shiyan", "school_officer", TOWN)
    await page.goto(f"{county.url}/school/resources")
    await page.get_by_test_id("upload").click()
    await page.get_by_test_id("file").set_input_files(video)
    await page.get_by_test_id("subject").select_option("科")
    await expect(page.get_by_test_id("title")).to_have_value("浮力")
    await page.get_by_test_id("send").click()
    await expect(row(page, "resources", "浮力")).to_have_attribute("data-state", "ready", timeout=DEADLINE_MS)

    await page.goto(f"{county.url}/school/courses")
    await page.get_by_test_id("new-course").click()
    await page.get_by_test_id("course-title").fill("科学提高")
    await page.get_by_test_id("pick").select_option(label="浮力（本校）")
    await page.get_by_test_id("save-course").click()
    course = page.get_by_test_id("course").filter(has_text="科学提高")
    await course.get_by_test_id("plan").click()
    form = page.get_by_test_id("showing-form")
    await form.get_by_label("学校").select_option(label=VILLAGE)
    await form.get_by_test_id("kind").select_option("once")
    room_name = await form.get_by_label("教室").locator("option:checked").inner_text()
    await page.get_by_test_id("save-showing").click()
    await expect(course.get_by_test_id("showings")).to_contain_text(VILLAGE)

    link = await county.call("POST", "/links", {"role": "classroom", "school": VILLAGE, "classroom": room_name})
    room = await open_page(link["page"])
    # Two clicks from the standing page to the film.
    await expect(room.get_by_test_id("courses")).to_contain_text("科学提高", timeout=DEADLINE_MS)
    await room.get_by_test_id("watch").click()
    await room.get_by_test_id("begin-play").click()
    await expect(room.get_by_test_id("player")).to_be_visible(timeout=DEADLINE_MS)
    await expect(room.get_by_test_id("heard")).to_contain_text("达到计入要求", timeout=DEADLINE_MS)
    await room.get_by_test_id("leave").click()
    await expect(room.get_by_test_id("courses")).to_be_visible()

    await page.goto(f"{county.url}/school/usage")
    line = row(page, "usage", "浮力")
    await expect(line).to_contain_text("计入")
    await line.get_by_role("button", name="查看活动").click()
    await expect(page.get_by_test_id("verdict")).to_contain_text("计入")
    await expect(page.get_by_test_id("viewing")).to_contain_text(room_name)
    [used] = (await county.call("GET", "/viewings"))["items"]
    activity: Any = await county.call("GET", f"/activities/{used['activity']}")
    returned = await county.call("GET", f"/returns/{activity['month']}/{activity['pair']}")
    assert activity["id"] in str(returned["cells"]["delivery.count"]["parts"])
