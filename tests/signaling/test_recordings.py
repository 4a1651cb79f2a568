"""Playing a recording: who may, what they get, by parts, logged once; and what is said of it (听评课)."""

import asyncio
import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from recorder.preview import VERSION, Preview
from recorder.preview import read as read_preview
from recorder.segment_log import FileBegan, SegmentLog
from tests.recorder.conftest import Rig, script

PART = 30_000


async def record(house: Any, made: Any, seconds: int = 12) -> Any:
    """A recording of the lesson's teacher with sound, and of its classroom which was away for a while."""
    rig = Rig(house.data / "recordings")
    lesson, rural = made["lesson"], made["seats"][0]["seat"]
    for name, seat in (("s1", "teacher"), ("s2", rural)):
        rig.recorder.start_stream(lesson, seat, "camera", name)
    rig.play("s1", script("vp8", seconds))
    rig.play("s2", script("h264", 3), detach=True)
    rig.play("s2", script("h264", 3).later(6.0, ssrc=100))
    manifest = await rig.recorder.stop(lesson)
    await rig.recorder.close()
    return manifest


@pytest.fixture
async def recorded(house: Any) -> Any:
    made = await house.lesson()
    made["manifest"] = await record(house, made)
    await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", house.info.secret)
    return made


def cookie(headers: dict[str, str]) -> str:
    return headers["Set-Cookie"].partition(";")[0]


async def part(house: Any, path: str, key: str, range_: str | None = None) -> tuple[int, bytes, dict[str, str]]:
    headers = {"Cookie": key} | ({"Range": range_} if range_ else {})
    async with house.session.get(house.info.url + path, headers=headers) as response:
        return response.status, await response.read(), dict(response.headers)


async def test_the_teacher_gets_streams_with_names_places_and_gaps(house, recorded) -> None:
    base = f"/api/v1/recordings/{recorded['lesson']}"
    status, played, headers = await house.ask("POST", f"{base}/playbacks", recorded["teacher"]["token"])
    assert status == 201
    assert headers["Set-Cookie"].endswith(f"HttpOnly; Path={base}/; SameSite=Strict")
    teacher, rural = played["streams"]
    assert (teacher["seat"], teacher["school"], teacher["source"]) == ("teacher", "实验小学", "camera")
    assert (rural["school"], rural["classroom"], len(rural["files"])) == ("檀溪中小", "一号教室", 2)
    assert [(file["audio"], file["video"]) for file in teacher["files"]] == [(True, True)]
    [gap] = rural["gaps"]
    assert gap["kind"] == "both" and 2.5 < gap["from_s"] < 3.5 and 5.5 < gap["to_s"] < 6.5
    assert played["seconds"] == pytest.approx(12.0, abs=0.2)
    assert played["started_at"] == "2026-11-23T10:00:00+08:00"
    assert (played["is_whole"], played["viewer"], played["may_comment"]) == (True, "实验小学 主讲教师", True)


