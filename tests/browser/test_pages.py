"""The pages as a school uses them: a whole lesson with two classrooms and an observer, and ways that lead nowhere.

Every seat is a Chromium of its own, whose camera is a clip of one colour: what a page shows tells whose picture it is.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from signaling.demo.browsers import FLAGS
from signaling.demo.clip import ClipPlan, write_capture_files

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(300)]

DEADLINE_MS = 90_000  # four browsers on two busy cores
BLUE, GREEN, RED = (150, 40, 30), (40, 130, 30), (30, 40, 150)  # OpenCV's order
TEACHER, FIRST, SECOND = ("实验小学", BLUE), ("檀溪中小", GREEN), ("礼张完小", RED)
# Some red, green and blue of a quiet place in the clip's next picture, and the brightness of the whole picture.
SAMPLE = """
video => new Promise(resolve => video.requestVideoFrameCallback(() => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d');
  context.drawImage(video, 0, 0, 64, 36);
  const data = context.getImageData(0, 0, 64, 36).data, at = 4 * (16 * 64 + 2);
  resolve({colour: [...data.slice(at, at + 3)], sum: data.reduce((sum, each) => sum + each, 0)});
}))
"""
# Buttons and fields that somebody can see: what they are called, and what is off without a word why.
CONTROLS = """
() => [...document.querySelectorAll('button, a[href], input, select')].filter(each => each.checkVisibility())
  .map(each => ({
    name: (each.innerText || each.labels?.[0]?.innerText || each.ariaLabel || '').trim(),
    html: each.outerHTML.slice(0, 200),
    mute: each.disabled && !each.title && !each.ariaDescribedByElements?.length,
  }))
