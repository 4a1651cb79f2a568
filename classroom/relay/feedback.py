"""What the relay tells a publisher about what arrives: statistics, NACK, transport-wide feedback, keyframe requests."""

import struct
from collections.abc import Iterable

from classroom.relay.rtcp import ReportBlock

# Lost packets of one source that are asked for at a time; beyond this a keyframe repairs sooner.
MAX_MISSING = 256
MAX_TRIES = 8
# A packet this late is of no use: viewers have given up or frozen, and a keyframe is on its way.
NACK_AGE_S = 1.0
# Where more than this gets lost, here and there, the line is full, and what is asked for again only fills it further.
# Random loss of one in ten, which a poor line has, is well below; a moment without anything is one gap, or a few.
FULL_LOSS = 0.25
FULL_GAPS = 4
FULL_OVER_S = 1.0
# Retry no sooner than this, and start from this guess of the round trip.
MIN_RETRY_S = 0.04
FIRST_ROUND_TRIP_S = 0.1
# A keyframe costs the publisher's uplink a burst of tens of packets: at most two a second.
KEYFRAME_INTERVAL_S = 0.5
# Transport-wide feedback takes a twentieth of what it speaks of, as libwebrtc's does, from 4 to 10 times a second;
# 10 is what mediasoup and Pion send.
FEEDBACK_BITS = 8 * 68
FEEDBACK_SHARE = 0.05
FEEDBACK_S = (0.1, 0.25)
# Statuses in one feedback packet: with 2-byte deltas it stays below 1200 bytes.
MAX_STATUSES = 400


class Statistics:
    """A receiver's statistics of one source (RFC 3550 appendix A.3 and A.8)."""

    def __init__(self, clock_rate: int) -> None:
        self._rate = clock_rate
        self._first: int | None = None
        self.highest = 0
        self.packets = 0
        self.bytes = 0
        self._transit = 0.0
        self._jitter = 0.0
        self._expected_before = 0
        self._packets_before = 0
        self._timestamp: int | None = None
        self._report: tuple[int, float] | None = None
        self.fraction_lost = 0.0

    def packet(self, extended: int, timestamp: int, size: int, now: float) -> None:
        """A packet arrived; `size` in bytes."""
        self.packets_came(1, extended, size)
        self.moment(timestamp, now)

    def packets_came(self, count: int, extended: int, size: int) -> None:
        """So many packets arrived, `size` in bytes together; the last one has this number."""
        if self._first is None:
            self._first = self.highest = extended - count + 1
        if extended > self.highest:
            self.highest = extended
        self.packets += count
        self.bytes += size

    def moment(self, timestamp: int, now: float) -> None:
        """A packet with this timestamp arrived."""
        if timestamp != self._timestamp:
            # The packets of one picture share a timestamp and leave in a burst: only its first tells about jitter.
            transit = now * self._rate - timestamp
            if self._timestamp is not None:
                difference = abs((transit - self._transit + 0x80000000) % 0x100000000 - 0x80000000)
                if difference < self._rate:
                    self._jitter += (difference - self._jitter) / 16
            self._transit = transit
            self._timestamp = timestamp

    def sender_report(self, ntp: int, now: float) -> None:
        """A sender report arrived (64-bit NTP timestamp): it is named in our next block."""
        self._report = (ntp >> 16 & 0xFFFFFFFF, now)

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter."""
        return self._jitter / self._rate * 1000

    @property
    def lost(self) -> int:
        """Packets that never came, also not by retransmission in the source's own numbers."""
        return 0 if self._first is None else max(0, self.highest - self._first + 1 - self.packets)

    def block(self, ssrc: int, now: float) -> ReportBlock | None:
        """The report block since the last call; None before the first packet."""
        if self._first is None:
            return None
        expected = self.highest - self._first + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.packets - self._packets_before)
        self._expected_before, self._packets_before = expected, self.packets
        self.fraction_lost = max(0.0, lost_now / expected_now) if expected_now > 0 else 0.0
        last_report, delay = 0, 0
        if self._report is not None:
            last_report, delay = self._report[0], int((now - self._report[1]) * 65536)
        fraction = min(255, int(self.fraction_lost * 256))
        return ReportBlock(ssrc, fraction, expected - self.packets, self.highest, int(self._jitter), last_report, delay)


