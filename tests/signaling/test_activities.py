"""The API of activities: lists, the detail behind a number, people's words, hand entries, and who reaches what."""

from typing import Any

import pytest


async def entered(house: Any, **changes: Any) -> tuple[int, Any]:
    made = await house.lesson()
    return await written_down(house, await pair_of(house), made, **changes)


async def pair_of(house: Any) -> str:
    status, listed, _ = await house.ask("GET", "/api/v1/pairs", house.info.secret)
    assert status == 200
    return str(listed["pairs"][0]["pair"])


async def written_down(house: Any, pair: str, made: Any, **changes: Any) -> tuple[int, Any]:
    body = {
        "kind": "training",
        "pair": pair,
        "date": "2025-05-14",
        "start": "14:00",
        "end": "15:00",
        "teachers": 5,
        "title": "同课异构",
        "training_kind": "主题研修",
        "link": "https://example.cn/1",
        "reason": "补录",
    }
    status, answer, _ = await house.ask("POST", "/api/v1/activities", house.info.secret, {**body, **changes})
    return status, answer


async def test_an_activity_by_hand_is_listed_and_opened(house: Any) -> None:
    status, made = await entered(house)
    assert status == 201, made
    assert (made["kind"], made["state"], made["participants"], made["month"]) == ("training", "counted", 5, "2025-05")
    status, page, _ = await house.ask("GET", "/api/v1/activities?month=2025-05", house.info.secret)
    assert status == 200 and page["next"] is None
    [line] = page["items"]
    assert line["id"] == made["id"] and line["flags"] == [{"code": "by_hand", "text": "手工录入"}]
    status, detail, _ = await house.ask("GET", f"/api/v1/activities/{made['id']}", house.info.secret)
    assert detail == made
