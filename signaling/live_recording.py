"""A live lesson's recording: what its events make the recorder do, what the recorder finds, and whom that is told."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import structlog

from classroom.lesson.events import AnyEvent, Muted, RecordingStarted, RecordingStopped, StreamFlowing
from classroom.lesson.lesson import Lesson
from classroom.lesson.recording import stop_recording
from classroom.relay.rtp import Kind
from recorder.verdict import Verdict
from signaling.commands import Command
from signaling.flows import stream_key
from signaling.guests import Guest, Guests
from signaling.messages import Warnings

log = structlog.get_logger("lesson")


class Recorder(Protocol):
    """What a lesson asks of the recorder. All may be called again for what is so already."""

    def start_stream(self, lesson: str, seat: str, source: str, stream_key: str) -> None:
        """Records this stream from now on, through every session that publishes it."""

    def turned(self, lesson: str, seat: str, kind: Kind, on: bool) -> None:
        """Microphone or camera of a seat was turned off on purpose, or on again."""

    async def stop(self, lesson: str) -> object:
        """Finishes every file of the lesson; may take as long as copying them."""

    async def verdict(self, lesson: str) -> Verdict | None:
        """What is to be thought of a recording that was stopped; None while it is being made."""


class Recorded(Protocol):
    """What a recording asks of its lesson."""

    lesson: Lesson
    guests: Guests

    def post(self, command: Command) -> None:
        """Something is to happen in the lesson; nobody waits for it."""

    def tell(self) -> None:
        """Every page is told how the lesson stands."""


class LiveRecording:
    """`problem`: why nothing can be written; `verdict`: on the recording that was stopped last."""

    def __init__(self, live: Recorded, recorder: Recorder) -> None:
        self.problem: str | None = None
        self.verdict: Verdict | None = None
        self._live = live
        self._recorder = recorder
        self._stopping: asyncio.Task[None] | None = None
        self._warnings: dict[tuple[str, str], frozenset[str]] = {}
        self._cameras_off: set[str] = set()

    async def follow(self, events: Sequence[AnyEvent]) -> None:
        """What has happened in the lesson, as far as it concerns the recording."""
        lesson = self._live.lesson
        for event in events:
            if isinstance(event, RecordingStarted):
                await self.stopped()
                # What hindered the last recording need not hinder this one; the recorder says so again if it does.
                self.set_problem(None)
                self._set_verdict(None)
                self._record(*self._sources())
                self._tell_turned()
            elif isinstance(event, Muted):
                self._recorder.turned(lesson.id, event.seat, "audio", not event.muted)
            elif isinstance(event, StreamFlowing) and lesson.recording:
                self._record((event.seat, event.source))
            elif isinstance(event, RecordingStopped):
                # In the background: hands go up while files are being finished.
                self._stopping = asyncio.create_task(self._stop(), name=f"stop recording {lesson.id}")

    async def resume(self) -> None:
        """After a restart: the recorder waits for the streams it was recording, before their publishers are back.

        Of a recording that was stopped before, the verdict is known again.
        """
        lesson = self._live.lesson
        if lesson.recording:
            self._record(*self._sources())
            self._tell_turned()
            return
        try:
            self._set_verdict(await self._recorder.verdict(lesson.id))
        except OSError:
            log.exception("no verdict", lesson=lesson.id)

    async def stopped(self) -> None:
        """Returns once a recording that is being stopped has its files."""
        if self._stopping is not None:
            await self._stopping
            self._stopping = None

    def set_problem(self, problem: str | None) -> None:
        """The recorder cannot write, or can again; no event, since the manifest has the gap."""
        if problem != self.problem:
            self.problem = problem
            self._live.tell()

    def set_warnings(self, seat: str, source: str, faults: frozenset[str]) -> None:
        """What the recorder finds wrong with a stream now. The teacher is told, and the seat itself."""
        guests = self._live.guests.all()
        before = {guest: self._warnings_for(guest) for guest in guests}
        self._warnings.pop((seat, source), None)
        if faults:
            self._warnings[seat, source] = faults
        for guest, had in before.items():
            has = self._warnings_for(guest)
            if has != had:
                guest.device.send(Warnings(seats=has))

    def warn(self, guest: Guest) -> None:
        """Tells somebody who has come what is wrong now, if anything is."""
        if warnings := self._warnings_for(guest):
            guest.device.send(Warnings(seats=warnings))

    def turn_camera(self, seat: str, on: bool) -> None:
        """The seat's camera was turned off on purpose, or on again."""
        (self._cameras_off.discard if on else self._cameras_off.add)(seat)
        self._recorder.turned(self._live.lesson.id, seat, "video", on)

    def _warnings_for(self, guest: Guest) -> dict[str, list[str]]:
        """What a guest may know of: the teacher everything, a seat what is its own."""
        found: dict[str, set[str]] = {}
        for (seat, _), faults in self._warnings.items():
            if guest.role == "teacher" or (guest.seat is not None and guest.seat == seat):
                found.setdefault(seat, set()).update(faults)
        return {seat: sorted(faults) for seat, faults in sorted(found.items())}

    def _sources(self) -> list[tuple[str, str]]:
        """What to record from the beginning: every seat's camera, so that no first picture is missed, and the rest."""
        seats = self._live.lesson.seats
        return [(name, source) for name, seat in seats.items() for source in {"camera": 0, **seat.streams}]

    def _record(self, *sources: tuple[str, str]) -> None:
        lesson = self._live.lesson.id
        for seat, source in sources:
            try:
                self._recorder.start_stream(lesson, seat, source, stream_key(lesson, seat, source))
            except Exception:
                log.exception("recorder refused a stream", lesson=lesson, seat=seat, source=source)
                # The recording light tells the truth.
                self._live.post(partial(stop_recording, by="server", reason="fault"))

    def _tell_turned(self) -> None:
        """What is off on purpose when the recorder begins."""
        lesson = self._live.lesson
        for name, seat in lesson.seats.items():
            if seat.muted:
                self._recorder.turned(lesson.id, name, "audio", False)
            if name in self._cameras_off:
                self._recorder.turned(lesson.id, name, "video", False)

    async def _stop(self) -> None:
        lesson = self._live.lesson.id
        try:
            await self._recorder.stop(lesson)
            self._set_verdict(await self._recorder.verdict(lesson))
        except Exception:
            log.exception("recorder failed to stop", lesson=lesson)

    def _set_verdict(self, verdict: Verdict | None) -> None:
        """Every screen is told, those that are still there after the lesson's end too."""
        if verdict != self.verdict:
            self.verdict = verdict
            self._live.tell()
