"""The first run: once, by whoever reads what the server printed, at the terminal or in the browser."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from signaling.datadir import DataDirectory
from tests.signaling.command_line import classroom
from tests.signaling.conftest import PASSWORD, Person

ADMIN = {"login": "Root1", "name": "管理员", "password": PASSWORD}
OFFICER = {"login": "juzhang", "name": "王科", "password": "江流 有声 断岸 千尺"}


async def set_up(house, code: str, **more) -> tuple[int, dict, dict]:
    return await Person(house, "", "").ask("POST", "/api/v1/setup", {**ADMIN, "code": code, **more})


@pytest.fixture
def printed() -> Iterator[list[Any]]:
    """What the server says from its start on: to be asked for before the house."""
    with capture_logs() as lines:
        yield lines


async def test_the_browser_makes_the_first_accounts_with_the_code_that_was_printed(printed, house) -> None:
    assert (await house.ask("GET", "/api/v1/setup"))[1] == {"needed": True}
    [page] = [line["page"] for line in printed if "no account yet" in line["event"]]
    address, _, code = page.partition("#")
    assert address == f"{house.info.url}/setup"
    first = Person(house, "", "")
    status, me, headers = await first.ask("POST", "/api/v1/setup", {**ADMIN, "code": code, "officer": OFFICER})
    assert (status, me["login"], me["role"], me["must_change"]) == (201, "root1", "admin", False)
    assert (await first.ask("GET", "/api/v1/me"))[0] == 200
    assert (await house.ask("GET", "/api/v1/setup"))[1] == {"needed": False}
    officer = Person(house, "juzhang", "")
    assert (await officer.sign_in(OFFICER["password"]))[1]["must_change"] is True
    # The code is spent, and so is the secret of the machine.
    assert (await set_up(house, code, login="root2"))[1]["code"] == "bad_setup_code"
    assert (await set_up(house, house.info.secret, login="root2"))[1]["code"] == "set_up_before"


async def test_without_the_code_nobody_sets_anything_up(house) -> None:
    for code in ("AAAAAAAAAAAAAAAAAAAAAA", "x"):
        assert (await set_up(house, code))[1]["code"] == "bad_setup_code"
    for code in ("", "é", "x" * 65):
        assert (await set_up(house, code))[1]["code"] == "bad_request"
    assert (await house.ask("GET", "/api/v1/setup"))[1] == {"needed": True}


async def test_a_weak_password_or_a_login_twice_makes_nobody(house) -> None:
    secret = house.info.secret
    assert (await set_up(house, secret, password="1234567890"))[1]["code"] == "password_common"
    twice = {**OFFICER, "login": "ROOT1"}
    assert (await set_up(house, secret, officer=twice))[1]["code"] == "login_taken"
    assert (await house.ask("GET", "/api/v1/setup"))[1] == {"needed": True}


async def test_two_who_set_up_at_once_make_one_administrator(house) -> None:
    answers = await asyncio.gather(*(set_up(house, house.info.secret, login=f"root{n}") for n in range(4)))
    assert sorted(status for status, _, _ in answers) == [201, 409, 409, 409]
    _, page, _ = await house.ask("GET", "/api/v1/accounts", house.info.secret)
    assert len(page["items"]) == 1


async def test_another_sites_page_sets_nothing_up(house) -> None:
    foreign = {"Origin": "https://evil.example"}
    body = {**ADMIN, "code": house.info.secret}
    assert (await house.ask("POST", "/api/v1/setup", body=body, headers=foreign))[1]["code"] == "cross_site"


async def test_the_terminal_makes_them_of_a_stopped_server_and_only_once(tmp_path) -> None:
    data = ["--data", str(tmp_path)]
    both = ["--officer-login", "juzhang", "--officer-name", "王科", "--password-stdin"]
    command = ["setup", "--login", "root1", "--name", "管理员", *both, *data]
    code, out, err = await classroom(*command, typed=PASSWORD + "\n")
    assert code == 0, err
    assert re.search(r"^juzhang  bureau_officer  \w{4}-\w{4}-\w{4}$", out, re.MULTILINE)
    assert PASSWORD not in out + err
    code, _, err = await classroom(*command, typed=PASSWORD + "\n")
    assert (code, "系统已经完成初始设置" in err) == (1, True)
    _, out, _ = await classroom("account", "list", "--json", *data)
    assert [one["login"] for one in json.loads(out)["accounts"]] == ["juzhang", "root1"]
    assert DataDirectory(tmp_path).server() is None


async def test_the_terminal_makes_them_of_a_running_server_too(house) -> None:
    data = ["--data", str(house.data)]
    command = ["setup", "--login", "root1", "--name", "管理员", "--password-stdin", *data]
    code, _, err = await classroom(*command, typed="short\n")
    assert (code, "密码至少 10 个字符" in err) == (1, True)
    code, out, err = await classroom(*command, typed=PASSWORD + "\n")
    assert (code, out.splitlines()) == (0, ["root1  admin"]), err
    assert (await Person(house, "root1", "").sign_in(PASSWORD))[0] == 201


async def test_accounts_are_kept_from_the_terminal(house) -> None:
    data = ["--data", str(house.data)]
    await house.link("classroom", "檀溪中小")
    made = ["account", "create", "--login", "tianxi", "--name", "陈老师", "--role", "school_officer", *data]
    code, _, err = await classroom(*made)
    assert (code, "必须属于一所学校" in err) == (1, True)
    code, out, err = await classroom(*made, "--school", "檀溪中小")
    assert code == 0, err
    login, password = out.split()
    assert (await Person(house, login, "").sign_in(password))[0] == 201
    assert (await classroom("account", "disable", "tianxi", *data))[0] == 0
    assert (await Person(house, login, "").sign_in(password))[0] == 401
    assert (await classroom("account", "enable", "tianxi", *data))[0] == 0
    code, out, _ = await classroom("account", "reset", "TianXi", *data)
    assert (await Person(house, login, "").sign_in(out.split()[1]))[0] == 201
    code, _, err = await classroom("account", "reset", "nobody", *data)
    assert (code, err) == (1, "没有这个账号。 There is no such account.\n")
    code, out, _ = await classroom("account", "list", *data)
    assert out.splitlines()[1].split()[:4] == ["tianxi", "school_officer", "陈老师", "檀溪中小"]