class _Missing:
    __slots__ = ("asked", "first_asked", "noticed", "tries")

    def __init__(self, now: float) -> None:
        self.noticed = now
        self.first_asked = self.asked = now
        self.tries = 0


class NackGenerator:
    """Asks one source again for lost packets (RFC 4585 §6.2.1): at once, then once a round trip, up to a limit; and not
    while its line is full."""

    def __init__(self) -> None:
        self._highest: int | None = None
        self._missing: dict[int, _Missing] = {}
        self._round_trip_s = FIRST_ROUND_TRIP_S
        self._lost = self._gaps = 0
        self._marks = ((0.0, 0, 0, 0),) * 2
        """When, which number was the highest, how many had been missed, in how many gaps: the last two looks."""
        self.fresh = False
        """Whether there are numbers that were never asked for."""
        self.given_up = 0

    def packet(self, extended: int, now: float) -> bool:
        """A packet arrived; False when so many are missing that only a keyframe helps."""
        highest = self._highest
        if highest is None or extended == highest + 1:
            self._highest = extended
            if self._missing:
                self._missing.pop(extended, None)
            return True
        if extended <= highest:
            found = self._missing.pop(extended, None)
            if found is not None and found.tries:
                # Which of several questions it answers cannot be told. Taken for the first, the estimate is too long
                # after a loss; for the last, it stays too short for ever, and a slow line fills with the same packets.
                self._round_trip_s += (now - found.first_asked - self._round_trip_s) / 4
            return True
        self._highest = extended
        if extended - highest - 1 + len(self._missing) > MAX_MISSING:
            self._missing.clear()
            return False
        for number in range(highest + 1, extended):
            self._missing[number] = _Missing(now)
        self._lost += extended - highest - 1
        self._gaps += 1
        self.fresh = True
        return True

    @property
    def is_waiting(self) -> bool:
        """Whether anything is missing."""
        return bool(self._missing)

    def came(self, extended: int) -> None:
        """All came up to this one, which is higher than those before."""
        self._highest = extended

    def due(self, now: float) -> list[int]:
        """The extended numbers to ask for now, ascending; counts them as asked."""
        self.fresh = False
        is_full = self._is_full(now)
        if not self._missing:
            return []
        retry_s = max(MIN_RETRY_S, self._round_trip_s * 1.2)
        due = []
        for number, missing in list(self._missing.items()):
            if missing.tries >= MAX_TRIES or now - missing.noticed > NACK_AGE_S:
                del self._missing[number]
                self.given_up += 1
            elif is_full:
                continue
            elif missing.tries == 0 or now - missing.asked >= retry_s:
                if missing.tries == 0:
                    missing.first_asked = now
                missing.tries += 1
                missing.asked = now
                due.append(number)
        return sorted(due)

    def _is_full(self, now: float) -> bool:
        """Judged by the last second or two."""
        if self._highest is None:
            return False
        if now - self._marks[1][0] >= FULL_OVER_S:
            self._marks = (self._marks[1], (now, self._highest, self._lost, self._gaps))
        _, highest, lost, gaps = self._marks[0]
        expected = self._highest - highest
        return highest > 0 and self._gaps - gaps >= FULL_GAPS and self._lost - lost > FULL_LOSS * expected


