"""One live lesson: a task with a bounded inbox. Commands come in; events go to the journal, and only then to the pages.

The journal is the truth: what could not be appended has not happened, and nobody has been told of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import msgspec
import structlog

from classroom.ledger.fairness import spoken
from classroom.lesson import seats, state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import (
    AnyEvent,
    LessonEnded,
    RungChanged,
    StreamFlowing,
    TalkSet,
)
from classroom.lesson.heartbeat import Heartbeat
from classroom.lesson.lesson import Lesson
from classroom.lesson.scene import rotate
from classroom.lesson.talk import TALK
from classroom.relay.session import Flow, Link
from classroom.store.audit import Actor
from classroom.store.journal import JournalConflict
from classroom.store.store import Store
from signaling.clock import Clock
from signaling.commands import Command
from signaling.flows import SeatFlow, by_lesson, kinds, last_marks, link_views, marks, stills_of, stream_key
from signaling.guests import Guest, Guests
from signaling.live_pages import LivePages
from signaling.live_recording import LiveRecording, Recorder
from signaling.messages import Layers, LessonNow, Links, Still, View, VoicesNow, VoiceView, Welcome
from signaling.view import Names, local_or_none, view_of
from signaling.voices import Voices
from signaling.watch import Watch, WatchRules

log = structlog.get_logger("lesson")

INBOX: Final = 512
"""Far more than a lesson's pages, at their rate limit, can fill while one append is under way."""
BATCH: Final = 64
LINKS_EVERY_TICKS: Final = 2
VOICES_EVERY_TICKS: Final = 6
LAST_BEATS: Final = 60
"""Heartbeats to look back through for a seat's last packet."""


class Streams(Protocol):
    """What a lesson asks of the relay."""

    def end_stream(self, prefix: str) -> None: ...
    def flows(self) -> list[Flow]: ...
    def link(self, session: str) -> Link | None: ...
    def want(self, session: str, subscriber: str, height: int) -> bool: ...


class Stills(Protocol):
    """What a lesson asks of who makes stills."""

    def keep(self, lesson: str, streams: Collection[str]) -> None:
        """There are stills of these streams for the lesson from now on, and of no others."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What every live lesson works with. `on_ended` is the ledger's verdict on a lesson that is over."""

    store: Store
    hub: Streams
    recorder: Recorder
    stills: Stills
    on_ended: Callable[[str], Awaitable[object]]
    clock: Clock
    boot: str
    rules: WatchRules


@dataclass(slots=True)
class _Order:
    command: Command
    done: asyncio.Future[Lesson] | None = None
    actor: Actor | None = None


@dataclass(slots=True)
class _Outcome:
    """What a batch of orders came to: the lesson after them, what happened and by whom, each order's refusal."""

    lesson: Lesson
    events: list[AnyEvent] = field(default_factory=list)
    actors: dict[int, Actor] = field(default_factory=dict)
    refused: list[Exception | None] = field(default_factory=list)


