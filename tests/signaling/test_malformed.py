"""A request that has not its shape: what is wrong with it is said in Chinese, whatever it is."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
import pytest

from signaling.problem import Problem
from tests.signaling.conftest import House

Short = Annotated[str, msgspec.Meta(min_length=2, max_length=3)]


class Shape(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1)]
    on: date | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    students: Annotated[int, msgspec.Meta(ge=0, le=500)] = 0
    share: Annotated[float, msgspec.Meta(gt=0, lt=2)] = 1.0
    kind: Literal["sync", "training"] = "sync"
    month: Annotated[str, msgspec.Meta(pattern=r"^20\d\d-\d\d$")] = "2019-05"
    names: Annotated[list[Short], msgspec.Meta(max_length=1)] = []
    sizes: dict[Short, int] = {}
    is_test: bool = False


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"on": "2019-02-30"', "日期不存在或写法不对，应写成 2019-05-14 这样（on）"),
        (b'{"on": 5', "应为日期（on）"),
        (b'{"at": "2019-02-30T25:00:00Z"', "时间不存在或写法不对，应写成 2019-05-14T09:00:00+08:00 这样（at）"),
        (b'{"at": "2019-05-14T09:00:00"', "时间要写明时区，如 2019-05-14T09:00:00+08:00（at）"),
        (b'{"students": -1', "数字应不小于 0（students）"),
        (b'{"students": 501', "数字应不大于 500（students）"),
        (b'{"students": 1.5', "应为整数（students）"),
        (b'{"share": 0', "数字应大于 0.0（share）"),
        (b'{"share": 2', "数字应小于 2.0（share）"),
        (b'{"is_test": 1', "应为是或否（is_test）"),
        ('{"kind": "旁听"'.encode(), "没有“旁听”这个选项（kind）"),
        (b'{"month": "2019-5"', "写法不对（month）"),
        (b'{"names": ["a"]', "至少 2 个字（names[0]）"),
        (b'{"names": ["abcd"]', "最多 3 个字（names[0]）"),
        (b'{"names": ["ab", "cd"]', "最多 1 项（names）"),
        (b'{"names": {}', "内容的类型不对（names）"),
        (b'{"sizes": {"a": 1}', "至少 2 个字（sizes）"),
        (b'{"colour": "red"', "没有 colour 这一项"),
        (b'{"reason": ""', "不能为空（reason）"),
    ],
)
def test_what_is_wrong_is_said_with_the_field_that_it_is_about(body: bytes, sentence: str) -> None:
    with pytest.raises(msgspec.DecodeError) as error:
        msgspec.json.decode(body + b', "reason": "x"}', type=Shape)
    problem = Problem.of_malformed(error.value)
    assert (problem.code, problem.status, problem.zh) == ("bad_request", 400, f"请求格式不正确：{sentence}")
    assert problem.detail == str(error.value), "who writes a program reads msgspec's own words"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{}", "缺少 reason"),
        (b'{"reason": ', "内容不完整，或不是 JSON"),
        (b"reason=x", "内容不完整，或不是 JSON"),
        (b"[]", "内容的类型不对"),
        ('{"reason": "漏报"}'.encode("gbk"), "文字应为 UTF-8 编码"),
    ],
)
def test_what_is_no_request_at_all_is_told_as_well(body: bytes, sentence: str) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)) as error:
        msgspec.json.decode(body, type=Shape)
    assert Problem.of_malformed(error.value).zh == f"请求格式不正确：{sentence}"


def test_what_nobody_foresaw_keeps_the_plain_sentence() -> None:
    assert Problem.of_malformed(msgspec.ValidationError("Something new - at `$.x`")).zh == "请求格式不正确"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"version": 0, "days": [{"day": "2027-02-30", "is_working": true}], "reason": "x"}', "days[0].day"),
        ('{"version": 0, "reason": "补录"}'.encode("gbk"), "UTF-8"),
    ],
)
async def test_a_door_answers_in_words(house: House, body: bytes, sentence: str) -> None:
    headers = {"Authorization": f"Bearer {house.info.secret}", "Content-Type": "application/json"}
    async with house.session.put(f"{house.info.url}/api/v1/calendar/days", data=body, headers=headers) as response:
        problem = await response.json()
    assert (response.status, problem["code"]) == (400, "bad_request")
    assert sentence in problem["title"]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("first=2019-02-30", "请求格式不正确：日期不存在或写法不对，应写成 2019-05-14 这样（first）"),
        ("first=0001-01-01", "日期的年份不合理，请核对"),
    ],
)
async def test_an_address_is_answered_in_words(house: House, query: str, title: str) -> None:
    status, problem, _ = await house.ask("GET", f"/api/v1/audit?{query}", house.info.secret)
    assert (status, problem["code"], problem["title"]) == (400, "bad_request", title)
