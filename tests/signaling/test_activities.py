"""The API of activities: lists, the detail behind a number, people's words, hand entries, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.ledger.months import SHANGHAI

DAY = (datetime.now(UTC).astimezone(SHANGHAI) - timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)
MEETING = {
    "kind": "training",
    "date": DAY.date().isoformat(),
    "start": "14:00",
    "end": "15:00",
    "teachers": 5,
    "title": "同课异构",
    "training_kind": "主题研修",
    "link": "https://example.cn/1",
    "reason": "补录",
}
LESSON = {
    "kind": "sync",
    "date": DAY.date().isoformat(),
    "start": "09:00",
    "end": "09:40",
    "class_name": "六（1）班",
    "subjects": ["语文"],
    "students": 65,
    "teachers": 2,
    "reason": "服务器停电",
}


class Desk:
    """A house with one pair, active since DAY."""

    def __init__(self, house: Any, pair: str, lesson: str) -> None:
        self.house, self.pair, self.lesson = house, pair, lesson

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, answer, _ = await self.house.ask(method, f"/api/v1{path}", self.house.info.secret, body)
        return status, answer

    async def enter(self, entry: dict[str, Any], **changes: Any) -> tuple[int, Any]:
        return await self.ask("POST", "/activities", {"pair": self.pair, **entry, **changes})


@pytest.fixture
async def desk(house: Any) -> Desk:
    made = await house.lesson(start=(DAY - timedelta(days=1)).isoformat())
    _, listed, _ = await house.ask("GET", "/api/v1/pairs", house.info.secret)
    return Desk(house, listed["pairs"][0]["pair"], made["lesson"])


async def test_an_activity_by_hand_is_listed_and_opened(desk: Desk) -> None:
    status, made = await desk.enter(MEETING)
    assert status == 201, made
    assert (made["kind"], made["state"], made["participants"]) == ("training", "counted", 5)
    assert (made["training_kind"], made["hand"]["reason"], made["link"]) == ("主题研修", "补录", MEETING["link"])
    assert made["counted_in"] == {"month": made["month"], "state": "open"}
    status, page = await desk.ask("GET", f"/activities?month={made['month']}&kind=training")
    assert (status, page["next"]) == (200, None)
    [line] = page["items"]
    assert (line["id"], line["supporter"], line["recipient"]) == (made["id"], "实验小学", "檀溪中小")
    assert line["flags"] == [{"code": "by_hand", "text": "手工录入"}] and line["reason"].startswith("计入")
    assert await desk.ask("GET", f"/activities/{made['id']}") == (200, made)


async def test_a_list_goes_on_page_by_page_and_comes_as_a_table(desk: Desk) -> None:
    names = []
    for hour in ("10", "11", "12"):
        _, made = await desk.enter(MEETING, start=f"{hour}:00", end=f"{hour}:30")
        names.append(made["id"])
    span = f"/activities?from={MEETING['date']}&to={MEETING['date']}&limit=2"
    _, first = await desk.ask("GET", span)
    _, second = await desk.ask("GET", f"{span}&after={first['next']}")
    assert [one["id"] for one in first["items"] + second["items"]] == names and second["next"] is None
    _, table = await desk.ask("GET", f"/activities?from={MEETING['date']}&to={MEETING['date']}&format=csv")
    assert all(name in table for name in names)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/activities", 400),
        ("/activities?from=2019-05-01", 400),
        ("/activities?from=2019-05-01&to=2021-05-01", 400),
        ("/activities?month=2019-13", 400),
        ("/activities?month=2019-05&mark=nonsense", 400),
        ("/activities?month=2019-05&after=nonsense", 400),
        ("/activities?month=2019-05", 200),
        ("/activities?month=2019-05&mark=waiting", 200),
        ("/activities/none", 404),
        ("/activities/%2e%2e%2f", 404),
        ("/words", 200),
        ("/words?state=applied", 400),
    ],
)
async def test_what_may_be_asked(desk: Desk, path: str, status: int) -> None:
    assert (await desk.ask("GET", path))[0] == status


async def test_an_entry_over_another_is_answered_with_that_one(desk: Desk) -> None:
    _, first = await desk.enter(LESSON)
    assert first["state"] == "pending"
    status, refusal = await desk.enter(LESSON, start="09:20", end="10:00")
    assert (status, refusal["code"], refusal["activity"]) == (409, "duplicate", first["id"])
    assert refusal["title"].startswith("疑似重复")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date": "2019-02-30"}, "bad_request"),
        ({"start": "25:00"}, "bad_request"),
        ({"students": -1}, "bad_request"),
        ({"link": "javascript:alert(1)"}, "bad_request"),
        ({"colour": "red"}, "bad_request"),
        ({"files": ["aaaaaaaaaaaa"]}, "file_unknown"),
        ({"end": "08:00"}, "entry_invalid"),
        ({"pair": "aaaaaaaaaaaa"}, "not_found"),
    ],
)
async def test_an_entry_that_cannot_be_leaves_nothing(desk: Desk, changes: Any, code: str) -> None:
    _, refusal = await desk.enter(LESSON, **changes)
    assert refusal["code"] == code
    _, page = await desk.ask("GET", f"/activities?from={LESSON['date']}&to={LESSON['date']}")
    assert page["items"] == []


async def test_a_word_is_answered_with_before_and_after_and_a_stale_one_with_who_was_first(desk: Desk) -> None:
    _, made = await desk.enter(MEETING)
    body = {"kind": "correct", "reason": "少记一人", "version": made["version"], "teachers": 6}
    status, word = await desk.ask("POST", f"/activities/{made['id']}/words", body)
    assert (status, word["state"], word["by_name"]) == (201, "applied", "命令行")
    assert (word["before"]["participants"], word["after"]["participants"], word["teachers"]) == (5, 6, 6)
    status, refusal = await desk.ask("POST", f"/activities/{made['id']}/words", {**body, "teachers": 7})
    assert (status, refusal["code"], refusal["by"], refusal["by_name"], refusal["version"]) == (
        409,
        "stale",
        "machine:",
        "命令行",
        2,
    )
    _, detail = await desk.ask("GET", f"/activities/{made['id']}")
    assert (detail["participants"], [one["id"] for one in detail["words"]]) == (6, [word["id"]])
    assert {"code": "corrected", "text": "已更正"} in detail["flags"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "confirm", "reason": " "}, 400, "bad_request"),
        ({"kind": "praise", "reason": "好"}, 400, "bad_request"),
        ({"kind": "correct", "reason": "无"}, 400, "change_missing"),
        ({"kind": "correct", "reason": "无", "rooms": ["aaaaaaaaaaaa"]}, 400, "room_unknown"),
        ({"kind": "confirm", "reason": "看过"}, 409, "second_person_needed"),
    ],
)
async def test_a_word_that_cannot_be_said_says_why(desk: Desk, body: Any, status: int, code: str) -> None:
    _, made = await desk.enter(LESSON)
    answer, refusal = await desk.ask("POST", f"/activities/{made['id']}/words", {"version": 1, **body})
    assert (answer, refusal["code"]) == (status, code)


async def test_a_month_is_rebuilt_and_one_that_is_none_is_not(desk: Desk) -> None:
    _, made = await desk.enter(MEETING)
    # Called off, or ended before by the server since nobody had come.
    await desk.ask("POST", f"/lessons/{desk.lesson}/cancel")
    assert await desk.ask("POST", "/activities/rebuild", {"month": made["month"]}) == (
        200,
        {"month": made["month"], "lessons": 1},
    )
    status, refusal = await desk.ask("POST", "/activities/rebuild", {"month": "2090-01"})
    assert (status, refusal["code"]) == (404, "month_unknown")


async def test_a_decision_on_no_proposal_is_not_found(desk: Desk) -> None:
    for verb in ("approve", "refuse"):
        assert (await desk.ask("POST", f"/words/aaaaaaaaaaaa/{verb}", {"reason": "无"}))[0] == 404


async def test_a_lesson_is_moved_until_it_opens(desk: Desk) -> None:
    made = await desk.house.lesson(start=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    later = (datetime.now(UTC) + timedelta(days=2)).replace(second=0, microsecond=0)
    status, moved = await desk.ask("POST", f"/lessons/{made['lesson']}/move", {"start": later.isoformat()})
    assert (status, datetime.fromisoformat(moved["start"])) == (200, later)
    for body, code in (({}, "bad_request"), ({"start": "2019-05-14T01:00:00Z"}, "bad_schedule")):
        assert (await desk.ask("POST", f"/lessons/{made['lesson']}/move", body))[1]["code"] == code
    await desk.ask("POST", f"/lessons/{made['lesson']}/cancel")
    status, refusal = await desk.ask("POST", f"/lessons/{made['lesson']}/move", {"start": later.isoformat()})
    assert (status, refusal["code"]) == (409, "lesson_ended")


async def test_a_substitute_is_a_person_of_the_school_as_whoever_made_the_lesson_is(desk: Desk) -> None:
    house = desk.house
    start = (datetime.now(UTC) + timedelta(days=1)).replace(second=0, microsecond=0).isoformat()
    tokens = [(await house.link("teacher", "实验小学", name=name))["token"] for name in ("教师甲", "教师乙")]
    body = {name: value for name, value in house.wanted.items() if name != "supporter"}
    made = [(await house.ask("POST", "/api/v1/lessons", token, {**body, "start": start}))[1] for token in tokens]
    _, listed = await desk.ask("GET", "/registry/people")
    people = {person["name"]: person["id"] for person in listed["items"]}
    assert people.keys() == {"教师甲", "教师乙"}
    path = f"/lessons/{made[1]['lesson']}/move"
    assert (await desk.ask("POST", path, {"start": start}))[1]["teacher"] == people["教师乙"]
    assert (await desk.ask("POST", path, {"teacher": people["教师甲"]}))[1]["teacher"] == people["教师甲"]
    rural = await house.link("classroom", "礼张完小")
    school = next(
        one["id"] for one in (await desk.ask("GET", "/registry/schools"))[1]["items"] if one["name"] == rural["school"]
    )
    _, theirs = await desk.ask("POST", "/registry/people", {"school": school, "name": "教师丙", "kind": "教师"})
    for other in (theirs["id"], "aaaaaaaaaaaa"):
        status, refusal = await desk.ask("POST", path, {"teacher": other})
        assert (status, refusal["code"]) == (404, "person_unknown")
    await desk.ask("PUT", f"/registry/people/{people['教师乙']}", {"left_on": DAY.date().isoformat()})
    assert (await desk.ask("POST", path, {"teacher": people["教师乙"]}))[0] == 404
