"""SHA-256 of the finished files of a recording, in a process of its own that the disk hardly notices.

Run as `python -m recorder.hashing ROOT LESSON BYTES_PER_S`: a line of JSON for each file that is there.
"""

import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from recorder.child import end_with_the_server, say, stand_back
from recorder.library import Library

PIECE_BYTES: Final = 1 << 20


class Hashed(msgspec.Struct, frozen=True):
    """A file as it is now. `sha256` in hex."""

    name: str
    bytes: int
    sha256: str


def finished(library: Library, lesson: str) -> list[str]:
    """The files of a recording that are closed and will not change any more."""
    manifest = library.manifest(lesson)
    streams = manifest.streams if manifest else ()
    return [file.name for stream in streams for file in stream.files if file.finished]


def hashed(library: Library, lesson: str, bytes_per_s: int) -> Iterator[Hashed]:
    """Each finished file that is there, read no faster than so. OSError but for files that are missing."""
    for name in finished(library, lesson):
        try:
            yield _hashed(library.folder(lesson) / name, bytes_per_s)
        except FileNotFoundError:
            continue


def _hashed(path: Path, bytes_per_s: int) -> Hashed:
    digest, size, began = hashlib.sha256(), 0, time.monotonic()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            ahead_s = size / bytes_per_s - (time.monotonic() - began)
            if ahead_s > 0:
                time.sleep(ahead_s)
    return Hashed(path.name, size, digest.hexdigest())


def main() -> int:
    """`ROOT LESSON BYTES_PER_S`. When standard input ends the server is gone, and so is this process."""
    root, lesson, bytes_per_s = sys.argv[1:4]
    stand_back()
    end_with_the_server()
    for one in hashed(Library(Path(root)), lesson, int(bytes_per_s)):
        say(one)
    return 0


if __name__ == "__main__":
    sys.exit(main())
