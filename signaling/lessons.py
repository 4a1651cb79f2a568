"""The live lessons: loads them, lets devices in, brings the relay's notices and the clock's ticks to them.

Wiring: make `Hub(config, lambda notice: lessons.notice(notice))`, then `Lessons(...)`, `await hub.start()`,
`await lessons.start()`; to close, `await lessons.close()` before the recorder, the hub and the store.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from classroom.ledger.months import SHANGHAI, local_date
from classroom.lesson import seats, state
from classroom.lesson.errors import LessonError
from classroom.lesson.events import HOST_SEAT, SeatPlan, UnreadableRow
from classroom.lesson.heartbeat import BEAT_S, Heartbeat
from classroom.lesson.lesson import SOURCES, Lesson, require_not_ended, require_open, require_teacher, seat_of
from classroom.lesson.recording import note_consent, withdraw_consent
from classroom.lesson.talk import TALK, may_hear, may_send
from classroom.registry.errors import RegistryError
from classroom.registry.facts import Link, Role
from classroom.relay.session import Notice
from classroom.store.audit import SERVER, Actor
from classroom.store.store import Store
from signaling import chat
from signaling.clock import Clock
from signaling.commands import Command, actor, class_ids, command_of
from signaling.flows import by_lesson, stream_name, viewer_key
from signaling.guests import Device, Guest
from signaling.live import Live, Parts, Stills, Streams, settle
from signaling.live_recording import Recorder
from signaling.messages import (
    AnyClientMessage,
    AnyServerMessage,
    Camera,
    Closing,
    HideLine,
    IceServer,
    NoteConsent,
    PagesHeld,
    Ping,
    Point,
    Pong,
    Say,
    SignIn,
    Sketch,
    View,
    Want,
)
from signaling.notices import commands_of, forget_streams, rung_command
from signaling.scheduling import LINK_LIFE, PLANNED_WITHIN
from signaling.steady import Steady
from signaling.view import Names, names_of, view_of
from signaling.watch import WatchRules

log = structlog.get_logger("lessons")

SWEEP_EVERY_TICKS: Final = 60
IDLE_AFTER_S: Final = 60.0
"""A scheduled lesson that nobody has asked for so long leaves the memory."""
KEPT_BEATS: Final = 3600
"""Heartbeats that wait for room on the disk: a whole lesson's. When there are more, the oldest are lost."""


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
        open_before: timedelta | None = None,
    ) -> None:
        """`on_ended(lesson)` is awaited once a lesson is over and its recording closed.

        `open_before`: a planned lesson opens by itself so long before it begins; None: it waits for its teacher.
        """
        self._store = store
        self._hub = hub
        self._new_id = new_id
        self._open_before = open_before
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
            await live.recording.resume()
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
        if name is not None and name.source == TALK:
            # A private word leaves no trace but that the line was open.
            return
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

    def recording_warnings(self, lesson: str, seat: str, source: str, faults: Collection[str]) -> None:
        """From the recorder, on the loop: what is wrong now with a stream that is being recorded."""
        live = self._live.get(lesson)
        if live is not None and not self._closed:
            live.recording.set_warnings(seat, source, frozenset(faults))

    @property
    def open_count(self) -> int:
        """How many lessons are open or live."""
        return sum(live.lesson.is_open for live in self._live.values())

    def recording_problem(self, lesson: str, code: str) -> None:
        """From the recorder, on the loop: what keeps it from writing, or `recovered`. Every screen is told."""
        live = self._live.get(lesson)
        if live is not None and not self._closed:
            live.recording.set_problem(None if code == "recovered" else code)

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
            self._hub.want(
                message.session,
                viewer_key(guest.lesson, guest.seat if guest.is_main else None, guest.link),
                message.height,
            )
        if isinstance(message, Camera) and guest.is_main and guest.seat is not None:
            (await self._of(guest.lesson)).recording.turn_camera(guest.seat, message.on)
        if isinstance(message, Say):
            live = await self._of(guest.lesson)
            await chat.say(self._store, live, guest, message, line=self._new_id(), at=self._clock.at())
        if isinstance(message, NoteConsent):
            await self._note_consent(guest, message)
        if isinstance(message, SignIn):
            await self._know_person(guest, message)
        if isinstance(message, Point | Sketch):
            (await self._of(guest.lesson)).pages.pass_on(guest, message)
        if isinstance(message, PagesHeld):
            (await self._of(guest.lesson)).pages.hold(guest, message)
        command = command_of(message, guest.by, guest.seat)
        if command is not None:
            await self.command(guest.lesson, command, _actor(guest))
        if isinstance(message, HideLine):
            await chat.hide(self._store, await self._of(guest.lesson), message.line)
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
        if source not in (*SOURCES, TALK):
            raise LessonError("source_unknown")
        if source == TALK:
            if not may_send(live.lesson, actor(role, seat), seat):
                raise LessonError("forbidden")
        elif role == "assistant" and source != "phone":
            raise LessonError("forbidden")
        if role != "teacher":
            require_open(live.lesson)
            return
        live.guests.check(role, holder, live.lesson)
        live.guests.hold(holder)

    async def check_view(
        self, lesson: str, seat: str, source: str, *, by: str = "", observers: int | None = None
    ) -> None:
        """Whether this source can be watched now. `by`: who would; private sound has one other end.

        `observers`: how many watch it already, when another wants to.

        Raises LessonError: lesson_unknown, lesson_ended, lesson_not_open, seat_unknown, source_unknown, observers_full.
        """
        watched = (await self._of(lesson)).lesson
        require_open(watched)
        seat_of(watched, seat)
        if source == TALK:
            if not may_hear(watched, by, seat):
                raise LessonError("forbidden")
        elif source not in SOURCES:
            raise LessonError("source_unknown")
        if observers is not None and observers >= watched.observers:
            raise LessonError("observers_full")

    async def now(self, lesson: str) -> Lesson:
        """Any lesson as it stands, live or long over. Raises LessonError(lesson_unknown)."""
        return self._live[lesson].lesson if lesson in self._live else await self._stored(lesson)

    async def view(self, lesson: str, *, for_teacher: bool = False) -> View:
        """Any lesson, live or long over. Raises LessonError(lesson_unknown)."""
        if lesson in self._live:
            return self._live[lesson].view(for_teacher=for_teacher)
        stored = await self._stored(lesson)
        names = await self._names(stored)
        codes = await self._store.links.codes(lesson) if for_teacher else None
        verdict = await self._parts.recorder.verdict(lesson)
        return view_of(stored, names, self._clock.at(), for_teacher=for_teacher, codes=codes, verdict=verdict)

    def planned(self, lesson: str, title: str, version: int) -> None:
        """The plan is another one: the lesson's pages are told, where it is in memory."""
        if lesson in self._live:
            self._live[lesson].plan(title, version)

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
        """Opens what begins soon, ends what nobody opened, and judges what could not be judged when it ended."""
        try:
            if self._open_before is not None:
                for lesson in await self._store.lessons.due(at, at + self._open_before):
                    await self._post(lesson, partial(state.open_lesson, by="server"))
            for lesson in await self._store.lessons.overdue(at - timedelta(seconds=self._parts.rules.unheld_after_s)):
                await self._post(lesson, partial(state.end, by="server", reason="alone"))
            for lesson in await self._store.lessons.unsettled():
                if lesson not in self._live:
                    await settle(self._parts, lesson)
        except Exception:
            log.exception("sweep failed")

    async def _post(self, lesson: str, command: Command) -> None:
        try:
            (await self._of(lesson)).post(command)
        except Exception:
            # A damaged journal, for example: the others are due all the same.
            log.exception("what is due cannot be done", lesson=lesson)

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
            names = await self._names(stored)
            codes = await self._store.links.codes(lesson)
            beats = await self._store.journal.heartbeats(lesson)
            live = self._live[lesson] = Live(stored, names, codes, beats, self._parts)
            await self._heed_register(live)
            return live

    async def _heed_register(self, live: Live) -> None:
        """A class that took its consent back while the lesson was not in memory, or just before a crash."""
        classes = [seat.plan.class_id for seat in live.lesson.seats.values()]
        today = local_date(self._clock.at())
        standings = await self._store.consents.standings(classes, "recording", today)
        ended = [one for one in classes if standings[one] in ("withdrawn", "refused")]
        if ended:
            live.post(partial(withdraw_consent, by="server", class_ids=ended))

    async def _stored(self, lesson: str) -> Lesson:
        stored = state.fold(await self._store.journal.events(lesson))
        if stored is None:
            raise LessonError("lesson_unknown")
        return stored

    async def _names(self, lesson: Lesson) -> Names:
        signed_in = [person for seat in lesson.seats.values() for person in seat.people]
        people = await self._store.people.names(signed_in) if signed_in else {}
        plan = await self._store.plans.get(lesson.id)
        title, version = ("", 0) if plan is None else (plan.title, plan.version)
        return names_of(lesson, await self._store.registry.book(), people, title, version)

    async def _know_person(self, guest: Guest, message: SignIn) -> None:
        """Only who is of the room's own school signs in there; their name is shown, the journal keeps the id."""
        live = await self._of(guest.lesson)
        person = await self._store.people.get(message.person)
        school = None if guest.seat is None else seat_of(live.lesson, guest.seat).plan.school
        if person is None or person.school != school or person.has_left(local_date(self._clock.at())):
            raise LessonError("person_elsewhere")
        live.know(person.id, person.name)

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
        if not live.lesson.withdrawn.isdisjoint(noted):
            raise LessonError("consent_withdrawn")
        at = self._clock.at()
        await self._store.consents.note(noted, message.by_name, at, local_date(at), _actor(guest))

    async def consented(self, class_id: str, actor: Actor) -> None:
        """The register has the class's consent: lessons to come, and those under way, may be recorded."""
        await self._tell_classes(class_id, partial(note_consent, by="server", class_ids=[class_id]), actor)

    async def consent_withdrawn(self, class_id: str, actor: Actor) -> None:
        """The class must not be recorded: what records it stops at once, the lessons go on live."""
        await self._tell_classes(class_id, partial(withdraw_consent, by="server", class_ids=[class_id]), actor)

    async def _tell_classes(self, class_id: str, command: Command, actor: Actor) -> None:
        for lesson in await self._store.lessons.waiting_with(class_id):
            try:
                await self.command(lesson, command, actor)
            except Exception:
                # Over meanwhile; or its journal is damaged: the others are told all the same. One that comes up later
                # asks the register itself.
                log.exception("a lesson was not told of a consent", lesson=lesson)

    async def assistant_page(self, lesson: str, seat: str, holder: str | None, actor: Actor) -> str:
        """The page of a classroom's co-teacher: for the same holder the same while the server runs, or until it is
        revoked. Its link goes with the holder's. Raises LessonError: lesson_unknown, lesson_ended, seat_unknown.
        """
        live = await self._of(lesson)
        require_not_ended(live.lesson)
        plan = seat_of(live.lesson, seat).plan
        if plan.role != "rural":
            raise LessonError("seat_unknown")
        known = live.assistants.get((seat, holder))
        minted = None if known is None else await self._store.links.get(known[1])
        if known is None or minted is None or minted.revoked_at is not None:
            token, link = await self._mint(live, plan, "assistant", holder, actor)
            known = live.assistants[seat, holder] = token, link.id
        return f"/assist/{known[0]}"

    async def _mint_joins(self, live: Live) -> None:
        """Links to hand to the classrooms, since nobody can read the first ones back out of the store."""
        for seat in live.lesson.rural:
            if seat.plan.seat not in live.joins:
                token, _ = await self._mint(live, seat.plan, "classroom")
                live.joins[seat.plan.seat] = f"/join/{token}"

    async def _mint(
        self, live: Live, plan: SeatPlan, role: Role, holder: str | None = None, actor: Actor = SERVER
    ) -> tuple[str, Link]:
        at = self._clock.at()
        return await self._store.links.mint(
            role,
            at,
            school=plan.school,
            lesson=live.lesson.id,
            classroom=plan.classroom,
            seat=plan.seat,
            holder=holder,
            expires_at=max(at, state.planned_end(live.lesson) or at) + LINK_LIFE,
            actor=actor,
        )


def _actor(guest: Guest) -> Actor:
    """Who stands in the audit log for what a page asks."""
    return Actor("link", guest.link)
