"""Accounts in the store: each change with its line of the log, never the last administrator, nothing lost unseen."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from classroom.registry.accounts import Account, AccountError
from classroom.store.accounts import NewAccount
from classroom.store.audit import MACHINE, Actor
from classroom.store.store import Store

AT = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


def new(login: str, role="bureau_officer", school: str | None = None, once_until=None) -> NewAccount:
    return NewAccount(
        login=login, name=f"{login}的人", role=role, school=school, password_hash="hash", once_until=once_until
    )


async def made(store: Store, login: str, role="bureau_officer", **more) -> Account:
    return await store.accounts.create(new(login, role, **more), MACHINE, AT)


async def refusal(call) -> str:
    with pytest.raises(AccountError) as refused:
        await call
    return refused.value.code


async def actions(store: Store) -> list[str]:
    return [entry.action for entry in reversed(await store.audit.entries())]


async def test_an_account_is_made_and_found(store: Store) -> None:
    assert await store.accounts.is_empty()
    account = await made(store, "zhangsan", "inspector")
    assert not await store.accounts.is_empty()
    assert await store.accounts.get(account.id) == account
    assert (account.version, account.disabled_at, account.must_change) == (1, None, False)
    assert await store.accounts.names([account.id, "nobody"]) == {account.id: "zhangsan的人"}
    [entry] = await store.audit.entries()
    assert (entry.action, entry.subject) == ("account.created", f"account:{account.id}")
    assert entry.detail == {"login": "zhangsan", "role": "inspector", "school": None}


async def test_two_accounts_never_have_one_login_also_when_made_at_once(store: Store) -> None:
    both = await asyncio.gather(made(store, "same"), made(store, "same"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in both) == ["Account", "AccountError"]
    assert await actions(store) == ["account.created"]


async def test_accounts_come_by_login_page_by_page_and_by_what_is_asked(store: Store) -> None:
    school = await store.registry.school("实验小学")
    for login, role, of in [("c", "admin", None), ("a", "teacher", school.id), ("b", "inspector", None)]:
        await made(store, login * 2, role, school=of)
    every = ["teacher", "inspector", "admin"]

    async def logins(roles=every, **asked) -> list[str]:
        return [account.login for account in await store.accounts.page(roles, **asked)]

    assert await logins() == ["aa", "bb", "cc"]
    assert await logins(limit=2) == ["aa", "bb"]
    assert await logins(after="bb") == ["cc"]
    assert await logins(["teacher"]) == ["aa"]
    assert await logins(school=school.id) == ["aa"]
    assert await logins(words="bb的") == ["bb"]
    assert await logins(words="%") == []
    assert await logins(login="cc") == ["cc"]


async def test_a_change_needs_the_version_that_was_read(store: Store) -> None:
    account = await made(store, "zhangsan")
    changed, _ = await store.accounts.change(account.id, 1, {"name": "新名"}, MACHINE, LATER)
    assert (changed.name, changed.version) == ("新名", 2)
    stale = store.accounts.change(account.id, 1, {"name": "别名"}, MACHINE, LATER)
    assert await refusal(stale) == "account_stale"
    assert (await store.audit.entries())[0].detail == {"name": {"before": "zhangsan的人", "after": "新名"}}
    assert await refusal(store.accounts.change("nobody", 1, {}, MACHINE, LATER)) == "account_unknown"


async def test_a_change_of_nothing_is_no_change(store: Store) -> None:
    account = await made(store, "zhangsan")
    same, _ = await store.accounts.change(account.id, 1, {"name": account.name}, MACHINE, LATER)
    assert same == account
    assert await actions(store) == ["account.created"]


async def test_the_last_administrator_stays(store: Store) -> None:
    admin = await made(store, "root", "admin")
    assert await refusal(store.accounts.disable(admin.id, MACHINE, LATER)) == "last_admin"
    demoted = store.accounts.change(admin.id, 1, {"role": "inspector"}, MACHINE, LATER)
    assert await refusal(demoted) == "last_admin"
    other = await made(store, "root2", "admin")
    disabled, _ = await store.accounts.disable(admin.id, MACHINE, LATER)
    assert disabled.disabled_at == LATER
    assert await refusal(store.accounts.disable(other.id, MACHINE, LATER)) == "last_admin"
    assert (await store.accounts.enable(admin.id, MACHINE, LATER)).disabled_at is None


async def test_two_administrators_cannot_disable_each_other_at_once(store: Store) -> None:
    one, two = await made(store, "root1", "admin"), await made(store, "root2", "admin")
    await asyncio.gather(
        store.accounts.disable(one.id, Actor("account", two.id), LATER),
        store.accounts.disable(two.id, Actor("account", one.id), LATER),
        return_exceptions=True,
    )
    left = await store.accounts.page(["admin"])
    assert sorted(account.disabled_at is None for account in left) == [False, True]


@pytest.mark.parametrize("how", ["disable", "password", "role", "school"])
async def test_sessions_and_links_end_with_what_they_stood_on(store: Store, how: str) -> None:
    school, other = await store.registry.school("实验小学"), await store.registry.school("南苑小学")
    account = await made(store, "teacher1", "teacher", school=school.id)
    tokens = await store.sign_ins.begin(account.id, (), AT, address="127.0.0.1")
    _, link = await store.links.mint("teacher", AT, school=school.id, holder=account.id)
    kept, _ = await store.links.mint("teacher", AT, school=school.id)
    if how == "disable":
        _, revoked = await store.accounts.disable(account.id, MACHINE, LATER)
    elif how == "password":
        _, revoked = await store.accounts.set_password(account.id, "other", None, MACHINE, LATER)
    else:
        change = {"role": "school_officer"} if how == "role" else {"school": other.id}
        _, revoked = await store.accounts.change(account.id, 1, change, MACHINE, LATER)
    assert revoked == [link.id]
    assert await store.sign_ins.resolve(tokens.session, LATER) is None
    assert (await store.links.resolve(kept)).revoked_at is None
    assert (await actions(store))[-1] == "link.revoked"


async def test_the_first_accounts_are_made_once_even_when_asked_for_twice_at_once(store: Store) -> None:
    both = await asyncio.gather(
        store.accounts.set_up([new("root1", "admin"), new("juzhang")], AT),
        store.accounts.set_up([new("root2", "admin")], AT),
        return_exceptions=True,
    )
    [refused] = [one for one in both if isinstance(one, AccountError)]
    [first] = [one for one in both if isinstance(one, list)]
    assert refused.code == "set_up_before"
    assert {account.login for account in await store.accounts.page(["admin", "bureau_officer"])} == {
        account.login for account in first
    }
    # The administrator is his own maker, and the officer's.
    assert {entry.actor for entry in await store.audit.entries()} == {first[0].id}


async def test_a_first_set_up_that_fails_half_way_makes_nobody(store: Store) -> None:
    assert await refusal(store.accounts.set_up([new("same", "admin"), new("same")], AT)) == "login_taken"
    assert await store.accounts.is_empty()
    assert await store.audit.entries() == []
