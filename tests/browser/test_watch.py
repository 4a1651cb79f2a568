"""A recorded lesson in the player: the clock in its pictures is the one on the time bar, in all streams at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from playwright.async_api import Page, expect

from classroom.relay.client import ClipPublisher
from recorder.library import Library
from recorder.manifest import Manifest
from signaling.demo.clip import load_clip, read_number
from signaling.demo.plan import ClipPlan
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]

DEADLINE_MS = 40_000
TEACHER = ClipPlan("实验小学", (150, 40, 30), 880, width=320, height=180, fps=15, seconds=60)
SCREEN = ClipPlan("课件", (90, 90, 90), 440, codec="h264", width=320, height=180, fps=15, seconds=60)
RURAL = ClipPlan("檀溪中小", (40, 130, 30), 660, width=320, height=180, fps=15, seconds=60)
# The player's clock and the number in the picture of every film, at one moment.
LOOK = """
() => {
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d', {willReadFrequently: true})
  canvas.width = 320; canvas.height = 180
  const found = {at_s: window.__classroom.at_s(), numbers: {}}
  for (const video of document.querySelectorAll('[data-testid^=film-] video:not([hidden])')) {
    if (video.readyState < 2) continue
    context.drawImage(video, 0, 0, 320, 180)
    let number = 0
    for (let bit = 0; bit < 16; bit++)
      number = number << 1 | context.getImageData(bit * 20 + 10, 175, 1, 1).data[1] > 127
    found.numbers[video.closest('figure').dataset.testid.slice(5)] = number
  }
  return found
}
"""


class Recorded:
    """A lesson that is over, with its recording."""

    def __init__(self, school: Any, made: Any, manifest: Manifest) -> None:
        self.school, self.made, self.manifest = school, made, manifest
        self.lesson: str = made["lesson"]
        self.rural: str = made["seats"][0]["seat"]
        self._times: dict[str, dict[int, float]] = {}

    @property
    def page(self) -> str:
        """The teacher's, which shows the summary now."""
        return str(self.school.door.absolute(self.made["teacher"]["page"]))

    @property
    def watch(self) -> str:
        return f"{self.school.server.info.url}/watch/{self.lesson}"

    def time_of(self, key: str, number: int) -> float:
        """When this picture stands in the recording, by decoding the files: seconds."""
        if key not in self._times:
            folder = self.school.data / "recordings" / self.lesson
            stream = next(s for s in self.manifest.streams if f"{s.seat}/{s.source}" == key)
            self._times[key] = {}
            for file in stream.files:
                with av.open(str(folder / file.name)) as container:
                    for frame in container.decode(container.streams.video[0]):
                        shown = read_number(frame.to_ndarray(format="gray"))
                        self._times[key].setdefault(shown, file.offset_s + float(frame.time or 0))
        return self._times[key][number]


@pytest.fixture
async def recorded(school: Any, tmp_path: Path) -> AsyncIterator[Recorded]:
    """Half a minute: teacher, slides, and a classroom whose line is cut for some seconds."""
    made = await school.lesson(
        recipients=[{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}], record=True, consent_by="演示"
    )
    lesson, rural = made["lesson"], made["seats"][0]
    library = Library(school.data / "recordings")
    clips = [await asyncio.to_thread(load_clip, plan, tmp_path) for plan in (TEACHER, SCREEN, RURAL)]
    publishers: list[ClipPublisher] = []

    async def publish(clip: Any, seat: str, source: str, token: str) -> ClipPublisher:
        publisher = ClipPublisher(clip)
        publishers.append(publisher)
        await publisher.start(school.door.post_sdp, f"/whip/{lesson}/{seat}/{source}", token)
        return publisher

    async def until(seat: str, seconds: float) -> None:
        """Until the files of a seat's camera reach this far in the recording."""
        async with asyncio.timeout(60):
            while True:
                found = await asyncio.to_thread(library.current, lesson)
                streams = [s for s in found.streams if (s.seat, s.source) == (seat, "camera")] if found else []
                if any(file.offset_s + file.seconds >= seconds for s in streams for file in s.files):
                    return
                await asyncio.sleep(0.2)

    try:
        teacher = made["teacher"]["token"]
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{school.door.url}/ws/{lesson}") as socket:
            await socket.send_json({"type": "hello", "token": teacher, "device": "pc", "version": 1})
            await socket.send_json({"type": "start"})
            async with asyncio.timeout(20):
                while (await socket.receive_json()).get("lesson", {}).get("state") != "live":
                    continue
            await publish(clips[0], "teacher", "camera", teacher)
            await publish(clips[1], "teacher", "screen", teacher)
            cut = await publish(clips[2], rural["seat"], "camera", rural["token"])
            await until(rural["seat"], 7.0)
            await cut.close()
            await until("teacher", 12.0)
            await publish(clips[2], rural["seat"], "camera", rural["token"])
            await until(rural["seat"], 20.0)
            await school.door.post(f"/api/v1/lessons/{lesson}/end", school.server.info.secret)
    finally:
        for publisher in publishers:
            await publisher.close()
    async with asyncio.timeout(20):
        while (manifest := library.manifest(lesson)) is None or manifest.stopped_at is None:
            await asyncio.sleep(0.05)
    yield Recorded(school, made, manifest)


