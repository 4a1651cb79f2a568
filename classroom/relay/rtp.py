"""RTP packets (RFC 3550 §5.1): parsing, header extensions (RFC 8285), keyframe detection, sequence arithmetic.

Nothing here raises anything but BadPacket, whatever the bytes.
"""

import struct
from dataclasses import dataclass
from typing import Literal

from classroom.relay.vp9 import begins_vp9_keyframe

Kind = Literal["audio", "video"]

HEADER = struct.Struct("!BBHII")
HEADER_BYTES = 12
ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000

# H.264 NAL unit types (RFC 6184 §5.2, §5.4).
NAL_IDR = 5
NAL_SPS = 7
NAL_STAP_A = 24
NAL_FU_A = 28


class BadPacket(Exception):
    """Bytes from the network that are no RTP or RTCP packet."""


class Packet:
    """One RTP packet of a publisher, its extensions and padding taken off.

    The numbers are the publisher's own; `arrived` is monotonic seconds. A packet of padding alone has an empty payload:
    it carries nothing, but its sequence number is no hole. `keyframe` marks the first packet of a keyframe.
    """

    __slots__ = (
        "arrived",
        "keyframe",
        "kind",
        "marker",
        "payload",
        "payload_type",
        "sequence_number",
        "ssrc",
        "timestamp",
    )

    def __init__(
        self,
        kind: Kind,
        payload_type: int,
        marker: bool,
        sequence_number: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        arrived: float,
        keyframe: bool = False,
    ) -> None:
        self.kind = kind
        self.payload_type = payload_type
        self.marker = marker
        self.sequence_number = sequence_number
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
        self.arrived = arrived
        self.keyframe = keyframe

    def __repr__(self) -> str:
        return f"Packet({self.kind} {self.sequence_number} ts={self.timestamp} {len(self.payload)} bytes)"


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A publisher's RTCP sender report: at `ntp` (seconds since 1900, its clock) the media stood at `rtp_timestamp`."""

    ssrc: int
    ntp: float
    rtp_timestamp: int
    arrived: float


class Header:
    """Where the parts of an RTP packet are: offsets into its bytes. `profile` is 0 without header extensions."""

    __slots__ = (
        "end",
        "extensions",
        "marker",
        "payload_type",
        "profile",
        "sequence_number",
        "ssrc",
        "start",
        "timestamp",
    )

    def __init__(self, data: bytes) -> None:
        """Parse; BadPacket."""
        size = len(data)
        if size < HEADER_BYTES:
            raise BadPacket("shorter than an RTP header")
        first, second, self.sequence_number, self.timestamp, self.ssrc = HEADER.unpack_from(data)
        if first & 0xC0 != 0x80:
            raise BadPacket("not RTP version 2")
        self.marker = second > 127
        self.payload_type = second & 0x7F
        self.profile = 0
        start = HEADER_BYTES + 4 * (first & 0x0F)
        self.extensions = start
        if first & 0x10:
            if start + 4 > size:
                raise BadPacket("truncated header extension")
            self.profile = data[start] << 8 | data[start + 1]
            self.extensions = start + 4
            start += 4 + 4 * (data[start + 2] << 8 | data[start + 3])
        end = size
        if first & 0x20:
            padding = data[-1]
            if not padding:
                raise BadPacket("padding of no length")
            end -= padding
        if start > end:
            raise BadPacket("truncated packet")
        self.start = start
        self.end = end


def extension(data: bytes, header: Header, wanted: int) -> bytes | None:
    """The value of one header extension by its id, in either form (RFC 8285 §4.2, §4.3); None when it is not there."""
    position, end = header.extensions, header.start
    if header.profile == ONE_BYTE_PROFILE:
        while position < end:
            byte = data[position]
            if byte == 0:
                position += 1
                continue
            if byte >> 4 == 15:
                return None
            following = position + 2 + (byte & 0x0F)
            if byte >> 4 == wanted:
                return data[position + 1 : following] if following <= end else None
            position = following
    elif header.profile & 0xFFF0 == TWO_BYTE_PROFILE:
        while position + 1 < end:
            if data[position] == 0:
                position += 1
                continue
            following = position + 2 + data[position + 1]
            if data[position] == wanted:
                return data[position + 2 : following] if following <= end else None
            position = following
    return None


