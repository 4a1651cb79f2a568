"""Files of recordings on the disk: made new or not at all, inside their folder or not at all."""

import errno
import os
import re
from pathlib import Path

# Ids become names of folders and parts of file names. No dot: it separates the parts of a name.
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\.[A-Za-z0-9_-]{1,64}){1,4}")
# Of a file that takes its real name once it is whole.
PART_SUFFIX = ".part"


def checked_id(value: str) -> str:
    """The id itself, if it may be part of a path; ValueError otherwise."""
    if not SAFE_ID.fullmatch(value):
        raise ValueError(f"not an id: {value!r}")
    return value


def checked_name(value: str) -> str:
    """The file name itself, if it stays inside its folder; ValueError otherwise."""
    if not SAFE_NAME.fullmatch(value):
        raise ValueError(f"not a file name: {value!r}")
    return value


def make_folder(path: Path) -> None:
    """A folder that only the server may read, with its parents; it may exist. OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make names in a folder survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_bytes(path: Path) -> int:
    """What the server may still write on the disk of `path`, or of its nearest parent that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def is_full(error: BaseException) -> bool:
    """Whether it says that there is no room, on the disk or in somebody's part of it; libav's errors say so as well."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)


def write_atomically(folder: Path, name: str, data: bytes) -> None:
    """Replace a file whole: whoever reads it sees the old or the new one, also after a loss of power. OSError."""
    part = folder / f"{checked_name(name)}{PART_SUFFIX}"
    part.unlink(missing_ok=True)
    file = NewFile(folder, part.name)
    try:
        file.write(data)
        file.sync()
    except OSError:
        part.unlink(missing_ok=True)
        raise
    finally:
        file.close()
    part.rename(folder / name)
    sync_folder(folder)


class NewFile:
    """A file that did not exist before, written without a buffer of our own.

    What `write` returned from is in the kernel: killing the process loses none of it. `sync` makes it survive a loss of
    power. After one failed write every other fails the same way, so that nothing half right is written behind it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """FileExistsError when there is such a name; other OSErrors as they come; ValueError for an unsafe name."""
        self.path = folder / checked_name(name)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, 0o600)
        self._failed: OSError | None = None
        self._named = False
        self._closed = False

    def write(self, data: bytes) -> int:
        """Write all of it at the current position; OSError."""
        if self._failed is not None:
            raise self._failed
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            self._failed = error
            raise
        return len(data)

    def patch(self, offset: int, data: bytes) -> None:
        """Overwrite bytes that were written before; the position stays. OSError."""
        if self._failed is not None:
            raise self._failed
        os.pwrite(self._descriptor, data, offset)

    def read(self, size: int) -> bytes:
        return os.read(self._descriptor, size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def tell(self) -> int:
        return os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def sync(self) -> None:
        """OSError: on some systems a full disk is only found out here. The first time the name is synced, too."""
        os.fdatasync(self._descriptor)
        if not self._named:
            sync_folder(self.path.parent)
            self._named = True

    def close(self) -> None:
        """Idempotent."""
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)
