"""Pictures of homework on the disk: `works/{lesson}/{work}.jpg` and `{work}.small.jpg`, private, without any EXIF.

What a phone sends is opened by another process (`signaling.work_picture`) and written anew: pixels alone come through.
"""

import asyncio
import shutil
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from recorder.apart import apart
from signaling.incoming import Incoming
from signaling.problem import Problem

log = structlog.get_logger("works")

MAX_PICTURE_BYTES: Final = 8 * 2**20
LONGEST_S: Final = 30.0
"""For one picture; half a second does, but for a busy machine."""
AT_ONCE: Final = 2
MAX_WAITING: Final = 40
"""Uploads that are being taken in: a class of pupils with one phone each."""

LOOK_S: Final = 600.0
"""So long a page that keeps asking is the same look."""


class Picture(msgspec.Struct, frozen=True):
    """A picture that is on the disk: pixels, and bytes of both sizes."""

    width: int
    height: int
    bytes: int


class Works:
    """The folder `works` of the data directory."""

    def __init__(self, root: Path, free_min_bytes: int = 0) -> None:
        self._root = root
        self._incoming = Incoming(root, free_min_bytes)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._looks: dict[tuple[str, str], float] = {}

    async def take(self, chunks: AsyncIterable[bytes], lesson: str, work: str) -> Picture:
        """Keep a picture of a lesson under the work's id.

        Raises Problem: bad_picture, file_empty, disk_full, busy, and what the pieces raise; nothing stays then.
        """
        if self._waiting >= MAX_WAITING:
            raise Problem("busy")
        self._waiting += 1
        try:
            async with self._incoming.draft(chunks) as draft, self._turn:
                return await self._open(draft, self.path(lesson, work), self.path(lesson, work, small=True))
        finally:
            self._waiting -= 1

    def is_new_look(self, who: str, lesson: str, now: float) -> bool:
        """Whether somebody looks at the list of a lesson's works anew: a page asks for it again and again."""
        self._looks = {each: at for each, at in self._looks.items() if now - at < LOOK_S}
        is_new = (who, lesson) not in self._looks
        self._looks.setdefault((who, lesson), now)
        return is_new

    def path(self, lesson: str, work: str, *, small: bool = False) -> Path:
        """Where a picture lies."""
        return self._root / lesson / f"{work}{'.small' if small else ''}.jpg"

    async def drop(self, lesson: str, work: str) -> None:
        """One work is gone."""
        for small in (False, True):
            await asyncio.to_thread(self.path(lesson, work, small=small).unlink, missing_ok=True)

    async def erase(self, lesson: str) -> None:
        """All of a lesson are gone. May be called again."""
        await asyncio.to_thread(shutil.rmtree, self._root / lesson, ignore_errors=True)

    def sweep(self) -> None:
        """Drop what a crash left half arrived. Only while nobody uploads: at the start."""
        self._incoming.sweep()

    async def _open(self, source: Path, large: Path, small: Path) -> Picture:
        await asyncio.to_thread(large.parent.mkdir, parents=True, exist_ok=True, mode=0o750)
        said = b""
        async with apart("signaling.work_picture", str(source), str(large), str(small)) as process:
            try:
                async with asyncio.timeout(LONGEST_S):
                    said = await process.answers.read()
                    await process.wait()
            except TimeoutError:
                log.warning("a picture took too long")
        try:
            return msgspec.json.decode(said, type=Picture)
        except msgspec.DecodeError:
            for file in (large, small):
                await asyncio.to_thread(file.unlink, missing_ok=True)
            raise Problem("bad_picture") from None
