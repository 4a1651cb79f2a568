"""Signing in (登录): wrong passwords counted before they are looked at, sessions, and browsers that are known."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.registry.accounts import (
    DEVICE_LIFE,
    FORGOTTEN,
    FREE,
    IDLE,
    LONGEST,
    Account,
    Failures,
    KeyKind,
    failed_again,
    wait_until,
)
from classroom.store.audit import SERVER, Actor, note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id, new_token, token_hash
from classroom.store.schema.accounts import account_devices, account_sessions, accounts, sign_in_failures

LOCK: Final = 0x7369676E
"""Advisory lock number that lets PostgreSQL count one try at a time; SQLite has one writer."""
MAX_DEVICES: Final = 20
"""Browsers known for one account; the one that was not seen for the longest time goes."""
TOUCH: Final = timedelta(minutes=1)
"""A session notes no oftener than this that it was used: reading must not write."""
_KEPT: Final = timedelta(days=30)
_ACCOUNT: Final = [accounts.c[name] for name in Account.__struct_fields__]


class Key(msgspec.Struct, frozen=True):
    """What failures are counted under."""

    kind: KeyKind
    id: str

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.id}"


class LockedOut(Exception):
    """Too many failures: nothing was looked at. `until` is when the next try is heard (UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class AccountChanged(Exception):
    """The account has another password, or is disabled, since its password was looked at: no session was made."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a login may be of. `account` is None for a login that nobody has; the keys are told apart by nothing."""

    account: Account | None
    password_hash: str | None
    keys: tuple[Key, ...]


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The only copies of two tokens: of the session, and of the browser."""

    session: str
    device: str


class SignIns:
    """Sessions of accounts and what leads to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def candidate(self, login: str | None, device: str | None, address: str, at: datetime) -> Candidate:
        """Whose login this is (as of `login_key`; None: it cannot be one), and what a failure counts against."""
        found = select(*_ACCOUNT, accounts.c.password_hash).where(accounts.c.login == (login or ""))
        known = select(account_devices.c.id).join(accounts, accounts.c.id == account_devices.c.account)
        known = known.where(
            account_devices.c.token_hash == token_hash(device or ""),
            accounts.c.login == (login or ""),
            account_devices.c.seen_at > at - DEVICE_LIFE,
        )
        async with self._database.read() as connection:
            row = (await connection.execute(found)).mappings().one_or_none()
            device_id = await connection.scalar(known)
        kept = None if row is None else fields(row)
        password_hash = kept.pop("password_hash") if kept else None
        account = msgspec.convert(kept, Account) if kept else None
        if device_id is not None:
            return Candidate(account=account, password_hash=password_hash, keys=(Key("device", device_id),))
        of_nobody = "?" + hashlib.sha256((login or "").encode()).hexdigest()[:32]
        keys = (Key("account", account.id if account else of_nobody), Key("address", address))
        return Candidate(account=account, password_hash=password_hash, keys=keys)

    async def count(self, keys: Sequence[Key], at: datetime) -> None:
        """Count a failure under each key before the password is looked at: of many tries at once none goes uncounted.

        What begins a wait is noted. Raises LockedOut, and counts nothing.
        """
        async with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            held = await _failures(connection, keys)
            until = [one for key in keys if (one := wait_until(key.kind, held.get(key.text))) and one > at]
            if until:
                raise LockedOut(max(until))
            for key in keys:
                failures = failed_again(held.get(key.text), at)
                await _keep(connection, key, failures)
                if failures.count == FREE[key.kind]:
                    await note(connection, SERVER, "sign_in.slowed", key.text, at, {"failures": failures.count})
            await connection.execute(delete(sign_in_failures).where(sign_in_failures.c.last_at < at - FORGOTTEN))

    async def forgive(self, keys: Sequence[Key]) -> None:
        """The password was right after all: an account or browser begins anew, an address has one failure less."""
        async with self._database.write() as connection:
            await _forgive(connection, keys)

    async def begin(
        self,
        account: str,
        keys: Sequence[Key],
        at: datetime,
        *,
        address: str,
        ended: str | None = None,
        device: str | None = None,
        version: int | None = None,
    ) -> SignedIn:
        """A new session, never one that was there before; `ended` is the token of the one that it takes the place of.

        The browser is known from now on, by the token `device` when that is one of this account's. `version` is of the
        account whose password was looked at; raises AccountChanged when it is another one by now.
        """
        token = new_token()
        async with self._database.write() as connection:
            # Held until the session is there: whoever resets the password meanwhile finds it, and ends it.
            now = select(accounts.c.version).where(accounts.c.id == account).with_for_update(read=True)
            if version is not None and await connection.scalar(now) != version:
                raise AccountChanged(account)
            await _forgive(connection, keys)
            if ended is not None:
                await _end(connection, ended, at)
            row = {"id": new_id(), "token_hash": token_hash(token), "account": account, "created_at": at, "seen_at": at}
            await connection.execute(insert(account_sessions).values(row))
            mine = account_sessions.c.account == account
            old = mine & (account_sessions.c.created_at < at - _KEPT)
            await connection.execute(delete(account_sessions).where(old))
            device = await _know(connection, account, device, at)
            said = {"session": row["id"], "address": address}
            await note(connection, Actor("account", account), "session.begun", f"account:{account}", at, said)
        return SignedIn(session=token, device=device)

    async def resolve(self, token: str, at: datetime) -> Account | None:
        """The account whose session this is; None when it has ended in any way. Asking keeps it from idling out."""
        live = (
            select(*_ACCOUNT, account_sessions.c.seen_at.label("_seen_at"))
            .join(account_sessions, account_sessions.c.account == accounts.c.id)
            .where(
                account_sessions.c.token_hash == token_hash(token),
                account_sessions.c.revoked_at.is_(None),
                account_sessions.c.created_at > at - LONGEST,
                account_sessions.c.seen_at > at - IDLE,
                accounts.c.disabled_at.is_(None),
            )
        )
        async with self._database.read() as connection:
            row = (await connection.execute(live)).mappings().one_or_none()
        if row is None:
            return None
        held = fields(row)
        if at - held.pop("_seen_at") >= TOUCH:
            async with self._database.write() as connection:
                mine = account_sessions.c.token_hash == token_hash(token)
                await connection.execute(update(account_sessions).where(mine).values(seen_at=at))
        account = msgspec.convert(held, Account)
        return account if account.is_open(at) else None

    async def end(self, token: str, at: datetime) -> None:
        """The session opens nothing from now on."""
        async with self._database.write() as connection:
            account = await _end(connection, token, at)
            if account is not None:
                await note(connection, Actor("account", account), "session.ended", f"account:{account}", at)


async def _failures(connection: AsyncConnection, keys: Sequence[Key]) -> dict[str, Failures]:
    found = select(sign_in_failures).where(sign_in_failures.c.key.in_([key.text for key in keys]))
    return {row.key: Failures(row._mapping["count"], row.last_at) for row in await connection.execute(found)}


async def _keep(connection: AsyncConnection, key: Key, failures: Failures) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"key": key.text, "count": failures.count, "last_at": failures.last_at}
    kept = dialect.insert(sign_in_failures).values(row)
    await connection.execute(
        kept.on_conflict_do_update(index_elements=["key"], set_={k: row[k] for k in ("count", "last_at")})
    )


