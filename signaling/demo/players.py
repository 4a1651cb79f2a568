"""Who sits in the demo's seats: clients of our own in a process of their own, or real browsers.

Both are told what to do in the words of the WebSocket protocol (`raise_hand`, `set_stage`, …); browsers by pressing the
page's own buttons for it.
"""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec

from signaling.demo.plan import Plan, Saying, SeatFigures

LEAVE_S = 10.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Players(Protocol):
    """The people of the lesson. An async context: they join on entering and leave at its end."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def act(self, seat: str, message: dict[str, Any]) -> None:
        """Do in this seat what the message says."""

    async def figures(self) -> Mapping[str, SeatFigures]:
        """What every seat has decoded up to now."""


class PlayersFailed(Exception):
    """The clients could not be started, or died; str() says why."""


def find_browser() -> str | None:
    """The path of an installed Chromium or Chrome; None when there is none, or nothing to drive it with."""
    try:
        import playwright.async_api  # noqa: F401 - a test dependency: a bare installation has it not
    except ImportError:
        return None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


class OwnPlayers:
    """All seats in one process of our own clients (`clients.py`): no browser, no camera, no network but `lo`."""

    def __init__(self, plan: Plan, log: Path) -> None:
        self._plan = plan
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.latest: dict[str, SeatFigures] = {}
        """The figures as the process told them last."""

    async def __aenter__(self) -> Self:
        command = (sys.executable, "-m", "signaling.demo.clients")
        pipe = asyncio.subprocess.PIPE
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=log, start_new_session=True
            )
        self._reader = asyncio.create_task(self._read(self._process), name="figures of the clients")
        try:
            await self._write(self._plan)
        except PlayersFailed:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()  # the end of its input is its end
        try:
            async with asyncio.timeout(LEAVE_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    async def act(self, seat: str, message: dict[str, Any]) -> None:
        """Raises PlayersFailed when the process is gone."""
        await self._write(Saying(seat, message))

    async def figures(self) -> Mapping[str, SeatFigures]:
        """Half a second old at most. Raises PlayersFailed when the process is gone."""
        if self._process is None or self._process.returncode is not None:
            raise PlayersFailed(f"the clients stopped; see {self._log}")
        return self.latest

    async def _write(self, line: Plan | Saying) -> None:
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            raise PlayersFailed(f"the clients stopped; see {self._log}")
        self._process.stdin.write(msgspec.json.encode(line) + b"\n")
        try:
            await self._process.stdin.drain()
        except OSError as error:
            raise PlayersFailed(f"the clients stopped; see {self._log}") from error

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.latest = msgspec.json.decode(line, type=dict[str, SeatFigures])
