"""From RTP packets to frames: reorder, give up a hole after a while, assemble pictures.

A picture with a packet missing is never written, nor anything that leans on it: after a hole the video waits for the
next keyframe and says so (`wants_keyframe`). Sound only misses what is missing. The caller passes the time in: `now`
and `Packet.arrived` are monotonic seconds of one clock.

VP8: RFC 7741. VP9: RFC 9628, its lowest spatial layer. H.264: RFC 6184, out comes Annex B. Opus: RFC 7587, one packet
is one frame.
"""

import base64
import binascii
import heapq
import re
from dataclasses import dataclass

from aiortc.codecs.h264 import h264_depayload
from aiortc.codecs.vpx import VpxPayloadDescriptor

from classroom.relay.rtp import NAL_FU_A, NAL_IDR, NAL_SPS, NAL_STAP_A, Kind, Packet
from classroom.relay.vp9 import is_vp9_keyframe, read_descriptor

# A retransmission over a rural link takes one round trip, seldom more than 200 ms; who waits longer holds back sound.
HOLE_WAIT_S = 0.25
# More than a second of a 5 Mbit/s camera; reached only when numbers jump, not by a slow retransmission.
HELD_PACKETS = 1024
# RFC 3550 appendix A.1, MAX_MISORDER: further behind than this, two packets in a row are a sender that started over.
MISORDER_PACKETS = 100
# A picture may be large (1080p keyframe: 300 KB); beyond this the sender is broken or hostile.
PICTURE_BYTES = 4 * 1024 * 1024

