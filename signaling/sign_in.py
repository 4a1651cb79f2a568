"""Signing in (登录) with a login and a password: counted first, then checked, and telling nothing about who exists."""

from datetime import datetime

import structlog

from classroom.registry.accounts import Account, AccountError, check_password, login_key, password_form
from classroom.store.audit import Actor
from classroom.store.sign_ins import AccountChanged, Key, LockedOut, SignedIn
from classroom.store.store import Store
from signaling.cookies import Browser
from signaling.passwords import Passwords
from signaling.problem import Problem

log = structlog.get_logger("accounts")


async def sign_in(
    store: Store, passwords: Passwords, login: str, password: str, browser: Browser, at: datetime
) -> tuple[Account, SignedIn]:
    """The account, and the tokens of its new session. Raises Problem: busy, sign_in_slowed, sign_in_failed.

    A login that cannot be, one that nobody has, a disabled account and a wrong password are told apart by nothing: not
    by words, nor by time, nor by how failures are counted.
    """
    passwords.require_room()
    key, form = _typed(login, password)
    candidate = await store.sign_ins.candidate(key, browser.device, browser.address, at)
    await _count(store, candidate.keys, at)
    fits = await passwords.fits(candidate.password_hash, form)
    account = candidate.account
    if account is None or not fits or not account.is_open(at):
        log.warning("sign-in refused", account=account.id if account else None, address=browser.address)
        raise Problem("sign_in_failed")
    try:
        return account, await begin_session(store, account, candidate.keys, browser, at)
    except AccountChanged:
        # Reset or disabled while the old password was being checked: it fits no more.
        raise Problem("sign_in_failed") from None


async def begin_session(
    store: Store, account: Account, keys: tuple[Key, ...], browser: Browser, at: datetime
) -> SignedIn:
    """A session that takes the place of whatever the browser had. Raises AccountChanged."""
    return await store.sign_ins.begin(
        account.id,
        keys,
        at,
        address=browser.address,
        ended=browser.session,
        device=browser.device,
        version=account.version,
    )


async def change_own_password(
    store: Store, passwords: Passwords, account: Account, current: str, new: str, browser: Browser, at: datetime
) -> tuple[SignedIn, list[str]]:
    """A new password: everything else that the old one opened ends. The tokens of a new session; the links revoked.

    Raises AccountError (as check_password, password_wrong, password_same), Problem: busy, sign_in_slowed.
    """
    form = password_form(new)
    check_password(form, account.login)
    if form == password_form(current):
        raise AccountError("password_same")
    passwords.require_room()
    # Counted by itself: whoever fails at the door from elsewhere must not keep the owner from changing it.
    keys = (Key("device", f"own-{account.id}"),)
    await _count(store, keys, at)
    held = await store.accounts.password_of(account.id)
    if not await passwords.fits(held, password_form(current)):
        raise AccountError("password_wrong")
    await store.sign_ins.forgive(keys)
    made = await passwords.hash(form)
    changed, revoked = await store.accounts.set_password(account.id, made, None, Actor("account", account.id), at)
    try:
        return await begin_session(store, changed, (), browser, at), revoked
    except AccountChanged:
        raise Problem("session_ended") from None


def _typed(login: str, password: str) -> tuple[str | None, str]:
    """What is looked up and what is checked; None for a login that cannot be one."""
    try:
        return login_key(login), password_form(password)
    except AccountError:
        return None, ""


async def _count(store: Store, keys: tuple[Key, ...], at: datetime) -> None:
    """Raises Problem(sign_in_slowed)."""
    try:
        await store.sign_ins.count(keys, at)
    except LockedOut as locked:
        left_s = max(1, int((locked.until - at).total_seconds()) + 1)
        zh = f"{left_s} 秒" if left_s < 120 else f"{-(-left_s // 60)} 分钟"
        en = f"{left_s} seconds" if left_s < 120 else f"{-(-left_s // 60)} minutes"
        entry = (429, f"密码错误次数太多，请 {zh}后再试", f"Too many wrong passwords: try again in {en}")
        raise Problem("sign_in_slowed", entry=entry, more={"retry_after_s": left_s}) from locked
