"""RTCP (RFC 3550 §6, RFC 4585, RFC 5104): compound packets to small values, and back.

Written here because aiortc's parser refuses most transport-wide feedback, and with it the whole compound packet; and
because its NACK builder fails where sequence numbers wrap. Nothing raises anything but BadPacket, whatever the bytes.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from classroom.relay.rtp import BadPacket

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK = 1
TRANSPORT_FEEDBACK = 15
PLI, FIR, APPLICATION = 1, 4, 15
# Generic NACKs of one datagram that are looked at: more is no repair but an attack.
MAX_LOST = 512
# Seconds from 1900 to 1970 (RFC 5905 §6).
NTP_EPOCH_S = 2_208_988_800

_BLOCK = struct.Struct("!IB3sIIII")
_SENDER = struct.Struct("!QIII")


class ReportBlock(NamedTuple):
    """What a receiver says of one source. `fraction_lost` 0…255 of the last interval, `jitter` in RTP units,
    `last_report` the middle 32 bits of our report's NTP time, `delay` since then in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay: int

    def __bytes__(self) -> bytes:
        lost = max(-0x800000, min(0x7FFFFF, self.packets_lost)) & 0xFFFFFF
        return _BLOCK.pack(
            self.ssrc,
            self.fraction_lost,
            lost.to_bytes(3, "big"),
            self.highest_sequence & 0xFFFFFFFF,
            self.jitter & 0xFFFFFFFF,
            self.last_report,
            self.delay & 0xFFFFFFFF,
        )


class SenderInfo(NamedTuple):
    """A sender report; `ntp` is the 64-bit NTP timestamp."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


class ReceiverReport(NamedTuple):
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


class Nack(NamedTuple):
    """Sequence numbers that the receiver misses (RFC 4585 §6.2.1)."""

    media_ssrc: int
    lost: tuple[int, ...]


class KeyframeRequest(NamedTuple):
    """A PLI (RFC 4585 §6.3.1) or a FIR (RFC 5104 §4.3.1)."""

    media_ssrc: int


class Remb(NamedTuple):
    """A receiver's estimate of what it can take (draft-alvestrand-rmcat-remb-03)."""

    bitrate_bps: int


class Bye(NamedTuple):
    ssrcs: tuple[int, ...]


Message = SenderInfo | ReceiverReport | Nack | KeyframeRequest | Remb | Bye


def parse(data: bytes) -> list[Message]:
    """The messages of a compound packet that the relay uses; others are skipped. BadPacket."""
    messages: list[Message] = []
    position = 0
    while position < len(data):
        if position + 4 > len(data):
            raise BadPacket("truncated RTCP header")
        first, kind, length = struct.unpack_from("!BBH", data, position)
        if first & 0xC0 != 0x80:
            raise BadPacket("not RTCP version 2")
        end = position + 4 + 4 * length
        if end > len(data):
            raise BadPacket("truncated RTCP packet")
        body = data[position + 4 : end]
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                raise BadPacket("bad RTCP padding")
            body = body[: -body[-1]]
        messages += _messages(kind, first & 0x1F, body)
        position = end
    return messages


def _messages(kind: int, count: int, body: bytes) -> list[Message]:
    try:
        if kind == SR:
            ntp, timestamp, packets, octets = _SENDER.unpack_from(body, 4)
            return [SenderInfo(_ssrc(body, 0), ntp, timestamp, packets, octets, _blocks(body, 24, count))]
        if kind == RR:
            return [ReceiverReport(_ssrc(body, 0), _blocks(body, 4, count))]
        if kind == BYE:
            return [Bye(struct.unpack_from(f"!{count}I", body))]
        if kind == RTPFB and count == NACK:
            return [Nack(_ssrc(body, 4), _lost(body[8:]))]
        if kind == PSFB and count == PLI:
            return [KeyframeRequest(_ssrc(body, 4))]
        if kind == PSFB and count == FIR:
            return [KeyframeRequest(_ssrc(body, position)) for position in range(8, len(body) - 7, 8)]
        if kind == PSFB and count == APPLICATION and body[8:12] == b"REMB":
            exponent_mantissa = int.from_bytes(body[13:16], "big")
            if len(body) < 16:
                raise BadPacket("truncated REMB")
            return [Remb((exponent_mantissa & 0x3FFFF) << (exponent_mantissa >> 18))]
    except struct.error as error:
        raise BadPacket("truncated RTCP body") from error
    return []