START_CODE = b"\x00\x00\x00\x01"
NAL_PPS = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded picture or one block of sound.

    `timestamp` counts RTP units and does not wrap. `arrived` is when its first packet came (monotonic seconds).
    `lost`: something between this frame and the one before it was sent (or arrived) but cannot be shown.
    """

    kind: Kind
    ssrc: int
    timestamp: int
    data: bytes
    keyframe: bool
    arrived: float
    lost: bool


class Extender:
    """Continues a wrapping counter of `bits` bits into one that never wraps, forwards and back."""

    def __init__(self, bits: int) -> None:
        self._modulus = 1 << bits
        self._last: int | None = None

    def near(self, value: int) -> int:
        """The extended value nearest to the last one, which stays as it is."""
        if self._last is None:
            return value
        half = self._modulus >> 1
        return self._last + (value - self._last + half) % self._modulus - half

    def extend(self, value: int) -> int:
        """The extended value nearest to the last one, which it becomes."""
        self._last = self.near(value)
        return self._last


class Reorder:
    """Puts packets of one SSRC in order. Waits HOLE_WAIT_S for a missing one, then goes on without it."""

    def __init__(self) -> None:
        self.late = 0
        """Packets that came twice, or after they had been given up."""
        self._next: int | None = None
        """The number waited for; it does not wrap."""
        self._held: dict[int, Packet] = {}
        """By such numbers, in the order of arrival; `_numbers` are the same as a heap."""
        self._numbers: list[int] = []
        self._restart: int | None = None

    def push(self, packet: Packet) -> list[tuple[Packet, bool]]:
        """Packets now in order, each with whether some before it were given up. At most HELD_PACKETS are held."""
        number = packet.sequence_number
        if self._next is None:
            self._next = number
        behind = (self._next - number) & 0xFFFF
        restarted = False
        if 0 < behind <= 0x8000:
            if behind <= MISORDER_PACKETS or number != self._restart:
                self._restart = (number + 1) & 0xFFFF
                self.late += 1
                return []
            self._held.clear()
            self._numbers.clear()
            self._next = number
            restarted = True
        self._restart = None
        extended = self._next + ((number - self._next) & 0xFFFF)
        if extended in self._held:
            self.late += 1
            return []
        self._held[extended] = packet
        heapq.heappush(self._numbers, extended)
        ready = self.due(packet.arrived)
        if restarted and ready:
            ready[0] = (ready[0][0], True)
        return ready

    def due(self, now: float) -> list[tuple[Packet, bool]]:
        """Packets in order by `now`: call it when time passes without packets, too."""
        ready: list[tuple[Packet, bool]] = []
        lost = False
        while self._held and self._next is not None:
            packet = self._held.pop(self._next, None)
            if packet is not None:
                ready.append((packet, lost))
                lost = False
                heapq.heappop(self._numbers)
                self._next += 1
                continue
            waited = now - next(iter(self._held.values())).arrived
            if waited < HOLE_WAIT_S and len(self._held) <= HELD_PACKETS:
                break
            self._next = self._numbers[0]
            lost = True
        return ready


class AudioFrames:
    """Opus packets in order: every packet with a payload is a frame; a malformed one is lost."""

    wants_keyframe = False

    def __init__(self) -> None:
        self._reorder = Reorder()
        self._clock = Extender(32)
        self._lost = False

    @property
    def late(self) -> int:
        return self._reorder.late

    def push(self, packet: Packet) -> list[Frame]:
        return self._frames(self._reorder.push(packet))

    def due(self, now: float) -> list[Frame]:
        return self._frames(self._reorder.due(now))

    def _frames(self, packets: list[tuple[Packet, bool]]) -> list[Frame]:
        frames = []
        for packet, lost in packets:
            self._lost = self._lost or lost
            if not packet.payload:
                continue
            if not opus_samples(packet.payload):
                self._lost = True
                continue
            timestamp = self._clock.extend(packet.timestamp)
            frames.append(
                Frame("audio", packet.ssrc, timestamp, packet.payload, True, packet.arrived, self._lost),
            )
            self._lost = False
        return frames


class VideoFrames:
    """VP8, VP9 or H.264 pictures in order, the first one a keyframe; after a loss nothing until the next keyframe."""

    def __init__(self, codec: str, fmtp: str = "") -> None:
        """`codec` vp8, vp9 or h264, else ValueError; `fmtp` may hold H.264's sprop-parameter-sets (RFC 6184 §8.1)."""
        if codec not in _READERS:
            raise ValueError(f"no assembly for codec {codec!r}")
        self._codec = codec
        self._read = _READERS[codec]
        self._h264 = codec == "h264"
        self._parameters = _sprop_parameter_sets(fmtp) if self._h264 else b""
        self._reorder = Reorder()
        self._clock = Extender(32)
        self._waiting = True
        self._lost = False
        self._parts: list[bytes] = []
        self._size = 0
        self._types: set[int] = set()
        self._first: Packet | None = None

    @property
    def late(self) -> int:
        return self._reorder.late

    @property
    def wants_keyframe(self) -> bool:
        """Nothing can be written until a keyframe comes."""
        return self._waiting

    def push(self, packet: Packet) -> list[Frame]:
        return self._frames(self._reorder.push(packet))

    def due(self, now: float) -> list[Frame]:
        return self._frames(self._reorder.due(now))

    def _frames(self, packets: list[tuple[Packet, bool]]) -> list[Frame]:
        frames: list[Frame] = []
        for packet, lost in packets:
            if lost:
                self._give_up()
            if not packet.payload:
                continue
            if self._first is not None and packet.timestamp != self._first.timestamp:
                # No marker on the last packet of the picture before, but no packet is missing either.
                self._finish(frames)
            self._take(packet)
            if packet.marker and self._first is not None:
                self._finish(frames)
        return frames

    def _give_up(self) -> None:
        self._waiting = True
        self._lost = True
        self._reset()

    def _reset(self) -> None:
        self._parts = []
        self._size = 0
        self._types = set()
        self._first = None

    def _take(self, packet: Packet) -> None:
        try:
            types, data, begins_keyframe = self._read(packet.payload)
        except (ValueError, IndexError):
            self._give_up()
            return
        if self._first is None:
            if self._waiting and not begins_keyframe:
                self._lost = True
                return
            self._first = packet
        self._types |= types
        self._size += len(data)
        if self._size > PICTURE_BYTES:
            self._give_up()
            return
        self._parts.append(data)

    def _finish(self, frames: list[Frame]) -> None:
        first, data, types = self._first, b"".join(self._parts), self._types
        self._reset()
        if first is None or not data:
            return
        if self._h264:
            keyframe = NAL_IDR in types
            if NAL_SPS in types:
                self._parameters = _parameter_sets(data)
            elif keyframe and self._waiting:
                # An IDR that leans on parameter sets sent before it: the file must begin with them (Annex B).
                data = self._parameters + data
            if self._waiting and not (keyframe and self._parameters):
                self._lost = True
                return
        else:
            keyframe = is_vp9_keyframe(data) if self._codec == "vp9" else not data[0] & 1
        self._waiting = False
        timestamp = self._clock.extend(first.timestamp)
        frames.append(Frame("video", first.ssrc, timestamp, data, keyframe, first.arrived, self._lost))
        self._lost = False


