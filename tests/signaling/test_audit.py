"""The audit log (审计日志): every change of the old code has its line, with who and whose in words."""

import ast
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from classroom.store.store import Store
from signaling.audit_views import ACTIONS
from tests.signaling.command_line import classroom

ROOT = Path(__file__).parents[2]
LOG = "/api/v1/audit"


async def lines(house, query: str = "") -> list[dict]:
    _, page, _ = await house.ask("GET", f"{LOG}?limit=200{query}", house.info.secret)
    return page["items"]


async def test_who_makes_and_cancels_a_lesson_is_named(house) -> None:
    teacher = await house.account("teacher", "实验小学", name="张老师")
    body = {
        "class_name": "五（1）班",
        "subject": "语",
        "minutes": 40,
        "recipients": [{"school": "檀溪中小"}],
        "consent_by": "李主任",
    }
    await house.ask("POST", "/api/v1/pairs", house.info.secret, {"supporter": "实验小学", "recipient": "檀溪中小"})
    status, made, _ = await teacher.ask("POST", "/api/v1/lessons", body)
    assert status == 201, made
    assert (await teacher.ask("POST", f"/api/v1/lessons/{made['lesson']}/cancel"))[0] == 200
    found = await lines(house, f"&actor={teacher.id}")
    by_action = {line["action"] for line in found}
    assert {"lesson.created", "lesson.cancelled", "link.minted", "consent.noted"} <= by_action
    assert {line["actor_name"] for line in found} == {"张老师"}
    [cancelled] = await lines(house, "&action=lesson.cancelled")
    assert (cancelled["subject"], cancelled["action_text"]) == (f"lesson:{made['lesson']}", "取消课")
    assert re.fullmatch(r"\d+月\d+日 \d\d:\d\d 实验小学 → 檀溪中小 语", cancelled["subject_name"])
    # The name of who noted the consent can be deleted: it is in no line of the log.
    assert "李主任" not in str(await lines(house))


async def test_a_lesson_ended_by_the_teachers_page_names_the_link(house) -> None:
    made = await house.lesson()
    seat = await house.sit(made["lesson"], made["teacher"]["token"])
    await seat.hear("welcome")
    await seat.say(type="start")
    await seat.say(type="end")
    await seat.hears(lambda view: view["state"] == "ended")
    [ended] = await lines(house, "&action=lesson.ended")
    minted = {line["subject"] for line in await lines(house, "&action=link.minted")}
    assert ended["actor_kind"] == "link"
    assert f"link:{ended['actor']}" in minted


async def test_links_and_pairs_of_the_command_line_are_the_machines(house) -> None:
    link = await house.link("teacher", "实验小学", name="张老师")
    await house.ask("DELETE", f"/api/v1/links/{link['id']}", house.info.secret)
    [revoked] = await lines(house, "&action=link.revoked")
    assert (revoked["actor_name"], revoked["subject"]) == ("命令行", f"link:{link['id']}")
    await house.ask("POST", "/api/v1/pairs", house.info.secret, {"supporter": "实验小学", "recipient": "檀溪中小"})
    pairs = list(await lines(house, "&action=pair."))
    assert {line["actor_kind"] for line in pairs} == {"machine"}
    assert pairs[-1]["subject_name"] == "实验小学 → 檀溪中小"
    assert link["token"] not in str(await lines(house))


async def test_the_log_is_read_page_by_page_and_by_what_is_asked(house) -> None:
    officer = await house.account("bureau_officer")
    for number in range(5):
        await house.link("classroom", f"第{number}小学")
    seen, after = [], ""
    while after is not None:
        status, page, _ = await officer.ask("GET", f"{LOG}?limit=3&after={after}")
        assert status == 200
        seen += [line["seq"] for line in page["items"]]
        after = page["next"]
    assert seen == list(range(len(seen), 0, -1))
    begun = await lines(house, f"&action=session.begun&subject=account:{officer.id}")
    assert len(begun) == 2 and begun[0]["subject_name"] == begun[0]["actor_name"]
    assert await lines(house, "&first=2019-01-01&last=2019-12-31") == []
    assert len(await lines(house, "&first=2019-01-01&last=2199-12-31")) >= len(seen)


async def test_an_action_is_chosen_by_its_words(house) -> None:
    officer = await house.account("bureau_officer")
    _, known, _ = await officer.ask("GET", f"{LOG}/actions")
    [chosen] = [each["action"] for each in known["actions"] if each["text"] == "登录"]
    _, page, _ = await officer.ask("GET", f"{LOG}?action={chosen}")
    assert {line["action_text"] for line in page["items"]} == {"登录"}
    assert {each["action"]: each["text"] for each in known["actions"]} == dict(ACTIONS)


@pytest.mark.parametrize(
    "query", ["after=x", "after=WyJhIl0", "limit=0", "limit=201", "first=yesterday", "who=me", "action=a%0ab"]
)
async def test_a_search_that_cannot_be_is_refused(house, query) -> None:
    status, problem, _ = await house.ask("GET", f"{LOG}?{query}", house.info.secret)
    assert (status, problem["code"]) == (400, "bad_request")


async def test_whatever_is_changed_beside_the_program_shows_in_the_api_and_at_the_terminal(house) -> None:
    await house.lesson()
    data = ["--data", str(house.data)]
    _, whole, _ = await house.ask("POST", f"{LOG}/verify", house.info.secret)
    assert whole["broken_at"] is None and whole["rows"] > 5
    code, out, _ = await classroom("audit", "verify", *data)
    assert (code, out) == (0, f"{whole['rows']} rows hold; the last hash is {whole['head']}\n")
    code, out, _ = await classroom("audit", "list", "--action", "lesson.", *data)
    assert [line.split()[3:4] for line in out.splitlines()] == [["what"], ["命令行"]] or "排课" in out
    store = await Store.open(f"sqlite:///{house.data}/classroom.db")
    async with store.database.write() as connection:
        await connection.execute(text("UPDATE audit SET actor_kind = 'server' WHERE seq = 3"))
    await store.close()
    _, broken, _ = await house.ask("POST", f"{LOG}/verify", house.info.secret)
    assert (broken["rows"], broken["broken_at"]) == (2, 3)
    code, _, err = await classroom("audit", "verify", *data)
    assert (code, "审计日志从第 3 行起不完整" in err) == (1, True)


def noted() -> set[str]:
    """Every action that the code notes: the noun.verb strings in the modules that write to the log."""
    found: set[str] = set()
    for package in ("classroom/store", "classroom/registry", "signaling"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name == "audit_views.py" or "migrations" in path.parts or "schema" in path.parts:
                continue
            source = path.read_text(encoding="utf8")
            if not re.search(r"\bnote\(|Noted\(|NOTED", source):
                continue
            for node in ast.walk(ast.parse(source)):
                said = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
                if re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", said):
                    found.add(said)
    return found


def test_every_action_has_its_chinese_words() -> None:
    missing = {action for action in noted() if action not in ACTIONS}
    assert missing == set()
