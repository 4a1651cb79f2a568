"""Homework through its doors: handed in without a trace of where it was taken, marked by both sides, seen by few."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from classroom.store.store import Store
from signaling.works import Works
from signaling.works_keeping import WorksKeeping


def photo(width: int = 2400, height: int = 1200) -> bytes:
    """A JPEG, blue on its left, whose EXIF names a maker and says that it lies on its side (orientation 6)."""
    picture = np.full((height, width, 3), 255, np.uint8)
    picture[:, : width // 2] = (200, 40, 20)
    jpeg: bytes = cv2.imencode(".jpg", picture)[1].tobytes()
    maker = b"SecretCam"
    tiff = b"II*\0" + (8).to_bytes(4, "little") + (1).to_bytes(2, "little")
    tiff += (0x0112).to_bytes(2, "little") + (3).to_bytes(2, "little") + (1).to_bytes(4, "little") + b"\6\0\0\0"
    tiff += (0).to_bytes(4, "little")
    exif = b"Exif\0\0" + tiff + maker
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]


class Class:
    """A lesson with a task, and who speaks in it."""

    def __init__(self, house: Any, lesson: Any, task: Any, assistant: str) -> None:
        self.house, self.lesson, self.task = house, lesson, task
        self.host, self.room, self.assistant = lesson["teacher"]["token"], lesson["seats"][0]["token"], assistant
        self.seat = lesson["seats"][0]["seat"]
        self.path = f"/api/v1/lessons/{lesson['lesson']}"

    async def ask(self, method: str, rest: str, token: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        status, content, _ = await self.house.ask(method, f"{self.path}{rest}", token, body, **more)
        return status, content

    async def hand_in(self, token: str, content: bytes = b"", label: str = "") -> tuple[int, Any]:
        rest = f"/homework/{self.task['id']}/works?label={label}"
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.house.info.url}{self.path}{rest}"
        async with self.house.session.post(url, data=content or photo(), headers=headers) as response:
            return response.status, await response.json()

    async def picture(self, work: str, token: str, size: str = "large") -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.house.session.get(
            f"{self.house.info.url}{self.path}/works/{work}?size={size}", headers=headers
        ) as response:
            return response.status, await response.read()


@pytest.fixture
async def held(house: Any) -> Any:
    lesson = await house.lesson()
    teacher = await house.sit(lesson["lesson"], lesson["teacher"]["token"])
    await teacher.hear("welcome")
    path = f"/api/v1/lessons/{lesson['lesson']}"
    seat = lesson["seats"][0]
    page = (await house.ask("POST", f"{path}/assistants", seat["token"], {"seat": seat["seat"]}))[1]["page"]
    due = (datetime.now().astimezone() + timedelta(days=2)).isoformat()
    body = {"text": "课本第 12 页第 3 题", "due_at": due}
    status, task, _ = await house.ask("POST", f"{path}/homework", lesson["teacher"]["token"], body)
    assert status == 201, task
    found = Class(house, lesson, task, page.rsplit("/", 1)[1])
    found.teacher = teacher
    return found


async def test_a_work_comes_upright_small_and_without_where_it_was_taken(held: Any) -> None:
    status, work = await held.hand_in(held.assistant, label="7")
    assert status == 201, work
    assert (work["number"], work["label"], work["seat"], work["width"], work["height"]) == (
        1,
        "7",
        held.seat,
        800,
        1600,
    )
    _, large = await held.picture(work["id"], held.host)
    _, small = await held.picture(work["id"], held.host, "small")
    for jpeg, longer in ((large, 1600), (small, 320)):
        assert jpeg.startswith(b"\xff\xd8\xff") and b"Exif" not in jpeg and b"SecretCam" not in jpeg
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None and max(picture.shape[:2]) == longer
        # What was on the left lies above now, as the EXIF said.
        assert picture[longer // 8, longer // 4, 0] > 150 and picture[longer * 7 // 8, longer // 4, 1] > 200
    view = await held.teacher.hears(lambda view: view["homework"] and view["homework"][0]["works"] == 1)
    assert {desk["work"] for desk in view["desks"]} == {None}, "the task is on the screens"


@pytest.mark.parametrize(
    "content",
    [b"no picture at all", b"\xff\xd8\xff" + b"\0" * 4000, b"GIF89a" + b"\0" * 100, photo()[:3000]],
    ids=["text", "zeros", "gif", "torn"],
)
async def test_what_is_no_picture_is_refused_and_nothing_stays_of_it(held: Any, content: bytes) -> None:
    status, answer = await held.hand_in(held.room, content)
    if content == photo()[:3000] and status == 201:
        return  # A torn JPEG shows its upper part.
    assert (status, answer["code"]) == (400, "bad_picture")
    assert list((held.house.data / "works").rglob("*.jpg")) == []
    assert (await held.ask("GET", "/homework", held.host))[1]["homework"][0]["works"] == []


async def test_both_teachers_mark_and_see_each_other(held: Any) -> None:
    _, work = await held.hand_in(held.assistant)
    assert (await held.ask("POST", f"/works/{work['id']}/hold", held.host))[0] == 200
    [seen] = (await held.ask("GET", "/homework", held.assistant))[1]["homework"][0]["works"]
    assert seen["held_by"] == "host"
    strokes = [{"points": [100, 200, 300, 400, 500]}]
    body = {"strokes": strokes, "comment": " 步骤清楚 ", "stamp": "good"}
    assert (await held.ask("PUT", f"/works/{work['id']}/marks", held.host, body))[0] == 200
    _, both = await held.ask("PUT", f"/works/{work['id']}/marks", held.assistant, {"comment": "已面批"})
    assert [(one["side"], one["is_own"], one["comment"], one["stamp"]) for one in both["marks"]] == [
        ("host", False, "步骤清楚", "good"),
        ("rural", True, "已面批", None),
    ]
    assert both["marks"][0]["strokes"] == [{"points": [100, 200, 300, 400]}] and both["held_by"] is None
    await held.teacher.hears(lambda view: view["homework"][0]["marked"] == 1)
    await held.teacher.say(type="show_homework", homework=held.task["id"], work=work["id"])
    await held.teacher.hears(lambda view: len(view["desks"]) == 2 and view["desks"][0]["work"] == work["id"])
    assert (await held.ask("DELETE", f"/works/{work['id']}", held.assistant))[0] == 204
    assert (await held.picture(work["id"], held.host))[0] == 404
    assert list((held.house.data / "works").rglob("*.jpg")) == []
    log = (await held.house.ask("GET", "/api/v1/audit?action=work", held.house.info.secret))[1]["items"]
    assert {"work.handed_in", "work.marked", "work.taken_back", "works.listed"} <= {one["action"] for one in log}


async def test_a_class_sees_its_own_works_and_what_is_shown_to_it(house: Any) -> None:
    two = [
        {"school": "檀溪中小", "classroom": "一号教室", "class_size": 23},
        {"school": "礼张完小", "classroom": "录播教室", "class_size": 12},
    ]
    lesson = await house.lesson(recipients=two)
    teacher = await house.sit(lesson["lesson"], lesson["teacher"]["token"])
    await teacher.hear("welcome")
    path = f"/api/v1/lessons/{lesson['lesson']}"
    task = (await house.ask("POST", f"{path}/homework", lesson["teacher"]["token"], {"text": "写一写"}))[1]
    held = Class(house, lesson, task, "")
    other = lesson["seats"][1]["token"]
    _, work = await held.hand_in(held.room)
    assert (await held.picture(work["id"], other))[0] == 404
    assert (await held.ask("GET", "/homework", other))[1]["homework"][0]["works"] == []
    assert (await held.ask("PUT", f"/works/{work['id']}/marks", other, {"stamp": "good"}))[0] == 404
    await teacher.say(type="show_homework", homework=task["id"], work=work["id"])
    await teacher.hears(lambda view: view["desks"] and view["desks"][0]["work"] == work["id"])
    assert (await held.picture(work["id"], other))[0] == 200
    assert (await held.ask("PUT", f"/works/{work['id']}/marks", other, {"stamp": "good"}))[0] == 403
    viewed = (await house.ask("GET", "/api/v1/audit?action=work.viewed", house.info.secret))[1]["items"]
    assert len(viewed) == 1 and viewed[0]["detail"] == {"work": work["id"]}
    observer = lesson["observer"]["token"]
    assert (await held.ask("GET", "/homework", observer))[0] == 403
    stranger = await house.account("school_officer", "檀溪中小")
    assert (await stranger.ask("GET", f"{path}/homework"))[0] == 403


async def test_after_class_it_is_handed_in_until_it_is_due_and_marked_by_the_same_links(held: Any) -> None:
    assert (await held.ask("POST", "/end", held.host))[0] == 200
    status, work = await held.hand_in(held.assistant)
    assert status == 201, work
    assert (await held.ask("PUT", f"/works/{work['id']}/marks", held.host, {"stamp": "again"}))[0] == 200
    [seen] = (await held.ask("GET", "/homework", held.assistant))[1]["homework"][0]["works"]
    assert seen["marks"][0]["stamp"] == "again"
    status, answer = await held.ask("POST", "/homework", held.host, {"text": "迟了"})
    assert (status, answer["code"]) == (409, "lesson_ended")
    strokes = [{"points": [1] * 1000}] * 41
    status, answer = await held.ask("PUT", f"/works/{work['id']}/marks", held.host, {"strokes": strokes})
    assert (status, answer["code"]) == (413, "too_much_ink")


async def test_works_go_when_their_time_is_over(held: Any, tmp_path: Path) -> None:
    _, work = await held.hand_in(held.room)
    store = await Store.open(f"sqlite:///{held.house.data}/classroom.db")
    works, at = Works(held.house.data / "works"), datetime.now(UTC)
    try:
        for later, gone in ((timedelta(days=179), []), (timedelta(days=181), [held.lesson["lesson"]])):
            keeping = WorksKeeping(store, works, FixedClock(at + later), timedelta(days=180))
            assert await keeping.sweep() == gone
            assert works.path(held.lesson["lesson"], work["id"]).exists() == (not gone)
        assert (await store.homework.of_lesson(held.lesson["lesson"]))[0].id == held.task["id"]
    finally:
        await store.close()


class FixedClock:
    def __init__(self, at: datetime) -> None:
        self._at = at

    def at(self) -> datetime:
        return self._at

    def now(self) -> float:
        return 0.0
