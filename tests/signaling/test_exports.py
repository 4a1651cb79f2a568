"""One MP4 of a lesson, from the click to the file: who may, how far it is, and what a kill costs."""

import asyncio
import hashlib
import shutil
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import av
import psutil
import pytest

from classroom.registry.facts import Link
from signaling.auth import Grant
from signaling.demo.server import ServerProcess
from signaling.tickets import GOOD_FOR_S, MAX_TICKETS, Tickets
from tests.recorder.conftest import Rig, look, script
from tests.signaling.conftest import House
from tests.signaling.test_recordings import cookie, part

DEADLINE_S = 60


async def recorded(house: House) -> Any:
    """A lesson that is over, with a recording of twelve seconds."""
    made = await house.lesson(record=True, consent_by="王老师")
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.say(type="start")
    await seat.hears(lambda view: view["recording"]["on"])
    await seat.say(type="end")
    await house.until(made, lambda view: view["state"] == "ended")

    async def judged() -> bool:
        # The last that the recorder writes of a lesson: before it, it would write into what is planted.
        return (house.data / "recordings" / made["lesson"] / "verdict.json").exists()

    await wait_for(judged, bool)
    await plant(house.data, made["lesson"])
    return made


async def plant(data: Path, lesson: str) -> None:
    """The recording as if real devices had been there: camera in H.264, slides in VP8."""
    root = data / "recordings"
    if (root / lesson).exists():
        shutil.rmtree(root / lesson)
    rig = Rig(root)
    rig.recorder.start_stream(lesson, "teacher", "camera", "s1")
    rig.recorder.start_stream(lesson, "teacher", "screen", "s2")
    rig.play("s1", script("h264", 12), detach=True)
    rig.play("s2", script("vp8", 12, sound=False), detach=True)
    await rig.recorder.stop(lesson)
    await rig.recorder.close()


async def wait_for(look: Callable[[], Awaitable[Any]], condition: Callable[[Any], Any]) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        while not condition(found := await look()):
            await asyncio.sleep(0.05)
    return found


