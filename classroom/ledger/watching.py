"""What a page says that it played, as far as it can be believed. Pure: the instants are the server's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from classroom.ledger.intervals import Interval, Intervals, to_ms, union

MAX_SPEED: Final = 2
"""Nobody watches faster."""
LEEWAY_MS: Final = 2_000
"""A report travels, and a page's clock is not ours."""


def believed(
    told: Sequence[Interval], *, length_ms: int, since: datetime, now: datetime, before: Intervals = ()
) -> Intervals:
    """All parts that are believed to have been played after a report `told`, each once.

    Between two reports no more media time can have gone by than the wall's, at the greatest speed; what is told beyond
    is cut off, from its end. Nothing lies outside the resource. Repeats use up time like everything else.
    """
    budget_ms = max(0, to_ms(now) - to_ms(since)) * MAX_SPEED + LEEWAY_MS
    taken: list[Interval] = []
    for start, end in told:
        start, end = max(0, start), min(length_ms, end, start + budget_ms)
        if end > start:
            taken.append(Interval(start, end))
            budget_ms -= end - start
    return union(before, tuple(taken))
