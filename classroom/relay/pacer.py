"""Spreads the pictures for a narrow line over time, so that a keyframe does not hold up the sound behind it.

One for each seat: its streams share the line. Sound does not come here.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from classroom.relay.drops import DropReason, Drops
from classroom.relay.lane import LaneKey, Outlet, abs_send_time
from classroom.relay.layer import Send

# Where _STAMPED of lane.py has the three bytes of abs-send-time.
STAMP: Final = slice(17, 20)
# Longer than any keyframe at the smallest budget takes; what comes on top is older than the ring for retransmission.
LONGEST_S: Final = 2.0
# After a pause so much may go out at once.
BURST_BYTES: Final = 3000


class _Packet(NamedTuple):
    outlet: Outlet
    data: bytes
    key: LaneKey


class Pacer:
    """`rate_bps` may change at any time; `drain` is called every few milliseconds while `is_waiting`."""

    def __init__(self, rate_bps: int, send: Send, drops: Drops) -> None:
        self.rate_bps = rate_bps
        self._send = send
        self._drops = drops
        self._packets: deque[_Packet] = deque()
        self._bytes = 0
        self._allowance = float(BURST_BYTES)
        self._drained: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything to send."""
        return bool(self._packets)

    @property
    def backlog_s(self) -> float:
        """How long what waits will take."""
        return 8 * self._bytes / self.rate_bps

    def take(self, outlet: Outlet, packets: Sequence[bytes], key: LaneKey) -> None:
        """Queue for this outlet; what would wait too long is dropped and counted."""
        for data in packets:
            if self.backlog_s > LONGEST_S:
                self._drops.count(DropReason.PACER_FULL)
                continue
            self._packets.append(_Packet(outlet, data, key))
            self._bytes += len(data)

    def drain(self, now: float) -> None:
        """Send what the rate allows since the last call (monotonic seconds)."""
        elapsed = 0.0 if self._drained is None else now - self._drained
        self._drained = now
        self._allowance = min(BURST_BYTES, self._allowance + elapsed * self.rate_bps / 8)
        while self._packets and self._allowance > 0:
            outlet, data, key = self._packets.popleft()
            self._bytes -= len(data)
            self._allowance -= len(data)
            if key.abs_send_time:
                # The receiver judges the line by these: waiting here must not look like waiting there.
                data = data[: STAMP.start] + abs_send_time(now).to_bytes(3, "big") + data[STAMP.stop :]
            self._send([outlet], [data], key.tag_bytes)

    def flush(self) -> None:
        """Send everything at once: the line is wide again."""
        while self._packets:
            outlet, data, key = self._packets.popleft()
            self._send([outlet], [data], key.tag_bytes)
        self._bytes = 0