async def _forgive(connection: AsyncConnection, keys: Sequence[Key]) -> None:
    own = [key.text for key in keys if key.kind != "address"]
    await connection.execute(delete(sign_in_failures).where(sign_in_failures.c.key.in_(own)))
    # Whoever has an account of his own must not clear his address with it between guesses at others'.
    shared = sign_in_failures.c.key.in_([key.text for key in keys if key.kind == "address"])
    one_less = update(sign_in_failures).where(shared, sign_in_failures.c.count > 0)
    await connection.execute(one_less.values(count=sign_in_failures.c.count - 1))


async def _end(connection: AsyncConnection, token: str, at: datetime) -> str | None:
    """The account whose session was ended, if it was not before."""
    mine = (account_sessions.c.token_hash == token_hash(token)) & account_sessions.c.revoked_at.is_(None)
    ended = update(account_sessions).where(mine).values(revoked_at=at).returning(account_sessions.c.account)
    account: str | None = await connection.scalar(ended)
    return account


async def _know(connection: AsyncConnection, account: str, device: str | None, at: datetime) -> str:
    """The browser's token: the one that it has when it is known for this account, else a new one."""
    mine = account_devices.c.account == account
    if device is not None:
        again = update(account_devices).where(mine, account_devices.c.token_hash == token_hash(device))
        if (await connection.execute(again.values(seen_at=at))).rowcount:
            return device
    token = new_token()
    row = {"id": new_id(), "token_hash": token_hash(token), "account": account, "seen_at": at}
    await connection.execute(insert(account_devices).values(row))
    latest = select(account_devices.c.id).where(mine).order_by(account_devices.c.seen_at.desc(), account_devices.c.id)
    kept = (await connection.scalars(latest.limit(MAX_DEVICES))).all()
    await connection.execute(delete(account_devices).where(mine, account_devices.c.id.not_in(kept)))
    return token
