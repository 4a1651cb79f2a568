"""What the command line asks about accounts, the first set-up and the audit log, of a running or a stopped server."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import msgspec

from classroom.registry.accounts import AccountRole
from classroom.store.store import Store
from signaling.accounts import AccountRequest, Keeping
from signaling.audit_views import AuditFilter, audit_lines
from signaling.auth import Grant
from signaling.passwords import Passwords
from signaling.setup import SetupCall, SetupRequest, set_up

PAGE: Final = 200


class AccountDesk(Protocol):
    """Answers with the API's JSON, as builtins. An account is named by its login. Raises DeskError."""

    async def accounts(self, role: AccountRole | None) -> Any: ...
    async def create_account(self, request: AccountRequest) -> Any: ...
    async def disable_account(self, login: str) -> Any: ...
    async def enable_account(self, login: str) -> Any: ...
    async def reset_account(self, login: str) -> Any: ...
    async def set_up(self, request: SetupRequest) -> Any: ...
    async def audit(self, wanted: AuditFilter, limit: int) -> Any: ...
    async def verify_audit(self) -> Any: ...


class RunningAccounts:
    """Asks a running server; `ask` sends a request, `secret` is the one of server.json."""

    def __init__(self, ask: Callable[..., Awaitable[Any]], secret: str) -> None:
        self._request = ask
        self._secret = secret

    async def accounts(self, role: AccountRole | None) -> Any:
        return await self._all("/api/v1/accounts", {} if role is None else {"role": role})

    async def create_account(self, request: AccountRequest) -> Any:
        return await self._request("POST", "/api/v1/accounts", request)

    async def disable_account(self, login: str) -> Any:
        return await self._of(login, "disable")

    async def enable_account(self, login: str) -> Any:
        return await self._of(login, "enable")

    async def reset_account(self, login: str) -> Any:
        return await self._of(login, "reset")

    async def set_up(self, request: SetupRequest) -> Any:
        body = SetupCall(**msgspec.structs.asdict(request), code=self._secret)
        return await self._request("POST", "/api/v1/setup", body)

    async def audit(self, wanted: AuditFilter, limit: int) -> Any:
        given = {name: str(value) for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
        return await self._all("/api/v1/audit", given, limit)

    async def verify_audit(self) -> Any:
        return await self._request("POST", "/api/v1/audit/verify")

    async def _of(self, login: str, what: str) -> Any:
        found = await self._request("GET", f"/api/v1/accounts?{urlencode({'login': login})}")
        # A login that nobody has: the server says so in its own words.
        account = found["items"][0]["id"] if found["items"] else "-"
        return await self._request("POST", f"/api/v1/accounts/{account}/{what}")

    async def _all(self, path: str, query: dict[str, str], limit: int | None = None) -> list[Any]:
        """The items of every page, or so many of them."""
        items: list[Any] = []
        after: dict[str, str] = {}
        while limit is None or len(items) < limit:
            size = PAGE if limit is None else min(PAGE, limit - len(items))
            page = await self._request("GET", f"{path}?{urlencode({**query, **after, 'limit': size})}")
            items += page["items"]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        return items


class StoppedAccounts:
    """Works on the store. Raises AccountError, which the desk puts into a sentence."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passwords = Passwords()
        self._keeping = Keeping(store, self._passwords, Grant("machine"))

    async def accounts(self, role: AccountRole | None) -> Any:
        items: list[Any] = []
        after, is_more = None, True
        while is_more:
            lines, is_more = await self._keeping.page(after=after, limit=PAGE, role=role)
            items += msgspec.to_builtins(lines)
            after = lines[-1].login if lines else None
        return items

    async def create_account(self, request: AccountRequest) -> Any:
        return msgspec.to_builtins(await self._keeping.create(request, _at()))

    async def disable_account(self, login: str) -> Any:
        account = await self._keeping.find(login)
        return msgspec.to_builtins((await self._keeping.disable(account.id, _at()))[0])

    async def enable_account(self, login: str) -> Any:
        account = await self._keeping.find(login)
        return msgspec.to_builtins(await self._keeping.enable(account.id, _at()))

    async def reset_account(self, login: str) -> Any:
        account = await self._keeping.find(login)
        return msgspec.to_builtins((await self._keeping.reset(account.id, _at()))[0])

    async def set_up(self, request: SetupRequest) -> Any:
        admin = await set_up(self._store, self._passwords, request, _at())
        return {"login": admin.login, "name": admin.name, "role": admin.role}

    async def audit(self, wanted: AuditFilter, limit: int) -> Any:
        return msgspec.to_builtins(await audit_lines(self._store, wanted, limit=limit))

    async def verify_audit(self) -> Any:
        return msgspec.to_builtins(await self._store.audit.verify())


def _at() -> datetime:
    return datetime.now(UTC)
