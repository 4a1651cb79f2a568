"""Everything that goes down the line to one seat: which layers its sessions get, and at what pace."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from classroom.relay.drops import Drops
from classroom.relay.feed import is_alive, ranked
from classroom.relay.ladder import STILL_BPS, Ladder, Picture, Rung
from classroom.relay.layer import Follower, Layer, Send
from classroom.relay.line import Line
from classroom.relay.pacer import Pacer
from classroom.relay.view import View, Watched

# What a layer takes while nobody has seen it, by the height of its picture.
NOMINAL_BPS: Final = ((200, 150_000), (400, 500_000), (10_000, 1_500_000))
# The same heights, for layers of which no keyframe has come; the largest first.
NOMINAL_HEIGHTS: Final = (720, 360, 180)
# A picture may be stretched so much before a larger layer is worth its price.
STRETCH: Final = 1.3
# What an unknown line is taken to carry until padding has shown more.
FIRST_BUDGET_BPS: Final = 1_000_000
# Packets leave a little faster than the line takes them, or the line would idle between pictures.
PACE: Final = 1.25
# More than a keyframe of the layer takes at that pace.
BACKLOG_S: Final = 0.8
# A publisher that was told to go on with a layer needs a moment.
RESUMES_S: Final = 3.0


class Downlink:
    """One seat. `rung` is where it stands on the ladder of a weak line."""

    def __init__(self, send: Send, drops: Drops) -> None:
        self.views: dict[str, View] = {}
        self.rung: Rung = "full"
        self.idle_since: float | None = None
        self.pacer = Pacer(FIRST_BUDGET_BPS, send, drops)
        self._line = Line()
        self._ladder = Ladder()
        self._octets: dict[str, tuple[float, int]] = {}
        self._joined: dict[str, tuple[Layer, float]] = {}
        self._probe_bps = 0
        self._probed: float | None = None
        self._main: View | None = None

    def add(self, id: str, view: View) -> None:
        """Another session of the seat."""
        self.views[id] = view
        self.idle_since = None

    def remove(self, id: str, now: float) -> None:
        """It is over. Idempotent."""
        self.views.pop(id, None)
        self._octets.pop(id, None)
        self._joined.pop(id, None)
        self._line.forget(id)
        if not self.views:
            self.idle_since = now

    def tick(self, now: float) -> bool:
        """Some times a second: decide anew; whether the rung has changed."""
        watched = self._watched()
        for id, view, one, _ in watched:
            self._hear(id, view, one, now)
        pictures = [self._picture(id, view, layers) for id, view, _, layers in watched]
        # What the line does with little says nothing of what it would do with what was meant for it.
        telling = 2 * self._line.sent_bps >= self._ladder.meant_bps(pictures)
        full = (telling and self._line.is_full(now)) or self.pacer.backlog_s > BACKLOG_S
        choice = self._ladder.decide(pictures, is_full=full, carried_bps=self._line.carried_bps(now), now=now)
        for id, _, one, layers in watched:
            index = choice.layers[id]
            self._apply(id, one, layers, index, now)
        self._pace(watched, choice.probe_bps)
        before, self.rung = self.rung, choice.rung
        return before != self.rung

    def pad(self, now: float) -> None:
        """Often: what a probe has to send since the last call."""
        if not self._probe_bps or self._main is None:
            self._probed = None
            return
        if self._probed is not None:
            self._main.pad(int((now - self._probed) * self._probe_bps / 8), now)
        self._probed = now

    def _watched(self) -> list[tuple[str, View, Watched, list[Layer]]]:
        found = []
        for id, view in self.views.items():
            one = view.picture
            if one is not None and one.follower is not None and view.route.publisher is not None:
                found.append((id, view, one, ranked(one.track.layers)))
        return found

    def _hear(self, id: str, view: View, one: Watched, now: float) -> None:
        if view.remb_bps is not None:
            self._line.remb(id, view.remb_bps, view.remb_at)
        expected, lost = (sum(getattr(each, name) for each in view.watched) for name in ("expected", "lost"))
        self._line.loss(id, expected, lost, now)
        assert one.follower is not None
        octets = one.follower.octets
        at, before = self._octets.setdefault(id, (now, octets))
        if now - at >= 1.0:
            self._line.sent(id, int(8 * (octets - before) / (now - at)))
            self._octets[id] = (now, octets)

    def _picture(self, id: str, view: View, layers: Sequence[Layer]) -> Picture:
        costs: list[int] = []
        heights = [layer.height or guess for layer, guess in zip(reversed(layers), NOMINAL_HEIGHTS, strict=False)][::-1]
        for layer, height in zip(layers, heights, strict=True):
            nominal = next(bps for most, bps in NOMINAL_BPS if height <= most)
            known = layer.bps if layer.bps and layer.arrived is not None and is_alive(layer, layer.arrived) else 0
            costs.append(max(known or nominal, costs[-1] if costs else 0))
        shown = heights[-1] if view.shown is None else view.shown
        enough = next((index for index, height in enumerate(heights) if height * STRETCH >= shown), len(layers) - 1)
        return Picture(id, shown, tuple(costs), enough)

    def _apply(self, id: str, one: Watched, layers: list[Layer], index: int | None, now: float) -> None:
        follower = one.follower
        assert follower is not None
        if index is None:
            follower.leave()
            self._joined.pop(id, None)
            return
        layer = self._reachable(id, layers, index, now)
        if follower.wanted is not layer and (follower.layer is not layer or follower.wanted is not None):
            layer.join(follower)

    def _reachable(self, id: str, layers: list[Layer], index: int, now: float) -> Layer:
        """The layer chosen, or one that its publisher does send: a smaller one rather than a larger one."""
        chosen = layers[index]
        known, since = self._joined.get(id, (None, now))
        if known is not chosen:
            self._joined[id] = (chosen, now)
            since = now
        if is_alive(chosen, now) or now - since < RESUMES_S:
            return chosen
        others = [*reversed(layers[:index]), *layers[index + 1 :]]
        return next((layer for layer in others if is_alive(layer, now)), chosen)

    def _pace(self, watched: Sequence[tuple[str, View, Watched, list[Layer]]], probe_bps: int) -> None:
        budget = self._ladder.budget
        self._probe_bps = probe_bps
        self._main = max((view for _, view, _, _ in watched), key=lambda view: view.shown or 10_000, default=None)
        if budget is None:
            self.pacer.flush()
        else:
            self.pacer.rate_bps = int(PACE * max(budget + probe_bps, STILL_BPS))
        for _, _, one, _ in watched:
            assert one.follower is not None
            # Whoever gets a packet again in its first numbers must get the same bytes: it cannot be stamped anew.
            paced = budget is not None and (one.can_repeat or not one.follower.key.abs_send_time)
            _move(one.follower, self.pacer if paced else None)


def _move(follower: Follower, pacer: Pacer | None) -> None:
    if follower.key.pacer is pacer:
        return
    key = replace(follower.key, pacer=pacer)
    if follower.layer is None:
        follower.key = key
    else:
        follower.layer.move(follower, key)
