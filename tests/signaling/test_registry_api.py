"""The registry over HTTP: the county's list dropped in, gaps filled, facts dated, two officers at once, bad input."""

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from classroom.paper.annex3 import annex3
from classroom.paper.formats import write_sheet
from classroom.paper.table import read_table, write_table
from tests.paper.conftest import SCHOOL

LIST = Path(__file__).parent.parent / "data" / "annex1-pairs.csv"
SAME = json.dumps([["浙江省浦江县实验小学", "实验小学"]], ensure_ascii=False)
PDF = b"%PDF-1.7\n" + b"0" * 2000


async def send(house: Any, path: str, data: bytes, **query: str) -> tuple[int, Any]:
    asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    headers = {"Content-Type": "application/octet-stream"}
    status, body, _ = await house.ask(
        "POST", f"/api/v1/{path}?{asked}", house.info.secret, headers=headers, data=io.BytesIO(data)
    )
    return status, body


async def preview(house: Any, data: bytes, kind: str = "pairs", name: str = "附件1.csv", **query: str) -> Any:
    return await send(house, "registry/imports", data, kind=kind, name=name, dry_run="true", **query)


async def bring_in(house: Any, data: bytes, kind: str = "pairs", name: str = "附件1.csv", **query: str) -> Any:
    status, seen = await preview(house, data, kind, name, **query)
    assert status == 200, seen
    return await send(house, "registry/imports", data, kind=kind, name=name, digest=seen["digest"], **query)


async def county(house: Any) -> Any:
    """The county's list is in, the alias accepted."""
    status, done = await bring_in(house, LIST.read_bytes(), since="2019-04-01", same=SAME)
    assert status == 200, done
    return done


async def get(house: Any, path: str, token: str | None = None) -> Any:
    status, body, _ = await house.ask("GET", f"/api/v1/{path}", token or house.info.secret)
    assert status == 200, body
    return body


async def put(house: Any, path: str, body: Any, token: str | None = None, method: str = "PUT") -> tuple[int, Any]:
    status, answer, _ = await house.ask(method, f"/api/v1/{path}", token or house.info.secret, body)
    return status, answer


async def school_named(house: Any, name: str) -> Any:
    [found] = [s for s in (await get(house, f"registry/schools?q={quote(name)}"))["items"] if s["name"] == name]
    return found


async def test_an_officer_drops_the_countys_list_in_and_sees_every_line(house: Any) -> None:
    status, seen = await preview(house, LIST.read_bytes(), since="2019-04-01")
    assert status == 200
    assert (seen["is_applied"], seen["counts"]) == (
        False,
        {"new": 10, "changed": 0, "same": 0, "ask": 1, "refused": 0},
    )
    assert seen["hints"] == ["还没有设置本县：名单里每一对都有浦江县，请在“口径与设置”里把本县代码设为 330726"]
    first, last = seen["lines"][0], seen["lines"][-1]
    assert (first["line"], first["text"], first["effect"]) == (2, "实验小学 → 檀溪中小", "new")
    assert first["missing"] == [
        "檀溪中小：学段（按校名应为小学）",
        "檀溪中小：所在地类型",
        "檀溪中小：办学性质",
        "檀溪中小：学生人数",
    ]
    assert last["questions"] == [{"name": "浙江省浦江县实验小学", "candidate": "实验小学"}]
    assert (await get(house, "registry/schools"))["items"] == [], "a preview writes nothing"
    status, refused = await send(
        house,
        "registry/imports",
        LIST.read_bytes(),
        kind="pairs",
        name="附件1.csv",
        since="2019-04-01",
        digest=seen["digest"],
    )
    assert (status, refused["code"]) == (409, "questions_open")
    assert "浙江省浦江县实验小学" in refused["title"]
    assert (await get(house, "registry/pairs"))["items"] == []


