"""The live lessons: loads them, lets devices in, brings the relay's notices and the clock's ticks to them.

Wiring: make `Hub(config, lambda notice: lessons.notice(notice))`, then `Lessons(...)`, `await hub.start()`,
`await lessons.start()`; to close, `await lessons.close()` before the recorder, the hub and the store.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from classroom.ledger.months import SHANGHAI, local_date
from classroom.lesson import seats, state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, UnreadableRow
from classroom.lesson.heartbeat import BEAT_S, Heartbeat
from classroom.lesson.lesson import SOURCES, Lesson, require_not_ended, require_open, require_teacher, seat_of
from classroom.registry.errors import RegistryError
from classroom.registry.facts import Role
from classroom.relay.hub import Notice
from classroom.store.audit import Actor
from classroom.store.store import Store
from signaling.clock import Clock
from signaling.commands import Command, class_ids, command_of
from signaling.flows import by_lesson, last_marks, stream_name, viewer_key
from signaling.guests import Device, Guest
from signaling.live import Live, Parts, Recorder, Stills, Streams, settle
from signaling.messages import (
    AnyClientMessage,
    AnyServerMessage,
    Closing,
    IceServer,
    NoteConsent,
    Ping,
    Pong,
    View,
    Want,
)
from signaling.notices import commands_of, forget_streams, rung_command
from signaling.scheduling import LINK_LIFE, PLANNED_WITHIN
from signaling.steady import Steady
from signaling.view import names_of, view_of
from signaling.watch import WatchRules

log = structlog.get_logger("lessons")

SWEEP_EVERY_TICKS: Final = 60
UNHELD_AFTER: Final = timedelta(hours=12)
"""A lesson nobody opened is closed so long after its planned end: late enough for the latest of teachers."""
IDLE_AFTER_S: Final = 60.0
"""A scheduled lesson that nobody has asked for so long leaves the memory."""
KEPT_BEATS: Final = 3600
"""Heartbeats that wait for room on the disk: a whole lesson's. When there are more, the oldest are lost."""
LAST_BEATS: Final = 60
"""Heartbeats to look back through for a seat's last packet."""