"""

OpenSeat = Callable[..., Awaitable[Page]]


@pytest.fixture
async def open_seat(chromium: str, tmp_path: Path) -> AsyncIterator[OpenSeat]:
    """Opens a page in a browser process of its own, whose camera shows one colour and a running clock."""
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:

        async def open_seat(who: tuple[str, tuple[int, int, int]], address: str) -> Page:
            plan = ClipPlan(who[0], who[1], width=320, height=180, fps=10, seconds=4)
            video, audio = await asyncio.to_thread(write_capture_files, plan, tmp_path)
            flags = [
                *FLAGS,
                f"--use-file-for-fake-video-capture={video}",
                f"--use-file-for-fake-audio-capture={audio}",
            ]
            browser = await playwright.chromium.launch(executable_path=chromium, headless=True, args=flags)
            stack.push_async_callback(browser.close)
            return await open_in(browser, address)

        yield open_seat


async def open_in(browser: Any, address: str) -> Page:
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(DEADLINE_MS)
    page = await context.new_page()
    await page.goto(address, wait_until="domcontentloaded")
    return page


async def reaches(page: Page, state: str) -> None:
    await page.locator(f"html[data-state={state}]").wait_for(state="attached", timeout=DEADLINE_MS)


async def says(where: Locator, text: str | re.Pattern[str]) -> None:
    await expect(where).to_contain_text(text, timeout=DEADLINE_MS)


async def shows(video: Locator, colour: tuple[int, int, int]) -> None:
    """Returns when the video moves, and the picture in it is the one of this colour."""
    await video.wait_for()
    strongest = (2, 1, 0)[colour.index(max(colour))]
    sums: set[int] = set()
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while len(sums) < 3:
            sample = await video.evaluate(SAMPLE)
            seen = sample["colour"]
            if seen.index(max(seen)) == strongest and max(seen) > 80:
                sums.add(sample["sum"])
            else:
                sums.clear()


async def all_controls_work(page: Page) -> None:
    """No control without a name, and none that is off without saying why."""
    await page.locator("button, a[href]").first.wait_for()
    controls = await page.evaluate(CONTROLS)
    assert [each["html"] for each in controls if not each["name"] or each["mute"]] == []


# -- one lesson


@pytest.mark.timeout(900)  # Four browsers encode and decode on as many cores as there are.
async def test_a_lesson_from_the_form_to_its_summary(school, open_seat) -> None:
    seed = await school.lesson(recipients=[{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}])
    await school.door.post(f"/api/v1/lessons/{seed['lesson']}/cancel", school.server.info.secret)
    standing = await school.link("classroom", "礼张完小")
    second = await open_seat(SECOND, standing["page"])
    await reaches(second, "waiting")
    teacher = await open_seat(TEACHER, (await school.link("teacher", "实验小学"))["page"])

    await make_the_lesson(teacher, seed["seats"][0]["seat"])
    observer = await observe(teacher, school)
    first = await open_seat(FIRST, school.server.info.url)
    await join_by_code(teacher, first, second)
    ids = await seats(school, teacher)
    await begin(teacher, first, second, observer)
    await note_consent_and_record(teacher, first, observer)
    await raise_hands(teacher, first, second, ids, observer)
    await go_on_stage(teacher, first, second, ids, observer)
    await mute_all(teacher, first, second, ids)
    await ask_for_help(teacher, first, ids[0])
    await scan_with_a_phone(teacher, first, ids[0])
    await confirm_headcounts(teacher, first, ids[0])
    await share_the_screen(teacher, first, observer)
    await reload_the_classroom(teacher, first, ids[0])
    await open_the_seat_twice(first)
    for page in (teacher, first, second):
        await all_controls_work(page)
    await end(teacher, first, second, observer)


async def make_the_lesson(teacher: Page, classroom: str) -> None:
    """立即开课: a registered classroom and one typed in; what is missing is said."""
    await reaches(teacher, "waiting")
    # The token leaves the address bar; the page is in this state from its first byte on.
    await teacher.wait_for_function("() => location.hash === ''", timeout=DEADLINE_MS)
    await teacher.get_by_test_id("new-lesson").click()
    form = teacher.get_by_test_id("new-lesson-form")
    await teacher.get_by_test_id("create").click()
    await says(form.get_by_role("alert"), "请至少选择一间乡村教室")
    await teacher.get_by_test_id(f"choose-{classroom}").check()
    await teacher.get_by_test_id("other-add").click()
    await teacher.get_by_test_id("other-school-0").fill("礼张完小")
    await teacher.get_by_test_id("consent-given").check()
    await teacher.get_by_test_id("consent-by").fill("")
    await teacher.get_by_test_id("create").click()
    await says(form.get_by_role("alert"), "填写登记人姓名")
    await teacher.get_by_test_id("record-wanted").uncheck()
    await teacher.get_by_test_id("minutes").fill("45")
    await teacher.get_by_test_id("subject").select_option("数")
    await all_controls_work(teacher)
    await teacher.get_by_test_id("create").click()
    await says(teacher.locator("h1"), "数学")
    await shows(teacher.get_by_test_id("own-video"), BLUE)


async def observe(teacher: Page, school: Any) -> Page:
    """The link that the teacher copies opens a page that waits, and says that the view is logged."""
    await teacher.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await teacher.get_by_test_id("copy-observer").click()
    await says(teacher.get_by_test_id("copy-observer"), "已复制")
    address = await teacher.evaluate("() => navigator.clipboard.readText()")
    assert address.startswith(f"{school.server.info.url}/observe/")
    observer = await open_in(teacher.context.browser, address)
    await says(observer.get_by_test_id("observing"), "您的观看会被记录")
    await reaches(observer, "waiting")
    assert await observer.locator("button").count() == 0, "an observer has nothing to press"
    return observer


async def join_by_code(teacher: Page, first: Page, second: Page) -> None:
    """Six digits typed into the start page; the standing page comes by itself."""
    code = (await teacher.get_by_test_id("code").first.inner_text()).replace(" ", "")
    assert re.fullmatch(r"\d{6}", code)
    await all_controls_work(first)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    await first.get_by_test_id("code").locator("input").first.focus()
    await first.keyboard.type(wrong)
    await says(first.get_by_role("alert"), "课堂码")
    await first.keyboard.type(code)
    await first.wait_for_url("**/join/*")
    for page in (first, second):
        await reaches(page, "waiting")
        await page.get_by_test_id("raise-hand").wait_for()
    await expect(teacher.get_by_text("已接入")).to_have_count(2, timeout=DEADLINE_MS)
    await all_controls_work(teacher)


async def seats(school: Any, teacher: Page) -> list[str]:
    """The ids of the first and the second classroom's seats."""
    lesson = await school.door.get(f"/api/v1/lessons/{teacher.url.rsplit('/', 1)[1]}", school.server.info.secret)
    by_school = {seat["school"]: seat["seat"] for seat in lesson["seats"]}
    return [by_school[FIRST[0]], by_school[SECOND[0]]]


async def begin(teacher: Page, first: Page, second: Page, observer: Page) -> None:
    await teacher.get_by_test_id("start").click()
    for page in (teacher, first, second, observer):
        await reaches(page, "live")
    for page in (first, second, observer):
        await shows(page.get_by_test_id("teacher-video"), BLUE)
    for page, colour in ((first, GREEN), (second, RED)):
        await shows(page.get_by_test_id("own-video"), colour)


