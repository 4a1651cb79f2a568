"""A viewer's session: what its route gives it, what it says about it, and what it gets again."""

from collections import deque
from collections.abc import Callable, Sequence

from classroom.relay import rtcp
from classroom.relay.connection import Connection
from classroom.relay.drops import DropReason, Drops
from classroom.relay.lane import Lane, LaneKey, nothing, padding
from classroom.relay.layer import Follower, Send
from classroom.relay.ring import Entry
from classroom.relay.route import Route, TrackRoute
from classroom.relay.rtcp import Nack, ReportBlock
from classroom.relay.rtp import BadPacket, ahead, ahead32
from classroom.relay.sdp import ABS_SEND_TIME, Accepted

REPORT_S = 1.0
# Pages take 1.5 s of silence for a dead relay, and 500 ms is promised: without media there is a report at every other
# tick, 0.2 s apart.
SILENT_S = 0.3
# Between two receiver reports any datagram proves that the viewer is there, but for no longer than this.
PROOF_S = 10.0
# Retransmissions for one viewer within so long: two keyframes.
MAX_AGAIN = 100
AGAIN_S = 0.05
# What is older is not sent again. Pages wait for sound for 0.3 s at the most: on a full line it would be in the way.
PICTURES_AGAIN_S = 1.0
SOUND_AGAIN_S = 0.4
# A packet that is asked for again, or does not come, so late tells nothing of the line.
STALE_S = 5.0
# So many of the latest have not come when they wait in a queue; fewer may be lost.
AWAITED = 3
# Who asked so often within so long, loses at random; and has stopped to when it asks for nothing for as long again.
OFTEN = 8
OFTEN_S = 4.0
STOPPED_S = 2.0
HEARD_S = 1.5
# So many are remembered with the time at which they went out again: what a receiver misses on the worst of lines.
REPEATED = 256


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
        self.answered = 0
        """The last of our reports that a report of its spoke of, as the middle of its NTP time."""
        self.asked: int | None = None
        """The newest number (16 bits) that it has asked for again."""
        self.asked_at: deque[float] = deque(maxlen=OFTEN)
        """When it asked for something newer than before, on a line that was not full."""
        self.asked_last = 0.0
        self._numbered: deque[tuple[int, float]] = deque(maxlen=REPEATED)
        """What went out in the source of the retransmissions, and when."""
        self.repeated: dict[int, float] = {}
        """When numbers (16 bits) went out again, of the last while."""
        self.loss = 0.0
        self.expected = self.lost = 0.0
        """Packets that the viewer's reports have spoken of so far, and how many of them got lost on the way to it."""
        self.received = 0.0
        """Octets that the viewer's reports have spoken of as received, by the mean size of what went out meanwhile."""
        self._advanced = self._holes = 0
        self._went_out = (0, 0)
        self._sent_at_first: int | None = None
        self.jitter_ms = 0.0

    @property
    def can_repeat(self) -> bool:
        """Whether retransmissions have a source of their own (RFC 4588)."""
        return self.accepted.codec.rtx is not None and self.accepted.rtx_ssrc is not None

    def again(self, lane: Lane, entry: Entry, now: float) -> bytes:
        """A packet as a retransmission; only when `can_repeat`."""
        return lane.write_again(entry, *self._awaited(now), now)

    def padding(self, follower: Follower, now: float) -> bytes:
        """A packet that is of no use; only when `can_repeat`."""
        payload_type, sequence, ssrc = self._awaited(now)
        return padding(follower.key, payload_type, sequence, follower.timestamp(now) or 0, ssrc, now)

    def nothing(self, follower: Follower, number: int, now: float) -> bytes:
        """The answer to who asks for what does not come any more; only when `can_repeat`. It may wait in a pacer, and
        tells nothing of the line while it has not come."""
        payload_type, sequence, ssrc = self._repeats()
        return nothing(number, follower.key, payload_type, sequence, follower.timestamp(now) or 0, ssrc, now)

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
        if self.highest is not None and self._sent_at_first is not None:
            advance = ahead32(block.highest_sequence, self.highest)
            self.received += advance * (1 - self.loss) * self._mean_octets(self.follower)
            self._advanced += advance
            # What its publisher's own line lost is missing here too, but says nothing of this one. In all: how much is
            # on the way when a report is made differs from one to the next.
            holes = max(self._holes, self._advanced - (self.follower.packets - self._sent_at_first))
            more, self._holes = holes - self._holes, holes
            self.expected += advance - more
            self.lost += max(0.0, advance * self.loss - more)
        else:
            self._sent_at_first = self.follower.packets
        self.highest = block.highest_sequence
        self.proved = now
        if self.first is None:
            self.first = now
        return True

    def _mean_octets(self, follower: Follower) -> float:
        """Of the packets that went out since the last call."""
        packets, octets = follower.packets - self._went_out[0], follower.octets - self._went_out[1]
        if packets <= 0:
            return follower.octets / follower.packets
        self._went_out = (follower.packets, follower.octets)
        return octets / packets

    def awaited_since(self, block: ReportBlock, now: float) -> float | None:
        """When the first retransmission or padding went out that still waited by this report; None: none did."""
        highest = block.highest_sequence & 0xFFFF
        waiting = [at for number, at in self._numbered if ahead(number, highest) > 0 and now - at < STALE_S]
        return waiting[0] if len(waiting) >= AWAITED else None

    def _awaited(self, now: float) -> tuple[int, int, int]:
        """The same as `_repeats`, of a packet that leaves now: when it comes tells of the line."""
        numbers = self._repeats()
        self._numbered.append((numbers[1], now))
        return numbers

    def _repeats(self) -> tuple[int, int, int]:
        """Payload type, sequence number and SSRC of the next packet in the source of the retransmissions."""
        assert self.accepted.codec.rtx is not None and self.accepted.rtx_ssrc is not None
        sequence = self.rtx_sequence
        self.rtx_sequence = (sequence + 1) & 0xFFFF
        return self.accepted.codec.rtx, sequence, self.accepted.rtx_ssrc


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
        send: Send,
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
        self.round_trip_at = 0.0
        self.awaited_ms: float | None = None
        """For how long at the least something that had gone out had not come yet, and been said not to have; as of
        `awaited_at`."""
        self.awaited_at = 0.0
        self.remb_bps: int | None = None
        self.remb_at = 0.0
        self.has_news = True
        """Whether the viewer has said anything since its seat's line was looked at; the reader resets it."""
        self.is_tried = False
        """Whether the seat's line is being tried with padding: a queue shows in the answers to reports alone."""
        self.shown: int | None = None
        """How high the seat's page shows the picture, in pixels; None while it has not said."""
        self.waits = False
        """Whether pictures begin only once the seat's line has a layer for them."""
        self._name = name
        self._ssrc = ssrc
        self._ntp_offset = ntp_offset
        self._send = send
        self._drops = drops
        self._flowing = flowing
        self._loses_s: float | None = None
        """Within how long it asked OFTEN times, of late; None for a line that loses little."""
        self._reported = 0.0
        self._reporter: int | None = None
        self._sent_again = 0
        self._sent_again_at = 0.0
        self._sent = 0
        self._measured: tuple[float, int] | None = None

    def connected(self) -> None:
        """The handshake is done: take part in the route."""
        for one in self.watched:
            codec = one.accepted.codec
            stamp = one.accepted.extensions.get(ABS_SEND_TIME, 0)
            key = LaneKey(codec.payload_type, stamp, self.connection.secure.tag_bytes)
            outlet = self.connection.outlet(one.track.track.kind)
            if self.waits and one.track.track.kind == "video":
                one.follower = Follower(outlet, key)
            else:
                one.follower = one.track.follow(outlet, key)
        if not self.waits:
            self._request_keyframe()

    def leave(self) -> None:
        """Take no more part. Idempotent."""
        for one in self.watched:
            if one.follower is not None:
                one.follower.leave()

    def speaks(self, ssrc: int) -> bool:
        """Whether the viewer's reports come under this name."""
        return ssrc == self._reporter

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
        self._reporter = int.from_bytes(data[4:8], "big")
        self.has_news = True
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
        """Every 0.2 s: report in time."""
        sent, before = sum([one.follower.packets for one in self.watched if one.follower is not None]), self._sent
        self._sent = sent
        if self.is_tried or now - self._reported >= (SILENT_S if sent == before else REPORT_S):
            self._reported = now
            self._report(now)

    def has_stopped_losing(self, now: float, by_itself: bool) -> bool:
        """Whether packets got lost again and again on the way, and now for some time none: the line has become another.

        Call it often; it is told once. `by_itself`: what gets lost now is not the queue's of a full line.
        """
        for one in self.watched:
            if not by_itself:
                one.asked_at.clear()
            elif len(one.asked_at) == OFTEN and (often_s := one.asked_at[-1] - one.asked_at[0]) < OFTEN_S:
                self._loses_s = often_s
                one.asked_at.clear()
        if self._loses_s is None or not by_itself or now - self.connection.heard > HEARD_S:
            return False
        if now - max(one.asked_last for one in self.watched) <= max(STOPPED_S, self._loses_s):
            return False
        self._loses_s = None
        return True

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
            if one.accepted.rtx_ssrc == block.ssrc and (since := one.awaited_since(block, now)) is not None:
                self.awaited_ms, self.awaited_at = 1000 * (now - since), now
            if one.track.ssrc == block.ssrc:
                if block.last_report != one.answered:
                    one.answered = block.last_report
                    sent = rtcp.ntp_timestamp(now + self._ntp_offset) >> 16
                    elapsed = (sent - block.last_report - block.delay) & 0xFFFFFFFF
                    if elapsed < 10 * 65536:
                        self.round_trip_ms, self.round_trip_at = elapsed / 65.536, now
                if one.proves(block, now) and not self.is_flowing:
                    self.is_flowing = True
                    self._flowing(now)

    def _send_again(self, message: Nack, now: float) -> None:
        one = next((one for one in self.watched if one.track.ssrc == message.media_ssrc), None)
        if one is None or one.follower is None or one.follower.lane is None:
            return
        if now - self._sent_again_at >= AGAIN_S:
            self._sent_again, self._sent_again_at = 0, now
        if len(one.repeated) > REPEATED:
            one.repeated = {number: at for number, at in one.repeated.items() if now - at < PICTURES_AGAIN_S}
        written: list[bytes] = []
        for number in message.lost:
            packet = self._again(one, one.follower, number, now)
            if isinstance(packet, DropReason):
                self._drops.count(packet)
            else:
                written.append(packet)
        self._send_written(one.follower, written)

    def _again(self, one: Watched, follower: Follower, number: int, now: float) -> bytes | DropReason:
        """The packet once more, or why it is not sent."""
        if self._sent_again >= MAX_AGAIN:
            return DropReason.RETRANSMIT_LIMIT
        # Browsers ask every 100 ms; on a line with a queue that would fill it with the same packets over and over.
        if now - one.repeated.get(number, -PICTURES_AGAIN_S) < min(PICTURES_AGAIN_S, (self.round_trip_ms or 0) / 1000):
            return DropReason.ON_ITS_WAY
        is_sound = one.track.track.kind == "audio"
        is_gone = follower.layer is None or follower.has_passed(number)
        if is_gone and not is_sound and follower.key.pacer is not None:
            return self._let_go(one, follower, number, now)
        found = follower.find(number)
        if found is None or (age_s := now - found[1].arrived) > STALE_S:
            return DropReason.NOT_IN_RING
        if one.asked is None or ahead(number, one.asked) > 0:
            one.asked = number
            if one.asked_last < now:
                one.asked_last = now
                one.asked_at.append(now)
            if is_sound:
                # The packet after it shows the gap. Of sound alone there is a report every five seconds only.
                self.round_trip_ms, self.round_trip_at = 1000 * age_s, now
        if age_s > (SOUND_AGAIN_S if is_sound else PICTURES_AGAIN_S):
            return DropReason.STALE
        one.repeated[number] = now
        self._sent_again += 1
        lane, entry = found
        return one.again(lane, entry, now) if one.can_repeat else lane.write(entry)

    def _let_go(self, one: Watched, follower: Follower, number: int, now: float) -> bytes | DropReason:
        """A picture's packet that does not come any more. Browsers would ask ten times a second, for ten seconds: a
        third of what a thin line carries."""
        if not one.can_repeat:
            return DropReason.OVERTAKEN
        one.repeated[number] = now
        self._sent_again += 1
        return one.nothing(follower, number, now)

    def _send_written(self, follower: Follower, written: list[bytes]) -> None:
        if written and follower.key.pacer is not None:
            follower.key.pacer.take(follower.outlet, written, follower.key)
        elif written:
            self._send([follower.outlet], written, follower.key.tag_bytes)

    def pad(self, octets: int, now: float) -> None:
        """Send so much that is of no use, to see whether the line carries it."""
        one = self.picture
        if one is None or one.follower is None or not one.can_repeat:
            return
        written: list[bytes] = []
        while octets > 0 and len(written) < MAX_AGAIN:
            written.append(one.padding(one.follower, now))
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
