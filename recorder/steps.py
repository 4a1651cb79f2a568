"""What the processes that make a file share: how far they are, and that they leave the disk its room."""

import errno
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from recorder.disk import free_bytes

CHECK_S: Final = 2.0
TELL_S: Final = 0.5


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """0 to 1."""

    done: float


class DiskFull(OSError):
    """The rest of the disk is kept for the lessons."""


class Steps:
    """Called with every second that is done: tells how far it is and keeps an eye on the disk."""

    def __init__(self, folder: Path, keep_free_bytes: int, seconds: float, tell: Callable[[Progress], None]) -> None:
        """`seconds`: how many there are; `folder` lies on the disk."""
        self._folder = folder
        self._keep = keep_free_bytes
        self._seconds = max(seconds, 0.001)
        self._tell = tell
        self._told = self._checked = -CHECK_S

    def __call__(self, at_s: float) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_S:
            self._told = now
            self._tell(Progress(round(min(0.99, at_s / self._seconds), 4)))
        if now - self._checked >= CHECK_S:
            self._checked = now
            self.check()

    def check(self) -> None:
        """Raises DiskFull."""
        free = free_bytes(self._folder)
        if free < self._keep:
            raise DiskFull(errno.ENOSPC, f"{free} bytes are free, {self._keep} are kept")


def sealed(path: Path) -> str:
    """The hash of what is on the disk for good."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
