"""The recorder's ear on a stream: one more subscriber, which a route cannot tell from a browser."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from classroom.relay.route import Publisher
from classroom.relay.rtp import Packet, SenderReport
from classroom.relay.track import Track

# Half a minute of a 2 Mbit/s camera: longer than any healthy disk stalls.
QUEUE_BYTES = 8 * 1024 * 1024
QUEUE_PACKETS = 16384
PACKET_OVERHEAD_BYTES = 200


@dataclass(frozen=True, slots=True)
class Attached:
    """A publisher's session begins, with these tracks; numbering is new."""

    tracks: Mapping[str, Track]


@dataclass(frozen=True, slots=True)
class Detached:
    """The publisher's session ended."""


@dataclass(frozen=True, slots=True)
class Reported:
    kind: str
    report: SenderReport


@dataclass(frozen=True, slots=True)
class Overflowed:
    """`packets` were dropped because the queue was full, the last of them arrived at `until` (monotonic seconds)."""

    packets: int
    until: float


Item = Packet | Attached | Detached | Reported | Overflowed


class Tap:
    """A bounded queue between the event loop, which fills it, and the writer's thread, which drains it.

    Each of the two counts for itself and only reads the other's count, so neither ever waits for a lock. What does not
    fit is dropped, counted, and told as `Overflowed` where it is missing. Beginnings and ends always fit: there is one
    for each handshake of a publisher.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.overflowed = 0
        """Packets dropped in all."""
        self._loop = loop
        self._items: deque[Item] = deque()
        self._publisher: Publisher | None = None
        self._bytes_in = self._packets_in = 0
        self._bytes_out = self._packets_out = 0
        self._dropped = 0
        self._dropped_until = 0.0

    # On the event loop; nothing here blocks or raises.

    def attached(self, publisher: Publisher, tracks: Mapping[str, Track]) -> None:
        self._publisher = publisher
        self._tell_overflow()
        self._items.append(Attached(dict(tracks)))

    def detached(self) -> None:
        self._publisher = None
        self._tell_overflow()
        self._items.append(Detached())

    def send(self, packet: Packet) -> None:
        if self._is_full():
            self.overflowed += 1
            self._dropped += 1
            self._dropped_until = packet.arrived
            return
        if self._dropped:
            self._tell_overflow()
        self._bytes_in += len(packet.payload) + PACKET_OVERHEAD_BYTES
        self._packets_in += 1
        self._items.append(packet)

    def sender_report(self, kind: str, report: SenderReport) -> None:
        if not self._is_full():
            self._bytes_in += PACKET_OVERHEAD_BYTES
            self._packets_in += 1
            self._items.append(Reported(kind, report))

    def _is_full(self) -> bool:
        return self._bytes_in - self._bytes_out >= QUEUE_BYTES or self._packets_in - self._packets_out >= QUEUE_PACKETS

    def _tell_overflow(self) -> None:
        if self._dropped:
            self._items.append(Overflowed(self._dropped, self._dropped_until))
            self._dropped = 0

    def _request(self) -> None:
        if self._publisher is not None:
            self._publisher.request_keyframe()

    # On the writer's thread.

    def take(self) -> Item | None:
        """The next item, None when there is none yet."""
        try:
            item = self._items.popleft()
        except IndexError:
            return None
        if isinstance(item, Packet):
            self._bytes_out += len(item.payload) + PACKET_OVERHEAD_BYTES
            self._packets_out += 1
        elif isinstance(item, Reported):
            self._bytes_out += PACKET_OVERHEAD_BYTES
            self._packets_out += 1
        return item

    def request_keyframe(self) -> None:
        """Ask the publisher for a keyframe, on its own thread; nothing happens when there is none."""
        try:
            self._loop.call_soon_threadsafe(self._request)
        except RuntimeError:
            # The loop is closed: the server is going down, and nobody is left to ask.
            return
