"""From an upload to the month: a class watches a video in its room, and it is a 远程专递课堂 with its evidence."""

import asyncio
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from classroom.ledger.months import SHANGHAI, local_date
from signaling.clock import SystemClock
from tests.signaling.conftest import House

CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\n\xe6\xb5\xae\xe5\x8a\x9b\n"


def film(path: Path, *arguments: str, seconds: float = 4) -> Path:
    source = ("-f", "lavfi", "-i", "color=size=160x90:rate=10:color=white,fade=in:st=0:d=8")
    beep = ("-f", "lavfi", "-i", "sine=frequency=1000")
    command = ["ffmpeg", "-v", "error", "-y", *source, *beep, "-t", str(seconds), *arguments, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture
def mp4(tmp_path: Path) -> Path:
    return film(tmp_path / "a.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")


class Desk:
    """A county with one pair, its classroom's link, and the machine's own command line."""

    def __init__(self, house: House, schools: dict[str, str], room: str) -> None:
        self.house, self.schools, self.room = house, schools, room

    async def ask(self, method: str, path: str, body: Any = None, token: str | None = None, **more: Any) -> Any:
        status, answer, _ = await self.house.ask(
            method, f"/api/v1{path}", token or self.house.info.secret, body, **more
        )
        assert status < 300, (method, path, status, answer)
        return answer

    async def send(self, path: Path) -> str:
        data = await asyncio.to_thread(path.read_bytes)
        made = await self.ask("POST", "/uploads", {"purpose": "resource", "name": path.name, "size": len(data)})
        address = f"{self.house.info.url}/api/v1/uploads/{made['id']}"
        headers = {"Authorization": f"Bearer {self.house.info.secret}"}
        async with self.house.session.patch(f"{address}?offset=0", data=data, headers=headers) as sent:
            assert sent.status == 200
        await self.ask("POST", f"/uploads/{made['id']}/finish")
        return str(made["id"])

    async def add(self, path: Path, **changes: Any) -> Any:
        body = {"title": "浮力", "origin": "school", "subject": "科学", "school": self.schools["实验小学"]}
        return await self.ask("POST", "/resources", {**body, "upload": await self.send(path), **changes})

    async def until(self, resource: str, condition: Callable[[Any], bool]) -> Any:
        async with asyncio.timeout(60):
            while True:
                found = {one["id"]: one for one in (await self.ask("GET", "/resources"))["items"]}[resource]
                if condition(found):
                    return found
                await asyncio.sleep(0.05)

    async def shown(self, resource: str, **changes: Any) -> tuple[Any, Any]:
        """A course of it and its showing today."""
        body = {"title": "科学提高", "subject": "科", "resources": [resource], "school": self.schools["实验小学"]}
        course = await self.ask("POST", "/courses", body)
        [audience] = (await self.ask("GET", "/courses/audience"))["items"]
        wanted = {
            "class_id": audience["classes"][0]["id"],
            "classroom": audience["classrooms"][0]["id"],
            "first": local_date(SystemClock().at()).isoformat(),
            "begins": "09:00",
            "anyway": True,
        }
        course = await self.ask("POST", f"/courses/{course['id']}/showings", {**wanted, **changes})
        return course, course["showings"][0]


@pytest.fixture
async def desk(house: House) -> Desk:
    made = await house.lesson(minutes=40)
    await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", house.info.secret)
    link = await house.link("classroom", "檀溪中小", classroom="一号教室")
    found = (await house.ask("GET", "/api/v1/registry/schools", house.info.secret))[1]["items"]
    return Desk(house, {one["name"]: one["id"] for one in found}, link["token"])


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewing is judged as soon as anybody asks."""
    monkeypatch.setenv("CLASSROOM_VIEWINGS_QUIET_MIN", "0")


async def test_what_a_class_watched_is_an_activity_of_its_pair_and_stands_in_the_month(desk: Desk, mp4: Path) -> None:
    made = await desk.add(mp4)
    ready = await desk.until(made["id"], lambda one: one["state"] == "ready")
    assert abs(ready["length_ms"] - 4000) < 200 and ready["subject"] == "科"
    assert not list((desk.house.data / "uploads").iterdir()), "what it was made of is gone"
    _, showing = await desk.shown(made["id"])
    [due] = (await desk.ask("GET", "/room/courses", token=desk.room))["items"]
    assert (due["title"], due["next"], due["students"]) == ("科学提高", made["id"], 23)
    assert datetime.fromisoformat(due["begins"]).astimezone(SHANGHAI).strftime("%H:%M") == "09:00"
    asked = {"showing": showing["id"], "resource": made["id"], "students": 21}
    play = await desk.ask("POST", "/room/plays", asked, token=desk.room)
    assert (play["need_ms"], play["position_ms"], play["watched_ms"]) == (ready["length_ms"] // 2, 0, 0)
    address = f"/room/plays/{play['play']}/reports"
    heard = await desk.ask("POST", address, {"seq": 1, "parts": [[0, 1000]], "position_ms": 1000}, token=desk.room)
    assert heard["watched_ms"] == 1000
    # Sent twice, and an hour told in a moment: neither counts more than it may.
    heard = await desk.ask("POST", address, {"seq": 1, "parts": [[1000, 3000]], "position_ms": 0}, token=desk.room)
    assert heard["watched_ms"] == 1000
    [open_line] = (await desk.ask("GET", "/viewings"))["items"]
    assert open_line["words"] == "不计：只看了 0 分钟，看满 1 分钟才计入" and open_line["state"] == "not_counted"
    await desk.ask("POST", address, {"seq": 2, "parts": [[1000, 3000]], "position_ms": 3000}, token=desk.room)
    [line] = (await desk.ask("GET", "/viewings"))["items"]
    assert (line["kind"], line["state"], line["students"], line["watched_ms"]) == ("delivery", "counted", 21, 3000)
    activity = await desk.ask("GET", f"/activities/{line['activity']}")
    assert (activity["kind"], activity["state"], activity["participants"]) == ("delivery", "counted", 22)
    assert activity["title"] == "浮力" and activity["subjects"] == ["科"]
    [watched] = activity["viewing"]["plays"]
    assert watched["parts_s"] == [[0.0, 3.0]] and watched["classroom_name"] == "一号教室"
    # In the pair's return: 远程专递课堂, one activity of 22.
    returned = await desk.ask("GET", f"/returns/{activity['month']}/{activity['pair']}")
    values = [returned["cells"][f"delivery.{what}"]["value"] for what in ("count", "participants")]
    assert values == [1, 22]


async def test_a_video_of_the_province_is_a_master_class_and_a_full_number_is_corrected(desk: Desk, mp4: Path) -> None:
    made = await desk.add(mp4, origin="province", school=None, title="名师课")
    await desk.until(made["id"], lambda one: one["state"] == "ready")
    _, showing = await desk.shown(made["id"])
    play = await desk.ask("POST", "/room/plays", {"showing": showing["id"], "resource": made["id"]}, token=desk.room)
    address = f"/room/plays/{play['play']}/reports"
    await desk.ask("POST", address, {"seq": 1, "parts": [[0, 2000]], "position_ms": 2000}, token=desk.room)
    [line] = (await desk.ask("GET", "/viewings"))["items"]
    activity = await desk.ask("GET", f"/activities/{line['activity']}")
    assert (activity["kind"], activity["participants"], activity["students"]) == ("master", 24, 23)
    word = {"kind": "correct", "reason": "实到少一人", "version": activity["version"], "students": 22}
    await desk.ask("POST", f"/activities/{line['activity']}/words", word)
    assert (await desk.ask("GET", f"/activities/{line['activity']}"))["participants"] == 23
    # Watched again, in another play that begins where the class had stopped: one activity, the word still holds.
    again = await desk.ask("POST", "/room/plays", {"showing": showing["id"], "resource": made["id"]}, token=desk.room)
    status, refused, _ = await desk.house.ask(
        "POST", f"/api/v1{address}", desk.room, {"seq": 9, "parts": [], "position_ms": 0}
    )
    assert (status, refused["code"]) == (409, "play_over")
    address = f"/room/plays/{again['play']}/reports"
    await desk.ask("POST", address, {"seq": 1, "parts": [[2000, 3000]], "position_ms": 3000}, token=desk.room)
    [line] = (await desk.ask("GET", "/viewings"))["items"]
    assert (line["plays"], line["watched_ms"]) == (2, 3000)
    activity = await desk.ask("GET", f"/activities/{line['activity']}")
    assert (activity["participants"], len(activity["viewing"]["plays"])) == (23, 2)


async def test_a_video_without_a_pair_is_only_usage(desk: Desk, mp4: Path) -> None:
    await desk.house.link("classroom", "南苑小学")
    schools = (await desk.ask("GET", "/registry/schools?q=南苑小学"))["items"]
    made = await desk.add(mp4, school=schools[0]["id"], origin="county")
    await desk.until(made["id"], lambda one: one["state"] == "ready")
    _, showing = await desk.shown(made["id"])
    play = await desk.ask("POST", "/room/plays", {"showing": showing["id"], "resource": made["id"]}, token=desk.room)
    address = f"/room/plays/{play['play']}/reports"
    await desk.ask("POST", address, {"seq": 1, "parts": [[0, 2000]], "position_ms": 2000}, token=desk.room)
    [line] = (await desk.ask("GET", "/viewings"))["items"]
    assert (line["state"], line["activity"]) == ("usage", None) and "有效结对" in line["words"]


async def test_a_hostile_file_is_refused_in_a_sentence_and_a_recording_needs_its_approval(
    desk: Desk, tmp_path: Path
) -> None:
    garbage = tmp_path / "garbage.mp4"
    garbage.write_bytes(bytes(range(256)) * 100)
    made = await desk.add(garbage)
    failed = await desk.until(made["id"], lambda one: one["state"] == "failed")
    assert failed["problem"]["code"] == "film_not_video" and "MP4" in failed["problem"]["title"]
    assert not list((desk.house.data / "uploads").iterdir())
    await desk.ask("DELETE", f"/resources/{made['id']}")
    assert (await desk.ask("GET", "/resources"))["items"] == []
    lesson = await desk.house.lesson()
    body = {"title": "录像", "origin": "school", "subject": "语", "school": desk.schools["实验小学"]}
    status, refused, _ = await desk.house.ask(
        "POST", "/api/v1/resources", desk.house.info.secret, {**body, "lesson": lesson["lesson"]}
    )
    assert (status, refused["code"]) == (409, "lesson_not_over")
    await desk.house.ask("POST", f"/api/v1/lessons/{lesson['lesson']}/cancel", desk.house.info.secret)
    status, refused, _ = await desk.house.ask(
        "POST", "/api/v1/resources", desk.house.info.secret, {**body, "lesson": lesson["lesson"]}
    )
    assert (status, refused["code"]) == (403, "not_published")


async def test_what_is_in_the_way_of_a_showing_is_named(desk: Desk, mp4: Path) -> None:
    made = await desk.add(mp4)
    course, first = await desk.shown(made["id"])
    wanted = {"class_id": first["class_id"], "classroom": first["classroom"], "first": first["first"]}
    status, refused, _ = await desk.house.ask(
        "POST",
        f"/api/v1/courses/{course['id']}/showings",
        desk.house.info.secret,
        {**wanted, "begins": "09:30"},
    )
    assert (status, refused["code"]) == (409, "showing_conflict")
    assert refused["conflicts"][0].endswith(" 09:00 已有 课程《科学提高》")
    await desk.ask("POST", f"/courses/{course['id']}/showings", {**wanted, "begins": "09:40"})
    await desk.ask("DELETE", f"/showings/{first['id']}")
    assert isinstance(date.fromisoformat(first["first"]), date)


async def test_a_school_sees_its_own_and_its_supporters_and_changes_its_own_alone(desk: Desk, mp4: Path) -> None:
    made = await desk.add(mp4)
    village = await desk.house.account("school_officer", "檀溪中小")
    stranger = await desk.house.account("school_officer", "南苑小学")
    town = await desk.house.account("teacher", "实验小学")
    listed = {}
    for person in (village, stranger, town):
        listed[person] = [one["is_mine"] for one in (await person.ask("GET", "/api/v1/resources"))[1]["items"]]
    assert listed == {village: [False], stranger: [], town: [True]}
    address = f"/api/v1/resources/{made['id']}"
    assert (await village.ask("PATCH", address, {"title": "x"}))[0] == 403
    assert (await stranger.ask("PATCH", address, {"title": "x"}))[1]["code"] == "resource_unknown"
    assert (await town.ask("PATCH", address, {"title": "浮力（二）"}))[1]["title"] == "浮力（二）"
    await desk.until(made["id"], lambda one: one["state"] == "ready")
    status, refused, _ = await town.ask("PUT", f"{address}/captions", data=b"1\n00:00:01,000 --> x")
    assert (status, refused["code"]) == (400, "captions_unreadable")
    assert (await town.ask("PUT", f"{address}/captions", data=CAPTIONS))[1]["has_captions"]
    status, played, _ = await village.ask("POST", f"{address}/playbacks")
    assert status == 201
    status, part, headers = await village.ask("GET", played["film"], headers={"Range": "bytes=0-99"})
    assert (status, len(part)) == (206, 100) and headers["Content-Type"] == "video/mp4"
    assert (await village.ask("GET", played["captions"]))[1].startswith("WEBVTT")
    assert (await stranger.ask("GET", played["film"]))[1]["code"] == "playback_ended"
