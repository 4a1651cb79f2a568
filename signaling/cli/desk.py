"""What the command line asks, of a running server by HTTP or of a stopped server's data directory itself.

Each way is imported when it is taken: a link of a running server is not to wait for a database's library.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Protocol

from classroom.paper.errors import PaperError
from classroom.registry.accounts import AccountError
from classroom.registry.errors import RegistryError
from signaling.cli.account_desk import AccountDesk
from signaling.cli.options import fail
from signaling.datadir import DataBusy, DataDirectory
from signaling.problem import Problem
from signaling.settings import Settings

if TYPE_CHECKING:
    from classroom.paper.table import Format
    from signaling.imports import ImportQuery, Kind
    from signaling.lesson_list import Scope
    from signaling.links import LinkRequest
    from signaling.pairs import PairRequest
    from signaling.scheduling import LessonRequest


class DeskError(Exception):
    """It was not done; str() says why in a sentence."""


class Desk(AccountDesk, Protocol):
    """Both ways answer with the API's JSON, as builtins. Raises DeskError."""

    async def create_lesson(self, request: "LessonRequest") -> Any: ...
    async def end_lesson(self, lesson: str) -> Any: ...
    async def cancel_lesson(self, lesson: str) -> Any: ...
    async def lessons(self, scope: "Scope") -> Any: ...
    async def month(self, month: str) -> Any: ...
    async def returns(self, month: str) -> Any: ...
    async def form(self, month: str, pair: str, version: int | None) -> Any: ...
    async def rebuild(self, month: str) -> Any: ...
    async def make_link(self, request: "LinkRequest") -> Any: ...
    async def links(self) -> Any: ...
    async def revoke_link(self, link: str) -> None: ...
    async def pairs(self) -> Any: ...
    async def activate_pair(self, request: "PairRequest") -> Any: ...
    async def import_list(self, query: "ImportQuery", content: bytes) -> Any: ...
    async def export_list(self, kind: "Kind", format: "Format") -> bytes: ...


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
        from signaling.cli.running import running_server

        async with running_server(info) as running:
            yield running
        return
    except OSError as error:
        raise DeskError(f"The data directory {settings.data} cannot be used: {error.strerror}.") from error
    from signaling.cli.stopped import stopped_server

    try:
        async with stopped_server(settings) as stopped:
            yield stopped
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
        fail(sentences(error.title, error.detail))
    except PaperError as error:
        fail(sentences(f"{error.title}：{error.detail}" if error.detail else error.title, error.title_en))
    except Problem as problem:
        fail(sentences(problem.zh, problem.en, problem.detail))


def sentences(chinese: str, english: str, detail: str = "") -> str:
    """A refusal's parts, each with one full stop, whether it came with one or not."""
    said = [part.rstrip(".") + "." for part in (english, detail) if part]
    return " ".join([chinese.rstrip("。") + "。", *said])
