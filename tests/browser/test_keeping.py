"""The register of consents and the desk of recordings, as two schools' officers and the bureau use them."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from classroom.ledger.months import local_date
from tests.browser.conftest import TOWN, VILLAGE, County
from tests.signaling.test_exports import plant

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(180)]
DEADLINE_MS = 40_000
# As a page of the desk would: with the session's cookie alone.
ASK = """
async ([method, path, body]) => {
  const told = body === null ? {} : {headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)}
  const answer = await fetch('/api/v1' + path, {method, ...told})
  const json = answer.headers.get('Content-Type')?.includes('json')
  return [answer.status, json ? await answer.json() : (await answer.arrayBuffer()).byteLength]
}
"""


async def recorded(county: County) -> tuple[str, str]:
    """The village's latest lesson has a recording whose end is near; and the village's class in it."""
    with sqlite3.connect(county.data / "classroom.db") as database:
        [lesson, class_id] = database.execute(
            "SELECT lessons.id, class_id FROM lessons JOIN lesson_seats ON lesson = lessons.id"
            " JOIN schools rural ON rural.id = school JOIN schools town ON town.id = supporter"
            " WHERE lessons.state = 'ended' AND NOT cancelled AND town.name = ? AND rural.name = ?"
            " ORDER BY start_at DESC LIMIT 1",
            (TOWN, VILLAGE),
        ).fetchone()
        today = local_date(datetime.now(UTC))
        database.execute("UPDATE lessons SET recorded = 1 WHERE id = ?", (lesson,))
        database.execute(
            "INSERT INTO recordings (lesson, state, ended_on, warned_on, bytes) VALUES (?, 'kept', ?, ?, 734003200)",
            (lesson, (today - timedelta(days=170)).isoformat(), (today - timedelta(days=4)).isoformat()),
        )
    await plant(county.data, lesson)
    return str(lesson), str(class_id)


async def decide(page: Page, reason: str, button: str) -> None:
    dialog = page.get_by_role("dialog")
    await dialog.locator("textarea").fill(reason)
    await dialog.get_by_role("button", name=button).click()
    await expect(dialog).to_have_count(0)


async def test_a_recording_is_asked_for_held_watched_sealed_and_erased_and_the_log_tells_it(county: County) -> None:
    lesson, class_id = await recorded(county)
    town = await county.officer("town-keeper", "school_officer", TOWN)
    line = await the_school_asks(county, town, lesson)
    bureau = await county.officer("puji", "bureau_officer")
    held = await the_bureau_answers(county, bureau, lesson)
    await every_view_is_logged(county, bureau, lesson)

    village = await county.officer("tanxi", "school_officer", VILLAGE)
    await the_class_withdraws(county, village, class_id)
    # Held as it is nobody erases it; it is the bureau's to lift that.
    await village.goto(f"{county.url}/school/recordings")
    sealed = village.get_by_test_id(f"recording-{lesson}")
    await expect(sealed).to_contain_text("撤回了同意")
    await expect(sealed.get_by_test_id("step-erase")).to_have_count(0)
    await held.get_by_test_id("step-release").click()
    await bureau.get_by_role("dialog").get_by_role("button", name="解除法律保留").click()
    await expect(held.get_by_test_id("step-release")).to_have_count(0)
    await the_village_erases(county, village, lesson)
    await town.reload()
    await expect(line).to_contain_text("班级撤回同意")
    await the_log(county, bureau)


async def the_school_asks(county: County, page: Page, lesson: str) -> Locator:
    """For longer keeping, and to publish it without pupils, which is its own to allow."""
    await page.goto(f"{county.url}/school/recordings")
    line = page.get_by_test_id(f"recording-{lesson}")
    await expect(line).to_contain_text("还有 10 天")
    await line.get_by_test_id("step-extend").click()
    await decide(page, "县级公开课", "申请延期")
    await expect(line).to_contain_text("申请延期（")
    await line.get_by_test_id("step-publish").click()
    await decide(page, "编入点播课程", "申请发布")
    await line.get_by_test_id("agree").click()
    await expect(line).to_contain_text("已批准")
    return line


async def the_bureau_answers(county: County, page: Page, lesson: str) -> Locator:
    await page.goto(f"{county.url}/bureau/recordings")
    await page.get_by_test_id("tab-waiting").click()
    line = page.get_by_test_id(f"recording-{lesson}")
    await line.get_by_test_id("step-answer").click()
    await page.get_by_role("dialog").get_by_role("button", name="同意延期").click()
    await page.get_by_test_id("tab-all").click()
    await expect(line).to_contain_text("已延期到")
    await line.get_by_test_id("step-hold").click()
    await decide(page, "案件调查", "设法律保留")
    await expect(line).to_contain_text("法律保留（")
    await expect(line.get_by_test_id("step-erase")).to_have_count(0)
    return line


async def every_view_is_logged(county: County, page: Page, lesson: str) -> None:
    """Before the recording is opened none of its pictures is to be had; opening it, and saving it, are rows."""
    base = f"/recordings/{lesson}"
    for path in (f"{base}/preview", f"{base}/pages", f"{base}/courseware/{'a' * 12}/pages/1", f"{base}/files/x.webm"):
        assert (await page.evaluate(ASK, ["GET", path, None]))[0] == 401, path
    assert await views(county, lesson) == []
    async with page.context.expect_page() as opening:
        await page.get_by_test_id(f"recording-{lesson}").get_by_role("link", name="观看").click()
    theatre = await opening.value
    await theatre.get_by_test_id("big-play").click(timeout=DEADLINE_MS)
    await theatre.wait_for_function("() => window.__classroom.at_s() > 0.5", timeout=DEADLINE_MS)
    assert (await theatre.evaluate(ASK, ["GET", f"{base}/preview", None]))[0] == 200
    assert (await theatre.evaluate(ASK, ["GET", f"{base}/pages", None]))[0] == 200
    await theatre.close()
    exports = f"/lessons/{lesson}/exports"
    status, made = await page.evaluate(ASK, ["POST", exports, {"layout": "teacher"}])
    assert status == 202, made
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while (await page.evaluate(ASK, ["GET", exports, None]))[1]["exports"][0]["state"] != "ready":
            await asyncio.sleep(0.1)
    _, ticket = await page.evaluate(ASK, ["POST", f"{exports}/{made['id']}/ticket", None])
    status, size = await page.evaluate(ASK, ["GET", ticket["path"].removeprefix("/api/v1"), None])
    assert status == 200 and size > 10_000
    assert await views(county, lesson) == ["recording.downloaded", "recording.exported", "recording.played"]


async def views(county: County, lesson: str) -> list[str]:
    """What the log says of who saw it, the latest first."""
    rows: Any = await county.call("GET", f"/audit?action=recording.&subject=lesson:{lesson}&limit=100")
    seen = ("recording.played", "recording.exported", "recording.downloaded")
    return [row["action"] for row in rows["items"] if row["action"] in seen]


async def the_class_withdraws(county: County, page: Page, class_id: str) -> None:
    await page.goto(f"{county.url}/school/consents")
    line = page.get_by_test_id(f"consent-{class_id}")
    await line.get_by_test_id("note-recording").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_test_id("consent-save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("请填写")
    await dialog.get_by_test_id("consent-reference").fill("档案柜 3-2")
    await dialog.get_by_test_id("consent-save").click()
    standing = line.locator("[data-standing]").first
    await expect(standing).to_have_text("有效")
    await line.get_by_test_id("withdraw-recording").click()
    await expect(dialog).to_contain_text("立即停止")
    await decide(page, "家长来信", "撤回录制同意")
    await expect(standing).to_have_text("已撤回")


async def the_village_erases(county: County, page: Page, lesson: str) -> None:
    await page.get_by_test_id("tab-waiting").click()
    sealed = page.get_by_test_id(f"recording-{lesson}")
    await sealed.get_by_test_id("step-erase").click()
    await expect(page.get_by_role("dialog")).to_contain_text("无法恢复")
    await decide(page, "家长要求删除", "立即删除")
    await expect(page.get_by_test_id("empty")).to_be_visible()
    await page.get_by_test_id("tab-erased").click()
    await expect(page.get_by_test_id(f"recording-{lesson}")).to_contain_text("班级撤回同意")
    assert not (county.data / "recordings" / lesson).exists()


async def the_log(county: County, page: Page) -> None:
    """In words on the bureau's desk: who saw it, who saved it, who decided what."""
    await page.goto(f"{county.url}/admin/audit")
    log = page.get_by_test_id("audit").locator("tbody")
    for who, what in (
        ("puji老师", "播放录像"),
        ("puji老师", "下载录像"),
        ("puji老师", "对录像设法律保留"),
        ("tanxi老师", "撤回家长同意"),
        ("tanxi老师", "班级撤回同意，封存录像"),
        ("tanxi老师", "开始删除录像"),
    ):
        await expect(log.locator("tr").filter(has_text=what).filter(has_text=who).first).to_be_visible()
