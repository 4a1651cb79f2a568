"""Films of the library (资源库): what people upload, or a lesson's MP4, made fit for every classroom in the background.

One at a time, each by a niced process of its own (`recorder.transcode`). A film lies in `library/` of the data
directory as `ID.mp4` or `ID.webm`, with its poster `ID.jpg` and its subtitles `ID.vtt` beside it.
"""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from classroom.store.exports import Export
from classroom.store.resources import Resource
from classroom.store.store import Store
from recorder.disk import checked_id, make_folder, sync_folder, write_atomically
from recorder.steps import Progress
from recorder.transcode.job import Failed, Made, Order
from signaling.exports import Exporter
from signaling.queue import MAX_ATTEMPTS, Queue, Running
from signaling.uploads import Uploads

log = structlog.get_logger("films")

LOOK_S: Final = 2.0
SUFFIXES: Final = {"video/mp4": ".mp4", "video/webm": ".webm"}
HOPELESS: Final = frozenset({"not_video", "no_picture", "too_long", "too_many_pixels", "damaged"})
"""Failures that a second try does not mend: what was uploaded is not kept for it."""


class Films:
    """Makes films, lets them go. On the event loop; the work is done elsewhere."""

    def __init__(
        self, store: Store, uploads: Uploads, exporter: Exporter, folder: Path, *, keep_free_bytes: int
    ) -> None:
        """`folder` is this object's alone. `keep_free_bytes`: the rest of the disk is the lessons'."""
        self._store = store
        self._uploads = uploads
        self._exporter = exporter
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
        self._queue = Queue(store.resources, self._make, at_once=1, name="film")
        self._waiting: asyncio.Task[None] | None = None
        self._exporting = asyncio.Event()

    async def start(self) -> None:
        """Take up what was interrupted, remove what nobody asks for, and begin."""
        await asyncio.to_thread(self._tidy, await self._store.resources.ids())
        for one in (*await self._store.resources.in_state("ready"), *await self._store.resources.in_state("failed")):
            if one.state == "ready" or one.failure in HOPELESS:
                await self._release(one)
        await self._queue.start()
        self._exporting.set()
        self._waiting = asyncio.create_task(self._wait_for_exports(), name="wait for exports")

    async def close(self) -> None:
        """End the process; what was being made is made after the next start. Idempotent."""
        await self._queue.close()
        task, self._waiting = self._waiting, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def wake(self) -> None:
        """There is something new to make."""
        self._exporting.set()
        self._queue.wake()

    def running(self, resource: str) -> Running | None:
        """How far it is; None while nobody works on it."""
        return self._queue.running(resource)

    def path(self, resource: Resource) -> Path:
        """Where its film lies once it is ready."""
        return self._folder / (checked_id(resource.id) + SUFFIXES[resource.media or "video/mp4"])

    def beside(self, resource: str, suffix: str) -> Path:
        """Its poster (.jpg), its subtitles (.vtt)."""
        return self._folder / (checked_id(resource) + suffix)

    async def keep_captions(self, resource: str, data: bytes | None) -> None:
        """Put subtitles beside a film, or take them away."""
        if data is None:
            await asyncio.to_thread(self.beside(resource, ".vtt").unlink, missing_ok=True)
        else:
            await asyncio.to_thread(write_atomically, self._folder, f"{checked_id(resource)}.vtt", data)

    async def clear(self, resource: Resource) -> None:
        """Remove all files of one that has just been removed, and end the work on it."""
        self._queue.stop(resource.id)
        await asyncio.to_thread(self._unlink, resource.id)
        if resource.upload is not None:
            await self._uploads.release(resource.upload)

    def _tidy(self, known: set[str]) -> None:
        make_folder(self._folder)
        for path in self._folder.iterdir():
            is_part = path.name.endswith(".part")
            if path.is_file() and (is_part or path.name.partition(".")[0] not in known):
                path.unlink(missing_ok=True)

    def _unlink(self, resource: str) -> None:
        for path in self._folder.glob(f"{checked_id(resource)}.*"):
            path.unlink(missing_ok=True)

    async def _release(self, resource: Resource) -> None:
        if resource.upload is not None:
            await self._uploads.release(resource.upload)
            await self._store.resources.released(resource.id)

    async def _wait_for_exports(self) -> None:
        """Lessons whose MP4 is still being made."""
        while True:
            try:
                self._exporting.clear()
                waiting = await self._store.resources.in_state("exporting")
                for one in waiting:
                    export = await self._export(one)
                    if export is None or export.state == "failed":
                        failure = "export_dropped" if export is None else (export.failure or "failed")
                        await self._store.resources.failed(one.id, failure)
                    elif export.state == "ready":
                        await self._store.resources.exported(one.id)
                        self._queue.wake()
                if waiting:
                    self._exporting.set()
            except Exception:
                log.exception("exports cannot be read")
                self._exporting.set()
            await self._exporting.wait()
            await asyncio.sleep(LOOK_S)

    async def _export(self, resource: Resource) -> Export | None:
        for one in await self._store.exports.of_lesson(resource.lesson or ""):
            if (one.layout, one.pupils) == (resource.layout, resource.pupils):
                return one
        return None

    async def _source(self, resource: Resource) -> Path | None:
        """What the film is made of; None when it is gone."""
        if resource.upload is not None:
            path = self._uploads.path(resource.upload)
        else:
            export = await self._export(resource)
            if export is None or export.state != "ready":
                return None
            path = self._exporter.path(export.id)
        return path if await asyncio.to_thread(path.is_file) else None

    async def _make(self, resource: Resource) -> None:
        if resource.attempts > MAX_ATTEMPTS:
            await self._store.resources.failed(resource.id, "failed")
            return
        # No two attempts write the same file, whatever is left of the one before.
        part, poster = (self.beside(resource.id, f".{resource.attempts}{kind}.part") for kind in ("f", "p"))
        for left in (part, poster):
            left.unlink(missing_ok=True)
        try:
            source = await self._source(resource)
            if source is None:
                await self._store.resources.failed(resource.id, "file_lost")
                return
            order = Order(
                source=str(source), target=str(part), poster=str(poster), keep_free_bytes=self._keep_free_bytes
            )

            async def is_wanted() -> bool:
                now = await self._store.resources.get(resource.id)
                return now is not None and now.removed_at is None

            came = await self._queue.run(resource.id, "recorder.transcode", order, Progress | Made | Failed, is_wanted)
            await self._conclude(resource, part, poster, came)
        except asyncio.CancelledError:
            await self._store.resources.wait_again(resource.id, is_free=True)
            raise
        except Exception:
            log.exception("a film failed", resource=resource.id)
            await self._store.resources.failed(resource.id, "failed")
        finally:
            part.unlink(missing_ok=True)
            poster.unlink(missing_ok=True)

    async def _conclude(self, resource: Resource, part: Path, poster: Path, came: Made | Failed | None) -> None:
        if came is None:
            log.warning("a film was interrupted", resource=resource.id, attempt=resource.attempts)
            await self._store.resources.wait_again(resource.id)
            return
        if isinstance(came, Failed):
            log.warning("a film failed", resource=resource.id, why=came.why, detail=came.detail)
            await self._store.resources.failed(resource.id, came.why)
            if came.why in HOPELESS:
                await self._release(resource)
            return
        place = self.beside(resource.id, SUFFIXES[came.media])
        await asyncio.to_thread(_place, part, place, poster, self.beside(resource.id, ".jpg"))
        is_wanted = await self._store.resources.ready(
            resource.id, media=came.media, bytes=came.bytes, sha256=came.sha256, length_ms=came.length_ms
        )
        if not is_wanted:
            await asyncio.to_thread(self._unlink, resource.id)
        await self._release(resource)
        log.info("film made", resource=resource.id, bytes=came.bytes, copied=came.copied)


def _place(part: Path, film: Path, poster_part: Path, poster: Path) -> None:
    poster_part.replace(poster)
    part.replace(film)
    sync_folder(film.parent)
