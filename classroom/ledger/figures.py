"""Figures: how a value is printed, and how the numbers of one cell add up with 补计, 冲减 and the carry."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from classroom.ledger.cells import Figure, Value
from classroom.ledger.subjects import SUBJECTS

NO_RATE: Final = "—"
"""A rate of nothing."""
_TENTH: Final = Decimal("0.1")
_BELOW_ALL: Final = Decimal("99.9")

Printed = str | tuple[str, ...]
"""What stands on paper: a text, or the ticked boxes."""


class Net(msgspec.Struct, frozen=True):
    """A flow cell of one pair's month: own figures, 补计 and 冲减, and what earlier months could not take off."""

    printed: int
    """Never below 0."""
    carried: int
    """0, or what is below it: the next open month takes it."""


def rate(numerator: int, denominator: int) -> str:
    """率: per cent with one decimal, half up, without “.0” and the sign; 99.9 at most while not all are there."""
    if denominator == 0:
        return NO_RATE
    exact = (Decimal(numerator) * 100 / Decimal(denominator)).quantize(_TENTH, ROUND_HALF_UP)
    if numerator < denominator:
        exact = min(exact, _BELOW_ALL)
    return f"{exact:f}".removesuffix(".0")


def net(parts: Iterable[int]) -> Net:
    """The sum, printed from 0 on; the unused negative is carried on."""
    total = sum(parts)
    return Net(max(0, total), min(0, total))


def boxes(subjects: Iterable[str]) -> tuple[str, ...]:
    """涉及学科: each once, in the order of the form. What has no box ticks 其他."""
    ticked = {subject if subject in SUBJECTS else SUBJECTS[-1] for subject in subjects}
    return tuple(subject for subject in SUBJECTS if subject in ticked)


def printed(value: Value) -> Printed:
    """A value as it stands on paper: 是/否, numbers with every 0, nothing for what nobody has said."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value) if isinstance(value, int) else value


def counted_of(parts: Mapping[str, int]) -> Figure:
    """A number that is the sum of its parts."""
    return Figure(sum(parts.values()), parts)
