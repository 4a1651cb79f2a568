"""What the line to one seat carries: one estimate from all of its sessions, since its streams share the line. Pure.

Each receiver's own estimate (REMB, draft-alvestrand-rmcat-remb-03) speaks of its session alone. It falls at once, to
somewhat less than what came in, when the receiver saw packets queue up; it rises slowly, whatever the line would carry.
So only its falling tells anything. On a full line little comes in, and it falls far; jitter, or a way that became
longer, makes it fall once, a little, and it rises again at once.
"""

import math
from dataclasses import dataclass
from typing import Final

# Random loss of one packet in ten is what a poor line has; retransmission mends it, and taking pictures away would not.
# More than this is a line that is full. draft-ietf-rmcat-gcc-02 §6 takes something back above 10 % already, but in
# small steps; the ladder's are large, and queues show earlier by REMB.
FULL_LOSS: Final = 0.2
# Fewer packets than this say nothing of a share.
TELLING: Final = 60
# What was reported earlier counts for so much less with each report, which comes after a second.
KEPT: Final = 0.5
LOSS_FRESH_S: Final = 3.0
LATELY: Final = 2
"""Seconds before the last one in which what was sent still bears on an estimate."""
SENT_MOST: Final = 1 << 40
FALLS: Final = 0.96
"""A smaller fall is noise."""
FAR: Final = 0.65
"""Of what is sent: an estimate that fell below this tells of a full line at once."""
RISES_S: Final = 0.7
"""One that fell less tells of it when it has not risen after so long; receivers report it once a second."""
FELL_S: Final = 1.0
"""How long a fall is told of."""
FULL_QUEUE_MS: Final = 300.0
"""More than this in addition to the shortest round trip is a queue; jitter and another way are less."""
CLEAR_QUEUE_MS: Final = 150.0
QUEUE_FRESH_S: Final = 1.5
QUEUES: Final = 3
"""Measurements that are kept: a single one that is short shows that nothing stands in the way."""
BASE_RISES_S: Final = 30.0
"""A way that has become longer for good is no queue for ever."""
ALL: Final = 0.9
"""Of what was sent, for it to be all: the two are not measured over the same second."""
RECEIVED_S: Final = 1.0
"""What came is averaged over so long; browsers report five times a second."""
FIRST: Final = 0.7
"""A first estimate below this share of what is sent is a fall too."""
RELATED: Final = 1.1
"""One that stays above what is sent by this much is no matter."""


@dataclass(slots=True)
class _Session:
    remb_bps: int | None = None
    remb_at: float = 0.0
    doubted: tuple[int, float] | None = None
    """The estimate that fell a little, and when: perhaps the line is full."""
    fell_at: float | None = None
    base_ms: float | None = None
    trip_at: float = -math.inf
    awaited_at: float = -math.inf
    queues: tuple[tuple[float, float], ...] = ()
    """How much longer than the shortest the last round trips were, in ms, and when."""
    expected: float = 0.0
    lost: float = 0.0
    counted: tuple[float, float] = (0.0, 0.0)
    loss_at: float = 0.0
    received: tuple[tuple[float, float], ...] = ()
    """How many octets of pictures had come, and when that was reported, for about a second."""
    sent_bps: int = 0
    lately: tuple[int, ...] = (SENT_MOST,) * LATELY
    least_bps: int = 0
    """What went out in the least of the last seconds: one with a keyframe is twice as large as the next."""


