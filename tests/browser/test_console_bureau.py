"""The bureau's and the administrator's desks: from the first run to a month that is sent, and every number's way down.

A real server over the sample county; what a page did is asked of the server, not of the page.
"""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, TOWN, VILLAGE, County, OpenPage, School, row

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(240)]

ONCE = "seven wet stones 41"
DESKS = (
    "/bureau",
    "/bureau/returns",
    "/bureau/matrix",
    "/bureau/activities",
    "/bureau/pending",
    "/bureau/hand",
    "/bureau/live",
    "/bureau/progress",
    "/bureau/registry/schools",
    "/bureau/registry/pairs",
    "/bureau/calendar",
    "/bureau/policy",
    "/admin/accounts",
    "/admin/audit",
)
# Controls in sight that nobody could name aloud, and whether the page is wider than the screen.
NAMELESS = """
() => [...document.querySelectorAll('main button, main a[href], main input, main select, main textarea')]
  .filter(each => each.checkVisibility())
  .filter(each => !(each.innerText || each.labels?.[0]?.innerText || each.ariaLabel || each.title
    || each.querySelector('[aria-label]')?.ariaLabel || '').trim())
  .map(each => each.outerHTML.slice(0, 200))
"""
TOO_WIDE = "() => document.documentElement.scrollWidth > window.innerWidth"


