"""The wall clock as rules may use it that end lessons. Pure."""

from datetime import datetime, timedelta
from typing import Final

CATCH_UP: Final = 2.0
"""How much faster than time itself a steady clock follows a wall clock that was set forward."""


class Steady:
    """Set forward by a day, the wall clock ends no lesson: this one gets there gradually.

    A server without a good clock of its own is corrected by the network when lessons are under way already.
    """

    def __init__(self) -> None:
        self._last: tuple[float, datetime] | None = None

    def at(self, now: float, at: datetime) -> datetime:
        """The wall clock `at`, but no further on from the last answer than CATCH_UP times the seconds since."""
        if self._last is not None:
            last_now, last_at = self._last
            at = min(at, last_at + timedelta(seconds=CATCH_UP * (now - last_now)))
        self._last = (now, at)
        return at
