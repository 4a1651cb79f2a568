"""The table of roles and actions, walked for every door of the API and every route that the server has."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from classroom.store.audit import MACHINE as BY_MACHINE
from classroom.store.audit import SERVER
from classroom.store.programs import Scope
from classroom.store.store import Store
from signaling.api import DOORS
from signaling.api.door import Door
from signaling.app import make_app
from signaling.auth import MAY, Action, Grant, bearer
from signaling.datadir import DataDirectory
from signaling.pages import CONSOLE_PAGES, PAGES
from signaling.problem import Problem
from signaling.settings import load_settings
from tests.signaling.conftest import Person

# Who may do what, as a person reads it. Links: T teacher's, C classroom's, A assistant's, O observer's. Accounts:
# t teacher, s school officer, b bureau officer, i inspector, a administrator. m: this machine's command line.
# p: a program's token with every scope.
ROLES = "TCAOtsbiamp"
EXPECTED: dict[str, str] = {
    # action              TCAOtsbiamp
    "read_self": "        TCAOtsbia p",
    "keep_self": "            tsbia  ",
    "list_lessons": "     T   tsbi m ",
    "create_lesson": "    T   t    m ",
    "keep_timetable": "   T   ts   m ",
    "read_lesson": "      TCAOt    m ",
    "read_summary": "     TCA tsbi m ",
    "end_lesson": "       T   t    m ",
    "teach": "            T   t      ",
    "take_part": "        TCA t      ",
    "keep_courseware": "  T   t      ",
    "export_recording": " T   tsb  m ",
    "play_recording": "   T   tsbi   ",
    "comment": "          T   tsbi   ",
    "ask_keeping": "      T   tsb  m ",
    "keep_recordings": "       sb  m ",
    "hold_recordings": "        b  m ",
    "publish": "          TCA        ",
    "subscribe": "        TCAO       ",
    "read_room": "         C         ",
    "invite_assistant": " TC         ",
    "observe": "               bi    ",
    "read_ledger": "           sbi mp",
    "read_returns": "          sbi mp",
    "propose": "               sb  m ",
    "approve": "                b  m ",
    "file_return": "           sb  m ",
    "receive_return": "         b  m ",
    "keep_policy": "            b  m ",
    "read_registry": "         sbiamp",
    "keep_school": "           sb  m ",
    "keep_registry": "          b  m ",
    "upload": "           TC  tsb  m ",
    "read_resources": "   T   tsbi m ",
    "keep_resources": "   T   tsb  m ",
    "mint_link": "                am ",
    "keep_accounts": "          b am ",
    "keep_programs": "            am ",
    "read_audit": "             b am ",
    "read_evidence": "          b  mp",
    "read_log": "               bi mp",
    "read_metrics": "             am ",
}
NAMES = {
    "T": "teacher",
    "C": "classroom",
    "A": "assistant",
    "O": "observer",
    "t": "teacher",
    "s": "school_officer",
    "b": "bureau_officer",
    "i": "inspector",
    "a": "admin",
}
# Doors that stand open: what they give away is nothing, or what the caller has proved.
OPEN_DOORS = {
    "POST /api/v1/sessions",
    "GET /api/v1/setup",
    "POST /api/v1/setup",
    "POST /api/v1/codes",
    # A check of one's own line; by its ticket, which only who began it has.
    "POST /api/v1/checks",
    "PUT /api/v1/checks/{ticket}",
    "DELETE /api/v1/checks/{ticket}",
    "GET /api/v1/openapi.json",
    "GET /api/v1/downloads/{ticket}",
    # By the key in its cookie, which was given to who passed the door of the playback.
    "GET /api/v1/recordings/{lesson}/files/{name}",
    "GET /api/v1/recordings/{lesson}/preview",
    "GET /api/v1/recordings/{lesson}/pages",
    "GET /api/v1/recordings/{lesson}/courseware/{courseware}/pages/{number}",
    "GET /api/v1/resources/{resource}/files/{name}",
}
# What lies behind the door refuses these all the same: the command line and links have no account, no school.
REFUSED_BEHIND = {
    ("POST /api/v1/me/teacher-link", "T"),
    ("POST /api/v1/me/teacher-link", "m"),
    ("GET /api/v1/classrooms", "m"),
    ("GET /api/v1/lessons/{lesson}/plan", "C"),
}
MEDIA = {
    "POST /whip/{lesson}/{seat}/{source}": "publish",
    "POST /whep/{lesson}/{seat}/{source}": "subscribe",
    "DELETE /sessions/{session}": "subscribe",
    "GET /metrics": "read_metrics",
}
# Open to anyone: they give nothing away (the socket's door is its first message).
OPEN = {
    *(f"GET {path}" for path in (*PAGES, *CONSOLE_PAGES)),
    *(f"GET {path}/{{page}}" for path in CONSOLE_PAGES),
    "GET /assets",
    "GET /healthz",
    "GET /ws/{lesson}",
    "PATCH /sessions/{session}",
    "POST /whip/check/{ticket}",
    "POST /whep/check/{ticket}",
    "OPTIONS /whip/{lesson}/{seat}/{source}",
    "OPTIONS /whep/{lesson}/{seat}/{source}",
}
ALL = [door for doors in DOORS for door in doors.all]
ROUTES: dict[str, str | None] = {f"{door.method} {door.path}": door.may for door in ALL} | MEDIA
CLOSED = {route: action for route, action in ROUTES.items() if action is not None}


def holders(action: str) -> set[str]:
    return set(EXPECTED[action][-11:]) - {" "}


def test_every_route_has_its_door_described(tmp_path: Path) -> None:
    app = make_app(load_settings(data=tmp_path), DataDirectory(tmp_path))
    found = {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert found == ROUTES.keys() | OPEN


def test_every_action_stands_in_the_table_and_the_table_in_the_code() -> None:
    assert EXPECTED.keys() == set(get_args(Action))
    for action in EXPECTED:
        of_links = {letter for letter in "TCAO" if Grant(NAMES[letter]).may(action)}  # type: ignore[arg-type]
        assert of_links == holders(action) & set("TCAO"), action
        assert Grant("machine").may(action) == ("m" in holders(action)), action  # type: ignore[arg-type]
    assert MAY["anyone"] == frozenset()


def test_the_doors_that_stand_open_are_these() -> None:
    assert {f"{door.method} {door.path}" for door in ALL if door.may is None} == OPEN_DOORS


def test_an_inspector_and_an_observer_change_nothing() -> None:
    changing = {door.may for door in ALL if door.method != "GET" and door.may is not None}
    # Looking into a lesson makes a link, playing one a key: they open pictures and change nothing. What an inspector
    # says of a recording is his own and no part of any number.
    assert {action for action in changing if "i" in holders(action)} == {
        "keep_self",
        "observe",
        "play_recording",
        "read_resources",
        "comment",
    }
    assert MAY["observer"] == {"read_self", "read_lesson", "subscribe"}
    assert MAY["program"] & changing == set()


def test_the_protocols_page_describes_every_door_of_the_media() -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf8")
    described = set(re.findall(r"^\| `((?:GET|POST|DELETE|PATCH) /\S+)` \|", page, re.MULTILINE))
    assert described == {*MEDIA, "PATCH /sessions/{session}"} - {"GET /metrics"}


async def program_token(house: Any, *scopes: str) -> str:
    body = {"name": "数据平台", "scopes": list(scopes)}
    status, made, _ = await house.ask("POST", "/api/v1/programs", house.info.secret, body)
    assert status == 201, made
    return str(made["token"])


class Caller:
    """Somebody of a role, by token or by cookie."""

    def __init__(self, house: Any, token: str | None = None, person: Person | None = None) -> None:
        self.house, self.token, self.person = house, token, person

    async def ask(self, method: str, path: str) -> tuple[int, Any]:
        asked = self.person.ask(method, path) if self.person else self.house.ask(method, path, self.token)
        status, answer, _ = await asked
        return status, answer


async def everybody(house: Any, made: Any) -> dict[str, Caller]:
    """One caller of each letter; the assistant's link is minted in the store, since no door mints it yet."""
    store = await Store.open(f"sqlite:///{house.data}/classroom.db")
    view = await store.lessons.get(made["lesson"])
    rural = next(seat.seat for seat in view.seats if seat.role != "host")
    assistant, _ = await store.links.mint("assistant", datetime.now(UTC), lesson=made["lesson"], seat=rural)
    await store.close()
    callers = {
        "T": Caller(house, made["teacher"]["token"]),
        "C": Caller(house, made["seats"][0]["token"]),
        "A": Caller(house, assistant),
        "O": Caller(house, made["observer"]["token"]),
        "m": Caller(house, house.info.secret),
        "p": Caller(house, await program_token(house, *get_args(Scope))),
    }
    for letter in "tsbia":
        school = "实验小学" if letter in "ts" else None
        callers[letter] = Caller(house, person=await house.account(NAMES[letter], school))
    return callers


