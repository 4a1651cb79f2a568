"""The recorder as the server sees it: start and stop a stream, stop a lesson, recover after a crash."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from classroom.relay.route import Subscriber
from recorder.disk import checked_id
from recorder.library import Library
from recorder.manifest import Manifest
from recorder.segment_log import RecordingStopped
from recorder.tap import Tap
from recorder.writer import DiskGuard, LessonFiles, Problem, StreamKey, StreamWriter, Writer

log = structlog.get_logger(__name__)


class Taps(Protocol):
    """What the recorder needs of the relay's hub."""

    def attach(self, stream: str, subscriber: Subscriber) -> None:
        """Let a subscriber hear a stream, whether or not it has a publisher yet."""

    def detach(self, stream: str, subscriber: Subscriber) -> None:
        """Let it go."""


def wall_clock() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """Records streams of lessons under `root`, one folder for each lesson.

    All methods are called on one event loop and never block it. Nothing that happens to a disk reaches the lesson:
    `problem(lesson, code, sentence)` is called on the loop, code "disk_full" or "write_failed" once until a file can be
    written again, then "recovered"; meanwhile every 2 s a new file is tried.
    """

    def __init__(
        self,
        root: Path,
        hub: Taps,
        *,
        problem: Problem,
        guard: DiskGuard | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = wall_clock,
    ) -> None:
        """`clock` is the relay's (`Packet.arrived`), `wall` gives aware UTC."""
        self.library = Library(root)
        self._root = root
        self._hub = hub
        self._problem = problem
        self._guard = guard or DiskGuard()
        self._clock = clock
        self._wall = wall
        self._writer = Writer(clock)
        self._taps: dict[StreamKey, tuple[str, Tap]] = {}
        self._files: dict[str, LessonFiles] = {}
        self._troubled: set[StreamKey] = set()
        # Two at once would write the same manifest.
        self._mending = asyncio.Lock()
        self._closed = False

    def start_stream(self, lesson: str, seat: str, source: str, stream_key: str) -> None:
        """Record a stream from now on, through all its publishers. Nothing happens when it is being recorded already.

        The lesson's recording begins with its first stream; one that is there (a crash, a pause) is continued.
        ValueError for ids that may not be part of a path; RuntimeError after `close`.
        """
        if self._closed:
            raise RuntimeError("the recorder is closed")
        key = StreamKey(checked_id(lesson), checked_id(seat), checked_id(source))
        if key in self._taps:
            return
        loop = asyncio.get_running_loop()
        tap = Tap(loop)
        now, at = self._clock(), self._wall()

        def problem(lesson: str, code: str, sentence: str) -> None:
            try:
                loop.call_soon_threadsafe(self._tell_of, key, code, sentence)
            except RuntimeError:
                # The loop is closed: nobody is left to be told.
                log.error("recorder: problem after the end", lesson=lesson, code=code, sentence=sentence)

        self._taps[key] = (stream_key, tap)
        find = partial(self._lesson_files, lesson, now, at)
        self._writer.add(StreamWriter(key, tap, now, find, self._guard, problem))
        self._hub.attach(stream_key, tap)

    def stop_stream(self, lesson: str, seat: str, source: str) -> None:
        """Stop recording a stream on purpose: what follows is no gap. Its file is finished soon after."""
        key = StreamKey(lesson, seat, source)
        if key in self._taps:
            self._detach([key])
            self._writer.remove([key], unwanted=True)

    def is_recording(self, lesson: str) -> bool:
        """Whether any stream of the lesson is being recorded."""
        return any(key.lesson == lesson for key in self._taps)

    def overflowed(self, lesson: str) -> int:
        """Packets of the lesson's present streams that were dropped because the disk was too slow."""
        return sum(tap.overflowed for key, (_, tap) in self._taps.items() if key.lesson == lesson)

    async def stop(self, lesson: str) -> Manifest | None:
        """Stop all streams of a lesson on purpose, finish its files, write its manifest. Idempotent.

        None when nothing was ever recorded, or when the manifest could not be written (told as a problem).
        """
        keys = [key for key in self._taps if key.lesson == lesson]
        self._detach(keys)
        await asyncio.wrap_future(self._writer.remove(keys, unwanted=True))
        await asyncio.wrap_future(self._writer.run(lambda: self._end_lesson(lesson)))
        return await self._mend(lesson)

    async def recover(self) -> list[Manifest]:
        """After a start: finish the files that a crash left open in lessons that are not being recorded now.

        Takes as long as copying those files; lessons may start meanwhile. The manifests that were rebuilt.
        """
        rebuilt = []
        for lesson in await asyncio.to_thread(self.library.lessons):
            if self._closed or self.is_recording(lesson):
                continue
            if await asyncio.to_thread(self.library.is_whole, lesson):
                continue
            manifest = await self._mend(lesson)
            if manifest is not None:
                rebuilt.append(manifest)
        return rebuilt

    async def close(self) -> None:
        """Finish all files, so that the next process can go on with the lessons. Idempotent."""
        if self._closed:
            return
        self._closed = True
        lessons = {key.lesson for key in self._taps}
        keys = list(self._taps)
        self._detach(keys)
        if keys:
            await asyncio.wrap_future(self._writer.remove(keys, unwanted=False))
        await asyncio.to_thread(self._writer.close)
        for lesson in sorted(lessons):
            await self._mend(lesson)

    def _detach(self, keys: list[StreamKey]) -> None:
        for key in keys:
            self._troubled.discard(key)
            stream_key, tap = self._taps.pop(key)
            self._hub.detach(stream_key, tap)

    def _tell_of(self, key: StreamKey, code: str, sentence: str) -> None:
        """A stream's problem. The lesson has recovered when the last of its streams has."""
        if code != "recovered":
            # What comes of finishing a file whose stream is not recorded any more has nothing to recover.
            if key in self._taps:
                self._troubled.add(key)
            self._tell(key.lesson, code, sentence)
            return
        self._troubled.discard(key)
        if not any(other.lesson == key.lesson for other in self._troubled):
            self._tell(key.lesson, code, sentence)

    def _tell(self, lesson: str, code: str, sentence: str) -> None:
        log.warning("recorder: problem", lesson=lesson, code=code, sentence=sentence)
        self._problem(lesson, code, sentence)

    async def _mend(self, lesson: str) -> Manifest | None:
        async with self._mending:
            try:
                return await asyncio.to_thread(self.library.mend, lesson, keep_free_bytes=self._guard.stop_bytes)
            except OSError as error:
                self._tell(lesson, "write_failed", f"manifest: {error}")
                return None

    # On the writer's thread.

    def _lesson_files(self, lesson: str, now: float, at: datetime) -> LessonFiles:
        if lesson not in self._files:
            self._files[lesson] = LessonFiles(self._root, lesson, now, at)
        return self._files[lesson]

    def _end_lesson(self, lesson: str) -> None:
        files = self._files.pop(lesson, None)
        if files is not None:
            files.log.append(RecordingStopped(files.at_s(self._clock())))
