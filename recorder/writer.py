"""The writer's thread: it drains the taps and writes the files, so that no disk ever holds up the event loop."""

import errno
import math
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from classroom.relay.rtp import Kind, Packet
from recorder.disk import NewFile, checked_id, free_bytes, make_folder
from recorder.segment import Segment
from recorder.segment_log import (
    FileBegan,
    FileEnded,
    GapEnded,
    RecordingBegan,
    SegmentLog,
    SessionBegan,
    SessionEnded,
    Wanted,
    latest_s,
    read_log,
    started_at,
)
from recorder.session import SessionRecorder
from recorder.shape import Shape
from recorder.tap import Attached, Detached, Item, Overflowed, Reported, Tap

log = structlog.get_logger(__name__)

# The taps are emptied this often. Waking for every packet would take the interpreter from the relay 200 times a second.
ROUND_S = 0.05
# Packets of one tap in one round, so that one stream cannot keep the others waiting: 40 000 a second.
ROUND_PACKETS = 2000
RETRY_S = 2.0
# The relay merges requests; this is for senders that do not answer.
KEYFRAME_REQUEST_S = 1.0
FREE_CHECK_S = 1.0

# lesson, code ("disk_full", "write_failed", "recovered"), an English sentence for the log.
Problem = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class StreamKey:
    lesson: str
    seat: str
    source: str


@dataclass(frozen=True, slots=True)
class DiskGuard:
    """No file begins below `start_bytes` of free disk; what is being written is closed in order below `stop_bytes`.

    The rest belongs to the journal and the database: a lesson goes on without its recording, not without them.
    """

    start_bytes: int = 1024**3
    stop_bytes: int = 256 * 1024**2


class LessonFiles:
    """A lesson's folder, its log, the recording's zero, and the next file's number. Lives on the writer's thread."""

    def __init__(self, root: Path, lesson: str, now: float, at: datetime) -> None:
        """Begins the recording, or goes on with one. `now` and `at` are the same instant on both clocks. OSError."""
        self.lesson = lesson
        self.folder = root / checked_id(lesson)
        make_folder(self.folder)
        self.log = SegmentLog(self.folder)
        lines = read_log(self.folder)
        began_at = started_at(lines)
        if began_at is None:
            began_at = at
            self.log.append(RecordingBegan(at), must=True)
        # A wall clock that was set back while the server was down must not put new files before old ones.
        self.zero = now - max((at - began_at).total_seconds(), latest_s(lines))
        self._number = max((_number(path.name) for path in self.folder.iterdir()), default=0)

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def at_s(self, instant: float) -> float:
        """A monotonic instant in the recording's time."""
        return round(instant - self.zero, 4)


def _number(name: str) -> int:
    parts = name.split(".")
    return int(parts[2]) if len(parts) > 3 and parts[2].isdecimal() else 0


