"""The server's two clocks, handed in so that tests can drive them."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """`now` is monotonic seconds, for ages and waits; `at` is the wall clock in UTC, for what people and forms read."""

    def now(self) -> float: ...
    def at(self) -> datetime: ...


class SystemClock:
    """This machine's clocks."""

    def now(self) -> float:
        return time.monotonic()

    def at(self) -> datetime:
        return datetime.now(UTC)
