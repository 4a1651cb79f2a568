"""Exports of lessons in the background: each made by a niced process of its own, a few at once, none forgotten.

What is wanted stands in the store. A process that is killed, or a server that is, leaves a row that is taken up again;
what it had written by then is removed. A file takes its name when it is whole and on the disk.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from classroom.store.audit import SERVER, Actor
from classroom.store.exports import Export
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from recorder.disk import make_folder, sync_folder
from recorder.export.job import Failed, Made, Order
from recorder.export.plan import Wish
from recorder.library import Library
from recorder.segment_log import LOG_NAME
from recorder.steps import Progress
from signaling.clock import Clock
from signaling.film_texts import texts_of
from signaling.page_film import page_film
from signaling.queue import MAX_ATTEMPTS, SWEEP_S, Queue, Running

log = structlog.get_logger("exports")

SETTLED_S: Final = 60.0
"""How long the last files of a lesson that has just ended are waited for."""
LOOK_S: Final = 0.2


class Exporter:
    """Takes wishes, makes files, lets them go. On the event loop; the work is done elsewhere."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        recordings: Path,
        folder: Path,
        *,
        at_once: int,
        keep_free_bytes: int,
        kept_for: timedelta,
        is_recording: Callable[[str], bool],
        page_picture: Callable[[str, int], Path],
    ) -> None:
        """`folder` is this object's alone. `keep_free_bytes`: the rest of the disk is the lessons'. `page_picture`:
        where that of a courseware's page lies."""
        self._store = store
        self._clock = clock
        self._recordings = recordings
        self._library = Library(recordings)
        self._page_picture = page_picture
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
        self._kept_for = kept_for
        self._is_recording = is_recording
        self._queue = Queue(store.exports, self._make, at_once=at_once, name="export")
        self._forgetting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what was interrupted, remove what nobody asks for, and begin."""
        ready = {one.id for one in await self._store.exports.in_state("ready")}
        for lost in ready - await asyncio.to_thread(self._tidy, ready):
            # Restored from elsewhere, or somebody has cleared the folder: it is made anew.
            await self._store.exports.wait_again(lost, is_free=True)
        await self._queue.start()
        self._forgetting = asyncio.create_task(self._forget(), name="forget exports")

    async def close(self) -> None:
        """End every process; what was being made is made after the next start. Idempotent."""
        await self._queue.close()
        task, self._forgetting = self._forgetting, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def ask(self, lesson: str, wish: Wish, actor: Actor) -> Export:
        """Have an MP4 made, unless there is one. Raises TooManyExports."""
        export = await self._store.exports.ask(lesson, wish.layout, wish.pupils, actor, self._clock.at())
        self._queue.wake()
        return export

    async def drop(self, export: str, actor: Actor) -> None:
        """Cancel it, or delete its file."""
        await self._store.exports.drop(export, actor, self._clock.at())
        self._queue.stop(export)
        await asyncio.to_thread(self.path(export).unlink, missing_ok=True)

    def running(self, export: str) -> Running | None:
        """How far it is; None while nobody works on it."""
        return self._queue.running(export)

    def path(self, export: str) -> Path:
        """Where its file lies once it is ready."""
        return self._folder / f"{export}.mp4"

    def _tidy(self, ready: set[str]) -> set[str]:
        """Remove every file that is no ready export; those whose file is there."""
        make_folder(self._folder)
        found = set()
        for path in self._folder.iterdir():
            try:
                if not path.is_file():
                    # The folder may be a disk of its own, with a lost+found.
                    continue
                if path.suffix == ".mp4" and path.stem in ready:
                    found.add(path.stem)
                else:
                    path.unlink(missing_ok=True)
            except OSError:
                log.warning("a file among the exports stays", file=path.name, exc_info=True)
        return found

    async def _forget(self) -> None:
        """Files that nobody has needed for long; they can be made anew."""
        while True:
            try:
                for old in await self._store.exports.ended_before(self._clock.at() - self._kept_for):
                    await self.drop(old.id, SERVER)
            except Exception:
                log.exception("old exports stay")
            await asyncio.sleep(SWEEP_S)

    async def _make(self, export: Export) -> None:
        if export.attempts > MAX_ATTEMPTS:
            await self._store.exports.failed(export.id, "failed", self._clock.at())
            return
        listed = await self._store.lessons.get(export.lesson)
        if listed is None:
            await self._store.exports.failed(export.id, "nothing_recorded", self._clock.at())
            return
        # No two attempts write the same file, whatever is left of the one before.
        part = self._folder / f"{export.id}.{export.attempts}.part"
        part.unlink(missing_ok=True)
        try:
            await self._settled(export.lesson)
            came = await self._run(export, listed, part)
            await self._conclude(export, part, came)
        except asyncio.CancelledError:
            await self._store.exports.wait_again(export.id, is_free=True)
            raise
        except Exception:
            log.exception("an export failed", export=export.id)
            await self._store.exports.failed(export.id, "failed", self._clock.at())
        finally:
            part.unlink(missing_ok=True)

    async def _settled(self, lesson: str) -> None:
        """Until the recorder has closed the files of a lesson that is only just over."""
        for _ in range(round(SETTLED_S / LOOK_S)):
            if await asyncio.to_thread(self._is_settled, lesson):
                return
            await asyncio.sleep(LOOK_S)

    def _is_settled(self, lesson: str) -> bool:
        if self._is_recording(lesson):
            return False
        return self._library.is_whole(lesson) or not (self._recordings / lesson / LOG_NAME).exists()

    async def _run(self, export: Export, listed: ListedLesson, part: Path) -> Made | Failed | None:
        """What the process says last; None when it was killed, or hung."""
        order = Order(
            root=str(self._recordings),
            lesson=export.lesson,
            wish=Wish(export.layout, export.pupils),  # type: ignore[arg-type]
            texts=texts_of(listed),
            pages=await page_film(self._store, self._library, export.lesson, self._page_picture),
            target=str(part),
            keep_free_bytes=self._keep_free_bytes,
        )

        async def is_wanted() -> bool:
            return await self._store.exports.get(export.id) is not None

        came: Made | Failed | None = await self._queue.run(
            export.id, "recorder.export", order, Progress | Made | Failed, is_wanted
        )
        return came

    async def _conclude(self, export: Export, part: Path, came: Made | Failed | None) -> None:
        at = self._clock.at()
        if came is None:
            log.warning("an export was interrupted", export=export.id, attempt=export.attempts)
            await self._store.exports.wait_again(export.id)
            return
        if isinstance(came, Failed):
            log.warning("an export failed", export=export.id, why=came.why, detail=came.detail)
            await self._store.exports.failed(export.id, came.why, at)
            return
        await asyncio.to_thread(_place, part, self.path(export.id))
        if not await self._store.exports.ready(
            export.id, bytes=came.bytes, sha256=came.sha256, seconds=came.seconds, at=at
        ):
            await asyncio.to_thread(self.path(export.id).unlink, missing_ok=True)
            return
        log.info("exported", export=export.id, lesson=export.lesson, bytes=came.bytes, copied=came.copied)


def _place(part: Path, path: Path) -> None:
    part.replace(path)
    sync_folder(path.parent)
