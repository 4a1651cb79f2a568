"""Judging open months again after the rules of counting have changed: beside everything else, one month at a time.

Which months are to be done is written with the change itself, so that a restart only interrupts it.
"""

import asyncio

import structlog

from classroom.store.rejudgings import Rejudging
from classroom.store.store import Store
from signaling.clock import Clock
from signaling.records import Records

log = structlog.get_logger("rejudging")


class Rejudger:
    """Runs in the background; a change that comes meanwhile begins another run after it."""

    def __init__(self, store: Store, records: Records, clock: Clock) -> None:
        self._store = store
        self._records = records
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def begin(self) -> None:
        """Judge what has been asked for, now or before the last restart."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="judge open months again")

    async def close(self) -> None:
        """Stop. What was judged stays judged; the rest follows after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._again:
            self._again = False
            failed: set[Rejudging] = set()
            while left := [one for one in await self._store.rejudgings.asked() if one not in failed]:
                if not await self._judge(left[0]):
                    failed.add(left[0])

    async def _judge(self, one: Rejudging) -> bool:
        """Whether it could be done; else it is tried again after the next start or change."""
        try:
            lessons = await self._records.rebuild(one.month, self._clock.at())
            await self._store.rejudgings.done(one)
        except Exception:
            log.exception("could not judge again", month=one.month)
            return False
        log.info("judged again", month=one.month, lessons=lessons)
        return True
