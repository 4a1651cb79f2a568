"""The ladder of a weak line: which pictures a seat gets, from all of them at their best down to sound alone. Pure.

Sound always goes first and is never counted against. What the line carried when it was full becomes a budget for
pictures; they are shared out by how large the seat shows them. Upwards it goes one step at a time: after a pause, and
only once padding has shown that the line carries the next step; each attempt that fails doubles the pause.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Rung = Literal["full", "lower", "lowest", "still", "slides", "audio"]
RUNGS: Final[tuple[Rung, ...]] = ("full", "lower", "lowest", "still", "slides", "audio")

# A still of 25 kB every five seconds; one slide now and then.
STILL_BPS: Final = 40_000
SLIDES_BPS: Final = 15_000
# Encoders miss their aim by so much both ways; what is a little too large is tried.
FITS: Final = 0.75
PAUSE_S: Final = 4.0
LONGEST_PAUSE_S: Final = 60.0
PROBE_S: Final = 1.2
PROBE_OVER: Final = 1.15
# A step up that the line did not carry after all shows within this time.
PROVED_S: Final = 8.0
# What was sent before a step down still fills the line for a moment.
SETTLE_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class Picture:
    """One stream that the seat watches: what each of its layers takes, smallest first, and which one would do.

    `shown`: how high its picture is on the screen, in pixels; `enough`: the index of the layer for that.
    """

    session: str
    shown: int
    layers: tuple[int, ...]
    enough: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Session → index of the layer it gets, None for none. `probe_bps`: padding to send beside; 0 for none."""

    layers: dict[str, int | None]
    rung: Rung
    probe_bps: int = 0


def share_out(pictures: Sequence[Picture], budget: int | None) -> dict[str, int | None]:
    """Who gets which layer within `budget` bit/s (None: no bound): first something for each, the largest first; then
    more for each, the largest first."""
    order = sorted(pictures, key=lambda one: -one.shown)
    if budget is None:
        return {one.session: one.enough for one in order}
    left = float(budget)
    chosen: dict[str, int | None] = {}
    for one in order:
        cost = one.layers[0] * (FITS if not chosen else 1.0)
        chosen[one.session] = 0 if cost <= left else None
        left -= cost if cost <= left else 0
    for one in order:
        while (now := chosen[one.session]) is not None and now < one.enough:
            more = one.layers[now + 1] * FITS - one.layers[now]
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
    """One seat's state. `budget`: bits per second for pictures; None while the line has never been full."""

    budget: int | None = None
    _full_at: float | None = None
    _quiet_until: float = 0.0
    _pause_s: float = PAUSE_S
    _probing_until: float | None = None
    _goal: int = 0
    _stepped_up_at: float | None = None
    _last: dict[str, int | None] = field(default_factory=dict)

    def decide(self, pictures: Sequence[Picture], *, is_full: bool, carried_bps: int, now: float) -> Choice:
        """Call it some times a second. `carried_bps`: what the line carries besides sound, when `is_full`."""
        if is_full:
            self._down(pictures, carried_bps, now)
        elif self.budget is not None and now >= self._quiet_until:
            self._up(pictures, now)
        if self._stepped_up_at is not None and now - self._stepped_up_at > PROVED_S:
            self._stepped_up_at, self._pause_s = None, PAUSE_S
        chosen = self._last = share_out(pictures, self.budget)
        probe = 0
        if self._probing_until is not None:
            probe = max(0, int(PROBE_OVER * (self._goal - cost(pictures, chosen))))
        return Choice(chosen, rung_of(pictures, chosen, self.budget), probe)

    def meant_bps(self, pictures: Sequence[Picture]) -> int:
        """What was chosen last takes so much now."""
        return cost(pictures, self._last)

    def _down(self, pictures: Sequence[Picture], carried_bps: int, now: float) -> None:
        if self._full_at is not None and now - self._full_at < SETTLE_S:
            return
        self._full_at = now
        has_probed = self._probing_until is not None
        if has_probed or self._stepped_up_at is not None:
            # The last attempt has failed: the next one comes later.
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._probing_until = self._stepped_up_at = None
        self._quiet_until = now + self._pause_s
        spent = cost(pictures, self._last) if self._last else carried_bps
        if has_probed and carried_bps >= spent:
            # Padding alone was too much.
            return
        if self.budget is None:
            self.budget = carried_bps
        elif spent:
            # It once said that so much comes through; if it is full with that, it is less.
            self.budget = min(carried_bps, self.budget, int(0.8 * spent))
        else:
            # There are no pictures left to take away: what is left of stills goes.
            self.budget = SLIDES_BPS if self.budget >= STILL_BPS else 0

    def _up(self, pictures: Sequence[Picture], now: float) -> None:
        assert self.budget is not None
        if self._probing_until is not None:
            if now >= self._probing_until:
                self.budget, self._probing_until, self._stepped_up_at = self._goal, None, now
                self._quiet_until = now + PAUSE_S
                if share_out(pictures, self.budget) == share_out(pictures, None):
                    self.budget = None
            return
        if self.budget < STILL_BPS:
            self.budget = SLIDES_BPS if self.budget < SLIDES_BPS else STILL_BPS
            self._stepped_up_at, self._quiet_until = now, now + self._pause_s
            return
        self._goal = next_goal(pictures, self.budget)
        if self._goal <= self.budget:
            self.budget = None if share_out(pictures, self.budget) == share_out(pictures, None) else self.budget
            return
        self._probing_until = now + PROBE_S


def cost(pictures: Sequence[Picture], chosen: dict[str, int | None]) -> int:
    """What a choice takes, in bits per second."""
    by_session = {one.session: one.layers for one in pictures}
    return sum(by_session[one][index] for one, index in chosen.items() if index is not None and one in by_session)


def next_goal(pictures: Sequence[Picture], budget: int) -> int:
    """The smallest budget that gives more than this one does; the same when there is no more to give."""
    now = share_out(pictures, budget)
    steps = []
    for one in pictures:
        index = now[one.session]
        if index is None:
            steps.append(cost(pictures, now) + one.layers[0])
        elif index < one.enough:
            steps.append(cost(pictures, now) - one.layers[index] + one.layers[index + 1])
    larger = [step for step in sorted(steps) if share_out(pictures, step) != now]
    return max(budget, larger[0]) if larger else budget
