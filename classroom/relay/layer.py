"""One encoding of a track, and who follows it: renumbers, gates on keyframes, remembers, hands out in bursts.

A publisher that sends one encoding has one layer, a simulcast publisher (RFC 8853) one for each of its encodings. All
layers of a track show subscribers one source: a follower that moves to another layer does so at a keyframe, and its
sequence numbers and timestamps go on without a break.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from classroom.relay.drops import DropReason, Drops
from classroom.relay.express import Shortcut, Way
from classroom.relay.lane import Lane, LaneKey, Outlet, level, sequence_offset
from classroom.relay.numbering import Numbering
from classroom.relay.reports import MediaClock, PublisherClock
from classroom.relay.ring import Entry, Ring
from classroom.relay.rtp import Packet, SenderReport, ahead, ahead32, plain_vp8
from classroom.relay.run import Run
from classroom.relay.track import Start, Track

Send = Callable[[Sequence[Outlet], list[bytes], int], None]
"""The fan-out: the outlets, the packets as written for their lane, and what SRTP will add to each."""

PEAK_KEPT: Final = 0.9
MEAN_NEW: Final = 0.3
SEGMENTS: Final = 4
"""Layers that a follower came through lately, to send again what it missed there."""


class Pacer(Protocol):
    """Takes the packets of a follower whose line is narrow, and sends them one after the other."""

    def take(self, outlet: Outlet, packets: Sequence[bytes], key: LaneKey) -> None: ...

    def cut(self, outlet: Outlet) -> set[int]: ...


class _Segment(NamedTuple):
    """From `first` on (16 bits, as the follower sees it) the numbers come from this layer, by this lane."""

    first: int
    layer: "Layer"
    lane: Lane


class Follower:
    """One receiver of a track, on its way through the layers. `key` has no offsets: the layer it is in adds them."""

    __slots__ = (
        "_before",
        "_left_with",
        "_segments",
        "begun",
        "key",
        "lane",
        "layer",
        "outlet",
        "reached",
        "wanted",
    )

    def __init__(self, outlet: Outlet, key: LaneKey) -> None:
        self.outlet = outlet
        self.key = key
        self.layer: Layer | None = None
        """Where its packets come from; None before the first, and while it gets none."""
        self.lane: Lane | None = None
        """The last one it was in."""
        self.reached: tuple[int, int] | None = None
        """Its last sequence number (extended) and timestamp when it left a layer."""
        self.begun: int | None = None
        """Its first number (16 bits) in this layer, a keyframe's."""
        self.wanted: Layer | None = None
        """Where it will go with the next keyframe; None when it is where it shall be."""
        self._segments: deque[_Segment] = deque(maxlen=SEGMENTS)
        self._before = self._left_with = (0, 0)

    @property
    def packets(self) -> int:
        """Packets sent, without retransmissions."""
        return self._left_with[0] if self.layer is None or self.lane is None else self.lane.packets - self._before[0]

    @property
    def octets(self) -> int:
        """Their bytes."""
        return self._left_with[1] if self.layer is None or self.lane is None else self.lane.octets - self._before[1]

    def timestamp(self, now: float) -> int | None:
        """The RTP timestamp that it should have reached `now`; None before the first packet."""
        if self.layer is None or self.lane is None:
            return None
        own = self.layer.timestamp(now)
        return None if own is None else (own + self.lane.key.timestamp_offset) & 0xFFFFFFFF

    def find(self, sequence_number: int) -> tuple[Lane, Entry] | None:
        """A packet that is still there, by the number that the follower knows it by, and the lane that writes it."""
        for first, layer, lane in reversed(self._segments):
            if ahead(sequence_number, first) >= 0:
                entry = layer.find((sequence_number - lane.key.sequence_offset) & 0xFFFF)
                return None if entry is None else (lane, entry)
        return None

    def has_passed(self, sequence_number: int) -> bool:
        """Whether the keyframe with which the follower began to get its layer came after this packet."""
        return self.begun is not None and ahead(sequence_number, self.begun) < 0

    def leave(self) -> None:
        """Take no more part; what still waits for its line is forgotten. Idempotent."""
        for layer in (self.wanted, self.layer):
            if layer is not None:
                layer.leave(self)
        self._forget_unsent()

    def leaves(self, reached: tuple[int, int]) -> None:
        """It gets no more; others in its lane go on."""
        self._left_with = (self.packets, self.octets)
        self.layer, self.reached = None, reached

    def _forget_unsent(self) -> None:
        """What waits in its pacer was never seen: its numbers are free again, and no hole is left to ask for."""
        if self.key.pacer is None or self.reached is None:
            return
        unsent = self.key.pacer.cut(self.outlet)
        self._left_with = (self._left_with[0] - len(unsent), self._left_with[1])
        number, timestamp = self.reached
        while number & 0xFFFF in unsent:
            unsent.remove(number & 0xFFFF)
            number -= 1
        self.reached = (number, timestamp)

    def enters(self, layer: "Layer", lane: Lane, first: int) -> None:
        """From the packet with this number of the layer on it is in this lane."""
        packets, octets = self.packets, self.octets
        lane.outlets.append(self.outlet)
        self.layer, self.lane, self.wanted = layer, lane, None
        self._before = (lane.packets - packets, lane.octets - octets)
        self._segments.append(_Segment((first + lane.key.sequence_offset) & 0xFFFF, layer, lane))


