"""What somebody uploads while it is still arriving: a draft on the disk, private, gone unless it is moved away."""

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import AsyncIterable, AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from signaling.problem import Problem


class Incoming:
    """The folder `incoming` of a folder of the data directory."""

    def __init__(self, root: Path, free_min_bytes: int) -> None:
        """`free_min_bytes`: with less room on the disk nothing is taken in."""
        self._folder = root / "incoming"
        self._free_min_bytes = free_min_bytes

    @contextlib.asynccontextmanager
    async def draft(
        self, chunks: AsyncIterable[bytes], look: Callable[[bytes], None] = lambda chunk: None
    ) -> AsyncIterator[Path]:
        """The pieces as one file, whole and on the disk; `look` sees each of them before.

        Raises Problem: file_empty, disk_full, and what the pieces or `look` raise.
        """
        path = self._folder / secrets.token_hex(8)
        file = await asyncio.to_thread(self._open, path)
        try:
            with file:
                size = 0
                async for chunk in chunks:
                    look(chunk)
                    size += len(chunk)
                    await asyncio.to_thread(file.write, chunk)
                if not size:
                    raise Problem("file_empty")
                await asyncio.to_thread(_sync, file)
            yield path
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def sweep(self) -> None:
        """Drop what a crash left half arrived. Only while nobody uploads: at the start."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self, path: Path) -> BinaryIO:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        if shutil.disk_usage(self._folder).free < self._free_min_bytes:
            raise Problem("disk_full")
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
