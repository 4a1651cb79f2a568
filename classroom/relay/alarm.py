"""A timer that goes off as soon as anybody who set it needs."""

import asyncio
from collections.abc import Callable


class Alarm:
    """Calls `ring` once for any number of `within` before; `clock` is in seconds."""

    def __init__(self, ring: Callable[[], None], clock: Callable[[], float]) -> None:
        self.at = 0.0
        """When it goes off, or went off last."""
        self._ring = ring
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def within(self, pause_s: float) -> None:
        """Let it go off in so long, or sooner."""
        if self._is_closed:
            return
        at = self._clock() + pause_s
        if self._timer is not None:
            if self.at <= at:
                return
            self._timer.cancel()
        self.at = at
        self._timer = asyncio.get_running_loop().call_later(pause_s, self._go_off)

    def close(self) -> None:
        """It goes off no more. Idempotent."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _go_off(self) -> None:
        self._timer = None
        self._ring()
