"""Makes previews of recordings, one after the other, in a process of the lowest priority."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from recorder.apart import Apart, apart
from recorder.library import Library
from recorder.preview import NO_ROOM, is_of, read

log = structlog.get_logger(__name__)

MAX_WAITING: Final = 200
"""Lessons of a county that end at the same bell; whoever opens another one's recording asks for it again."""
LONGEST_S: Final = 15 * 60.0
"""For one lesson; four hours of three streams take a few minutes."""
LEFT_ALONE_S: Final = 3600.0
"""What failed is not tried again with each who opens the recording; what it failed for may have passed by then."""


class Previews:
    """What is waiting and what is being made. On the event loop."""

    def __init__(self, root: Path, *, keep_free_bytes: int, is_recording: Callable[[str], bool]) -> None:
        """`root`: the folder of all recordings."""
        self._root = root
        self._keep_free_bytes = keep_free_bytes
        self._is_recording = is_recording
        self._waiting: dict[str, None] = {}
        self._failed: dict[str, float] = {}
        self._work: asyncio.Task[None] | None = None
        self._closed = False
        self._making: tuple[str, Apart] | None = None

    def want(self, lesson: str) -> None:
        """Have a lesson's preview made, if it is not there: soon, in its turn. What failed rests for an hour."""
        if self._closed or self._is_left_alone(lesson, time.monotonic()) or len(self._waiting) >= MAX_WAITING:
            return
        self._waiting[lesson] = None
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._make_all(), name="previews")

    async def drop(self, lesson: str) -> None:
        """Nothing is made of this lesson any more once this returns."""
        self._waiting.pop(lesson, None)
        if self._making is not None and self._making[0] == lesson:
            process = self._making[1]
            process.kill()
            await process.wait()

    async def close(self) -> None:
        """Give up what is under way: it is made again when somebody asks. Idempotent."""
        self._closed = True
        self._waiting.clear()
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _make_all(self) -> None:
        while self._waiting:
            lesson = next(iter(self._waiting))
            try:
                if not self._is_recording(lesson) and await asyncio.to_thread(self._is_due, lesson):
                    await self._make(lesson)
            except Exception:
                # One lesson's pictures must not cost the others theirs.
                log.exception("no preview", lesson=lesson)
                self._failed[lesson] = time.monotonic()
            self._waiting.pop(lesson, None)

    def _is_left_alone(self, lesson: str, now: float) -> bool:
        self._failed = {each: at for each, at in self._failed.items() if now - at < LEFT_ALONE_S}
        return lesson in self._failed

    def _is_due(self, lesson: str) -> bool:
        library = Library(self._root)
        manifest = library.current(lesson)
        return manifest is not None and not is_of(read(library.folder(lesson)), manifest)

    async def _make(self, lesson: str) -> None:
        async with apart("recorder.preview", str(self._root), lesson, str(self._keep_free_bytes)) as process:
            self._making = lesson, process
            try:
                async with asyncio.timeout(LONGEST_S):
                    code = await process.wait()
            except TimeoutError:
                code = -1
            finally:
                self._making = None
        if code != 0:
            log.warning("no preview", lesson=lesson, code=code)
            if code != NO_ROOM:
                self._failed[lesson] = time.monotonic()
