"""A viewer's session: what its route gives it, what it says about it, and what it gets again."""

from collections.abc import Callable, Sequence

from classroom.relay import rtcp
from classroom.relay.connection import Connection
from classroom.relay.drops import DropReason, Drops
from classroom.relay.fanout import Fanout
from classroom.relay.lane import Lane, LaneKey
from classroom.relay.layer import Follower
from classroom.relay.ring import Entry
from classroom.relay.route import Route, TrackRoute
from classroom.relay.rtcp import Nack, ReportBlock
from classroom.relay.rtp import BadPacket, ahead32
from classroom.relay.sdp import ABS_SEND_TIME, Accepted

# Pages take 1.5 s of silence for a dead relay, and 500 ms is promised; the ticks are 50 ms apart.
REPORT_S = 0.4
# Between two receiver reports any datagram proves that the viewer is there, but for no longer than this.
PROOF_S = 10.0
# Retransmissions for one viewer in one tick of 50 ms: two keyframes.
MAX_AGAIN = 100


class Watched:
    """One track as it goes out to one viewer."""

    def __init__(self, accepted: Accepted, track: TrackRoute, rtx_sequence: int) -> None:
        self.accepted = accepted
        self.track = track
        self.follower: Follower | None = None
        """None before the connection stands."""
        self.rtx_sequence = rtx_sequence
        self.highest: int | None = None
        self.first: float | None = None
        """When the viewer's feedback first proved that it receives."""
        self.proved = 0.0
        self.loss = 0.0
        self.expected = self.lost = 0.0
        """Packets that the viewer's reports have spoken of so far, and how many of them it said did not come."""
        self.jitter_ms = 0.0

    @property
    def can_repeat(self) -> bool:
        """Whether retransmissions have a source of their own (RFC 4588)."""
        return self.accepted.codec.rtx is not None and self.accepted.rtx_ssrc is not None

    def again(self, lane: Lane, entry: Entry, now: float) -> bytes:
        """A packet as a retransmission; only when `can_repeat`."""
        assert self.accepted.codec.rtx is not None and self.accepted.rtx_ssrc is not None
        sequence = self.rtx_sequence
        self.rtx_sequence = (sequence + 1) & 0xFFFF
        return lane.write_again(entry, self.accepted.codec.rtx, sequence, self.accepted.rtx_ssrc, now)

    def proves(self, block: ReportBlock, now: float) -> bool:
        """Take a report block; whether the highest number received has advanced."""
        self.loss = block.fraction_lost / 256
        self.track.lost(self.loss, now)
        self.jitter_ms = block.jitter / self.track.track.clock_rate * 1000
        if (
            self.follower is None
            or not self.follower.packets
            or (self.highest is not None and ahead32(block.highest_sequence, self.highest) <= 0)
        ):
            return False
        if self.highest is not None:
            advance = ahead32(block.highest_sequence, self.highest)
            self.expected += advance
            self.lost += advance * self.loss
        self.highest = block.highest_sequence
        self.proved = now
        if self.first is None:
            self.first = now
        return True


