"""Returns, months, policy and calendar over HTTP, and from the command line beside the running server."""

from typing import Any

from pypdfium2 import PdfDocument

from tests.signaling.command_line import classroom


async def a_pair(house: Any) -> tuple[str, str]:
    """The county's first pair, and the month whose window holds today."""
    body = {"supporter": "实验小学", "recipient": "檀溪中小"}
    assert (await house.ask("POST", "/api/v1/pairs", house.info.secret, body))[0] in (200, 201)
    current = (await house.ask("GET", "/api/v1/months", house.info.secret))[1]["current"]
    listed = (await house.ask("GET", f"/api/v1/returns?month={current}", house.info.secret))[1]
    return current, listed["items"][0]["pair"]


async def test_a_form_is_put_by_hand_filed_and_printed(house: Any) -> None:
    month, pair = await a_pair(house)
    path, secret = f"/api/v1/returns/{month}/{pair}", house.info.secret
    status, form, _ = await house.ask("GET", path, secret)
    assert (status, form["state"], form["cells"]["sync.count"]["value"]) == (200, "draft", 0)
    edit = {"version": 0, "cells": {"sync.count": {"value": 3, "reason": "线下补记"}}}
    status, form, _ = await house.ask("PUT", f"{path}/cells", secret, edit)
    assert (status, form["version"], form["cells"]["sync.count"]["hand"]["reason"]) == (200, 1, "线下补记")
    status, form, _ = await house.ask("POST", f"{path}/submit", secret, {"version": 1})
    assert (status, form["state"], form["filer"], form["may"]) == (200, "submitted", "命令行", ["give_back", "receive"])
    async with house.session.get(
        f"{house.info.url}{path}/paper?format=pdf", headers={"Authorization": f"Bearer {secret}"}
    ) as answer:
        assert (answer.status, answer.content_type) == (200, "application/pdf")
        text = PdfDocument(await answer.read())[0].get_textpage().get_text_range()
    assert "实验小学" in text and "檀溪中小" in text


async def test_a_stale_edit_is_told_by_whom_and_when(house: Any) -> None:
    month, pair = await a_pair(house)
    path = f"/api/v1/returns/{month}/{pair}/cells"
    edit = {"version": 0, "cells": {"sync.count": {"value": 3, "reason": "线下补记"}}}
    assert (await house.ask("PUT", path, house.info.secret, edit))[0] == 200
    status, problem, _ = await house.ask("PUT", path, house.info.secret, edit)
    assert (status, problem["code"], problem["by_name"], problem["version"]) == (409, "stale", "命令行", 1)
    assert problem["at"].endswith("+08:00")


async def test_refusals_are_a_chinese_sentence(house: Any) -> None:
    month, pair = await a_pair(house)
    path, secret = f"/api/v1/returns/{month}/{pair}", house.info.secret
    bad = {"version": 0, "cells": {"sync.count": {"value": -3, "reason": "x"}}}
    status, problem, _ = await house.ask("PUT", f"{path}/cells", secret, bad)
    assert (status, problem["title"]) == (400, "填写的数不合理：应为 0 至 1000000 的整数")
    status, problem, _ = await house.ask("POST", f"{path}/receive", secret, {"version": 0})
    assert (status, problem["title"]) == (409, "报表现在的状态不能做这一步：草稿的报表不能接收")
    for wrong in (f"/api/v1/returns/{month}/..%2f", "/api/v1/returns/2019-13/bureau", f"{path}/shred"):
        assert (await house.ask("GET", wrong, secret))[0] == 404
    assert (await house.ask("GET", "/api/v1/returns?month=2018-01", secret))[0] == 404
    assert (await house.ask("GET", "/api/v1/returns?month=once", secret))[0] == 400


async def test_a_school_officer_sees_and_files_its_own_form_alone(house: Any) -> None:
    month, pair = await a_pair(house)
    village = await house.account("school_officer", "檀溪中小")
    stranger = await house.account("school_officer", "南苑小学")
    path = f"/api/v1/returns/{month}/{pair}"
    assert (await village.ask("GET", path))[1]["may"] == ["edit", "submit"]
    assert (await stranger.ask("GET", path))[0] == 404
    assert (await stranger.ask("GET", f"/api/v1/returns?month={month}"))[1]["items"] == []
    assert (await village.ask("GET", f"/api/v1/returns/{month}/bureau"))[0] == 404
    assert (await village.ask("POST", f"/api/v1/returns/{month}/bureau/sign", {"version": 0}))[0] == 403
    status, form, _ = await village.ask("POST", f"{path}/submit", {"version": 0})
    assert (status, form["filer"], form["history"][0]["by_name"]) == (
        200,
        village.login + " 的人",
        village.login + " 的人",
    )