async def in_time(page: Page, recorded: Recorded, keys: set[str]) -> None:
    """Returns when these streams show, at one moment, what was to be seen at the time of the bar and of one another."""
    seen: Any = None
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while True:
            seen = await page.evaluate(LOOK)
            if keys <= seen["numbers"].keys():
                times = {key: recorded.time_of(key, number) for key, number in seen["numbers"].items() if key in keys}
                off = {key: at - seen["at_s"] for key, at in times.items()}
                if max(map(abs, off.values())) <= 0.15 and max(off.values()) - min(off.values()) <= 0.15:
                    return
            await asyncio.sleep(0.05)


async def test_a_lesson_is_watched_in_time_with_its_gap_its_comments_and_its_row_in_the_log(
    recorded: Recorded, open_page: Any
) -> None:
    page = await open_page(recorded.page)
    await page.get_by_test_id("watch").click()
    await page.wait_for_url(f"**/watch/{recorded.lesson}")
    await page.get_by_test_id("big-play").click()
    everybody = {"teacher/camera", "teacher/screen", f"{recorded.rural}/camera"}
    await page.wait_for_function("() => window.__classroom.at_s() > 1.5")
    await in_time(page, recorded, everybody)
    await the_large_one(page, recorded)
    await seek(page, recorded, everybody)
    await fast_and_slow(page, recorded, everybody)
    await keys(page)
    await the_gap(page, recorded)
    await comments(page, recorded)
    await review(page)
    await the_preview(page)
    await by_account(recorded, open_page)
    await expect(page.get_by_test_id("watermark")).to_contain_text("主讲教师")
    await stop_and_come_back(page, recorded)
    log = await recorded.school.door.get("/api/v1/audit?action=recording.played", recorded.school.server.info.secret)
    # Opened by the teacher and by the inspector, and again after the reload; never once for a part of a file.
    assert [line["actor_kind"] for line in log["items"]] == ["link", "account", "link"]
    assert {line["subject"] for line in log["items"]} == {f"lesson:{recorded.lesson}"}


async def the_large_one(page: Page, recorded: Recorded) -> None:
    """What the class looked at, the slides, until somebody chooses."""
    large = page.locator(".film.large")
    await expect(large).to_have_attribute("data-testid", "film-teacher/screen")
    await page.get_by_test_id(f"film-{recorded.rural}/camera").locator(".choose").click()
    await expect(large).to_have_attribute("data-testid", f"film-{recorded.rural}/camera")


async def seek(page: Page, recorded: Recorded, everybody: set[str]) -> None:
    """By the bar, and by the keys: tenths, and five seconds."""
    bar = page.get_by_test_id("time-bar")
    box = await bar.bounding_box()
    assert box is not None
    all_s = float(await bar.get_attribute("aria-valuemax") or 0)
    await bar.click(position={"x": box["width"] * 4 / all_s, "y": 14})
    assert abs(await page.evaluate("() => window.__classroom.at_s()") - 4) < 1.5
    await in_time(page, recorded, everybody)
    await page.keyboard.press("7")
    assert abs(await page.evaluate("() => window.__classroom.at_s()") - 0.7 * all_s) < 1.5
    await in_time(page, recorded, everybody)
    before = await page.evaluate("() => window.__classroom.at_s()")
    await page.keyboard.press("ArrowLeft")
    assert -5.5 < await page.evaluate("() => window.__classroom.at_s()") - before < -3


async def fast_and_slow(page: Page, recorded: Recorded, everybody: set[str]) -> None:
    for speed in ("2", "0.5"):
        await page.keyboard.press("1")
        await page.get_by_test_id("speed").select_option(speed)
        await in_time(page, recorded, everybody)
    await page.get_by_test_id("speed").select_option("1")
    await page.locator("body").click(position={"x": 5, "y": 5})


