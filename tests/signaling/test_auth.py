"""The table of roles and actions, walked for every route that the server has."""

import re
from pathlib import Path

import pytest

from signaling.app import make_app
from signaling.auth import MAY, bearer
from signaling.datadir import DataDirectory
from signaling.problem import Problem
from signaling.settings import load_settings

# Who may pass each route's door (what lies behind it checks the lesson and the seat).
TEACHER, CLASSROOM, OBSERVER, MACHINE = "teacher", "classroom", "observer", "machine"
DOORS = {
    "GET /api/v1/me": {TEACHER, CLASSROOM, OBSERVER},
    "GET /api/v1/room": {CLASSROOM},
    "GET /api/v1/classrooms": {TEACHER},
    "GET /api/v1/lessons": {TEACHER, MACHINE},
    "POST /api/v1/lessons": {TEACHER, MACHINE},
    "GET /api/v1/lessons/{lesson}": {TEACHER, CLASSROOM, OBSERVER, MACHINE},
    "GET /api/v1/lessons/{lesson}/summary": {TEACHER, CLASSROOM, MACHINE},
    "GET /api/v1/lessons/{lesson}/node": {TEACHER, CLASSROOM, OBSERVER, MACHINE},
    "POST /api/v1/lessons/{lesson}/end": {TEACHER, MACHINE},
    "POST /api/v1/lessons/{lesson}/cancel": {TEACHER, MACHINE},
    "GET /api/v1/months/{month}": {MACHINE},
    "GET /api/v1/links": {MACHINE},
    "POST /api/v1/links": {MACHINE},
    "DELETE /api/v1/links/{link}": {MACHINE},
    "GET /api/v1/pairs": {MACHINE},
    "POST /api/v1/pairs": {MACHINE},
    "POST /whip/{lesson}/{seat}/{source}": {TEACHER, CLASSROOM},
    "POST /whep/{lesson}/{seat}/{source}": {TEACHER, CLASSROOM, OBSERVER},
    "DELETE /sessions/{session}": {TEACHER, CLASSROOM, OBSERVER},
    "GET /metrics": {MACHINE},
}
# Open to anyone: they give nothing away (the socket's door is its first message).
OPEN = {
    "GET /",
    "GET /teach",
    "GET /teach/{lesson}",
    "GET /room/{token}",
    "GET /join/{token}",
    "GET /observe/{token}",
    "GET /assets",
    "GET /healthz",
    "POST /api/v1/codes",
    "GET /ws/{lesson}",
    "PATCH /sessions/{session}",
    "OPTIONS /whip/{lesson}/{seat}/{source}",
    "OPTIONS /whep/{lesson}/{seat}/{source}",
}


def routes(app_path: Path) -> set[str]:
    app = make_app(load_settings(data=app_path), DataDirectory(app_path))
    return {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


def test_every_route_has_its_door_described(tmp_path: Path) -> None:
    assert routes(tmp_path) == DOORS.keys() | OPEN


def test_the_protocols_page_describes_every_door_of_the_media() -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf8")
    described = set(re.findall(r"^\| `((?:GET|POST|DELETE|PATCH) /\S+)` \|", page, re.MULTILINE))
    named = {door for door in (*DOORS, "PATCH /sessions/{session}") if "/api/v1/" not in door} - {"GET /metrics"}
    assert described == named


@pytest.mark.parametrize("door", DOORS)
async def test_a_door_opens_for_whom_the_table_names_and_for_nobody_else(house, door: str) -> None:
    made = await house.lesson(observers=3)
    tokens = {
        TEACHER: made["teacher"]["token"],
        CLASSROOM: made["seats"][0]["token"],
        OBSERVER: made["observer"]["token"],
        MACHINE: house.info.secret,
    }
    method, path = door.split(" ")
    path = re.sub(r"\{(\w+)\}", lambda m: {"lesson": made["lesson"], "seat": "teacher"}.get(m[1], "none"), path)
    for role, token in tokens.items():
        status, answer, _ = await house.ask(method, path, token)
        # The lesson and the seat are checked behind the door: a classroom may publish, only not for the teacher.
        if method == "POST" and path.startswith("/whip") and role == CLASSROOM:
            assert status == 403
            continue
        assert (status == 403) == (role not in DOORS[door]), (role, status, answer)


@pytest.mark.parametrize("door", DOORS)
async def test_no_door_opens_without_a_token_or_with_a_false_one(house, door: str) -> None:
    method, path = door.split(" ")
    path = re.sub(r"\{\w+\}", "x", path)
    status, problem, headers = await house.ask(method, path)
    assert (status, problem["code"], headers["WWW-Authenticate"]) == (401, "token_missing", "Bearer")
    for token in ("AAAAAAAAAAAAAAAAAAAAAA", "x" * 5000, "é"):
        status, problem, _ = await house.ask(method, path, token)
        assert (status, problem["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_a_header_without_a_bearer_token_is_refused(header: str) -> None:
    with pytest.raises(Problem, match="token_missing"):
        bearer(header)


def test_observers_may_neither_send_nor_change_anything() -> None:
    assert MAY["observer"] == {"read_self", "read_lesson", "subscribe"}


async def test_a_revoked_link_opens_nothing(house) -> None:
    link = await house.link("teacher", "实验小学")
    assert (await house.ask("GET", "/api/v1/lessons", link["token"]))[0] == 200
    assert (await house.ask("DELETE", f"/api/v1/links/{link['id']}", house.info.secret))[0] == 204
    assert (await house.ask("GET", "/api/v1/lessons", link["token"]))[1]["code"] == "token_invalid"


async def test_another_schools_lesson_is_told_from_no_lesson_by_nothing(house) -> None:
    made = await house.lesson()
    stranger = await house.link("teacher", "南苑小学")
    room = await house.link("classroom", "礼张完小")
    other = await house.lesson(supporter="南苑小学")
    for token in (stranger["token"], room["token"], other["seats"][0]["token"]):
        of_another = await house.ask("GET", f"/api/v1/lessons/{made['lesson']}", token)
        of_none = await house.ask("GET", "/api/v1/lessons/aaaaaaaaaaaa", token)
        assert of_another[:2] == of_none[:2]
        assert of_another[0] == 404
