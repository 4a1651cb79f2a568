"""One real lesson, seen from every seat, before, while and after it is held."""

import asyncio
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

from benchmarks.screens.album import PHONE, Album
from benchmarks.screens.people import People
from signaling.demo.clip import write_capture_files
from signaling.demo.plan import ClipPlan

TOWN: Final = "实验小学"
VILLAGE: Final = "檀溪中小"
CLIPS: Final = (
    ClipPlan("实验小学 · 教师", (110, 72, 28), 880),
    ClipPlan("檀溪中小 · 一号教室", (52, 96, 40), 660),
    ClipPlan("檀溪中小 · 二号教室", (40, 60, 128), 440),
)
LESSON: Final[dict[str, Any]] = {
    "supporter": TOWN,
    "class_name": "五（1）班",
    "class_size": 42,
    "subject": "数",
    "minutes": 40,
    "title": "认识质数",
    "record": True,
    "consent_by": "示例",
    "recipients": [
        {"school": VILLAGE, "classroom": "一号教室", "class_name": "五（1）班", "class_size": 23},
        {"school": VILLAGE, "classroom": "二号教室", "class_name": "五（2）班", "class_size": 21},
    ],
}
RECORDED_S: Final = 25.0


async def lesson(album: Album, people: People, scratch: Path) -> None:
    """From the teacher's list of lessons to what a colleague says of the recording."""
    captures = [await asyncio.to_thread(write_capture_files, clip, scratch) for clip in CLIPS]
    await album.take(await people.open("/"), "open", "home", "首页")
    link = await people.call("POST", "/links", {"role": "teacher", "school": TOWN, "name": "陈老师"})
    await _before(album, people, link["page"])
    made = await people.call("POST", "/lessons", LESSON)
    standing = await people.call("POST", "/links", {"role": "classroom", "school": VILLAGE, "classroom": "一号教室"})
    room = await people.open(standing["page"], captures=captures[1])
    await room.locator("html[data-state=waiting]").wait_for(state="attached")
    await album.take(room, "room", "waiting", "教室常驻页面：等候下一节课")

    studio = await people.open(made["teacher"]["page"], captures=captures[0])
    await studio.get_by_test_id("start").wait_for()
    await album.take(studio, "teacher", "devices", "开课前检查设备")
    await studio.get_by_test_id("start").click()
    second = await people.open(made["seats"][1]["page"], captures=captures[2])
    for page in (studio, room, second):
        await page.locator("html[data-state=live]").wait_for(state="attached")
    await _during(album, people, made, studio, room)
    await asyncio.sleep(RECORDED_S)
    await studio.get_by_test_id("end").click()
    await album.take(studio, "teacher", "end", "下课前确认")
    await studio.get_by_test_id("confirm-end").click()
    await studio.get_by_test_id("summary").wait_for()
    await studio.get_by_test_id("recording-verdict").wait_for()
    await album.take(studio, "teacher", "summary", "下课后的课堂小结")
    await _after(album, studio)


async def _before(album: Album, people: People, address: str) -> None:
    page = await people.open(address)
    await page.get_by_test_id("new-lesson").wait_for()
    await album.take(page, "teacher", "lessons", "我的课堂")
    await page.get_by_test_id("new-lesson").click()
    await page.get_by_test_id("new-lesson-form").wait_for()
    await album.take(page, "teacher", "new", "立即开课")
    await page.context.close()


