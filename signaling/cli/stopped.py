"""What the command line asks of a stopped server's data directory itself."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec

from classroom.ledger.errors import LedgerError
from classroom.ledger.months import local_date
from classroom.lesson import state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import AnyEvent
from classroom.lesson.lesson import Lesson
from classroom.paper.table import Format
from classroom.registry.accounts import AccountRole
from classroom.store.audit import MACHINE
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.store import Store
from recorder.library import Library
from signaling.accounts import AccountRequest, Keeping
from signaling.audit_views import AuditFilter, audit_lines
from signaling.auth import Grant
from signaling.cli.account_desk import PAGE
from signaling.cli.desk import DeskError, sentences
from signaling.files import Contents
from signaling.imports import ImportQuery, Kind, export_table, run_import
from signaling.lesson_list import Scope, list_lessons
from signaling.links import LinkRequest, list_links, make_link
from signaling.pairs import PairRequest, activate_pair, list_pairs
from signaling.passwords import Passwords
from signaling.problem import Problem
from signaling.records import Records, UnknownMonth
from signaling.return_desk import ReturnDesk
from signaling.scheduling import LessonRequest, schedule_lesson
from signaling.settings import Settings
from signaling.setup import SetupRequest, set_up

MACHINE_GRANT: Final = Grant("machine")


@contextlib.asynccontextmanager
async def stopped_server(settings: Settings) -> "AsyncIterator[StoppedServer]":
    """Its store, opened; the data directory is the caller's."""
    store = await Store.open(settings.database_url)
    try:
        yield StoppedServer(store, settings)
    finally:
        await store.close()


class StoppedAccounts:
    """Works on the store. Raises AccountError, which the desk puts into a sentence."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passwords = Passwords()
        self._keeping = Keeping(store, self._passwords, MACHINE_GRANT)

    async def accounts(self, role: AccountRole | None) -> Any:
        items: list[Any] = []
        after, is_more = None, True
        while is_more:
            lines, is_more = await self._keeping.page(after=after, limit=PAGE, role=role)
            items += msgspec.to_builtins(lines)
            after = lines[-1].login if lines else None
        return items

    async def create_account(self, request: AccountRequest) -> Any:
        return msgspec.to_builtins(await self._keeping.create(request, datetime.now(UTC)))

    async def disable_account(self, login: str) -> Any:
        account = await self._keeping.find(login)
        return msgspec.to_builtins((await self._keeping.disable(account.id, datetime.now(UTC)))[0])

    async def enable_account(self, login: str) -> Any:
        account = await self._keeping.find(login)
        return msgspec.to_builtins(await self._keeping.enable(account.id, datetime.now(UTC)))

    async def reset_account(self, login: str) -> Any:
        account = await self._keeping.find(login)
        return msgspec.to_builtins((await self._keeping.reset(account.id, datetime.now(UTC)))[0])

    async def set_up(self, request: SetupRequest) -> Any:
        admin = await set_up(self._store, self._passwords, request, datetime.now(UTC))
        return {"login": admin.login, "name": admin.name, "role": admin.role}

    async def audit(self, wanted: AuditFilter, limit: int) -> Any:
        return msgspec.to_builtins(await audit_lines(self._store, wanted, limit=limit))

    async def verify_audit(self) -> Any:
        return msgspec.to_builtins(await self._store.audit.verify())


class StoppedServer(StoppedAccounts):
    """Works on the store. What it writes, the server finds when it starts."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store)
        self._records = Records(store)
        self._contents = Contents(settings.data / "files", settings.free_disk_min_mb * 2**20)
        self._library = Library(settings.data / "recordings")
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
            raise DeskError(sentences(error.title, error.detail)) from error
        return msgspec.to_builtins(made)

    async def end_lesson(self, lesson: str) -> Any:
        return await self._close(lesson, partial(state.end, by="cli", reason="cli"))

    async def cancel_lesson(self, lesson: str) -> Any:
        return await self._close(lesson, partial(state.cancel, by="cli"))

    async def lessons(self, scope: Scope) -> Any:
        found = await list_lessons(self._store, self._records, self._library, None, datetime.now(UTC), scope)
        return msgspec.to_builtins({"lessons": found})

    async def _close(self, lesson: str, command: Callable[[Lesson, datetime], list[AnyEvent]]) -> Any:
        found = state.fold(await self._store.journal.events(lesson))
        if found is None:
            raise DeskError("没有这节课。 There is no such lesson.")
        try:
            events = command(found, datetime.now(UTC))
            await self._store.journal.append(events, {event.seq: MACHINE for event in events})
        except LessonError as error:
            raise DeskError(sentences(error.title, error.detail)) from error
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
            raise DeskError(sentences(error.title, error.title_en)) from error
        except Problem as error:
            raise DeskError(sentences(error.zh, error.en, error.detail)) from error

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
