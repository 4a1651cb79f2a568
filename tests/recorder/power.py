"""A disk that loses power: what is written is noted, and what a cut would have left is laid out in another folder.

Promised is only what was synced: the bytes of a file up to its last fdatasync, and its name after an fsync of its
folder. Of the rest a real disk keeps anything, so that each cut is laid out in several ways.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

Way = Literal["synced", "torn", "zeros"]
"""Of what was not synced: nothing; the first half of it, in the order of writing; its length, but zeros in it."""
WAYS: tuple[Way, ...] = ("synced", "torn", "zeros")


@dataclass
class _File:
    synced: bytes = b""
    data: bytearray = field(default_factory=bytearray)
    is_named: bool = False
    """Its name is on the disk."""


class Disk:
    """Notes what the code under test does to the files below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[int, Path] = {}
        self._files: dict[Path, _File] = {}
        self.syncs = 0

    def lay_out(self, target: Path, way: Way) -> Path:
        """What a cut at this moment would leave."""
        for path, file in self._files.items():
            if not file.is_named and way != "torn":
                continue
            place = target / path.relative_to(self._root)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_left(file, way))
        return target

    @contextmanager
    def watching(self, monkeypatch: pytest.MonkeyPatch) -> Iterator["Disk"]:
        with monkeypatch.context() as patch:
            for name in ("open", "write", "pwrite", "fdatasync", "fsync", "close", "unlink", "rename", "replace"):
                patch.setattr(os, name, self._noted(name, getattr(os, name)))
            yield self

    def _noted(self, name: str, real: Any) -> Any:
        note = getattr(self, f"_on_{name}")

        def noted(*given: Any, **more: Any) -> Any:
            result = real(*given, **more)
            note(result, *given)
            return result

        return noted

    def _on_open(self, descriptor: int, path: Any, flags: int, *more: Any) -> None:
        path = Path(path)
        if self._root in path.parents or path == self._root:
            self._open[descriptor] = path
            if flags & os.O_CREAT and path not in self._files:
                self._files[path] = _File()

    def _on_write(self, count: int, descriptor: int, data: bytes) -> None:
        if (path := self._open.get(descriptor)) is not None:
            self._files[path].data += bytes(data)[:count]

    def _on_pwrite(self, count: int, descriptor: int, data: bytes, offset: int) -> None:
        if (path := self._open.get(descriptor)) is not None:
            self._files[path].data[offset : offset + count] = bytes(data)[:count]

    def _on_fdatasync(self, _: None, descriptor: int) -> None:
        if (path := self._open.get(descriptor)) is not None and path in self._files:
            self.syncs += 1
            self._files[path].synced = bytes(self._files[path].data)

    def _on_fsync(self, _: None, descriptor: int) -> None:
        folder = self._open.get(descriptor)
        self._on_fdatasync(None, descriptor)
        for path, file in self._files.items():
            if path.parent == folder:
                file.is_named = True

    def _on_close(self, _: None, descriptor: int) -> None:
        self._open.pop(descriptor, None)

    def _on_unlink(self, _: None, path: Any, *more: Any) -> None:
        self._files.pop(Path(path), None)

    def _on_rename(self, _: None, source: Any, target: Any, *more: Any) -> None:
        if (file := self._files.pop(Path(source), None)) is not None:
            self._files[Path(target)] = file

    _on_replace = _on_rename


def _left(file: _File, way: Way) -> bytes:
    if way == "synced":
        return file.synced
    more = len(file.data) - len(file.synced)
    # What was patched since, at the beginning, may be there or not: with "torn" it is.
    if way == "torn":
        return bytes(file.data[: len(file.synced) + more // 2])
    return file.synced + bytes(more)