class Line:
    """Times are monotonic seconds, rates bits per second with RTP headers."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def remb(self, session: str, bps: int, now: float) -> None:
        """A receiver's estimate of its session, as of `now`; may be told again."""
        told = self._session(session)
        if told.remb_at == now:
            return
        before = FIRST * told.least_bps if told.remb_bps is None else FALLS * told.remb_bps
        if told.doubted is not None and now - told.doubted[1] >= RISES_S:
            is_clear = self.is_clear(now - QUEUE_FRESH_S)
            if bps <= told.doubted[0] and bps < RELATED * told.least_bps and not is_clear:
                told.fell_at = now
            told.doubted = None
        if bps < before and bps < RELATED * told.least_bps:
            if bps < FAR * told.least_bps:
                told.fell_at = now
            else:
                told.doubted = told.doubted or (bps, now)
        told.remb_bps, told.remb_at = bps, now

    def loss(self, session: str, expected: float, lost: float, now: float) -> None:
        """How many packets a receiver has spoken of in all, and how many of them did not come; may be told again."""
        told = self._session(session)
        more, missing = expected - told.counted[0], lost - told.counted[1]
        if more > 0:
            told.expected, told.lost = KEPT * told.expected + more, KEPT * told.lost + missing
            told.counted, told.loss_at = (expected, lost), now

    def round_trip(self, session: str, ms: float, now: float) -> None:
        """How long a report took there and back, as of `now`; may be told again."""
        told = self._session(session)
        if told.trip_at == now:
            return
        rises = min(1.0, (now - told.trip_at) / BASE_RISES_S)
        base = ms if told.base_ms is None else min(ms, told.base_ms + rises * (ms - told.base_ms))
        told.base_ms, told.trip_at = base, now
        told.queues = (*told.queues[1 - QUEUES :], (ms - base, now))

    def awaited(self, session: str, ms: float, now: float) -> None:
        """A round trip takes at least so long, as of `now`; may be told again."""
        told = self._session(session)
        if told.base_ms is not None and told.awaited_at != now:
            told.awaited_at = now
            told.queues = (*told.queues[1 - QUEUES :], (max(0.0, ms - told.base_ms), now))

    def is_clear(self, since: float, most_ms: float = CLEAR_QUEUE_MS) -> bool | None:
        """Whether no more than that queues up on the way, by what was measured since then; None when nothing was."""
        shortest = [queue for one in self._sessions.values() if (queue := self._queue_ms(one, since)) is not None]
        return max(shortest) < most_ms if shortest else None

    def sent(self, session: str, bps: int) -> None:
        """What went out to it in the last second."""
        told = self._session(session)
        told.sent_bps = bps
        told.least_bps = min(*told.lately, bps)
        told.lately = (*told.lately[1:], bps)

    def received(self, session: str, octets: float, now: float) -> None:
        """How many octets of pictures a receiver has had in all, as of `now`; may be told again."""
        told = self._session(session)
        if not told.received or told.received[-1][0] != now:
            told.received = (*(one for one in told.received if one[0] > now - RECEIVED_S), (now, octets))

    def forget(self, session: str) -> None:
        """It is over."""
        self._sessions.pop(session, None)

    def lost(self, now: float) -> float:
        """The share of all packets that was lost lately, 0…1."""
        fresh = [one for one in self._sessions.values() if now - one.loss_at <= LOSS_FRESH_S]
        expected = sum(one.expected for one in fresh)
        return sum(one.lost for one in fresh) / expected if expected >= TELLING else 0.0

    @property
    def sent_bps(self) -> int:
        """What goes out to the seat."""
        return sum(one.sent_bps for one in self._sessions.values())

    def is_full(self, now: float) -> bool:
        """Whether packets queue up on the way, or too many get lost."""
        return self.lost(now) > FULL_LOSS or any(
            self._fell(one, now) or self._queues(one, now) for one in self._sessions.values()
        )

    def carried_bps(self, now: float) -> int:
        """What a full line carries at the most."""
        through = 1 - self.lost(now)
        return sum(
            min(one.remb_bps or 0, one.sent_bps) if self._fell(one, now) else self._came_bps(one, through)
            for one in self._sessions.values()
        )

    def _session(self, session: str) -> _Session:
        return self._sessions.setdefault(session, _Session())

    @staticmethod
    def _came_bps(one: _Session, through: float) -> int:
        """What came of what went out, by the receiver's reports: more goes out than a full line takes, and waits."""
        sent = int(one.sent_bps * through)
        if len(one.received) < 2:
            return sent
        (first, before), (last, octets) = one.received[0], one.received[-1]
        came = int(8 * (octets - before) / (last - first))
        # Where all of it came, the line would have carried more: what fills it went out before, or is somebody else's.
        return came if came < ALL * one.sent_bps else SENT_MOST

    @staticmethod
    def _queue_ms(one: _Session, since: float) -> float | None:
        return min((queue for queue, at in one.queues if at > since), default=None)

    def _queues(self, one: _Session, now: float) -> bool:
        queue = self._queue_ms(one, now - QUEUE_FRESH_S)
        return queue is not None and queue > FULL_QUEUE_MS

    @staticmethod
    def _fell(one: _Session, now: float) -> bool:
        return one.fell_at is not None and now - one.fell_at <= FELL_S
