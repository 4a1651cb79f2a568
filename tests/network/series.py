"""What a receiving page's getStats said over time, and the figures that follow from it. Pure.

Times are seconds of the wall clock, which pages and tests on one machine share. Counters only grow: a page adds up all
connections that it has had, so that a reconnection hides nothing.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

SAMPLE_RATE = 48_000
ADAPTED_S, RECOVERED_S = 5.0, 3.0
"""How long it must go well before we say that it does."""
ADAPTED_STILL_S, ADAPTED_CONCEALED = 1.0, 0.05
RECOVERED_FPS, RECOVERED_CONCEALED = 0.8, 0.02
"""Share of the pictures before, and of the sound now."""
STILL_RUNGS = frozenset({"still", "slides", "audio"})
BEEP_ENERGY = 0.0005
"""Of the clip's beep (1/15 s at 0.4 of full scale: 0.005) and not of its hum (0.0002 a second)."""


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One look at all received tracks of a page: sums over its connections, and the newest picture's height."""

    at: float
    frames: int
    freezes: int
    frozen_s: float
    height: int
    samples: float
    concealed: float
    energy: float

    @property
    def heard(self) -> float:
        """Samples of sound that really came."""
        return self.samples - self.concealed


_NOTHING = Sample(0.0, 0, 0, 0.0, 0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Figures:
    """One stretch of time."""

    fps: float
    freezes: int
    frozen_s: float
    still_s: float
    """The longest time without a new picture; what getStats calls a freeze ends with a picture, or is not counted."""
    concealed: float
    """Share of the time for which no sound came: concealed by the decoder, or no connection to come over."""


class Series:
    """Samples in order of time."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def between(self, begin: float, end: float) -> Figures:
        """The figures of that time."""
        # A page that was not there yet has received nothing.
        first, last = self._at(begin) or _NOTHING, self._at(end)
        if last is None or end <= begin:
            return Figures(0.0, 0, 0.0, max(0.0, end - begin), 1.0)
        seconds = end - begin
        # The samples are up to a tenth of a second older than the stretch that they stand for.
        heard = (last.heard - first.heard) / (SAMPLE_RATE * (last.at - (first.at or begin) or seconds))
        return Figures(
            fps=(last.frames - first.frames) / seconds,
            freezes=last.freezes - first.freezes,
            frozen_s=last.frozen_s - first.frozen_s,
            still_s=self._still_s(begin, end),
            concealed=min(1.0, max(0.0, 1 - heard)),
        )

    def picture_after(self, at: float) -> float | None:
        """Seconds until the first new picture after `at`; None when there was none."""
        before = self._at(at)
        frames = before.frames if before is not None else 0
        return next((one.at - at for one in self._samples if one.at > at and one.frames > frames), None)

    def beeps(self, begin: float, end: float) -> float:
        """Share of the seconds, from `begin` on, in which the energy of a beep was heard."""
        count = int(end - begin)
        heard = 0
        for second in range(count):
            first, last = self._at(begin + second), self._at(begin + second + 1)
            heard += first is not None and last is not None and last.energy - first.energy > BEEP_ENERGY
        return heard / count if count else 0.0

    def adapted_s(self, begin: float, end: float, rung: Callable[[float], str]) -> float | None:
        """From `begin` until sound is whole again, and the picture moves if the rung of that moment has a moving one.

        None: not before `end`.
        """

        def is_well(at: float) -> bool:
            now = self.between(at, at + ADAPTED_S)
            moves = now.still_s < ADAPTED_STILL_S or rung(at) in STILL_RUNGS
            return moves and now.concealed < ADAPTED_CONCEALED

        return self._first(begin, end - ADAPTED_S, is_well)

    def recovered_s(self, begin: float, end: float, good_at: float) -> float | None:
        """From `begin` until pictures and sound are what they were in the seconds before `good_at`.

        None: not before `end`.
        """
        before, reference = self.between(good_at - RECOVERED_S, good_at), self._at(good_at)
        height = reference.height if reference is not None else 0

        def is_well(at: float) -> bool:
            now, sample = self.between(at, at + RECOVERED_S), self._at(at + RECOVERED_S)
            whole = now.fps >= RECOVERED_FPS * before.fps and now.concealed < RECOVERED_CONCEALED
            return whole and sample is not None and sample.height >= height

        return self._first(begin, end - RECOVERED_S, is_well)

    def _at(self, at: float) -> Sample | None:
        number = bisect_right(self._samples, at, key=lambda one: one.at)
        return self._samples[number - 1] if number else None

    def _still_s(self, begin: float, end: float) -> float:
        longest, moved_at = 0.0, begin
        before = self._at(begin)
        frames = before.frames if before is not None else 0
        for one in self._samples:
            if begin < one.at <= end and one.frames > frames:
                longest, moved_at, frames = max(longest, one.at - moved_at), one.at, one.frames
        return max(longest, end - moved_at)

    def _first(self, begin: float, end: float, is_well: Callable[[float], bool]) -> float | None:
        return next((one.at - begin for one in self._samples if begin <= one.at <= end and is_well(one.at)), None)