async def keys(page: Page) -> None:
    """Silence, and the whole screen, which takes the viewer's name along."""
    for loudness in (0, 1):
        await page.keyboard.press("m")
        volumes = await page.locator(".film video:not([hidden])").evaluate_all("all => all.map(each => each.volume)")
        assert set(volumes) == {loudness}
    await page.keyboard.press("f")
    await page.wait_for_function("() => document.fullscreenElement?.querySelector('[data-testid=watermark]')")
    await page.keyboard.press("f")
    await page.wait_for_function("() => !document.fullscreenElement")
    await page.keyboard.press(">")
    assert await page.get_by_test_id("speed").input_value() == "1.25"
    await page.keyboard.press("<")


async def the_gap(page: Page, recorded: Recorded) -> None:
    """In the gap a card in the place of the picture, and marks on the bar; behind it the picture is there again."""
    key = f"{recorded.rural}/camera"
    stream = next(s for s in recorded.manifest.streams if s.seat == recorded.rural)
    gap = max(stream.gaps, key=lambda gap: gap.to_s - gap.from_s)
    assert gap.to_s - gap.from_s >= 3 and len(stream.files) == 2
    bar = page.get_by_test_id("time-bar")
    box, all_s = await bar.bounding_box(), float(await bar.get_attribute("aria-valuemax") or 0)
    assert box is not None
    middle = {"x": box["width"] * (gap.from_s + gap.to_s) / 2 / all_s, "y": 14}
    await bar.hover(position=middle)
    await expect(page.get_by_test_id("bubble")).to_contain_text("没有录到")
    await bar.click(position=middle)
    card = page.get_by_test_id(f"card-{key}")
    await expect(card).to_contain_text(re.compile(rf"没有录到，缺 {round(gap.to_s - gap.from_s)} 秒"))
    assert await page.get_by_test_id("bar-gap").count() >= 1
    await in_time(page, recorded, {"teacher/camera", "teacher/screen"})
    await page.wait_for_function(f"() => window.__classroom.at_s() > {gap.to_s + 0.5}", timeout=DEADLINE_MS)
    await expect(card).to_be_hidden()
    await in_time(page, recorded, {"teacher/camera", key})


async def comments(page: Page, recorded: Recorded) -> None:
    """Said at a moment, listed, jumped to, taken back; while the server refuses them the pictures go on."""
    await page.get_by_test_id("tab-comments").click()
    await page.keyboard.press("2")
    text = page.get_by_test_id("comment-text")
    await text.fill("提问很有层次 <b>好</b>")
    await page.get_by_test_id("comment-send").click()
    said = page.get_by_test_id("comment")
    await expect(said).to_have_count(1)
    await expect(said).to_contain_text("提问很有层次 <b>好</b>")
    await expect(said).to_contain_text("主讲教师")
    await page.locator("body").click(position={"x": 5, "y": 5})
    await page.keyboard.press("9")
    jump = page.get_by_test_id("comment-jump")
    minutes, seconds = (await jump.inner_text()).split(":")
    await jump.click()
    assert -0.5 < await page.evaluate("() => window.__classroom.at_s()") - int(minutes) * 60 - int(seconds) < 2.5
    await page.route("**/comments", lambda route: route.abort())
    await text.fill("又一句")
    await page.get_by_test_id("comment-send").click()
    await expect(page.locator(".say [role=alert]")).to_contain_text("连接不上服务器")
    await page.unroute("**/comments")
    await in_time(page, recorded, {"teacher/camera"})
    await page.get_by_test_id("comment-delete").click()
    await page.get_by_test_id("comment-delete").click()
    await expect(said).to_have_count(0)


async def review(page: Page) -> None:
    """听课评课表: begun at a moment, kept while one looks elsewhere, submitted, printed, jumped from."""
    await page.get_by_test_id("tab-reviews").click()
    await page.get_by_test_id("review-write").click()
    step = page.get_by_test_id("review-step").first
    await step.get_by_test_id("review-now").click()
    await step.locator("textarea").fill("情境引入自然")
    await page.get_by_test_id("tab-comments").click()
    await page.get_by_test_id("tab-reviews").click()
    await page.get_by_test_id("review-verdict").nth(2).select_option(label="较好")
    await page.get_by_test_id("review-advice").fill("请乡村教室先说")
    await page.get_by_test_id("review-submit").click()
    sheet = page.get_by_test_id("review")
    for words in ("情境引入自然", "城乡互动 较好", "请乡村教室先说"):
        await expect(sheet).to_contain_text(words)
    async with page.expect_download() as saving:
        await sheet.get_by_test_id("review-pdf").click()
    saved = await saving.value
    assert saved.suggested_filename.endswith("主讲教师.pdf")
    assert (await saved.path()).read_bytes().startswith(b"%PDF")


