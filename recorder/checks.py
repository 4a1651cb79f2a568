"""The checks of a stream while it is recorded: its samples go into the log, and what is wrong now is told.

Lives on the writer's thread; nothing here raises or waits.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Final

import structlog

from classroom.lesson.events import HOST_SEAT
from classroom.relay.rtp import Kind
from recorder.sampler import Sampler
from recorder.segment_log import PictureSampled, SegmentLog, Turned
from recorder.streaks import CheckRules, Fault, Streaks
from recorder.timeline import Placed

log = structlog.get_logger(__name__)

STILL_S: Final = 10.0
"""A camera that has sent pictures and sends none for so long, while its sound goes on, has stopped."""

Warn = Callable[[frozenset[Fault]], None]


class StreamChecks:
    """Samples a stream, keeps the samples, and tells `warn` on every change what is wrong."""

    def __init__(
        self,
        seat: str,
        source: str,
        *,
        at_s: Callable[[float], float],
        segment_log: SegmentLog,
        pool: Executor,
        rules: CheckRules,
        warn: Warn,
    ) -> None:
        self._seat = seat
        self._source = source
        self._at_s = at_s
        self._log = segment_log
        self._sampler = Sampler(seat, source, at_s, pool)
        self._streaks = Streaks(rules, source, is_host=seat == HOST_SEAT)
        self._warn = warn
        self._told: frozenset[Fault] = frozenset()
        self._heard: float | None = None

    def begin(self, codec: str, drift: Callable[[], float | None]) -> None:
        """A publisher's session begins; `codec` of its pictures, empty for none; `drift()` of picture from sound."""
        self.settle()
        self._sampler.begin(codec, drift)
        self._streaks.interrupted()
        self._heard = None

    def frame(self, placed: Placed) -> None:
        """A frame has its place."""
        try:
            if placed.frame.kind == "audio":
                self._heard = placed.at
            self._sampler.frame(placed)
            if placed.frame.keyframe:
                self._keep()
        except Exception:
            # A sample less; the recording itself must not notice.
            log.exception("recorder: no sample", seat=self._seat, source=self._source)

    def turned(self, kind: Kind, on: bool, now: float) -> None:
        """Microphone or camera was turned off on purpose, or on again."""
        if self._streaks.is_off(kind) != on:
            return
        line = Turned(self._seat, self._source, kind, self._at_s(now), on)
        self._log.append(line)
        self._streaks.turned(line)
        self._tell()

    def round(self) -> None:
        """Time has passed."""
        self._keep()
        self._tell()

    def end(self) -> None:
        """The session is over: what was wrong is no more. What is under way is for `settle`."""
        self._keep(last=True)
        self._streaks.interrupted()
        self._heard = None
        self._sampler.end()
        self._tell()

    def under_way(self) -> list["Future[Any]"]:
        """What is being looked at and listened to."""
        return self._sampler.under_way()

    def settle(self) -> None:
        """After the end of a session: keep what was under way then and is ready now. Nobody is warned of it."""
        for sample in self._sampler.done(last=True):
            self._log.append(sample)

    def _keep(self, *, last: bool = False) -> None:
        for sample in self._sampler.done(last=last):
            self._log.append(sample)
            if isinstance(sample, PictureSampled):
                self._streaks.picture(sample)
            else:
                self._streaks.sound(sample)
            self._tell()

    def _tell(self) -> None:
        wrong = self._streaks.now()
        seen, heard = self._sampler.last_picture, self._heard
        if seen is not None and heard is not None and heard - seen >= STILL_S and not self._streaks.is_off("video"):
            wrong |= {"frozen"}
        # Nobody can do anything about it in the room, and it is put right by itself.
        wrong -= {"drift"}
        if wrong != self._told:
            self._told = wrong
            self._warn(wrong)