async def note_consent_and_record(teacher: Page, first: Page, observer: Page) -> None:
    """The light is red on every page once a named person has noted the consent of every class, and not before."""
    await expect(teacher.get_by_test_id("recording-light")).to_have_attribute("data-recording", "off")
    await teacher.get_by_test_id("record").click()
    await teacher.get_by_test_id("consent-by").fill("王老师")
    await teacher.get_by_test_id("consent-note").click()
    for page in (teacher, first, observer):
        await expect(page.get_by_test_id("recording-light")).to_have_attribute(
            "data-recording", "on", timeout=DEADLINE_MS
        )
    await says(first.get_by_test_id("state-banner"), "本节课正在录制")


async def raise_hands(teacher: Page, first: Page, second: Page, ids: list[str], observer: Page) -> None:
    await second.get_by_test_id("raise-hand").click()
    await says(second.get_by_test_id("raise-hand"), "已举手 · 第 1 位")
    await first.get_by_test_id("raise-hand").click()
    await says(first.get_by_test_id("raise-hand"), "已举手 · 第 2 位")
    for page in (teacher, observer):
        await says(page.get_by_test_id(f"tile-{ids[1]}"), "第 1 个举手")
        await says(page.get_by_test_id(f"tile-{ids[0]}"), "第 2 个举手")
    await expect(teacher.get_by_test_id("hand-queue").locator("ol li")).to_contain_text(["礼张完小", "檀溪中小"])
    await teacher.get_by_test_id(f"lower-{ids[1]}").click()
    await says(teacher.get_by_test_id(f"tile-{ids[0]}"), "第 1 个举手")
    await says(second.get_by_test_id("raise-hand"), re.compile("^举手$"))


async def go_on_stage(teacher: Page, first: Page, second: Page, ids: list[str], observer: Page) -> None:
    """The first classroom's picture is on the second's screen; its hand comes down."""
    await teacher.get_by_test_id(f"stage-{ids[0]}").click()
    await says(first.get_by_role("main"), "你们在台上")
    await says(first.get_by_test_id("raise-hand"), re.compile("^举手$"))
    await says(second.get_by_role("main"), "台上：檀溪中小")
    await shows(second.get_by_test_id("stage-video"), GREEN)
    await shows(second.get_by_test_id("teacher-video"), BLUE)
    assert await first.get_by_test_id("stage-video").count() == 0, "nobody sees himself twice"
    for page in (teacher, observer):
        await says(page.get_by_test_id(f"tile-{ids[0]}"), "台上")
        await shows(page.get_by_test_id(f"video-{ids[0]}"), GREEN)
        await shows(page.get_by_test_id(f"video-{ids[1]}"), RED)


async def mute_all(teacher: Page, first: Page, second: Page, ids: list[str]) -> None:
    await teacher.get_by_test_id("mute-all").click()
    for page, seat in ((first, ids[0]), (second, ids[1])):
        await expect(page.get_by_test_id("mute")).to_have_attribute("aria-pressed", "true", timeout=DEADLINE_MS)
        await says(page.get_by_test_id("mute"), "打开麦克风")
        await says(page.get_by_test_id("state-banner"), "本教室已被静音")
        await says(teacher.get_by_test_id(f"tile-{seat}"), "已静音")
    await second.get_by_test_id("mute").click()
    await expect(second.get_by_test_id("mute")).to_have_attribute("aria-pressed", "false")
    await says(teacher.get_by_test_id(f"mute-{ids[1]}"), re.compile("^静音$"))
    await teacher.get_by_test_id(f"mute-{ids[0]}").click()
    await expect(first.get_by_test_id("mute")).to_have_attribute("aria-pressed", "false", timeout=DEADLINE_MS)


async def ask_for_help(teacher: Page, first: Page, seat: str) -> None:
    """By keyboard in the classroom; it rings at the teacher's until it is answered."""
    await first.get_by_test_id("help").press("Enter")
    await first.keyboard.press("Tab")
    await expect(first.get_by_test_id("help-no_sound")).to_be_focused()
    await first.keyboard.press("Enter")
    await expect(first.get_by_test_id("help")).to_be_focused()
    await says(first.get_by_test_id("help"), "已求助，等老师回应")
    await says(teacher.get_by_test_id(f"tile-{seat}").get_by_role("alert"), "求助：没有声音")
    await teacher.get_by_test_id(f"answer-{seat}").click()
    await says(first.get_by_test_id("help"), re.compile("^求助$"))
    await expect(teacher.get_by_test_id(f"stage-{seat}")).to_be_visible(timeout=DEADLINE_MS)


