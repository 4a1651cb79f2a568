"""The recorder as the server sees it: start and stop a stream, stop a lesson, recover after a crash."""

import asyncio
import contextlib
import errno
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import structlog

from classroom.relay.route import Subscriber
from classroom.relay.rtp import Kind
from recorder.disk import checked_id, free_bytes
from recorder.kept import Kept, lines_of, order_of, run_apart
from recorder.library import Library
from recorder.manifest import Manifest
from recorder.segment_log import RecordingStopped
from recorder.spans import Gap
from recorder.streaks import CheckRules, Fault
from recorder.tap import Tap
from recorder.verdict import Verdict
from recorder.worth import DiskGuard
from recorder.writer import Checking, LessonFiles, Problem, StreamKey, StreamWriter, Warning, Writer

log = structlog.get_logger(__name__)


TROUBLES: Final = ("disk_low", "write_failed", "disk_full")
"""From the least to the worst."""
LAST_WAIT_S: Final = 1.0
"""For what is still being looked at and listened to when a lesson's recording is stopped."""


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
    written again, then "recovered"; meanwhile every 2 s a new file is tried. "disk_low": of some streams only the sound
    is written. Of several troubles in a lesson the worst is told.
    """

    def __init__(
        self,
        root: Path,
        hub: Taps,
        *,
        problem: Problem,
        warn: Warning = lambda lesson, seat, source, faults: None,
        guard: DiskGuard | None = None,
        rules: CheckRules | None = None,
        pool: Executor | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = wall_clock,
    ) -> None:
        """`clock` is the relay's (`Packet.arrived`), `wall` gives aware UTC.

        `warn(lesson, seat, source, faults)` is called on the loop whenever it changes what is wrong with the sound or
        the picture of a stream by `rules`; nothing is wrong any more once it is not recorded. `pool` looks at samples.
        """
        rules = rules or CheckRules()
        self.library = Library(root, rules)
        self._warn = warn
        # One thread for all: what it does not get to is not sampled.
        self._pool = pool or ThreadPoolExecutor(1, thread_name_prefix="recording-checks")
        self._rules = rules
        self._root = root
        self._hub = hub
        self._problem = problem
        self._guard = guard or DiskGuard()
        self._clock = clock
        self._wall = wall
        self._writer = Writer(clock)
        self._taps: dict[StreamKey, tuple[str, Tap]] = {}
        self._files: dict[str, LessonFiles] = {}
        self._troubled: dict[StreamKey, str] = {}
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

        def warn(lesson: str, seat: str, source: str, faults: frozenset[Fault]) -> None:
            # Nobody is left to be warned once the loop is closed.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._warn, lesson, seat, source, faults)

        find = partial(self._lesson_files, lesson, now, at)
        checking = Checking(self._rules, self._pool, warn)
        self._writer.add(StreamWriter(key, tap, now, find, self._guard, checking, problem))
        self._hub.attach(stream_key, tap)

    def stop_stream(self, lesson: str, seat: str, source: str) -> None:
        """Stop recording a stream on purpose: what follows is no gap. Its file is finished soon after."""
        key = StreamKey(lesson, seat, source)
        if key in self._taps:
            self._detach([key])
            self._writer.remove([key], unwanted=True)

    def turned(self, lesson: str, seat: str, kind: Kind, on: bool) -> None:
        """The microphone or camera of a seat was turned off on purpose, or on again: what follows is no fault.

        Nothing happens while its camera stream is not being recorded. Idempotent.
        """
        key = StreamKey(lesson, seat, "camera")
        if key in self._taps:
            self._writer.turned(key, kind, on)

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
        if not keys and lesson not in self._files and await asyncio.to_thread(self.library.is_whole, lesson):
            return await asyncio.to_thread(self.library.manifest, lesson)
        self._detach(keys)
        finished = await asyncio.wrap_future(self._writer.remove(keys, unwanted=True))
        if finished.under_way:
            # Not on the writer's thread: other lessons are being recorded.
            await asyncio.to_thread(wait, finished.under_way, LAST_WAIT_S)
            await asyncio.wrap_future(self._writer.run(finished.settle))
        await asyncio.wrap_future(self._writer.run(lambda: self._end_lesson(lesson)))
        return await self._mend(lesson)

    async def verdict(self, lesson: str) -> Verdict | None:
        """What is to be thought of the recording; None without one, or while it has not been stopped yet. OSError."""
        if self.is_recording(lesson):
            return None
        return await asyncio.to_thread(self.library.verdict, lesson)

    async def heal(self, lesson: str, seat: str, source: str, kept: Kept) -> list[Gap]:
        """Put back what of an upload was lost: the stretches (seconds of the recording) that it has healed, maybe none.

        Nothing is healed twice, so it may be asked again. ValueError while the lesson is being recorded, or without a
        recording; Unreadable for an upload that is none of ours; OSError.
        """
        library = self.library
        found = None if self.is_recording(lesson) else await asyncio.to_thread(library.manifest, lesson)
        if found is None:
            raise ValueError(f"{lesson} is being recorded, or was not")
        shift_s = await asyncio.to_thread(library.shift_s, lesson, seat, source, kept.device)
        order = order_of(found, library.folder(lesson), seat, source, kept, shift_s)
        if order is None:
            return []
        if await asyncio.to_thread(free_bytes, self._root) < self._guard.start_bytes:
            raise OSError(errno.ENOSPC, "the rest of the disk is kept for the lessons")
        lines = lines_of(seat, source, kept, await run_apart(order))
        async with self._mending:
            if self.is_recording(lesson):
                raise ValueError(f"{lesson} is being recorded")
            await asyncio.to_thread(library.heal, lesson, kept.path.parent, lines)
        return [Gap(line.from_s, line.to_s, "both", line.name) for line in lines]

    async def lesson_hours(self) -> float:
        """For how many more hours of lessons the disk has room, everything recorded."""
        return self._guard.lesson_hours(await asyncio.to_thread(free_bytes, self._root))

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
        await asyncio.to_thread(self._pool.shutdown)
        for lesson in sorted(lessons):
            await self._mend(lesson)

    def _detach(self, keys: list[StreamKey]) -> None:
        for key in keys:
            self._troubled.pop(key, None)
            stream_key, tap = self._taps.pop(key)
            self._hub.detach(stream_key, tap)

    def _tell_of(self, key: StreamKey, code: str, sentence: str) -> None:
        """A stream's problem. The lesson has recovered when the last of its streams has."""
        if code == "recovered":
            before = self._worst(key.lesson)
            self._troubled.pop(key, None)
            after = self._worst(key.lesson)
            if after is None or after != before:
                self._tell(key.lesson, after or code, sentence)
            return
        # What comes of finishing a file whose stream is not recorded any more has nothing to recover.
        if key in self._taps:
            self._troubled[key] = code
        self._tell(key.lesson, self._worst(key.lesson) or code, sentence)

    def _worst(self, lesson: str) -> str | None:
        codes = [code for key, code in self._troubled.items() if key.lesson == lesson]
        return max(codes, key=TROUBLES.index, default=None)

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
            files = LessonFiles(self._root, lesson, now, at)
            self.library.forget(lesson)
            self._files[lesson] = files
        return self._files[lesson]

    def _end_lesson(self, lesson: str) -> None:
        files = self._files.pop(lesson, None)
        if files is not None:
            files.log.append(RecordingStopped(files.at_s(self._clock())))
