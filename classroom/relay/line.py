"""What the line to one seat carries: one estimate from all of its sessions, since its streams share the line. Pure.

Each receiver's own estimate (REMB, draft-alvestrand-rmcat-remb-03) speaks of its session alone. It falls at once, to
somewhat less than what came in, when the receiver saw packets queue up; it rises slowly, whatever the line would carry.
So only its falling tells anything.
"""

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
FALLS: Final = 0.96
"""A smaller fall is noise."""
FELL_S: Final = 1.0
"""How long a fall is told of."""
FIRST: Final = 0.7
"""A first estimate below this share of what is sent is a fall too."""
RELATED: Final = 1.1
"""One that stays above what is sent by this much is no matter."""


@dataclass(slots=True)
class _Session:
    remb_bps: int | None = None
    remb_at: float = 0.0
    fell_at: float | None = None
    expected: float = 0.0
    lost: float = 0.0
    counted: tuple[float, float] = (0.0, 0.0)
    loss_at: float = 0.0
    sent_bps: int = 0


class Line:
    """Times are monotonic seconds, rates bits per second with RTP headers."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def remb(self, session: str, bps: int, now: float) -> None:
        """A receiver's estimate of its session, as of `now`; may be told again."""
        told = self._session(session)
        if told.remb_at == now:
            return
        before = FIRST * told.sent_bps if told.remb_bps is None else FALLS * told.remb_bps
        if bps < before and bps < RELATED * told.sent_bps:
            told.fell_at = now
        told.remb_bps, told.remb_at = bps, now

    def loss(self, session: str, expected: float, lost: float, now: float) -> None:
        """How many packets a receiver has spoken of in all, and how many of them did not come; may be told again."""
        told = self._session(session)
        more, missing = expected - told.counted[0], lost - told.counted[1]
        if more > 0:
            told.expected, told.lost = KEPT * told.expected + more, KEPT * told.lost + missing
            told.counted, told.loss_at = (expected, lost), now

    def sent(self, session: str, bps: int) -> None:
        """What goes out to it now."""
        self._session(session).sent_bps = bps

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
        return self.lost(now) > FULL_LOSS or any(self._fell(one, now) for one in self._sessions.values())

    def carried_bps(self, now: float) -> int:
        """What comes through of what is sent."""
        through = 1 - self.lost(now)
        return sum(
            min(one.remb_bps or 0, one.sent_bps) if self._fell(one, now) else int(one.sent_bps * through)
            for one in self._sessions.values()
        )

    def _session(self, session: str) -> _Session:
        return self._sessions.setdefault(session, _Session())

    @staticmethod
    def _fell(one: _Session, now: float) -> bool:
        return one.fell_at is not None and now - one.fell_at <= FELL_S
