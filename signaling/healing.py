"""Puts back what recordings lack, from what the seats' own pages have kept and send in after the lesson.

A page asks what is missing of its seat, sends a file for it as an upload of the purpose `heal`, and says that it may be
used. The upload stays until its pieces are in the recording: a server that is killed between the two finds it again.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import structlog

from classroom.store.audit import SERVER, Actor
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from classroom.store.uploads import Upload
from recorder.container import Unreadable
from recorder.disk import is_full
from recorder.kept import Kept
from recorder.service import Recorder
from recorder.spans import Gap
from signaling.auth import Grant
from signaling.clock import Clock
from signaling.previews import Previews
from signaling.problem import Problem
from signaling.uploads import Uploads

log = structlog.get_logger("healing")

PURPOSE: Final = "heal"
OPEN_FOR: Final = timedelta(days=7)
"""After the end of a lesson; pages keep nothing for longer."""
FINISHING: Final = timedelta(seconds=20)
"""After the end of a lesson: longer than its last files take to be closed."""


class Subject(msgspec.Struct, frozen=True):
    """Whose an upload is, and when it begins by its page's idea of the server's clock (aware UTC)."""

    lesson: str
    seat: str
    source: str
    begins_at: datetime
    device: str

    def text(self) -> str:
        ms = round(self.begins_at.timestamp() * 1000)
        return "/".join((self.lesson, self.seat, self.source, str(ms), self.device))


def subject_of(text: str) -> Subject:
    """The same, from the upload's row."""
    lesson, seat, source, ms, device = text.split("/")
    return Subject(lesson, seat, source, datetime.fromtimestamp(int(ms) / 1000, UTC), device)


class Healer:
    """Takes kept files into recordings, one after the other. On the event loop."""

    def __init__(self, store: Store, clock: Clock, uploads: Uploads, recorder: Recorder, previews: Previews) -> None:
        self._store = store
        self._clock = clock
        self._uploads = uploads
        self._recorder = recorder
        self._previews = previews
        self._one = asyncio.Lock()
        self._resuming: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Go on with what had come before a crash."""
        self._resuming = asyncio.create_task(self._resume(), name="heal recordings")

    async def close(self) -> None:
        """What is under way is begun anew after the next start. Idempotent."""
        if self._resuming is not None:
            self._resuming.cancel()
            await asyncio.gather(self._resuming, return_exceptions=True)

    async def missing(self, lesson: ListedLesson, seat: str) -> tuple[datetime, list[tuple[str, Gap]]]:
        """The recording's zero, and what a page of this seat could put back: sources with gaps.

        Raises Problem: recording_under_way, recording_finishing, healing_over.
        """
        if lesson.ended_at is None:
            raise Problem("recording_under_way")
        since = self._clock.at() - lesson.ended_at
        library = self._recorder.library
        is_open = lesson.recorded and since < OPEN_FOR and await self._is_kept(lesson.id)
        if is_open and not self._recorder.is_recording(lesson.id):
            found = await asyncio.to_thread(library.manifest, lesson.id)
            if found is not None and found.stopped_at is not None:
                return found.started_at, await asyncio.to_thread(library.missing, lesson.id, seat)
            if since < FINISHING:
                raise Problem("recording_finishing")
        raise Problem("healing_over")

    async def begin(self, grant: Grant, subject: Subject, size: int) -> Upload:
        """Room for a file that a page has kept. Raises Problem as `Uploads.begin`."""
        name = f"{subject.source}.webm"
        return await self._uploads.begin(grant, PURPOSE, name=name, size=size, subject=subject.text())

    async def heal(self, upload: Upload, actor: Actor) -> list[Gap]:
        """What a whole upload has put back, in seconds of the recording; maybe nothing. It is gone then.

        Raises Problem: upload_damaged for what is no recording of ours, healing_over once the recording is erased or
        sealed (the upload is gone, too), recording_under_way, disk_full (it stays). OSError: later, perhaps.
        """
        subject = subject_of(upload.subject)
        kept = Kept(
            path=self._uploads.path(upload.id),
            stem=upload.id,
            begins_at=subject.begins_at,
            device=subject.device,
            uploaded_at=self._clock.at(),
        )
        async with self._one:
            if not await self._is_kept(subject.lesson):
                await self._uploads.release(upload.id)
                raise Problem("healing_over")
            try:
                healed = await self._recorder.heal(subject.lesson, subject.seat, subject.source, kept)
            except Unreadable as error:
                log.warning("an upload heals nothing", lesson=subject.lesson, seat=subject.seat, error=str(error))
                await self._uploads.release(upload.id)
                raise Problem("upload_damaged") from None
            except ValueError:
                raise Problem("recording_under_way") from None
            except OSError as error:
                if is_full(error):
                    raise Problem("disk_full") from None
                raise
        if healed:
            seconds = round(sum(gap.to_s - gap.from_s for gap in healed), 1)
            detail = {"seat": subject.seat, "source": subject.source, "device": subject.device, "seconds": seconds}
            await self._store.audit.note(
                actor, "recording.healed", f"lesson:{subject.lesson}", self._clock.at(), detail
            )
            self._previews.want(subject.lesson)
        await self._uploads.release(upload.id)
        return healed

    async def drop(self, lesson: str) -> None:
        """The recording is being erased: what has come for it goes, too, and nothing of it is under way any more."""
        async with self._one:
            for upload in await self._store.uploads.all():
                if upload.purpose == PURPOSE and subject_of(upload.subject).lesson == lesson:
                    await self._uploads.release(upload.id)

    async def _is_kept(self, lesson: str) -> bool:
        """Whether anything may be added: nothing to what is being erased, or is sealed (封存)."""
        kept = await self._store.recordings.get(lesson)
        return kept is None or (kept.state == "kept" and not kept.sealed_by)

    async def _resume(self) -> None:
        for upload in await self._store.uploads.all():
            if upload.purpose != PURPOSE or upload.state != "whole":
                continue
            try:
                await self.heal(upload, SERVER)
            except Problem as problem:
                log.warning("an upload waits", lesson=upload.subject.partition("/")[0], code=problem.code)
            except Exception:
                log.exception("an upload waits", upload=upload.id)