async def test_a_file_comes_in_parts_to_who_plays_it_and_to_nobody_else(house, recorded, monkeypatch) -> None:
    monkeypatch.setattr("signaling.api.recordings.PART_BYTES", PART)
    base, token = f"/api/v1/recordings/{recorded['lesson']}", recorded["teacher"]["token"]
    _, played, headers = await house.ask("POST", f"{base}/playbacks", token)
    key, name = cookie(headers), played["streams"][0]["files"][0]["name"]
    stored = (Path(house.data) / "recordings" / recorded["lesson"] / name).read_bytes()
    assert len(stored) > PART
    status, content, headers = await part(house, f"{base}/files/{name}", key, "bytes=0-")
    assert (status, len(content), headers["Content-Type"]) == (206, PART, "video/webm")
    assert headers["Content-Range"] == f"bytes 0-{PART - 1}/{len(stored)}"
    assert headers["Cache-Control"] == "no-store" and headers["Cross-Origin-Resource-Policy"] == "same-origin"
    content += (await part(house, f"{base}/files/{name}", key, f"bytes={PART}-"))[1]
    assert content == stored[: len(content)]
    assert (await part(house, f"{base}/files/{name}", key, "bytes=-100"))[1] == stored[-100:]
    assert (await part(house, f"{base}/files/{name}", key, "bytes=10-19"))[1] == stored[10:20]
    assert (await part(house, f"{base}/files/{name}", key))[1] == stored
    assert (await part(house, f"{base}/files/{name}", key, f"bytes={len(stored)}-"))[0] == 416

    other = await house.lesson()
    for path, held in (
        (f"{base}/files/{name}", "classroom_playback=AAAAAAAAAAAAAAAAAAAAAA"),
        (f"{base}/files/{name}", "classroom_playback="),
        (f"/api/v1/recordings/{other['lesson']}/files/{name}", key),
    ):
        status, content, _ = await part(house, path, held)
        assert status == 401 and b"playback_ended" in content and stored[:64] not in content
    for foreign in ("manifest.json", "segments.log", "..%2f..%2fserver.json"):
        assert (await part(house, f"{base}/files/{foreign}", key))[0] == 404


async def test_the_log_has_one_row_for_one_playback_however_many_parts(house, recorded) -> None:
    base = f"/api/v1/recordings/{recorded['lesson']}"
    inspector = await house.account("inspector", name="徐督学")
    status, played, headers = await inspector.ask("POST", f"{base}/playbacks")
    assert (status, played["viewer"]) == (201, "徐督学")
    key = f"classroom_session={inspector.cookies['classroom_session']}; {cookie(headers)}"
    for number in range(5):
        name = played["streams"][0]["files"][0]["name"]
        assert (await part(house, f"{base}/files/{name}", key, f"bytes={number * 100}-"))[0] == 206
    assert (await inspector.ask("POST", f"{base}/playbacks?renews=true", headers={"Cookie": key}))[0] == 201
    _, log, _ = await house.ask("GET", "/api/v1/audit?action=recording.", house.info.secret)
    [line] = log["items"]
    assert (line["actor_name"], line["action_text"]) == ("徐督学", "播放录像")
    assert line["subject"] == f"lesson:{recorded['lesson']}"


async def test_who_has_no_right_gets_a_plain_sentence(house, recorded) -> None:
    path = f"/api/v1/recordings/{recorded['lesson']}/playbacks"
    for token in (recorded["seats"][0]["token"], recorded["observer"]["token"], house.info.secret):
        status, problem, headers = await house.ask("POST", path, token)
        assert (status, problem["title"]) == (403, "您没有这项权限") and "Set-Cookie" not in headers
    for stranger in (await house.account("school_officer", "南苑小学"), await house.account("teacher", "檀溪中小")):
        assert (await stranger.ask("POST", path))[1]["title"] == "没有这节课"
    for officer in (await house.account("school_officer", "檀溪中小"), await house.account("bureau_officer")):
        assert (await officer.ask("POST", path))[0] == 201


async def test_a_playback_ends_with_its_link(house, recorded) -> None:
    link = await house.link("teacher", "实验小学", name="王老师")
    base = f"/api/v1/recordings/{recorded['lesson']}"
    _, played, headers = await house.ask("POST", f"{base}/playbacks", link["token"])
    path = f"{base}/files/{played['streams'][0]['files'][0]['name']}"
    assert (await part(house, path, cookie(headers), "bytes=0-9"))[0] == 206
    await house.ask("DELETE", f"/api/v1/links/{link['id']}", house.info.secret)
    assert (await part(house, path, cookie(headers), "bytes=0-9"))[0] == 401


