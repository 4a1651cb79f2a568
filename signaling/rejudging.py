"""Judging open months again after the rules of counting have changed: beside everything else, one run at a time."""

import asyncio
from datetime import datetime

import structlog

from classroom.ledger.months import local_date
from classroom.store.store import Store
from signaling.records import Records

log = structlog.get_logger("rejudging")


class Rejudging:
    """Runs in the background; a change that comes meanwhile begins another run after it."""

    def __init__(self, store: Store, records: Records) -> None:
        self._store = store
        self._records = records
        self._task: asyncio.Task[None] | None = None
        self._again: datetime | None = None

    def begin(self, at: datetime) -> None:
        """Judge every month again that has begun and whose 附件2 has not gone out."""
        self._again = at
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="judge open months again")

    async def close(self) -> None:
        """Stop. What was judged stays judged; the rest follows when the rules change again or a month is rebuilt."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while (at := self._again) is not None:
            self._again = None
            months = await self._store.months.through(local_date(at))
            sent = await self._store.returns.sent_months()
            for month in reversed([row.month for row in months if row.start_at <= at and row.month not in sent]):
                lessons = await self._records.rebuild(month, at)
                if lessons:
                    log.info("judged again", month=month, lessons=lessons)