async def the_preview(page: Page) -> None:
    """It comes into the page that was opened before it was made."""
    await page.get_by_test_id("time-bar").hover(position={"x": 100, "y": 14})
    picture = page.get_by_test_id("hover-picture")
    await expect(picture).to_be_visible(timeout=DEADLINE_MS)
    address = await picture.evaluate("each => each.style.backgroundImage.slice(5, -2)")
    size = await page.evaluate(
        "address => new Promise(ok => { const i = new Image(); i.onload = () => ok(i.width); i.src = address })",
        address,
    )
    assert size == 1600
    await page.get_by_test_id("tab-chapters").click()
    await expect(page.get_by_test_id("chapter-0")).to_be_visible()


async def by_account(recorded: Recorded, open_page: Any) -> None:
    """An inspector signs in and sees it under his name, by the cookies of his browser alone."""
    school, url = recorded.school, recorded.school.server.info.url
    body = {"login": "xu", "name": "徐督学", "role": "inspector"}
    made = await school.door.post("/api/v1/accounts", school.server.info.secret, body)
    page = await open_page(f"{url}/login?to=%2Fwatch%2F{recorded.lesson}")
    await sign_in(page, made["password"])
    fields = page.locator("input[type=password]")
    await expect(fields).to_have_count(3)
    for place, password in enumerate((made["password"], PASSWORD, PASSWORD)):
        await fields.nth(place).fill(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/bureau")
    await page.goto(f"{url}/login?to=%2Fwatch%2F{recorded.lesson}")
    await sign_in(page, PASSWORD)
    await page.wait_for_url(f"**/watch/{recorded.lesson}")
    await expect(page.get_by_test_id("watermark")).to_contain_text("徐督学")
    await page.get_by_test_id("big-play").click()
    await in_time(page, recorded, {"teacher/camera", "teacher/screen"})


async def sign_in(page: Page, password: str) -> None:
    await page.get_by_test_id("login").fill("xu")
    await page.get_by_test_id("password").fill(password)
    await page.get_by_test_id("sign-in").click()


async def stop_and_come_back(page: Page, recorded: Recorded) -> None:
    await page.locator("body").click(position={"x": 5, "y": 5})
    await page.keyboard.press("6")
    await page.keyboard.press(" ")
    stopped = await page.evaluate("() => window.__classroom.at_s()")
    await page.reload()
    await expect(page.get_by_test_id("resumed")).to_contain_text("已从上次停下的")
    assert abs(await page.evaluate("() => window.__classroom.at_s()") - stopped) <= 1


async def test_who_may_not_watch_gets_a_plain_sentence_and_no_byte(school: Any, open_page: Any) -> None:
    made = await school.lesson()
    lesson, url = made["lesson"], school.server.info.url
    folder = school.data / "recordings" / lesson
    page = await open_page(f"{url}/watch/{lesson}")
    await expect(page.get_by_test_id("refusal")).to_contain_text("请登录后再打开")
    assert await page.get_by_role("link", name="登录").get_attribute("href") == f"/login?to=%2Fwatch%2F{lesson}"
    room = await open_page(f"{url}/watch/{lesson}#{made['seats'][0]['token']}")
    await expect(room.get_by_test_id("refusal")).to_contain_text("您没有这项权限")
    other = await open_page(f"{url}/watch/{lesson}#{(await school.link('teacher', '南苑小学'))['token']}")
    await expect(other.get_by_test_id("refusal")).to_contain_text("没有这节课")
    own = await open_page(f"{url}/watch/{lesson}#{made['teacher']['token']}")
    await expect(own.get_by_test_id("refusal")).to_contain_text("这节课没有录像")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "teacher.camera.0001.webm").write_bytes(b"secret" * 100)
    for each in (page, room, other):
        answer = await each.evaluate(
            "async path => { const got = await fetch(path); return [got.status, await got.text()] }",
            f"/api/v1/recordings/{lesson}/files/teacher.camera.0001.webm",
        )
        assert answer[0] == 401 and "secret" not in answer[1]
        assert await each.locator("video").count() == 0
