"""Sessions and failures: what ends a session, who waits, and who does not."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from classroom.registry.accounts import DEVICE_LIFE, FORGOTTEN, IDLE, LONGEST, Account
from classroom.store.accounts import NewAccount
from classroom.store.audit import MACHINE
from classroom.store.sign_ins import MAX_DEVICES, AccountChanged, Key, LockedOut, SignedIn
from classroom.store.store import Store

AT = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
HOME, CAFE = "10.0.0.1", "192.0.2.7"
SECOND = timedelta(seconds=1)


async def officer(store: Store, login: str = "wangke", once_until: datetime | None = None) -> Account:
    new = NewAccount(
        login=login, name="王科", role="bureau_officer", school=None, password_hash="hash", once_until=once_until
    )
    return await store.accounts.create(new, MACHINE, AT)


async def fail(store: Store, login: str, at: datetime, address: str = CAFE, device: str | None = None) -> bool:
    """One try more; False when it was not even heard."""
    candidate = await store.sign_ins.candidate(login, device, address, at)
    try:
        await store.sign_ins.count(candidate.keys, at)
    except LockedOut:
        return False
    return True


async def test_a_session_is_its_accounts_until_it_is_ended(store: Store) -> None:
    account = await officer(store)
    tokens = await store.sign_ins.begin(account.id, (), AT, address=HOME)
    assert await store.sign_ins.resolve(tokens.session, AT + SECOND) == account
    assert await store.sign_ins.resolve(tokens.device, AT + SECOND) is None
    await store.sign_ins.end(tokens.session, AT + SECOND)
    await store.sign_ins.end(tokens.session, AT + SECOND)
    assert await store.sign_ins.resolve(tokens.session, AT + 2 * SECOND) is None
    assert [entry.action for entry in await store.audit.entries(action="session.")] == [
        "session.ended",
        "session.begun",
    ]


async def test_no_session_begins_with_a_password_that_was_reset_meanwhile(store: Store) -> None:
    account = await officer(store)
    looked_at = (await store.sign_ins.candidate(account.login, None, HOME, AT)).account
    assert looked_at is not None
    await store.accounts.set_password(account.id, "another hash", AT + DEVICE_LIFE, MACHINE, AT)
    with pytest.raises(AccountChanged):
        await store.sign_ins.begin(account.id, (), AT, address=HOME, version=looked_at.version)
    assert await store.audit.entries(action="session.") == []


async def test_of_a_reset_and_a_sign_in_at_once_no_session_is_left(store: Store) -> None:
    account = await officer(store)
    begun = [store.sign_ins.begin(account.id, (), AT, address=HOME, version=account.version) for _ in range(4)]
    reset = store.accounts.set_password(account.id, "another hash", AT + DEVICE_LIFE, MACHINE, AT)
    made = await asyncio.gather(*begun[:2], reset, *begun[2:], return_exceptions=True)
    for one in made:
        assert isinstance(one, SignedIn | AccountChanged | tuple)
        if isinstance(one, SignedIn):
            assert await store.sign_ins.resolve(one.session, AT + SECOND) is None


async def test_a_session_idles_out_and_use_keeps_it_but_not_beyond_a_working_day(store: Store) -> None:
    account = await officer(store)
    idle = await store.sign_ins.begin(account.id, (), AT, address=HOME)
    assert await store.sign_ins.resolve(idle.session, AT + IDLE) is None
    used = await store.sign_ins.begin(account.id, (), AT, address=HOME)
    at = AT
    while at + IDLE - SECOND < AT + LONGEST:
        at += IDLE - SECOND
        assert await store.sign_ins.resolve(used.session, at) is not None
    assert await store.sign_ins.resolve(used.session, AT + LONGEST) is None


async def test_a_one_time_password_ends_with_its_days_also_in_an_open_session(store: Store) -> None:
    account = await officer(store, once_until=AT + timedelta(minutes=30))
    tokens = await store.sign_ins.begin(account.id, (), AT, address=HOME)
    held = await store.sign_ins.resolve(tokens.session, AT + SECOND)
    assert held is not None and held.must_change
    assert await store.sign_ins.resolve(tokens.session, AT + timedelta(minutes=30)) is None


async def test_signing_in_always_makes_a_new_session_and_ends_the_one_before(store: Store) -> None:
    account = await officer(store)
    first = await store.sign_ins.begin(account.id, (), AT, address=HOME)
    second = await store.sign_ins.begin(account.id, (), AT, address=HOME, ended=first.session, device=first.device)
    assert second.session != first.session
    assert second.device == first.device
    assert await store.sign_ins.resolve(first.session, AT) is None
    planted = await store.sign_ins.begin(account.id, (), AT, address=HOME, ended="planted", device="planted")
    assert "planted" not in (planted.session, planted.device)


async def test_after_five_failures_a_stranger_waits_and_is_heard_again_when_the_wait_is_over(store: Store) -> None:
    await officer(store)
    assert [await fail(store, "wangke", AT) for _ in range(6)] == [True] * 5 + [False]
    assert not await fail(store, "wangke", AT + timedelta(seconds=29))
    assert await fail(store, "wangke", AT + timedelta(seconds=30))
    assert not await fail(store, "wangke", AT + timedelta(seconds=89))
    assert await fail(store, "wangke", AT + timedelta(seconds=90))
    # Being refused prolongs nothing, and a day later all is forgotten.
    later = AT + timedelta(seconds=90) + FORGOTTEN
    assert [await fail(store, "wangke", later) for _ in range(5)] == [True] * 5


async def test_a_name_that_nobody_has_is_counted_like_one_that_somebody_has(store: Store) -> None:
    await officer(store)
    known = [await fail(store, "wangke", AT) for _ in range(7)]
    unknown = [await fail(store, "nobody", AT, address=HOME) for _ in range(7)]
    assert known == unknown
    slowed = await store.audit.entries(action="sign_in.slowed")
    assert len(slowed) == 2


async def test_many_addresses_get_no_more_guesses_at_one_account(store: Store) -> None:
    await officer(store)
    heard = [await fail(store, "wangke", AT, address=f"10.0.{n // 250}.{n % 250}") for n in range(60)]
    assert heard.count(True) == 5


async def test_many_names_from_one_address_are_counted_together(store: Store) -> None:
    heard = [await fail(store, f"name{n}", AT) for n in range(30)]
    assert heard.count(True) == 20
    assert await fail(store, "another", AT, address=HOME)


async def test_guesses_made_at_once_are_all_counted(store: Store) -> None:
    await officer(store)
    heard = await asyncio.gather(*(fail(store, "wangke", AT, address=f"10.1.0.{n}") for n in range(20)))
    assert heard.count(True) == 5


async def test_whoever_fails_on_purpose_does_not_lock_out_the_officers_own_browser(store: Store) -> None:
    account = await officer(store)
    tokens = await store.sign_ins.begin(account.id, (), AT, address=HOME)
    while await fail(store, "wangke", AT, address=HOME):
        pass
    assert not await fail(store, "wangke", AT, address=CAFE)
    # The browser that has signed in before is counted by itself, also behind the attacker's address.
    assert [await fail(store, "wangke", AT, address=HOME, device=tokens.device) for _ in range(6)] == [True] * 5 + [
        False
    ]


async def test_a_known_browser_is_known_for_its_own_account_alone_and_not_for_ever(store: Store) -> None:
    account = await officer(store)
    await officer(store, "lisi")
    tokens = await store.sign_ins.begin(account.id, (), AT, address=HOME)

    async def kinds(login: str, at: datetime = AT) -> list[str]:
        return [key.kind for key in (await store.sign_ins.candidate(login, tokens.device, HOME, at)).keys]

    assert await kinds("wangke") == ["device"]
    assert await kinds("lisi") == ["account", "address"]
    assert await kinds("nobody") == ["account", "address"]
    assert await kinds("wangke", AT + DEVICE_LIFE) == ["account", "address"]


async def test_only_so_many_browsers_are_known(store: Store) -> None:
    account = await officer(store)
    devices = []
    for number in range(MAX_DEVICES + 1):
        at = AT + number * SECOND
        devices.append((await store.sign_ins.begin(account.id, (), at, address=HOME)).device)

    async def is_known(device: str) -> bool:
        return (await store.sign_ins.candidate("wangke", device, HOME, AT)).keys[0].kind == "device"

    assert [await is_known(device) for device in devices] == [False] + [True] * MAX_DEVICES


async def test_the_right_password_clears_the_account_but_not_the_address(store: Store) -> None:
    account = await officer(store)
    keys = (Key("account", account.id), Key("address", CAFE))
    for _ in range(4):
        await store.sign_ins.count(keys, AT)
    await store.sign_ins.count(keys, AT)
    await store.sign_ins.begin(account.id, keys, AT, address=CAFE)
    # Four of the five stay with the address; else one's own account would buy guesses at others'.
    heard = [await fail(store, f"name{n}", AT) for n in range(20)]
    assert heard.count(True) == 16
    assert await fail(store, "wangke", AT, address=HOME)


async def test_what_is_forgotten_is_not_kept(store: Store) -> None:
    for number in range(10):
        await fail(store, f"name{number}", AT)
    later = AT + FORGOTTEN + SECOND
    await fail(store, "other", later, address=HOME)
    assert await fail(store, "name0", later)
    with pytest.raises(LockedOut) as locked:
        for _ in range(30):
            await store.sign_ins.count((Key("address", HOME),), later)
    assert locked.value.until == later + timedelta(seconds=30)
