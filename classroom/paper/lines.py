"""Lines: a text broken to a width, by the rules of Chinese setting (GB/T 15834: no 。 at the head of a line)."""

from collections.abc import Callable
from typing import Final

NOT_FIRST: Final = frozenset("，。、；：？！）》〉」』】〕”’…—～·％‰℃,.;:?!)]}%")
NOT_LAST: Final = frozenset("（《〈「『【〔“‘([{＃￥$")

Ems = Callable[[str], float]
"""The width of one character, in units of the type's size."""


def wrap(text: str, width_ems: float, ems: Ems) -> list[str]:
    """The lines of a text; each fits, unless a single character is wider than the width. Never an empty list."""
    return [line for paragraph in text.split("\n") for line in _wrap_paragraph(paragraph, width_ems, ems)]


def width_of(text: str, ems: Ems) -> float:
    """A line's width in units of the type's size."""
    return sum(map(ems, text))


def plain_ems(sign: str) -> float:
    """Where the font is not known: a sign of ASCII is half as wide as a Chinese character."""
    return 0.55 if sign.isascii() else 1.0


def _wrap_paragraph(text: str, width_ems: float, ems: Ems) -> list[str]:
    found = []
    start = at = 0
    room = width_ems
    while at < len(text):
        wide = ems(text[at])
        # A blank at the end of a line takes no room.
        if wide > room and at > start and text[at] != " ":
            end = _break_before(text, start, at)
            found.append(text[start:end].rstrip(" "))
            start = at = end
            room = width_ems
        else:
            room -= wide
            at += 1
    return [*found, text[start:].rstrip(" ")]


def _break_before(text: str, start: int, at: int) -> int:
    """The last place up to `at` where a line may end; `at` itself when there is none."""
    for end in range(at, start, -1):
        if _may_break(text[end - 1], text[end]):
            return end
    return at


def _may_break(before: str, after: str) -> bool:
    if after in NOT_FIRST or before in NOT_LAST or after == " ":
        return False
    return not (before.isascii() and after.isascii() and before != " ")
