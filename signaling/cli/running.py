"""What the command line asks of a running server, by HTTP."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from signaling.cli.account_desk import RunningAccounts
from signaling.cli.desk import DeskError, sentences
from signaling.datadir import ServerInfo

if TYPE_CHECKING:
    from classroom.paper.table import Format
    from signaling.imports import ImportQuery, Kind
    from signaling.lesson_list import Scope
    from signaling.links import LinkRequest
    from signaling.pairs import PairRequest
    from signaling.scheduling import LessonRequest

TIMEOUT = aiohttp.ClientTimeout(total=30)


@contextlib.asynccontextmanager
async def running_server(info: ServerInfo) -> "AsyncIterator[RunningServer]":
    """A connection to it."""
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        yield RunningServer(session, info)


class RunningServer(RunningAccounts):
    """Asks by HTTP, with the secret of server.json."""

    def __init__(self, session: aiohttp.ClientSession, info: ServerInfo) -> None:
        super().__init__(self._ask, info.secret)
        self._session = session
        self._info = info

    async def create_lesson(self, request: "LessonRequest") -> Any:
        return await self._ask("POST", "/api/v1/lessons", request)

    async def end_lesson(self, lesson: str) -> Any:
        return await self._ask("POST", f"/api/v1/lessons/{lesson}/end")

    async def cancel_lesson(self, lesson: str) -> Any:
        return await self._ask("POST", f"/api/v1/lessons/{lesson}/cancel")

    async def lessons(self, scope: "Scope") -> Any:
        return await self._ask("GET", f"/api/v1/lessons?scope={scope}")

    async def month(self, month: str) -> Any:
        return await self._ask("GET", f"/api/v1/months/{month}")

    async def returns(self, month: str) -> Any:
        return await self._ask("GET", f"/api/v1/returns?month={quote(month, safe='')}")

    async def form(self, month: str, pair: str, version: int | None) -> Any:
        query = "" if version is None else f"?version={version}"
        return await self._ask("GET", f"/api/v1/returns/{quote(month, safe='')}/{quote(pair, safe='')}{query}")

    async def rebuild(self, month: str) -> Any:
        return await self._ask("POST", "/api/v1/activities/rebuild", {"month": month})

    async def make_link(self, request: "LinkRequest") -> Any:
        return await self._ask("POST", "/api/v1/links", request)

    async def links(self) -> Any:
        return await self._ask("GET", "/api/v1/links")

    async def revoke_link(self, link: str) -> None:
        await self._ask("DELETE", f"/api/v1/links/{link}")

    async def pairs(self) -> Any:
        return await self._ask("GET", "/api/v1/pairs")

    async def activate_pair(self, request: "PairRequest") -> Any:
        return await self._ask("POST", "/api/v1/pairs", request)

    async def import_list(self, query: "ImportQuery", content: bytes) -> Any:
        given = {name: value for name, value in msgspec.to_builtins(query).items() if value is not None}
        asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
        text = await self._send("POST", f"/api/v1/registry/imports?{urlencode(asked)}", content)
        return msgspec.json.decode(text)

    async def export_list(self, kind: "Kind", format: "Format") -> bytes:
        return await self._send("GET", f"/api/v1/registry/export?{urlencode({'kind': kind, 'format': format})}")

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        text = await self._send(method, path, None if body is None else msgspec.json.encode(body))
        return msgspec.json.decode(text) if text else None

    async def _send(self, method: str, path: str, data: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self._info.secret}", "Content-Type": "application/json"}
        try:
            # The certificate is the public name's; this is the same machine, and the secret proves the server to us.
            async with self._session.request(
                method, self._info.url + path, data=data, headers=headers, ssl=False
            ) as response:
                text = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DeskError(f"The server at {self._info.url} does not answer: {error}") from error
        if response.status >= 400:
            problem: Any = msgspec.json.decode(text)
            raise DeskError(sentences(problem["title"], problem["title_en"], problem["detail"]))
        return text
