"""Keeping accounts (账号管理), and how somebody would try to rise by it."""

import pytest

from tests.signaling.conftest import PASSWORD, Person

ACCOUNTS = "/api/v1/accounts"


async def make(who, **body) -> tuple[int, dict]:
    given = {"login": "newone", "name": "新人", "role": "inspector", **body}
    status, answer, _ = await who.ask("POST", ACCOUNTS, given)
    return status, answer


async def test_an_account_is_made_with_a_password_for_once_and_listed_without_it(house) -> None:
    admin = await house.account("admin")
    await house.link("classroom", "檀溪中小")
    status, made = await make(admin, login="TianXi", name="陈老师", role="school_officer", school_name="檀溪中小")
    assert status == 201
    account = made["account"]
    assert (account["login"], account["school_name"], account["must_change"]) == ("tianxi", "檀溪中小", True)
    assert account["created_at"].endswith("+08:00")
    _, page, _ = await admin.ask("GET", f"{ACCOUNTS}?role=school_officer")
    assert page == {"items": [account], "next": None}
    assert made["password"] not in str(page) and "hash" not in str(page)
    assert (await Person(house, "tianxi", "").sign_in(made["password"]))[0] == 201


async def test_accounts_are_listed_page_by_page(house) -> None:
    admin = await house.account("admin")
    for number in range(5):
        await make(admin, login=f"inspector{number}")
    logins, after = [], ""
    while after is not None:
        _, page, _ = await admin.ask("GET", f"{ACCOUNTS}?role=inspector&limit=2&after={after}")
        logins += [item["login"] for item in page["items"]]
        after = page["next"]
    assert logins == [f"inspector{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"login": "a b"}, 400, "login_malformed"),
        ({"login": "\u0430dmin"}, 400, "login_malformed"),
        ({"role": "school_officer"}, 400, "school_needed"),
        ({"role": "teacher", "school_name": "没有的小学"}, 400, "school_unknown"),
        ({"role": "teacher", "school": "aaaaaaaaaaaa"}, 400, "school_unknown"),
        ({"school_name": "檀溪中小"}, 400, "school_unneeded"),
        ({"name": "行\n二"}, 400, "bad_request"),
        ({"role": "machine"}, 400, "bad_request"),
        ({"role": "anyone"}, 400, "bad_request"),
    ],
)
async def test_an_account_that_cannot_be_is_refused_with_the_reason(house, body, status, code) -> None:
    admin = await house.account("admin")
    await house.link("classroom", "檀溪中小")
    answered, problem = await make(admin, **body)
    assert (answered, problem["code"]) == (status, code)


async def test_a_login_that_looks_like_one_there_is_is_taken(house) -> None:
    admin = await house.account("admin", login="root1")
    for login in ("ROOT1", "ｒｏｏｔ１", "root①".replace("①", "１")):
        assert (await make(admin, login=login))[1]["code"] == "login_taken"


async def test_a_bureau_officer_keeps_schools_and_inspectors_and_does_not_see_the_others(house) -> None:
    bureau, admin = await house.account("bureau_officer"), await house.account("admin")
    other = await house.account("bureau_officer")
    for role in ("admin", "bureau_officer"):
        status, problem = await make(bureau, role=role)
        assert (status, problem["code"]) == (403, "not_yours_to_keep")
    assert (await make(bureau, login="xuncha"))[0] == 201
    _, page, _ = await bureau.ask("GET", ACCOUNTS)
    assert [item["login"] for item in page["items"]] == ["xuncha"]
    _, named, _ = await bureau.ask("GET", f"{ACCOUNTS}?login={admin.login}")
    assert named["items"] == []
    for account in (admin, other, bureau):
        for method, path in (("GET", ""), ("POST", "/disable"), ("POST", "/reset"), ("POST", "/enable")):
            status, problem, _ = await bureau.ask(method, f"{ACCOUNTS}/{account.id}{path}")
            assert (status, problem["code"]) == (404, "account_unknown")
    assert (await admin.ask("GET", "/api/v1/me"))[0] == 200