async def _during(album: Album, people: People, made: Any, studio: Page, room: Page) -> None:
    seat = made["seats"][0]["seat"]
    await room.get_by_test_id("raise-hand").click()
    await studio.get_by_test_id(f"tile-{made['seats'][1]['seat']}").wait_for()
    # A first picture of everybody, before anybody looks.
    await asyncio.sleep(4)
    await album.take(studio, "teacher", "studio", "上课：主讲页面")
    await studio.get_by_test_id("call-next").click()
    await album.take(room, "room", "lesson", "上课：教室大屏，本教室上台")
    await room.get_by_test_id("assist").click()
    await room.get_by_test_id("assist-code").wait_for()
    await album.take(room, "room", "code", "协同教师扫码进入")
    address = await room.get_by_test_id("assist-code").get_attribute("data-address")
    await room.keyboard.press("Escape")
    phone = await people.open(str(address))
    await phone.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await phone.locator("html[data-state=live]").wait_for(state="attached")
    await album.take(phone, "phone", "lesson", "协同教师：举手、人数、求助", phone=True)

    await studio.get_by_test_id("tool-pages").click()
    await studio.get_by_test_id("blank-grid").click()
    await studio.get_by_test_id("page").wait_for()
    await album.take(studio, "teacher", "pages", "课件与白板")
    await studio.get_by_test_id("tool-quiz").click()
    await studio.get_by_test_id("quick-choice").click()
    await room.get_by_test_id("quiz").wait_for()
    await phone.get_by_test_id("tool-quiz").click()
    await album.take(studio, "teacher", "quiz", "课上测验")
    await album.take(room, "room", "quiz", "教室大屏上的测验")
    await album.take(phone, "phone", "quiz", "协同教师：录入本班人数", phone=True)
    await studio.get_by_test_id("quiz-close").click()
    await studio.get_by_test_id("tool-homework").click()
    await studio.get_by_test_id("homework-text").fill("课本第 12 页第 3 题")
    await album.take(studio, "teacher", "homework", "布置作业")
    await studio.get_by_test_id("homework-give").click()
    await room.get_by_test_id("homework-words").wait_for()
    await album.take(room, "room", "homework", "教室大屏上的作业")
    await studio.get_by_test_id("tool-scene").click()
    await album.take(studio, "teacher", "scene", "教室大屏的布局与轮流上台")
    await studio.get_by_test_id("tool-chat").click()
    await studio.get_by_test_id("chat-text").fill("请两个班各准备一个例子")
    await studio.get_by_test_id("chat-send").click()
    await studio.get_by_test_id("chat-line").first.wait_for()
    await album.take(studio, "teacher", "chat", "讨论")
    observer = await people.open(made["observer"]["page"])
    await observer.locator("html[data-state=live]").wait_for(state="attached")
    await asyncio.sleep(3)
    await album.take(observer, "watch", "observe", "巡课：只看只听")
    await observer.context.close()
    await studio.get_by_test_id(f"stage-{seat}").click()


async def _after(album: Album, studio: Page) -> None:
    await studio.get_by_test_id("watch").click()
    await studio.get_by_test_id("theatre").wait_for()
    await studio.get_by_test_id("big-play").click()
    await studio.wait_for_function("() => window.__classroom.at_s() > 6")
    await studio.keyboard.press("k")
    await album.take(studio, "watch", "recording", "看录像")
    await studio.get_by_test_id("tab-comments").click()
    await studio.get_by_test_id("comment-text").fill("用生活中的例子引入，两个教室都能跟上。")
    await studio.get_by_test_id("comment-send").click()
    await studio.get_by_test_id("comment").wait_for()
    await album.take(studio, "watch", "comments", "听评课：按时刻写意见")
    await studio.get_by_test_id("tab-reviews").click()
    await studio.get_by_test_id("review-write").click()
    steps = studio.get_by_test_id("review-step")
    await steps.nth(0).get_by_test_id("review-now").click()
    await steps.nth(0).locator("textarea").fill("从排队形引入，乡村教室先说。")
    for verdict in await studio.get_by_test_id("review-verdict").all():
        await verdict.select_option("good")
    await studio.get_by_test_id("review-strengths").fill("两地学生轮流发言，机会相当。")
    await album.take(studio, "watch", "review", "填写听课评课表")
    await studio.get_by_test_id("review-submit").click()
    await studio.get_by_test_id("review").wait_for()
    await album.take(studio, "watch", "reviewed", "提交后的听课评课表")
