"""Accounts (账号): rows of people who sign in. Every change ends with its line of the audit log, in one transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Select, delete, func, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.registry.accounts import Account, AccountError, AccountRole
from classroom.store.audit import Actor, note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.links import revoke_links
from classroom.store.schema.accounts import account_devices, account_sessions, accounts, sign_in_failures

LOCK: Final = 0x6163636F
"""Advisory lock number that lets PostgreSQL change accounts one transaction at a time; SQLite has one writer."""
_COLUMNS: Final = [accounts.c[name] for name in Account.__struct_fields__]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be made: the login as `login_key` gives it, the password as its hash."""

    login: str
    name: str
    role: AccountRole
    school: str | None
    password_hash: str
    once_until: datetime | None


class Accounts:
    """Makes, finds and changes accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_empty(self) -> bool:
        """Whether no account was ever made: the server waits to be set up."""
        async with self._database.read() as connection:
            return await _is_empty(connection)

    async def get(self, account: str) -> Account | None:
        """An account by its id."""
        async with self._database.read() as connection:
            return await _get(connection, account)

    async def names(self, ids: Collection[str]) -> dict[str, str]:
        """Account → its person's name."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(accounts.c.id, accounts.c.name).where(accounts.c.id.in_(list(ids))))
            return {row.id: row.name for row in rows}

    async def page(
        self,
        roles: Collection[AccountRole],
        *,
        after: str | None = None,
        limit: int = 50,
        school: str | None = None,
        words: str | None = None,
        login: str | None = None,
    ) -> list[Account]:
        """Accounts of these roles by login, from behind the login `after`; `words` stand in the login or the name."""
        found = select(*_COLUMNS).where(accounts.c.role.in_(list(roles))).order_by(accounts.c.login).limit(limit)
        if after is not None:
            found = found.where(accounts.c.login > after)
        if school is not None:
            found = found.where(accounts.c.school == school)
        if login is not None:
            found = found.where(accounts.c.login == login)
        if words is not None:
            found = found.where(
                or_(accounts.c.login.contains(words, autoescape=True), accounts.c.name.contains(words, autoescape=True))
            )
        return await self._all(found)

    async def password_of(self, account: str) -> str | None:
        """The hash of an account's password."""
        async with self._database.read() as connection:
            found = select(accounts.c.password_hash).where(accounts.c.id == account)
            held: str | None = await connection.scalar(found)
            return held

    async def create(self, new: NewAccount, actor: Actor, at: datetime) -> Account:
        """Make an account. Raises AccountError(login_taken)."""
        try:
            async with self._database.write() as connection:
                return await _insert(connection, new, actor, at)
        except IntegrityError as error:
            raise AccountError("login_taken") from error

    async def set_up(self, first: Collection[NewAccount], at: datetime) -> list[Account]:
        """Make the first accounts, if there is none yet; the first one made is the actor of it all.

        Raises AccountError: set_up_before, login_taken.
        """
        try:
            async with self._database.write() as connection:
                await _lock(connection)
                if not await _is_empty(connection):
                    raise AccountError("set_up_before")
                made: list[Account] = []
                for new in first:
                    made_by = made[0].id if made else new_id()
                    account = await _insert(
                        connection, new, Actor("account", made_by), at, made_by if not made else None
                    )
                    made.append(account)
                return made
        except IntegrityError as error:
            raise AccountError("login_taken") from error

    async def change(
        self, account: str, version: int, changes: Mapping[str, str | None], actor: Actor, at: datetime
    ) -> tuple[Account, list[str]]:
        """Change `name`, `role` or `school` of an account that is still at `version`.

        Another role or school signs its owner out everywhere. The account, and the links that were revoked.
        Raises AccountError: account_unknown, account_stale, last_admin.
        """
        async with self._database.write() as connection:
            before = await _locked(connection, account)
            if before.version != version:
                raise AccountError("account_stale")
            told = {name: value for name, value in changes.items() if getattr(before, name) != value}
            if not told:
                return before, []
            if before.role == "admin" and told.get("role", "admin") != "admin":
                await _require_another_admin(connection, account)
            after = await _update(connection, before, told)
            detail = {name: {"before": getattr(before, name), "after": value} for name, value in told.items()}
            await note(connection, actor, "account.changed", f"account:{account}", at, detail)
            moved = told.keys() & {"role", "school"}
            return after, await _sign_out(connection, account, actor, at) if moved else []

    async def disable(self, account: str, actor: Actor, at: datetime) -> tuple[Account, list[str]]:
        """The account opens nothing from now on. The account, and the links that were revoked.

        Raises AccountError: account_unknown, last_admin.
        """
        async with self._database.write() as connection:
            before = await _locked(connection, account)
            if before.disabled_at is not None:
                return before, []
            if before.role == "admin":
                await _require_another_admin(connection, account)
            after = await _update(connection, before, {"disabled_at": at})
            await note(connection, actor, "account.disabled", f"account:{account}", at)
            return after, await _sign_out(connection, account, actor, at)

    async def enable(self, account: str, actor: Actor, at: datetime) -> Account:
        """A disabled account opens again, with the password it had. Raises AccountError(account_unknown)."""
        async with self._database.write() as connection:
            before = await _locked(connection, account)
            if before.disabled_at is None:
                return before
            after = await _update(connection, before, {"disabled_at": None})
            await note(connection, actor, "account.enabled", f"account:{account}", at)
            return after

    async def set_password(
        self, account: str, password_hash: str, once_until: datetime | None, actor: Actor, at: datetime
    ) -> tuple[Account, list[str]]:
        """Another password; everything that the old one opened is closed, and what failed before is forgiven.

        The account, and the links that were revoked. Raises AccountError(account_unknown).
        """
        async with self._database.write() as connection:
            before = await _locked(connection, account)
            after = await _update(connection, before, {"password_hash": password_hash, "once_until": once_until})
            done = "account.password_changed" if once_until is None else "account.password_reset"
            await note(connection, actor, done, f"account:{account}", at)
            await connection.execute(delete(sign_in_failures).where(sign_in_failures.c.key == f"account:{account}"))
            return after, await _sign_out(connection, account, actor, at)

    async def _all(self, found: Select[Any]) -> list[Account]:
        async with self._database.read() as connection:
            return [msgspec.convert(fields(row), Account) for row in (await connection.execute(found)).mappings()]