def in_turn(route: str) -> bool:
    """Signing out comes last."""
    return route == "DELETE /api/v1/sessions/current"


@pytest.mark.timeout(400)  # Three thousand requests.
async def test_each_door_opens_for_whom_the_table_names_and_for_nobody_else(house) -> None:
    made = await house.lesson(observers=3)
    callers = await everybody(house, made)
    wrong = []
    for route in sorted(CLOSED, key=in_turn):
        method, path = route.split(" ")
        path = re.sub(r"\{(\w+)\}", lambda m: {"lesson": made["lesson"], "seat": "teacher"}.get(m[1], "none"), path)
        for letter in ROLES:
            status, answer = await callers[letter].ask(method, path)
            code = answer.get("code") if isinstance(answer, dict) else None
            is_refused = (status, code) == (403, "forbidden")
            if (route, letter) in REFUSED_BEHIND or (route.startswith("POST /whip") and letter in "CA"):
                # A classroom and its assistant may publish, only not for the teacher.
                expected = True
            else:
                expected = letter not in holders(CLOSED[route])
            if is_refused != expected or status >= 500:
                wrong.append((route, letter, status, code))
    assert wrong == []


async def test_no_door_opens_without_a_token_or_with_a_false_one(house) -> None:
    for route in CLOSED:
        method, path = route.split(" ")
        path = re.sub(r"\{\w+\}", "x", path)
        status, problem, headers = await house.ask(method, path)
        assert (status, problem["code"], headers["WWW-Authenticate"]) == (401, "token_missing", "Bearer"), route
        for token in ("AAAAAAAAAAAAAAAAAAAAAA", "x" * 5000, "é"):
            status, problem, _ = await house.ask(method, path, token)
            assert (status, problem["code"]) == (401, "token_invalid"), route
        for cookie in ("AAAAAAAAAAAAAAAAAAAAAA", "x" * 5000, house.info.secret):
            headers = {"Cookie": f"classroom_session={cookie}", "Origin": house.info.url}
            status, problem, _ = await house.ask(method, path, headers=headers)
            assert (status, problem["code"]) == (401, "session_ended"), route


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_a_header_without_a_bearer_token_is_refused(header: str) -> None:
    with pytest.raises(Problem, match="token_missing"):
        bearer(header)


