"""The writer's thread: it drains the taps and writes the files, so that no disk ever holds up the event loop."""

import errno
import math
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from classroom.relay.rtp import Kind, Packet
from recorder.checks import StreamChecks
from recorder.disk import NewFile, checked_id, free_bytes, is_full, make_folder
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
from recorder.streaks import CheckRules, Fault
from recorder.tap import Attached, Detached, Item, Overflowed, Reported, Tap
from recorder.worth import DiskGuard

log = structlog.get_logger(__name__)

# The taps are emptied this often, and what came is written together: it is what a kill of the process costs. Half as
# long costs a third more CPU; waking for every packet would take the interpreter from the relay 200 times a second.
ROUND_S = 0.1
# Packets of one tap in one round, so that one stream cannot keep the others waiting: 40 000 a second.
ROUND_PACKETS = 2000
RETRY_S = 2.0
# The relay merges requests; this is for senders that do not answer.
KEYFRAME_REQUEST_S = 1.0
FREE_CHECK_S = 1.0

T = TypeVar("T")

# lesson, code ("disk_low", "disk_full", "write_failed", "recovered"), an English sentence for the log.
Problem = Callable[[str, str, str], None]
# lesson, seat, source, what is wrong with the stream's sound and picture now.
Warning = Callable[[str, str, str, frozenset[Fault]], None]


@dataclass(frozen=True, slots=True)
class StreamKey:
    lesson: str
    seat: str
    source: str


