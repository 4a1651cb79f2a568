"""Contents of uploaded files: kept under their hash in the data directory, private, of a few kinds only.

What a file is, its bytes say; its name is only shown. A content is whole and on the disk before any row points at it.
"""

import asyncio
import hashlib
import mmap
import os
import zipfile
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Final

import msgspec

from classroom.paper.packages import ENTRY
from signaling.incoming import Incoming
from signaling.problem import Problem

MAX_FILE_BYTES: Final = 50 * 2**20
PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
_HEADS: Final = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
_HEAD_BYTES: Final = 16
_PARTS_MAX: Final = 2_000


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A content that is on the disk."""

    sha256: str
    size: int
    media: str


class Contents:
    """The folder `files` of the data directory: `ab/abcd…`, and `incoming/` for what is still arriving."""

    def __init__(self, root: Path, free_min_bytes: int = 0) -> None:
        self._root = root
        self._incoming = Incoming(root, free_min_bytes)

    async def keep(self, chunks: AsyncIterable[bytes], *, is_table: bool = False) -> Content:
        """Take a content in, piece by piece; `is_table`: a csv too, which has no marks of its own.

        Raises Problem: file_kind_unknown, file_damaged, file_empty, disk_full, and what the pieces raise; nothing
        stays of a content that is not taken.
        """
        digest = hashlib.sha256()
        async with self._incoming.draft(chunks, digest.update) as draft:
            media = await asyncio.to_thread(_media, draft, is_table)
            size = (await asyncio.to_thread(draft.stat)).st_size
            await asyncio.to_thread(self._place, draft, digest.hexdigest())
        return Content(sha256=digest.hexdigest(), size=size, media=media)

    def sweep(self) -> None:
        """Drop what a crash left half arrived. Only while nobody uploads: at the start."""
        self._incoming.sweep()

    def path(self, sha256: str) -> Path:
        """Where a content lies."""
        return self._root / sha256[:2] / sha256

    def _place(self, draft: Path, sha256: str) -> None:
        place = self.path(sha256)
        place.parent.mkdir(exist_ok=True, mode=0o750)
        draft.replace(place)
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _media(path: Path, is_table: bool) -> str:
    """What the file is. Raises Problem: file_kind_unknown, file_damaged."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for begins, media in _HEADS:
        if head.startswith(begins):
            return media
    if not head.startswith(b"PK\x03\x04"):
        if is_table:
            return CSV
        raise Problem("file_kind_unknown")
    # Counted before anything is made of them: 50 MB of such lines would take 600 MB.
    if _parts(path) > _PARTS_MAX:
        raise Problem("file_kind_unknown")
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError):
        raise Problem("file_damaged") from None
    # A package with macros is not one that a colleague should be made to open.
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        raise Problem("file_kind_unknown")
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DOCX
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return XLSX
    raise Problem("file_kind_unknown")


def _parts(path: Path) -> int:
    """How often the mark stands in the file that begins each line of a package's list of parts."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        found, place = 0, whole.find(ENTRY)
        while place >= 0 and found <= _PARTS_MAX:
            found, place = found + 1, whole.find(ENTRY, place + 1)
        return found
