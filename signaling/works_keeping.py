"""Erases pictures of homework when their time is over: with the lesson's recording, or after the setting's days."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from classroom.store.audit import SERVER
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.clock import Clock
from signaling.works import Works

log = structlog.get_logger("works")

EVERY_S: Final = 6 * 3600.0


class WorksKeeping:
    """One round at the start, and then four a day. A crash in between costs nothing: the next round goes on."""

    def __init__(self, store: Store, works: Works, clock: Clock, kept_for: timedelta) -> None:
        self._store = store
        self._works = works
        self._clock = clock
        self._kept_for = kept_for
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """On the loop."""
        self._task = asyncio.create_task(self._run(), name="works keeping")

    async def close(self) -> None:
        """May be called again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def sweep(self) -> list[str]:
        """The lessons whose works are erased now."""
        at, erased = self._clock.at(), []
        old = set(await self._store.homework.kept_since(at - self._kept_for))
        for lesson in await self._store.homework.kept_since(at):
            recording = await self._store.recordings.get(lesson)
            is_over = lesson in old if recording is None else recording.state == "erased"
            if not is_over:
                continue
            # The pictures first: a row that is left behind is found again by the next round.
            await self._works.erase(lesson)
            await self._store.homework.erase(lesson, By(SERVER, at))
            erased.append(lesson)
        return erased

    async def _run(self) -> None:
        while True:
            try:
                if erased := await self.sweep():
                    log.info("works erased", lessons=erased)
            except Exception:
                log.exception("works are not erased")
            await asyncio.sleep(EVERY_S)
