"""Spreads the pictures for a narrow line over time, so that a keyframe does not hold up the sound behind it.

One for each seat: its streams share the line. Sound does not come here.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from classroom.relay.drops import DropReason, Drops
from classroom.relay.lane import LaneKey, Outlet, abs_send_time, numbered
from classroom.relay.layer import Send

# Where _STAMPED of lane.py has the three bytes of abs-send-time.
STAMP: Final = slice(17, 20)
# Longer than any keyframe at the smallest budget takes; what comes on top nobody waits for.
LONGEST_S: Final = 2.0
# The rate may be another one by then.
LONGEST_PAUSE_S: Final = 0.05
# After a pause so much may go out at once.
BURST_BYTES: Final = 3000


class _Packet(NamedTuple):
    outlet: Outlet
    data: bytes
    key: LaneKey


class Pacer:
    """`rate_bps` may change at any time. `waits` is called when something begins to wait; from then on, until nothing
    does, its owner calls `drain` every few milliseconds."""

    def __init__(self, rate_bps: int, send: Send, drops: Drops, waits: Callable[["Pacer"], None]) -> None:
        self.rate_bps = rate_bps
        self._waits = waits
        self._send = send
        self._drops = drops
        self._packets: deque[_Packet] = deque()
        self._overflowed: dict[Outlet, set[int]] = {}
        """Numbers that found no room, by outlet: what comes after them is of no use before the next keyframe."""
        self._bytes = 0
        self._allowance = float(BURST_BYTES)
        self._drained: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything to send."""
        return bool(self._packets)

    @property
    def pause_s(self) -> float:
        """For how long it may be left alone after `drain`."""
        return min(LONGEST_PAUSE_S, max(0.0, -8 * self._allowance / self.rate_bps))

    @property
    def backlog_s(self) -> float:
        """How long what waits will take."""
        return 8 * self._bytes / self.rate_bps

    def take(self, outlet: Outlet, packets: Sequence[bytes], key: LaneKey) -> None:
        """Queue for this outlet; what would wait too long is dropped and counted, and all that follows, until `cut`."""
        overflowed = self._overflowed.get(outlet)
        for data in packets:
            if overflowed is None and self.backlog_s > LONGEST_S:
                overflowed = self._overflowed[outlet] = set()
            if overflowed is not None:
                self._drops.count(DropReason.PACER_FULL)
                overflowed.update(numbered(data, key))
                continue
            self._packets.append(_Packet(outlet, data, key))
            self._bytes += len(data)
            if len(self._packets) == 1:
                self._waits(self)

    def has_overflowed(self, outlet: Outlet) -> bool:
        """Whether something for this outlet was dropped since the last `cut`."""
        return outlet in self._overflowed

    def cut(self, outlet: Outlet) -> set[int]:
        """Forget what waits for this outlet; the sequence numbers (16 bits) that it did not get, retransmissions not
        counted."""
        unsent = self._overflowed.pop(outlet, set())
        for packet in self._packets:
            if packet.outlet is outlet:
                unsent.update(numbered(packet.data, packet.key))
        self._packets = deque(packet for packet in self._packets if packet.outlet is not outlet)
        self._bytes = sum(len(packet.data) for packet in self._packets)
        return unsent

    def drain(self, now: float) -> None:
        """Send what the rate allows since the last call (monotonic seconds)."""
        elapsed = 0.0 if self._drained is None else now - self._drained
        self._drained = now
        self._allowance = min(BURST_BYTES, self._allowance + elapsed * self.rate_bps / 8)
        leave: list[_Packet] = []
        stamp = abs_send_time(now).to_bytes(3, "big")
        while self._packets and self._allowance > 0:
            packet = self._packets.popleft()
            self._bytes -= len(packet.data)
            self._allowance -= len(packet.data)
            if packet.key.abs_send_time:
                # The receiver judges the line by these: waiting here must not look like waiting there.
                data = packet.data[: STAMP.start] + stamp + packet.data[STAMP.stop :]
                packet = packet._replace(data=data)
            leave.append(packet)
        self._hand_on(leave)

    def flush(self) -> None:
        """Send everything at once: the line is wide again."""
        leave, self._packets, self._bytes = self._packets, deque(), 0
        self._hand_on(leave)

    def _hand_on(self, packets: Iterable[_Packet]) -> None:
        """In their order, those for one receiver that follow one another together."""
        for (outlet, key), together in groupby(packets, lambda packet: (packet.outlet, packet.key)):
            self._send([outlet], [packet.data for packet in together], key.tag_bytes)
