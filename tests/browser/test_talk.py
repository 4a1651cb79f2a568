"""Calling, chat and talking back: a teacher and two classrooms in real browsers."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DEADLINE_MS = 40_000
# How loud the other end of the private line is, as its bar shows it.
HEARD = "document.querySelector('[data-testid=talk-heard] .bar')?.style.transform ?? ''"
LOUD = f"() => /scaleX\\((0\\.[2-9]|1)/.test({HEARD})"
QUIET = f"() => /scaleX\\(0\\)/.test({HEARD})"
LISTEN = """
async ([path, token]) => (await fetch(path, {
  method: 'POST', headers: {'Content-Type': 'application/sdp', Authorization: `Bearer ${token}`}, body: 'v=0',
})).status
"""


async def lesson(school: Any, open_page: Any) -> tuple[Page, dict[str, Page], Any]:
    """A lesson under way: the teacher's page, the classrooms' pages by seat, and its links."""
    made = await school.lesson()
    rooms = {seat["seat"]: await open_page(seat["page"]) for seat in made["seats"]}
    teacher = await open_page(made["teacher"]["page"])
    await teacher.get_by_test_id("start").click(timeout=DEADLINE_MS)
    for page in (teacher, *rooms.values()):
        await page.locator("html[data-state=live]").wait_for(state="attached", timeout=DEADLINE_MS)
    for seat in rooms:
        await teacher.get_by_test_id(f"praise-{seat}").wait_for()
    return teacher, rooms, made


async def says(where: Locator, text: Any) -> None:
    await expect(where).to_contain_text(text, timeout=DEADLINE_MS)


async def test_the_teacher_calls_on_classrooms_in_order_draws_one_and_praises(school: Any, open_page: Any) -> None:
    teacher, rooms, _ = await lesson(school, open_page)
    (first, one), (second, two) = rooms.items()
    await two.get_by_test_id("raise-hand").click()
    await teacher.get_by_test_id(f"call-{second}").wait_for()
    await one.get_by_test_id("raise-hand").click()
    queue = teacher.get_by_test_id("hand-queue")
    await says(queue.locator("li"), [re.compile(r"等了 0:\d\d"), re.compile(r"等了 0:\d\d")])
    assert await teacher.title() == "（2 个举手）城乡同步课堂"
    await teacher.keyboard.press("n")
    await says(two.get_by_role("main"), "你们在台上")
    await expect(queue.locator("li")).to_have_count(1)
    await teacher.get_by_test_id("call-next").click()
    await says(one.get_by_role("main"), "你们在台上")
    await says(queue, "还没有教室举手")
    assert await teacher.title() == "城乡同步课堂"

    await teacher.get_by_test_id("draw").click()
    said = [teacher.get_by_test_id("drawn"), one.get_by_test_id("cheer"), two.get_by_test_id("cheer")]
    await asyncio.gather(*(says(where, "随机点名：礼张完小") for where in said))
    await says(two.get_by_role("main"), "你们在台上")

    await teacher.get_by_test_id(f"praise-{first}").click()
    await asyncio.gather(*(says(page.get_by_test_id("cheer"), "表扬檀溪中小！") for page in rooms.values()))
    await expect(teacher.get_by_test_id(f"praise-{first}")).to_have_text("表扬 1")
    await expect(teacher.get_by_test_id(f"praise-{second}")).to_have_text("表扬")

    await teacher.get_by_test_id("end").click()
    await teacher.get_by_test_id("confirm-end").click()
    rows = teacher.get_by_test_id("parts").locator("tbody tr")
    await says(rows.nth(1), re.compile(r"檀溪中小.*\d:\d\d\s*1 次，共 0:\d\d\s*1\s*1$"))
    await says(rows.nth(2), re.compile(r"礼张完小.*\d:\d\d\s*2 次，共 0:\d\d\s*1\s*0$"))


async def phone_of(room: Page, open_page: Any) -> Page:
    """The co-teacher's phone, by the code on the classroom's screen."""
    await room.get_by_test_id("assist").click()
    address = await room.get_by_test_id("assist-code").get_attribute("data-address", timeout=DEADLINE_MS)
    await room.keyboard.press("Escape")
    phone: Page = await open_page(address)
    await phone.set_viewport_size({"width": 390, "height": 844})
    return phone


async def write(page: Page, kind: str, text: str) -> None:
    await page.get_by_test_id(f"{kind}-text").fill(text)
    await page.get_by_test_id(f"{kind}-send").click()


@pytest.mark.long
async def test_rooms_write_the_teacher_moderates_and_talks_to_one_co_teacher(school: Any, open_page: Any) -> None:
    teacher, rooms, made = await lesson(school, open_page)
    (first, one), (_, two) = rooms.items()
    await one.get_by_test_id("tool-chat").click()
    await write(one, "chat", "听得很清楚")
    await says(teacher.get_by_test_id("tool-chat"), "1")
    await two.get_by_test_id("tool-chat").click()
    await teacher.get_by_test_id("tool-chat").click()
    for page in (teacher, two):
        await says(page.get_by_test_id("chat-line"), "听得很清楚")
    await write(teacher, "chat", "请翻到第 12 页")
    await says(one.get_by_test_id("chat-line").nth(1), re.compile("主讲教师.*请翻到第 12 页"))
    await teacher.get_by_test_id("chat-line").first.get_by_text("隐藏").click()
    await teacher.get_by_test_id("chat-close").click()
    for page in rooms.values():
        await expect(page.get_by_test_id("chat-line")).to_have_count(1, timeout=DEADLINE_MS)
        await says(page.get_by_test_id("chat"), "主讲教师已关闭讨论区")

    phone = await phone_of(one, open_page)
    await phone.get_by_test_id("tool-talk").click()
    await phone.get_by_test_id("talk-call").click()
    tile = teacher.get_by_test_id(f"tile-{first}")
    await write(phone, "talk", "投影仪坏了")
    await says(tile.get_by_test_id("talk-line"), "投影仪坏了")
    await write(teacher, "talk", "请用手机拍照")
    await says(phone.get_by_test_id("talk-line").nth(1), "请用手机拍照")
    for page in rooms.values():
        assert await page.get_by_text("投影仪坏了").count() == 0, "the class does not read it"
    for seat in made["seats"]:
        listened = await one.evaluate(LISTEN, [f"/whep/{made['lesson']}/teacher/talk", seat["token"]])
        assert listened == 403, "the class does not hear it"
    hold = tile.get_by_test_id("talk-hold")
    await expect(hold).to_be_enabled(timeout=DEADLINE_MS)
    # The phone hears the teacher while the button is held, and the class hears silence.
    await expect(phone.get_by_test_id("talk-heard").locator("svg")).to_be_visible(timeout=DEADLINE_MS)
    await hold.focus()
    await teacher.keyboard.down(" ")
    await says(hold, "正在说话")
    await phone.wait_for_function(LOUD, timeout=DEADLINE_MS)
    await teacher.keyboard.up(" ")
    await phone.wait_for_function(QUIET, timeout=DEADLINE_MS)
    await phone.get_by_test_id("talk-end").click()
    await expect(tile.get_by_test_id("talk")).to_have_count(0, timeout=DEADLINE_MS)


@pytest.mark.long
async def test_the_teacher_chooses_what_the_screens_show(school: Any, open_page: Any) -> None:
    teacher, rooms, _ = await lesson(school, open_page)
    (first, one), (_, two) = rooms.items()
    phone = await phone_of(one, open_page)
    await phone.get_by_test_id("tool-camera").click()
    await phone.get_by_test_id("phone-camera").click()
    await says(phone.get_by_test_id("phone-state"), "已送到主讲教师")
    await teacher.get_by_test_id(f"show-{first}-phone").click()
    await says(phone.get_by_test_id("phone-state"), "老师正在放大这个画面")

    await teacher.get_by_test_id("tool-scene").click()
    turns = teacher.get_by_test_id("turns")
    await turns.click()
    await says(one.get_by_role("main"), "你们在台上")
    # On the other classroom's screen the phone's picture stands for it.
    await two.wait_for_function(f"() => window.__classroom.pictures['{first}/phone'] > 2", timeout=DEADLINE_MS)
    await turns.click()
    await expect(turns).to_have_attribute("aria-pressed", "false", timeout=DEADLINE_MS)
    for layout in ("equal", "pip"):
        await teacher.get_by_test_id(f"layout-{layout}").check()
        await two.locator(f".theatre.{layout}").wait_for(timeout=DEADLINE_MS)

    mute = one.get_by_test_id("mute")
    await mute.click()
    await expect(mute).to_have_attribute("aria-pressed", "true", timeout=DEADLINE_MS)
    await mute.blur()
    await one.keyboard.down(" ")
    await expect(teacher.get_by_test_id(f"mute-{first}")).to_have_attribute(
        "aria-pressed", "false", timeout=DEADLINE_MS
    )
    await one.keyboard.up(" ")
    await expect(teacher.get_by_test_id(f"mute-{first}")).to_have_attribute("aria-pressed", "true", timeout=DEADLINE_MS)
    await phone.get_by_test_id("phone-camera").click()
    await expect(teacher.get_by_test_id(f"show-{first}-phone")).to_have_count(0, timeout=DEADLINE_MS)
