"""Receivers who get the same bytes: a packet is written once for a lane, and encrypted once for each receiver."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from classroom.relay.ring import Entry
from classroom.relay.rtp import HEADER, ONE_BYTE_PROFILE

if TYPE_CHECKING:
    from classroom.relay.express import Shortcut
    from classroom.relay.layer import Pacer

# Fixed header, then one extension of three bytes: abs-send-time.
_STAMPED = struct.Struct("!BBHIIHHI")
# RTP padding of 1 and 2 bytes (RFC 3550 §5.1), by its length.
_PADDING = (b"", b"\x01", b"\x00\x02")
# The most that one packet can have.
_ALL_PADDING = bytes(254) + b"\xff"


class Outlet:
    """One receiver of a lane, as the fan-out needs it; it follows its peer's path."""

    __slots__ = ("address", "address_bytes", "groups", "pointer", "prepared", "sink", "srtp")

    def __init__(self, srtp: Any) -> None:
        self.srtp = srtp
        """libsrtp's outgoing session."""
        self.address: Any = None
        """The C socket address, of `address_bytes` bytes, at `pointer`; None before the first, and with a `sink`."""
        self.address_bytes = 0
        self.pointer = 0
        self.sink: Callable[[bytes], None] | None = None
        """Takes the SRTP packets of a receiver that no address reaches: it is on TCP."""
        self.groups: list[Outlets] = []
        self.prepared: Any = None
        """What the fan-out has made of it alone; None once it moved."""

    def place(self, address: Any, pointer: int = 0, sink: Callable[[bytes], None] | None = None) -> None:
        """From now on it is reached there: by the C socket address at `pointer`, or by the sink."""
        for group in self.groups:
            group.change()
        self.address, self.pointer, self.sink = address, pointer, sink
        self.address_bytes = 0 if address is None else len(address)
        self.prepared = None


class Outlets(list[Outlet]):
    """Receivers of the same bytes. `prepared`: what the fan-out has made of them; None once one came, left or moved.
    `shortcut`: what sends to them without being asked, until then."""

    __slots__ = ("prepared", "shortcut")

    def __init__(self) -> None:
        super().__init__()
        self.prepared: Any = None
        self.shortcut: Shortcut | None = None

    def append(self, outlet: Outlet) -> None:
        self.change()
        super().append(outlet)
        outlet.groups.append(self)

    def remove(self, outlet: Outlet) -> None:
        self.change()
        super().remove(outlet)
        outlet.groups.remove(self)

    def change(self) -> None:
        """They are about to be others, or elsewhere."""
        if self.shortcut is not None:
            self.shortcut.stop()
        self.prepared = None


@dataclass(frozen=True, slots=True)
class LaneKey:
    """What makes the bytes differ. `abs_send_time` is the extension's id, 0 without; `tag_bytes` what SRTP adds.

    The offsets are added to a layer's own numbers. With a `pacer` the packets go to it, for its one receiver.
    """

    payload_type: int
    abs_send_time: int
    tag_bytes: int
    sequence_offset: int = 0
    timestamp_offset: int = 0
    pacer: "Pacer | None" = None

    def shifted(self, sequence_offset: int, timestamp_offset: int = 0) -> "LaneKey":
        """The same with these offsets."""
        return replace(self, sequence_offset=sequence_offset, timestamp_offset=timestamp_offset)