class StreamWriter:
    """Records one stream: each publisher's session in turn. Lives on the writer's thread; nothing here raises."""

    def __init__(
        self,
        key: StreamKey,
        tap: Tap,
        since: float,
        files: Callable[[], LessonFiles],
        guard: DiskGuard,
        problem: Problem,
    ) -> None:
        """`since`: from when on the stream is wanted. `files` may raise OSError; it is asked again then."""
        self.key = key
        self._tap = tap
        self._since = since
        self._find_files = files
        self._files: LessonFiles | None = None
        self._guard = guard
        self._problem = problem
        self._session: SessionRecorder | None = None
        self._session_told = False
        self._not_before = self._requested = self._checked = -math.inf
        self._trouble = ""
        self._now = 0.0

    def round(self, now: float) -> None:
        """Everything that is due: packets, waits, the disk, the next keyframe."""
        self._now = now
        if self._files is None and not self._begin():
            return
        for _ in range(ROUND_PACKETS):
            item = self._tap.take()
            if item is None:
                self._guarded(self._tick)
                return
            self._guarded(partial(self._handle, item))

    def finish(self, now: float, *, unwanted: bool) -> None:
        """Write what has come so far and close the file. `unwanted`: the stream is not to be recorded any more."""
        self._now = now
        if self._files is None and not self._begin():
            return
        while (item := self._tap.take()) is not None:
            self._guarded(partial(self._handle, item))
        self._end_session()
        if unwanted and self._files is not None:
            self._files.log.append(Wanted(self.key.seat, self.key.source, self._files.at_s(now), False))

    def _begin(self) -> bool:
        """Find the lesson's folder, or try again in a while; the tap keeps what comes meanwhile, within its bounds."""
        if self._now < self._not_before:
            return False
        try:
            files = self._find_files()
            files.log.append(Wanted(self.key.seat, self.key.source, files.at_s(self._since), True), must=True)
        except Exception as error:
            self._not_before = self._now + RETRY_S
            self._tell(error)
            return False
        self._files = files
        return True

    def _handle(self, item: Item) -> None:
        if isinstance(item, Attached):
            self._end_session()
            self._session = SessionRecorder(item.tracks, self._open)
            self._session_told = False
            return
        session = self._session
        if session is None:
            return
        if isinstance(item, Packet):
            session.packet(item)
        elif isinstance(item, Reported):
            session.report(item.kind, item.report)
        elif isinstance(item, Overflowed):
            session.overflow(item.until)
            log.warning("recorder: queue full", lesson=self.key.lesson, packets=item.packets)
        elif isinstance(item, Detached):
            self._end_session()
        if not self._session_told and self._files is not None and session.first_packet is not None:
            self._session_told = True
            at_s = self._files.at_s(session.first_packet)
            self._files.log.append(SessionBegan(self.key.seat, self.key.source, at_s))

    def _tick(self) -> None:
        session = self._session
        if session is None or self._files is None:
            return
        session.tick(self._now)
        if session.segment is not None and self._now - self._checked >= FREE_CHECK_S:
            self._checked = self._now
            if free_bytes(self._files.folder) < self._guard.stop_bytes:
                session.close_file(self._now)
                raise OSError(errno.ENOSPC, "the disk is nearly full; the file was closed in good order")
        if session.wants_keyframe(self._now) and self._now - self._requested >= KEYFRAME_REQUEST_S:
            self._requested = self._now
            self._tap.request_keyframe()

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is None or session.first_packet is None or self._files is None:
            return
        end = session.last_packet
        try:
            end = session.finish(self._now)
        except Exception as error:
            session.give_up_file(self._now)
            self._tell(error)
        self._files.log.append(SessionEnded(self.key.seat, self.key.source, self._files.at_s(end)))

    def _guarded(self, step: Callable[[], None]) -> None:
        """An error costs the file, never the thread: what comes 2 s later goes into a new one."""
        try:
            step()
        except Exception as error:
            if self._session is not None:
                self._session.give_up_file(self._now)
                self._session.not_before = self._now + RETRY_S
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Report a problem once, until a file can be written again."""
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        code = "disk_full" if full else "write_failed"
        if not isinstance(error, OSError):
            log.exception("recorder: unexpected error", lesson=self.key.lesson, exc_info=error)
        if code != self._trouble:
            self._trouble = code
            self._problem(self.key.lesson, code, f"{self.key.seat}/{self.key.source}: {error}")

    def _open(self, shape: Shape, start: float) -> Segment | None:
        """The next file. OSError."""
        files = self._files
        if files is None:
            return None
        free = free_bytes(files.folder)
        if free < self._guard.start_bytes:
            raise OSError(errno.ENOSPC, f"{free} bytes are free, {self._guard.start_bytes} are needed to begin a file")
        name = f"{self.key.seat}.{self.key.source}.{files.next_number():04d}.{shape.suffix}"
        # The place in the lesson first: a line without its file is harmless, a file without its line has no place.
        began = FileBegan(
            self.key.seat, self.key.source, name, files.at_s(start), shape.codecs, shape.width, shape.height
        )
        files.log.append(began, must=True)
        file = NewFile(files.folder, name)
        try:
            segment = Segment(file, shape, start, self._gap_ended, self._file_ended)
        except Exception:
            file.close()
            raise
        if self._trouble:
            self._trouble = ""
            self._problem(self.key.lesson, "recovered", f"{self.key.seat}/{self.key.source}: goes on in {name}")
        return segment

    def _gap_ended(self, name: str, kind: Kind, from_s: float, to_s: float) -> None:
        if self._files is not None:
            self._files.log.append(GapEnded(name, kind, round(from_s, 4), round(to_s, 4)))

    def _file_ended(self, name: str, seconds: float, width: int, height: int) -> None:
        if self._files is not None:
            self._files.log.append(FileEnded(name, round(seconds, 4), width, height))


class Writer:
    """The thread. It starts with the first command and ends with `close`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._streams: dict[StreamKey, StreamWriter] = {}
        self._thread: threading.Thread | None = None

    def add(self, stream: StreamWriter) -> None:
        """Record a stream from now on."""
        self._post(partial(self._streams.__setitem__, stream.key, stream))

    def remove(self, keys: Iterable[StreamKey], *, unwanted: bool) -> "Future[None]":
        """Finish the files of these streams, as far as they are being recorded."""

        def finish() -> None:
            for key in keys:
                stream = self._streams.pop(key, None)
                if stream is not None:
                    stream.finish(self._clock(), unwanted=unwanted)

        return self.run(finish)

    def run(self, command: Callable[[], None]) -> "Future[None]":
        """Run something of a few milliseconds on the thread, after everything that was asked for before."""
        done: Future[None] = Future()

        def guarded() -> None:
            try:
                command()
            except Exception as error:
                done.set_exception(error)
            else:
                done.set_result(None)

        self._post(guarded)
        return done

    def close(self) -> None:
        """End the thread after what was asked for before; waits for it. Idempotent."""
        if self._thread is not None:
            self._commands.put(None)
            self._thread.join()
            self._thread = None

    def _post(self, command: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="recorder", daemon=True)
            self._thread.start()
        self._commands.put(command)

    def _loop(self) -> None:
        while True:
            try:
                command = self._commands.get(timeout=ROUND_S if self._streams else None)
            except queue.Empty:
                now = self._clock()
                for stream in self._streams.values():
                    try:
                        stream.round(now)
                    except Exception:
                        # Without this thread no lesson could be ended any more.
                        log.exception("recorder: round failed", lesson=stream.key.lesson)
                continue
            if command is None:
                return
            command()
