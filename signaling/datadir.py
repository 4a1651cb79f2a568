"""The data directory: who holds it, and how the command line finds the server that does."""

import fcntl
import os
from pathlib import Path
from typing import Self

import msgspec


class DataBusy(Exception):
    """Another process holds this data directory."""


class ServerInfo(msgspec.Struct, frozen=True):
    """`server.json` (0600): where the running server answers, and the secret for the command line on this machine."""

    pid: int
    url: str
    secret: str
    udp_port: int


class DataDirectory:
    """Holds the directory with a lock for as long as the object is open; a crash frees it by itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock: int | None = None

    def open(self) -> Self:
        """Create what is missing and take the lock. Raises DataBusy, OSError."""
        for folder in (
            self.root,
            self.recordings,
            self.files,
            self.courseware,
            self.exports,
            self.uploads,
            self.library,
            self.root / "log",
        ):
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        lock = os.open(self.root / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise DataBusy(str(self.root)) from error
        self._lock = lock
        return self

    @property
    def recordings(self) -> Path:
        return self.root / "recordings"

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def works(self) -> Path:
        return self.root / "works"

    @property
    def courseware(self) -> Path:
        return self.root / "courseware"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def uploads(self) -> Path:
        return self.root / "uploads"

    @property
    def library(self) -> Path:
        return self.root / "library"

    @property
    def _info(self) -> Path:
        return self.root / "server.json"

    def announce(self, info: ServerInfo) -> None:
        """Write `server.json`, readable by the owner alone."""
        draft = self._info.with_suffix(".tmp")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(info))
        draft.replace(self._info)

    def server(self) -> ServerInfo | None:
        """The running server's `server.json`, or None when there is none or it cannot be read."""
        try:
            return msgspec.json.decode(self._info.read_bytes(), type=ServerInfo)
        except (OSError, msgspec.DecodeError):
            return None

    def close(self) -> None:
        """Free the directory. Idempotent."""
        if self._lock is None:
            return
        self._info.unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = None
