"""What the command line asks about accounts, the first set-up and the audit log, and how a running server is asked."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

import msgspec

from classroom.registry.accounts import AccountRole

if TYPE_CHECKING:
    from signaling.accounts import AccountRequest
    from signaling.audit_views import AuditFilter
    from signaling.setup import SetupRequest

PAGE: Final = 200


class AccountDesk(Protocol):
    """Answers with the API's JSON, as builtins. An account is named by its login. Raises DeskError."""

    async def accounts(self, role: AccountRole | None) -> Any: ...
    async def create_account(self, request: "AccountRequest") -> Any: ...
    async def disable_account(self, login: str) -> Any: ...
    async def enable_account(self, login: str) -> Any: ...
    async def reset_account(self, login: str) -> Any: ...
    async def set_up(self, request: "SetupRequest") -> Any: ...
    async def audit(self, wanted: "AuditFilter", limit: int) -> Any: ...
    async def verify_audit(self) -> Any: ...


class RunningAccounts:
    """Asks a running server; `ask` sends a request, `secret` is the one of server.json."""

    def __init__(self, ask: Callable[..., Awaitable[Any]], secret: str) -> None:
        self._request = ask
        self._secret = secret

    async def accounts(self, role: AccountRole | None) -> Any:
        return await self._all("/api/v1/accounts", {} if role is None else {"role": role})

    async def create_account(self, request: "AccountRequest") -> Any:
        return await self._request("POST", "/api/v1/accounts", request)

    async def disable_account(self, login: str) -> Any:
        return await self._of(login, "disable")

    async def enable_account(self, login: str) -> Any:
        return await self._of(login, "enable")

    async def reset_account(self, login: str) -> Any:
        return await self._of(login, "reset")

    async def set_up(self, request: "SetupRequest") -> Any:
        body = {**msgspec.to_builtins(request), "code": self._secret}
        return await self._request("POST", "/api/v1/setup", body)

    async def audit(self, wanted: "AuditFilter", limit: int) -> Any:
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
