"""Who speaks, as the packets say without being decoded: the audio level of RFC 6464 in a header extension. Pure."""

from typing import Final

QUIETEST_DBOV: Final = 40
"""A voice is at least this loud, −40 dBov: a room's noise stays below it, a person at a desk above."""
PAUSE_S: Final = 0.6
"""Between words nobody has stopped speaking."""
GAP_S: Final = 0.2
"""What is missing for longer was no sound."""


class Voice:
    """How long a source has spoken, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._loud: float | None = None
        self._before: float | None = None

    def packet(self, level: int, now: float) -> None:
        """A packet of sound came, `level` below overload in −dBov: 0 is the loudest, 127 silence (RFC 6464 §3)."""
        if level <= QUIETEST_DBOV:
            self._loud = now
        if self._loud is not None and self._before is not None and now - self._loud < PAUSE_S:
            self.seconds += min(max(0.0, now - self._before), GAP_S)
        self._before = now