class Live:
    """A lesson in memory, as its journal has it."""

    def __init__(
        self, lesson: Lesson, names: Names, codes: Mapping[str, str], beats: Sequence[Heartbeat], parts: Parts
    ) -> None:
        """`beats`: the heartbeats of an earlier run."""
        last_at: dict[str, datetime] = {}
        for beat in beats[-LAST_BEATS:]:
            last_at |= last_marks(beat.at, beat.seats)
        self.lesson = lesson
        self.guests = Guests()
        self.joins: dict[str, str] = {}
        # (seat, holder) → the token and the id of its link.
        self.assistants: dict[tuple[str, str | None], tuple[str, str]] = {}
        self.last_at = dict(last_at)
        self.used = parts.clock.now()
        self._loaded_at = parts.clock.at()
        self.is_over = False
        self.is_settled = False
        self._is_closed = False
        self._names = names
        self._codes = dict(codes)
        self._parts = parts
        self._voices = Voices(spoken(beats))
        self._watch = Watch(parts.rules, self.used, last_at)
        self._flows: list[SeatFlow] = []
        self._stills: Mapping[str, Collection[tuple[str, str]]] = {}
        self._inbox: asyncio.Queue[_Order] = asyncio.Queue(INBOX)
        self._ticks = 0
        self._dropped = 0
        self.recording = LiveRecording(self, parts.recorder)
        self.pages = LivePages(self)
        self._task = asyncio.create_task(self._run(), name=f"lesson {lesson.id}")

    async def give(self, command: Command, actor: Actor | None = None) -> Lesson:
        """The lesson after the command's events are durable; `actor` stands in the audit log.

        Raises LessonError, and what the store raises.
        """
        self.used = self._parts.clock.now()
        if self.is_over or self._is_closed:
            raise LessonError("lesson_ended" if self.is_over else "closing")
        order = _Order(command, asyncio.get_running_loop().create_future(), actor)
        try:
            self._inbox.put_nowait(order)
        except asyncio.QueueFull:
            raise LessonError("busy") from None
        assert order.done is not None
        return await order.done

    def post(self, command: Command) -> None:
        """The same from a notice or a timer: nobody waits, a refusal is no matter. Never blocks."""
        if self.is_over or self._is_closed:
            return
        try:
            self._inbox.put_nowait(_Order(command))
        except asyncio.QueueFull:
            # The watch finds what a lost notice would have told, seconds later.
            self._dropped += 1
            log.warning("inbox full", lesson=self.lesson.id, dropped=self._dropped)

    async def drain(self) -> None:
        """Returns when everything given so far is done, and a recording that it stopped has its files."""
        await self._inbox.join()
        await self.recording.stopped()

    async def close(self) -> None:
        """Finishes what is in the inbox and ends the task. May be called again."""
        self._is_closed = True
        if not self._task.done():
            await self._inbox.join()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self.recording.stopped()

    def admit(self, guest: Guest) -> None:
        """The guest hears of every event from now on; whom it replaces is told so. Raises LessonError as Guests.add."""
        self.used = self._parts.clock.now()
        self.guests.add(guest, self.lesson)
        wanted = self.lesson.recording or self.lesson.record_wanted
        view = self.view(for_teacher=guest.role == "teacher")
        ice = list(guest.ice_servers)
        guest.device.send(
            Welcome(seat=guest.seat, role=guest.role, lesson=view, recording_notice=wanted, ice_servers=ice)
        )
        if guest.is_main and guest.seat is not None:
            # A page that has just been opened has its camera on; one that came back says so at once if not.
            self.recording.turn_camera(guest.seat, True)
        self.recording.warn(guest)
        self.pages.admit(guest)

    def view(self, *, for_teacher: bool) -> View:
        """The lesson as pages show it; codes and links only for the teacher."""
        return view_of(
            self.lesson,
            self._names,
            self._parts.clock.at(),
            for_teacher=for_teacher,
            kinds=kinds(self._flows),
            closes_at=self._closes_at(),
            recording_problem=self.recording.problem,
            verdict=self.recording.verdict,
            codes=self._codes if for_teacher and not self.is_over else None,
            joins=self.joins if for_teacher and not self.is_over else None,
        )

    def _closes_at(self) -> datetime | None:
        """As the watch will do it: never before whoever teaches has been told."""
        rules = self._parts.rules
        told = self._loaded_at + timedelta(seconds=rules.notice_s)
        return None if self.is_over else state.closes_at(self.lesson, timedelta(seconds=rules.grace_s), told)

    def plan(self, title: str, version: int) -> None:
        """What the lesson is called, and which version its plan is; an older one than is known is passed over."""
        if version > self._names.plan:
            self._names = msgspec.structs.replace(self._names, title=title, plan=version)
            self.tell()

    def know(self, person: str, name: str) -> None:
        """How somebody is called who may be named in the view."""
        self._names.people[person] = name

    def tell_layers(self, seat: str, source: str, active: Sequence[str]) -> None:
        """Whoever publishes for the seat sends these layers of the source from now on, and no others."""
        message = Layers(source=source, active=list(active))
        for guest in self.guests.main():
            if guest.seat == seat:
                guest.device.send(message)

    def tell_still(self, seat: str, source: str, version: int) -> None:
        """A still is there: the seats that see this source so are told to fetch it."""
        message = Still(seat=seat, source=source, version=version)
        for guest in self.guests.all():
            if guest.seat is not None and (seat, source) in self._stills.get(guest.seat, ()):
                guest.device.send(message)

    def tick(self, flows: list[SeatFlow], now: float, at: datetime) -> Heartbeat | None:
        """Every BEAT_S: applies the rules of time; the heartbeat, when there is anybody to speak of."""
        if self.is_over:
            return None
        had, self._flows = kinds(self._flows), flows
        found = marks(flows, self.lesson.seats, now, self._voices.take(flows, at))
        for command in self._watch.tick(self.lesson, flows, found, self.guests.attended(), now, at):
            self.post(command)
        if self.lesson.rotation is not None:
            self.post(partial(rotate, by="server"))
        if kinds(flows) != had:
            self.tell()
        self._keep_stills()
        self._ticks += 1
        if self._ticks % LINKS_EVERY_TICKS == 0:
            self._tell_links()
        if self._ticks % VOICES_EVERY_TICKS == 0:
            self._tell_voices(self.guests.all(teacher=True))
        anybody = found or any(seat.present for seat in self.lesson.seats.values())
        if not (self.lesson.is_open and anybody):
            return None
        return Heartbeat(lesson=self.lesson.id, at=at, boot=self._parts.boot, seats=found)

    async def _run(self) -> None:
        while True:
            orders = [await self._inbox.get()]
            while len(orders) < BATCH and not self._inbox.empty():
                orders.append(self._inbox.get_nowait())
            try:
                await self._obey(orders)
            except Exception:
                log.exception("lesson failed", lesson=self.lesson.id)
            finally:
                for order in orders:
                    # Whoever waits for an answer gets one, whatever went wrong on the way.
                    if order.done is not None and not order.done.done():
                        order.done.set_exception(LessonError("busy"))
                    self._inbox.task_done()

    async def _obey(self, orders: Sequence[_Order]) -> None:
        try:
            outcome = await self._append(orders)
        except Exception as error:
            log.exception("journal refused", lesson=self.lesson.id)
            for order in orders:
                _answer(order, error)
            return
        self.lesson, events = outcome.lesson, outcome.events
        # Its flows are younger than the last tick: whoever is told of a new stream is told what is in it.
        if any(isinstance(event, StreamFlowing) for event in events):
            self._flows = by_lesson(self._parts.hub.flows()).get(self.lesson.id, [])
        for order, refusal in zip(orders, outcome.refused, strict=True):
            _answer(order, refusal or self.lesson)
        if events:
            if not self.pages.tell(events):
                self.tell()
            await self._follow(events)

    async def _append(self, orders: Sequence[_Order]) -> _Outcome:
        """What came of all orders, durable."""
        try:
            outcome = self._decide(orders)
            await self._parts.store.journal.append(outcome.events, outcome.actors)
        except JournalConflict:
            # The command line wrote to this lesson beside us: take its events in and decide again.
            stored = state.fold(await self._parts.store.journal.events(self.lesson.id))
            assert stored is not None
            self.lesson = stored
            outcome = self._decide(orders)
            await self._parts.store.journal.append(outcome.events, outcome.actors)
        return outcome

    def _decide(self, orders: Sequence[_Order]) -> _Outcome:
        outcome, at = _Outcome(self.lesson), self._parts.clock.at()
        for order in orders:
            try:
                happened = order.command(outcome.lesson, at)
                outcome.lesson = state.fold(happened, outcome.lesson) or outcome.lesson
            except LessonError as refusal:
                outcome.refused.append(refusal)
            except Exception as error:
                # A fault of ours in one command must not take the others of the batch with it.
                log.exception("command failed", lesson=self.lesson.id)
                outcome.refused.append(error)
            else:
                outcome.events += happened
                outcome.refused.append(None)
                if order.actor is not None:
                    outcome.actors |= {event.seq: order.actor for event in happened}
        return outcome

    def tell(self) -> None:
        for for_teacher in (True, False):
            message = LessonNow(lesson=self.view(for_teacher=for_teacher))
            for guest in self.guests.all(teacher=for_teacher):
                guest.device.send(message)

    def _keep_stills(self) -> None:
        rungs = {name: seat.rung for name, seat in self.lesson.seats.items() if seat.present}
        self._stills = stills_of(self._flows, rungs) if self.lesson.is_open else {}
        watched = {stream_key(self.lesson.id, *stream) for streams in self._stills.values() for stream in streams}
        self._parts.stills.keep(self.lesson.id, watched)

    def _tell_voices(self, teachers: Sequence[Guest]) -> None:
        seats = {
            name: VoiceView(spoke_s=round(voice.seconds), last_at=local_or_none(voice.last_at))
            for name, voice in self._voices.spoken.items()
        }
        if self.lesson.state == "live" and seats:
            for guest in teachers:
                guest.device.send(VoicesNow(seats=seats))

    def _tell_links(self) -> None:
        teachers = self.guests.all(teacher=True)
        if not teachers:
            return
        links = {flow.session: self._parts.hub.link(flow.session) for flow in self._flows}
        known = {session: link for session, link in links.items() if link is not None}
        message = Links(seats=link_views(self._flows, self.lesson.seats, known))
        for guest in teachers:
            guest.device.send(message)

    async def _follow(self, events: Sequence[AnyEvent]) -> None:
        """What the world outside the lesson does about its events."""
        if any(isinstance(event, TalkSet) for event in events):
            # Whoever was on the line is off it; who is on it now asks again.
            for seat in self.lesson.seats:
                self._parts.hub.end_stream(stream_key(self.lesson.id, seat, TALK))
        if any(isinstance(event, RungChanged) for event in events):
            self._keep_stills()
        await self.recording.follow(events)
        if any(isinstance(event, LessonEnded) for event in events):
            await self._finish()
        # Those who waited for the lesson to open, and those whose seat was given up though their page is here.
        for guest in self.guests.main():
            if self.lesson.is_open and guest.seat is not None and not self.lesson.seats[guest.seat].present:
                self.post(partial(seats.take_seat, by=guest.by, seat=guest.seat, device=guest.device_id))

    async def _finish(self) -> None:
        self.is_over = True
        self._parts.stills.keep(self.lesson.id, ())
        last = self._last_beat()
        self._parts.hub.end_stream(f"{self.lesson.id}/")
        try:
            await self._parts.store.journal.beat(last)
        except Exception:
            # A second of presence is lost; the pictures, the recording and the verdict end all the same.
            log.exception("last heartbeat lost", lesson=self.lesson.id)
        await self.recording.stopped()
        await settle(self._parts, self.lesson.id)
        self.is_settled = True

    def _last_beat(self) -> list[Heartbeat]:
        """Presence ends at the last packet, not at the last whole second before it."""
        flows = by_lesson(self._parts.hub.flows()).get(self.lesson.id, [])
        found = marks(flows, self.lesson.seats, self._parts.clock.now())
        if not found:
            return []
        return [Heartbeat(lesson=self.lesson.id, at=self._parts.clock.at(), boot=self._parts.boot, seats=found)]


async def settle(parts: Parts, lesson: str) -> None:
    """Has the ledger judge an ended lesson; one that fails here is judged at the next start."""
    try:
        await parts.on_ended(lesson)
        await parts.store.lessons.settle(lesson)
    except Exception:
        log.exception("the lesson could not be judged", lesson=lesson)


def _answer(order: _Order, answer: Lesson | Exception) -> None:
    if order.done is None or order.done.done():
        return
    if isinstance(answer, Exception):
        order.done.set_exception(answer)
    else:
        order.done.set_result(answer)
