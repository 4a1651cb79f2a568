"""Whether recordings are what they were: sums of their files are taken once after the lesson, and compared since."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import structlog

from classroom.store.recordings import Fault, FileSum
from classroom.store.store import Store
from recorder.apart import apart
from recorder.hashing import Hashed
from recorder.library import Library

log = structlog.get_logger("integrity")

BYTES_PER_S: Final = 32 * 2**20
"""Of the disk that lessons are being recorded on."""
EVERY: Final = timedelta(days=7)
AT_ONCE: Final = 50
"""Lessons between two looks at what else is to be done: an hour of a county holds fewer."""


class Integrity:
    """Takes and compares sums, one lesson after the other."""

    def __init__(self, store: Store, root: Path) -> None:
        """`root`: the folder of all recordings."""
        self._store = store
        self._root = root
        self._library = Library(root)
        self._going_round = asyncio.Lock()

    async def go_round(self, at: datetime) -> None:
        """Sums of recordings that have none; then those whose last check is a week ago: some of each. One round waits
        for the other, or both would sum the same. OSError."""
        async with self._going_round:
            summed = 0
            for lesson in await self._store.recordings.to_sum():
                # What a crash has left unfinished for good has none.
                if summed < AT_ONCE and await asyncio.to_thread(self._library.is_whole, lesson):
                    await self._sum(lesson, at)
                    summed += 1
            for lesson in await self._store.recordings.to_check(at - EVERY, AT_ONCE):
                await self.check(lesson, at)

    async def check(self, lesson: str, at: datetime) -> Mapping[str, Fault] | None:
        """What is wrong with the files of a recording, by name; None where they could not be read now."""
        found = await self._hash(lesson)
        if found is None:
            return None
        known = await self._store.recordings.files(lesson)
        faults = compared(known, found)
        # What pages have put back since stands beside what was recorded, and is watched over from now on.
        new = found.keys() - {one.name for one in known}
        await self._store.recordings.checked(lesson, faults, at, [_sum_of(found[name]) for name in sorted(new)])
        if faults:
            log.error("recording damaged", lesson=lesson, files=sorted(faults))
        return faults

    async def _sum(self, lesson: str, at: datetime) -> None:
        found = await self._hash(lesson)
        if found is not None:
            await self._store.recordings.summed(lesson, [_sum_of(one) for one in found.values()], at)

    async def _hash(self, lesson: str) -> dict[str, Hashed] | None:
        async with apart("recorder.hashing", str(self._root), lesson, str(BYTES_PER_S)) as process:
            said = await process.answers.read()
            code = await process.wait()
        if code != 0:
            log.warning("recording cannot be read", lesson=lesson, code=code)
            return None
        lines = [msgspec.json.decode(line, type=Hashed) for line in said.splitlines()]
        return {one.name: one for one in lines}


def _sum_of(one: Hashed) -> FileSum:
    return FileSum(name=one.name, bytes=one.bytes, sha256=one.sha256)


def compared(sums: list[FileSum], found: Mapping[str, Hashed]) -> dict[str, Fault]:
    """What is wrong with files, by name."""
    faults: dict[str, Fault] = {}
    for one in sums:
        now = found.get(one.name)
        if now is None:
            faults[one.name] = "missing"
        elif (now.bytes, now.sha256) != (one.bytes, one.sha256):
            faults[one.name] = "changed"
    return faults
