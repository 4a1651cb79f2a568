"""What a viewer knows of one RTP stream that it receives (RFC 3550 §6.4.1, appendix A): counts, holes, jitter. Pure."""

from classroom.relay.rtcp import ReportBlock
from classroom.relay.rtp import Kind, ahead

MISSING_MAX = 512  # holes remembered; more at once is an outage, which a keyframe mends and not a retransmission
ASK_MAX = 5  # times that one packet is asked for


class Reception:
    """Counts one stream. Sequence numbers are extended past 16 bits here; `now` is monotonic seconds."""

    def __init__(self, kind: Kind, codec: str, clock_rate: int) -> None:
        self.kind = kind
        self.codec = codec
        self.clock_rate = clock_rate
        self.ssrc: int | None = None
        self.packets = 0
        self.bytes = 0
        self.recovered_packets = 0
        self.missing: dict[int, int] = {}
        """Extended numbers of holes → how often each was asked for."""
        self._first = 0
        self._highest = 0
        self._transit: float | None = None
        self._jitter = 0.0
        self._report = (0, 0)  # packets expected and received at the last report
        self._sender_report: tuple[int, float] | None = None  # middle 32 bits of its NTP time, when it came

    def arrived(self, number: int, timestamp: int, ssrc: int, size_bytes: int, now: float) -> bool:
        """Count a packet; False when it was here before, or is too old to matter."""
        if self.ssrc is None:
            self.ssrc = ssrc
            self._first = self._highest = number
        elif ssrc != self.ssrc:
            return False
        else:
            steps = ahead(number, self._highest & 0xFFFF)
            if steps > 0:
                self._skip(steps)
            elif self.missing.pop(self._highest + steps, None) is None:
                return False
        self.packets += 1
        self.bytes += size_bytes
        self._measure_jitter(timestamp, now)
        return True

    def recovered(self, number: int) -> bool:
        """A retransmission of this number came on the RTX stream; False when nobody misses it any more."""
        if self.missing.pop(self._highest + ahead(number, self._highest & 0xFFFF), None) is None:
            return False
        self.recovered_packets += 1
        return True

    def to_ask(self) -> list[int]:
        """The numbers to name in a NACK now, rising; each is named at most five times, then given up."""
        self.missing = {number: asked + 1 for number, asked in self.missing.items() if asked < ASK_MAX}
        return [number & 0xFFFF for number in self.missing]

    @property
    def lost(self) -> int:
        """Packets that never came, neither first nor again."""
        if self.ssrc is None:
            return 0
        return self._highest - self._first + 1 - self.packets - self.recovered_packets

    def sender_report(self, ntp_timestamp: int, now: float) -> None:
        """Remember the sender's clock, for the round-trip time in our next report."""
        self._sender_report = (ntp_timestamp >> 16 & 0xFFFFFFFF, now)

    def report(self, now: float) -> ReportBlock | None:
        """The block of a receiver report; None before the first packet."""
        if self.ssrc is None:
            return None
        expected, received = self._highest - self._first + 1, self.packets
        expected_since, received_since = expected - self._report[0], received - self._report[1]
        self._report = (expected, received)
        lost_since = max(0, expected_since - received_since)
        lsr, came = self._sender_report or (0, now)
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(255, lost_since * 256 // expected_since) if expected_since > 0 else 0,
            packets_lost=expected - received,
            highest_sequence=self._highest,
            jitter=int(self._jitter),
            last_report=lsr,
            delay=int((now - came) * 65536),
        )

    def _skip(self, steps: int) -> None:
        for number in range(self._highest + 1, self._highest + steps):
            if len(self.missing) >= MISSING_MAX:
                self.missing.pop(next(iter(self.missing)))
            self.missing[number] = 0
        self._highest += steps

    def _measure_jitter(self, timestamp: int, now: float) -> None:
        transit = now * self.clock_rate - timestamp
        if self._transit is not None:
            change = abs(transit - self._transit)
            if change < self.clock_rate * 10:  # not where the timestamp wraps
                self._jitter += (change - self._jitter) / 16
        self._transit = transit
