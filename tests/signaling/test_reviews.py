"""听课评课表: who writes, who reads, what is refused, what stands on the paper."""

import re
from typing import Any

from tests.paper.test_pdf import text_of
from tests.signaling.test_recordings import recorded

__all__ = ["recorded"]
FORM: dict[str, Any] = {
    "steps": [{"title": "导入", "at_s": 83.4, "text": " 用山歌引入 "}, {"title": "练习", "at_s": None, "text": ""}],
    "sides": [{"name": "城乡互动", "verdict": "good"}, {"name": "教学效果", "verdict": None}],
    "strengths": "两校学生轮流回答",
    "advice": "乡村教室的板书再大些",
    "meeting": None,
}


async def test_a_review_is_written_submitted_read_printed_and_taken_away(house: Any, recorded: Any) -> None:
    path, token = f"/api/v1/recordings/{recorded['lesson']}/reviews", recorded["teacher"]["token"]
    xu = await house.account("inspector", name="徐督学")
    status, listed, _ = await xu.ask("GET", path)
    assert (status, listed["reviews"], listed["meetings"]) == (200, [], [])
    assert [one["name"] for one in listed["blank"]["sides"]] == [
        "教学目标",
        "教学过程",
        "城乡互动",
        "媒体应用",
        "教学效果",
    ]
    assert [one["title"] for one in listed["blank"]["steps"]][:2] == ["导入", "新知学习"]

    status, draft, _ = await xu.ask("PUT", f"{path}/own", FORM)
    assert (status, draft["state"], draft["author_name"], draft["is_own"]) == (200, "draft", "徐督学", True)
    assert draft["form"]["steps"][0] == {"title": "导入", "at_s": 83.4, "text": "用山歌引入"}
    assert (await house.ask("GET", path, token))[1]["reviews"] == []
    paper = f"{path}/{draft['id']}/paper"
    assert (await house.ask("GET", paper, token))[0] == 404
    assert (await xu.ask("PUT", f"{path}/own", {**FORM, "submit": True}))[1]["state"] == "submitted"
    for reader in ("school_officer", "bureau_officer"):
        school = "檀溪中小" if reader == "school_officer" else None
        [seen] = (await (await house.account(reader, school)).ask("GET", path))[1]["reviews"]
        assert (seen["id"], seen["may_remove"]) == (draft["id"], reader == "bureau_officer")

    headers = {"Authorization": f"Bearer {token}"}
    async with house.session.get(f"{house.info.url}{paper}?format=pdf", headers=headers) as answer:
        assert answer.status == 200 and "%E5%90%AC%E8%AF%BE" in answer.headers["Content-Disposition"]
        printed = text_of(await answer.read())
    for words in ("听课评课表", "评课人：徐督学", "导入1:23", "用山歌引入", "城乡互动好", "乡村教室的板书再大些"):
        assert words in printed
    async with house.session.get(f"{house.info.url}{paper}?format=docx", headers=headers) as answer:
        assert answer.status == 200 and (await answer.read()).startswith(b"PK")
    assert (await house.ask("DELETE", f"{path}/{draft['id']}", token))[0] == 404
    assert (await xu.ask("DELETE", f"{path}/{draft['id']}"))[0] == 204
    _, log, _ = await house.ask("GET", "/api/v1/audit?action=review.", house.info.secret)
    assert [one["action_text"] for one in log["items"]] == [
        "删除评课表",
        "导出评课表",
        "导出评课表",
        "提交评课表",
        "保存评课表草稿",
    ]
    assert "山歌" not in repr(log)


async def test_what_is_refused(house: Any, recorded: Any) -> None:
    path = f"/api/v1/recordings/{recorded['lesson']}/reviews"
    bureau = await house.account("bureau_officer")
    nothing = {"steps": [{"title": "导入"}], "sides": [{"name": "教学效果"}], "submit": True}
    assert (await bureau.ask("PUT", f"{path}/own", nothing))[1]["code"] == "review_empty"
    assert (await bureau.ask("PUT", f"{path}/own", {**FORM, "meeting": "a" * 12}))[1]["code"] == "meeting_unknown"
    for wrong in (
        {**FORM, "advice": "长" * 1001},
        {**FORM, "steps": [FORM["steps"][0]] * 31},
        {**FORM, "sides": [{"name": "教学效果", "verdict": "95"}]},
    ):
        assert (await bureau.ask("PUT", f"{path}/own", wrong))[0] == 400
    stranger = await house.account("school_officer", "南苑小学")
    for method, address in (("GET", path), ("PUT", f"{path}/own")):
        assert (await stranger.ask(method, address, FORM if method == "PUT" else None))[1]["code"] == "lesson_unknown"


async def test_it_may_be_made_for_a_meeting_about_the_lesson(house: Any, recorded: Any) -> None:
    path = f"/api/v1/recordings/{recorded['lesson']}/reviews"
    meeting = await house.lesson(training="教学诊断", title="《观潮》怎么教", class_name=None, class_size=None)
    bureau, other = await house.account("bureau_officer"), await house.account("school_officer", "檀溪中小")
    [offered] = (await bureau.ask("GET", path))[1]["meetings"]
    assert (offered["lesson"], offered["title"]) == (meeting["lesson"], "《观潮》怎么教")
    assert (await other.ask("GET", path))[1]["meetings"] == [offered]
    made = (await bureau.ask("PUT", f"{path}/own", {**FORM, "meeting": meeting["lesson"], "submit": True}))[1]
    async with house.session.get(
        f"{house.info.url}{path}/{made['id']}/paper",
        headers={"Cookie": f"classroom_session={bureau.cookies['classroom_session']}"},
    ) as answer:
        assert re.search("教学诊断：.*《观潮》怎么教", text_of(await answer.read()))
