"""Signing in (登录) as an attacker would try it: guessing, other people's pages, planted and stolen cookies."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import update

from classroom.registry.accounts import IDLE
from classroom.store.schema.accounts import account_sessions, sign_in_failures
from classroom.store.sign_ins import SignedIn
from classroom.store.store import Store
from signaling.cookies import browser_of, require_same_origin, set_session
from signaling.passwords import MAX_WAITING, NOBODY, Passwords, is_current, one_time_password
from signaling.problem import Problem
from tests.signaling.conftest import PASSWORD, House, Person

WRONG = "江流 有声 断岸 千尺"


async def stranger(house: House, login: str, password: str = WRONG) -> tuple[int, dict, dict]:
    """A try from a browser that has never been here."""
    return await Person(house, login, "").sign_in(password)


async def shift(house: House, column: str, by: timedelta) -> None:
    """Every session of the house is that much older."""
    store = await Store.open(f"sqlite:///{house.data}/classroom.db")
    at = datetime.now(UTC) - by
    async with store.database.write() as connection:
        await connection.execute(update(account_sessions).values({column: at}))
    await store.close()


async def test_an_officer_signs_in_and_out(house) -> None:
    officer = await house.account("bureau_officer")
    status, me, _ = await officer.ask("GET", "/api/v1/me")
    assert (status, me["role"], me["login"], me["must_change"]) == (200, "bureau_officer", officer.login, False)
    assert "keep_policy" in me["may"] and "publish" not in me["may"]
    kept = dict(officer.cookies)
    assert (await officer.ask("DELETE", "/api/v1/sessions/current"))[0] == 204
    assert "classroom_session" not in officer.cookies
    officer.cookies = kept
    assert (await officer.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"
    assert (await officer.sign_in(PASSWORD))[0] == 201


async def test_the_login_may_be_typed_at_full_width_and_in_capitals(house) -> None:
    officer = await house.account("bureau_officer", login="wangke1")
    for typed in ("WangKe1", "ｗａｎｇｋｅ１", " wangke1 "):
        officer.login = typed
        assert (await officer.sign_in(PASSWORD.replace(" ", "\u3000")))[0] == 201


async def test_the_session_is_kept_from_scripts_and_from_other_sites(house) -> None:
    officer = await house.account("bureau_officer")
    async with house.session.post(
        f"{house.info.url}/api/v1/sessions", json={"login": officer.login, "password": PASSWORD}
    ) as response:
        cookies = response.headers.getall("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert response.headers["Cache-Control"] == "no-store"


def test_over_https_the_cookie_is_secure_and_bound_to_the_host() -> None:
    request, response = make_mocked_request("POST", "/api/v1/sessions"), web.Response()
    set_session(request, response, "https://ketang.example", SignedIn(session="s1", device="d1"))
    assert set(response.cookies) == {"__Host-classroom_session", "__Host-classroom_device"}
    assert all(
        cookie["secure"] and not cookie["domain"] and cookie["path"] == "/" for cookie in response.cookies.values()
    )
    # A cookie that plain http could have planted is not looked at.
    planted = make_mocked_request("GET", "/", headers={"Cookie": "classroom_session=planted"})
    assert browser_of(planted, "https://ketang.example").session is None


async def test_nothing_tells_a_name_that_nobody_has_from_a_wrong_password_or_a_disabled_account(house) -> None:
    officer, gone = await house.account("bureau_officer"), await house.account("inspector")
    await house.ask("POST", f"/api/v1/accounts/{gone.id}/disable", house.info.secret)
    answers = [
        (await stranger(house, officer.login))[:2],
        (await stranger(house, "nobody"))[:2],
        (await stranger(house, "no such name"))[:2],
        (await stranger(house, gone.login, PASSWORD))[:2],
        (await stranger(house, officer.login, "长" * 500))[:2],
    ]
    assert answers[0][1]["code"] == "sign_in_failed"
    assert all(answer == answers[0] for answer in answers)


async def test_of_a_name_that_nobody_has_a_hash_is_checked_all_the_same(monkeypatch) -> None:
    # The stand-in costs what a real hash costs, and no password fits it.
    assert is_current(NOBODY)
    passwords = Passwords()
    assert not await passwords.fits(None, "anything")
    made = await passwords.hash("anything")
    assert is_current(made)
    assert await passwords.fits(made, "anything")
    assert not await passwords.fits(made, "anythinG")
    assert not await passwords.fits("no hash", "anything")
    passwords.close()
    passwords.close()


async def test_so_many_hashes_are_wanted_at_once_and_more_are_refused() -> None:
    passwords = Passwords()
    answers = await asyncio.gather(
        *(passwords.fits(None, str(number)) for number in range(MAX_WAITING + 5)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Problem)]
    assert [problem.code for problem in refused] == ["busy"] * 5
    passwords.require_room()
    passwords.close()


async def test_whoever_guesses_waits_longer_and_longer_and_is_told_so_in_words(house) -> None:
    officer = await house.account("bureau_officer")
    for _ in range(5):
        assert (await stranger(house, officer.login))[0] == 401
    status, problem, headers = await stranger(house, officer.login)
    assert (status, problem["code"], headers["Retry-After"]) == (429, "sign_in_slowed", str(problem["retry_after_s"]))
    assert problem["title"] == f"密码错误次数太多，请 {problem['retry_after_s']} 秒后再试"
    assert 25 <= problem["retry_after_s"] <= 30
    # The right password is not even looked at; the officer's own browser is not held up.
    assert (await stranger(house, officer.login, PASSWORD))[0] == 429
    assert (await officer.sign_in(PASSWORD))[0] == 201
    # A name that nobody has is slowed in the same way.
    tries = [(await stranger(house, "nobody"))[0] for _ in range(6)]
    assert tries == [401] * 5 + [429]


async def test_guesses_all_at_once_are_no_more_than_one_after_another(house) -> None:
    officer = await house.account("bureau_officer")
    answers = await asyncio.gather(*(stranger(house, officer.login) for _ in range(12)))
    assert sorted(status for status, _, _ in answers) == [401] * 5 + [429] * 7


async def test_a_reset_lets_whoever_was_slowed_try_again(house) -> None:
    officer = await house.account("bureau_officer")
    while (await stranger(house, officer.login))[0] != 429:
        pass
    _, made, _ = await house.ask("POST", f"/api/v1/accounts/{officer.id}/reset", house.info.secret)
    assert (await stranger(house, officer.login, made["password"]))[0] == 201


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none", "Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_sites_page_signs_nobody_in_and_changes_nothing_with_the_cookie(house, headers) -> None:
    officer = await house.account("bureau_officer")
    body = {"login": officer.login, "password": PASSWORD}
    status, problem, answered = await officer.ask("POST", "/api/v1/sessions", body, headers=headers)
    assert (status, problem["code"]) == (403, "cross_site")
    assert "Set-Cookie" not in answered
    pair = {"supporter": "实验小学", "recipient": "檀溪中小"}
    assert (await officer.ask("POST", "/api/v1/pairs", pair, headers=headers))[1]["code"] == "cross_site"
    assert (await officer.ask("DELETE", "/api/v1/sessions/current", headers=headers))[1]["code"] == "cross_site"
    assert (await officer.ask("GET", "/api/v1/pairs"))[1] == {"pairs": []}


async def test_a_request_with_the_cookie_that_says_nothing_of_where_it_comes_from_is_refused(house) -> None:
    officer = await house.account("bureau_officer")
    headers = {"Cookie": f"classroom_session={officer.cookies['classroom_session']}"}
    body = {"supporter": "实验小学", "recipient": "檀溪中小"}
    assert (await house.ask("POST", "/api/v1/pairs", None, body, headers=headers))[1]["code"] == "cross_site"
    assert (await house.ask("GET", "/api/v1/pairs", headers=headers))[0] == 200


@pytest.mark.parametrize(
    ("headers", "public_url", "passes"),
    [
        ({"Origin": "https://ketang.example"}, "https://ketang.example", True),
        ({"Origin": "https://ketang.example:8443"}, "https://ketang.example", False),
        ({"Origin": "http://ketang.example", "Host": "ketang.example"}, "https://ketang.example", False),
        ({"Origin": "https://inner.example", "Host": "inner.example"}, "https://ketang.example", True),
        ({"Origin": "http://10.0.0.5:8080", "Host": "10.0.0.5:8080"}, "http://10.0.0.5:8080", True),
        ({"Sec-Fetch-Site": "same-origin"}, "https://ketang.example", True),
    ],
)
def test_which_origin_is_our_own(headers, public_url, passes) -> None:
    request = make_mocked_request("POST", "/api/v1/pairs", headers=headers)
    if passes:
        require_same_origin(request, public_url)
    else:
        with pytest.raises(Problem, match="cross_site"):
            require_same_origin(request, public_url)


async def test_a_planted_session_is_not_taken_over_at_sign_in(house) -> None:
    attacker, victim = await house.account("inspector"), await house.account("bureau_officer")
    planted = attacker.cookies["classroom_session"]
    victim.cookies["classroom_session"] = planted
    assert (await victim.sign_in(PASSWORD))[0] == 201
    assert victim.cookies["classroom_session"] != planted
    # What was planted has ended, and was never the victim's.
    assert (await attacker.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"


async def test_a_session_ends_unused_and_after_a_working_day(house) -> None:
    officer = await house.account("bureau_officer")
    await shift(house, "seen_at", IDLE)
    assert (await officer.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"
    await officer.sign_in(PASSWORD)
    await shift(house, "created_at", timedelta(hours=12))
    assert (await officer.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"


async def test_a_one_time_password_opens_nothing_but_its_change(house) -> None:
    body = {"login": "juzhang", "name": "王科", "role": "bureau_officer"}
    _, made, _ = await house.ask("POST", "/api/v1/accounts", house.info.secret, body)
    person = Person(house, "juzhang", made["account"]["id"])
    _, me, _ = await person.sign_in(made["password"])
    assert (me["must_change"], me["may"]) == (True, ["keep_self", "read_self"])
    assert (await person.ask("GET", "/api/v1/overview?month=2026-10"))[1]["code"] == "password_must_change"
    assert (await person.ask("POST", "/api/v1/accounts", body))[1]["code"] == "password_must_change"
    weak = {"current": made["password"], "new": "juzhang2026"}
    assert (await person.ask("PUT", "/api/v1/me/password", weak))[1]["code"] == "password_like_login"
    same = {"current": made["password"], "new": made["password"]}
    assert (await person.ask("PUT", "/api/v1/me/password", same))[1]["code"] == "password_same"
    good = {"current": made["password"], "new": PASSWORD}
    assert (await person.ask("PUT", "/api/v1/me/password", good))[1]["must_change"] is False
    assert (await person.ask("GET", "/api/v1/overview?month=2026-10"))[0] == 200
    assert (await stranger(house, "juzhang", made["password"]))[0] == 401


async def test_a_new_password_ends_every_other_session_and_link_of_the_account(house) -> None:
    teacher = await house.account("teacher", "实验小学")
    elsewhere = Person(house, teacher.login, teacher.id)
    await elsewhere.sign_in(PASSWORD)
    _, link, _ = await teacher.ask("POST", "/api/v1/me/teacher-link")
    token = link["page"].removeprefix("/teach#")
    assert (await house.ask("GET", "/api/v1/lessons", token))[0] == 200
    change = {"current": PASSWORD, "new": WRONG}
    assert (await teacher.ask("PUT", "/api/v1/me/password", change))[0] == 200
    assert (await teacher.ask("GET", "/api/v1/me"))[0] == 200
    assert (await elsewhere.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"
    assert (await house.ask("GET", "/api/v1/lessons", token))[1]["code"] == "token_invalid"


async def test_a_stolen_session_does_not_guess_the_password(house) -> None:
    officer = await house.account("bureau_officer")
    change = {"current": WRONG, "new": "月落 乌啼 霜满 天边"}
    answers = [(await officer.ask("PUT", "/api/v1/me/password", change))[1]["code"] for _ in range(6)]
    assert answers == ["password_wrong"] * 5 + ["sign_in_slowed"]


async def test_a_teachers_account_opens_the_teachers_page_for_the_day(house) -> None:
    teacher = await house.account("teacher", "实验小学", name="张老师")
    status, made, _ = await teacher.ask("POST", "/api/v1/me/teacher-link")
    assert status == 201
    token = made["page"].removeprefix("/teach#")
    _, me, _ = await house.ask("GET", "/api/v1/me", token)
    assert (me["role"], me["school"]["name"], me["lesson"]) == ("teacher", "实验小学", None)
    _, links, _ = await house.ask("GET", "/api/v1/links", house.info.secret)
    assert "张老师" in {link["name"] for link in links["links"]}
    await house.ask("POST", f"/api/v1/accounts/{teacher.id}/disable", house.info.secret)
    assert (await house.ask("GET", "/api/v1/me", token))[1]["code"] == "token_invalid"
    assert (await teacher.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"login": "a"},
        {"login": "", "password": ""},
        {"login": "a" * 201, "password": "x"},
        {"login": 1, "password": 2},
    ],
)
async def test_what_is_no_sign_in_is_refused_before_anything_is_counted(house, body) -> None:
    for _ in range(7):
        status, problem, _ = await house.ask("POST", "/api/v1/sessions", body=body)
        assert (status, problem["code"]) == (400, "bad_request")
    store = await Store.open(f"sqlite:///{house.data}/classroom.db")
    async with store.database.read() as connection:
        assert (await connection.execute(sign_in_failures.select())).all() == []
    await store.close()


async def test_a_password_of_a_quarter_megabyte_is_refused_by_its_size(house) -> None:
    status, problem, _ = await house.ask("POST", "/api/v1/sessions", body={"login": "a", "password": "x" * 300_000})
    assert (status, problem["code"]) == (413, "too_large")


def test_a_one_time_password_can_be_read_from_paper_and_is_another_each_time() -> None:
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) == 14 and set(one) <= set("abcdefghjkmnpqrstuvwxyz23456789-") for one in made)