class Desk:
    """The exports of one lesson, as one caller sees them."""

    def __init__(self, house: House, lesson: str, token: str) -> None:
        self.house, self.token = house, token
        self.path = f"/api/v1/lessons/{lesson}/exports"

    async def ask(self, layout: str = "slides", **more: Any) -> tuple[int, Any]:
        return (await self.house.ask("POST", self.path, self.token, {"layout": layout, **more}))[:2]

    async def lines(self) -> Any:
        status, body, _ = await self.house.ask("GET", self.path, self.token)
        assert status == 200, body
        return body["exports"]

    async def until(self, id: str, condition: Callable[[Any], Any]) -> Any:
        async def line() -> Any:
            return next((one for one in await self.lines() if one["id"] == id), None)

        return await wait_for(line, condition)

    async def download(self, id: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        return await self.open(await self.ticket(id), **headers)

    async def ticket(self, id: str) -> str:
        status, given, _ = await self.house.ask("POST", f"{self.path}/{id}/ticket", self.token)
        assert status == 201, given
        return str(given["path"])

    async def open(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        async with self.house.session.get(self.house.info.url + path, headers=headers) as answer:
            return answer.status, await answer.read(), dict(answer.headers)


def processes(*, of: int | None = None) -> list[psutil.Process]:
    """The processes that make exports, children of this one or of another."""
    found = psutil.Process(of).children(recursive=True)
    return [one for one in found if one.is_running() and "recorder.export" in _command(one)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def test_a_teacher_gets_one_file_of_the_lesson_and_every_download_is_logged(house: House) -> None:
    made = await recorded(house)
    desk = Desk(house, made["lesson"], made["teacher"]["token"])
    status, line = await desk.ask("teacher")
    assert status == 202 and line["layout"] == "teacher" and not line["pupils"] and line["state"] == "waiting"
    assert (await desk.ask("teacher"))[1]["id"] == line["id"], "one wish is one file"
    ready = await desk.until(line["id"], lambda one: one["state"] in ("ready", "failed"))
    assert ready["state"] == "ready" and ready["done"] == 1.0
    status, content, headers = await desk.download(line["id"])
    assert status == 200 and headers["Content-Type"] == "video/mp4" and "attachment" in headers["Content-Disposition"]
    assert (len(content), hashlib.sha256(content).hexdigest()) == (ready["bytes"], ready["sha256"])
    (house.data / "copy.mp4").write_bytes(content)
    with av.open(str(house.data / "copy.mp4")) as container:
        assert container.metadata["artist"] == "实验小学" and container.metadata["title"].startswith("语文 五（1）班 ")
        assert container.duration / av.time_base == pytest.approx(12, abs=0.1)
    assert await logged(house, made) == ["recording.downloaded", "recording.exported"]
    assert oct((house.data / "exports" / f"{line['id']}.mp4").stat().st_mode)[-3:] == "600"


async def logged(house: House, made: Any) -> list[str]:
    """What the audit log says of the lesson's recording, the last first."""
    path = "/api/v1/audit?subject=lesson:" + made["lesson"]
    entries = (await house.ask("GET", path, house.info.secret))[1]["items"]
    return [one["action"] for one in entries if one["action"].startswith("recording.")]


async def ready_film(house: House) -> tuple[Any, Desk, str]:
    made = await recorded(house)
    desk = Desk(house, made["lesson"], made["teacher"]["token"])
    id = (await desk.ask("teacher"))[1]["id"]
    await desk.until(id, lambda one: one["state"] == "ready")
    return made, desk, id


async def test_a_download_is_one_row_whichever_part_comes_first(house: House) -> None:
    made, desk, id = await ready_film(house)
    for number, first in enumerate(("bytes=1-", "bytes=00-", "bytes=-99999999999", "bytes=5-9", "nonsense"), start=1):
        ticket = await desk.ticket(id)
        # A program that saves by several connections at once, and a browser that goes on with what broke off.
        answers = await asyncio.gather(*(desk.open(ticket, Range=first) for _ in range(4)))
        status, part, _ = await desk.open(ticket, Range="bytes=100-")
        assert status == 206 and part == (house.data / "exports" / f"{id}.mp4").read_bytes()[100:]
        assert len({answer[:2] for answer in answers}) == 1
        assert (await logged(house, made)).count("recording.downloaded") == number, first


async def test_a_ticket_ends_with_its_holder(house: House) -> None:
    made, desk, id = await ready_film(house)
    path = f"/api/v1/lessons/{made['lesson']}/exports/{id}/ticket"
    link = await house.link("teacher", "实验小学", name="王老师")
    leaver, disabled = await house.account("bureau_officer"), await house.account("bureau_officer")
    by_link = (await house.ask("POST", path, link["token"]))[1]["path"]
    by_leaver, by_disabled = [(await one.ask("POST", path))[1]["path"] for one in (leaver, disabled)]
    # A program that saves files for the browser sends no cookie.
    for ticket in (by_link, by_leaver, by_disabled):
        assert (await desk.open(ticket, Range="bytes=0-9"))[0] == 206
    await house.ask("DELETE", f"/api/v1/links/{link['id']}", house.info.secret)
    assert (await leaver.ask("DELETE", "/api/v1/sessions/current"))[0] == 204
    assert (await house.ask("POST", f"/api/v1/accounts/{disabled.id}/disable", house.info.secret))[0] == 200
    for ticket in (by_link, by_leaver, by_disabled):
        status, refused, _ = await desk.open(ticket, Range="bytes=10-19")
        assert status == 410 and b"ticket_spent" in refused
    assert (await desk.download(id))[0] == 200, "another's goes on"


async def test_it_is_for_the_teachers_school_and_the_bureau_alone(house: House) -> None:
    made = await recorded(house)
    path = f"/api/v1/lessons/{made['lesson']}/exports"
    own, other = await house.account("school_officer", "实验小学"), await house.account("school_officer", "檀溪中小")
    assert (await own.ask("GET", path))[0] == 200
    assert (await (await house.account("bureau_officer")).ask("GET", path))[0] == 200
    assert (await other.ask("POST", path, {}))[1]["code"] == "lesson_unknown"
    assert (await (await house.account("inspector")).ask("POST", path, {}))[0] == 403
    elsewhere = await house.link("teacher", "别的小学")
    assert (await house.ask("GET", path, elsewhere["token"]))[1]["code"] == "lesson_unknown"
    assert (await house.ask("GET", path, made["observer"]["token"]))[0] == 403
    status, refused, _ = await house.ask("GET", "/api/v1/downloads/guessed")
    assert (status, refused["code"]) == (410, "ticket_spent")


async def test_what_cannot_be_exported_says_why(house: House) -> None:
    made = await house.lesson()
    desk = Desk(house, made["lesson"], made["teacher"]["token"])
    assert (await desk.ask())[1]["code"] == "lesson_not_over"
    assert (await desk.ask("portrait"))[0] == 400
    await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", made["teacher"]["token"])
    assert (await desk.ask())[1]["code"] == "export_nothing_recorded"
    lesson = await recorded(house)
    shutil.rmtree(house.data / "recordings" / lesson["lesson"])
    desk = Desk(house, lesson["lesson"], lesson["teacher"]["token"])
    _, line = await desk.ask()
    failed = await desk.until(line["id"], lambda one: one["state"] == "failed")
    assert failed["problem"]["title"] == "这节课没有可以导出的录像"
    assert (await house.ask("POST", f"{desk.path}/{line['id']}/ticket", desk.token))[1]["code"] == "export_not_ready"
    # Once there is a recording the same wish is tried again.
    await plant(house.data, lesson["lesson"])
    assert (await desk.ask())[1]["state"] == "waiting"
    await desk.until(line["id"], lambda one: one["state"] == "ready")


@pytest.mark.long
async def test_a_killed_process_is_made_up_for_and_a_cancelled_one_leaves_nothing(house: House) -> None:
    made = await recorded(house)
    desk = Desk(house, made["lesson"], made["teacher"]["token"])
    _, line = await desk.ask("slides")
    going = await desk.until(line["id"], lambda one: one["done"] > 0.02)
    assert going["state"] == "running" and going["left_s"] > 0
    [process] = processes()
    assert process.nice() == 19
    process.send_signal(signal.SIGKILL)
    ready = await desk.until(line["id"], lambda one: one["state"] == "ready")
    assert ready["seconds"] == pytest.approx(12, abs=0.1)
    assert [path.name for path in (house.data / "exports").iterdir()] == [f"{line['id']}.mp4"]

    _, other = await desk.ask("slides", pupils=True)
    await desk.until(other["id"], lambda one: one["done"] > 0.02)
    [process] = processes()
    for _ in range(2):
        status, _, _ = await house.ask("DELETE", f"{desk.path}/{other['id']}", desk.token)
    assert status == 404

    async def left() -> list[str]:
        return sorted(path.name for path in (house.data / "exports").iterdir())

    await wait_for(left, lambda names: names == [f"{line['id']}.mp4"] and not process.is_running())
    await house.ask("DELETE", f"{desk.path}/{line['id']}", desk.token)
    assert await left() == [] and await desk.lines() == []


@pytest.mark.long
async def test_a_killed_server_goes_on_with_what_was_asked_for(house: House, tmp_path: Path) -> None:
    made = await recorded(house)
    await house.stop()
    extra = ("--free-disk-min-mb", "0")
    async with ServerProcess(house.data, extra=extra) as server, aiohttp.ClientSession() as session:
        house.info, house.session = server.info, session
        desk = Desk(house, made["lesson"], made["teacher"]["token"])
        _, line = await desk.ask("slides")
        await desk.until(line["id"], lambda one: one["done"] > 0.02)
        [process] = processes(of=server.pid)
        await server.kill()

        async def ended() -> bool:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE

        await wait_for(ended, bool)
        await server.start()
        house.info = server.info
        ready = await desk.until(line["id"], lambda one: one["state"] == "ready")
        assert (await desk.download(line["id"]))[0] == 200 and ready["seconds"] == pytest.approx(12, abs=0.1)
        assert [path.name for path in (house.data / "exports").iterdir()] == [f"{line['id']}.mp4"]


def test_a_ticket_is_good_for_minutes_and_there_are_never_too_many() -> None:
    tickets = Tickets()
    for number in range(MAX_TICKETS + 1):
        tickets.give(str(number), Grant("machine"), None, "export", float(number) / 1000)
    assert tickets.find("0", 1.0) is None and tickets.find("1", 1.0) is not None
    assert tickets.find("1", GOOD_FOR_S + 2) is None


def link(id: str) -> Link:
    return Link(
        id=id,
        role="teacher",
        school="school",
        lesson=None,
        classroom=None,
        seat=None,
        holder=id,
        name=None,
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
        expires_at=None,
        revoked_at=None,
    )


def test_tickets_go_with_their_links() -> None:
    tickets = Tickets()
    for name in ("one", "two"):
        tickets.give(name, Grant("teacher", link(name)), None, "export", 0.0)
    tickets.give("machine", Grant("machine"), None, "export", 0.0)
    tickets.end_of({"one", "three"})
    assert [tickets.find(name, 1.0) is not None for name in ("one", "two", "machine")] == [False, True, True]


async def test_a_published_recording_becomes_a_film_of_the_library(house: House) -> None:
    made = await recorded(house)
    city = await house.account("school_officer", "实验小学")
    wanted = {"title": "浮力", "origin": "school", "subject": "科", "lesson": made["lesson"], "layout": "teacher"}
    status, refused, _ = await city.ask("POST", "/api/v1/resources", wanted)
    assert (status, refused["code"]) == (403, "not_published")
    path = f"/api/v1/recordings/{made['lesson']}/publications"
    _, wish, _ = await city.ask("POST", path, {"pupils": False, "reason": "县级展示课"})
    path = f"/api/v1/publications/{wish['id']}/decision"
    assert (await city.ask("PUT", path, {"approve": True}))[1]["state"] == "approved"

    status, line, _ = await city.ask("POST", "/api/v1/resources", wanted)
    assert (status, line["state"]) == (201, "exporting")

    async def lines() -> Any:
        [one] = (await city.ask("GET", "/api/v1/resources"))[1]["items"]
        return one

    film = await wait_for(lines, lambda one: one["state"] in ("ready", "failed"))
    assert film["state"] == "ready" and film["length_ms"] == pytest.approx(12_000, abs=200)
    status, played, headers = await city.ask("POST", f"/api/v1/resources/{line['id']}/playbacks")
    assert status == 201
    status, content, _ = await part(house, played["film"], cookie(headers))
    assert status == 200
    (house.data / "film.mp4").write_bytes(content)
    seen = look(house.data / "film.mp4")
    numbers = [number for _, number, _ in seen.pictures]
    assert numbers == sorted(numbers) and len(set(numbers)) > 100, "the lesson's own running pictures"
    assert len(seen.beeps) == pytest.approx(12, abs=1)