async def test_a_playback_ends_with_its_session(house, recorded, monkeypatch) -> None:
    monkeypatch.setattr("signaling.api.recordings.CHECK_EVERY_S", 0.0)
    officer, base = await house.account("bureau_officer"), f"/api/v1/recordings/{recorded['lesson']}"
    _, played, headers = await officer.ask("POST", f"{base}/playbacks")
    path = f"{base}/files/{played['streams'][0]['files'][0]['name']}"
    session = f"classroom_session={officer.cookies['classroom_session']}"
    assert (await part(house, path, f"{session}; {cookie(headers)}", "bytes=0-9"))[0] == 206
    assert (await part(house, path, cookie(headers), "bytes=0-9"))[0] == 401
    assert (await part(house, path, f"{session}; {cookie(headers)}", "bytes=0-9"))[0] == 401


async def test_what_was_not_recorded_and_what_is_not_over_say_so(house) -> None:
    made = await house.lesson()
    path, token = f"/api/v1/recordings/{made['lesson']}/playbacks", made["teacher"]["token"]
    assert (await house.ask("POST", path, token))[1]["code"] == "not_recorded"
    await house.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel", house.info.secret)
    status, problem, _ = await house.ask("POST", path, token)
    assert (status, problem["title"]) == (404, "这节课没有录像")
    bureau = await house.account("bureau_officer")
    assert (await bureau.ask("POST", "/api/v1/recordings/nosuchlesson/playbacks"))[1]["code"] == "lesson_unknown"


async def test_what_a_crash_left_plays_all_the_same(house, recorded) -> None:
    lesson, folder = recorded["lesson"], Path(house.data) / "recordings" / recorded["lesson"]
    async with asyncio.timeout(20):
        # The server mends what it finds when the lesson ends; what it cannot mend stays torn.
        while not (await house.ask("GET", f"/api/v1/lessons/{lesson}/summary", house.info.secret))[1]["settled"]:
            await asyncio.sleep(0.05)
    (folder / "manifest.json").unlink()
    name = next(stream for stream in recorded["manifest"].streams if stream.seat == "teacher").files[0].name
    ended = b'"FileEnded","name":"' + name.encode()
    lines = (folder / "segments.log").read_bytes().splitlines()
    torn = [line for line in lines if b"RecordingStopped" not in line and ended not in line]
    assert len(torn) == len(lines) - 2
    (folder / "segments.log").write_bytes(b"\n".join(torn) + b"\n")
    status, played, _ = await house.ask("POST", f"/api/v1/recordings/{lesson}/playbacks", recorded["teacher"]["token"])
    assert (status, played["is_whole"]) == (201, False)
    assert played["streams"][0]["files"][0]["to_s"] == pytest.approx(12.0, abs=0.2)


async def test_what_was_recorded_until_an_earlier_stop_is_not_the_whole(house, recorded, monkeypatch) -> None:
    lesson, token = recorded["lesson"], recorded["teacher"]["token"]
    base, folder = f"/api/v1/recordings/{lesson}", Path(house.data) / "recordings" / lesson
    async with asyncio.timeout(20):
        while not (await house.ask("GET", f"/api/v1/lessons/{lesson}/summary", house.info.secret))[1]["settled"]:
            await asyncio.sleep(0.05)
    with contextlib.closing(sqlite3.connect(Path(house.data) / "classroom.db")) as database, database:
        database.execute("UPDATE lessons SET recorded = 1 WHERE id = ?", (lesson,))
    monkeypatch.setattr("signaling.previews.Previews.want", lambda *wanted: None)
    status, played, headers = await house.ask("POST", f"{base}/playbacks", token)
    assert (status, played["is_whole"]) == (201, True)
    names = sorted(file.name for stream in recorded["manifest"].streams for file in stream.files)
    (folder / "preview.json").write_bytes(msgspec.json.encode(Preview(VERSION, names, None, [], [])))
    assert b"chapters" in (await part(house, f"{base}/preview", cookie(headers)))[1]

    # It was recorded again, and the files of that are not closed yet.
    with monkeypatch.context() as patched:
        patched.setattr("recorder.service.Recorder.is_recording", lambda self, lesson: True)
        assert (await house.ask("POST", f"{base}/playbacks", token))[1]["code"] == "recording_finishing"
    name = next(name for name in names if name.startswith("teacher"))
    again = name.replace(".0001.", ".0009.")
    (folder / again).write_bytes((folder / name).read_bytes())
    log = SegmentLog(folder)
    log.append(FileBegan("teacher", "camera", again, 20.0, ["vp8", "opus"], 320, 192), must=True)
    assert (await house.ask("POST", f"{base}/playbacks", token))[1]["code"] == "recording_finishing"
    assert (await part(house, f"{base}/preview", cookie(headers)))[1] == b'{"preview":null}'
    monkeypatch.setattr("signaling.api.recordings.FINISHING", timedelta(0))
    status, played, _ = await house.ask("POST", f"{base}/playbacks", token)
    assert (status, played["is_whole"], len(played["streams"][0]["files"])) == (201, False, 2)