async def test_the_list_comes_to_the_countys_own_figures(house: Any) -> None:
    done = await county(house)
    assert done["counts"] == {"new": 11, "changed": 0, "same": 0, "ask": 0, "refused": 0}
    pairs = (await get(house, "registry/pairs?limit=200"))["items"]
    assert [p["status"] for p in pairs] == ["active"] * 10 + ["待定"]
    assert [p["level"] for p in pairs] == ["县内"] * 3 + ["市域内"] * 6 + ["省域内", "省域外"]
    assert (pairs[-1]["recipient"], pairs[-1]["district"]) == (None, "四川省乐山市金口河区")
    schools = (await get(house, "registry/schools?limit=200"))["items"]
    ours = {s["id"] for s in schools if s["county_code"] == "330726"}
    assert len(ours & {side for p in pairs[:10] for side in (p["supporter"], p["recipient"])}) == 13
    assert sum(p["recipient"] in ours for p in pairs[:10]) == 6
    assert (await school_named(house, "实验小学"))["id"] == pairs[-1]["supporter"]
    again = await county(house)
    assert again["counts"] == {"new": 0, "changed": 0, "same": 11, "ask": 0, "refused": 0}


async def test_what_is_missing_is_filled_in_by_a_table_and_exported_back(house: Any) -> None:
    await county(house)
    rows = [
        ["檀溪中小", "镇", "公办", "小学", 100, "王老师", "593050"],
        ["礼张完小", "乡", "公办", "小学", 101, "", ""],
    ]
    table = write_table(("学校", "所在地类型", "办学性质", "学段", "学生人数", "联系人", "联系电话"), rows, "xlsx")
    status, done = await bring_in(house, table, "schools", "学校.xlsx", since="2019-04-01")
    assert (status, done["counts"]["changed"]) == (200, 2)
    small, large = await school_named(house, "檀溪中小"), await school_named(house, "礼张完小")
    assert (small["is_rural"], small["is_small"], small["is_at_limit"], small["missing"]) == (True, True, True, [])
    assert (large["is_small"], large["is_at_limit"]) == (False, False)
    facts = (await get(house, f"registry/schools/{small['id']}"))["facts"]
    [contact] = [fact for fact in facts if fact["field"] == "contact"]
    assert contact["value"] == {"name": "王老师", "phone": "593050"}, "a group number keeps its figures"
    for kind in ("pairs", "schools"):
        for format in ("csv", "xlsx"):
            async with house.session.get(
                f"{house.info.url}/api/v1/registry/export?kind={kind}&format={format}",
                headers={"Authorization": f"Bearer {house.info.secret}"},
            ) as response:
                assert "attachment" in response.headers["Content-Disposition"]
                file = await response.read()
            status, seen = await preview(house, file, kind, f"x.{format}")
            assert (status, {line["effect"] for line in seen["lines"]}) == (200, {"same"}), (kind, format, seen)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("县内,1,实验小学,实验小学,active,浦江,浦江", "同一所学校"),
        ("县内,1,,檀溪中小,active,浦江,浦江", "缺少支援学校"),
        ("县内,1,实验小学,,active,浦江,浦江", "缺少受援学校"),
        ("乡内,1,实验小学,檀溪中小,active,浦江,浦江", "结对层级应为"),
        ("县内,0,实验小学,檀溪中小,active,浦江,浦江", "“序号”应为 1–9999 的整数"),
        ("县内,1,实验小学,檀溪中小,maybe,浦江,浦江", "状态应为"),
        ("县内,1,=HYPERLINK(1),檀溪中小,active,浦江,浦江", "公式"),
        ("县内,1," + "长" * 41 + ",檀溪中小,active,浦江,浦江", "太长"),
    ],
)
async def test_a_bad_line_is_refused_in_words_and_the_others_stand(house: Any, line: str, says: str) -> None:
    head = "group,no,supporter,recipient,status,supporter_county,recipient_county"
    data = f"{head}\n{line}\n县内,2,南苑小学,礼张完小,active,浦江,浦江\n".encode()
    status, seen = await preview(house, data)
    assert (status, [found["effect"] for found in seen["lines"]]) == (200, ["refused", "new"])
    assert says in seen["lines"][0]["notes"][-1]