async def test_nobody_rises_or_lifts_another_by_a_change(house) -> None:
    bureau, admin = await house.account("bureau_officer"), await house.account("admin")
    inspector = await house.account("inspector")

    async def change(who, account, **changes) -> str:
        _, line, _ = await admin.ask("GET", f"{ACCOUNTS}/{account.id}")
        _, answer, _ = await who.ask("PATCH", f"{ACCOUNTS}/{account.id}", {"version": line["version"], **changes})
        return answer.get("code", "done")

    assert await change(bureau, inspector, role="admin") == "not_yours_to_keep"
    assert await change(bureau, inspector, role="bureau_officer") == "not_yours_to_keep"
    assert await change(bureau, bureau, role="admin") == "account_unknown"
    assert await change(inspector, inspector, role="admin") == "forbidden"
    assert await change(admin, admin, role="bureau_officer") == "yourself"
    assert await change(bureau, inspector, name="新名字") == "done"
    assert (await inspector.ask("GET", "/api/v1/me"))[1]["name"] == "新名字"
    # Fields that the shape does not have are not quietly taken.
    assert await change(bureau, inspector, login="root", password_hash="x", once_until=None) == "done"
    assert (await inspector.ask("GET", "/api/v1/me"))[1]["login"] == inspector.login


async def test_another_role_or_school_signs_the_person_out(house) -> None:
    admin = await house.account("admin")
    officer = await house.account("school_officer", "实验小学")
    await house.link("classroom", "檀溪中小")
    _, line, _ = await admin.ask("GET", f"{ACCOUNTS}/{officer.id}")
    body = {"version": line["version"], "role": "inspector"}
    assert (await admin.ask("PATCH", f"{ACCOUNTS}/{officer.id}", body))[1]["code"] == "school_unneeded"
    status, changed, _ = await admin.ask("PATCH", f"{ACCOUNTS}/{officer.id}", {**body, "school": None})
    assert (status, changed["role"], changed["school"]) == (200, "inspector", None)
    assert (await officer.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"
    stale = await admin.ask("PATCH", f"{ACCOUNTS}/{officer.id}", {**body, "name": "别名"})
    assert (stale[0], stale[1]["code"]) == (409, "account_stale")
    _, me, _ = await admin.ask("GET", "/api/v1/me")
    assert (stale[1]["by_name"], stale[1]["at"][-6:]) == (me["name"], "+08:00")


async def test_nobody_disables_himself_and_the_last_administrator_stays(house) -> None:
    admin = await house.account("admin")
    assert (await admin.ask("POST", f"{ACCOUNTS}/{admin.id}/disable"))[1]["code"] == "yourself"
    assert (await admin.ask("POST", f"{ACCOUNTS}/{admin.id}/reset"))[1]["code"] == "yourself"
    machine = await house.ask("POST", f"{ACCOUNTS}/{admin.id}/disable", house.info.secret)
    assert machine[1]["code"] == "last_admin"
    second = await house.account("admin")
    assert (await admin.ask("POST", f"{ACCOUNTS}/{second.id}/disable"))[1]["disabled_at"] is not None
    assert (await second.ask("GET", "/api/v1/me"))[1]["code"] == "session_ended"
    assert (await second.sign_in(PASSWORD))[1]["code"] == "sign_in_failed"
    assert (await admin.ask("POST", f"{ACCOUNTS}/{second.id}/enable"))[1]["disabled_at"] is None
    assert (await second.sign_in(PASSWORD))[0] == 201


@pytest.mark.parametrize("account", ["aaaaaaaaaaaa", "%2e%2e", "x" * 200, "'--", "账号"])
async def test_an_account_that_is_none_is_not_found(house, account) -> None:
    for method, path in (("GET", ""), ("POST", "/disable"), ("POST", "/reset")):
        status, _, _ = await house.ask(method, f"{ACCOUNTS}/{account}{path}", house.info.secret)
        assert status == 404
