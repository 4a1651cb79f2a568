"""A publisher's session: what comes in goes to its route, and feedback goes back."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from classroom.relay import rtcp
from classroom.relay.connection import Connection
from classroom.relay.drops import DropReason, Drops
from classroom.relay.express import ABSENT, Express, Source
from classroom.relay.feed import ranked
from classroom.relay.feedback import KeyframeRequests, NackGenerator, Statistics, TransportFeedback, feedback_interval_s
from classroom.relay.layer import Layer
from classroom.relay.negotiation import track_of
from classroom.relay.picture import picture_height
from classroom.relay.route import Route
from classroom.relay.rtp import (
    BadPacket,
    Header,
    KeyframeDetector,
    Kind,
    Packet,
    Seen,
    SenderReport,
    Unwrapper,
    extension,
)
from classroom.relay.run import Run
from classroom.relay.sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID, TRANSPORT_CC, Accepted
from classroom.relay.voice import Voice

REPORT_S = 1.0
# Ticks come a little sooner or later than they should.
HALF_TICK_S = 0.025
# For how long a publication may be left alone, with taps that wait for its packets and without.
TAPPED_S, UNHURRIED_S = 0.1, 1.0
# A source takes the place of another of the same payload type only when that one has been silent.
SOURCE_SILENT_S = 0.5
MAX_REFUSED_SOURCES = 32
# To set a flow up costs as much as some packets; where its ways keep changing that must not be done for each.
EXPEDITE_S = 0.25
# More in-band FEC than this share of loss asks for costs more sound than it saves.
MOST_FEC_FOR = 0.25


class Inbound:
    """One layer of a track as it comes in. `layer` is the route's, `rid` names it among several (RFC 8851)."""

    layer: Layer

    def __init__(self, accepted: Accepted, rid: str | None) -> None:
        self.accepted = accepted
        self.rid = rid
        self.track = track_of(accepted)
        self.kind: Kind = self.track.kind
        self.payload_type = accepted.codec.payload_type
        self.rtx_type = accepted.codec.rtx
        self.ssrc = accepted.section.ssrc
        self.rtx_ssrc = accepted.section.rtx_ssrc
        feedback = accepted.feedback
        self.nack = NackGenerator() if "nack" in feedback else None
        self.can_request = "nack pli" in feedback or "ccm fir" in feedback
        self.keyframes = KeyframeRequests()
        self.wanted_at: float | None = None
        """When anybody last wanted this layer."""
        self.first: float | None = None
        self.last = 0.0
        self.expedited = 0.0
        """When its packets were last let go on by themselves."""
        self.level_id = accepted.extensions.get(AUDIO_LEVEL, 0) if self.kind == "audio" else 0
        self.voice = Voice() if self.level_id else None
        self.renew()

    @property
    def is_urgent(self) -> bool:
        """Whether something is to be asked for again soon."""
        return (
            (self.nack is not None and self.nack.is_waiting)
            or self.keyframes.is_waiting
            or (self.kind == "video" and self.layer.wants_keyframe)
        )

    def renew(self) -> None:
        """Another source, with numbers of its own."""
        self.unwrapper = Unwrapper()
        self.seen = Seen()
        self.statistics = Statistics(self.track.clock_rate)
        self.detector = KeyframeDetector(self.track.codec)
        if self.nack is not None:
            self.nack = NackGenerator()