async def scan_with_a_phone(teacher: Page, first: Page, seat: str) -> None:
    """The co-teacher's phone comes in by the code on the big screen, and speaks for the classroom without its media."""
    await first.get_by_test_id("assist").click()
    code = first.get_by_test_id("assist-code")
    await code.wait_for()
    address = await code.get_attribute("data-address")
    await first.get_by_test_id("assist").click()
    phone = await open_in(first.context.browser, address)
    await phone.set_viewport_size({"width": 390, "height": 844})
    await reaches(phone, "live")
    await phone.get_by_test_id("raise-hand").click()
    await says(teacher.get_by_test_id(f"tile-{seat}"), "举手")
    await says(first.get_by_test_id("raise-hand"), "已举手")
    await phone.get_by_test_id("raise-hand").click()
    await says(first.get_by_test_id("raise-hand"), re.compile("^举手"))
    assert await phone.locator("video").count() == 0
    await all_controls_work(phone)
    await phone.context.close()


async def confirm_headcounts(teacher: Page, first: Page, seat: str) -> None:
    await says(teacher.get_by_test_id(f"tile-{seat}"), "名册 23 人，实到未确认")
    await first.get_by_test_id("headcount").click()
    await first.get_by_role("group", name="学生").get_by_role("textbox").fill("21")
    await first.get_by_role("button", name="增加 教师").click()
    await first.get_by_test_id("headcount-confirm").click()
    await says(first.get_by_test_id("headcount"), "实到 21+2 人")
    await says(teacher.get_by_test_id(f"tile-{seat}"), "实到学生 21 人，教师 2 人")
    await teacher.get_by_role("group", name="学生").get_by_role("textbox").fill("40")
    await teacher.get_by_test_id("headcount-confirm").click()
    await expect(teacher.get_by_test_id("headcount-confirm")).to_have_attribute("title", "人数已确认")


async def takes_more_room(large: Locator, small: Locator) -> None:
    """Once its place is made the one is more than twice as wide as the other."""
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while True:
            boxes = await large.bounding_box(), await small.bounding_box()
            if boxes[0] and boxes[1] and boxes[0]["width"] > 2.5 * boxes[1]["width"]:
                return
            await asyncio.sleep(0.05)


async def share_the_screen(teacher: Page, first: Page, observer: Page) -> None:
    """The screen is large, the teacher small beside it; put away, the teacher is large again."""
    await teacher.get_by_test_id("share").click()
    for page in (first, observer):
        screen, camera = page.get_by_test_id("screen-video"), page.get_by_test_id("teacher-video")
        await screen.wait_for()
        first_picture = (await screen.evaluate(SAMPLE))["sum"]
        assert first_picture != (await screen.evaluate(SAMPLE))["sum"], "the screen's picture moves"
        await takes_more_room(screen, camera)
        await shows(camera, BLUE)
    await teacher.get_by_test_id("share").click()
    await first.get_by_test_id("screen-video").wait_for(state="detached")
    await shows(first.get_by_test_id("teacher-video"), BLUE)


async def reload_the_classroom(teacher: Page, first: Page, seat: str) -> None:
    """The same seat, with its headcount, its pictures and its place on the stage."""
    await first.reload(wait_until="domcontentloaded")
    await reaches(first, "live")
    await says(first.get_by_test_id("headcount"), "实到 21+2 人")
    await says(first.get_by_role("main"), "你们在台上")
    await shows(first.get_by_test_id("teacher-video"), BLUE)
    await shows(teacher.get_by_test_id(f"video-{seat}"), GREEN)


async def open_the_seat_twice(first: Page) -> None:
    """The newest page of a seat wins, and the older says so and offers to go on."""
    other = await first.context.new_page()
    await other.goto(first.url, wait_until="domcontentloaded")
    await reaches(other, "live")
    await says(first.get_by_test_id("state-banner"), "本教室已在另一个窗口打开")
    await reaches(first, "error")
    await first.get_by_role("button", name="在这里继续").click()
    await reaches(first, "live")
    await says(other.get_by_test_id("state-banner"), "本教室已在另一个窗口打开")
    await other.close()
    await shows(first.get_by_test_id("teacher-video"), BLUE)