class Layer:
    """One encoding. `height` is that of its last keyframe in pixels, 0 while unknown.

    `bps` is what it takes at its liveliest, `mean_bps` on average.
    """

    def __init__(self, track: Track, start: Start, send: Send, drops: Drops, rid: str | None = None) -> None:
        self.track = track
        self.rid = rid
        self.ssrc = start.ssrc
        self.height = 0
        self.bps = self.mean_bps = 0
        self.followers: list[Follower] = []
        """Those in one of its lanes."""
        self.waiting: list[Follower] = []
        """Those that come in with the next keyframe."""
        self.siblings: Sequence[Layer] = ()
        """All layers of the track, this one among them."""
        self.arrived: float | None = None
        """When its last packet with payload came (monotonic seconds)."""
        self.shortcut: Shortcut | None = None
        """What sends its packets on without us; perhaps one that is over."""
        self._last: tuple[float, int] | None = None
        """When the packet with the highest number came, and its timestamp as subscribers see it."""
        self._first_timestamp = start.timestamp
        self._gated = track.kind == "video"
        self._numbering = Numbering(0x10000 + start.sequence_number)
        self._ring = Ring()
        self._lanes: dict[LaneKey, Lane] = {}
        self._burst: list[Entry] = []
        self._send = send
        self._drops = drops
        self._octets = 0
        self._measured: tuple[float, int] | None = None
        self.restart(track, PublisherClock())

    def settle(self) -> None:
        """Take note of what went on without us, and let nothing more go on: something is about to change. Idempotent.

        Who comes, leaves or moves ends a shortcut too (`Outlets.change`), but the numbers are read before that.
        """
        if self.shortcut is not None:
            shortcut, self.shortcut = self.shortcut, None
            shortcut.stop()

    def restart(self, track: Track, clock: PublisherClock) -> None:
        """A publisher with numbers of its own begins: nothing is forwarded before its first keyframe."""
        self.settle()
        self.track = track
        self._begun = False
        self.arrived = None
        self._clock = MediaClock(track.clock_rate, clock)

    @property
    def wants_keyframe(self) -> bool:
        """Whether somebody waits for one."""
        return bool(self.waiting) or (self._gated and not self._begun and bool(self._lanes))

    @property
    def is_wanted(self) -> bool:
        """Whether anybody follows it, or is about to."""
        return bool(self.followers or self.waiting)

    @property
    def timestamp_offset(self) -> int:
        """What is added to the publisher's timestamps, modulo 2³²."""
        return self._numbering.timestamp_offset

    @property
    def way(self) -> Way | None:
        """Where all that comes next goes; None while that depends on what comes."""
        if not self._begun or self.waiting or self._burst:
            return None
        lanes, numbering = tuple(self._lanes.values()), self._numbering
        return Way(lanes, numbering.offset & 0xFFFF, numbering.timestamp_offset, self._drops_picture_id)

    def join(self, follower: Follower) -> None:
        """Let a follower in: with sound at once, with pictures at the next keyframe."""
        self.settle()
        if follower.layer is self:
            self._stays(follower)
            return
        if follower.wanted is not None:
            follower.wanted.waiting.remove(follower)
        follower.wanted = self
        if self._gated:
            self.waiting.append(follower)
        else:
            self._admit(follower, self._numbering.highest + 1, None)

    def leave(self, follower: Follower) -> None:
        """Let it go, out of the lanes and out of the queue; it keeps its place in the numbers."""
        self.settle()
        if follower in self.waiting:
            self.waiting.remove(follower)
            follower.wanted = None
        if follower in self.followers:
            # What was gathered for it goes out first.
            self.flush()
            self.followers.remove(follower)
            lane = follower.lane
            assert lane is not None
            last = 0 if self._last is None else self._last[1]
            follower.leaves(
                (
                    self._numbering.highest + lane.key.sequence_offset,
                    (last + lane.key.timestamp_offset) & 0xFFFFFFFF,
                )
            )
            lane.outlets.remove(follower.outlet)
            if not lane.outlets:
                del self._lanes[lane.key]

    def move(self, follower: Follower, key: LaneKey) -> None:
        """Let it go on under another key, without waiting; `key` has no offsets."""
        follower.key = key
        lane = follower.lane
        if follower not in self.followers or lane is None:
            return
        wanted = follower.wanted
        if wanted is not None:
            wanted.waiting.remove(follower)
        self.leave(follower)
        key = key.shifted(lane.key.sequence_offset, lane.key.timestamp_offset)
        self._enter(follower, key, self._numbering.highest + 1)
        if wanted is not None:
            wanted.join(follower)

    def forward(self, packet: Packet, extended: int) -> bool:
        """Take a packet with its extended sequence number; False when it ends here. `flush` sends it on."""
        numbering = self._numbering
        if packet.payload:
            self.arrived = packet.arrived
            self._octets += len(packet.payload)
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
        payload = plain_vp8(packet.payload) if self._drops_picture_id else packet.payload
        entry = Entry(number, numbering.stamp(packet.timestamp), packet.marker, packet.arrived, payload)
        if not self._ring.store(entry):
            self._drops.count(DropReason.DUPLICATE)
            return False
        if number == numbering.highest:
            self._last = packet.arrived, entry.timestamp
            self._clock.packet(packet.timestamp, packet.arrived)
        if packet.keyframe and self.waiting:
            self._open(entry)
        if self._lanes:
            self._burst.append(entry)
        return True

    def forwarded(self, run: Run, extended: int) -> None:
        """Packets went on by the shortcut; `extended` is the last one's number."""
        numbering, count = self._numbering, len(run.passed)
        arrived, timestamp = run.passed[-1][0], run.passed[-1][-1]
        self.arrived = arrived
        self._octets += sum(map(len, run.payloads))
        first = numbering.numbers(extended, count)
        self._ring.store_run(run, first, numbering.timestamp_offset, self._drops_picture_id)
        self._last = arrived, numbering.stamp(timestamp)
        self._clock.packet(timestamp, arrived)
        lanes = [lane for lane in self._lanes.values() if lane.unreached]
        if lanes:
            numbers = range(first, first + count)
            entries = [entry for number in numbers if (entry := self._ring.find(number & 0xFFFF)) is not None]
            for lane in lanes:
                written = [lane.write(entry) for entry in entries]
                if lane.counted is None:
                    lane.count(written)
                self._hand_on(lane, lane.unreached, written)

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
            lane.count(written)
            self._hand_on(lane, lane.outlets, written)

    def _hand_on(self, lane: Lane, outlets: Sequence[Outlet], written: list[bytes]) -> None:
        if lane.key.pacer is None:
            self._send(outlets, written, lane.key.tag_bytes)
        else:
            lane.key.pacer.take(outlets[0], written, lane.key)

    def find(self, sequence_number: int) -> Entry | None:
        """A packet that is still there, by the layer's own 16-bit number."""
        if self.shortcut is not None:
            self.shortcut.catch_up()
        return self._ring.find(sequence_number)

    def sender_report(self, report: SenderReport) -> None:
        """The publisher's report: the base of ours."""
        self._clock.report(report)

    def timestamp(self, now: float) -> int | None:
        """The RTP timestamp that the layer should have reached `now`; None before the first packet."""
        own = self._clock.timestamp(now) if self._begun else None
        return None if own is None else (own + self._numbering.timestamp_offset) & 0xFFFFFFFF

    def measure(self, now: float) -> None:
        """Once a second or so: what it takes at its liveliest, soon forgotten: pictures stand still now and then. One
        of several that its publisher has given up would take what it did before."""
        before, self._measured = self._measured, (now, self._octets)
        if before is None or now <= before[0] or (self._octets == before[1] and len(self.siblings) > 1):
            return
        taken = 8 * (self._octets - before[1]) / (now - before[0])
        self.bps = int(max(taken, PEAK_KEPT * self.bps))
        self.mean_bps = int(self.mean_bps + MEAN_NEW * (taken - self.mean_bps)) if self.mean_bps else int(taken)

    @property
    def _drops_picture_id(self) -> bool:
        return len(self.siblings) > 1 and self.track.codec == "vp8"

    def _begin(self, packet: Packet) -> None:
        stamped = self._first_timestamp
        at = packet.arrived
        beside = next((stamp for one in self.siblings if one is not self and (stamp := one.timestamp(at))), None)
        if beside is not None:
            # The layers of a track show the same moment by the same timestamp, as near as their arrival tells.
            stamped = beside
        elif self._last is not None:
            arrived, timestamp = self._last
            elapsed_s = max(0.0, at - arrived)
            stamped = timestamp + round(elapsed_s * self.track.clock_rate)
        self._numbering.begin(packet.timestamp, stamped)
        self._begun = True

    def _open(self, entry: Entry) -> None:
        self.flush()
        waiting, self.waiting = self.waiting, []
        for follower in waiting:
            self._admit(follower, entry.extended, entry)

    def _admit(self, follower: Follower, number: int, entry: Entry | None) -> None:
        self.flush()
        if follower.layer is not None:
            follower.layer.leave(follower)
        if follower.reached is None:
            self._enter(follower, follower.key.shifted(sequence_offset=sequence_offset(number)), number)
            return
        reached, timestamp = follower.reached
        shift = 0
        if entry is not None:
            # The same moment may have gone out by another layer already: time goes on all the same.
            shift = max(0, 1 - ahead32(entry.timestamp, timestamp))
        key = follower.key.shifted(sequence_offset=(reached + 1 - number) & 0xFFFF, timestamp_offset=shift)
        self._enter(follower, key, number)
        follower.begun = (reached + 1) & 0xFFFF

    def _enter(self, follower: Follower, key: LaneKey, number: int) -> None:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key, self.ssrc)
        follower.enters(self, lane, number)
        self.followers.append(follower)

    def _stays(self, follower: Follower) -> None:
        """It was about to go elsewhere, and shall not."""
        if follower.wanted is not None:
            follower.wanted.waiting.remove(follower)
            follower.wanted = None
