"""Everything that goes down the line to one seat: which layers its sessions get, and at what pace."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from classroom.relay.drops import Drops
from classroom.relay.feed import is_alive, ranked
from classroom.relay.ladder import STILL_BPS, Ladder, Picture, Rung, cost
from classroom.relay.layer import Follower, Layer, Send
from classroom.relay.line import QUEUE_FRESH_S, Line
from classroom.relay.pacer import Pacer
from classroom.relay.view import View, Watched

# What a layer takes while nobody has seen it, by the height of its picture.
NOMINAL_BPS: Final = ((200, 150_000), (400, 500_000), (10_000, 1_500_000))
# The same heights, for layers of which no keyframe has come; the largest first.
NOMINAL_HEIGHTS: Final = (720, 360, 180)
# A picture may be stretched so much before a larger layer is worth its price.
STRETCH: Final = 1.3
# A line that is said to carry no more begins with what fits beside sound; what was said of a wider one is no matter.
THIN_BPS: Final = 200_000
SOUND_BPS: Final = 60_000
# What an unknown line is taken to carry until padding has shown more.
FIRST_BUDGET_BPS: Final = 1_000_000
# Packets leave a little faster than the line takes them, or the line would idle between pictures.
PACE: Final = 1.25
# Just after a step down, so that the queue in the line gets shorter, for sound stands in it too; but no slower than the
# pictures come.
EASE: Final = 0.7
# More than a keyframe of the layer takes at that pace.
BACKLOG_S: Final = 0.8
# While a probe is under way the answer to each report tells: there are five a second.
JUST_S: Final = 0.3
# Padding beside sound alone ends with the first sign of a queue: it is all that the sound would notice.
SIGN_QUEUE_MS: Final = 80.0
# An old picture that still takes so long is not worth waiting for when a smaller one comes instead.
CUT_S: Final = 0.3
# A publisher that was told to go on with a layer needs a moment.
RESUMES_S: Final = 3.0
# One that did not is asked again after so long, and twice as long each time that it was in vain: its own line may have
# been narrow, and a picture that comes and goes is worse than a small one.
ASKS_AGAIN_S: Final = 5.0
ASKS_AT_LEAST_S: Final = 60.0
# A wide line of which nobody says anything is looked at so often.
REST_S: Final = 1.0


@dataclass(slots=True)
class _Aim:
    """The layer that a session is to have, since when, and when its publisher had given it up: it comes and goes where
    the publisher's own line is narrow."""

    layer: Layer
    since: float
    lost: float = math.inf
    pause_s: float = 0.0

    def gives_up(self, now: float) -> None:
        """Leave it alone until `now + pause_s`."""
        has_held = now - self.since > ASKS_AT_LEAST_S
        self.lost, self.pause_s = now, min(ASKS_AT_LEAST_S, max(ASKS_AGAIN_S, 0 if has_held else 2 * self.pause_s))


