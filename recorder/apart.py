"""Work that the server has done in a process beside itself: how one is begun, spoken with and always ended.

The other side of `recorder.child`: the process's standard input stays open for as long as it may live.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import msgspec


class Apart:
    """A process of ours. What it says comes from `answers`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process = process
        self._orders = process.stdin
        self.answers = process.stdout

    async def order(self, order: msgspec.Struct) -> None:
        """Its first line; one that has died meanwhile says so by saying nothing."""
        self._orders.write(msgspec.json.encode(order) + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._orders.drain()

    async def wait(self) -> int:
        """Its exit code once it has ended."""
        return await self._process.wait()

    def kill(self) -> None:
        """End it now. May be called again."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


@contextlib.asynccontextmanager
async def apart(module: str, *arguments: str) -> AsyncIterator[Apart]:
    """`python -m MODULE ARGUMENTS…`; it has ended when the block has. OSError."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # Ctrl-C is the server's.
        start_new_session=True,
    )
    begun = Apart(process)
    try:
        yield begun
    finally:
        begun.kill()
        await begun.wait()