class Lessons:
    """All lessons of this process that are open, live or being waited for."""

    def __init__(
        self,
        store: Store,
        hub: Streams,
        recorder: Recorder,
        on_ended: Callable[[str], Awaitable[object]],
        *,
        stills: Stills,
        clock: Clock,
        new_id: Callable[[], str],
        rules: WatchRules | None = None,
    ) -> None:
        """`on_ended(lesson)` is awaited once a lesson is over and its recording closed."""
        self._store = store
        self._hub = hub
        self._clock = clock
        self._parts = Parts(store, hub, recorder, stills, on_ended, clock, new_id(), rules or WatchRules())
        self._live: dict[str, Live] = {}
        self._loading = asyncio.Lock()
        self._ticker: asyncio.Task[None] | None = None
        self._ticks = 0
        self._unwritten: list[Heartbeat] = []
        self._steady = Steady()
        self._sweeping: asyncio.Task[None] | None = None
        self._closed = False

    async def start(self) -> None:
        """Goes on with every lesson that was open or live, has the ledger judge what it missed; starts the clock."""
        for lesson in await self._store.lessons.unsettled():
            await settle(self._parts, lesson)
        for lesson in await self._store.journal.live():
            try:
                live = await self._load(lesson)
            except (UnreadableRow, state.ImpossibleEvent, KeyError):
                # One damaged journal must not keep the other lessons from going on.
                log.exception("lesson cannot go on", lesson=lesson)
                continue
            live.resume_recording()
            for command in forget_streams(live.lesson, live.last_at, self._clock.at()):
                live.post(command)
            await live.drain()
        self._ticker = asyncio.create_task(self._run(), name="lessons")

    async def close(self) -> None:
        """Tells every device to come back soon and finishes what is under way; no lesson ends. May be called again."""
        self._closed = True
        for live in self._live.values():
            for guest in live.guests.all():
                guest.device.send(Closing())
        for task in (self._ticker, self._sweeping):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        for live in list(self._live.values()):
            await live.close()
        self._live.clear()
        try:
            await self._write_beats()
        except Exception:
            log.exception("heartbeats lost", beats=len(self._unwritten))

    def notice(self, notice: Notice) -> None:
        """From the relay, on the loop: only puts it into the lesson's inbox."""
        if notice.kind == "rung":
            self._rung(notice)
            return
        if notice.kind == "layers":
            self.layers(notice.stream, notice.layers)
            return
        name = stream_name(notice.stream)
        live = None if name is None or notice.subscriber is not None else self._live.get(name.lesson)
        if name is None or live is None or self._closed:
            return
        last_at = self._clock.at() - timedelta(seconds=max(0.0, self._clock.now() - notice.last))
        for command in commands_of(notice, name, last_at):
            live.post(command)

    def layers(self, stream: str, active: Sequence[str]) -> None:
        """From the relay, on the loop: these layers (`rid`) of a stream are wanted, at least one. Its page is told."""
        name = stream_name(stream)
        live = None if name is None else self._live.get(name.lesson)
        if name is not None and live is not None and not self._closed:
            live.tell_layers(name.seat, name.source, active)

    def still(self, stream: str, version: int) -> None:
        """A still of a stream is there, on the loop. The pages that show it are told."""
        name = stream_name(stream)
        live = None if name is None else self._live.get(name.lesson)
        if name is not None and live is not None and not self._closed:
            live.tell_still(name.seat, name.source, version)

    def _rung(self, notice: Notice) -> None:
        """The line of a classroom, or of the teacher; observers' lines are their own matter."""
        lesson, _, seat = (notice.subscriber or "").partition("/")
        live = self._live.get(lesson)
        if live is not None and seat in live.lesson.seats and not self._closed:
            live.post(rung_command(notice, seat))

    @property
    def open_count(self) -> int:
        """How many lessons are open or live."""
        return sum(live.lesson.is_open for live in self._live.values())

    def recording_problem(self, lesson: str, code: str) -> None:
        """From the recorder, on the loop: what keeps it from writing, or `recovered`. Every screen is told."""
        live = self._live.get(lesson)
        if live is not None and not self._closed:
            live.set_recording_problem(None if code == "recovered" else code)

    async def attach(
        self,
        lesson: str,
        *,
        role: Role,
        seat: str | None,
        holder: str,
        device: Device,
        device_id: str,
        link: str = "",
        ice_servers: Sequence[IceServer] = (),
    ) -> Guest:
        """Lets a device in: its seat is taken, an older device of the seat is told `replaced`, and Welcome is sent.

        `link` is the one that it came by, for the audit log; `ice_servers` are told to it in Welcome.

        Raises LessonError: lesson_unknown, lesson_ended, seat_unknown, seat_taken, observers_full.
        """
        live = await self._of(lesson)
        require_not_ended(live.lesson)
        guest = Guest(lesson, role, seat, holder, device, device_id, link, tuple(ice_servers))
        if seat is not None:
            seat_of(live.lesson, seat)
        live.guests.check(role, holder, live.lesson)
        if role == "teacher":
            live.guests.hold(holder)
        if seat is not None and guest.is_main and (live.lesson.is_open or seat == HOST_SEAT):
            await live.give(partial(seats.take_seat, by=guest.by, seat=seat, device=device_id))
        if role == "teacher":
            await self._mint_joins(live)
        live.admit(guest)
        return guest

    def detach(self, guest: Guest) -> None:
        """The device's socket is closed. May be called again."""
        live = self._live.get(guest.lesson)
        if live is not None:
            live.guests.remove(guest)

    async def handle(self, guest: Guest, message: AnyClientMessage) -> AnyServerMessage | None:
        """Does what a page asks; what there is to answer to it alone. Raises LessonError."""
        if isinstance(message, Ping):
            return Pong(t=message.t, now=self._clock.at().astimezone(SHANGHAI))
        if isinstance(message, Want):
            # The relay alone knows whose session it is.
            self._hub.want(message.session, viewer_key(guest.lesson, guest.seat, guest.link), message.height)
        if isinstance(message, NoteConsent):
            await self._note_consent(guest, message)
        command = command_of(message, guest.by, guest.seat)
        if command is not None:
            await self.command(guest.lesson, command, _actor(guest))
        return None

    async def command(self, lesson: str, command: Command, actor: Actor | None = None) -> Lesson:
        """The lesson after the command's events are durable and told. Raises LessonError."""
        return await (await self._of(lesson)).give(command, actor)

    async def end(self, lesson: str, by: str, actor: Actor) -> None:
        """下课 by HTTP. `by` is `teacher` or `cli`. Raises LessonError."""
        await self.command(lesson, partial(state.end, by=by, reason="cli" if by == "cli" else "teacher"), actor)

    async def cancel(self, lesson: str, by: str, actor: Actor) -> None:
        """The lesson is not held. Raises LessonError."""
        await self.command(lesson, partial(state.cancel, by=by), actor)

    async def move(self, lesson: str, by: str, actor: Actor, *, start: datetime | None, teacher: str | None) -> Lesson:
        """调课, 代课: another time, another teacher, or both. Raises LessonError.

        RegistryError(person_unknown) where the school that teaches has no such person, or has them no more.
        """
        if start is not None and abs(start - self._clock.at()) > PLANNED_WITHIN:
            raise LessonError("bad_schedule")
        if teacher is not None:
            host = seat_of((await self._of(lesson)).lesson, HOST_SEAT).plan
            person = await self._store.people.get(teacher)
            if person is None or person.school != host.school or person.has_left(local_date(self._clock.at())):
                raise RegistryError("person_unknown", teacher)
        return await self.command(lesson, partial(state.change_plan, by=by, start=start, teacher=teacher), actor)

    async def check_publish(self, lesson: str, seat: str, source: str, *, role: Role, holder: str) -> None:
        """Whether media of a seat may come in now: the seat's own, into an open lesson; the teacher's opens it.

        Raises LessonError: lesson_unknown, lesson_ended, lesson_not_open, seat_unknown, source_unknown, seat_taken.
        """
        live = await self._of(lesson)
        require_not_ended(live.lesson)
        seat_of(live.lesson, seat)
        if source not in SOURCES:
            raise LessonError("source_unknown")
        if role != "teacher":
            require_open(live.lesson)
            return
        live.guests.check(role, holder, live.lesson)
        live.guests.hold(holder)

    async def check_view(self, lesson: str, seat: str, source: str, *, observers: int | None = None) -> None:
        """Whether this source can be watched now. `observers`: how many watch it already, when another wants to.

        Raises LessonError: lesson_unknown, lesson_ended, lesson_not_open, seat_unknown, source_unknown, observers_full.
        """
        watched = (await self._of(lesson)).lesson
        require_open(watched)
        seat_of(watched, seat)
        if source not in SOURCES:
            raise LessonError("source_unknown")
        if observers is not None and observers >= watched.observers:
            raise LessonError("observers_full")

    async def view(self, lesson: str, *, for_teacher: bool = False) -> View:
        """Any lesson, live or long over. Raises LessonError(lesson_unknown)."""
        if lesson in self._live:
            return self._live[lesson].view(for_teacher=for_teacher)
        stored = await self._stored(lesson)
        names = names_of(stored, await self._store.registry.book())
        codes = await self._store.links.codes(lesson) if for_teacher else None
        return view_of(stored, names, self._clock.at(), codes=codes)

    async def tick(self) -> None:
        """A moment of all lessons: rules, heartbeats, and the end of what nobody needs."""
        now, at = self._clock.now(), self._clock.at()
        flows = by_lesson(self._hub.flows())
        for name, live in self._live.items():
            try:
                beat = live.tick(flows.get(name, []), now, at)
            except Exception:
                # A fault of ours in one lesson must not cost the others their evidence.
                log.exception("tick failed", lesson=name)
                continue
            if beat is not None:
                self._unwritten.append(beat)
        del self._unwritten[:-KEPT_BEATS]
        self._ticks += 1
        steady_at = self._steady.at(now, at)
        if self._ticks % SWEEP_EVERY_TICKS == 1 and (self._sweeping is None or self._sweeping.done()):
            self._sweeping = asyncio.create_task(self._sweep(steady_at), name="sweep lessons")
        await self._forget_idle(now)
        await self._write_beats()

    def loaded(self) -> list[Lesson]:
        """The lessons in memory, as they are now."""
        return [live.lesson for live in self._live.values()]

    async def drain(self) -> None:
        """Returns when every lesson has done what it was given so far."""
        if self._sweeping is not None:
            await asyncio.gather(self._sweeping, return_exceptions=True)
        for live in list(self._live.values()):
            await live.drain()

    async def _run(self) -> None:
        due = self._clock.now()
        while True:
            due = max(due + BEAT_S, self._clock.now())
            await asyncio.sleep(due - self._clock.now())
            try:
                await self.tick()
            except Exception:
                # A full disk must not stop the clock: the next tick tries again.
                log.exception("tick failed")

    async def _write_beats(self) -> None:
        """Heartbeats are kept until they are written: a disk that was full for a while costs no presence."""
        beats = self._unwritten[:]
        await self._store.journal.beat(beats)
        del self._unwritten[: len(beats)]

    async def _sweep(self, at: datetime) -> None:
        """Ends what nobody opened, and judges what could not be judged when it ended."""
        try:
            for lesson in await self._store.lessons.overdue(at - UNHELD_AFTER):
                try:
                    (await self._of(lesson)).post(partial(state.end, by="server", reason="alone"))
                except Exception:
                    # A damaged journal, for example: the others are due all the same.
                    log.exception("lesson cannot be ended", lesson=lesson)
            for lesson in await self._store.lessons.unsettled():
                if lesson not in self._live:
                    await settle(self._parts, lesson)
        except Exception:
            log.exception("sweep failed")

    async def _of(self, lesson: str) -> Live:
        if self._closed:
            raise LessonError("closing")
        live = self._live.get(lesson) or await self._load(lesson)
        live.used = self._clock.now()
        return live

    async def _load(self, lesson: str) -> Live:
        """Folds the journal. Raises LessonError: lesson_unknown, lesson_ended."""
        async with self._loading:
            if lesson in self._live:
                return self._live[lesson]
            stored = await self._stored(lesson)
            require_not_ended(stored)
            if self._closed:
                raise LessonError("closing")
            names = names_of(stored, await self._store.registry.book())
            codes = await self._store.links.codes(lesson)
            last_at: dict[str, datetime] = {}
            for beat in await self._store.journal.heartbeats(lesson, last=LAST_BEATS):
                last_at |= last_marks(beat.at, beat.seats)
            live = self._live[lesson] = Live(stored, names, codes, last_at, self._parts)
            return live

    async def _stored(self, lesson: str) -> Lesson:
        stored = state.fold(await self._store.journal.events(lesson))
        if stored is None:
            raise LessonError("lesson_unknown")
        return stored

    async def _forget_idle(self, now: float) -> None:
        for name, live in list(self._live.items()):
            waited_for = live.lesson.is_open or live.guests.all() or now - live.used < IDLE_AFTER_S
            if live.is_settled or not (waited_for or live.is_over):
                del self._live[name]
                await live.close()

    async def _note_consent(self, guest: Guest, message: NoteConsent) -> None:
        """The name goes to the registry, where it can be deleted; the journal gets only the fact."""
        live = await self._of(guest.lesson)
        require_teacher(guest.by)
        require_not_ended(live.lesson)
        noted = class_ids(live.lesson, message.seat)
        await self._store.registry.note_consent(noted, message.by_name, self._clock.at(), _actor(guest))

    async def _mint_joins(self, live: Live) -> None:
        """Links to hand to the classrooms, since nobody can read the first ones back out of the store."""
        at = self._clock.at()
        for seat in live.lesson.rural:
            plan = seat.plan
            if plan.seat not in live.joins:
                token, _ = await self._store.links.mint(
                    "classroom",
                    at,
                    school=plan.school,
                    lesson=live.lesson.id,
                    classroom=plan.classroom,
                    seat=plan.seat,
                    expires_at=max(at, state.planned_end(live.lesson) or at) + LINK_LIFE,
                )
                live.joins[plan.seat] = f"/join/{token}"


def _actor(guest: Guest) -> Actor:
    """Who stands in the audit log for what a page asks."""
    return Actor("link", guest.link)