async def test_comments_are_by_name_and_only_ones_own_can_be_taken_back(house, recorded) -> None:
    path = f"/api/v1/recordings/{recorded['lesson']}/comments"
    xu, li = await house.account("inspector", name="徐督学"), await house.account("teacher", "实验小学", name="李老师")
    status, made, _ = await xu.ask("POST", path, {"at_s": 7.26, "text": "  提问有层次 "})
    assert (status, made["at_s"], made["text"], made["author_name"], made["is_own"]) == (
        201,
        7.3,
        "提问有层次",
        "徐督学",
        True,
    )
    # A teacher is one person by account, and by the link that the account makes for the day.
    page = (await li.ask("POST", "/api/v1/me/teacher-link"))[1]["page"]
    await li.ask("POST", path, {"at_s": 2, "text": "导入"})
    _, seen, _ = await house.ask("GET", path, page.partition("#")[2])
    assert [(one["author_name"], one["is_own"]) for one in seen["comments"]] == [("李老师", True), ("徐督学", False)]
    assert (await li.ask("DELETE", f"{path}/{made['id']}"))[1]["code"] == "not_found"
    assert (await xu.ask("DELETE", f"{path}/{made['id']}"))[0] == 204
    assert len((await xu.ask("GET", path))[1]["comments"]) == 1
    for bad in ({"at_s": -1, "text": "x"}, {"at_s": 1, "text": " "}, {"at_s": 1, "text": "x" * 1001}, {"text": "x"}):
        assert (await xu.ask("POST", path, bad))[0] == 400
    stranger = await house.account("school_officer", "南苑小学")
    for method, body in (("GET", None), ("POST", {"at_s": 1, "text": "x"})):
        assert (await stranger.ask(method, path, body))[1]["code"] == "lesson_unknown"
    _, log, _ = await house.ask("GET", "/api/v1/audit?action=comment.", house.info.secret)
    assert [line["action_text"] for line in log["items"]] == ["删除评课意见", "发表评课意见", "发表评课意见"]


async def test_a_preview_is_made_after_the_lesson_and_its_pictures_are_told(house, recorded) -> None:
    lesson, base = recorded["lesson"], f"/api/v1/recordings/{recorded['lesson']}"
    folder = Path(house.data) / "recordings" / lesson
    _, played, headers = await house.ask("POST", f"{base}/playbacks", recorded["teacher"]["token"])
    made = played["preview"]
    async with asyncio.timeout(60):
        while made is None:
            await asyncio.sleep(0.1)
            status, content, _ = await part(house, f"{base}/preview", cookie(headers))
            made = msgspec.json.decode(content)["preview"]
    assert (await part(house, f"{base}/preview", ""))[0] == 401
    assert read_preview(folder) is not None
    [strip] = made["strips"]
    assert strip["seat"] == "teacher" and strip["at_s"][0] == pytest.approx(0.0, abs=0.2) and len(strip["at_s"]) >= 2
    for name in (made["poster"], *strip["sheets"]):
        status, content, headers_of = await part(house, f"{base}/files/{name}", cookie(headers))
        assert (status, headers_of["Content-Type"], content[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