def test_the_log_takes_nobody_for_the_command_line() -> None:
    assert Grant("anyone").actor == SERVER
    assert Grant("machine").actor == BY_MACHINE


async def test_a_token_wins_over_a_cookie_and_a_cookie_is_no_token(house) -> None:
    officer = await house.account("bureau_officer")
    room = await house.link("classroom", "檀溪中小")
    bearer_too = {"Authorization": f"Bearer {room['token']}"}
    assert (await officer.ask("GET", "/api/v1/me", headers=bearer_too))[1]["role"] == "classroom"
    session = officer.cookies["classroom_session"]
    assert (await house.ask("GET", "/api/v1/me", session))[1]["code"] == "token_invalid"
    as_cookie = {"Cookie": f"classroom_session={room['token']}"}
    assert (await house.ask("GET", "/api/v1/me", headers=as_cookie))[1]["code"] == "session_ended"


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


async def test_an_account_of_a_school_reaches_the_lessons_of_its_school_alone(house) -> None:
    made = await house.lesson()
    for role, path, own in (
        ("teacher", "", "实验小学"),
        ("school_officer", "/summary", "实验小学"),
        ("school_officer", "/summary", "檀溪中小"),
    ):
        insider, stranger = await house.account(role, own), await house.account(role, "南苑小学")
        assert (await insider.ask("GET", f"/api/v1/lessons/{made['lesson']}{path}"))[0] == 200
        foreign = await stranger.ask("GET", f"/api/v1/lessons/{made['lesson']}{path}")
        nothing = await stranger.ask("GET", f"/api/v1/lessons/aaaaaaaaaaaa{path}")
        assert foreign[:2] == nothing[:2]
        assert foreign[0] == 404
        assert (await stranger.ask("GET", "/api/v1/lessons"))[1]["lessons"] == []
    teacher = await house.account("teacher", "檀溪中小")
    assert (await teacher.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel"))[0] == 404


def queries(door: Door, values: dict[str, str]) -> list[dict[str, str]]:
    """What the door must be asked with, alone and with each thing more that it may be asked with."""
    asked = msgspec.structs.fields(door.query)
    # Some lists go from month to month, others from day to day.
    known = {
        field.name: values["month"] if field.name in ("first", "last") and field.required else values[field.name]
        for field in asked
        if field.name in values
    }
    least = {field.name: known[field.name] for field in asked if field.required}
    return [least, *({**least, name: value} for name, value in known.items())]


async def test_a_school_officer_reads_nothing_of_other_schools_by_any_door(house) -> None:
    """Two pairs with a lesson each: whatever door the officer of one tries, the other pair's names are not told."""
    await house.lesson(supporter="实验小学")
    hidden = await house.lesson(supporter="隐秘小学", recipients=[{"school": "隐秘完小", "classroom": "暗室"}])
    await house.ask("POST", f"/api/v1/lessons/{hidden['lesson']}/end", house.info.secret)
    officer, bureau = await house.account("school_officer", "实验小学"), await house.account("bureau_officer")
    month = (await bureau.ask("GET", "/api/v1/months"))[1]["current"]
    ids = await foreign_ids(bureau)
    values = {**ids, "month": month, "year": month[:4], "q": "隐秘", "kind": "sync", "form": "annex3"}
    today = datetime.now(UTC).date()
    values |= {"first": str(today - timedelta(days=7)), "last": str(today + timedelta(days=1))}
    told: dict[str, list[str]] = {"officer": [], "bureau": []}
    for door in ALL:
        if door.method != "GET" or door.may not in MAY["school_officer"]:
            continue
        path = re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], "none"), door.path)
        for query in queries(door, values):
            for who, person in (("officer", officer), ("bureau", bureau)):
                status, answer, _ = await person.ask("GET", path, params=query)
                assert status < 500, (path, query, answer)
                if "隐秘" in str(answer) or "暗室" in str(answer):
                    told[who].append(path)
    assert told["officer"] == []
    # The doors do tell of them, to whom they may.
    assert {path.removeprefix("/api/v1/") for path in told["bureau"]} >= {
        "lessons",
        "matrix",
        "returns",
        "registry/schools",
        "registry/pairs",
        "registry/classrooms",
    }


async def foreign_ids(bureau: Person) -> dict[str, str]:
    """The ids of the other pair and what belongs to it, as the bureau sees them."""
    found = {}
    _, schools, _ = await bureau.ask("GET", "/api/v1/registry/schools?limit=200")
    found["school"] = next(one["id"] for one in schools["items"] if one["name"] == "隐秘小学")
    _, pairs, _ = await bureau.ask("GET", "/api/v1/registry/pairs?limit=200")
    found["pair"] = next(one["id"] for one in pairs["items"] if "隐秘" in str(one))
    _, lessons, _ = await bureau.ask("GET", "/api/v1/lessons")
    found["lesson"] = next(one["lesson"] for one in lessons["lessons"] if "隐秘" in str(one))
    return found