class View:
    """One session that views. `flowing` is called with the first proof that media arrives."""

    def __init__(
        self,
        connection: Connection,
        route: Route,
        watched: Sequence[Watched],
        name: str,
        ssrc: int,
        ntp_offset: float,
        fanout: Fanout,
        drops: Drops,
        flowing: Callable[[float], None],
    ) -> None:
        """`ssrc` speaks for the viewer's session when no track does; `ntp_offset` + monotonic seconds = NTP seconds."""
        self.connection = connection
        self.route = route
        self.watched = list(watched)
        self.is_flowing = False
        self.out_bps = 0
        self.round_trip_ms: float | None = None
        self.remb_bps: int | None = None
        self.remb_at = 0.0
        self.shown: int | None = None
        """How high the seat's page shows the picture, in pixels; None while it has not said."""
        self._name = name
        self._ssrc = ssrc
        self._ntp_offset = ntp_offset
        self._fanout = fanout
        self._drops = drops
        self._flowing = flowing
        self._reported = 0.0
        self._again = 0
        self._measured: tuple[float, int] | None = None

    def connected(self) -> None:
        """The handshake is done: take part in the route."""
        for one in self.watched:
            codec = one.accepted.codec
            stamp = one.accepted.extensions.get(ABS_SEND_TIME, 0)
            key = LaneKey(codec.payload_type, stamp, self.connection.secure.tag_bytes)
            one.follower = one.track.follow(self.connection.outlet(one.track.track.kind), key)
        self._request_keyframe()

    def leave(self) -> None:
        """Take no more part. Idempotent."""
        for one in self.watched:
            if one.follower is not None:
                one.follower.leave()

    def rtp(self, packet: bytes, size: int, now: float) -> None:
        """A viewer sends no media."""
        self._drops.count(DropReason.UNKNOWN_SSRC)

    def rtcp(self, data: bytes, now: float) -> None:
        """An authenticated compound RTCP packet."""
        try:
            messages = rtcp.parse(data)
        except BadPacket:
            self._drops.count(DropReason.BAD_RTCP)
            return
        for message in messages:
            if isinstance(message, rtcp.ReceiverReport | rtcp.SenderInfo):
                for block in message.blocks:
                    self._report_block(block, now)
            elif isinstance(message, Nack):
                self._send_again(message, now)
            elif isinstance(message, rtcp.KeyframeRequest):
                if any(one.track.ssrc == message.media_ssrc for one in self.watched):
                    self._request_keyframe()
            elif isinstance(message, rtcp.Remb):
                self.remb_bps, self.remb_at = message.bitrate_bps, now

    def tick(self, now: float) -> None:
        """Every 50 ms: allow retransmissions again, and report in time."""
        self._again = 0
        if now - self._reported >= REPORT_S:
            self._reported = now
            self._report(now)

    @property
    def picture(self) -> Watched | None:
        """The video track, if there is one."""
        return next((one for one in self.watched if one.track.track.kind == "video"), None)

    def last_proof(self, one: Watched) -> float:
        """The last moment at which the viewer was known to receive this track."""
        return max(one.proved, min(self.connection.heard, one.proved + PROOF_S))

    @property
    def loss(self) -> float:
        """The worse of the tracks' losses in the last report, 0…1."""
        return max((one.loss for one in self.watched), default=0.0)

    @property
    def jitter_ms(self) -> float:
        """The worse of the tracks' jitters."""
        return max((one.jitter_ms for one in self.watched), default=0.0)

    def _report_block(self, block: ReportBlock, now: float) -> None:
        for one in self.watched:
            if one.track.ssrc == block.ssrc:
                if block.last_report:
                    sent = rtcp.ntp_timestamp(now + self._ntp_offset) >> 16
                    elapsed = (sent - block.last_report - block.delay) & 0xFFFFFFFF
                    if elapsed < 10 * 65536:
                        self.round_trip_ms = elapsed / 65.536
                if one.proves(block, now) and not self.is_flowing:
                    self.is_flowing = True
                    self._flowing(now)

    def _send_again(self, message: Nack, now: float) -> None:
        one = next((one for one in self.watched if one.track.ssrc == message.media_ssrc), None)
        if one is None or one.follower is None or one.follower.lane is None:
            return
        written = []
        for sequence_number in message.lost:
            if self._again >= MAX_AGAIN:
                self._drops.count(DropReason.RETRANSMIT_LIMIT)
                continue
            found = one.follower.find(sequence_number, now)
            if found is None:
                self._drops.count(DropReason.NOT_IN_RING)
                continue
            lane, entry = found
            self._again += 1
            if not one.can_repeat:
                written.append(lane.write(entry))
            else:
                written.append(one.again(lane, entry, now))
        self._send_written(one.follower, written)

    def _send_written(self, follower: Follower, written: list[bytes]) -> None:
        if written and follower.key.pacer is not None:
            follower.key.pacer.take(follower.outlet, written, follower.key)
        elif written:
            self._fanout.send([follower.outlet], written, follower.key.tag_bytes)

    def pad(self, octets: int, now: float) -> None:
        """Send so much that is of no use, to see whether the line carries it: the latest packet of the pictures, again
        and again, as retransmissions (RFC 4588)."""
        one = self.picture
        if one is None or one.follower is None or one.follower.lane is None or not one.can_repeat:
            return
        entry = next((layer.last for layer in one.track.layers if layer.last is not None), None)
        written: list[bytes] = []
        while entry is not None and octets > 0 and len(written) < MAX_AGAIN:
            written.append(one.again(one.follower.lane, entry, now))
            octets -= len(written[-1])
        self._send_written(one.follower, written)

    def _report(self, now: float) -> None:
        """A sender report for each track that flows; without any, an empty receiver report to be heard at all."""
        ntp = rtcp.ntp_timestamp(now + self._ntp_offset)
        reports, ssrcs = b"", []
        for one in self.watched:
            follower = one.follower
            timestamp = None if follower is None else follower.timestamp(now)
            if follower is not None and follower.packets and timestamp is not None:
                ssrcs.append(one.track.ssrc)
                info = rtcp.SenderInfo(one.track.ssrc, ntp, timestamp, follower.packets, follower.octets)
                reports += rtcp.sender_report(info)
        if not ssrcs:
            ssrcs, reports = [self._ssrc], rtcp.receiver_report(self._ssrc)
        self.connection.send_rtcp(reports + rtcp.source_description(ssrcs, self._name))
        octets = sum(one.follower.octets for one in self.watched if one.follower is not None)
        if self._measured is None:
            self._measured = (now, octets)
        elif now - self._measured[0] >= 1:
            self.out_bps = int(8 * (octets - self._measured[1]) / (now - self._measured[0]))
            self._measured = (now, octets)

    def _request_keyframe(self) -> None:
        for one in self.watched:
            if one.track.track.kind == "video" and one.follower is not None and self.route.publisher is not None:
                self.route.publisher.request_keyframe(one.follower.wanted or one.follower.layer)
