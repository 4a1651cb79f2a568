"""Work in the background that no crash forgets: rows of the store, each done by a niced process of its own.

A row is waiting → running → ready or failed; the one that has waited longest is next. A process that is killed, or a
server that is, leaves a row that is taken up again. `recorder.export` and `recorder.transcode` are such processes.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
import structlog

from recorder.apart import Apart, apart

log = structlog.get_logger("queue")

MAX_ATTEMPTS: Final = 4
"""What brings its process down so often will do it again."""
SILENT_S: Final = 600.0
"""A process that has said nothing for so long hangs: on a disk that is gone, say."""
SWEEP_S: Final = 3600.0
AFTER_ERROR_S: Final = 10.0
"""Before the store is asked again that has just failed."""


class Row(Protocol):
    """What is to be done."""

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Row)
R_co = TypeVar("R_co", bound=Row, covariant=True)


class Rows(Protocol[R_co]):
    """Where it stands."""

    async def in_state(self, state: Any, /) -> Sequence[R_co]: ...

    async def take(self) -> R_co | None: ...

    async def wait_again(self, id: str, /, *, is_free: bool = False) -> None: ...


@dataclass
class Running:
    """A process at work. `begun` is monotonic."""

    process: Apart
    begun: float
    done: float = 0.0

    def left_s(self, now: float) -> float | None:
        """How long it takes still, at the pace so far; None before there is one."""
        return (now - self.begun) * (1 - self.done) / self.done if self.done > 0.01 else None


class Queue(Generic[R]):
    """Takes rows and has them done, a few at once."""

    def __init__(self, rows: Rows[R], do: Callable[[R], Awaitable[None]], *, at_once: int, name: str) -> None:
        """`do` comes to an end of the row by itself, also when it fails."""
        self._rows = rows
        self._do = do
        self._at_once = at_once
        self._name = name
        self._running: dict[str, Running] = {}
        self._held: set[str] = set()
        self._taking = asyncio.Lock()
        self._is_astray = False
        self._tasks: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()

    async def start(self) -> None:
        """Take up what was interrupted, and begin."""
        for one in await self._rows.in_state("running"):
            await self._rows.wait_again(one.id)
        self._tasks = [asyncio.create_task(self._work(), name=f"{self._name} {n}") for n in range(self._at_once)]

    async def close(self) -> None:
        """End every process; what was being done is done after the next start. Idempotent."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    def running(self, id: str) -> Running | None:
        """How far it is; None while nobody works on it."""
        return self._running.get(id)

    def stop(self, id: str) -> None:
        """End the process that works on it, if there is one."""
        if (running := self._running.get(id)) is not None:
            running.process.kill()

    async def run(
        self, id: str, module: str, order: msgspec.Struct, says: Any, is_wanted: Callable[[], Awaitable[bool]]
    ) -> Any:
        """Have a module's process do it: the order as its first line, lines of the union `says` as its answers.

        What it says last; None when it was killed, or hung. What has a `done` is progress.
        """
        async with apart(module) as process:
            running = self._running[id] = Running(process, time.monotonic())
            try:
                await process.order(order)
                # It may have been cancelled while its process was still being started.
                if not await is_wanted():
                    return None
                return await _listen(running, msgspec.json.Decoder(says))
            finally:
                del self._running[id]

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            pause_s = SWEEP_S
            try:
                if (row := await self._take()) is not None:
                    try:
                        await self._do(row)
                    finally:
                        self._held.discard(row.id)
                    continue
            except Exception:
                log.exception("rows cannot be read", of=self._name)
                self._is_astray, pause_s = True, AFTER_ERROR_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause_s)

    async def _take(self) -> R | None:
        """The next one, held from now on. After an error what is running, and nobody holds, waits again first."""
        async with self._taking:
            if self._is_astray:
                # Both as of before the rows are read: what is let go meanwhile has come to its end, or astray again.
                self._is_astray, held = False, set(self._held)
                for one in await self._rows.in_state("running"):
                    if one.id not in held:
                        await self._rows.wait_again(one.id)
            row = await self._rows.take()
            if row is not None:
                self._held.add(row.id)
            return row


async def _listen(running: Running, lines: msgspec.json.Decoder[Any]) -> Any:
    while True:
        try:
            async with asyncio.timeout(SILENT_S):
                line = await running.process.answers.readline()
        except TimeoutError:
            return None
        if not line:
            return None
        try:
            said = lines.decode(line)
        except msgspec.DecodeError:
            continue
        done = getattr(said, "done", None)
        if done is None:
            return said
        running.done = done
