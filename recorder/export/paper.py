"""A page as a picture of an exported lesson: its picture or its squares, and the strokes on it as every seat has them.

The line through a stroke's points is that of the browsers (web/src/courseware/polyline.ts): curves that bend at each
point, towards the middle of the way to the next.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import av
import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from classroom.lesson.ink import SIDE, points_of
from classroom.lesson.lesson import Stroke
from recorder.pages import PageTimeline, Turn, strokes_at

LONGER: Final = 1280
"""Pixels of a page's longer side; the large picture of a film has no more."""
_HIGHLIGHT: Final = 0.4
_SQUARES: Final = (16, 9)
_SQUARE_LINE: Final = (228, 215, 201)
_FINER: Final = 3
"""Bits after the point in OpenCV's coordinates."""
_PIECES: Final = 6

Pixels = npt.NDArray[np.uint8]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What a page is made of: the picture at `path` (None: it is empty, or gone), and its extent in pixels."""

    width: int
    height: int
    path: str | None = None
    is_squared: bool = False


class PageFilm(msgspec.Struct, frozen=True, kw_only=True):
    """The pages of a lesson as something to show: when, and each page by its id."""

    timeline: PageTimeline
    sheets: dict[str, Sheet]


class Paper:
    """The shown page at a time that only goes on. `version` grows with every change."""

    def __init__(self, film: PageFilm) -> None:
        self._film = film
        self._turn: Turn | None = None
        self._inked = -1
        self._ground: tuple[str, Pixels] | None = None
        self.version = 0
        self.picture: av.VideoFrame | None = None

    def play(self, at_s: float) -> None:
        """Go on to a time."""
        timeline = self._film.timeline
        turn = next((one for one in reversed(timeline.turns) if one.at_s <= at_s), None)
        inked = sum(change.at_s <= at_s for change in timeline.ink)
        if turn == self._turn and inked == self._inked:
            return
        self._turn, self._inked = turn, inked
        self.version += 1
        sheet = None if turn is None or turn.page is None else self._film.sheets.get(turn.page)
        if sheet is None or turn is None or turn.page is None:
            self.picture = None
            return
        pixels = drawn(self._ground_of(turn.page, sheet), strokes_at(timeline, turn.page, at_s))
        self.picture = av.VideoFrame.from_ndarray(pixels, format="bgr24")

    def _ground_of(self, page: str, sheet: Sheet) -> Pixels:
        if self._ground is None or self._ground[0] != page:
            self._ground = page, ground(sheet)
        return self._ground[1]


def ground(sheet: Sheet) -> Pixels:
    """The page without strokes; white where its picture is gone. Sides are even."""
    scale = LONGER / max(sheet.width, sheet.height, 1)
    width, height = (max(2, round(side * scale / 2) * 2) for side in (sheet.width, sheet.height))
    picture = None if sheet.path is None or not Path(sheet.path).is_file() else cv2.imread(sheet.path)
    if picture is not None:
        return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    blank = np.full((height, width, 3), 255, np.uint8)
    if sheet.is_squared:
        across, down = _SQUARES
        for column in range(1, across):
            cv2.line(blank, (column * width // across, 0), (column * width // across, height), _SQUARE_LINE)
        for row in range(1, down):
            cv2.line(blank, (0, row * height // down), (width, row * height // down), _SQUARE_LINE)
    return blank


def drawn(page: Pixels, strokes: Sequence[Stroke]) -> Pixels:
    """The page with strokes on it."""
    picture = page.copy()
    scale = max(page.shape[:2]) / SIDE
    for stroke in strokes:
        colour = tuple(int(stroke.colour[at : at + 2], 16) for at in (5, 3, 1))
        target = picture if stroke.tool == "pen" else picture.copy()
        line = np.round(np.array(outline(points_of(stroke.points))) * scale * 2**_FINER).astype(np.int32)
        width = max(1, round(stroke.width * scale))
        cv2.polylines(target, [line.reshape(-1, 1, 2)], False, colour, width, cv2.LINE_AA, _FINER)
        if target is not picture:
            cv2.addWeighted(target, _HIGHLIGHT, picture, 1 - _HIGHLIGHT, 0, picture)
    return picture


def outline(points: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """The line through the points, in pieces short enough to look round."""
    if len(points) < 3:
        return [(float(x), float(y)) for x, y in (points if len(points) > 1 else [*points, *points])]
    line: list[tuple[float, float]] = [points[0]]
    for here, after in zip(points[1:-1], points[2:], strict=True):
        middle = ((here[0] + after[0]) / 2, (here[1] + after[1]) / 2)
        begins = line[-1]
        for piece in range(1, _PIECES + 1):
            share = piece / _PIECES
            line.append(
                (
                    (1 - share) ** 2 * begins[0] + 2 * share * (1 - share) * here[0] + share**2 * middle[0],
                    (1 - share) ** 2 * begins[1] + 2 * share * (1 - share) * here[1] + share**2 * middle[1],
                )
            )
    return [*line, points[-1]]