async def end(teacher: Page, first: Page, second: Page, observer: Page) -> None:
    """下课: the verdict with its reason and the confirmed people; the standing page waits again."""
    await teacher.get_by_test_id("end").click()
    await says(teacher.get_by_test_id("uncounted"), re.compile("尚未确认实到人数：礼张完小[^、]*，将按名册计"))
    await teacher.get_by_test_id("confirm-end").click()
    for page in (teacher, first, second, observer):
        await reaches(page, "ended")
    await says(first.get_by_test_id("summary"), "下课了，谢谢同学们")
    await says(observer.get_by_test_id("state-banner"), "本节课已结束，感谢观摩")
    summary = teacher.get_by_test_id("summary")
    activity = summary.locator("[data-testid^=activity-]").filter(has_text="实验小学 → 檀溪中小")
    await says(activity, "未计入")
    await says(activity, re.compile("不足|分钟"))
    await says(summary, "学生 21，教师 2")
    await says(summary, "学生 40，教师 1")
    await says(summary.get_by_role("row", name=re.compile("礼张完小")).first, "未确认")
    await expect(summary.get_by_role("row", name=re.compile("摄像头画面"))).to_have_count(3, timeout=DEADLINE_MS)
    await says(summary.get_by_test_id("recording-verdict"), "录像")
    await all_controls_work(teacher)
    await second.get_by_role("button", name="返回候课").click()
    await reaches(second, "waiting")
    await says(second.get_by_test_id("next"), "今天没有更多课程")
    await teacher.get_by_role("button", name="返回我的课堂").click()
    await says(teacher.get_by_role("row", name=re.compile("数学")), "未计入")
    await all_controls_work(teacher)


# -- ways that lead nowhere


async def test_a_link_or_code_that_leads_nowhere_is_told_in_one_sentence(school, open_page) -> None:
    url = school.server.info.url
    expected = {
        "/join/AAAAAAAAAAAAAAAAAAAAAA": "链接已过期或已作废",
        "/observe/AAAAAAAAAAAAAAAAAAAAAA": "观摩链接已过期或已作废",
        "/teach": "请用您的教师链接打开",
        "/join/AAAA": "没有这个页面",
    }
    for path, sentence in expected.items():
        page = await open_page(url + path)
        await says(page.locator("body"), sentence)
        await all_controls_work(page)
        await page.context.close()
    room = await open_page(f"{url}/room/AAAAAAAAAAAAAAAAAAAAAA")
    await says(room.get_by_test_id("state-banner"), "无法进入课堂")
    await says(room.get_by_role("link"), "回到首页")
    stranger = await open_page(f"{url}/teach#AAAAAAAAAAAAAAAAAAAAAA")
    await says(stranger.get_by_test_id("state-banner").get_by_role("link"), "回到首页")
    await expect(stranger.locator("body")).not_to_contain_text("正在加载")
    await all_controls_work(stranger)
    door = await open_page(url)
    await door.get_by_test_id("teacher-link").fill("https://example.org/teach#token")
    await door.get_by_role("button", name="打开").first.click()
    await says(door.get_by_role("alert"), "这不是本系统的课堂链接")
    await door.get_by_test_id("code").locator("input").first.focus()
    await door.keyboard.type("000000")
    await says(door.get_by_role("alert").last, "课堂码")
    await all_controls_work(door)


async def test_pages_of_a_lesson_wait_for_it_and_say_when_it_is_not_held(school, open_page) -> None:
    # One that begins now opens by itself with the server's next look at the plans.
    made = await school.lesson(start=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    classroom, observer = await open_page(made["seats"][0]["page"]), await open_page(made["observer"]["page"])
    await says(classroom.locator("body"), "还没到上课时间，到时会自动进入")
    await says(observer.locator("body"), "还没到上课时间，开课后画面会自动出现")
    await school.door.post(f"/api/v1/lessons/{made['lesson']}/cancel", school.server.info.secret)
    for page in (classroom, observer):
        await reaches(page, "ended")
        await says(page.locator("body"), "这节课没有举行")
        await page.reload(wait_until="domcontentloaded")
        await says(page.get_by_test_id("state-banner"), "这节课已经结束")


async def test_a_standing_page_renews_itself_when_what_it_was_built_with_is_gone(school, open_page) -> None:
    """After an upgrade the server has other files: the page that stood open takes the new one by itself."""
    earlier = await school.lesson()
    await school.door.post(f"/api/v1/lessons/{earlier['lesson']}/cancel", school.server.info.secret)
    page = await open_page((await school.link("classroom", "檀溪中小", "一号教室"))["page"])
    await reaches(page, "waiting")
    gone: list[str] = []

    async def refuse(route: Any) -> None:
        gone.append(route.request.url)
        await route.fulfill(status=404, body="")

    await page.route("**/assets/Classroom-*.js", refuse, times=1)
    made = await school.lesson()
    teacher = await open_page(f"{made['teacher']['page'].replace('#', '?autostart=1#')}")
    await reaches(teacher, "live")
    await reaches(page, "live")
    assert len(gone) == 1