def _ssrc(body: bytes, position: int) -> int:
    ssrc: int = struct.unpack_from("!I", body, position)[0]
    return ssrc


def _blocks(body: bytes, position: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(count):
        ssrc, fraction, lost, *rest = _BLOCK.unpack_from(body, position + _BLOCK.size * index)
        blocks.append(ReportBlock(ssrc, fraction, int.from_bytes(lost, "big", signed=True), *rest))
    return tuple(blocks)


def _lost(items: bytes) -> tuple[int, ...]:
    lost: list[int] = []
    for position in range(0, len(items) - 3, 4):
        first, mask = struct.unpack_from("!HH", items, position)
        lost.append(first)
        lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(lost) >= MAX_LOST:
            break
    return tuple(lost[:MAX_LOST])


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def sender_report(report: SenderInfo) -> bytes:
    """An SR (RFC 3550 §6.4.1)."""
    sender = _SENDER.pack(report.ntp, report.rtp_timestamp, report.packets & 0xFFFFFFFF, report.octets & 0xFFFFFFFF)
    blocks = b"".join(map(bytes, report.blocks))
    return _packet(SR, len(report.blocks), struct.pack("!I", report.ssrc) + sender + blocks)


def receiver_report(ssrc: int, blocks: Sequence[ReportBlock] = ()) -> bytes:
    """An RR (RFC 3550 §6.4.2), at most 31 blocks."""
    return _packet(RR, len(blocks), struct.pack("!I", ssrc) + b"".join(map(bytes, blocks)))


def source_description(ssrcs: Sequence[int], cname: str) -> bytes:
    """An SDES packet giving all sources the one CNAME (RFC 3550 §6.5.1), at most 255 bytes of it."""
    text = cname.encode()[:255]
    item = struct.pack("!BB", 1, len(text)) + text
    item += bytes(4 - len(item) % 4)
    return _packet(SDES, len(ssrcs), b"".join(struct.pack("!I", ssrc) + item for ssrc in ssrcs))


def nack(ssrc: int, media_ssrc: int, lost: Sequence[int]) -> bytes:
    """A generic NACK; `lost` in ascending order, modulo 2¹⁶ (RFC 4585 §6.2.1)."""
    body = struct.pack("!II", ssrc, media_ssrc)
    index = 0
    while index < len(lost):
        first, mask = lost[index], 0
        index += 1
        while index < len(lost) and 1 <= (distance := (lost[index] - first) & 0xFFFF) <= 16:
            mask |= 1 << (distance - 1)
            index += 1
        body += struct.pack("!HH", first, mask)
    return _packet(RTPFB, NACK, body)


def picture_loss(ssrc: int, media_ssrc: int) -> bytes:
    """A PLI (RFC 4585 §6.3.1)."""
    return _packet(PSFB, PLI, struct.pack("!II", ssrc, media_ssrc))


def bye(ssrcs: Sequence[int]) -> bytes:
    """A BYE (RFC 3550 §6.6)."""
    return _packet(BYE, len(ssrcs), struct.pack(f"!{len(ssrcs)}I", *ssrcs))


def transport_feedback(ssrc: int, media_ssrc: int, body: bytes) -> bytes:
    """A transport-wide feedback packet round `body` (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1)."""
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    packet = _packet(RTPFB, TRANSPORT_FEEDBACK, struct.pack("!II", ssrc, media_ssrc) + body)
    return bytes([packet[0] | 0x20]) + packet[1:] if padding else packet


def ntp_timestamp(seconds: float) -> int:
    """Seconds since 1900 → 64-bit NTP timestamp (RFC 3550 §4)."""
    return int(seconds * 4294967296.0) & 0xFFFFFFFFFFFFFFFF
