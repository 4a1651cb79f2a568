"""Chapters: where the shared screen turned to another slide, found by comparing small grey pictures. Pure.

A *look* is what the screen showed at an instant, as rows × columns of brightness (0–255), made of a keyframe. A
pointer, a few strokes or one more line of text change a few cells; another slide changes many, and then stays. A film
changes every look and never stays: it makes no chapters until it stops.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

ROWS: Final = 36
COLUMNS: Final = 64
CHANGED: Final = 20
"""Levels by which a cell must differ: twice what an encoder at a low rate adds to a still picture."""
SHARE: Final = 0.05
"""Of all cells: more than a line of text, less than the title and text of a slide on the same ground."""
MIN_LENGTH_S: Final = 10.0
"""Who leafs through slides comes to rest on the last: the shorter chapters before it go."""
MAX_CHAPTERS: Final = 120

Cells = npt.NDArray[Any]


class Look(NamedTuple):
    """What the screen showed, in seconds of the recording."""

    at_s: float
    cells: Cells


def difference(one: Cells, other: Cells) -> float:
    """The share of cells that differ, 0 to 1."""
    return float(np.mean(np.abs(one.astype(np.int16) - other.astype(np.int16)) > CHANGED))


def chapters(looks: Sequence[Look]) -> list[int]:
    """The looks that begin a chapter, as indices, in order; the first look does. `looks` are in order of time."""
    if not looks:
        return []
    found, reference = [0], looks[0].cells
    for index in range(1, len(looks)):
        cells = looks[index].cells
        if difference(reference, cells) <= SHARE:
            # Lines that come one after the other add up, and are still the same slide.
            reference = cells
        elif index + 1 == len(looks) or difference(cells, looks[index + 1].cells) <= SHARE:
            found.append(index)
            reference = cells
    return _thinned(looks, found)


def _thinned(looks: Sequence[Look], found: list[int]) -> list[int]:
    """Without those that end at once, and with no more than a list can show."""
    length_s = MIN_LENGTH_S
    while True:
        kept = [
            index
            for index, following in zip(found, [*found[1:], None], strict=True)
            if following is None or looks[following].at_s - looks[index].at_s >= length_s
        ]
        if len(kept) <= MAX_CHAPTERS:
            return kept
        length_s *= 1.5


def turned_at(looks: Sequence[Look], before: Cells, after: Cells) -> float | None:
    """When the picture turned from one to the other: the first of the looks between that is nearer to the later."""
    for look in looks:
        if difference(look.cells, after) < difference(look.cells, before):
            return look.at_s
    return None