async def _is_empty(connection: AsyncConnection) -> bool:
    return (await connection.execute(select(accounts.c.id).limit(1))).first() is None


async def _get(connection: AsyncConnection, account: str) -> Account | None:
    found = select(*_COLUMNS).where(accounts.c.id == account)
    row = (await connection.execute(found)).mappings().one_or_none()
    return None if row is None else msgspec.convert(fields(row), Account)


async def _lock(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


async def _locked(connection: AsyncConnection, account: str) -> Account:
    """The account as it stands; nobody else changes accounts until this transaction ends."""
    await _lock(connection)
    found = await _get(connection, account)
    if found is None:
        raise AccountError("account_unknown")
    return found


async def _insert(
    connection: AsyncConnection, new: NewAccount, actor: Actor, at: datetime, id: str | None = None
) -> Account:
    row = {**msgspec.structs.asdict(new), "id": id or new_id(), "created_at": at, "disabled_at": None, "version": 1}
    await connection.execute(insert(accounts).values(row))
    said = {"login": new.login, "role": new.role, "school": new.school}
    await note(connection, actor, "account.created", f"account:{row['id']}", at, said)
    del row["password_hash"]
    return msgspec.convert(row, Account)


async def _update(connection: AsyncConnection, before: Account, changes: Mapping[str, Any]) -> Account:
    values = {**changes, "version": before.version + 1}
    await connection.execute(update(accounts).where(accounts.c.id == before.id).values(values))
    values.pop("password_hash", None)
    return msgspec.structs.replace(before, **values)


async def _require_another_admin(connection: AsyncConnection, account: str) -> None:
    """Raises AccountError(last_admin): a server that nobody can keep is lost."""
    others = select(func.count()).where(
        accounts.c.role == "admin", accounts.c.disabled_at.is_(None), accounts.c.id != account
    )
    if not await connection.scalar(others):
        raise AccountError("last_admin")


async def _sign_out(connection: AsyncConnection, account: str, actor: Actor, at: datetime) -> list[str]:
    """Every session ends, every browser is a stranger again; the ids of the links that were revoked."""
    open_ones = (account_sessions.c.account == account) & account_sessions.c.revoked_at.is_(None)
    await connection.execute(update(account_sessions).where(open_ones).values(revoked_at=at))
    await connection.execute(delete(account_devices).where(account_devices.c.account == account))
    return await revoke_links(connection, account, actor, at)