@dataclass(frozen=True, slots=True)
class Checking:
    """How streams are checked while they are recorded: by which rules, on which thread, and who is told."""

    rules: CheckRules
    pool: Executor
    warn: Warning


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
        checking: Checking,
        problem: Problem,
    ) -> None:
        """`since`: from when on the stream is wanted. `files` may raise OSError; it is asked again then."""
        self.key = key
        self._tap = tap
        self._since = since
        self._find_files = files
        self._files: LessonFiles | None = None
        self._guard = guard
        self._checking = checking
        self._checks: StreamChecks | None = None
        self._off: dict[Kind, bool] = {}
        self._problem = problem
        self._session: SessionRecorder | None = None
        self._session_told = False
        self._not_before = self._requested = self._checked = -math.inf
        self._trouble = ""
        self._thin = False
        self._thinned = ""
        """The file that holds sound alone because there is no room for the pictures."""
        self._now = 0.0

    def round(self, now: float) -> None:
        """Everything that is due: packets, waits, the disk, the next keyframe."""
        self._now = now
        if self._files is None and not self._begin():
            return
        if not self._drain():
            return
        try:
            self._tick()
        except Exception as error:
            self._give_up(error)

    def finish(self, now: float, *, unwanted: bool) -> None:
        """Write what has come so far and close the file. `unwanted`: the stream is not to be recorded any more."""
        self._now = now
        if self._files is None and not self._begin():
            return
        while not self._drain():
            pass
        self._end_session()
        if self._checks is not None:
            self._checks.end()
        if unwanted and self._files is not None:
            self._files.log.append(Wanted(self.key.seat, self.key.source, self._files.at_s(now), False))

    def under_way(self) -> list["Future[Any]"]:
        """What its checks are still looking at and listening to."""
        return [] if self._checks is None else self._checks.under_way()

    def settle(self) -> None:
        """After `finish`: keep what has come of that."""
        if self._checks is not None:
            self._checks.settle()

    def turned(self, kind: Kind, on: bool, now: float) -> None:
        """Microphone or camera was turned off on purpose, or on again."""
        if self._checks is None:
            self._off[kind] = not on
        else:
            self._checks.turned(kind, on, now)

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
        key, checking = self.key, self._checking
        self._checks = StreamChecks(
            key.seat,
            key.source,
            at_s=files.at_s,
            segment_log=files.log,
            pool=checking.pool,
            rules=checking.rules,
            warn=partial(checking.warn, key.lesson, key.seat, key.source),
        )
        for kind, is_off in self._off.items():
            self._checks.turned(kind, not is_off, self._since)
        return True

    def _drain(self) -> bool:
        """Handle what has come, a round's measure at most; whether that was all."""
        budget = iter(range(ROUND_PACKETS))
        while True:
            try:
                for _ in budget:
                    item = self._tap.take()
                    if item is None:
                        return True
                    session = self._session
                    if session is not None and self._session_told and isinstance(item, Packet):
                        session.packet(item)
                    else:
                        self._handle(item)
                return False
            except Exception as error:
                self._give_up(error)

    def _handle(self, item: Item) -> None:
        if isinstance(item, Attached):
            self._end_session()
            assert self._checks is not None
            begun = self._session = SessionRecorder(item.tracks, self._open, self._checks.frame)
            begun.sound_only = self._thin
            self._session_told = False
            video = item.tracks.get("video")
            self._checks.begin(video.codec if video is not None else "", lambda: begun.drift_s)
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
        if self._checks is not None:
            self._checks.round()
        if self._now - self._checked >= FREE_CHECK_S:
            self._checked = self._now
            self._see_to_room(session, free_bytes(self._files.folder))
        if session.wants_keyframe(self._now) and self._now - self._requested >= KEYFRAME_REQUEST_S:
            self._requested = self._now
            self._tap.request_keyframe()

    def _see_to_room(self, session: SessionRecorder, free: int) -> None:
        """Give up what is worth least while there is little room, and take it up again. OSError when there is none."""
        where = (self.key.seat, self.key.source)
        if free < self._guard.goes_at(*where, pictures=False):
            if session.segment is None:
                return
            session.close_file(self._now)
            raise OSError(errno.ENOSPC, "the disk is nearly full; the file was closed in good order")
        if not self._thin and free < self._guard.goes_at(*where, pictures=True):
            self._thin_out(session, free)
        elif self._thin and free >= self._guard.comes_at(*where, pictures=True):
            self._thin = session.sound_only = False

    def _thin_out(self, session: SessionRecorder, free: int) -> None:
        self._thin = True
        session.keep_sound_only(self._now)
        if not session.has_sound:
            # Of one that has, it is told when the file of sound alone has begun: there may be no room for that either.
            self._report("disk_low", f"{free} bytes are free: no pictures any more")

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
        if self._checks is not None:
            self._checks.end()
        self._files.log.append(SessionEnded(self.key.seat, self.key.source, self._files.at_s(end)))

    def _give_up(self, error: Exception) -> None:
        """An error costs the file, never the thread: what comes 2 s later goes into a new one."""
        if self._session is not None:
            self._session.give_up_file(self._now)
            self._session.not_before = self._now + RETRY_S
        self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Report a problem once, until a file can be written again."""
        code = "disk_full" if is_full(error) else "write_failed"
        if not isinstance(error, OSError):
            log.exception("recorder: unexpected error", lesson=self.key.lesson, exc_info=error)
        self._report(code, str(error))

    def _report(self, code: str, sentence: str) -> None:
        if code != self._trouble:
            self._trouble = code
            self._problem(self.key.lesson, code, f"{self.key.seat}/{self.key.source}: {sentence}")

    def _open(self, shape: Shape, start: float) -> Segment | None:
        """The next file. OSError."""
        files = self._files
        if files is None:
            return None
        free, where = free_bytes(files.folder), (self.key.seat, self.key.source)
        needed = self._guard.comes_at(*where, pictures=False)
        if free < needed:
            raise OSError(errno.ENOSPC, f"{free} bytes are free, {needed} are needed to begin a file")
        if shape.video and free < self._guard.comes_at(*where, pictures=True) and self._session is not None:
            self._thin_out(self._session, free)
            return None
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
        if self._thin:
            self._thinned = name
            self._report("disk_low", f"sound alone goes on in {name}")
        elif self._trouble:
            self._trouble = ""
            self._problem(self.key.lesson, "recovered", f"{self.key.seat}/{self.key.source}: goes on in {name}")
        return segment

    def _gap_ended(self, name: str, kind: Kind, from_s: float, to_s: float) -> None:
        if self._files is not None:
            self._files.log.append(GapEnded(name, kind, round(from_s, 4), round(to_s, 4)))

    def _file_ended(self, name: str, seconds: float, width: int, height: int) -> None:
        if self._files is not None:
            if name == self._thinned:
                self._files.log.append(GapEnded(name, "video", 0.0, round(seconds, 4)))
            self._files.log.append(FileEnded(name, round(seconds, 4), width, height))


@dataclass(frozen=True, slots=True)
class Finished:
    """Streams whose files are closed, and what their checks had under way then: to be waited for off the thread."""

    streams: list[StreamWriter]
    under_way: list["Future[Any]"]

    def settle(self) -> None:
        """Keep what has come of it meanwhile. On the writer's thread, before the recording ends."""
        for stream in self.streams:
            stream.settle()


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

    def remove(self, keys: Iterable[StreamKey], *, unwanted: bool) -> "Future[Finished]":
        """Finish the files of these streams, as far as they are being recorded."""

        def finish() -> Finished:
            streams = [self._streams.pop(key) for key in keys if key in self._streams]
            for stream in streams:
                stream.finish(self._clock(), unwanted=unwanted)
            return Finished(streams, [future for stream in streams for future in stream.under_way()])

        return self.run(finish)

    def turned(self, key: StreamKey, kind: Kind, on: bool) -> None:
        """A stream's microphone or camera was turned off on purpose, or on again."""

        def turned() -> None:
            stream = self._streams.get(key)
            if stream is not None:
                stream.turned(kind, on, self._clock())

        self.run(turned)

    def run(self, command: Callable[[], T]) -> "Future[T]":
        """Run something of a few milliseconds on the thread, after everything that was asked for before."""
        done: Future[T] = Future()

        def guarded() -> None:
            try:
                result = command()
            except Exception as error:
                done.set_exception(error)
            else:
                done.set_result(result)

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
