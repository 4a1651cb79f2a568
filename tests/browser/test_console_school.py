"""The school's desk as an officer uses it: what is missing, where a number comes from, what the log does not know.

A real server over the sample county; every officer sits at a browser of their own. What the page did is asked of the
server, not of the page.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from classroom.ledger.months import SHANGHAI
from tests.browser.conftest import TOWN, VILLAGE, County, row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c636000000200"
    "0001e221bc330000000049454e44ae426082"
)


async def answered(page: Page, method: str, path: str, act: Callable[[], Awaitable[None]]) -> Any:
    """What the server answered to what the page then asked."""
    async with page.expect_response(
        lambda response: response.request.method == method and re.search(path, response.url) is not None
    ) as waiting:
        await act()
    response = await waiting.value
    return await response.json()


async def test_the_month_says_what_is_missing_and_one_button_files_it(county: County) -> None:
    pair, month = await county.pair(), await county.current()
    page = await county.officer("tanxi", "school_officer", VILLAGE)

    await expect(page.get_by_test_id("due")).to_contain_text("附件3 请在")
    card = page.get_by_test_id("pair-card")
    await expect(card).to_contain_text(f"{TOWN} → {VILLAGE}")
    missing = card.get_by_test_id("missing").locator("li")
    contact = missing.filter(has_text="未填乡村学校联系人")
    await contact.get_by_role("link", name="去填写").click()

    # The other side's contact is not this school's to say.
    await page.wait_for_url(f"**/school/pairs/{pair['id']}")
    theirs = page.locator("tr[data-field=contact_supporter]")
    await expect(theirs).to_contain_text("由教育局登记")
    await page.locator("tr[data-field=contact_recipient]").get_by_role("button", name="登记").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("姓名").fill("甲老师")
    await dialog.get_by_label("电话").fill("059305")
    await dialog.get_by_test_id("save-fact").click()
    await expect(page.locator("tr[data-field=contact_recipient]")).to_contain_text("059305")

    await page.goto(f"{county.url}/school")
    await expect(missing.filter(has_text="未填乡村学校联系人")).to_have_count(0)
    await page.get_by_test_id("open-return").click()
    await expect(page.locator("[data-key='recipient.phone']")).to_have_text("059305")
    await page.get_by_test_id("text-highlights").fill("两校老师一起备课")
    await page.get_by_test_id("submit").click()
    await page.get_by_test_id("submit-really").click()
    await expect(page.get_by_test_id("filing")).to_have_text("已提交，等教育局接收")
    await expect(page.locator("[data-key='highlights']")).to_contain_text("两校老师一起备课")
    await expect(page.get_by_test_id("text-highlights")).to_be_disabled()

    filed = await county.call("GET", f"/returns/{month}/{pair['id']}")
    assert (filed["state"], filed["frozen"], filed["filer"]) == ("submitted", True, "tanxi老师")
    assert filed["cells"]["highlights"]["value"] == "两校老师一起备课"


async def test_a_number_opens_the_lessons_it_is_made_of_down_to_the_seconds(county: County) -> None:
    pair = await county.pair()
    months = await county.call("GET", "/months")
    current = months["current"]
    month = max(each["month"] for each in months["months"] if each["month"] < current)
    page = await county.officer("tanxi", "school_officer", VILLAGE)
    await page.goto(f"{county.url}/school/return/{month}/{pair['id']}")

    number = page.locator("[data-key='sync.count'] button")
    count = int(await number.inner_text())
    assert count > 0
    await number.click()
    parts = page.get_by_test_id("parts").locator("table").first.locator("tbody tr")
    await expect(parts).to_have_count(count)

    await parts.first.get_by_role("button").click()
    activity = page.get_by_test_id("activity")
    await expect(activity.get_by_test_id("verdict")).to_have_text("计入")
    await expect(activity.get_by_test_id("checks")).to_contain_text("分钟，达到 20 分钟")
    lines = activity.get_by_test_id("timeline")
    for bar in ("seen", "together"):
        assert await lines.locator(f"[data-bar={bar}]").count() > 0
    shared = lines.locator("[data-bar=together] title").first
    assert re.search(r"同堂时间 \d\d:\d\d–\d\d:\d\d", await shared.text_content() or "")
    rooms = activity.get_by_test_id("rooms").locator("tbody tr")
    await expect(rooms).to_have_count(2)
    await expect(rooms.filter(has_text=VILLAGE)).to_contain_text("听课")

    await page.get_by_role("button", name="返回构成").click()
    await expect(parts).to_have_count(count)


async def test_what_no_log_knows_is_entered_by_hand_and_counts_only_once(county: County, tmp_path: Path) -> None:
    pair = await county.pair()
    yesterday = (datetime.now(UTC).astimezone(SHANGHAI) - timedelta(days=1)).date().isoformat()
    (tmp_path / "签到表.png").write_bytes(PNG)
    page = await county.officer("tanxi", "school_officer", VILLAGE)
    await page.get_by_role("link", name="手工录入").click()
    form = page.get_by_test_id("hand-form")

    # Nothing is sent while something is missing, and the page says what.
    await form.get_by_role("button", name="保存这条活动").click()
    for text in ("请至少选择一个学科", "请填写观看的课程资源", "请上传佐证材料", "请写明理由"):
        await expect(form.get_by_role("alert")).to_contain_text(text)

    async def fill() -> None:
        await form.get_by_label("日期").fill(yesterday)
        await form.get_by_label("开始").fill("05:10")
        await form.get_by_label("结束").fill("05:50")
        await form.get_by_role("checkbox", name="科", exact=True).check()
        await form.get_by_label("观看的课程资源").fill("声音的传播")
        await form.get_by_label("佐证链接（可不填）").fill("https://example.cn/1")
        await form.get_by_role("button", name="在之江汇平台开展").click()

    await fill()
    await form.locator("input[type=file]").set_input_files(tmp_path / "签到表.png")
    await expect(form.get_by_role("link", name="签到表.png")).to_be_visible()
    kept = await answered(page, "POST", r"/activities$", form.get_by_role("button", name="保存这条活动").click)
    await expect(page.get_by_test_id("hand-saved")).to_contain_text("计入")
    one = await county.call("GET", f"/activities/{kept['id']}")
    assert (one["kind"], one["state"], one["is_hand"], one["pair"]) == ("delivery", "counted", True, pair["id"])
    assert [file["name"] for file in one["files"]] == ["签到表.png"] and one["title"] == "声音的传播"

    # The same class at the same time is not entered twice; the page leads to the one that is there.
    await page.get_by_role("button", name="再录一条").click()
    await fill()
    await form.get_by_role("button", name="保存这条活动").click()
    await expect(form.get_by_role("alert")).to_contain_text("不要重复录入")
    await form.get_by_role("button", name="查看已有的活动").click()
    await expect(page.get_by_test_id("activity")).to_contain_text(kept["id"])


@pytest.mark.long
async def test_a_synchronized_lesson_without_a_log_waits_for_a_second_person(county: County) -> None:
    pair = await county.pair()
    yesterday = (datetime.now(UTC).astimezone(SHANGHAI) - timedelta(days=1)).date().isoformat()
    school = await county.officer("tanxi", "school_officer", VILLAGE)
    entry = {
        "kind": "sync",
        "pair": pair["id"],
        "date": yesterday,
        "start": "05:10",
        "end": "05:50",
        "class_name": "五（9）班",
        "subjects": ["英"],
        "students": 60,
        "teachers": 2,
        "title": "",
        "link": "https://example.cn/2",
        "reason": "当天断电",
    }
    kept = await school.evaluate(
        "async body => (await fetch('/api/v1/activities', {method: 'POST', "
        "headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)})).json()",
        entry,
    )
    await school.get_by_role("link", name="待确认").click()
    mine = school.locator(f"tr[data-activity='{kept['id']}']")
    await mine.click()
    await school.get_by_test_id("activity").get_by_role("button", name="确认计入").click()
    dialog = school.get_by_role("dialog", name="确认计入")
    await dialog.get_by_test_id("send-word").click()
    await expect(dialog.get_by_role("alert")).to_have_text("请写明理由。")
    await dialog.get_by_test_id("reason").fill("确实上了课")
    await dialog.get_by_test_id("send-word").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("另一")

    bureau = await county.officer("wang", "bureau_officer")
    await bureau.get_by_role("link", name="待确认", exact=True).click()
    await bureau.locator(f"tr[data-activity='{kept['id']}']").click()
    activity = bureau.get_by_test_id("activity")
    await activity.get_by_role("button", name="确认计入").click()
    dialog = bureau.get_by_role("dialog", name="确认计入")
    await dialog.get_by_test_id("reason").fill("已核对签到表")
    await dialog.get_by_test_id("send-word").click()
    await expect(activity.get_by_test_id("verdict")).to_have_text("计入")
    await expect(activity.get_by_test_id("words")).to_contain_text("wang老师")
    one = await county.call("GET", f"/activities/{kept['id']}")
    assert (one["state"], one["participants"]) == ("counted", 62)


@pytest.mark.long
async def test_the_officer_keeps_the_timetable_for_the_teachers(county: County) -> None:
    page = await county.officer("shiyan", "school_officer", TOWN)
    await page.get_by_role("link", name="课表", exact=True).click()
    await page.get_by_test_id("timetable-add").click()
    form = page.get_by_test_id("timetable-form")
    await form.get_by_test_id("row-save").click()
    await expect(form.get_by_role("alert")).to_contain_text("星期")
    for day in range(1, 6):
        await form.get_by_test_id(f"weekday-{day}").check()
    await form.get_by_test_id("row-begins").fill("05:10")
    await form.get_by_test_id("row-subject").select_option("音")
    await form.get_by_test_id("row-last").fill(f"{datetime.now(UTC) + timedelta(days=60):%Y-%m-%d}")
    await form.locator("input[data-testid^=row-room-]").first.check()
    await form.get_by_test_id("row-save").click()
    mine = page.get_by_test_id("timetable-row").filter(has_text="05:10")
    await expect(mine).to_contain_text("音")
    [entered] = [one for one in (await county.call("GET", "/timetable"))["items"] if one["begins"] == "05:10"]
    assert (entered["supporter"], entered["weekdays"]) == (TOWN, [1, 2, 3, 4, 5])

    # One lesson is dropped, then the whole row ended: what was made of it is called off.
    await mine.locator("summary").click()
    await mine.get_by_test_id("timetable-drop").first.click()
    await page.get_by_test_id("timetable-sure").click()
    await expect(mine.get_by_test_id("timetable-day").filter(has_text="已停课")).to_have_count(1)
    await mine.get_by_test_id("timetable-end").click()
    await page.get_by_test_id("timetable-sure").click()
    await expect(mine).to_have_count(0)


@pytest.mark.long
async def test_two_officers_at_once_both_see_what_happened(county: County) -> None:
    village = await county.school(VILLAGE)
    school = await county.officer("tanxi", "school_officer", VILLAGE)
    bureau = await county.officer("wang", "bureau_officer")
    await school.goto(f"{county.url}/school/registry")
    await bureau.goto(f"{county.url}/bureau/registry/schools/{village['id']}")
    for page in (school, bureau):
        await page.locator("tr[data-field=pupils]").get_by_role("button", name="修改").click()
    await bureau.get_by_role("dialog").get_by_label("新的值").fill("190")
    await bureau.get_by_test_id("save-fact").click()
    await expect(bureau.locator("tr[data-field=pupils]")).to_contain_text("190")

    await school.get_by_role("dialog").get_by_label("新的值").fill("200")
    await school.get_by_test_id("save-fact").click()
    stale = school.get_by_test_id("stale")
    await expect(stale).to_contain_text("wang老师")
    for value in ("186", "190", "200"):
        await expect(stale.locator("dd").filter(has_text=value)).to_have_count(1)
    await stale.get_by_role("button", name="改用我的").click()
    await expect(school.locator("tr[data-field=pupils]")).to_contain_text("200")

    detail = await county.call("GET", f"/registry/schools/{village['id']}")
    said = [fact["value"] for fact in detail["facts"] if fact["field"] == "pupils"]
    assert sorted(said) == [186, 190, 200], "nothing is overwritten"
    await school.locator("tr[data-field=pupils]").get_by_role("button", name=re.compile("历史")).click()
    await expect(school.locator("tr.history li")).to_have_count(3)


async def test_an_import_says_by_line_what_it_would_do_before_it_does_anything(county: County, tmp_path: Path) -> None:
    before = (await county.call("GET", "/registry/pairs?limit=200"))["items"]
    lines = [
        "group,no,supporter,recipient,status,supporter_county,recipient_county",
        f"县内,1,{TOWN},{VILLAGE},active,浦江,浦江",
        "县内,2,南苑小学,大畈乡中心小学,active,浦江,浦江",
        f"县内,3,{TOWN},{TOWN},active,浦江,浦江",
    ]
    (tmp_path / "名单.csv").write_text("\n".join(lines), encoding="utf-8")
    page = await county.officer("wang", "bureau_officer")
    await page.get_by_role("link", name="导入", exact=True).click()
    await page.locator("input[type=file]").set_input_files(tmp_path / "名单.csv")

    await expect(page.get_by_test_id("import-summary")).to_contain_text("新增 1 行")
    await expect(row(page, "import-lines", "大畈乡中心小学").first).to_contain_text("还缺")
    await expect(row(page, "import-lines", "不能导入")).to_have_count(1)
    assert len((await county.call("GET", "/registry/pairs?limit=200"))["items"]) == len(before), "so far only shown"

    await page.get_by_test_id("import-apply").click()
    await expect(page.get_by_test_id("import-done")).to_contain_text("新增 1 行")
    after = (await county.call("GET", "/registry/pairs?limit=200"))["items"]
    assert {pair["recipient_name"] for pair in after} - {pair["recipient_name"] for pair in before} == {
        "大畈乡中心小学"
    }
