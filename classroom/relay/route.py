"""A stream's way through the relay: one publisher at a time, any number of subscribers.

What subscribers see goes on without a break when the publisher changes: source, sequence numbers, timestamps. Receivers
with a wire (browsers) are outlets in lanes, so that a packet is written once for many; taps get each packet.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from classroom.relay.drops import DropReason, Drops
from classroom.relay.lane import Lane, LaneKey, Outlet, level, sequence_offset
from classroom.relay.numbering import Numbering
from classroom.relay.reports import MediaClock, PublisherClock
from classroom.relay.ring import Entry, Ring
from classroom.relay.rtp import Kind, Packet, SenderReport

Send = Callable[[Sequence[Outlet], list[bytes], int], None]
"""The fan-out: the outlets, the packets as written for their lane, and what SRTP will add to each."""


@dataclass(frozen=True, slots=True)
class Track:
    """What a publisher sends of one kind. `codec` is "opus", "vp8", "h264" or "vp9"; `fmtp` as it stands in the SDP."""

    kind: Kind
    codec: str
    clock_rate: int
    channels: int
    fmtp: str


class Publisher(Protocol):
    """What a subscriber may ask of the publisher."""

    def request_keyframe(self) -> None:
        """Ask for a keyframe; requests are merged."""


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


@dataclass(frozen=True, slots=True)
class Start:
    """Where a track's numbers begin, drawn by the owner of randomness: 32 bits, 16 bits, 32 bits (RFC 3550 §5.1)."""

    ssrc: int
    sequence_number: int
    timestamp: int


class TrackRoute:
    """One kind of a stream: renumbers, gates on keyframes, remembers for retransmission, and hands out in bursts."""

    def __init__(self, track: Track, start: Start, send: Send, drops: Drops) -> None:
        self.track = track
        self.ssrc = start.ssrc
        self._last: Entry | None = None
        self._first_timestamp = start.timestamp
        self._gated = track.kind == "video"
        self._numbering = Numbering(0x10000 + start.sequence_number)
        self._ring = Ring()
        self._lanes: dict[LaneKey, Lane] = {}
        self._waiting: list[tuple[Outlet, LaneKey, Callable[[Lane], None]]] = []
        self._burst: list[Entry] = []
        self._send = send
        self._drops = drops
        self.restart(PublisherClock())

    def restart(self, clock: PublisherClock) -> None:
        """A publisher with numbers of its own begins: nothing is forwarded before its first keyframe."""
        self._begun = False
        self._clock = MediaClock(self.track.clock_rate, clock)

    @property
    def wants_keyframe(self) -> bool:
        """Whether somebody waits for one."""
        return bool(self._waiting) or (self._gated and not self._begun and bool(self._lanes))

    def join(self, outlet: Outlet, key: LaneKey, joined: Callable[[Lane], None]) -> None:
        """Let an outlet in: with sound at once, with pictures at the next keyframe; `joined` tells its lane."""
        if self._gated:
            self._waiting.append((outlet, key, joined))
        else:
            self._admit(outlet, key, joined)

    def leave(self, outlet: Outlet) -> None:
        """Let it go, wherever it is."""
        self._waiting = [waiting for waiting in self._waiting if waiting[0] is not outlet]
        for key, lane in list(self._lanes.items()):
            if outlet in lane.outlets:
                lane.outlets.remove(outlet)
                if not lane.outlets:
                    del self._lanes[key]

    def forward(self, packet: Packet, extended: int) -> bool:
        """Take a packet with its extended sequence number; False when it ends here. `flush` sends it on."""
        numbering = self._numbering
        if not self._begun:
            if (self._gated and not packet.keyframe) or not packet.payload:
                self._drops.count(DropReason.BEFORE_KEYFRAME)
                return False
            self._begin(packet)
        if not packet.payload and numbering.skip(extended):
            self._drops.count(DropReason.PADDING)
            return False
        number = numbering.number(extended)
        if number is None:
            self._drops.count(DropReason.LATE)
            return False
        entry = Entry(number, numbering.stamp(packet.timestamp), packet)
        if not self._ring.store(entry):
            self._drops.count(DropReason.DUPLICATE)
            return False
        if number == numbering.highest:
            self._last = entry
            self._clock.packet(packet.timestamp, packet.arrived)
        if packet.keyframe and self._waiting:
            self._open(number)
        if self._lanes:
            self._burst.append(entry)
        return True

    def flush(self) -> None:
        """Send on what has been gathered."""
        burst = self._burst
        if not burst:
            return
        self._burst = []
        if len(burst) > 1:
            level(burst)
        for lane in self._lanes.values():
            written = [lane.write(entry) for entry in burst]
            lane.packets += len(written)
            lane.octets += sum(map(len, written))
            self._send(lane.outlets, written, lane.key.tag_bytes)

    def find(self, sequence_number: int, now: float) -> Entry | None:
        """A packet of the last second, by the route's own 16-bit number."""
        return self._ring.find(sequence_number, now)

    def sender_report(self, report: SenderReport) -> None:
        """The publisher's report: the base of ours."""
        self._clock.report(report)

    def timestamp(self, now: float) -> int | None:
        """The RTP timestamp that subscribers should have reached `now`; None before the first packet."""
        own = self._clock.timestamp(now) if self._begun else None
        return None if own is None else (own + self._numbering.timestamp_offset) & 0xFFFFFFFF

    def _begin(self, packet: Packet) -> None:
        stamped = self._first_timestamp
        if self._last is not None:
            elapsed_s = max(0.0, packet.arrived - self._last.packet.arrived)
            stamped = self._last.timestamp + round(elapsed_s * self.track.clock_rate)
        self._numbering.begin(packet.timestamp, stamped)
        self._begun = True

    def _open(self, number: int) -> None:
        self.flush()
        waiting, self._waiting = self._waiting, []
        for outlet, key, joined in waiting:
            self._admit(outlet, key, joined, number)

    def _admit(self, outlet: Outlet, key: LaneKey, joined: Callable[[Lane], None], number: int | None = None) -> None:
        self.flush()
        if number is None:
            number = self._numbering.highest + 1
        key = LaneKey(key.payload_type, key.abs_send_time, key.tag_bytes, sequence_offset(number))
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key, self.ssrc)
        lane.add(outlet)
        joined(lane)


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
            if old is not None and old.track.codec == track.codec and old.track.clock_rate == track.clock_rate:
                old.track = track
                old.restart(clock)
                continue
            if old is not None:
                ended.append(old)
            made = self.tracks[track.kind] = TrackRoute(track, start(), self._send, self._drops)
            made.restart(clock)
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

    def restart(self, kind: Kind) -> None:
        """The publisher's source of this kind begins numbers of its own."""
        self.tracks[kind].restart(self._clock)

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

    def forward(self, packet: Packet, extended: int) -> None:
        """A packet of the publisher, with its extended sequence number, not seen before."""
        for tap in self._taps:
            tap.send(packet)
        self.tracks[packet.kind].forward(packet, extended)

    def sender_report(self, kind: Kind, report: SenderReport) -> None:
        """A sender report of the publisher."""
        for tap in self._taps:
            tap.sender_report(kind, report)
        self.tracks[kind].sender_report(report)

    def flush(self) -> None:
        """Send on what has been gathered."""
        for track in self.tracks.values():
            track.flush()
