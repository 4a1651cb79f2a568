"""The ladder of a weak line: which pictures a seat gets, from all of them at their best down to sound alone. Pure.

Sound always goes first and is never counted against. What the line carried when it was full becomes a budget for
pictures; they are shared out by how large the seat shows them. Upwards it goes one step at a time: after a pause, and
only once padding has shown that the line carries the next step; each attempt that fails doubles the pause.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

Rung = Literal["full", "lower", "lowest", "still", "slides", "audio"]
RUNGS: Final[tuple[Rung, ...]] = ("full", "lower", "lowest", "still", "slides", "audio")

NOTHING_HELD: Final[Mapping[str, int | None]] = MappingProxyType({})

# A still of 12 kB every five seconds, a slide now and then; more beside sound is too much for 100 kbit/s.
STILL_BPS: Final = 20_000
SLIDES_BPS: Final = 10_000
# Encoders miss their aim by so much both ways: what has become a little too large is kept, and a last picture tried.
FITS: Final = 0.75
PAUSE_S: Final = 4.0
# After a step up during which nothing queued up on the way, only so long.
RISES_ON_S: Final = 2.0
# What joins has handshakes to make and a camera to start, before the line is tried.
BEGINS_S: Final = 8.0
LONGEST_PAUSE_S: Final = 60.0
PROBE_S: Final = 1.2
PROBE_OVER: Final = 1.15
# Who gets sound alone asks for what is lost, and says little else: padding swells, so that the answers come before the
# queue is full and sound gets lost.
SWELL_S: Final = 3.0
FULL_PROBE_S: Final = 0.4
# A line is known to be wide once it carries all of the pictures with what encoders may miss.
WIDE: Final = 1 / FITS
# A step up that the line did not carry after all shows within this time.
PROVED_S: Final = 8.0
# What was sent before a step down still fills the line for a moment.
SETTLE_S: Final = 1.5
# Meanwhile the line says that it carries less than this share of what was thought: that step was not deep enough.
DEEPER: Final = 0.6
# Where nothing had to be taken away, only so long: a sign of a full line counts once.
SIGN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One stream that the seat watches: what each of its layers takes, smallest first, and which one would do.

    `shown`: how high its picture is on the screen, in pixels; `enough`: the index of the layer for that. `least`: what
    the smallest takes on average, 0 while unknown: a paced line carries that, and it is not given up for its peaks.
    """

    session: str
    shown: int
    layers: tuple[int, ...]
    enough: int
    least: int = 0

    @property
    def floor(self) -> int:
        """What it takes to have it at all."""
        return min(self.least or self.layers[0], self.layers[0])


@dataclass(frozen=True, slots=True)
class Choice:
    """Session → index of the layer it gets, None for none. `probe_bps`: padding to send beside; 0 for none."""

    layers: dict[str, int | None]
    rung: Rung
    probe_bps: int = 0


def share_out(
    pictures: Sequence[Picture], budget: int | None, held: Mapping[str, int | None] = NOTHING_HELD
) -> dict[str, int | None]:
    """Who gets which layer within `budget` bit/s (None: no bound): first something for each, the largest first; then
    more for each, the largest first. `held`: the layers that they have; without it a seat at the edge would come and
    go between two."""
    order = sorted(pictures, key=lambda one: -one.shown)
    if budget is None:
        return {one.session: one.enough for one in order}
    left = float(budget)
    chosen: dict[str, int | None] = {}
    for one in order:
        fits = one.floor * (FITS if not chosen else 1.0) <= left
        chosen[one.session] = 0 if fits else None
        left -= one.layers[0] if fits else 0
    for one in order:
        had = held.get(one.session) or 0
        while (now := chosen[one.session]) is not None and now < one.enough:
            more = one.layers[now + 1] * (FITS if now < had else 1.0) - one.layers[now]
            if more > left:
                break
            chosen[one.session] = now + 1
            left -= one.layers[now + 1] - one.layers[now]
    return chosen