class Publication:
    """One session that publishes. `flowing` is called with the first media, and again after `stalled`."""

    def __init__(
        self,
        connection: Connection,
        route: Route,
        accepted: Sequence[Accepted],
        ssrc: int,
        drops: Drops,
        clock: Callable[[], float],
        flowing: Callable[[float], None],
        touched: Callable[["Publication"], None],
        express: Express | None = None,
    ) -> None:
        self.connection = connection
        self.route = route
        self.inbounds = [Inbound(one, rid) for one in accepted for rid in one.rids or (None,)]
        self.packets = 0
        self.last: float | None = None
        """When the last media packet came (monotonic seconds)."""
        self.is_flowing = False
        self.wanted_layers: tuple[str, ...] = tuple(rid for one in accepted for rid in one.rids)
        self.in_bps = 0
        self._ssrc = ssrc
        self._drops = drops
        self._clock = clock
        self._flowing = flowing
        self._touched = touched
        self._express = express
        self._is_touched = False
        self._sources: dict[int, tuple[Inbound, bool]] = {}
        for inbound in self.inbounds:
            if inbound.ssrc is not None:
                self._sources[inbound.ssrc] = (inbound, False)
            if inbound.rtx_ssrc is not None:
                self._sources[inbound.rtx_ssrc] = (inbound, True)
        extensions = {uri: number for one in accepted for uri, number in one.extensions.items()}
        self._transport_cc = extensions.get(TRANSPORT_CC, 0)
        self._mid, self._rid = extensions.get(MID, 0), extensions.get(RID, 0)
        self._repaired_rid = extensions.get(REPAIRED_RID, 0)
        self._transport_numbers = Unwrapper()
        self._transport_feedback = TransportFeedback()
        self._feedback_due = 0.0
        self._refused: set[int] = set()
        self._reported = 0.0
        self._measured: tuple[float, int] | None = None

    def begin(self) -> None:
        """The route has taken it as its publisher: find the layers to feed."""
        for inbound in self.inbounds:
            layers = self.route.tracks[inbound.kind].layers
            inbound.layer = next((layer for layer in layers if layer.rid == inbound.rid), layers[0])

    def close(self) -> None:
        """Nothing of it goes on any more. Idempotent."""
        for inbound in self.inbounds:
            inbound.layer.settle()

    def rtp(self, data: bytes, size: int, now: float) -> None:
        """An authenticated RTP packet."""
        self.packets += 1
        try:
            header = Header(data)
        except BadPacket:
            self._drops.count(DropReason.BAD_RTP)
            return
        if self._transport_cc:
            value = extension(data, header, self._transport_cc)
            if value is not None and len(value) == 2:
                number = self._transport_numbers.extend(value[0] << 8 | value[1])
                self._transport_feedback.packet(number, now)
        source = self._sources.get(header.ssrc)
        if source is None:
            self._catch_up(self.inbounds)
            source = self._learn(data, header, now)
        if source is None:
            self._drops.count(DropReason.UNKNOWN_SSRC)
            return
        inbound, is_rtx = source
        # What went on came before.
        self._catch_up((inbound,))
        if header.payload_type != (inbound.rtx_type if is_rtx else inbound.payload_type):
            self._drops.count(DropReason.UNKNOWN_SSRC)
            return
        start = header.start
        sequence_number = header.sequence_number
        if is_rtx:
            if header.end - start < 2 or inbound.unwrapper.highest is None:
                self._drops.count(DropReason.PADDING)
                return
            sequence_number = data[start] << 8 | data[start + 1]
            start += 2
        extended = inbound.unwrapper.extend(sequence_number)
        if inbound.seen.again(extended):
            self._drops.count(DropReason.DUPLICATE)
            return
        level = extension(data, header, inbound.level_id) if inbound.voice is not None and not is_rtx else None
        if not is_rtx:
            self._count(inbound, extended, header.timestamp, size, level[0] if level else ABSENT, now)
        payload = data[start : header.end]
        self._take(inbound, header.marker, sequence_number, header.timestamp, payload, extended, now)

    def _went_on(self, inbound: Inbound, run: Run) -> None:
        """What `rtp` does, for packets that went on: the first is the next of its source, or little further."""
        count, now = len(run.passed), run.passed[-1][0]
        self.packets += count
        first, last = map(inbound.unwrapper.extend, run.ends)
        inbound.seen.came(first, count)
        nack = inbound.nack
        if nack is not None:
            if not nack.packet(first, run.passed[0][0]):
                self._request(inbound, now)
            nack.came(last)
        inbound.last = self.last = now
        size = self._count_run(inbound, run)
        inbound.statistics.packets_came(count, last, size)
        self.connection.went_on(size, now)
        inbound.layer.forwarded(run, last)
        keyframes = self._keyframes(inbound, run)
        if self.route.has_taps:
            self._show(inbound, run, first, keyframes)
        if nack is not None and nack.fresh:
            self._touch()
        self._flows(now)

    def _count_run(self, inbound: Inbound, run: Run) -> int:
        """Take note of what their headers say; the octets of all datagrams."""
        octets, before, statistics, voice = 0, -1, inbound.statistics, inbound.voice
        arrivals, numbers = self._transport_feedback, self._transport_numbers
        for arrived, _, _, size, _, _, _, transport_number, level, timestamp in run.passed:
            octets += size
            if timestamp != before:
                before = timestamp
                statistics.moment(timestamp, arrived)
            if transport_number >= 0:
                arrivals.packet(numbers.extend(transport_number), arrived)
            if voice is not None and level >= 0:
                voice.packet(level & 0x7F, arrived)
        return octets

    def _count(self, inbound: Inbound, extended: int, timestamp: int, size: int, level: int, now: float) -> None:
        """A packet that is no retransmission; `level` as its header has it, or ABSENT."""
        inbound.statistics.packet(extended, timestamp, size, now)
        if inbound.voice is not None and level >= 0:
            inbound.voice.packet(level & 0x7F, now)

    def _catch_up(self, inbounds: Iterable[Inbound]) -> None:
        for inbound in inbounds:
            if inbound.layer.shortcut is not None:
                inbound.layer.shortcut.catch_up()

    def _keyframes(self, inbound: Inbound, run: Run) -> list[int]:
        """Which of the packets, by their places, begin a keyframe."""
        if inbound.kind != "video":
            return []
        begins = inbound.detector.first
        found = [
            place
            for place, (passed, payload) in enumerate(zip(run.passed, run.payloads, strict=True))
            if begins(payload, passed[-1])
        ]
        for place in found:
            self._keyframe(inbound, run.payloads[place])
        return found

    def _show(self, inbound: Inbound, run: Run, extended: int, keyframes: list[int]) -> None:
        """Let taps have them, the first with this number."""
        kind, payload_type, ssrc, layer = inbound.kind, inbound.payload_type, inbound.ssrc or 0, inbound.layer
        for place, (arrived, _, _, _, _, number, marker, _, _, timestamp) in enumerate(run.passed):
            payload, keyframe = run.payloads[place], place in keyframes
            packet = Packet(kind, payload_type, marker == 1, number, timestamp, ssrc, payload, arrived, keyframe)
            self.route.show(packet, extended + place, layer)

    def _take(
        self,
        inbound: Inbound,
        marker: bool,
        sequence_number: int,
        timestamp: int,
        payload: bytes,
        extended: int,
        now: float,
    ) -> None:
        """Hand a packet of a known source, not seen before, to the route."""
        nack = inbound.nack
        if nack is not None and not nack.packet(extended, now):
            self._request(inbound, now)
        keyframe = False
        if payload:
            if inbound.first is None:
                inbound.first = now
            inbound.last = self.last = now
            if inbound.kind == "video" and inbound.detector.first(payload, timestamp):
                keyframe = True
                self._keyframe(inbound, payload)
        ssrc = inbound.ssrc or 0
        packet = Packet(
            inbound.kind, inbound.payload_type, marker, sequence_number, timestamp, ssrc, payload, now, keyframe
        )
        self.route.forward(packet, extended, inbound.layer)
        self._touch()
        if payload:
            self._flows(now)

    def _keyframe(self, inbound: Inbound, payload: bytes) -> None:
        """One begins with this packet."""
        inbound.keyframes.arrived()
        inbound.layer.height = picture_height(inbound.track.codec, payload) or inbound.layer.height

    def _touch(self) -> None:
        """At the end of the batch there is something to do."""
        if not self._is_touched:
            self._is_touched = True
            self._touched(self)

    def _flows(self, now: float) -> None:
        """Media came."""
        if not self.is_flowing:
            self.is_flowing = True
            self._flowing(now)

    def speaks(self, ssrc: int) -> bool:
        """Whether what the publisher sends comes under this name."""
        return ssrc in self._sources

    def flush(self, now: float) -> None:
        """The batch is over: send on, and ask for what is missing."""
        self._is_touched = False
        self.route.flush()
        for inbound in self.inbounds:
            if inbound.nack is not None and inbound.nack.fresh:
                self._send_nacks(inbound, now)
            if self._express is not None:
                self._expedite(self._express, inbound, now)

    def _expedite(self, express: Express, inbound: Inbound, now: float) -> None:
        """Let what comes next go on by itself, if all of it goes one way."""
        layer, newest = inbound.layer, inbound.unwrapper.highest
        path, way = self.connection.path, layer.way
        if way is None or newest is None or (layer.shortcut is not None and layer.shortcut.goes_on(way, newest)):
            return
        if now - inbound.expedited < EXPEDITE_S or inbound.ssrc is None or not isinstance(path, tuple):
            return
        inbound.expedited = now
        layer.settle()
        secure = self.connection.secure
        source = Source(
            path,
            inbound.ssrc,
            inbound.payload_type,
            secure.incoming_session,
            secure.tag_bytes,
            self._transport_cc,
            inbound.level_id,
        )
        layer.shortcut = express.start(source, way, newest, partial(self._went_on, inbound))

    def rtcp(self, data: bytes, now: float) -> None:
        """An authenticated compound RTCP packet."""
        try:
            messages = rtcp.parse(data)
        except BadPacket:
            self._drops.count(DropReason.BAD_RTCP)
            return
        for message in messages:
            if isinstance(message, rtcp.SenderInfo):
                for inbound in self.inbounds:
                    if inbound.ssrc == message.ssrc:
                        inbound.statistics.sender_report(message.ntp, now)
                        report = SenderReport(message.ssrc, message.ntp / 4294967296.0, message.rtp_timestamp, now)
                        self.route.sender_report(inbound.kind, report, inbound.layer)

    def request_keyframe(self, layer: Layer | None = None) -> None:
        """Ask for a keyframe of one layer, or of the one that taps get; merged to two a second."""
        now = self._clock()
        for inbound in self.inbounds:
            if inbound.kind == "video" and inbound.layer is (layer or self._tapped(inbound)):
                self._request(inbound, now)

    def _tapped(self, inbound: Inbound) -> Layer:
        """What taps get of this track; while they get nothing yet, whatever comes."""
        return self.route.tracks[inbound.kind].feed.layer or inbound.layer

    def tick(self, now: float) -> None:
        """Every `pause_s` or more often: transport-wide feedback, retries."""
        if now >= self._feedback_due:
            self._feedback_due = now + feedback_interval_s(self.in_bps) - HALF_TICK_S
            self._send_feedback()
        for inbound in self.inbounds:
            if inbound.nack is not None:
                self._send_nacks(inbound, now)
            if inbound.kind == "video":
                feed = self.route.tracks[inbound.kind].feed
                if inbound.layer.wants_keyframe or (self.route.has_taps and feed.wants_keyframe(inbound.layer, now)):
                    self._request(inbound, now)
                elif inbound.keyframes.due(now):
                    self._send_request(inbound)

    def report(self, now: float) -> None:
        """Some times a second, when what went on has just been noted: once a second a receiver report."""
        if now - self._reported >= REPORT_S:
            self._reported = now
            self._report(now)

    @property
    def pause_s(self) -> float:
        """For how long it may be left alone; 0: it is in a hurry."""
        if any(one.is_urgent for one in self.inbounds):
            return 0.0
        feedback_s = feedback_interval_s(self.in_bps) if self._transport_feedback.is_used else UNHURRIED_S
        return min(feedback_s, TAPPED_S if self.route.has_taps else UNHURRIED_S)

    def decide(self, now: float, unwanted_s: float) -> bool:
        """Some times a second: whether other layers are wanted now than before. `wanted_layers` are their rids.

        One that nobody wants goes on for `unwanted_s`. The smallest one that comes always goes on: it proves that the
        seat sends, and is there at once for whoever's line gets narrow.
        """
        layered = [one for one in self.inbounds if one.rid is not None and len(one.layer.siblings) > 1]
        if not layered:
            return False
        layers = ranked([one.layer for one in layered])
        smallest = next((layer for layer in layers if layer.arrived is not None), layers[0])
        best = layers[-1] if self.route.has_taps else None
        for one in layered:
            if one.layer is smallest or one.layer is best or one.layer.is_wanted or one.wanted_at is None:
                one.wanted_at = now
        rids = tuple(one.rid for one in layered if one.rid and now - (one.wanted_at or now) < unwanted_s)
        before, self.wanted_layers = self.wanted_layers, rids
        return before != rids

    def is_stalled(self, now: float, limit_s: float) -> bool:
        """Whether media flowed, and has stopped for so long."""
        return self.is_flowing and self.last is not None and now - self.last >= limit_s

    @property
    def loss(self) -> float:
        """The worse of the tracks' losses in the last second, 0…1."""
        return max((inbound.statistics.fraction_lost for inbound in self.inbounds), default=0.0)

    @property
    def jitter_ms(self) -> float:
        """The worse of the tracks' jitters."""
        return max((inbound.statistics.jitter_ms for inbound in self.inbounds), default=0.0)

    def _learn(self, data: bytes, header: Header, now: float) -> tuple[Inbound, bool] | None:
        """Which layer a source not known so far is, by payload type, mid and rid (RFC 8843 §9.2); None: none of ours.

        From now on it is known.
        """
        ssrc, payload_type = header.ssrc, header.payload_type
        if ssrc in self._refused:
            return None
        fitting = [one for one in self.inbounds if payload_type in (one.payload_type, one.rtx_type)]
        if not fitting:
            return None
        is_rtx = payload_type == fitting[0].rtx_type
        mid = extension(data, header, self._mid) if self._mid else None
        rid_id = self._repaired_rid if is_rtx else self._rid
        rid = extension(data, header, rid_id) if rid_id else None
        named = [one for one in fitting if mid is None or mid == one.accepted.section.mid.encode()]
        if rid is not None:
            named = [one for one in named if one.rid is None or rid == one.rid.encode()]
        if not named and len(self._refused) < MAX_REFUSED_SOURCES:
            self._refused.add(ssrc)
        # Several layers, or a retransmission of one, without a name: a later packet says which.
        if len(named) != 1 or (rid is None and is_rtx and named[0].rid is not None):
            return None
        return self._takes(named[0], is_rtx, ssrc, now)

    def _takes(self, inbound: Inbound, is_rtx: bool, ssrc: int, now: float) -> tuple[Inbound, bool] | None:
        """Let a source be this layer's; None while another one is."""
        if is_rtx:
            self._sources.pop(inbound.rtx_ssrc or 0, None)
            inbound.rtx_ssrc = ssrc
        else:
            if inbound.ssrc is not None and inbound.first is not None:
                if now - inbound.last < SOURCE_SILENT_S:
                    return None
                inbound.renew()
                self.route.restart(inbound.layer)
            self._sources.pop(inbound.ssrc or 0, None)
            inbound.ssrc = ssrc
        self._sources[ssrc] = (inbound, is_rtx)
        return self._sources[ssrc]

    def _request(self, inbound: Inbound, now: float) -> None:
        if inbound.keyframes.want(now):
            self._send_request(inbound)

    def _send_request(self, inbound: Inbound) -> None:
        if inbound.ssrc is not None and inbound.can_request:
            self.connection.send_rtcp(rtcp.picture_loss(self._ssrc, inbound.ssrc))

    def _send_feedback(self) -> None:
        for body in self._transport_feedback.due():
            media_ssrc = next((inbound.ssrc for inbound in self.inbounds if inbound.ssrc is not None), 0)
            self.connection.send_rtcp(rtcp.transport_feedback(self._ssrc, media_ssrc, body))

    def _send_nacks(self, inbound: Inbound, now: float) -> None:
        assert inbound.nack is not None
        lost = inbound.nack.due(now)
        if lost and inbound.ssrc is not None:
            numbers = [number & 0xFFFF for number in lost]
            self.connection.send_rtcp(rtcp.nack(self._ssrc, inbound.ssrc, numbers))

    def _report(self, now: float) -> None:
        blocks = []
        for inbound in self.inbounds:
            if inbound.ssrc is None or (block := inbound.statistics.block(inbound.ssrc, now)) is None:
                continue
            if inbound.kind == "audio":
                # The encoder puts as much in-band FEC (RFC 7587 §3.3) as the share that it is told of needs: let it be
                # enough for the worst of those who listen. The cumulative count, which senders judge by, stays ours.
                worst = min(MOST_FEC_FOR, self.route.tracks["audio"].worst_loss(now))
                block = block._replace(fraction_lost=max(block.fraction_lost, int(256 * worst)))
            blocks.append(block)
        for inbound in self.inbounds:
            inbound.layer.measure(now)
        name = rtcp.source_description([self._ssrc], self.connection.ufrag)
        self.connection.send_rtcp(rtcp.receiver_report(self._ssrc, blocks) + name)
        bytes_in = self.connection.bytes_in
        if self._measured is not None and now > self._measured[0]:
            self.in_bps = int(8 * (bytes_in - self._measured[1]) / (now - self._measured[0]))
        self._measured = (now, bytes_in)
