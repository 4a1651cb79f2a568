"""Keeping accounts (账号管理): who makes, changes, disables and resets whose, for API and command line alike."""

from datetime import datetime
from typing import Annotated

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.registry.accounts import (
    EVERY_ROLE,
    KEEPS,
    ONE_TIME_LIFE,
    Account,
    AccountError,
    AccountRole,
    check_keeper,
    check_school,
    login_key,
)
from classroom.registry.book import Book
from classroom.registry.names import school_named
from classroom.store.accounts import NewAccount
from classroom.store.store import Store
from signaling.actors import actor_names
from signaling.auth import Grant
from signaling.messages import Name
from signaling.passwords import Passwords, one_time_password

Login = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""As typed; `login_key` says what it is."""
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
"""As typed; more than `password_form` takes, so that its refusal is a sentence."""
SchoolId = Annotated[str, msgspec.Meta(min_length=1, max_length=12)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class AccountRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be made. A school by its id, or by its name; it must be in the registry already."""

    login: Login
    name: Name
    role: AccountRole
    school: SchoolId | None = None
    school_name: Name | None = None


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes different; `version` is the one that was read, so that nobody's change is lost unseen."""

    version: int
    name: Name | msgspec.UnsetType = msgspec.UNSET
    role: AccountRole | msgspec.UnsetType = msgspec.UNSET
    school: SchoolId | None | msgspec.UnsetType = msgspec.UNSET


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a list, instants at +08:00. `must_change`: its one-time password is not changed yet."""

    id: str
    login: str
    name: str
    role: AccountRole
    school: str | None
    school_name: str | None
    created_at: datetime
    disabled_at: datetime | None
    must_change: bool
    once_until: datetime | None
    version: int


class MadePassword(msgspec.Struct, frozen=True, kw_only=True):
    """An account with the only copy of its one-time password (一次性密码), to be changed at the first sign-in."""

    account: AccountLine
    password: str


class Keeping:
    """What a caller may do with accounts. Raises AccountError, Problem(busy)."""

    def __init__(self, store: Store, passwords: Passwords, grant: Grant) -> None:
        self._store = store
        self._passwords = passwords
        self._grant = grant

    async def page(
        self,
        *,
        after: str | None = None,
        limit: int = 50,
        role: AccountRole | None = None,
        school: str | None = None,
        words: str | None = None,
        login: str | None = None,
    ) -> tuple[list[AccountLine], bool]:
        """The accounts that the caller keeps, by login, and whether there are more; others are as if not there."""
        roles = KEEPS[self._grant.role] & (EVERY_ROLE if role is None else {role})
        found = await self._store.accounts.page(
            roles, after=after, limit=limit + 1, school=school, words=words, login=login
        )
        book = await self._store.registry.book()
        return [line_of(one, book) for one in found[:limit]], len(found) > limit

    async def read(self, account: str) -> AccountLine:
        """One account. Raises AccountError(account_unknown)."""
        return await self._line(await self._kept(account))

    async def create(self, request: AccountRequest, at: datetime) -> MadePassword:
        """Raises AccountError: not_yours_to_keep, login_malformed, login_taken, school_needed and others of schools."""
        check_keeper(self._grant.role, request.role)
        login = login_key(request.login)
        school = await self._school(request)
        check_school(request.role, school)
        password = one_time_password()
        new = NewAccount(
            login=login,
            name=request.name,
            role=request.role,
            school=school,
            password_hash=await self._passwords.hash(password),
            once_until=at + ONE_TIME_LIFE,
        )
        made = await self._store.accounts.create(new, self._grant.actor, at)
        return MadePassword(account=await self._line(made), password=password)

    async def change(self, account: str, change: AccountChange, at: datetime) -> tuple[AccountLine, list[str]]:
        """The changed account and the links that were revoked.

        Raises AccountError: account_unknown, not_yours_to_keep, yourself, account_stale, last_admin, school_needed, …
        """
        before = await self._kept(account)
        told = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
        del told["version"]
        role, school = told.get("role", before.role), told.get("school", before.school)
        check_keeper(self._grant.role, role)
        if role != before.role:
            self._require_another(before)
        check_school(role, school)
        if school is not None and school not in (await self._store.registry.book()).schools:
            raise AccountError("school_unknown")
        try:
            after, revoked = await self._store.accounts.change(account, change.version, told, self._grant.actor, at)
        except AccountError as error:
            if error.code == "account_stale":
                raise AccountError(error.code, await self._last_change(account)) from error
            raise
        return await self._line(after), revoked

    async def disable(self, account: str, at: datetime) -> tuple[AccountLine, list[str]]:
        """Raises AccountError: account_unknown, yourself, last_admin."""
        self._require_another(await self._kept(account))
        after, revoked = await self._store.accounts.disable(account, self._grant.actor, at)
        return await self._line(after), revoked

    async def enable(self, account: str, at: datetime) -> AccountLine:
        """Raises AccountError(account_unknown)."""
        await self._kept(account)
        return await self._line(await self._store.accounts.enable(account, self._grant.actor, at))

    async def reset(self, account: str, at: datetime) -> tuple[MadePassword, list[str]]:
        """A one-time password in place of the one that was forgotten; everything that is open closes.

        Raises AccountError: account_unknown, yourself.
        """
        self._require_another(await self._kept(account))
        password = one_time_password()
        made = await self._passwords.hash(password)
        after, revoked = await self._store.accounts.set_password(
            account, made, at + ONE_TIME_LIFE, self._grant.actor, at
        )
        return MadePassword(account=await self._line(after), password=password), revoked

    async def find(self, login: str) -> AccountLine:
        """The account of a login. Raises AccountError: login_malformed, account_unknown."""
        key = login_key(login)
        lines, _ = await self.page(login=key)
        if not lines:
            raise AccountError("account_unknown")
        return lines[0]

    async def _last_change(self, account: str) -> dict[str, str]:
        """Who changed the account last, and when (+08:00)."""
        found = await self._store.audit.entries(subject=f"account:{account}", action="account.", limit=1)
        who = (found[0].actor_kind, found[0].actor)
        names = await actor_names(self._store, [who])
        return {"by_name": names[who], "at": found[0].at.astimezone(SHANGHAI).isoformat()}

    async def _kept(self, account: str) -> Account:
        found = await self._store.accounts.get(account)
        if found is None or found.role not in KEEPS[self._grant.role]:
            raise AccountError("account_unknown")
        return found

    def _require_another(self, account: Account) -> None:
        """Raises AccountError(yourself)."""
        if self._grant.account is not None and self._grant.account.id == account.id:
            raise AccountError("yourself")

    async def _school(self, request: AccountRequest) -> str | None:
        book = await self._store.registry.book()
        if request.school is None and request.school_name is None:
            return None
        known = book.schools.get(request.school or "") or school_named(book, request.school_name or "")
        if known is None:
            raise AccountError("school_unknown")
        return known.id

    async def _line(self, account: Account) -> AccountLine:
        return line_of(account, await self._store.registry.book())


def line_of(account: Account, book: Book) -> AccountLine:
    """The account with its school's name."""
    school = book.schools.get(account.school or "")
    return AccountLine(
        id=account.id,
        login=account.login,
        name=account.name,
        role=account.role,
        school=account.school,
        school_name=school.name if school else None,
        created_at=account.created_at.astimezone(SHANGHAI),
        disabled_at=account.disabled_at and account.disabled_at.astimezone(SHANGHAI),
        must_change=account.must_change,
        once_until=account.once_until and account.once_until.astimezone(SHANGHAI),
        version=account.version,
    )
