"""A month from the lesson to the next month's paper, as those see it who answer for it.

A school takes a lesson out and files 附件3; the bureau signs and sends 附件2; then the lesson turns out to have been
held. What was sent stays as it was sent, and the open month carries the 补计, each number leading down to that lesson.
"""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import TOWN, VILLAGE, County

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(180)]


async def unsent_month(county: County) -> str:
    """The oldest month of the sample that is not sent: it has two weeks of lessons, whatever day it is."""
    months = (await county.call("GET", "/months"))["months"]
    held = [each["month"] for each in months if each["state"] not in ("sent", "future")]
    counted = [month for month in sorted(held)[-3:] if await counted_lessons(county, month)]
    return str(counted[0])


async def counted_lessons(county: County, month: str) -> list[Any]:
    pair = await county.pair()
    address = f"/activities?month={month}&pair={pair['id']}&kind=sync&state=counted&limit=200"
    return list((await county.call("GET", address))["items"])


async def correct(page: Page, cancelled: str, reason: str) -> None:
    """申请更正 of the activity that is open, by what the dialog asks of its cancellation."""
    await page.get_by_test_id("activity").get_by_role("button", name="申请更正").click()
    dialog = page.get_by_role("dialog", name="申请更正")
    await dialog.get_by_label("已取消或录错，作废").select_option(cancelled)
    await dialog.get_by_test_id("reason").fill(reason)
    await dialog.get_by_test_id("send-word").click()
    await expect(dialog).to_have_count(0)


async def test_a_month_is_filed_sent_and_corrected_in_the_next(county: County) -> None:
    pair, month = await county.pair(), await unsent_month(county)
    lessons = await counted_lessons(county, month)
    lesson = lessons[0]
    school = await county.officer("tanxi", "school_officer", VILLAGE)
    bureau = await county.officer("pujiao", "bureau_officer")

    # The month is open: what the school says holds at once.
    form = f"{county.url}/school/return/{month}/{pair['id']}"
    await school.goto(form)
    number = school.locator("[data-key='sync.count'] button")
    await expect(number).to_have_text(str(len(lessons)))
    await number.click()
    await school.get_by_test_id("parts").locator("table").first.locator("tbody tr").first.get_by_role("button").click()
    activity = school.get_by_test_id("activity")
    await expect(activity).to_contain_text(lesson["id"])
    await correct(school, "yes", "当天停课")
    await expect(activity.get_by_test_id("verdict")).to_have_text("不计")

    # It files without that lesson.
    await school.goto(form)
    await expect(number).to_have_text(str(len(lessons) - 1))
    await school.get_by_test_id("text-highlights").fill("两校老师一起备课")
    await school.get_by_test_id("submit").click()
    await school.get_by_test_id("submit-really").click()
    await expect(school.get_by_test_id("filing")).to_have_text("已提交，等教育局接收")

    # The bureau signs and sends; the paper on screen counts what the forms count.
    await bureau.goto(f"{county.url}/bureau/returns/{month}/bureau")
    forms = (await county.call("GET", f"/returns?month={month}"))["items"]
    total = sum(each["sync_count"] for each in forms)
    await expect(bureau.locator("[data-key='sync.count'] button")).to_have_text(str(total))
    await bureau.get_by_test_id("sign").click()
    await bureau.get_by_test_id("sign-name").fill("局领导")
    await bureau.get_by_test_id("sign-really").click()
    await bureau.get_by_test_id("send").click()
    await bureau.get_by_test_id("send-really").click()
    await expect(bureau.get_by_role("status")).to_contain_text("已锁定")

    # Now the school can only propose, and says why.
    await school.goto(f"{county.url}/school/activities?month={month}")
    await school.locator(f"tr[data-activity='{lesson['id']}']").click()
    await correct(school, "no", "停课通知发错了班，这节课照常上了")
    await expect(activity.get_by_test_id("words")).to_contain_text("等待教育局审核")
    await expect(activity.get_by_test_id("verdict")).to_have_text("不计")

    await bureau.get_by_role("link", name="待确认", exact=True).click()
    proposed = bureau.get_by_test_id("words").locator("li")
    await expect(proposed).to_contain_text(f"{TOWN} → {VILLAGE}")
    await proposed.get_by_role("button", name="同意", exact=True).click()
    dialog = bureau.get_by_role("dialog", name="同意")
    await dialog.get_by_label("理由").fill("已核对连接记录")
    await dialog.get_by_role("button", name="同意").click()
    await expect(proposed).to_have_count(0)

    # What was sent stays; the open month carries the 补计 in its number and in 其他, and leads down to the lesson.
    detail = await county.call("GET", f"/activities/{lesson['id']}")
    [adjustment] = detail["adjustments"]
    assert (adjustment["words"], adjustment["count"]) == ("补计", 1)
    assert adjustment["into_month"] > month
    sent = await county.call("GET", f"/returns/{month}/{pair['id']}")
    assert sent["cells"]["sync.count"]["printed"] == str(len(lessons) - 1)
    assert (await county.call("GET", f"/returns/{month}/bureau"))["cells"]["sync.count"]["printed"] == str(total)

    own = len(await counted_lessons(county, adjustment["into_month"]))
    await school.goto(f"{county.url}/school/return/{adjustment['into_month']}/{pair['id']}")
    await expect(school.locator("[data-key='other']")).to_contain_text(
        f"补计{month[:4]}年{int(month[5:])}月城乡同步课堂1节"
    )
    await expect(number).to_have_text(str(own + 1))
    await number.click()
    line = school.get_by_test_id("parts").locator("tbody tr").filter(has_text="补计")
    await line.get_by_role("button").click()
    await expect(activity).to_contain_text(lesson["id"])
    await expect(activity.get_by_test_id("verdict")).to_have_text("计入")
    await expect(activity.get_by_test_id("words")).to_contain_text("已核对连接记录")
