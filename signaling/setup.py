"""The first run (初始设置): while there is no account, whoever holds the printed code makes the first ones, once."""

import hmac
import secrets
from datetime import datetime

import msgspec

from classroom.registry.accounts import (
    ONE_TIME_LIFE,
    Account,
    AccountError,
    AccountRole,
    check_password,
    login_key,
    password_form,
)
from classroom.store.accounts import NewAccount
from classroom.store.store import Store
from signaling.accounts import Login, Password
from signaling.messages import Name, Token
from signaling.passwords import Passwords
from signaling.problem import Problem


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's login, name and password."""

    login: Login
    name: Name
    password: Password


class SetupRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The administrator (系统管理员), and if wished the bureau's officer (教育局填报人) with a password for once."""

    login: Login
    name: Name
    password: Password
    officer: Person | None = None


class SetupCall(SetupRequest, frozen=True, kw_only=True):
    """`code` is the one that the server printed, or on the same machine the secret of server.json."""

    code: Token


class Setup:
    """The one-time code. It dies with the process, and for good with the first account."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._code: str | None = None

    async def open(self, store: Store) -> None:
        """Make a code when the server waits to be set up."""
        if await store.accounts.is_empty():
            self._code = secrets.token_urlsafe(16)

    @property
    def code(self) -> str | None:
        """What to print; None when the server is set up."""
        return self._code

    def require(self, code: str) -> None:
        """Raises Problem(bad_setup_code)."""
        right = self._code is not None and hmac.compare_digest(code, self._code)
        if not right and not hmac.compare_digest(code, self._secret):
            raise Problem("bad_setup_code")

    def spend(self) -> None:
        """The code opens nothing any more."""
        self._code = None


async def set_up(store: Store, passwords: Passwords, request: SetupRequest, at: datetime) -> Account:
    """Make the administrator, and the officer with a password for one sign-in; both or none.

    Raises AccountError: set_up_before, login_malformed, login_taken, and those of `check_password`; Problem(busy).
    """
    if not await store.accounts.is_empty():
        raise AccountError("set_up_before")
    first = [await _new(passwords, request.login, request.name, request.password, "admin", None)]
    if (officer := request.officer) is not None:
        until = at + ONE_TIME_LIFE
        first.append(await _new(passwords, officer.login, officer.name, officer.password, "bureau_officer", until))
    return (await store.accounts.set_up(first, at))[0]


async def _new(
    passwords: Passwords, login: str, name: str, password: str, role: AccountRole, once_until: datetime | None
) -> NewAccount:
    key, form = login_key(login), password_form(password)
    check_password(form, key)
    hashed = await passwords.hash(form)
    return NewAccount(login=key, name=name, role=role, school=None, password_hash=hashed, once_until=once_until)