class KeyframeRequests:
    """Merges requests for keyframes: at most one per KEYFRAME_INTERVAL_S, and none is forgotten."""

    def __init__(self) -> None:
        self._asked: float | None = None
        self._wanted = False

    def want(self, now: float) -> bool:
        """Somebody needs one; whether to ask the publisher now. When not, `due` says when."""
        self._wanted = True
        return self.due(now)

    def due(self, now: float) -> bool:
        """Whether to ask the publisher now for what was wanted; counts it as asked."""
        if not self._wanted or (self._asked is not None and now - self._asked < KEYFRAME_INTERVAL_S):
            return False
        self._asked = now
        self._wanted = False
        return True

    @property
    def is_waiting(self) -> bool:
        """Whether somebody's wish has still to be told."""
        return self._wanted

    def arrived(self) -> None:
        """A keyframe came: whoever waited has it."""
        self._wanted = False


class TransportFeedback:
    """Arrival times of all packets of a connection, for the sender's bandwidth estimator.

    draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1: reference time in 64 ms, deltas in 250 µs.
    """

    def __init__(self) -> None:
        self._arrivals: dict[int, float] = {}
        self._next: int | None = None
        self._count = 0

    def packet(self, extended: int, now: float) -> None:
        """A packet with this transport-wide sequence number (extended) arrived."""
        if len(self._arrivals) < 4 * MAX_STATUSES:
            self._arrivals.setdefault(extended, now)

    @property
    def is_used(self) -> bool:
        """Whether there are packets with such numbers."""
        return bool(self._arrivals) or self._next is not None

    def due(self) -> list[bytes]:
        """The feedback bodies for what arrived since the last call, for `rtcp.transport_feedback`."""
        if not self._arrivals:
            return []
        arrivals, self._arrivals = self._arrivals, {}
        numbers = sorted(arrivals)
        base = numbers[0]
        # What was lost between two feedbacks is reported too, unless the sender has jumped.
        if self._next is not None and 0 < base - self._next < MAX_STATUSES // 2:
            base = self._next
        self._next = max(numbers[-1] + 1, self._next or 0)
        bodies = []
        while numbers:
            body, reported = self._body(base, numbers, arrivals)
            bodies.append(body)
            del numbers[:reported]
            base = numbers[0] if numbers else 0
        return bodies

    def _body(self, base: int, numbers: list[int], arrivals: dict[int, float]) -> tuple[bytes, int]:
        """One feedback body from `base` on, and how many of the numbers it reports."""
        reference = int(arrivals[numbers[0]] * 4000) // 256
        ticks = reference * 256
        symbols: list[int] = []
        deltas = bytearray()
        reported = 0
        for number in numbers:
            gap = number - base - len(symbols)
            if len(symbols) + gap >= MAX_STATUSES:
                break
            delta = int(arrivals[number] * 4000) - ticks
            if not -32768 <= delta <= 32767:
                break
            ticks += delta
            symbols += [0] * gap
            if 0 <= delta <= 255:
                symbols.append(1)
                deltas.append(delta)
            else:
                symbols.append(2)
                deltas += struct.pack("!h", delta)
            reported += 1
        head = struct.pack("!HHI", base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | self._count)
        self._count = (self._count + 1) & 0xFF
        return head + b"".join(_chunks(symbols)) + bytes(deltas), reported


def feedback_interval_s(in_bps: int) -> float:
    """How long after one transport-wide feedback the next is due, for a sender of so much; 0: nobody knows yet."""
    shortest, longest = FEEDBACK_S
    return min(longest, max(shortest, FEEDBACK_BITS / (FEEDBACK_SHARE * in_bps))) if in_bps else shortest


def _chunks(symbols: list[int]) -> Iterable[bytes]:
    """Packet status chunks: runs of one symbol where they pay, else vectors of seven two-bit symbols."""
    position = 0
    while position < len(symbols):
        symbol = symbols[position]
        run = 1
        while position + run < len(symbols) and symbols[position + run] == symbol:
            run += 1
        if run >= 7 or position + run == len(symbols):
            yield struct.pack("!H", symbol << 13 | run)
            position += run
        else:
            word = 0xC000
            for index, value in enumerate(symbols[position : position + 7]):
                word |= value << (12 - 2 * index)
            yield struct.pack("!H", word)
            position += 7
