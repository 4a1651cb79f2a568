"""A stream's way through the relay: one publisher at a time, any number of subscribers.

What subscribers see goes on without a break when the publisher changes: source, sequence numbers, timestamps. Receivers
with a wire (browsers) are followers of a layer, in lanes, so that a packet is written once for many; taps get each
packet of the best layer.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from classroom.relay.drops import Drops
from classroom.relay.feed import Feed
from classroom.relay.lane import LaneKey, Outlet
from classroom.relay.layer import Follower, Layer, Send
from classroom.relay.reports import PublisherClock
from classroom.relay.rtp import Kind, Packet, SenderReport
from classroom.relay.track import Start, Track

# Receivers of sound report every five seconds.
WORST_S = 12.0

_log = logging.getLogger(__name__)


class Publisher(Protocol):
    """What a subscriber may ask of the publisher."""

    def request_keyframe(self, layer: Layer | None = None) -> None:
        """Ask for a keyframe of one layer, or of the one that taps get; requests are merged."""


class Subscriber(Protocol):
    """A tap: the recorder, a counter, a test. Called on the event loop, synchronously; must not block, nor raise."""

    def attached(self, publisher: Publisher, tracks: Mapping[str, Track]) -> None:
        """A publisher with these tracks (by kind) is there: on attach, and for each new one. Numbering is new."""

    def detached(self) -> None:
        """The publisher's session ended; another may come. Also called when a new one replaces it."""

    def send(self, packet: Packet) -> None:
        """A packet, as it arrived: perhaps late, twice never; with an empty payload when it is padding alone."""

    def sender_report(self, kind: str, report: SenderReport) -> None:
        """The publisher's own report, unchecked: some publishers' clocks lie."""


class TrackRoute:
    """One kind of a stream: its layers, in the publisher's order, and one source for all who follow."""

    def __init__(self, track: Track, start: Callable[[], Start], send: Send, drops: Drops) -> None:
        first = start()
        self.track = track
        self.ssrc = first.ssrc
        self.layers: list[Layer] = []
        self.feed = Feed()
        self._worst = (0.0, 0.0)
        self._start = start
        self._send = send
        self._drops = drops

    def lost(self, share: float, now: float) -> None:
        """A receiver tells what share of the packets it lost, 0…1."""
        if share >= self._worst[0] or now - self._worst[1] > WORST_S:
            self._worst = (share, now)

    def worst_loss(self, now: float) -> float:
        """The greatest share that any receiver lost lately."""
        return self._worst[0] if now - self._worst[1] <= WORST_S else 0.0

    def restart(self, track: Track, clock: PublisherClock) -> None:
        """A publisher begins, perhaps with other layers: who follows one that is gone moves to the best there is."""
        before = {layer.rid: layer for layer in self.layers}
        self.track = track
        self.feed = Feed()
        self.layers = []
        for rid in track.rids or (None,):
            layer = before.pop(rid, None) or self._layer(rid)
            layer.restart(track, clock)
            self.layers.append(layer)
        for layer in self.layers:
            layer.siblings = self.layers
        for gone in before.values():
            gone.arrived = None
            gone.siblings = ()
            for follower in [*gone.followers, *gone.waiting]:
                self.layers[0].join(follower)

    def follow(self, outlet: Outlet, key: LaneKey, layer: Layer | None = None) -> Follower:
        """Let a receiver in, to the best layer unless another one is named."""
        follower = Follower(outlet, key)
        (layer or self.layers[0]).join(follower)
        return follower

    def close(self) -> None:
        """Nothing more comes. Layers know one another: with the second of packets that each keeps they would wait for
        the garbage collector. Idempotent."""
        for layer in self.layers:
            layer.siblings = ()

    def _layer(self, rid: str | None) -> Layer:
        start = self._start()
        return Layer(self.track, Start(self.ssrc, start.sequence_number, start.timestamp), self._send, self._drops, rid)


class Route:
    """One stream. It outlives its publisher for as long as somebody subscribes."""

    def __init__(self, stream: str, send: Send, drops: Drops) -> None:
        self.stream = stream
        self.publisher: Publisher | None = None
        self.tracks: dict[Kind, TrackRoute] = {}
        self._send = send
        self._drops = drops
        self._taps: list[Subscriber] = []
        self._published: dict[str, Track] = {}
        self._clock = PublisherClock()

    @property
    def is_idle(self) -> bool:
        """No publisher and no tap; viewers are their owner's business."""
        return self.publisher is None and not self._taps

    def publish(self, publisher: Publisher, tracks: Sequence[Track], start: Callable[[], Start]) -> list[TrackRoute]:
        """A new publisher takes over; returns the track routes that ended since its codecs differ."""
        if self.publisher is not None:
            self.unpublish(self.publisher)
        clock = self._clock = PublisherClock()
        ended = []
        for track in tracks:
            old = self.tracks.get(track.kind)
            if old is None or old.track.codec != track.codec or old.track.clock_rate != track.clock_rate:
                if old is not None:
                    old.close()
                    ended.append(old)
                self.tracks[track.kind] = TrackRoute(track, start, self._send, self._drops)
            self.tracks[track.kind].restart(track, clock)
        self.publisher = publisher
        self._published = {track.kind: track for track in tracks}
        for tap in self._taps:
            tap.attached(publisher, self._published)
        return ended

    def unpublish(self, publisher: Publisher) -> None:
        """The publisher left, if it still was the one."""
        if self.publisher is publisher:
            self.publisher = None
            for tap in list(self._taps):
                tap.detached()

    def restart(self, layer: Layer) -> None:
        """The publisher's source of this layer begins numbers of its own."""
        layer.restart(layer.track, self._clock)

    def close(self) -> None:
        """Nobody publishes, and nobody subscribes any more. Idempotent."""
        for track in self.tracks.values():
            track.close()

    def offered(self) -> list[TrackRoute]:
        """The track routes that the present publisher feeds."""
        if self.publisher is None:
            return []
        return [track for kind, track in self.tracks.items() if kind in self._published]

    def attach(self, tap: Subscriber) -> None:
        """Let a tap follow. Attaching twice is attaching once."""
        if tap in self._taps:
            return
        self._taps.append(tap)
        if self.publisher is not None:
            tap.attached(self.publisher, self._published)

    def detach(self, tap: Subscriber) -> None:
        """Let it go."""
        if tap in self._taps:
            self._taps.remove(tap)

    def forward(self, packet: Packet, extended: int, layer: Layer) -> None:
        """A packet of the publisher in one of its layers, with its extended sequence number, not seen before."""
        layer.forward(packet, extended)
        self.show(packet, extended, layer)

    def show(self, packet: Packet, extended: int, layer: Layer) -> None:
        """Let taps have a packet that the layer has."""
        if self._taps and (shown := self.tracks[packet.kind].feed.show(layer, packet, extended)) is not None:
            for tap in self._taps:
                try:
                    tap.send(shown)
                except Exception:
                    # A bug with one packet must not silence all the others.
                    _log.exception("x packet for a tap")

    def sender_report(self, kind: Kind, report: SenderReport, layer: Layer) -> None:
        """A sender report of the publisher."""
        layer.sender_report(report)
        if self._taps and (shown := self.tracks[kind].feed.report(layer, report)) is not None:
            for tap in self._taps:
                tap.sender_report(kind, shown)

    def flush(self) -> None:
        """Send on what has been gathered."""
        for track in self.tracks.values():
            for layer in track.layers:
                layer.flush()

    @property
    def has_taps(self) -> bool:
        """Whether anybody gets all of it: the best layer is then wanted."""
        return bool(self._taps)