class Downlink:
    """One seat. `rung` is where it stands on the ladder of a weak line."""

    def __init__(self, send: Send, drops: Drops, waits: Callable[[Pacer], None]) -> None:
        """`waits` as the pacer has it."""
        self.views: dict[str, View] = {}
        self.rung: Rung = "full"
        self.idle_since: float | None = None
        self.pacer = Pacer(FIRST_BUDGET_BPS, send, drops, waits)
        self._line = Line()
        self._ladder = Ladder()
        self._octets: dict[str, tuple[float, int]] = {}
        self._aims: dict[str, _Aim] = {}
        self._probe_bps = 0
        self._probed: float | None = None
        self._main: View | None = None
        self._looked_at = -REST_S

    def begin(self, line_bps: int, now: float) -> None:
        """What the seat's page has seen of its line before its first session."""
        if line_bps <= THIN_BPS:
            self._ladder.begin(max(0, line_bps - SOUND_BPS), now)

    def add(self, id: str, view: View) -> None:
        """Another session of the seat. On a narrow line its pictures wait until they have been chosen."""
        self.views[id] = view
        view.waits = self._ladder.budget is not None
        self.idle_since = None

    def remove(self, id: str, now: float) -> None:
        """It is over. Idempotent."""
        if self.views.pop(id, None) is self._main:
            self._main = None
        self._octets.pop(id, None)
        self._aims.pop(id, None)
        self._line.forget(id)
        if not self.views:
            self.idle_since = now

    def tick(self, now: float) -> bool:
        """Some times a second: decide anew; whether the rung has changed."""
        if self._rests(now):
            return False
        self._looked_at = now
        for view in self.views.values():
            view.has_news = False
        watched = self._watched()
        for id, view, one, _ in watched:
            self._hear(id, view, one, now)
        pictures = [self._picture(id, view, layers) for id, view, _, layers in watched]
        # What the line does with little says nothing of what it would do with what was meant for it.
        telling = 2 * self._line.sent_bps >= self._ladder.meant_bps(pictures)
        is_behind = self.pacer.backlog_s > BACKLOG_S
        is_full, is_clear = is_behind or (telling and self._line.is_full(now)), self._is_clear(now)
        self._notice_losses(is_full or is_clear is False, now)
        choice = self._ladder.decide(
            pictures,
            is_full=is_full,
            is_behind=is_behind,
            carried_bps=self._line.carried_bps(now),
            now=now,
            is_clear=is_clear,
        )
        for id, _, one, layers in watched:
            index = choice.layers[id]
            self._apply(id, one, layers, index, now)
            self._relieve(one, layers)
        self._pace(watched, choice.probe_bps, cost(pictures, choice.layers) if self._ladder.is_settling(now) else None)
        before, self.rung = self.rung, choice.rung
        return before != self.rung

    def has_room(self, now: float) -> bool:
        """Whether what is no media may go down the line: nothing is known to queue up that sound would notice."""
        return self._line.is_clear(now - QUEUE_FRESH_S, SIGN_QUEUE_MS) is not False

    @property
    def is_probing(self) -> bool:
        """Whether `pad` has anything to do."""
        return self._probe_bps > 0 or self._probed is not None

    def pad(self, now: float) -> None:
        """Often: what a probe has to send since the last call."""
        if not self._probe_bps or self._main is None:
            self._probed = None
            return
        if self._probed is not None:
            self._main.pad(int((now - self._probed) * self._probe_bps / 8), now)
        self._probed = now

    def _rests(self, now: float) -> bool:
        if self._ladder.budget is not None or self.pacer.is_waiting or now - self._looked_at >= REST_S:
            return False
        return not any(view.has_news for view in self.views.values())

    def _notice_losses(self, is_full: bool, now: float) -> None:
        """Those of a line with room are its own, and tell when it becomes another."""
        by_itself = not (is_full or self._ladder.is_probing or self._ladder.is_settling(now))
        for view in self.views.values():
            if view.has_stopped_losing(now, by_itself):
                self._ladder.try_again(now)

    def _is_clear(self, now: float) -> bool | None:
        if self._ladder.is_swelling:
            return self._line.is_clear(now - JUST_S, SIGN_QUEUE_MS)
        return self._line.is_clear(now - (JUST_S if self._ladder.is_probing else QUEUE_FRESH_S))

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
        if view.round_trip_ms is not None:
            self._line.round_trip(id, view.round_trip_ms, view.round_trip_at)
        if view.awaited_ms is not None:
            self._line.awaited(id, view.awaited_ms, view.awaited_at)
        expected, lost = sum([each.expected for each in view.watched]), sum([each.lost for each in view.watched])
        self._line.loss(id, expected, lost, now)
        self._line.received(id, one.received, one.proved)
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
            costs.append(max(layer.bps or nominal, costs[-1] if costs else 0))
        shown = heights[-1] if view.shown is None else view.shown
        enough = next((index for index, height in enumerate(heights) if height * STRETCH >= shown), len(layers) - 1)
        return Picture(id, shown, tuple(costs), enough, layers[0].mean_bps)

    def _apply(self, id: str, one: Watched, layers: list[Layer], index: int | None, now: float) -> None:
        follower = one.follower
        assert follower is not None
        if index is None:
            follower.leave()
            self._aims.pop(id, None)
            return
        layer = self._reachable(id, layers, index, follower.layer is not None, now)
        if follower.wanted is not layer and (follower.layer is not layer or follower.wanted is not None):
            layer.join(follower)

    def _relieve(self, one: Watched, layers: Sequence[Layer]) -> None:
        """Go on with the next keyframe, and not with what waits, when that has a hole or is of a larger picture."""
        follower = one.follower
        assert follower is not None
        if follower.key.pacer is None or follower.layer is None:
            return
        wanted = follower.wanted or follower.layer
        goes_down = follower.layer in layers and wanted in layers[: layers.index(follower.layer)]
        if self.pacer.has_overflowed(follower.outlet) or (goes_down and self.pacer.backlog_s > CUT_S):
            follower.leave()
            wanted.join(follower)

    def _reachable(self, id: str, layers: list[Layer], index: int, can_wait: bool, now: float) -> Layer:
        """The layer chosen, or one that its publisher does send: a smaller one rather than a larger one. Who sees a
        picture already can wait for the publisher to resume; who does not gets what there is."""
        chosen, aim = layers[index], self._aims.get(id)
        if aim is None or aim.layer is not chosen:
            aim = self._aims[id] = _Aim(chosen, now)
        elif now - aim.lost >= aim.pause_s:
            aim = self._aims[id] = _Aim(chosen, now, pause_s=aim.pause_s)
        is_lost = now >= aim.lost
        if not is_lost and is_alive(chosen, now):
            return chosen
        others = [*reversed(layers[:index]), *layers[index + 1 :]]
        other = next((layer for layer in others if is_alive(layer, now)), chosen)
        if other is chosen or is_lost:
            return other
        came = chosen.arrived is not None and chosen.arrived > aim.since
        if not came and now - aim.since < RESUMES_S:
            return chosen if can_wait else other
        aim.gives_up(now)
        return other

    def _pace(
        self, watched: Sequence[tuple[str, View, Watched, list[Layer]]], probe_bps: int, least_bps: int | None
    ) -> None:
        """`least_bps`: what the pictures take, while the line is to be eased; None at other times."""
        budget = self._ladder.budget
        self._probe_bps = probe_bps
        for _, view, _, _ in watched:
            view.is_tried = probe_bps > 0
        self._main = max((view for _, view, _, _ in watched), key=lambda view: view.shown or 10_000, default=None)
        if budget is None:
            self.pacer.flush()
        else:
            rate_bps = PACE * max(budget + probe_bps, STILL_BPS)
            if least_bps is not None:
                rate_bps = min(rate_bps, max(EASE * budget, least_bps, STILL_BPS))
            self.pacer.rate_bps = int(rate_bps)
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
