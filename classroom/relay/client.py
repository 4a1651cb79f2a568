"""A small WHIP client and a small WHEP client: one plays pre-encoded clips, one counts packets or hands them out.

They stand in for a browser where there is none: on a machine with only `lo`, in a test, as a load generator. They
encode and decode nothing and cost little, so that many fit into one process. HTTP comes in as an argument (`Post`):
this module knows no web framework.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable

from classroom.relay import rtcp
from classroom.relay.client_peer import ClientPeer, Keep
from classroom.relay.offer import AnswerError, AnswerTrack, OfferTrack, Setup, read_answer, write_offer
from classroom.relay.peer import Certificate
from classroom.relay.playout import TICKS_PER_S, Clip, Cue, Playout
from classroom.relay.reception import Reception
from classroom.relay.rtp import HEADER, BadPacket, Header, Kind, Packet

Post = Callable[[str, str, str], Awaitable[tuple[str, str]]]
"""`await post(url, offer, token)` → (answer, location of the session). Raises what its HTTP client raises."""

Rewrite = Callable[[Kind, bytes], bytes]
"""Changes a payload just before it is sent: a benchmark stamps the time into it."""

REPORT_S = 1.0
RING = 1024  # packets kept for retransmission: more than 2 s of 1.5 Mbit/s
LATE_S = 0.5  # a pacer that woke so late was stopped or starved: go on from now instead of catching up
KEYFRAME_INTERVAL_S = 0.3  # a second PLI this soon asks for the keyframe that is on its way
NACK_FIRST_S = 0.01  # packets that overtake each other need no retransmission
NACK_AGAIN_S = 0.1


class _Outgoing:
    """One RTP stream that we send: numbers that wrap, a ring for retransmissions, counts for the reports."""

    def __init__(self, offered: OfferTrack, accepted: AnswerTrack) -> None:
        self.clock_rate = accepted.clock_rate
        self.payload_type = accepted.payload_type
        self.ssrc = offered.ssrc or 0
        self.rtx_ssrc = offered.rtx_ssrc
        self.rtx_payload_type = accepted.rtx_payload_type
        self.timestamp = secrets.randbits(32)
        self.sequence_number = secrets.randbits(16)
        self.rtx_sequence_number = secrets.randbits(16)
        self.packets = 0
        self.bytes = 0
        self._ring: list[tuple[int, bytes] | None] = [None] * RING

    def packet(self, cue_timestamp: int, payload: bytes, marker: bool) -> bytes:
        """The next packet, kept in the ring."""
        number = self.sequence_number
        self.sequence_number = (number + 1) & 0xFFFF
        second = self.payload_type | (0x80 if marker else 0)
        timestamp = (self.timestamp + cue_timestamp) & 0xFFFFFFFF
        packet = HEADER.pack(0x80, second, number, timestamp, self.ssrc) + payload
        self._ring[number % RING] = (number, packet)
        self.packets += 1
        self.bytes += len(payload)
        return packet

    def again(self, number: int) -> bytes | None:
        """The packet once more, as RTX (RFC 4588 §4) where that was negotiated; None when the ring has lost it."""
        kept = self._ring[number % RING]
        if kept is None or kept[0] != number:
            return None
        packet = kept[1]
        if self.rtx_payload_type is None or self.rtx_ssrc is None:
            return packet
        rtx_number = self.rtx_sequence_number
        self.rtx_sequence_number = (rtx_number + 1) & 0xFFFF
        second = packet[1] & 0x80 | self.rtx_payload_type
        head = HEADER.pack(0x80, second, rtx_number, int.from_bytes(packet[4:8], "big"), self.rtx_ssrc)
        return head + packet[2:4] + packet[12:]


class ClipPublisher:
    """Publishes a clip, for ever, paced by the clip's own clock; answers NACK, PLI and FIR."""

    def __init__(
        self,
        clip: Clip,
        *,
        rtx: bool = True,
        setup: Setup = "actpass",
        certificate: Certificate | None = None,
        keep: Keep | None = None,
        rewrite: Rewrite | None = None,
    ) -> None:
        self._clip = clip
        self._rtx = rtx
        self._rewrite = rewrite
        self._playout = Playout(clip)
        self._out: dict[Kind, _Outgoing] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._start = 0.0
        self._keyframe_sent = 0.0
        self.peer = ClientPeer(
            on_rtp=lambda datagram, now: None, on_rtcp=self._feedback, setup=setup, certificate=certificate, keep=keep
        )
        self.location = ""
        """The session's resource, once started: DELETE it to end the session."""
        self.keyframe_requests = 0
        self.retransmitted = 0

    @property
    def sent(self) -> dict[Kind, int]:
        """Packets sent by kind, retransmissions not counted."""
        return {kind: out.packets for kind, out in self._out.items()}

    async def start(self, post: Post, url: str, token: str) -> None:
        """Offer, connect, begin to play. Raises ClientError, AnswerError, and what `post` raises."""
        offered = self._offered()
        offer = write_offer(self.peer.identity, offered, "sendonly", rtx=self._rtx)
        text, self.location = await post(url, offer, token)
        answer = read_answer(text)
        for track in offered:
            accepted = answer.track(track.kind)
            if accepted is None or accepted.codec not in track.codecs:
                raise AnswerError(f"the server does not take our {track.kind}")
            self._out[track.kind] = _Outgoing(track, accepted)
        await self.peer.connect(answer)
        self._tasks = [
            asyncio.create_task(self._play(), name="clip playout"),
            asyncio.create_task(self._report_regularly(), name="clip sender reports"),
        ]

    async def close(self) -> None:
        """Stop playing and say goodbye. Idempotent."""
        await _cancel(self._tasks)
        await self.peer.close()

    def _offered(self) -> tuple[OfferTrack, ...]:
        tracks = []
        if self._clip.sounds:
            tracks.append(OfferTrack("audio", ("opus",), _new_ssrc()))
        if self._clip.pictures:
            tracks.append(OfferTrack("video", (self._clip.codec,), _new_ssrc(), _new_ssrc() if self._rtx else None))
        return tuple(tracks)

    async def _play(self) -> None:
        self._start = time.monotonic()
        while True:
            cue = self._playout.next()
            wait_s = self._start + cue.due_ticks / TICKS_PER_S - time.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            elif wait_s < -LATE_S:
                self._start -= wait_s
            self._send(cue)

    def _send(self, cue: Cue) -> None:
        out = self._out[cue.kind]
        last = len(cue.payloads) - 1
        if cue.keyframe:
            self._keyframe_sent = time.monotonic()
        for index, payload in enumerate(cue.payloads):
            if self._rewrite is not None:
                payload = self._rewrite(cue.kind, payload)
            self.peer.send_rtp(out.packet(cue.timestamp, payload, cue.kind == "video" and index == last))

    async def _report_regularly(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            now = time.monotonic()
            # Every report says what the same clock read at the same moment, so sound and picture stay together.
            ntp = rtcp.ntp_timestamp(time.time() + rtcp.NTP_EPOCH_S)
            for out in self._out.values():
                stands_at = (out.timestamp + int((now - self._start) * out.clock_rate)) & 0xFFFFFFFF
                report = rtcp.sender_report(rtcp.SenderInfo(out.ssrc, ntp, stands_at, out.packets, out.bytes))
                self.peer.send_rtcp(report + rtcp.source_description([out.ssrc], "own"))

    def _feedback(self, compound: bytes) -> None:
        for message in _parse_rtcp(compound):
            if isinstance(message, rtcp.KeyframeRequest):
                self._keyframe_wanted()
            elif isinstance(message, rtcp.Nack):
                self._retransmit(message)

    def _keyframe_wanted(self) -> None:
        self.keyframe_requests += 1
        if time.monotonic() - self._keyframe_sent > KEYFRAME_INTERVAL_S:
            self._playout.jump_to_keyframe()

    def _retransmit(self, nack: rtcp.Nack) -> None:
        out = next((out for out in self._out.values() if out.ssrc == nack.media_ssrc), None)
        if out is None:
            return
        for number in nack.lost:
            packet = out.again(number)
            if packet is not None:
                self.retransmitted += 1
                self.peer.send_rtp(packet)


class Viewer:
    """Views a stream: counts, reports once a second, asks again for what is missing.

    Without `on_packet` nothing but packet headers is looked at, which is what makes a viewer cheap; with it each
    authenticated packet is handed out once, in the order of arrival: recovered ones late, mere padding without payload.
    """

    def __init__(
        self,
        *,
        codecs: tuple[str, ...] = ("vp8", "h264", "vp9"),
        kinds: tuple[Kind, ...] = ("audio", "video"),
        on_packet: Callable[[Packet], None] | None = None,
        nack: bool = True,
        rtx: bool = True,
        setup: Setup = "actpass",
        certificate: Certificate | None = None,
        keep: Keep | None = None,
    ) -> None:
        self._offered = tuple(OfferTrack(kind, ("opus",) if kind == "audio" else codecs) for kind in kinds)
        self._on_packet = on_packet
        self._nack = nack
        self._rtx = rtx
        self._ssrc = _new_ssrc()
        self._by_type: dict[int, Reception] = {}
        self._by_rtx_type: dict[int, Reception] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._nack_timer: asyncio.TimerHandle | None = None
        self.peer = ClientPeer(
            on_rtp=self._receive, on_rtcp=self._sender_reports, setup=setup, certificate=certificate, keep=keep
        )
        self.location = ""
        """The session's resource, once started."""
        self.receptions: dict[Kind, Reception] = {}
        """What arrived, by kind, once started."""

    async def start(self, post: Post, url: str, token: str) -> None:
        """Offer, connect, begin to count. Raises ClientError, AnswerError, and what `post` raises."""
        offer = write_offer(self.peer.identity, self._offered, "recvonly", rtx=self._rtx)
        text, self.location = await post(url, offer, token)
        answer = read_answer(text)
        for track in answer.tracks:
            reception = Reception(track.kind, track.codec, track.clock_rate)
            self.receptions[track.kind] = self._by_type[track.payload_type] = reception
            if track.rtx_payload_type is not None:
                self._by_rtx_type[track.rtx_payload_type] = reception
        await self.peer.connect(answer)
        self._tasks = [asyncio.create_task(self._report_regularly(), name="viewer reports")]

    async def close(self) -> None:
        """Say goodbye. Idempotent."""
        if self._nack_timer is not None:
            self._nack_timer.cancel()
            self._nack_timer = None
        await _cancel(self._tasks)
        await self.peer.close()

    def request_keyframe(self) -> None:
        """Send a picture loss indication (RFC 4585 §6.3.1)."""
        video = self.receptions.get("video")
        if video is not None and video.ssrc is not None:
            self.peer.send_rtcp(rtcp.picture_loss(self._ssrc, video.ssrc))

    def _receive(self, datagram: bytes, now: float) -> None:
        _, second, number, timestamp, ssrc = HEADER.unpack_from(datagram)
        payload_type = second & 0x7F
        reception = self._by_type.get(payload_type)
        if reception is None:
            self._receive_rtx(datagram, payload_type, now)
            return
        # Handed out means authenticated; merely counted may be taken on trust.
        plain = datagram if self._on_packet is None else self.peer.unprotect_rtp(datagram)
        if plain is None or not reception.arrived(number, timestamp, ssrc, len(datagram), now):
            return
        if reception.missing and self._nack and self._nack_timer is None:
            self._nack_timer = asyncio.get_running_loop().call_later(NACK_FIRST_S, self._ask_again)
        if self._on_packet is not None:
            with contextlib.suppress(BadPacket):
                header = Header(plain)
                payload = plain[header.start : header.end]
                packet = Packet(reception.kind, payload_type, header.marker, number, timestamp, ssrc, payload, now)
                self._on_packet(packet)

    def _receive_rtx(self, datagram: bytes, rtx_payload_type: int, now: float) -> None:
        """RFC 4588 §4: the payload begins with the number of the packet that it brings again."""
        reception = self._by_rtx_type.get(rtx_payload_type)
        plain = self.peer.unprotect_rtp(datagram) if reception is not None else None
        if reception is None or plain is None or reception.ssrc is None:
            return
        try:
            header = Header(plain)
        except BadPacket:
            return
        payload = plain[header.start : header.end]
        number = int.from_bytes(payload[:2], "big")
        if len(payload) < 3 or not reception.recovered(number) or self._on_packet is None:
            return
        packet_type = next(kept for kept, other in self._by_type.items() if other is reception)
        self._on_packet(
            Packet(
                reception.kind, packet_type, header.marker, number, header.timestamp, reception.ssrc, payload[2:], now
            )
        )

    def _ask_again(self) -> None:
        self._nack_timer = None
        outstanding = False
        for reception in self.receptions.values():
            lost = reception.to_ask()
            outstanding |= bool(reception.missing)
            if lost and reception.ssrc is not None:
                self.peer.send_rtcp(rtcp.nack(self._ssrc, reception.ssrc, lost))
        if outstanding:
            self._nack_timer = asyncio.get_running_loop().call_later(NACK_AGAIN_S, self._ask_again)

    def _sender_reports(self, compound: bytes) -> None:
        now = time.monotonic()
        for message in _parse_rtcp(compound):
            if isinstance(message, rtcp.SenderInfo):
                for reception in self.receptions.values():
                    if reception.ssrc == message.ssrc:
                        reception.sender_report(message.ntp, now)

    async def _report_regularly(self) -> None:
        while True:
            await asyncio.sleep(REPORT_S)
            now = time.monotonic()
            reports = [report for r in self.receptions.values() if (report := r.report(now)) is not None]
            self.peer.send_rtcp(rtcp.receiver_report(self._ssrc, reports))


def _parse_rtcp(compound: bytes) -> list[rtcp.Message]:
    try:
        return rtcp.parse(compound)
    except BadPacket:
        return []


def _new_ssrc() -> int:
    return secrets.randbits(32) | 1


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
    tasks.clear()
