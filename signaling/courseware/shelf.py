"""The shelf: courseware on the disk, a folder each, and the queue of what is still to be made into pages.

`{id}/source` while it is waiting; then `{id}/1.webp`, `{id}/1.small.webp` … and no source any more.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from classroom.store.courseware import Courseware, CoursewarePage
from classroom.store.registry import By
from classroom.store.store import Store
from recorder.apart import Apart, apart
from signaling.courseware.__main__ import Refused
from signaling.courseware.raster import RasterPage, page_name
from signaling.incoming import Incoming
from signaling.problem import Problem

log = structlog.get_logger("courseware")

MAX_UPLOAD_BYTES: Final = 80 * 2**20
SILENT_S: Final = 60.0
"""One page takes half a second; a process that says nothing for so long hangs."""
MAX_WAITING: Final = 50
KEEP_EVERY_S: Final = 6 * 3600.0
_HEAD_BYTES: Final = 16
_LINE: Final = msgspec.json.Decoder(RasterPage | Refused)
_SOURCE: Final = "source"


class Shelf:
    """One courseware is made at a time, behind the lessons."""

    def __init__(self, root: Path, store: Store, free_min_bytes: int) -> None:
        self._root = root
        self._store = store
        self._rows = store.courseware
        self._incoming = Incoming(root, free_min_bytes)
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._done: dict[str, tuple[int, int]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Go on with what a crash left."""
        await asyncio.to_thread(self._incoming.sweep)
        for waiting in await self._rows.preparing():
            self._queue.put_nowait(waiting)
        self._tasks = [
            asyncio.create_task(self._run(), name="courseware"),
            asyncio.create_task(self._keep(), name="courseware keeping"),
        ]

    async def close(self) -> None:
        """What is being made waits for the next start. May be called again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def take(self, chunks: AsyncIterable[bytes], *, school: str, name: str, by: By) -> Courseware:
        """Keep an upload; its pages come later.

        Raises Problem: file_kind_unknown, file_empty, disk_full, busy, and what the pieces raise; TooMuchCourseware.
        """
        if self._queue.qsize() >= MAX_WAITING:
            raise Problem("busy")
        head = bytearray()

        def look(chunk: bytes) -> None:
            # Before eighty megabytes of something else have come.
            if len(head) < _HEAD_BYTES:
                head.extend(chunk[:_HEAD_BYTES])
                if len(head) >= _HEAD_BYTES:
                    _require_known(bytes(head))

        async with self._incoming.draft(chunks, look) as draft:
            _require_known(bytes(head))
            made = await self._rows.add(school=school, name=name, by=by)
            await asyncio.to_thread(self._place, draft, made.id)
        self._queue.put_nowait(made.id)
        return made

    def done(self, id: str) -> tuple[int, int]:
        """How many pages of one that is being made are ready, of how many; (0, 0) before anybody knows."""
        return self._done.get(id, (0, 0))

    def picture(self, id: str, number: int, *, small: bool = False) -> Path:
        """Where the picture of a page lies."""
        return self._root / id / page_name(number, small=small)

    async def drop(self, id: str) -> None:
        """Its rows are gone: so are its pictures."""
        await asyncio.to_thread(shutil.rmtree, self._root / id, ignore_errors=True)

    async def forget(self) -> list[str]:
        """What was taken off the lists goes when the last lesson is over that it was shown in, and its recording."""
        dropped = []
        for lesson in await self._rows.lessons():
            listed, recording = await self._store.lessons.get(lesson), await self._store.recordings.get(lesson)
            if listed is None or listed.ended_at is None:
                continue
            # A recording has its row a moment after the lesson's end.
            if recording.state == "erased" if recording is not None else not listed.recorded:
                dropped += await self._rows.forget_lesson(lesson)
        for id in dropped:
            await self.drop(id)
        return dropped

    async def _keep(self) -> None:
        while True:
            try:
                await self.forget()
            except Exception:
                log.exception("courseware is not forgotten")
            await asyncio.sleep(KEEP_EVERY_S)

    def _place(self, draft: Path, id: str) -> None:
        folder = self._root / id
        folder.mkdir(mode=0o750)
        draft.replace(folder / _SOURCE)

    async def _run(self) -> None:
        while True:
            id = await self._queue.get()
            try:
                await self._make(id)
            except Exception:
                log.exception("courseware failed", courseware=id)
                with contextlib.suppress(Exception):
                    await self._rows.failed(id, "failed")
            finally:
                self._done.pop(id, None)

    async def _make(self, id: str) -> None:
        folder = self._root / id
        source = folder / _SOURCE
        if not await asyncio.to_thread(source.is_file):
            await self._rows.failed(id, "failed")
            return
        async with apart("signaling.courseware", str(source), str(folder)) as process:
            pages, refused = await self._listen(process, id)
        if refused is None:
            found = [
                CoursewarePage(courseware=id, number=page.number, width=page.width, height=page.height, text=page.text)
                for page in pages
            ]
            await self._rows.ready(id, found, sum(page.bytes for page in pages))
            await asyncio.to_thread(source.unlink, missing_ok=True)
            return
        log.warning("courseware refused", courseware=id, why=refused)
        await self._rows.failed(id, refused)
        await self.drop(id)

    async def _listen(self, process: Apart, id: str) -> tuple[list[RasterPage], str | None]:
        """All pages, or why there are none."""
        pages: list[RasterPage] = []
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    line = await process.answers.readline()
            except TimeoutError:
                return [], "bad_pdf"
            if not line:
                # It was killed for what it took, or has said everything.
                whole = bool(pages) and len(pages) == pages[0].of
                return pages, None if whole else "bad_pdf"
            try:
                said = _LINE.decode(line)
            except msgspec.DecodeError:
                continue
            if isinstance(said, Refused):
                return [], said.why
            pages.append(said)
            self._done[id] = said.number, said.of


def _require_known(head: bytes) -> None:
    """A PDF or a picture begins so; all else of it the other process finds out. Raises Problem."""
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    if not is_webp and not head.startswith((b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        raise Problem("courseware_kind_unknown")
