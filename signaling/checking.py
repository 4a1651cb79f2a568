"""The media of a 课前检测: a page sends itself noise through the relay for seconds, to learn what its line carries.

A check is no lesson: its stream's key has no lesson in it, so that no journal, no recorder and no presence hears of it.
It is bounded in time, bytes, sessions and number, and what it sends is dropped by the page that gets it back.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from classroom.registry.facts import Link
from classroom.relay.session import Link as Line
from classroom.relay.session import Session
from classroom.store.ids import new_token
from signaling.clock import Clock
from signaling.problem import Problem

MEDIA_S: Final = 40.0
"""A page needs fifteen seconds, a slow one twice that."""
LIFE_S: Final = 180.0
"""So long its figures may come after it began."""
MAX_BYTES: Final = 24 * 2**20
"""What one check may send: 20 s at ten megabits a second."""
MAX_VIEWS: Final = 4
MAX_AT_ONCE: Final = 4
"""With media, over all: lessons have the line for themselves but for these."""
MAX_STRANGERS: Final = 1
"""Of them without a link: they never keep a classroom waiting."""
MAX_RUNS: Final = 200
LOOK_EVERY_S: Final = 0.5


class Relay(Protocol):
    """What a check asks of the relay."""

    def publish(self, stream: str, offer: str, *, group: str) -> Session: ...
    def subscribe(self, stream: str, subscriber: str, offer: str, *, group: str) -> Session: ...
    def end(self, session: str) -> bool: ...
    def link(self, session: str) -> Line | None: ...


@dataclass(slots=True)
class Run:
    """One check. `link` None: somebody without one. `began`, `looked`: monotonic seconds; `bytes`: what it has sent."""

    ticket: str
    stream: str
    link: Link | None
    began: float
    looked: float
    bytes: float = 0.0
    has_media: bool = True
    publisher: str | None = None
    views: list[str] = field(default_factory=list)


class Checking:
    """Every check that is under way, the oldest first."""

    def __init__(self, relay: Relay, clock: Clock, new_id: Callable[[], str]) -> None:
        self._relay = relay
        self._clock = clock
        self._new_id = new_id
        self._runs: dict[str, Run] = {}
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watching = asyncio.create_task(self._watch(), name="checks")

    async def close(self) -> None:
        """Ends every check. May be called again."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
            self._watching = None
        for run in list(self._runs.values()):
            self.end(run)

    def begin(self, link: Link | None) -> Run:
        """A new check; an older one of the same link ends. Raises Problem(too_many_checks)."""
        if link is not None:
            self.end_of(link.id)
        active = [run for run in self._runs.values() if run.has_media]
        strangers = sum(run.link is None for run in active)
        if len(active) >= MAX_AT_ONCE or (link is None and strangers >= MAX_STRANGERS):
            raise Problem("too_many_checks", more={"retry_after_s": 5})
        while len(self._runs) >= MAX_RUNS:
            self.end(next(iter(self._runs.values())))
        now = self._clock.now()
        # Without a slash it is the name of no lesson's stream.
        run = Run(new_token(), f"check-{self._new_id()}", link, now, now)
        self._runs[run.ticket] = run
        return run

    def find(self, ticket: str) -> Run:
        """The check of a ticket. Raises Problem(check_over)."""
        run = self._runs.get(ticket)
        if run is None:
            raise Problem("check_over")
        return run

    def publish(self, ticket: str, offer: str) -> Session:
        """It begins to send. Raises Problem(check_over), OfferError."""
        run = self._with_media(ticket)
        session = self._relay.publish(run.stream, offer, group=run.stream)
        run.publisher, run.looked = session.id, self._clock.now()
        return session

    def view(self, ticket: str, offer: str) -> Session:
        """It gets back what it sends. Each view is a line of its own, so that none is held back for another.

        Raises Problem: check_over, too_many_sessions; OfferError.
        """
        run = self._with_media(ticket)
        if len(run.views) >= MAX_VIEWS:
            raise Problem("too_many_sessions")
        key = f"{run.stream}-{len(run.views)}"
        session = self._relay.subscribe(run.stream, key, offer, group=key)
        run.views.append(session.id)
        return session

    def end(self, run: Run) -> None:
        """Its media, and its ticket."""
        self._hang_up(run)
        self._runs.pop(run.ticket, None)

    def end_of(self, link: str) -> None:
        """Whatever this link has under way."""
        for run in [run for run in self._runs.values() if run.link is not None and run.link.id == link]:
            self.end(run)

    def look(self, now: float) -> None:
        """End the media of those that have had enough, and the tickets of those that never came back."""
        for run in list(self._runs.values()):
            line = None if run.publisher is None else self._relay.link(run.publisher)
            if line is not None:
                run.bytes += line.in_bps / 8 * (now - run.looked)
            run.looked = now
            if run.has_media and (run.bytes > MAX_BYTES or now - run.began > MEDIA_S):
                self._hang_up(run)
            if now - run.began > LIFE_S:
                self.end(run)

    def _with_media(self, ticket: str) -> Run:
        run = self.find(ticket)
        if not run.has_media:
            raise Problem("check_over")
        return run

    def _hang_up(self, run: Run) -> None:
        run.has_media = False
        for session in (run.publisher, *run.views):
            if session is not None:
                self._relay.end(session)
        run.publisher = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look(self._clock.now())