async def test_policy_and_calendar_are_read_by_officers_and_kept_by_the_bureau(house: Any) -> None:
    village, bureau = await house.account("school_officer", "檀溪中小"), await house.account("bureau_officer")
    status, policy, _ = await bureau.ask("GET", "/api/v1/policy")
    assert (status, policy["version"], policy["value"]["task"]) == (200, 0, {"2019": 13})
    body = {"version": 0, "value": {**policy["value"], "unit": "某县教育局"}, "reason": "初次设置"}
    assert (await village.ask("PUT", "/api/v1/policy", body))[0] == 403
    status, policy, _ = await bureau.ask("PUT", "/api/v1/policy", body)
    assert (status, policy["version"], policy["value"]["unit"], policy["by_name"]) == (
        200,
        1,
        "某县教育局",
        bureau.login + " 的人",
    )
    assert (await bureau.ask("PUT", "/api/v1/policy", body))[1]["code"] == "stale"
    assert (await bureau.ask("GET", "/api/v1/policy?version=0"))[1]["value"]["unit"] == ""
    assert (await bureau.ask("GET", "/api/v1/policy?version=9"))[0] == 404
    calendar = (await village.ask("GET", "/api/v1/calendar?year=2027"))[1]
    assert (calendar["is_known"], calendar["version"], calendar["months"][0]["is_provisional"]) == (False, 0, True)
    days = {"version": 0, "days": [{"day": "2027-02-05", "is_working": False, "words": "春节"}], "reason": "通知"}
    assert (await bureau.ask("PUT", "/api/v1/calendar/days", {**days, "complete": [2027]}))[0] == 204
    calendar = (await village.ask("GET", "/api/v1/calendar?year=2027"))[1]
    assert (calendar["is_known"], calendar["version"]) == (True, 1)
    assert calendar["days"] == [{"day": "2027-02-05", "is_working": False, "words": "春节", "is_entered": True}]


async def test_the_first_pages_answer(house: Any) -> None:
    month, pair = await a_pair(house)
    secret = house.info.secret
    seen = (await house.ask("GET", f"/api/v1/overview?month={month}", secret))[1]
    assert [kind["words"] for kind in seen["kinds"]] == ["城乡同步课堂", "远程专递课堂", "名师网络课堂", "教师网络研修"]
    year = month[:4]
    assert (await house.ask("GET", f"/api/v1/matrix?year={year}&kind=sync", secret))[1]["rows"][0]["pair"] == pair
    assert (await house.ask("GET", f"/api/v1/progress?year={year}", secret))[1]["rows"][0]["pair"] == pair
    texts = (await house.ask("GET", f"/api/v1/reminders?month={month}", secret))[1]["items"]
    assert {one["to"] for one in texts} == {"school", "bureau"}


async def test_blank_forms_come_in_three_formats(house: Any) -> None:
    for form in ("annex2", "annex3"):
        for format in ("xlsx", "docx", "pdf"):
            url = f"{house.info.url}/api/v1/returns/blank?form={form}&format={format}"
            async with house.session.get(url, headers={"Authorization": f"Bearer {house.info.secret}"}) as answer:
                assert answer.status == 200 and len(await answer.read()) > 1000


async def test_the_command_line_lists_and_prints_beside_the_running_server(house: Any, tmp_path: Any) -> None:
    month, pair = await a_pair(house)

    async def run(*words: str) -> str:
        code, said, err = await classroom("return", *words, "--data", str(house.data))
        assert code == 0, err
        return said

    assert pair in await run("list", month)
    assert "结对任务数" in await run("show", month)
    paper = tmp_path / "form.xlsx"
    await run("paper", month, pair, "--out", str(paper))
    assert paper.read_bytes()[:2] == b"PK"
