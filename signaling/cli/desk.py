"""What the command line asks, of a running server by HTTP or of a stopped server's data directory itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from classroom.ledger.errors import LedgerError
from classroom.ledger.months import local_date
from classroom.lesson import state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent
from classroom.lesson.lesson import Lesson
from classroom.paper.errors import PaperError
from classroom.paper.table import Format
from classroom.registry.accounts import AccountError
from classroom.registry.errors import RegistryError
from classroom.store.audit import MACHINE
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.api.activities import RebuildBody
from signaling.auth import Grant
from signaling.cli.account_desk import AccountDesk, RunningAccounts, StoppedAccounts
from signaling.cli.options import fail
from signaling.datadir import DataBusy, DataDirectory, ServerInfo
from signaling.files import Contents
from signaling.imports import ImportQuery, Kind, export_table, run_import
from signaling.lesson_list import Scope, list_lessons
from signaling.links import LinkRequest, list_links, make_link
from signaling.pairs import PairRequest, activate_pair, list_pairs
from signaling.problem import Problem
from signaling.records import Records, UnknownMonth
from signaling.return_desk import ReturnDesk
from signaling.scheduling import LessonRequest, schedule_lesson
from signaling.settings import Settings

TIMEOUT = aiohttp.ClientTimeout(total=30)

MACHINE_GRANT: Final = Grant("machine")


class DeskError(Exception):
    """It was not done; str() says why in a sentence."""


class Desk(AccountDesk, Protocol):
    """Both ways answer with the API's JSON, as builtins. Raises DeskError."""

    async def create_lesson(self, request: LessonRequest) -> Any: ...
    async def end_lesson(self, lesson: str) -> Any: ...
    async def cancel_lesson(self, lesson: str) -> Any: ...
    async def lessons(self, scope: Scope) -> Any: ...
    async def month(self, month: str) -> Any: ...
    async def returns(self, month: str) -> Any: ...
    async def form(self, month: str, pair: str, version: int | None) -> Any: ...
    async def rebuild(self, month: str) -> Any: ...
    async def make_link(self, request: LinkRequest) -> Any: ...
    async def links(self) -> Any: ...
    async def revoke_link(self, link: str) -> None: ...
    async def pairs(self) -> Any: ...
    async def activate_pair(self, request: PairRequest) -> Any: ...
    async def import_list(self, query: ImportQuery, content: bytes) -> Any: ...
    async def export_list(self, kind: Kind, format: Format) -> bytes: ...


@contextlib.asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """The server of this data directory when it runs, else the directory itself, held meanwhile. Raises DeskError."""
    directory = DataDirectory(settings.data)
    try:
        directory.open()
    except DataBusy:
        info = directory.server()
        if info is None:
            raise DeskError(f"A server is starting or stopping on {settings.data}; try again.") from None
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
            yield RunningServer(session, info)
        return
    except OSError as error:
        raise DeskError(f"The data directory {settings.data} cannot be used: {error.strerror}.") from error
    try:
        store = await Store.open(settings.database_url)
        try:
            yield StoppedServer(store, settings)
        finally:
            await store.close()
    finally:
        directory.close()


def ask_desk(settings: Settings, what: str, *arguments: Any) -> Any:
    """Call one of Desk's methods; a DeskError is printed and ends the command."""

    async def ask() -> Any:
        async with open_desk(settings) as desk:
            return await getattr(desk, what)(*arguments)

    try:
        return asyncio.run(ask())
    except DeskError as error:
        fail(str(error))
    except (AccountError, RegistryError) as error:
        fail(_sentences(error.title, error.detail))
    except PaperError as error:
        fail(_sentences(f"{error.title}：{error.detail}" if error.detail else error.title, error.title_en))
    except Problem as problem:
        fail(_sentences(problem.zh, problem.en, problem.detail))


def _sentences(chinese: str, english: str, detail: str = "") -> str:
    """A refusal's parts, each with one full stop, whether it came with one or not."""
    said = [part.rstrip(".") + "." for part in (english, detail) if part]
    return " ".join([chinese.rstrip("。") + "。", *said])


class RunningServer(RunningAccounts):
    """Asks by HTTP, with the secret of server.json."""

    def __init__(self, session: aiohttp.ClientSession, info: ServerInfo) -> None:
        super().__init__(self._ask, info.secret)
        self._session = session
        self._info = info

    async def create_lesson(self, request: LessonRequest) -> Any:
        return await self._ask("POST", "/api/v1/lessons", request)

    async def end_lesson(self, lesson: str) -> Any:
        return await self._ask("POST", f"/api/v1/lessons/{lesson}/end")

    async def cancel_lesson(self, lesson: str) -> Any:
        return await self._ask("POST", f"/api/v1/lessons/{lesson}/cancel")

    async def lessons(self, scope: Scope) -> Any:
        return await self._ask("GET", f"/api/v1/lessons?scope={scope}")

    async def month(self, month: str) -> Any:
        return await self._ask("GET", f"/api/v1/months/{month}")

    async def returns(self, month: str) -> Any:
        return await self._ask("GET", f"/api/v1/returns?month={quote(month, safe='')}")

    async def form(self, month: str, pair: str, version: int | None) -> Any:
        query = "" if version is None else f"?version={version}"
        return await self._ask("GET", f"/api/v1/returns/{quote(month, safe='')}/{quote(pair, safe='')}{query}")

    async def rebuild(self, month: str) -> Any:
        return await self._ask("POST", "/api/v1/activities/rebuild", RebuildBody(month))

    async def make_link(self, request: LinkRequest) -> Any:
        return await self._ask("POST", "/api/v1/links", request)

    async def links(self) -> Any:
        return await self._ask("GET", "/api/v1/links")

    async def revoke_link(self, link: str) -> None:
        await self._ask("DELETE", f"/api/v1/links/{link}")

    async def pairs(self) -> Any:
        return await self._ask("GET", "/api/v1/pairs")

    async def activate_pair(self, request: PairRequest) -> Any:
        return await self._ask("POST", "/api/v1/pairs", request)

    async def import_list(self, query: ImportQuery, content: bytes) -> Any:
        given = {name: value for name, value in msgspec.to_builtins(query).items() if value is not None}
        asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
        text = await self._send("POST", f"/api/v1/registry/imports?{urlencode(asked)}", content)
        return msgspec.json.decode(text)

    async def export_list(self, kind: Kind, format: Format) -> bytes:
        return await self._send("GET", f"/api/v1/registry/export?{urlencode({'kind': kind, 'format': format})}")

    async def _ask(self, method: str, path: str, body: msgspec.Struct | None = None) -> Any:
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
            raise DeskError(_sentences(problem["title"], problem["title_en"], problem["detail"]))
        return text


