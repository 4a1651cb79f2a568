"""The command line as a person uses it: on a stopped server's data, on a running one, and when something is wrong."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from classroom.ledger.months import local_date
from classroom.registry.facts import is_active
from classroom.store.store import Store
from signaling.cli.options import with_settings
from signaling.settings import Settings
from tests.signaling.command_line import classroom

CREATE = ["lesson", "create", "--supporter", "实验小学", "--recipient", "檀溪中小:一号教室", "--recipient", "礼张完小"]
CREATE += ["--class-size", "42", "--recipient-size", "23", "--subject", "语", "--minutes", "40", "--json"]


async def made(*arguments: str) -> Any:
    code, out, err = await classroom(*arguments)
    assert code == 0, err
    return json.loads(out.splitlines()[-1])


def is_lesson(lesson: Any, base: str) -> None:
    assert re.fullmatch(r"[a-z2-7]{12}", lesson["lesson"])
    assert lesson["teacher"].keys() == {"page", "whip", "token"}
    assert lesson["teacher"]["whip"] == f"{base}/whip/{lesson['lesson']}/teacher/camera"
    assert [seat["school"] for seat in lesson["seats"]] == ["檀溪中小", "礼张完小"]
    for seat in lesson["seats"]:
        assert seat.keys() == {"seat", "school", "page", "code", "whip", "whep", "token"}
        assert seat["page"] == f"{base}/join/{seat['token']}"
        assert re.fullmatch(r"\d{6}", seat["code"])
        assert seat["whep"] == f"{base}/whep/{lesson['lesson']}/teacher/camera"
    assert lesson["observer"].keys() == {"page", "whep", "token"}


async def test_a_stopped_servers_data_takes_a_lesson_and_its_end(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    lesson = await made(*CREATE, *data)
    is_lesson(lesson, "http://127.0.0.1:8080")
    code, _, err = await classroom("lesson", "end", lesson["lesson"], *data)
    assert (code, "not open" in err) == (1, True)
    month = await made("month", "2019-05", "--json", *data)
    assert (month["month"], month["first"], month["last"], month["count"]) == ("2019-05", "2019-04-27", "2019-05-26", 0)


async def test_a_running_server_is_asked_over_http(house) -> None:
    data = ["--data", str(house.data)]
    lesson = await made(*CREATE, *data)
    is_lesson(lesson, house.info.url)
    teacher = await house.sit(lesson["lesson"], lesson["teacher"]["token"])
    await teacher.hear("welcome")
    assert await made("lesson", "end", lesson["lesson"], "--json", *data) == {
        "lesson": lesson["lesson"],
        "state": "ended",
    }
    await teacher.hears(lambda view: view["state"] == "ended")
    code, out, _ = await classroom("month", *data)
    assert code == 0
    assert "活动 0 节，参与师生 0 人次" in out
    code, _, err = await classroom("serve", *data)
    assert (code, "Another server is running" in err) == (1, True)


async def test_links_are_made_listed_and_taken_back(house) -> None:
    data = ["--data", str(house.data)]
    code, out, _ = await classroom("link", "teacher", "--school", "实验小学", "--name", "张老师", *data)
    assert code == 0
    page, _, token = out.strip().partition("#")
    assert page == f"{house.info.url}/teach"
    assert (await house.ask("GET", "/api/v1/lessons", token))[0] == 200
    [link] = (await made("link", "list", "--json", *data))["links"]
    assert (link["role"], link["name"]) == ("teacher", "张老师")
    assert (link["school_name"], link["classroom_name"]) == ("实验小学", None)
    assert token not in str(link)
    await house.link("classroom", "檀溪中小", classroom="一号教室")
    _, out, _ = await classroom("link", "list", *data)
    today = str(local_date(datetime.now(UTC)))
    assert [line.split()[1:] for line in out.splitlines()] == [
        ["role", "school", "room", "name", "created", "state"],
        ["teacher", "实验小学", "–", "张老师", today, "valid"],
        ["classroom", "檀溪中小", "一号教室", "–", today, "valid"],
    ]
    assert (await classroom("link", "revoke", link["id"], *data))[0] == 0
    assert (await house.ask("GET", "/api/v1/lessons", token))[0] == 401
    code, _, err = await classroom("link", "revoke", link["id"], *data)
    assert code == 1
    assert err == "没有找到。 Not found.\n"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--class-size", "-3"], "class_size"),
        (["--subject", ""], "subject"),
        (["--minutes", "0"], "minutes"),
        (["--start", "yesterday"], "not an instant"),
        (["--supporter", "长" * 50], "supporter"),
        (["--recipient-size", "1", "--recipient-size", "2"], "more --recipient-size"),
        ([f"--recipient=校{n}" for n in range(4)], "recipients"),
    ],
)
async def test_a_wrong_value_is_named_and_nothing_is_made(tmp_path: Path, wrong: list[str], sentence: str) -> None:
    code, out, err = await classroom(*CREATE, *wrong, "--data", str(tmp_path))
    assert (code, out) == (1, "")
    assert sentence in err
    assert "Traceback" not in err


async def test_help_shows_each_setting_with_its_default(tmp_path: Path) -> None:
    code, out, _ = await classroom("serve", "--help")
    assert code == 0
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')[:20]}" in out
    assert "8189" in out


async def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    for given, name in ((["--video-codecs", "av1"], "video_codecs"), (["--http-port", "99999"], "http_port")):
        code, _, err = await classroom("serve", "--data", str(tmp_path), *given)
        assert code == 1
        assert name in err
    code, _, err = await classroom("serve", "--config", str(tmp_path / "none.toml"))
    assert (code, "no settings file" in err) == (1, True)


async def test_a_port_in_use_is_said_in_a_sentence(house, tmp_path: Path) -> None:
    port = house.info.url.rpartition(":")[2]
    code, _, err = await classroom("serve", "--data", str(tmp_path / "other"), "--http-port", port, "--udp-port", "0")
    assert code == 1
    assert f"cannot start: http port 127.0.0.1:{port} cannot be used" in err
    assert "Traceback" not in err
    taken = str(house.info.udp_port)
    where = ["--http-port", "0", "--udp-host", "127.0.0.1", "--udp-port", taken]
    code, _, err = await classroom("serve", "--data", str(tmp_path / "other"), *where)
    assert code == 1
    assert f"cannot start: udp port 127.0.0.1:{taken} cannot be used" in err


async def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    absent = str(tmp_path / "cert.pem")
    code, _, err = await classroom("serve", "--data", str(tmp_path), "--tls-cert", absent, "--tls-key", absent)
    assert code == 1
    assert f"The file of --tls-cert cannot be read: {absent} (No such file or directory)." in err


async def test_the_doctor_goes_through_its_list(tmp_path: Path) -> None:
    _, out, _ = await classroom("doctor", "--data", str(tmp_path), "--http-port", "0", "--udp-port", "0")
    for check in ("python", "libraries", "pages", "data", "disk", "http port", "udp port", "tls", "clock"):
        assert check in out


def test_a_list_is_repeated_or_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Settings] = []
    app = typer.Typer()
    app.command()(with_settings(given.append))
    for arguments in (["--announce", "203.0.113.5", "--announce", "10.0.0.5"], ["--announce", "203.0.113.5,10.0.0.5"]):
        assert CliRunner().invoke(app, arguments).exit_code == 0
        assert given.pop().announce == ["203.0.113.5", "10.0.0.5"]
    assert CliRunner().invoke(app, []).exit_code == 0
    assert given.pop().announce == []


@pytest.mark.parametrize("runs", [True, False])
async def test_a_pair_that_a_form_made_is_activated_from_today(house, runs: bool) -> None:
    data = ["--data", str(house.data)]
    teacher = await house.link("teacher", "实验小学")
    await house.link("classroom", "檀溪中小")
    start = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    body = {key: value for key, value in house.wanted.items() if key != "supporter"}
    assert (await house.ask("POST", "/api/v1/lessons", teacher["token"], {**body, "start": start}))[0] == 201
    if not runs:
        await house.stop()
    [pair] = (await made("pair", "list", "--json", *data))["pairs"]
    assert (pair["supporter"], pair["recipient"], pair["status"]) == ("实验小学", "檀溪中小", "待定")
    activate = ["pair", "activate", "--supporter", "实验小学", "--recipient"]
    code, _, err = await classroom(*activate, "实验小学", *data)
    assert (code, "two different schools" in err) == (1, True)
    today = local_date(datetime.now(UTC))
    active = await made(*activate, "檀溪中小", "--json", *data)
    assert active == {**pair, "status": "active", "since": today.isoformat()}
    await made(*activate, "礼张完小", "--json", *data)
    code, out, _ = await classroom("pair", "list", *data)
    header, *lines = out.splitlines()
    assert (code, header.split()) == (0, ["status", "since", "supporter", "recipient"])
    assert {tuple(line.split()) for line in lines} == {
        ("active", str(today), "实验小学", school) for school in ("檀溪中小", "礼张完小")
    }
    store = await Store.open(f"sqlite:///{house.data}/classroom.db")
    try:
        later = (await store.registry.book()).pairs[pair["pair"]]
    finally:
        await store.close()
    assert is_active(later, today + timedelta(days=4))


async def test_a_recording_that_waits_for_consent_is_said(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    code, out, err = await classroom(*CREATE, "--record", *data)
    assert (code, err.count("Nothing will be recorded until")) == (0, 1)
    assert len(json.loads(out)["missing_consent"]) == 3
    for consents in (["--consent-by", "王老师"], []):
        code, _, err = await classroom(*CREATE, "--record", *consents, *data)
        assert (code, err) == (0, "")


@pytest.mark.parametrize("runs", [True, False])
async def test_lessons_are_listed_and_called_off(house, runs: bool) -> None:
    data = ["--data", str(house.data)]
    lesson = (await house.lesson())["lesson"]
    if not runs:
        await house.stop()
    code, out, _ = await classroom("lesson", "list", *data)
    header, line = out.splitlines()
    assert (code, header.split()) == (0, ["lesson", "start", "state", "subject", "from", "to"])
    assert [line.split()[0], *line.split()[3:]] == [
        lesson,
        "scheduled",
        "语",
        "实验小学",
        "五（1）班",
        "檀溪中小",
        "一号教室",
    ]
    assert await made("lesson", "cancel", lesson, "--json", *data) == {"lesson": lesson, "state": "ended"}
    [listed] = (await made("lesson", "list", "--past", "--json", *data))["lessons"]
    assert (listed["lesson"], listed["cancelled"]) == (lesson, True)
    code, _, err = await classroom("lesson", "cancel", "aaaaaaaaaaaa", *data)
    assert (code, "There is no such lesson" in err) == (1, True)