async def test_a_pair_twice_in_one_list_is_taken_once(house: Any) -> None:
    line = "县内,1,实验小学,檀溪中小,active,浦江,浦江\n"
    _, seen = await preview(house, ("group,no,supporter,recipient,status\n" + line + line).encode())
    assert [(found["effect"], found["notes"][-1]) for found in seen["lines"]][1] == ("refused", "与第 2 行重复")


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<x/>")
        package.writestr("xl/workbook.xml", b"0" * 300 * 2**20)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("a.xlsx", write_table(("支援学校", "受援学校"), [["实验小学", "檀溪中小"]], "xlsx")[:-200], 400, "file_torn"),
        ("a.csv", b"", 400, "file_empty"),
        ("a.csv", "学校\n实验小学\n".encode(), 400, "headings_missing"),
        ("a.csv", "支援学校,受援学校,支援学校\na,b,c\n".encode(), 400, "heading_twice"),
        ("a.exe", b"MZ", 400, "file_kind"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 100, 400, "file_kind"),
        ("a.csv", "支援学校,受援学校\n".encode() + "实验小学,檀溪中小\n".encode() * 100_000, 413, "file_too_large"),
        ("a.csv", "支援学校,受援学校\n".encode() + "实验小学,檀溪中小\n".encode() * 6_000, 413, "import_too_long"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_in_words(
    house: Any, name: str, data: bytes, status: int, code: str
) -> None:
    answered, problem = await preview(house, data, name=name)
    assert (answered, problem["code"]) == (status, code)
    assert problem["title"] and not problem["title"].isascii()
    assert (await get(house, "registry/schools"))["items"] == []


async def test_a_zip_bomb_is_refused(house: Any) -> None:
    status, problem = await preview(house, bomb(), name="a.xlsx")
    assert (status, problem["code"]) == (413, "file_too_large")


async def test_what_was_previewed_is_what_is_done(house: Any) -> None:
    data = LIST.read_bytes()
    _, seen = await preview(house, data, since="2019-04-01", same=SAME)
    made = await put(house, "registry/schools", {"name": "檀溪中小", "county": "浦江"}, method="POST")
    assert made[0] == 201
    apply = {"kind": "pairs", "name": "附件1.csv", "since": "2019-04-01", "same": SAME}
    status, refused = await send(house, "registry/imports", data, digest=seen["digest"], **apply)
    assert (status, refused["code"]) == (409, "preview_changed")
    assert (await get(house, "registry/pairs"))["items"] == []


async def test_two_officers_at_once_both_see_what_happened(house: Any) -> None:
    await county(house)
    school = (await school_named(house, "檀溪中小"))["id"]
    base = {"subject": "school", "id": school, "field": "pupils", "since": "2019-04-01", "seen": None}
    answers = await asyncio.gather(*(put(house, "registry/facts", {**base, "value": n}) for n in (88, 120)))
    [done], [stale] = ([a for a in answers if a[0] == status] for status in (200, 409))
    assert stale[1]["code"] == "stale"
    assert (stale[1]["by_name"], stale[1]["fact"]["value"]) == ("命令行", done[1]["value"])
    assert stale[1]["at"].endswith("+08:00")
    status, corrected = await put(house, "registry/facts", {**base, "value": 95, "seen": done[1]["id"]})
    assert status == 200
    facts = (await get(house, f"registry/schools/{school}"))["facts"]
    assert [f["value"] for f in facts if f["field"] == "pupils"] == [95, done[1]["value"]]
    assert (await school_named(house, "檀溪中小"))["pupils"] == 95


@pytest.mark.parametrize(
    ("field", "since", "value", "code"),
    [
        ("pupils", "2019-04-01", -1, "bad_value"),
        ("pupils", "2019-04-01", 20_001, "bad_value"),
        ("pupils", "2019-04-01", "一百", "bad_value"),
        ("pupils", "2019-02-30", 80, "bad_request"),
        ("pupils", "0019-04-01", 80, "bad_day"),
        ("stage", "2019-04-01", "大学", "bad_value"),
        ("county_code", "2019-04-01", "33072", "bad_value"),
        ("space", "2019-04-01", {"opened_on": "2019-05-01"}, "too_early"),
        ("space", "2019-04-01", {"opened_on": "2019-04-01", "url": "javascript:alert(1)"}, "bad_value"),
        ("calendar", "2019-04-01", [{"first": "2019-09-01", "last": "2019-01-20", "name": "上"}], "bad_order"),
        (
            "calendar",
            "2019-04-01",
            [
                {"first": "2019-02-18", "last": "2019-06-28", "name": "下"},
                {"first": "2019-06-28", "last": "2019-07-05", "name": "小"},
            ],
            "terms_overlap",
        ),
        ("aliases", "2019-04-01", ["实验小学"], "school_exists"),
        ("equipment", "2019-04-01", {"verdict": "达标", "items": {"cameras": False}}, "items_failed"),
        ("equipment", "2019-04-01", {"verdict": "达标", "evidence": ["aaaaaaaaaaaa"]}, "file_unknown"),
        ("colour", "2019-04-01", "red", "field_unknown"),
    ],
)
async def test_a_value_that_cannot_be_is_refused_in_words(
    house: Any, field: str, since: str, value: Any, code: str
) -> None:
    await county(house)
    school = (await school_named(house, "檀溪中小"))["id"]
    body = {"subject": "school", "id": school, "field": field, "since": since, "value": value, "seen": None}
    status, problem = await put(house, "registry/facts", body)
    assert (status // 100, problem["code"]) == (4, code)
    facts = (await get(house, f"registry/schools/{school}"))["facts"]
    assert {fact["field"] for fact in facts} == {"county_code"}, "nothing was written"


@pytest.mark.parametrize(
    ("field", "value", "title"),
    [
        ("pupils", 20_001, "“学生人数”填写的内容不对，请按说明填写：数字应不大于 20000。"),
        ("pupils", "一百", "“学生人数”填写的内容不对，请按说明填写：应为整数。"),
        ("stage", "大学", "“学段”填写的内容不对，请按说明填写：没有“大学”这个选项。"),
        (
            "space",
            {"opened_on": "2019-02-30"},
            "“学校空间”填写的内容不对，请按说明填写：日期不存在或写法不对，应写成 2019-05-14 这样（opened_on）。",
        ),
    ],
)
async def test_what_is_wrong_with_a_value_is_said(house: Any, field: str, value: Any, title: str) -> None:
    await county(house)
    school = (await school_named(house, "檀溪中小"))["id"]
    body = {"subject": "school", "id": school, "field": field, "since": "2019-04-01", "value": value, "seen": None}
    _, problem = await put(house, "registry/facts", body)
    assert (problem["code"], problem["title"]) == ("bad_value", title)


async def test_a_pending_pair_is_named_and_becomes_active(house: Any) -> None:
    await county(house)
    pair = (await get(house, "registry/pairs?status=%E5%BE%85%E5%AE%9A"))["items"][0]["id"]
    path = f"registry/pairs/{pair}/status"
    active = {"status": "active", "since": "2019-09-01", "reason": "省厅已指定学校"}
    status, problem = await put(house, path, active, method="POST")
    assert (status, problem["code"]) == (409, "recipient_missing")
    school = (await put(house, "registry/schools", {"name": "金口河一小", "county": "乐山金口河"}, method="POST"))[1]
    status, named = await put(house, path, {**active, "recipient": school["id"]}, method="POST")
    assert (status, named["recipient_name"], named["level"]) == (200, "金口河一小", "省域外")
    assert named["statuses"] == [
        {"since": "2019-04-01", "status": "待定"},
        {"since": "2019-09-01", "status": "active"},
    ]
    status, problem = await put(house, path, {**active, "recipient": named["supporter"]}, method="POST")
    assert (status, problem["code"]) == (409, "recipient_named")


async def test_a_school_is_not_paired_with_itself_nor_twice(house: Any) -> None:
    await county(house)
    one, other = await school_named(house, "实验小学"), await school_named(house, "檀溪中小")
    body = {"supporter": one["id"], "recipient": one["id"], "since": "2019-04-01"}
    assert (await put(house, "registry/pairs", body, method="POST"))[1]["code"] == "same_school"
    body["recipient"] = other["id"]
    assert (await put(house, "registry/pairs", body, method="POST"))[1]["code"] == "pair_exists"


async def test_files_are_of_a_few_kinds_private_and_their_reading_is_logged(house: Any) -> None:
    status, file = await send(house, "files", PDF, name="协议.pdf")
    assert (status, file["media"], file["size"]) == (201, "application/pdf", len(PDF))
    async with house.session.get(
        f"{house.info.url}/api/v1/files/{file['id']}", headers={"Authorization": f"Bearer {house.info.secret}"}
    ) as response:
        assert (response.status, await response.read()) == (200, PDF)
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.headers["Content-Disposition"].startswith("attachment")
    async with house.session.get(f"{house.info.url}/api/v1/files/{file['id']}") as response:
        assert response.status == 401
    found = await get(house, f"audit?subject=file:{file['id']}")
    assert [entry["action"] for entry in found["items"]] == ["file.read", "file.added"]
    html = b"<html><script>alert(1)</script>"
    assert (await send(house, "files", html, name="a.pdf"))[1]["code"] == "file_kind_unknown"
    assert (await send(house, "files", b"", name="a.pdf"))[1]["code"] == "file_empty"
    assert (await send(house, "files", b"PK\x03\x04" + b"0" * 99, name="a.docx"))[1]["code"] == "file_damaged"
    assert not list((house.data / "files" / "incoming").iterdir()), "nothing stays of what is not taken"


async def test_the_same_content_stands_in_a_schools_space_once(house: Any) -> None:
    await county(house)
    school, other = await school_named(house, "檀溪中小"), await school_named(house, "礼张完小")
    pair = (await get(house, f"registry/pairs?school={school['id']}"))["items"][0]["id"]
    files = [(await send(house, "files", PDF, name=name))[1]["id"] for name in ("一.pdf", "二.pdf")]
    body = {"school": school["id"], "pair": pair, "title": "教案", "file": files[0]}
    status, made = await put(house, "registry/materials", body, method="POST")
    assert (status, made["school_name"], made["removed_at"]) == (201, "檀溪中小", None)
    again = await put(house, "registry/materials", {**body, "file": files[1]}, method="POST")
    assert (again[0], again[1]["code"]) == (409, "material_exists")
    theirs = {**body, "school": other["id"]}
    assert (await put(house, "registry/materials", theirs, method="POST"))[1]["code"] == "not_paired"
    assert (await put(house, "registry/materials", {**theirs, "pair": None}, method="POST"))[0] == 201
    assert (await put(house, f"registry/materials/{made['id']}", None, method="DELETE"))[0] == 204
    assert [m["school"] for m in (await get(house, "registry/materials"))["items"]] == [other["id"]]
    assert (await put(house, "registry/materials", body, method="POST"))[0] == 201


async def test_a_story_stands_once_in_an_outlet(house: Any) -> None:
    story = {"level": "county", "outlet": "浦江教育", "title": "同步课堂开课", "published_on": "2019-05-14"}
    status, _ = await put(house, "registry/publicity", {**story, "url": "https://example.cn/1"}, method="POST")
    assert status == 201
    for same in ({**story, "url": "https://example.cn/2"}, {**story, "title": "另题", "url": "https://example.cn/1"}):
        assert (await put(house, "registry/publicity", same, method="POST"))[1]["code"] == "publicity_exists"
    assert (await put(house, "registry/publicity", {**story, "level": "city"}, method="POST"))[0] == 201
    ahead = {**story, "title": "明年", "published_on": "2098-01-01"}
    assert (await put(house, "registry/publicity", ahead, method="POST"))[1]["code"] == "day_ahead"
    assert len((await get(house, "registry/publicity"))["items"]) == 2


async def test_the_equipment_standard_is_kept_in_versions(house: Any) -> None:
    [shipped] = (await get(house, "registry/standards"))["items"]
    assert (shipped["version"], shipped["items"][0]["code"], shipped["items"][0]["required"]) == (0, "cameras", True)
    value = {"title": "本县标准", "items": shipped["items"][:2]}
    status, made = await put(house, "registry/standards", {"version": 0, "value": value, "reason": "试行"})
    assert (status, made["version"]) == (200, 1)
    status, stale = await put(house, "registry/standards", {"version": 0, "value": value})
    assert (status, stale["code"], stale["by_name"]) == (409, "stale", "命令行")
    twice = {"title": "本县标准", "items": [value["items"][0]] * 2}
    assert (await put(house, "registry/standards", {"version": 1, "value": twice}))[1]["code"] == "bad_standard"


async def test_a_terms_rosters_are_noted_together(house: Any) -> None:
    await county(house)
    school = (await school_named(house, "檀溪中小"))["id"]
    made = [
        (
            await put(
                house,
                "registry/classes",
                {"school": school, "name": n, "students": 23, "since": "2019-02-18"},
                method="POST",
            )
        )[1]["id"]
        for n in ("四(1)班", "四(2)班")
    ]
    sizes = [{"class_id": id, "students": 20} for id in made]
    status, answer = await put(house, "registry/classes/sizes", {"since": "2019-09-01", "sizes": sizes})
    assert (status, [c["students"] for c in answer["items"]]) == (200, [20, 20])
    assert answer["items"][0]["sizes"][0] == {"since": "2019-02-18", "students": 23}
    unknown = [*sizes, {"class_id": "aaaaaaaaaaaa", "students": 1}]
    assert (await put(house, "registry/classes/sizes", {"since": "2020-09-01", "sizes": unknown}))[0] == 404
    assert len((await get(house, f"registry/classes?school={school}"))["items"][0]["sizes"]) == 2


async def test_months_before_this_system_come_in_once_and_never_over_its_own(house: Any) -> None:
    await county(house)
    head = ("工作月度", "支援学校", "受援学校", "城乡同步课堂活动次数", "城乡同步课堂参与师生数", "涉及学科", "校级")
    rows = [
        ["2019-05", "实验小学", "檀溪中小", 4, 290, "语、数、英", 1],
        ["2019-13", "实验小学", "檀溪中小", 4, 290, "", 0],
        ["2019-05", "实验小学", "礼张完小", 4, 290, "", 0],
        ["2019-06", "实验小学", "檀溪中小", 0, 290, "", 0],
        ["2019-07", "实验小学", "檀溪中小", 4, 290, "语文课", 0],
        ["2099-07", "实验小学", "檀溪中小", 4, 290, "语", 0],
    ]
    table = write_table(head, rows, "xlsx")
    status, done = await bring_in(house, table, "months", "以往.xlsx")
    assert (status, [line["effect"] for line in done["lines"]]) == (200, ["new"] + ["refused"] * 5)
    said = [line["notes"][-1] for line in done["lines"]]
    assert said[0] == "城乡同步课堂 4 节、290 人次"
    for part, sentence in zip(("有效月份", "没有这对结对", "活动次数为 0", "看不懂", "之前"), said[1:], strict=True):
        assert part in sentence
    _, again = await preview(house, table, "months", "以往.xlsx")
    assert again["lines"][0]["effect"] == "same"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_months_that_came_in_go_out_and_come_back_the_same(house: Any, ending: Any) -> None:
    await county(house)
    await bring_in(house, write_sheet(annex3(SCHOOL), "xlsx"), "annex3", "附件3.xlsx")
    head = (
        "工作月度",
        "支援学校",
        "受援学校",
        "城乡同步课堂活动次数",
        "城乡同步课堂参与师生数",
        "涉及学科",
        "省及以上",
    )
    rows = [
        ["2019-06", "郑宅中小", "堂头完小", 2, 90, "音美", 1],
        ["2019-05", "南苑小学", "礼张完小", 3, 162, "音、美", 0],
    ]
    await bring_in(house, write_table(head, rows, "xlsx"), "months", "以往.xlsx")
    async with house.session.get(
        f"{house.info.url}/api/v1/registry/export?kind=months&format={ending}",
        headers={"Authorization": f"Bearer {house.info.secret}"},
    ) as response:
        table = await response.read()
    _, *filled = read_table(table, f"以往各月.{ending}")
    assert [" ".join(row) for row in filled[:3]] == [
        "2019-05 实验小学 檀溪中小 4 290 2 46 1 24 1 5 语、数、英、科 2 1 0 0",
        "2019-05 南苑小学 礼张完小 3 162 0 0 0 0 0 0 音、美 0 0 0 0",
        "2019-06 郑宅中小 堂头完小 2 90 0 0 0 0 0 0 音、美 0 0 0 1",
    ]
    assert len(filled) == 3 + 10 and filled[3][:3] == ["", "实验小学", "檀溪中小"], "a line to fill in for each pair"
    status, again = await preview(house, table, "months", f"以往各月.{ending}")
    assert (status, again["counts"]) == (200, {"new": 0, "changed": 0, "same": 3, "ask": 0, "refused": 0})


async def test_a_table_of_numbers_leaves_what_the_paper_said_besides(house: Any) -> None:
    await county(house)
    await bring_in(house, write_sheet(annex3(SCHOOL), "xlsx"), "annex3", "附件3.xlsx")
    [paper] = (await get(house, "registry/imported?first=2019-05&last=2019-05"))["items"]
    head = ("工作月度", "支援学校", "受援学校", "城乡同步课堂活动次数", "城乡同步课堂参与师生数", "涉及学科")
    _, done = await bring_in(
        house, write_table(head, [["2019-05", "实验小学", "檀溪中小", 5, 300, "语"]], "csv"), "months", "以往.csv"
    )
    assert done["counts"]["changed"] == 1
    [kept] = (await get(house, "registry/imported?first=2019-05&last=2019-05"))["items"]
    assert (kept["cells"]["sync.count"], kept["cells"]["delivery.count"], kept["cells"]["subjects"]) == (5, 0, ["语"])
    untold = {"stage", "agreement_signed", "recipient.contact", "recipient.equipment", "highlights"}
    assert {cell: kept["cells"][cell] for cell in untold} == {cell: paper["cells"][cell] for cell in untold}


@pytest.mark.parametrize("format", ["xlsx", "docx"])
async def test_a_filled_annex3_comes_in_as_it_stands_on_paper(house: Any, format: Any) -> None:
    await county(house)
    form = write_sheet(annex3(SCHOOL), format)
    status, done = await bring_in(house, form, "annex3", f"附件3.{format}")
    assert status == 200, done
    [line] = done["lines"]
    assert (line["effect"], line["text"]) == ("new", "2019-05 实验小学 檀溪中小")
    assert line["notes"][0].startswith("城乡同步课堂 4 节、290 人次；远程专递课堂 2 次、46 人次")
    [kept] = (await get(house, "registry/imported?first=2019-05&last=2019-05"))["items"]
    assert (kept["cells"]["sync.count"], kept["cells"]["subjects"]) == (4, ["语", "数", "英", "科"])
    assert (await get(house, f"audit?subject=file:{kept['file']}"))["items"][0]["action"] == "returns.imported"
    _, again = await preview(house, form, "annex3", f"附件3.{format}")
    assert again["counts"]["same"] == 1
    ahead = write_sheet(annex3({**SCHOOL, "month": "2097-05"}), format)
    _, refused = await preview(house, ahead, "annex3", f"附件3.{format}")
    assert (refused["counts"]["refused"], "之前" in refused["lines"][0]["notes"][0]) == (1, True)
    other = write_sheet(annex3({**SCHOOL, "recipient": "没有的学校"}), format)
    _, refused = await preview(house, other, "annex3", f"附件3.{format}")
    assert "没有表上的这对结对" in refused["lines"][0]["notes"][0]
    status, torn = await preview(house, form[:-300], "annex3", f"附件3.{format}")
    assert (status, torn["code"]) == (400, "file_torn")


async def test_a_school_officer_reaches_their_own_school_only(house: Any) -> None:
    await county(house)
    own, other = await school_named(house, "檀溪中小"), await school_named(house, "礼张完小")
    officer = await house.account("school_officer", "檀溪中小")

    async def asked(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, answer, _ = await officer.ask(method, f"/api/v1/{path}", body)
        return status, answer

    listed = (await asked("GET", "registry/schools"))[1]["items"]
    assert {school["name"] for school in listed} == {"檀溪中小", "实验小学"}
    [pair] = (await asked("GET", "registry/pairs"))[1]["items"]
    pupils = {"subject": "school", "field": "pupils", "since": "2019-04-01", "value": 90, "seen": None}
    assert (await asked("PUT", "registry/facts", {**pupils, "id": own["id"]}))[0] == 200
    assert (await asked("PUT", "registry/facts", {**pupils, "id": other["id"]}))[0] == 404
    verdict = {**pupils, "id": own["id"], "field": "equipment", "value": {"verdict": "达标"}}
    assert (await asked("PUT", "registry/facts", verdict))[0] == 403
    contact = {"subject": "pair", "id": pair["id"], "since": "2019-04-01", "value": {"name": "李老师"}, "seen": None}
    assert (await asked("PUT", "registry/facts", {**contact, "field": "contact_recipient"}))[0] == 200
    assert (await asked("PUT", "registry/facts", {**contact, "field": "contact_supporter"}))[0] == 403
    for path in (f"registry/schools/{other['id']}", f"registry/materials?school={other['id']}"):
        assert (await asked("GET", path))[0] == 404
    _, file = await send(house, "files", PDF, name="市局.pdf")
    assert (await asked("GET", f"files/{file['id']}"))[0] == 404
    assert (await asked("POST", "registry/pairs", {}))[0] == 403