def before(month: str) -> str:
    """The month before: "2026-01" → "2025-12"."""
    year, number = map(int, month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


async def sent_month(county: County) -> str:
    """The last month that the sample has sent: in the first days of a month not yet the one before."""
    month, pair = before(await county.current()), await county.pair()
    form = await county.call("GET", f"/returns/{month}/{pair['id']}")
    return month if form["state"] == "locked" else before(month)


async def sign_in(page: Page, login: str, password: str) -> None:
    await page.get_by_test_id("login").fill(login)
    await page.get_by_test_id("password").fill(password)
    await page.get_by_test_id("sign-in").click()


async def figure(page: Page, key: str) -> str:
    """What stands in a cell of the form on screen, without the note beside it."""
    return (await page.locator(f"[data-key='{key}']").locator(":scope > :first-child").inner_text()).strip()


async def test_the_first_run_in_the_browser_makes_both_accounts(school: School, open_page: OpenPage) -> None:
    url = school.server.info.url
    page = await open_page(f"{url}/login")
    await expect(page.get_by_test_id("needs-setup")).to_contain_text("还没有任何账号")

    page = await open_page(f"{url}/setup#{school.server.info.secret}")
    await expect(page, "the code does not stay in the address").to_have_url(f"{url}/setup")
    for who, login, name in (("admin", "guanli", "管理员"), ("officer", "pujiao", "普教科")):
        await page.get_by_test_id(f"{who}-login").fill(login)
        await page.get_by_test_id(f"{who}-name").fill(name)
        await page.get_by_test_id(f"{who}-password").fill(ONCE)
    await page.get_by_test_id("finish").click()
    await expect(page.get_by_role("alert")).to_have_text("两次输入的密码不一致。")
    for who in ("admin", "officer"):
        await page.get_by_test_id(f"{who}-again").fill(ONCE)
    await page.get_by_test_id("finish").click()
    await page.wait_for_url("**/admin/accounts")
    await expect(row(page, "accounts", "pujiao")).to_contain_text("等本人改密码")

    # The officer's first sign-in leads nowhere but to a password of his own.
    page = await open_page(f"{url}/bureau/matrix")
    await page.wait_for_url("**/login?to=**")
    await sign_in(page, "pujiao", "a wrong guess")
    refusal = await page.get_by_role("alert").inner_text()
    await sign_in(page, "nobody", "a wrong guess")
    await expect(page.get_by_role("alert")).to_have_text(refusal)
    await sign_in(page, "pujiao", ONCE)
    await page.wait_for_url("**/login/password")
    await page.goto(f"{url}/bureau")
    await page.wait_for_url("**/login/password")
    await page.get_by_test_id("old-password").fill(ONCE)
    await page.get_by_test_id("new-password").fill(PASSWORD)
    await page.get_by_test_id("repeat-password").fill(PASSWORD)
    await page.get_by_test_id("save-password").click()
    await page.wait_for_url("**/bureau")

    page = await open_page(f"{url}/setup")
    await expect(page.get_by_role("status")).to_contain_text("已经完成")


async def test_the_desk_says_what_to_do_and_its_numbers_open_their_activities(county: County) -> None:
    page = await county.officer("pujiao", "bureau_officer")
    month = await county.current()
    overview = await county.call("GET", f"/overview?month={month}")
    sync = next(kind for kind in overview["kinds"] if kind["kind"] == "sync")

    waiting = [todo for todo in overview["todo"] if todo["code"] == "file"]
    group = page.get_by_test_id("todo").locator("li").filter(has_text=f"{len(waiting)} 对")
    await expect(group.locator("a").first).to_have_text(waiting[0]["pair_name"])
    await group.get_by_role("button", name="复制催报文字").click()
    reminder = page.get_by_role("dialog").locator("textarea").first
    await expect(reminder).to_have_value(re.compile("附件3"))
    await page.keyboard.press("Escape")

    number = row(page, "kinds", "城乡同步课堂").get_by_role("link").first
    await expect(number).to_have_text(str(sync["count"]))
    await number.click()
    await page.wait_for_url(f"**/bureau/activities?month={month}&kind=sync&state=counted")
    found = await county.call("GET", f"/activities?month={month}&kind=sync&state=counted&limit=200")
    assert sum(1 for each in found["items"]) == sync["count"]


async def test_the_matrix_shows_count_and_filing_of_every_pair(county: County) -> None:
    pair, month = await county.pair(), await sent_month(county)
    matrix = await county.call("GET", f"/matrix?year={month[:4]}&kind=sync")
    line = next(each for each in matrix["rows"] if each["pair"] == pair["id"])
    cell = next(each for each in line["cells"] if each["month"] == month)

    page = await county.officer("pujiao", "bureau_officer")
    await page.goto(f"{county.url}/bureau/matrix?year={month[:4]}")
    cells = row(page, "matrix", f"{TOWN} → {VILLAGE}").locator("td")
    shown = cells.nth(int(month[5:]) - 1)
    await expect(shown.locator(".count")).to_contain_text(str(cell["count"]) if cell["count"] else "·")
    await expect(shown.get_by_role("img", name="已锁定")).to_be_visible()
    await shown.locator(".mark").click()
    await page.wait_for_url(f"**/bureau/returns/{month}/{pair['id']}")
    await expect(page.get_by_test_id("filing")).to_contain_text("已锁定")


async def test_a_sent_month_is_revised_from_its_first_number_to_the_paper_sent_anew(county: County) -> None:
    month = await sent_month(county)
    page = await county.officer("pujiao", "bureau_officer")
    await page.goto(f"{county.url}/bureau/returns/{month}")
    await page.get_by_test_id("open-annex2").click()
    await page.wait_for_url(f"**/bureau/returns/{month}/bureau")
    await expect(page.get_by_test_id("save-texts")).to_have_count(0)
    await page.get_by_test_id("revise").click()
    dialog = page.get_by_role("dialog").filter(has_text="修订版")
    await dialog.locator("textarea").fill("补报三次研修")
    await dialog.get_by_role("button").last.click()
    await expect(page.get_by_test_id("sign")).to_be_visible()
    form = await county.call("GET", f"/returns/{month}/bureau")
    assert await figure(page, "sync.count") == form["cells"]["sync.count"]["printed"]

    # Down: a number → the pairs' forms → one of them.
    await page.locator("[data-key='sync.count'] button").click()
    parts = page.get_by_test_id("parts")
    named = form["cells"]["sync.count"]["parts"]
    await expect(parts.locator("tbody").first.locator("tr")).to_have_count(len(named))
    await parts.get_by_role("button", name=named[0]["label"]).click()
    await page.wait_for_url(f"**/bureau/returns/{month}/{named[0]['ref'].removeprefix('pair:')}")
    await page.go_back()

    # A value by hand stands beside the computed one, and a text is the officer's own.
    await page.locator("[data-key='training.count'] button").click()
    await page.get_by_test_id("by-hand").click()
    dialog = page.get_by_role("dialog").filter(has_text="教师网络研修")
    await dialog.locator("input[type=number]").fill("3")
    await dialog.locator("textarea").fill("三次线下记录尚未录入")
    await dialog.get_by_role("button", name="确定").click()
    await expect(page.locator("[data-key='training.count']")).to_contain_text("手填·系统 0")
    assert await figure(page, "training.count") == "3"
    await page.get_by_test_id("text-highlights").fill("每周同备一节课")
    await page.get_by_test_id("save-texts").click()
    await expect(page.locator("[data-key='highlights']")).to_contain_text("每周同备一节课")

    await page.get_by_test_id("sign").click()
    await page.get_by_test_id("sign-really").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("请填写签批领导和日期。")
    await page.get_by_test_id("sign-name").fill("局领导")
    await page.get_by_test_id("sign-really").click()
    await expect(page.get_by_role("status")).to_contain_text("已登记签批")
    await expect(page.get_by_test_id("save-texts")).to_have_count(0)
    await page.get_by_test_id("send").click()
    await page.get_by_test_id("send-really").click()
    await expect(page.get_by_role("status")).to_contain_text("已锁定")

    sent = await county.call("GET", f"/returns/{month}/bureau")
    assert sent["state"] == "sent"
    assert [step["action"] for step in sent["history"]][-3:] == ["revise", "sign", "send"]
    assert sent["cells"]["training.count"]["hand"]["reason"] == "三次线下记录尚未录入"
    pair = await county.pair()
    assert (await county.call("GET", f"/returns/{month}/{pair['id']}"))["frozen"]


async def test_rules_change_with_a_reason_and_never_over_somebody_elses(county: County) -> None:
    page = await county.officer("pujiao", "bureau_officer")
    await page.goto(f"{county.url}/bureau/policy")
    await page.get_by_label("单位名称").fill("浦江县教育局普教科")
    await page.get_by_label("单位名称").blur()
    policy = await county.call("GET", "/policy")
    other: dict[str, Any] = {**policy["value"], "school_total": 47}
    await county.call("PUT", "/policy", {"version": policy["version"], "value": other, "reason": "按统计年报"})

    await page.get_by_test_id("policy-save").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("单位名称")
    await page.get_by_test_id("policy-really").click()
    await expect(dialog.get_by_role("alert")).to_have_text("请写明理由。")
    await page.get_by_test_id("policy-reason").fill("印在附件2上")
    await page.get_by_test_id("policy-really").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("刚刚被")

    await page.reload()
    await page.get_by_label("单位名称").fill("浦江县教育局普教科")
    await page.get_by_label("单位名称").blur()
    await page.get_by_test_id("policy-save").click()
    await page.get_by_test_id("policy-reason").fill("印在附件2上")
    await page.get_by_test_id("policy-really").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    value = (await county.call("GET", "/policy"))["value"]
    assert (value["unit"], value["school_total"]) == ("浦江县教育局普教科", 47)


async def test_a_year_without_a_notice_says_so_until_it_is_entered(county: County) -> None:
    page = await county.officer("pujiao", "bureau_officer")
    await page.goto(f"{county.url}/bureau/calendar?year=2027")
    await expect(page.get_by_test_id("unknown-year")).to_contain_text("节假日表未更新")
    await page.get_by_title("2027-10-01").click()
    await page.get_by_test_id("enter-days").click()
    await page.get_by_role("dialog").get_by_label("已全部录入").check()
    await page.get_by_test_id("days-reason").fill("放假通知")
    await page.get_by_test_id("days-save").click()
    await expect(page.get_by_test_id("unknown-year")).to_have_count(0)
    await expect(page.get_by_title("2027-10-01")).to_contain_text("休")
    year = await county.call("GET", "/calendar?year=2027")
    assert year["is_known"]
    assert [day["day"] for day in year["days"] if day["is_entered"]] == ["2027-10-01"]


async def test_an_account_is_made_used_and_disabled(county: County, open_page: OpenPage) -> None:
    admin = await county.officer("guanli", "admin")
    await admin.get_by_test_id("new-account").click()
    await admin.get_by_test_id("account-role").select_option("bureau_officer")
    await admin.get_by_test_id("account-name").fill("普教科")
    await admin.get_by_test_id("account-login").fill("pujiao")
    await admin.get_by_test_id("account-save").click()
    once = await admin.get_by_test_id("secret").inner_text()
    await admin.get_by_test_id("secret-noted").click()

    page = await open_page(f"{county.url}/login")
    await sign_in(page, "pujiao", once)
    await page.wait_for_url("**/login/password")
    await row(admin, "accounts", "pujiao").get_by_role("button", name="停用").click()
    await admin.get_by_test_id("ask-go").click()
    await expect(row(admin, "accounts", "pujiao")).to_contain_text("已停用")
    page = await open_page(f"{county.url}/login")
    await sign_in(page, "pujiao", once)
    await expect(page.get_by_role("alert")).not_to_be_empty()

    await admin.goto(f"{county.url}/admin/audit")
    await expect(row(admin, "audit", "停用账号").first).to_contain_text("普教科")
    await admin.get_by_test_id("verify").click()
    await expect(admin.get_by_test_id("verified")).to_contain_text("日志完整")
    # The ledger is not the administrator's.
    await admin.goto(f"{county.url}/bureau/matrix")
    await admin.wait_for_url("**/admin/accounts")


async def test_an_inspector_looks_into_a_lesson_and_its_teacher_reads_the_name(
    county: County, open_page: OpenPage
) -> None:
    inspector = await county.officer("xunke", "inspector")
    await inspector.get_by_role("link", name="巡课").click()
    await expect(inspector.get_by_text("现在没有正在上的课")).to_be_visible()
    body = {
        "supporter": TOWN,
        "class_name": "五（1）班",
        "class_size": 42,
        "subject": "语",
        "minutes": 40,
        "recipients": [{"school": VILLAGE, "classroom": "一号教室", "class_size": 23}],
    }
    made = await county.call("POST", "/lessons", body)
    teacher = await open_page(made["teacher"]["page"].replace("#", "?autostart=1#"))
    await expect(teacher.get_by_test_id("observers")).to_be_empty()
    card = inspector.get_by_test_id("live").locator("> li")
    await expect(card).to_contain_text(re.compile("语文.*实验小学 五（1）班"))
    await expect(card.locator("li").filter(has_text="檀溪中小 一号教室")).to_contain_text("未接入")
    async with inspector.context.expect_page() as opened:
        await card.get_by_role("button", name="进入听课").click()
    look = await opened.value
    await expect(look.get_by_test_id("observing")).to_contain_text("您的观看会被记录")
    await expect(teacher.get_by_test_id("observers")).to_have_text("正在听课：xunke老师")
    await look.locator("[data-testid=teacher-video] video, video[data-testid=teacher-video]").first.wait_for()
    await expect(card).to_contain_text("正在听课：xunke老师")
    await look.close()
    await expect(teacher.get_by_test_id("observers")).to_be_empty()


async def test_every_desk_fits_an_office_screen_and_names_its_controls(county: County) -> None:
    page = await county.officer("pujiao", "bureau_officer")
    month = await county.current()
    for path in (*DESKS, f"/bureau/returns/{month}/bureau", f"/bureau/returns/{month}/{(await county.pair())['id']}"):
        await page.goto(f"{county.url}{path}")
        await page.locator("main h1").wait_for()
        await expect(page.get_by_text("正在加载…")).to_have_count(0)
        assert await page.evaluate(NAMELESS) == [], path
        assert not await page.evaluate(TOO_WIDE), path
        assert await page.get_by_role("alert").count() == 0, path


async def test_a_token_is_shown_once_and_opens_what_it_may_until_it_is_revoked(county: County) -> None:
    page = await county.officer("guanli", "admin")
    await page.goto(f"{county.url}/admin/programs")
    await page.get_by_test_id("new-program").click()
    await page.get_by_test_id("program-name").fill("县教育数据平台")
    await page.get_by_test_id("program-make").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("至少选一项")
    await page.get_by_label("活动").check()
    await page.get_by_test_id("program-make").click()
    token = await page.get_by_test_id("secret").inner_text()
    await page.get_by_test_id("secret-noted").click()
    await expect(page.get_by_text(token)).to_have_count(0)

    wanted = f"{county.url}/api/v1/activities?month={await county.current()}"
    bearer = {"Authorization": f"Bearer {token}"}
    # Not with the page's own cookie: the token alone.
    context = await page.context.browser.new_context(extra_http_headers=bearer)  # type: ignore[union-attr]
    assert (await context.request.get(wanted)).status == 200
    assert (await context.request.get(f"{county.url}/api/v1/registry/schools")).status == 403
    await row(page, "programs", "县教育数据平台").get_by_role("button", name="作废").click()
    await page.get_by_test_id("ask-go").click()
    await expect(row(page, "programs", "县教育数据平台")).to_contain_text("已作废")
    assert (await context.request.get(wanted)).status == 401


async def test_a_classroom_gets_its_standing_link_from_the_desk_and_loses_it_there(county: County) -> None:
    page = await county.officer("guanli", "admin")
    await page.goto(f"{county.url}/admin/links")
    await page.locator("main h1").wait_for()
    assert await page.evaluate(NAMELESS) == [] and not await page.evaluate(TOO_WIDE)
    await page.get_by_test_id("new-link").click()
    await page.get_by_test_id("link-make").click()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("请选择学校")
    await page.get_by_label("学校").fill("檀溪中小")
    await page.get_by_test_id("link-classroom").fill("录播教室")
    await page.get_by_test_id("link-make").click()
    address = await page.get_by_test_id("secret").inner_text()
    await page.get_by_test_id("secret-noted").click()
    room = await page.context.new_page()
    await room.goto(address)
    await expect(room.get_by_text("檀溪中小").first).to_be_visible()
    await row(page, "links", "录播教室").get_by_role("button", name="作废").click()
    await page.get_by_test_id("ask-go").click()
    await expect(row(page, "links", "录播教室")).to_contain_text("已作废")
    await room.reload()
    await expect(room.get_by_text("檀溪中小")).to_have_count(0)