class StoppedServer(StoppedAccounts):
    """Works on the store. What it writes, the server finds when it starts."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store)
        self._records = Records(store)
        self._contents = Contents(settings.data / "files", settings.free_disk_min_mb * 2**20)
        scheme = "https" if settings.tls_cert else "http"
        own = f"{scheme}://{settings.http_host}:{settings.http_port}"
        self._base_url = settings.public_url.rstrip("/") or own

    async def create_lesson(self, request: LessonRequest) -> Any:
        if request.supporter is None:
            raise DeskError("The supporting school is missing.")
        try:
            made = await schedule_lesson(
                self._store,
                request,
                supporter=request.supporter,
                by="cli",
                at=datetime.now(UTC),
                new_id=new_id,
                base_url=self._base_url,
                actor=MACHINE,
            )
        except LessonError as error:
            raise DeskError(_sentences(error.title, error.detail)) from error
        return msgspec.to_builtins(made)

    async def end_lesson(self, lesson: str) -> Any:
        return await self._close(lesson, partial(state.end, by="cli", reason="cli"))

    async def cancel_lesson(self, lesson: str) -> Any:
        return await self._close(lesson, partial(state.cancel, by="cli"))

    async def lessons(self, scope: Scope) -> Any:
        found = await list_lessons(self._store, self._records, datetime.now(UTC), scope)
        return msgspec.to_builtins({"lessons": found})

    async def _close(self, lesson: str, command: Callable[[Lesson, datetime], list[AnyEvent]]) -> Any:
        found = state.fold(await self._store.journal.events(lesson))
        if found is None:
            raise DeskError("没有这节课。 There is no such lesson.")
        try:
            events = command(found, datetime.now(UTC))
            await self._store.journal.append(events, {event.seq: MACHINE for event in events})
        except LessonError as error:
            raise DeskError(_sentences(error.title, error.detail)) from error
        await self._records.settle(lesson, datetime.now(UTC))
        await self._store.lessons.settle(lesson)
        return {"lesson": lesson, "state": "ended"}

    async def month(self, month: str) -> Any:
        try:
            return msgspec.to_builtins(await self._records.month(month, datetime.now(UTC)))
        except UnknownMonth:
            raise DeskError(f"No work month {month} has begun.") from None

    async def returns(self, month: str) -> Any:
        return await self._looked(ReturnDesk(self._store).listing(month, MACHINE_GRANT, datetime.now(UTC)))

    async def form(self, month: str, pair: str, version: int | None) -> Any:
        return await self._looked(ReturnDesk(self._store).form(month, pair, MACHINE_GRANT, datetime.now(UTC), version))

    async def _looked(self, look: Awaitable[msgspec.Struct]) -> Any:
        """What the API would answer. Raises DeskError."""
        await self._store.months.refresh(datetime.now(UTC))
        try:
            return msgspec.to_builtins(await look)
        except LedgerError as error:
            raise DeskError(_sentences(error.title, error.title_en)) from error
        except Problem as error:
            raise DeskError(_sentences(error.zh, error.en, error.detail)) from error

    async def rebuild(self, month: str) -> Any:
        try:
            return {"month": month, "lessons": await self._records.rebuild(month, datetime.now(UTC))}
        except UnknownMonth:
            raise DeskError(f"没有这个工作月度。 No work month {month} has begun.") from None

    async def make_link(self, request: LinkRequest) -> Any:
        return msgspec.to_builtins(await make_link(self._store, request, datetime.now(UTC), self._base_url, MACHINE))

    async def links(self) -> Any:
        return msgspec.to_builtins({"links": await list_links(self._store)})

    async def revoke_link(self, link: str) -> None:
        if not await self._store.links.revoke(link, datetime.now(UTC), MACHINE):
            raise DeskError("There is no such link, or it was revoked before.")

    async def pairs(self) -> Any:
        return msgspec.to_builtins({"pairs": await list_pairs(self._store, datetime.now(UTC))})

    async def activate_pair(self, request: PairRequest) -> Any:
        at = datetime.now(UTC)
        made = await activate_pair(self._store, request, at, MACHINE)
        await self._records.pair_changed(made.pair, made.since, at)
        return msgspec.to_builtins(made)

    async def import_list(self, query: ImportQuery, content: bytes) -> Any:
        by = By(MACHINE, datetime.now(UTC))
        return msgspec.to_builtins(await run_import(self._store, self._records, query, content, self._contents, by))

    async def export_list(self, kind: Kind, format: Format) -> bytes:
        return await export_table(self._store, kind, local_date(datetime.now(UTC)), format)
