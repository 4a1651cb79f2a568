"""The doors of the timetable and of the run of a lesson: who may, what is refused, what both editors see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

DAY = timedelta(days=1)


def row_of(made: Any, **changes: Any) -> dict[str, Any]:
    last = datetime.now(UTC).date() + 60 * DAY
    return {
        "subject": "数学",
        "weekdays": [1, 2, 3, 4, 5],
        "begins": "08:50",
        "rooms": [{"classroom": made["seats"][0]["seat"], "class_name": "四（1）班"}],
        "class_name": "五（1）班",
        "last": str(last),
        **changes,
    }


async def test_a_row_becomes_lessons_that_are_moved_dropped_and_ended(house) -> None:
    made = await house.lesson()
    await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", house.info.secret)
    officer = await house.account("school_officer", "实验小学")
    other = await house.account("school_officer", "檀溪中小")
    status, entered, _ = await officer.ask("POST", "/api/v1/timetable", row_of(made))
    assert status == 201 and entered["lessons"] >= 4
    status, refused, _ = await officer.ask("POST", "/api/v1/timetable", row_of(made, begins="09:00"))
    assert (status, refused["code"]) == (409, "timetable_conflict")
    assert "08:50 已有 数学" in refused["conflicts"][0] and "五（1）班" in refused["conflicts"][0]
    assert (await officer.ask("POST", "/api/v1/timetable", row_of(made, begins="09:00", anyway=True)))[0] == 201
    [first, second] = (await other.ask("GET", "/api/v1/timetable"))[1]["items"]
    assert first["is_mine"] is False and first["rooms"][0]["school"] == "檀溪中小"

    one, two = (lesson["lesson"] for lesson in first["lessons"][-2:])
    start = datetime.fromisoformat(first["lessons"][-2]["start"])
    body = {"start": (start + timedelta(minutes=20)).isoformat(), "anyway": False}
    assert (await other.ask("POST", f"/api/v1/lessons/{one}/move", body))[1]["code"] == "lesson_unknown"
    assert (await officer.ask("POST", f"/api/v1/lessons/{one}/move", body))[1]["code"] == "lesson_conflict"
    body["start"] = (start + timedelta(hours=3)).isoformat()
    assert (await officer.ask("POST", f"/api/v1/lessons/{one}/move", body))[0] == 200
    assert (await officer.ask("POST", f"/api/v1/lessons/{two}/cancel"))[0] == 200
    [first, second] = (await officer.ask("GET", "/api/v1/timetable"))[1]["items"]
    assert [(each["is_moved"], each["cancelled"]) for each in first["lessons"][-2:]] == [(True, False), (False, True)]
    assert not any(each["is_moved"] or each["cancelled"] for each in first["lessons"][:-2])

    assert (await other.ask("POST", f"/api/v1/timetable/{second['id']}/end"))[1]["code"] == "timetable_unknown"
    assert (await officer.ask("POST", f"/api/v1/timetable/{second['id']}/end"))[0] == 204
    assert [each["id"] for each in (await officer.ask("GET", "/api/v1/timetable"))[1]["items"]] == [first["id"]]
    gone = second["lessons"][0]["lesson"]
    assert (await house.ask("GET", f"/api/v1/lessons/{gone}", house.info.secret))[1]["state"] == "ended"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last": None}, "timetable_dates"),
        ({"last": "2020-01-01"}, "timetable_dates"),
        ({"subject": "围棋"}, "subject_unknown"),
        ({"class_name": None}, "class_needed"),
        ({"class_id": "aaaaaaaaaaaa"}, "class_unknown"),
        ({"teacher": "aaaaaaaaaaaa"}, "person_unknown"),
        ({"rooms": [{"classroom": "aaaaaaaaaaaa"}]}, "classroom_unknown"),
        ({"weekdays": []}, "bad_request"),
        ({"weekdays": [6]}, "bad_request"),
    ],
)
async def test_a_row_that_cannot_be_held_is_refused(changes: dict[str, Any], code: str, house) -> None:
    made = await house.lesson()
    teacher = await house.link("teacher", "实验小学")
    assert (await house.ask("POST", "/api/v1/timetable", teacher["token"], row_of(made, **changes)))[1]["code"] == code


async def test_what_is_in_the_way_of_a_lesson_is_named_when_it_is_asked_for(house) -> None:
    await house.lesson()
    teacher = await house.link("teacher", "实验小学")
    body = {
        "class_name": "五（1）班",
        "subject": "语",
        "minutes": 40,
        "recipients": [{"school": "檀溪中小", "classroom": "一号教室"}],
    }
    status, refused, _ = await house.ask("POST", "/api/v1/lessons", teacher["token"], {**body, "anyway": False})
    assert (status, refused["code"]) == (409, "lesson_conflict")
    assert (
        refused["conflicts"][0].startswith("一号教室、五（1）班 ") or "五（1）班、一号教室 " in refused["conflicts"][0]
    )
    later = (datetime.now(UTC) + timedelta(hours=5)).isoformat()
    status, _, _ = await house.ask(
        "POST", "/api/v1/lessons", teacher["token"], {**body, "start": later, "anyway": False}
    )
    assert status == 201


def plan_of(version: int, *titles: str, **more: Any) -> dict[str, Any]:
    return {"title": "质数", "version": version, "steps": [{"title": one, "minutes": 5} for one in titles], **more}


async def test_nobody_writes_over_a_plan_they_have_not_seen(house) -> None:
    made = await house.lesson()
    path, token = f"/api/v1/lessons/{made['lesson']}/plan", made["teacher"]["token"]
    assert (await house.ask("GET", path, token))[1]["version"] == 0
    teacher = await house.sit(made["lesson"], token)
    await teacher.hear("welcome")
    seat = {"seat": made["seats"][0]["seat"]}
    _, page, _ = await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/assistants", token, seat)
    phone = page["page"].rsplit("/", 1)[1]
    assert (await house.ask("PUT", path, token, plan_of(0, "导入")))[1]["version"] == 1
    told = await teacher.hears(lambda view: view["plan"]["version"] == 1)
    assert told["title"] == "质数"
    status, refused, _ = await house.ask("PUT", path, phone, plan_of(0, "练习"))
    assert (status, refused["code"]) == (409, "plan_changed")
    assert [step["title"] for step in refused["plan"]["steps"]] == ["导入"]
    _, kept, _ = await house.ask("PUT", path, phone, plan_of(1, "导入", "练习"))
    assert (kept["version"], kept["edited_by"]) == (2, "檀溪中小")
    for stranger in (made["seats"][0]["token"], made["observer"]["token"]):
        assert (await house.ask("GET", path, stranger))[1]["code"] == "forbidden"
    other = await house.lesson(supporter="南苑小学")
    assert (await house.ask("PUT", path, other["teacher"]["token"], plan_of(2)))[1]["code"] == "lesson_unknown"
    steps = [{"title": "课件", "minutes": 5, "files": ["aaaaaaaaaaaa"]}]
    assert (await house.ask("PUT", path, token, plan_of(2, steps=steps)))[1]["code"] == "not_found"

    await teacher.say(type="start")
    await teacher.say(type="set_step", step=1)
    view = await teacher.hears(lambda view: view["plan"]["step"] == 1)
    assert view["plan"]["since"] is not None and view["closes_at"] is not None
    await teacher.say(type="end")
    await house.until(made, lambda view: view["state"] == "ended")
    assert (await house.ask("PUT", path, token, plan_of(2, "晚了")))[1]["code"] == "lesson_ended"