def vp8_descriptor_bytes(payload: bytes) -> int:
    """How long the payload descriptor of a VP8 packet is (RFC 7741 §4.2); more than there is when it is cut short."""
    if len(payload) < 2 or not payload[0] & 0x80:
        return 1
    flags = payload[1]
    size = 2
    if flags & 0x80:
        if len(payload) == 2:
            return 3
        size += 2 if payload[2] & 0x80 else 1
    if flags & 0x40:
        size += 1
    if flags & 0x30:
        size += 1
    return size


def plain_vp8(payload: bytes) -> bytes:
    """The payload without PictureID and its like (RFC 7741 §4.2): each layer counts its own, so a follower that moves
    would see them jump. Without them receivers go by sequence numbers, which do not."""
    size = vp8_descriptor_bytes(payload)
    if size < 2:
        return payload
    return bytes((payload[0] & 0x7F,)) + payload[size:]


def begins_vp8_keyframe(payload: bytes) -> bool:
    """Whether a VP8 payload is the start of a keyframe (RFC 7741 §4.2, §4.3)."""
    # Start of the partition with index 0, or it is the middle of a picture.
    if len(payload) < 2 or payload[0] & 0x17 != 0x10:
        return False
    position = vp8_descriptor_bytes(payload)
    return position < len(payload) and not payload[position] & 0x01


def begins_h264_keyframe(payload: bytes) -> bool:
    """Whether an H.264 payload carries an SPS or starts an IDR slice (RFC 6184), also within STAP-A and FU-A."""
    size = len(payload)
    if not size:
        return False
    kind = payload[0] & 0x1F
    if kind == NAL_STAP_A:
        position = 1
        while position + 2 < size:
            if payload[position + 2] & 0x1F in (NAL_IDR, NAL_SPS):
                return True
            position += 2 + (payload[position] << 8 | payload[position + 1])
        return False
    if kind == NAL_FU_A:
        return size > 1 and payload[1] & 0x80 != 0 and payload[1] & 0x1F in (NAL_IDR, NAL_SPS)
    return kind in (NAL_IDR, NAL_SPS)


DETECTORS = {"vp8": begins_vp8_keyframe, "h264": begins_h264_keyframe, "vp9": begins_vp9_keyframe}


class KeyframeDetector:
    """Tells the first packet of each keyframe of one stream: SPS and IDR slices of a picture share its timestamp."""

    __slots__ = ("_begins", "_timestamp")

    def __init__(self, codec: str) -> None:
        self._begins = DETECTORS.get(codec)
        self._timestamp: int | None = None

    def first(self, payload: bytes, timestamp: int) -> bool:
        """Whether this packet is the first of a keyframe."""
        if self._begins is None or timestamp == self._timestamp or not self._begins(payload):
            return False
        self._timestamp = timestamp
        return True


def ahead(a: int, b: int) -> int:
    """How far the 16-bit sequence number `a` is ahead of `b`: −32768…32767 (RFC 1982)."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def ahead32(a: int, b: int) -> int:
    """The same for 32-bit values: timestamps, extended sequence numbers."""
    return ((a - b + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Unwrapper:
    """Makes 16-bit sequence numbers into ever-growing ones: the nearest to the highest seen so far."""

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest: int | None = None

    def extend(self, sequence_number: int) -> int:
        """The extended number; moves `highest` along. The first is put one cycle up, so that none is negative."""
        highest = self.highest
        if highest is None:
            self.highest = extended = 0x10000 + sequence_number
            return extended
        extended = highest + ((sequence_number - highest + 0x8000) & 0xFFFF) - 0x8000
        if extended > highest:
            self.highest = extended
        return extended


class Seen:
    """Which of the last 1024 extended sequence numbers have come: a packet may come again by RTX."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers = [0] * 1024

    def again(self, extended: int) -> bool:
        """Whether it was there before, or is too old to tell; marks it."""
        index = extended & 1023
        if self._numbers[index] >= extended:
            return True
        self._numbers[index] = extended
        return False

    def came(self, first: int, count: int) -> None:
        """Mark so many, at most 1024, of which none was there before."""
        start = first & 1023
        head = min(count, 1024 - start)
        self._numbers[start : start + head] = range(first, first + head)
        self._numbers[: count - head] = range(first + head, first + count)
