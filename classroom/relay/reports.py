"""Sender reports towards subscribers: one clock for both tracks, so that lips and sound stay together.

RFC 3550 §6.4.1. All reports are in the relay's own time. A publisher's reports are carried over to it by one offset per
publisher, common to its tracks; a track without a trusted report goes by the arrival of its packets, which on a quiet
network differs by some tens of milliseconds. After a change of publisher both go by arrival until it has reported.
"""

from classroom.relay.rtp import SenderReport, ahead32

# A report that puts the media further than this from where its packets arrive is not believed: some publishers' RTP
# time runs at twice the speed of their NTP time.
TRUST_S = 0.5


class PublisherClock:
    """The offset from a publisher's NTP time to ours; fixed by its first trusted report, whichever track's it is."""

    __slots__ = ("offset",)

    def __init__(self) -> None:
        self.offset: float | None = None


class MediaClock:
    """Where one track's media stands in our time."""

    __slots__ = ("_anchor", "_arrival", "_clock", "_rate")

    def __init__(self, clock_rate: int, clock: PublisherClock) -> None:
        self._rate = clock_rate
        self._clock = clock
        self._arrival: tuple[float, int] | None = None
        self._anchor: tuple[float, int] | None = None

    def packet(self, timestamp: int, now: float) -> None:
        """A packet with the publisher's `timestamp` arrived."""
        self._arrival = (now, timestamp)

    def report(self, report: SenderReport) -> bool:
        """The publisher's report; False when it is not believed."""
        if self._arrival is None:
            return False
        offset = self._clock.offset
        if offset is None:
            offset = report.arrived - report.ntp
        at = report.ntp + offset
        if abs(ahead32(report.rtp_timestamp, self._by(self._arrival, at))) > TRUST_S * self._rate:
            return False
        self._clock.offset = offset
        self._anchor = (at, report.rtp_timestamp)
        return True

    def timestamp(self, now: float) -> int | None:
        """The publisher's timestamp that belongs to `now`; None before the first packet."""
        known = self._anchor or self._arrival
        return None if known is None else self._by(known, now)

    def _by(self, known: tuple[float, int], now: float) -> int:
        at, timestamp = known
        return (timestamp + round((now - at) * self._rate)) & 0xFFFFFFFF
