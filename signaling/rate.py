"""A token bucket. Pure: the caller says what time it is."""


class TokenBucket:
    """Allows `rate` takings a second on average and `burst` at once. `now` is monotonic seconds."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._filled_at = now

    def take(self, now: float) -> bool:
        """Takes one token, or says False. A clock that steps back fills nothing."""
        elapsed_s = max(0.0, now - self._filled_at)
        self._filled_at = max(self._filled_at, now)
        self._tokens = min(self.burst, self._tokens + elapsed_s * self.rate)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