def rung_of(pictures: Sequence[Picture], chosen: dict[str, int | None], budget: int | None) -> Rung:
    """What the seat's largest picture has come down to."""
    if not pictures:
        return "full"
    main = max(pictures, key=lambda one: one.shown)
    index = chosen[main.session]
    if index is None:
        return "still" if (budget or 0) >= STILL_BPS else "slides" if (budget or 0) >= SLIDES_BPS else "audio"
    if index >= main.enough:
        return "full"
    return "lowest" if index == 0 else "lower"


@dataclass(slots=True)
class Ladder:
    """One seat's state. `budget`: bits per second for pictures; None for a line never found full, or found wide."""

    budget: int | None = None
    _settled_at: float = -math.inf
    _stepped_down_at: float = -math.inf
    _kept_down_until: float = -math.inf
    _quiet_until: float = 0.0
    _pause_s: float = PAUSE_S
    _probing_until: float | None = None
    _has_been_clear: bool = False
    _goal: int = 0
    _tried_bps: int = 0
    _stepped_up_at: float | None = None
    _last: dict[str, int | None] = field(default_factory=dict)
    _enough: dict[str, int] = field(default_factory=dict)

    @property
    def is_swelling(self) -> bool:
        """Whether padding is going out beside sound alone."""
        return self.is_probing and not _has_picture(self._last)

    @property
    def is_probing(self) -> bool:
        """Whether padding is going out."""
        return self._probing_until is not None

    def decide(
        self,
        pictures: Sequence[Picture],
        *,
        is_full: bool,
        carried_bps: int,
        now: float,
        is_behind: bool = False,
        is_clear: bool | None = None,
    ) -> Choice:
        """Call it some times a second. `carried_bps`: what the line carries besides sound at the most, when `is_full`;
        `is_behind`: it is full since the pictures take more than the budget, and wait.

        `is_clear`: whether nothing queues up on the way, by what was measured just now; None: nothing was, since a
        receiver of sound alone reports little but loss: then more is tried without asking.
        """
        if is_full:
            self._down(pictures, carried_bps, is_behind, now)
        elif self.budget is not None and now >= self._quiet_until:
            self._up(pictures, is_clear, now)
        if self._stepped_up_at is not None and now - self._stepped_up_at > PROVED_S:
            self._stepped_up_at = None
            # That stills are carried says nothing of pictures.
            self._pause_s = PAUSE_S if _has_picture(self._last) else self._pause_s
        chosen = share_out(pictures, self.budget, self._last)
        if now < self._kept_down_until:
            self._keep_down(pictures, chosen)
        self._last, self._enough = chosen, {one.session: one.enough for one in pictures}
        probe = 0
        if self._probing_until is not None:
            spent, left_s = cost(pictures, chosen), self._probing_until - now
            swell = 1.0 if _has_picture(chosen) else min(1.0, 1 - (left_s - FULL_PROBE_S) / SWELL_S)
            probe = max(0, int(swell * PROBE_OVER * (self._goal - spent)))
            self._tried_bps = spent + probe
        return Choice(chosen, rung_of(pictures, chosen, self.budget), probe)

    def begin(self, budget: int, now: float) -> None:
        """The line is known to be thin before anything has gone down it: as if pictures had been too much for it."""
        self.budget, self._quiet_until, self._pause_s = budget, now + BEGINS_S, 2 * PAUSE_S

    def try_again(self, now: float) -> None:
        """The line has become another: what failed before says nothing of it."""
        self._pause_s = PAUSE_S
        self._quiet_until = self._kept_down_until = min(now, self._quiet_until)

    def is_settling(self, now: float) -> bool:
        """Whether what went out before the last step down, or as padding, still stands in the line."""
        return now < self._settled_at

    def meant_bps(self, pictures: Sequence[Picture]) -> int:
        """What was chosen last takes so much now."""
        return cost(pictures, self._last)

    def _keep_down(self, pictures: Sequence[Picture], chosen: dict[str, int | None]) -> None:
        """Nothing comes back before its pause is over since it takes a little less now, unless the page shows it larger
        than before."""
        for one in pictures:
            last, more = self._last.get(one.session), chosen[one.session]
            rises = more is not None and (last is None or more > last)
            if rises and one.enough == self._enough.get(one.session):
                chosen[one.session] = last

    def _down(self, pictures: Sequence[Picture], carried_bps: int, is_behind: bool, now: float) -> None:
        if self.is_settling(now) and not self._was_too_little(carried_bps, now):
            return
        has_probed = self._probing_until is not None
        if has_probed or self._stepped_up_at is not None:
            # The last attempt has failed: the next one comes later.
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._probing_until = self._stepped_up_at = None
        self._quiet_until = now + self._pause_s
        self._settled_at = now + SETTLE_S
        if has_probed:
            # Padding was too much; if the pictures are as well, that shows once it is through.
            return
        self._stepped_down_at = now
        before = self._last
        spent = cost(pictures, before) if before else carried_bps
        # It may have said that so much comes through; if it is full with that, it is less.
        self.budget = min(carried_bps, int(0.8 * spent), carried_bps if self.budget is None else self.budget)
        # What was a little too large has been tried.
        while is_behind and self.budget and share_out(pictures, self.budget) == before:
            self.budget = int(0.9 * self.budget)
        # Nothing is kept that is only a little too large.
        self._last = share_out(pictures, self.budget)
        if not _has_picture(self._last):
            # Stills wait until sound has the line to itself again.
            self.budget = 0
        self._kept_down_until = self._quiet_until
        if self._last == before:
            self._settled_at = now + SIGN_S

    def _was_too_little(self, carried_bps: int, now: float) -> bool:
        """Whether the last step down shows already that another has to follow."""
        return now - self._stepped_down_at < SETTLE_S and carried_bps < DEEPER * (self.budget or 0)

    def _up(self, pictures: Sequence[Picture], is_clear: bool | None, now: float) -> None:
        assert self.budget is not None
        if self._probing_until is not None:
            # Answers come once a second: not each moment of a probe has one.
            self._has_been_clear = self._has_been_clear or bool(is_clear)
            if is_clear is False:
                # At once: sound stands in the queue that the padding makes.
                self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
                self._probing_until, self._quiet_until = None, now + self._pause_s
                self._settled_at = now + SETTLE_S
            elif now >= self._probing_until:
                self.budget, self._probing_until, self._stepped_up_at = max(self._goal, self._tried_bps), None, now
                self._quiet_until = now + (RISES_ON_S if self._has_been_clear else PAUSE_S)
            return
        if is_clear is False:
            return
        if self.budget < STILL_BPS and self._pause_s > PAUSE_S:
            # A picture was too much for the line, and has just been tried.
            self.budget = SLIDES_BPS if self.budget < SLIDES_BPS else STILL_BPS
            self._stepped_up_at, self._quiet_until = now, now + PAUSE_S
            return
        self._goal = next_goal(pictures, self.budget, self._last)
        if self._goal <= self.budget:
            wide = int(WIDE * cost(pictures, self._last))
            if self.budget >= wide:
                self.budget = None
                return
            self._goal = wide
        self._probing_until = now + (PROBE_S if _has_picture(self._last) else SWELL_S + FULL_PROBE_S)
        self._has_been_clear = False


def _has_picture(chosen: Mapping[str, int | None]) -> bool:
    return any(index is not None for index in chosen.values())


def cost(pictures: Sequence[Picture], chosen: dict[str, int | None]) -> int:
    """What a choice takes, in bits per second."""
    by_session = {one.session: one.layers for one in pictures}
    return sum(by_session[one][index] for one, index in chosen.items() if index is not None and one in by_session)


def next_goal(pictures: Sequence[Picture], budget: int, held: Mapping[str, int | None] = NOTHING_HELD) -> int:
    """The smallest budget that gives more than this one does; the same when there is no more to give."""
    now = share_out(pictures, budget, held)
    steps = []
    for one in pictures:
        index = now[one.session]
        if index is None:
            steps.append(cost(pictures, now) + one.layers[0])
        elif index < one.enough:
            steps.append(cost(pictures, now) - one.layers[index] + one.layers[index + 1])
    larger = [step for step in sorted(steps) if share_out(pictures, step, held) != now]
    return max(budget, larger[0]) if larger else budget