class Lane:
    """The outlets with one key, and what went to them."""

    __slots__ = ("_octets", "_packets", "counted", "key", "outlets", "ssrc", "unreached")

    def __init__(self, key: LaneKey, ssrc: int) -> None:
        self.key = key
        self.ssrc = ssrc
        self.outlets = Outlets()
        self.counted: Any = None
        """Where a shortcut counts what it sends to them; None without one."""
        self.unreached: Sequence[Outlet] = ()
        """Those whom a shortcut does not reach, and so Python serves."""
        self._packets = self._octets = 0

    @property
    def packets(self) -> int:
        """Packets sent, without retransmissions."""
        return self._packets if self.counted is None else self._packets + int(self.counted.packets)

    @property
    def octets(self) -> int:
        """Their bytes."""
        return self._octets if self.counted is None else self._octets + int(self.counted.octets)

    def count(self, written: Sequence[bytes]) -> None:
        """Packets have been sent."""
        self._packets += len(written)
        self._octets += sum(map(len, written))

    def fold(self) -> None:
        """The shortcut is over."""
        self._packets, self._octets, self.counted = self.packets, self.octets, None
        self.unreached = ()

    def write(self, entry: Entry) -> bytes:
        """The RTP packet for these receivers; always the same bytes: SRTP must not repeat a number with others."""
        key = self.key
        second = key.payload_type | 0x80 if entry.marker else key.payload_type
        sequence = (entry.extended + key.sequence_offset) & 0xFFFF
        timestamp = (entry.timestamp + key.timestamp_offset) & 0xFFFFFFFF
        payload, first = entry.payload, 0x80
        if entry.padding:
            payload, first = payload + _PADDING[entry.padding], 0xA0
        if not key.abs_send_time:
            return HEADER.pack(first, second, sequence, timestamp, self.ssrc) + payload
        first |= 0x10
        stamp = key.abs_send_time << 28 | 2 << 24 | abs_send_time(entry.arrived)
        head = _STAMPED.pack(first, second, sequence, timestamp, self.ssrc, ONE_BYTE_PROFILE, 1, stamp)
        return head + payload

    def write_again(self, entry: Entry, payload_type: int, sequence_number: int, ssrc: int, now: float) -> bytes:
        """The same as a retransmission with numbers of its own (RFC 4588 §4), stamped `now`."""
        key = self.key
        second = payload_type | 0x80 if entry.marker else payload_type
        original = ((entry.extended + key.sequence_offset) & 0xFFFF).to_bytes(2, "big")
        timestamp = (entry.timestamp + key.timestamp_offset) & 0xFFFFFFFF
        return _head(key, 0x80, second, sequence_number, timestamp, ssrc, now) + original + entry.payload


def padding(key: LaneKey, payload_type: int, sequence_number: int, timestamp: int, ssrc: int, now: float) -> bytes:
    """A packet of nothing but padding for a receiver with this key; in the source of its retransmissions (RFC 4588),
    where it leaves no hole that anybody would ask for."""
    return _head(key, 0xA0, payload_type, sequence_number, timestamp, ssrc, now) + _ALL_PADDING


def nothing(
    number: int, key: LaneKey, payload_type: int, sequence_number: int, timestamp: int, ssrc: int, now: float
) -> bytes:
    """A retransmission (RFC 4588 §4) of the packet with this number (16 bits), as if that had no payload: whoever asks
    for it has nothing more to wait for."""
    return _head(key, 0x80, payload_type, sequence_number, timestamp, ssrc, now) + number.to_bytes(2, "big")


def _head(key: LaneKey, first: int, second: int, sequence_number: int, timestamp: int, ssrc: int, now: float) -> bytes:
    """The header, with its time of sending where the key has one. `Lane.write` has its own: it is called for each
    packet."""
    if not key.abs_send_time:
        return HEADER.pack(first, second, sequence_number, timestamp, ssrc)
    stamp = key.abs_send_time << 28 | 2 << 24 | abs_send_time(now)
    return _STAMPED.pack(first | 0x10, second, sequence_number, timestamp, ssrc, ONE_BYTE_PROFILE, 1, stamp)


def numbered(data: bytes, key: LaneKey) -> tuple[int, ...]:
    """The sequence number (16 bits) of a packet as a lane with this key wrote it; none for a retransmission."""
    return (data[2] << 8 | data[3],) if data[1] & 0x7F == key.payload_type else ()


def level(entries: Sequence[Entry]) -> None:
    """Pad the packets of each picture to equal sizes, where a byte or two do.

    libwebrtc cuts a picture into packets that differ by one byte; only equal ones share a segmented message.
    """
    if len({len(entry.payload) for entry in entries}) == 1:
        return
    largest: dict[int, int] = {}
    for entry in entries:
        size = len(entry.payload)
        largest[entry.timestamp] = max(size, largest.get(entry.timestamp, 0))
    for entry in entries:
        short = largest[entry.timestamp] - len(entry.payload)
        if 0 < short < len(_PADDING):
            entry.padding = short


def sequence_offset(extended: int) -> int:
    """What to add to the route's numbers for a receiver that starts here: 0, or half a cycle.

    Whoever loses the packets round a wrap right at the start never gets in step with SRTP's rollover counter (RFC 3711
    §3.3.1): so every receiver starts in the middle, 8192 packets after a wrap and 24576 before the next.
    """
    return 0 if 0x2000 <= extended & 0xFFFF < 0xA000 else 0x8000


def abs_send_time(seconds: float) -> int:
    """Seconds as 24 bits, 6.18 fixed point."""
    return int(seconds * 262144) & 0xFFFFFF