def _vp8_packet(payload: bytes) -> tuple[set[int], bytes, bool]:
    """The bytes of the picture in a packet, and whether it begins a keyframe (RFC 7741 §4.2, 4.3)."""
    descriptor, data = VpxPayloadDescriptor.parse(payload)
    begins = descriptor.partition_start == 1 and descriptor.partition_id == 0 and bool(data) and not data[0] & 1
    return set(), data, begins


def _vp9_packet(payload: bytes) -> tuple[set[int], bytes, bool]:
    """The same of VP9 (RFC 9628 §4.2). Higher spatial layers are left out: the lowest leans on none of them."""
    descriptor = read_descriptor(payload)
    data = b"" if descriptor.spatial else payload[descriptor.size :]
    return set(), data, descriptor.begins and is_vp9_keyframe(data)


def _h264_packet(payload: bytes) -> tuple[set[int], bytes, bool]:
    """NAL unit types that begin in a packet, its Annex B bytes, and whether a keyframe begins here (RFC 6184 §5)."""
    kind = payload[0] & 0x1F
    units: list[bytes] = []
    if kind == NAL_STAP_A:
        position = 1
        while position + 2 < len(payload):
            size = int.from_bytes(payload[position : position + 2], "big")
            units.append(payload[position + 2 : position + 2 + size])
            position += 2 + size
    elif kind == NAL_FU_A:
        if payload[1] & 0x80:
            units.append(payload[1:])
    else:
        units.append(payload)
    types = {unit[0] & 0x1F for unit in units if unit}
    begins = NAL_SPS in types or any(
        # first_mb_in_slice = 0, written as a single 1 bit: the first slice of the picture (H.264 §7.3.3).
        unit[0] & 0x1F == NAL_IDR and unit[1] & 0x80
        for unit in units
        if len(unit) > 1
    )
    return types, h264_depayload(payload), begins


_READERS = {"vp8": _vp8_packet, "vp9": _vp9_packet, "h264": _h264_packet}


def _parameter_sets(annex_b: bytes) -> bytes:
    """The SPS and PPS of a picture, in Annex B."""
    units = re.split(rb"\x00\x00\x00?\x01", annex_b)
    return b"".join(START_CODE + unit for unit in units if unit and unit[0] & 0x1F in (NAL_SPS, NAL_PPS))


def _sprop_parameter_sets(fmtp: str) -> bytes:
    match = re.search(r"sprop-parameter-sets=([^;\s]+)", fmtp)
    try:
        units = [base64.b64decode(part, validate=True) for part in match.group(1).split(",")] if match else []
    except binascii.Error:
        return b""
    return b"".join(START_CODE + unit for unit in units)


def opus_samples(packet: bytes) -> int:
    """How long an Opus packet sounds, in samples at 48 kHz (RFC 6716 §3.1, 3.2); 0 for one that is malformed (§3.4)."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        size = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        size = (480, 960)[config & 1]
    else:
        size = (120, 240, 480, 960)[config & 3]
    if code == 3:
        count = packet[1] & 0x3F if len(packet) > 1 else 0
    else:
        count = (1, 2, 2)[code]
    # No packet is longer than 120 ms (R5), and two frames of one size fill an even number of bytes (R3).
    return 0 if size * count > 5760 or (code == 1 and len(packet) % 2 == 0) else size * count


def vp8_size(keyframe: bytes) -> tuple[int, int] | None:
    """Width and height in a VP8 keyframe's header (RFC 6386 §9.1); None when it is no such header."""
    if len(keyframe) < 10 or keyframe[0] & 1 or keyframe[3:6] != b"\x9d\x01\x2a":
        return None
    width = int.from_bytes(keyframe[6:8], "little") & 0x3FFF
    height = int.from_bytes(keyframe[8:10], "little") & 0x3FFF
    return (width, height) if width and height else None
