"""Counting tries at something that must not be guessed. Pure."""

from collections import OrderedDict
from typing import Final

MAX_TRIES: Final = 5
"""Within WINDOW_S."""
WINDOW_S: Final = 60.0
# An attacker with many addresses fills this; the oldest entries then go, which frees them sooner, never later.
MAX_KEYS: Final = 10_000


class Tries:
    """At most `most` within `window_s` for each key; memory is bounded by MAX_KEYS."""

    def __init__(self, most: int = MAX_TRIES, window_s: float = WINDOW_S) -> None:
        self._most = most
        self._window_s = window_s
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allow(self, key: str, now: float) -> bool:
        """Count one more try at `now` (monotonic seconds); False when it is one too many."""
        began, count = self._windows.pop(key, (now, 0))
        if now - began >= self._window_s:
            began, count = now, 0
        self._windows[key] = (began, count + 1)
        if len(self._windows) > MAX_KEYS:
            self._windows.popitem(last=False)
        return count < self._most
