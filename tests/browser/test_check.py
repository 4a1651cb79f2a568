"""课前检测 in a real browser over the real relay, its figures on the desk; and the second screen of a classroom."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import VILLAGE, County, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(240)]
DEADLINE_MS = 90_000


async def mark(page: Page, line: str) -> tuple[str, str]:
    row = page.locator(f"tr[data-line={line}]")
    return str(await row.get_attribute("data-mark")), await row.locator("td").first.inner_text()


async def test_a_room_is_checked_and_its_figures_stand_on_the_desk(county: County, open_page: OpenPage) -> None:
    village = await county.school(VILLAGE)
    rooms = (await county.call("GET", f"/registry/classrooms?school={village['id']}"))["items"]
    link = await county.call("POST", "/links", {"role": "classroom", "school": VILLAGE, "classroom": rooms[0]["name"]})
    room = await open_page(link["page"])
    await expect(room.get_by_test_id("checked")).to_contain_text("课前请做一次检测")
    await room.get_by_test_id("check").click()
    await expect(room.get_by_test_id("step-camera")).to_have_class(re.compile("now|done"))
    assert await violations(room) == []
    await expect(room.get_by_test_id("verdict")).to_be_visible(timeout=DEADLINE_MS)
    assert await violations(room) == []

    # Chromium's own camera and beeping microphone; nothing hears the loudspeaker, and this machine is its own line.
    camera, seen = await mark(room, "camera")
    assert camera in ("good", "warn", "bad") and re.match(r"\d+×\d+，\d+ 帧/秒", seen)
    assert (await mark(room, "microphone"))[1] != "—"
    assert (await mark(room, "speaker"))[0] == "bad"
    assert await mark(room, "path") == ("good", "UDP")
    for line in ("up", "down"):
        rate = re.fullmatch(r"([\d.]+) Mbps", (await mark(room, line))[1])
        assert rate is not None and float(rate[1]) > 0.3
    assert (await mark(room, "round_trip"))[0] == "good"
    assert (await mark(room, "loss"))[0] != "none"
    await expect(room.get_by_test_id("kept")).to_contain_text("已保存")

    [kept] = (await county.call("GET", f"/checks?school={village['id']}"))["items"]
    assert (kept["classroom_name"], kept["measured"]["path"]) == (rooms[0]["name"], "udp")
    bureau = await county.officer("jishu", "bureau_officer")
    await bureau.goto(f"{county.url}/bureau/registry/schools/{village['id']}")
    line = bureau.get_by_test_id("checks").locator("tbody tr").first
    await expect(line).to_contain_text(rooms[0]["name"])
    await expect(line.locator("[data-line=path]")).to_contain_text("UDP")
    await expect(line.locator("[data-line=camera]")).to_contain_text(f"{kept['measured']['height']}p")
    # Back by itself or by a press: the lesson has to find the room.
    await room.get_by_test_id("back").click()
    await expect(room.get_by_test_id("next")).to_be_visible()


async def test_a_second_screen_shows_pages_and_comes_back_after_a_reload(school: Any, open_page: OpenPage) -> None:
    made = await school.lesson()
    teacher = await open_page(made["teacher"]["page"])
    await teacher.get_by_test_id("start").click()
    room = await open_page(made["seats"][0]["page"])
    await room.locator("html[data-state=live]").wait_for(state="attached")
    async with room.context.expect_page() as opening:
        await room.get_by_test_id("second-screen").click()
    second = await opening.value
    picture = second.get_by_test_id("second-video")
    await expect(picture).to_be_visible()
    await expect(room.get_by_test_id("teacher-video")).to_be_visible()
    moving = "video => video.srcObject !== null && video.videoWidth > 0 && !video.paused && video.muted"
    await second.wait_for_function(moving, arg=await picture.element_handle())
    await teacher.get_by_test_id("tool-pages").click()
    await teacher.get_by_test_id("blank-plain").click()
    await expect(second.get_by_test_id("layer-pages")).to_be_visible()
    await expect(room.get_by_test_id("layer-pages")).to_have_count(0)

    await room.reload()
    await expect(second.get_by_test_id("layer-pages")).to_be_visible(timeout=DEADLINE_MS)
    assert await room.evaluate("document.documentElement.dataset.state") == "live"
    async with second.expect_event("close"):
        await room.get_by_test_id("second-screen").click()
    await expect(room.get_by_test_id("layer-pages")).to_be_visible()
