"""Keeps recordings, and erases them by rule: what ends is announced in time, and erasing once begun is finished."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog

from classroom.keeping.errors import KeepingError
from classroom.keeping.retention import Rule, Standing, Terms, is_due, is_to_be_announced
from classroom.ledger.months import local_date
from classroom.store.audit import SERVER
from classroom.store.recordings import Kept
from classroom.store.registry import By
from classroom.store.store import Store
from recorder.erasing import erase
from signaling.clock import Clock
from signaling.exports import Exporter
from signaling.integrity import Integrity

log = structlog.get_logger("keeping")

ROUND_S: Final = 3600.0
AFTER_ERROR_S: Final = 60.0


class Maker(Protocol):
    """What the keeper asks of who makes something of recordings, or adds to them."""

    async def drop(self, lesson: str) -> None:
        """Nothing is made of this lesson any more once this returns."""


class Keeper:
    """The rounds of every hour. On the event loop; disks are read and erased elsewhere."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        recordings: Path,
        terms: Terms,
        *,
        exporter: Exporter,
        makers: Sequence[Maker],
        sever: Callable[[str], None],
    ) -> None:
        """`sever(lesson)` ends what is being played or downloaded of a lesson."""
        self._store = store
        self._clock = clock
        self._root = recordings
        self.terms = terms
        self._exporter = exporter
        self._makers = makers
        self._sever = sever
        self._integrity = Integrity(store, recordings)
        self._wake = asyncio.Event()
        self._entering = asyncio.Lock()
        self._erasing = asyncio.Lock()
        self._round: asyncio.Task[None] | None = None
        self.damaged = 0

    async def start(self) -> None:
        """Finish what a crash has left half erased, and begin."""
        await self._finish_erasing()
        there = await asyncio.to_thread(_folders, self._root)
        for kept in await self._store.recordings.in_state("erased"):
            if kept.lesson in there:
                # Copied back from a backup, say: what was erased stays erased.
                await asyncio.to_thread(erase, self._root, kept.lesson)
        self._round = asyncio.create_task(self._run(), name="keep recordings")

    async def close(self) -> None:
        """Stop; what is being erased is finished after the next start. Idempotent."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
            self._round = None

    def wake(self) -> None:
        """A lesson is over and its files are closed: sum them up without waiting for the hour."""
        self._wake.set()

    async def erase(self, lesson: str, rule: Rule, reason: str | None, by: By) -> None:
        """Erase a recording now. Raises KeepingError: recording_held, recording_erased; OSError, when files stay for
        now: they go with the next round, and nobody gets them."""
        await self._store.recordings.erasing(lesson, rule, reason, by)
        await self._finish(lesson)

    async def go_round(self) -> None:
        """Enter lessons that are over, finish erasing, announce, erase, look after sums."""
        await self.enter()
        await self._finish_erasing()
        at = self._clock.at()
        today = local_date(at)
        for kept in await self._store.recordings.in_state("kept"):
            standing = standing_of(kept)
            if is_to_be_announced(standing, self.terms, today):
                await self._store.recordings.warn(kept.lesson, today, at)
            elif is_due(standing, self.terms, today):
                # Held in this very moment: then it stays.
                with contextlib.suppress(KeepingError):
                    await self.erase(kept.lesson, "retention", None, By(SERVER, at))
        await self._store.recordings.erase_unrecorded(at - timedelta(days=self.terms.keep_days), By(SERVER, at))
        await self._integrity.go_round(at)
        self.damaged = (await self._store.recordings.counts())["faulty"]

    async def enter(self) -> None:
        """Lessons that are over are kept from now on; what a class has withdrawn from nobody sees."""
        async with self._entering:
            ended = await self._store.recordings.unentered()
            if not ended:
                return
            days = {lesson: local_date(at) for lesson, at in ended.items()}
            withdrawn: dict[str, list[str]] = {}
            for lesson, day in days.items():
                # A class that withdrew in the middle of the lesson sits in what was recorded until then.
                classes = await self._store.lessons.class_ids(lesson)
                standings = await self._store.consents.standings(classes, "recording", day)
                withdrawn[lesson] = [one for one in classes if standings[one] == "withdrawn"]
            await self._store.recordings.enter(days, withdrawn, By(SERVER, self._clock.at()))

    async def _finish_erasing(self) -> None:
        for kept in await self._store.recordings.in_state("erasing"):
            try:
                await self._finish(kept.lesson)
            except OSError:
                log.exception("files of an erased recording stay", lesson=kept.lesson)

    async def _finish(self, lesson: str) -> None:
        """Everything that was made of the lesson goes; the evidence of what was taught stands elsewhere and stays."""
        async with self._erasing:
            self._sever(lesson)
            for export in await self._store.exports.of_lesson(lesson):
                await self._exporter.drop(export.id, SERVER)
            for maker in self._makers:
                await maker.drop(lesson)
            await asyncio.to_thread(erase, self._root, lesson)
            await self._store.recordings.erased(lesson, By(SERVER, self._clock.at()))
            log.info("recording erased", lesson=lesson)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            pause_s = ROUND_S
            try:
                await self.go_round()
            except Exception:
                log.exception("recordings cannot be looked after")
                pause_s = AFTER_ERROR_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause_s)


def _folders(root: Path) -> set[str]:
    return {one.name for one in root.iterdir()} if root.is_dir() else set()


def standing_of(kept: Kept) -> Standing:
    """What the rule of retention looks at."""
    return Standing(
        ended_on=kept.ended_on,
        until=kept.until,
        warned_on=kept.warned_on,
        asked_on=_day(kept),
        is_held=kept.held_at is not None,
        is_published=kept.published,
    )


def _day(kept: Kept) -> date | None:
    return None if kept.asked_at is None else local_date(kept.asked_at)
