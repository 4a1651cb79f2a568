"""The log of a lesson's recording: what a crash must not take, one JSON line for each thing that happened.

`recordings/{lesson}/segments.log` is append-only. A file's own length is in the file; its place in the lesson and the
gaps in it are only here. A torn line costs that line. Times `_s` are seconds after the recording's start.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from recorder.disk import sync_folder

LOG_NAME = "segments.log"
# Lines that a full disk refused wait in memory; beyond this many the oldest go.
PENDING_LINES = 10_000


class Line(msgspec.Struct, frozen=True, tag_field="type"):
    """One line; `type` is the class name."""


class RecordingBegan(Line, frozen=True):
    """The zero of all times: server wall clock, aware UTC."""

    started_at: datetime


class Wanted(Line, frozen=True):
    """From `at_s` on the stream is to be recorded (`on`), or no longer. A crash leaves it on."""

    seat: str
    source: str
    at_s: float
    on: bool


class SessionBegan(Line, frozen=True):
    """A publisher's first packet."""

    seat: str
    source: str
    at_s: float


class SessionEnded(Line, frozen=True):
    """A publisher's last packet."""

    seat: str
    source: str
    at_s: float


class FileBegan(Line, frozen=True):
    seat: str
    source: str
    name: str
    offset_s: float
    codecs: list[str]
    width: int
    height: int


class GapEnded(Line, frozen=True):
    """In `name`, from `from_s` to `to_s` of the file's own time, there is no such track."""

    name: str
    kind: Literal["audio", "video"]
    from_s: float
    to_s: float


class FileEnded(Line, frozen=True):
    """The file is whole and on the disk. `width`, `height`: of its last keyframe."""

    name: str
    seconds: float
    width: int
    height: int


class Healed(Line, frozen=True):
    """`name`, made of what a page had kept, stands in for what was lost from `from_s` to `to_s` of the recording.

    `offset_s` is the file's zero. `device`: who had kept it; `uploaded_at`: server wall clock, aware UTC. `shift_s`:
    how far its sound was moved to agree with the recording beside it; null where nothing was compared.
    """

    seat: str
    source: str
    name: str
    offset_s: float
    seconds: float
    codecs: list[str]
    width: int
    height: int
    from_s: float
    to_s: float
    device: str
    uploaded_at: datetime
    shift_s: float | None


class RecordingStopped(Line, frozen=True):
    at_s: float


class PictureSampled(Line, frozen=True):
    """A keyframe in numbers (`recorder/senses.py`). `change`: to the one before; null for a session's first."""

    seat: str
    source: str
    at_s: float
    light: float
    peak: float
    change: float | None


class SoundSampled(Line, frozen=True):
    """How loud the loudest of some moments was between two instants, dB below full scale.

    `drift_s`: how far the picture then stood from where it belongs beside the sound; null where nothing tells.
    """

    seat: str
    source: str
    from_s: float
    to_s: float
    dbfs: float
    drift_s: float | None


class Turned(Line, frozen=True):
    """The microphone or the camera was turned off on purpose, or on again: silence and black are no faults then."""

    seat: str
    source: str
    kind: Literal["audio", "video"]
    at_s: float
    on: bool


AnyLine = (
    RecordingBegan
    | Wanted
    | SessionBegan
    | SessionEnded
    | FileBegan
    | GapEnded
    | FileEnded
    | PictureSampled
    | SoundSampled
    | Turned
    | Healed
    | RecordingStopped
)


class SegmentLog:
    """Appends to a lesson's log. Not for two threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pending: list[bytes] = []
        self._encoder = msgspec.json.Encoder()

    def append(self, line: AnyLine, *, must: bool = False) -> None:
        """Write a line. When the disk refuses it waits for the next one; with `must`, OSError instead."""
        self._pending.append(self._encoder.encode(line))
        del self._pending[:-PENDING_LINES]
        try:
            self._write(sync=must)
        except OSError:
            if must:
                self._pending.pop()
                raise

    def _write(self, *, sync: bool) -> None:
        path = self._folder / LOG_NAME
        is_new = not path.exists()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        try:
            # A newline on both sides: what a crash or a full disk has torn stays a line of its own.
            data = b"\n" + b"\n".join(self._pending) + b"\n"
            if os.write(descriptor, data) != len(data):
                raise OSError(f"{path} took only a part of a line")
            if sync:
                os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self._folder)
        self._pending.clear()


def read_log(folder: Path) -> list[AnyLine]:
    """The lines of a lesson's log, without those that are torn; none when there is no log."""
    try:
        data = (folder / LOG_NAME).read_bytes()
    except FileNotFoundError:
        return []
    decoder = msgspec.json.Decoder(AnyLine)
    lines: list[AnyLine] = []
    for raw in data.split(b"\n"):
        if not raw.strip():
            continue
        try:
            lines.append(decoder.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return lines


def started_at(lines: list[AnyLine]) -> datetime | None:
    """When the recording began, aware UTC; None when the log does not say."""
    return next((line.started_at.astimezone(UTC) for line in lines if isinstance(line, RecordingBegan)), None)


def latest_s(lines: list[AnyLine]) -> float:
    """The latest instant that the log speaks of, seconds after the recording's start; 0 for an empty one."""
    latest = 0.0
    offsets: dict[str, float] = {}
    for line in lines:
        if isinstance(line, FileBegan):
            offsets[line.name] = line.offset_s
            latest = max(latest, line.offset_s)
        elif isinstance(line, FileEnded):
            latest = max(latest, offsets.get(line.name, 0.0) + line.seconds)
        elif isinstance(line, Wanted | SessionBegan | SessionEnded | RecordingStopped):
            latest = max(latest, line.at_s)
    return latest
