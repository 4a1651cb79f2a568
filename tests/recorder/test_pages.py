"""The pages of a recording: what was shown and written at each instant, and how a film shows it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from classroom.lesson.events import (
    AnyEvent,
    BlankPageAdded,
    CoursewareAdded,
    LessonEnded,
    PageCleared,
    PageShown,
    StepSet,
    StrokeDrawn,
    StrokesErased,
)
from recorder.export.paper import PageFilm, Paper, Sheet, ground, outline
from recorder.pages import chapters, pages_of, steps, strokes_at, timeline

AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
ACROSS = "?o}@_pR?"
"""From (0, 1000) to (10000, 1000)."""
LINE = {"page": "k-1", "tool": "pen", "points": ACROSS}


def lesson() -> list[AnyEvent]:
    """Recorded from AT on: a page was shown before; strokes at 10 s and 12 s, one rubbed out, the page cleared."""
    happened: list[tuple[float, type[Any], dict[str, Any]]] = [
        (-9, CoursewareAdded, {"courseware": "k", "pages": 2}),
        (-5, PageShown, {"page": "k-1"}),
        (10, StrokeDrawn, {**LINE, "ref": "a", "colour": "#ff0000", "width": 200}),
        (12, StrokeDrawn, {**LINE, "ref": "b", "colour": "#0000ff", "width": 20}),
        (20, StrokesErased, {"page": "k-1", "strokes": (3,)}),
        (30, BlankPageAdded, {"page": "w1", "paper": "grid", "after": "k-1"}),
        (30, PageShown, {"page": "w1"}),
        (33, PageShown, {"page": "k-1"}),
        (50, PageCleared, {"page": "k-1"}),
        (60, PageShown, {"page": None}),
        (90, LessonEnded, {"reason": "teacher"}),
    ]  # fmt: skip
    return [
        kind(lesson="l", seq=place, at=AT + timedelta(seconds=at_s), by="teacher", **more)
        for place, (at_s, kind, more) in enumerate(happened, 1)
    ]


def test_pages_and_strokes_stand_where_they_were_on_the_recordings_clock() -> None:
    pages = timeline(lesson(), AT, 100)
    assert [(turn.at_s, turn.page) for turn in pages.turns] == [
        (0, "k-1"),
        (30, "w1"),
        (33, "k-1"),
        (60, None),
        (90, None),
    ]
    assert [[stroke.ref for stroke in strokes_at(pages, "k-1", at_s)] for at_s in (9, 11, 13, 21, 51)] == [
        [],
        ["a"],
        ["a", "b"],
        ["b"],
        [],
    ]
    assert strokes_at(pages, "w1", 99) == []
    assert chapters(pages, 100) == [0, 33], "what was only leafed past is no chapter"
    assert pages.was_shown and not timeline(lesson()[:1], AT, 100).was_shown
    assert set(pages_of(lesson())) == {"k-1", "k-2", "w1"}


def test_nothing_is_told_of_what_came_after_the_recording() -> None:
    pages = timeline(lesson(), AT, 25)
    assert len(pages.turns) == 1 and len(pages.ink) == 3 and chapters(pages, 25) == [0]
    assert chapters(timeline([], AT, 25), 25) == [], "no page was shown, and its end lies behind it too"


def test_a_film_shows_the_page_with_its_strokes(tmp_path: Path) -> None:
    picture = tmp_path / "1.webp"
    cv2.imwrite(str(picture), np.full((1080, 1920, 3), (40, 160, 40), np.uint8))
    sheets = {
        "k-1": Sheet(width=1920, height=1080, path=str(picture)),
        "w1": Sheet(width=1920, height=1080, is_squared=True),
    }
    paper = Paper(PageFilm(timeline=timeline(lesson(), AT, 100), sheets=sheets))

    def colours(at_s: float) -> list[Any] | None:
        """In the middle of the line that the strokes lie on, and far from it."""
        paper.play(at_s)
        if paper.picture is None:
            return None
        assert (paper.picture.width, paper.picture.height) == (1280, 720)
        pixels = paper.picture.to_ndarray(format="rgb24")
        return [pixels[128, 600].tolist(), pixels[500, 600].tolist()]

    green = [40, 160, 40]
    assert np.allclose(colours(1), [green, green], atol=4)
    assert np.allclose(colours(11), [[255, 0, 0], green], atol=4)
    drawn = paper.version
    assert np.allclose(colours(11.5), [[255, 0, 0], green], atol=4) and paper.version == drawn
    assert np.allclose(colours(13), [[0, 0, 255], green], atol=4)
    white = colours(31)
    assert white is not None and white[1] == [255, 255, 255]
    assert np.allclose(colours(52), [green, green], atol=4)
    assert colours(61) is None


def test_a_page_that_is_gone_is_white_and_keeps_its_shape() -> None:
    tall = ground(Sheet(width=1358, height=1920, path="/nowhere/1.webp"))
    assert tall.shape == (1280, 906, 3) and tall.min() == 255


def test_a_line_bends_at_its_points_as_in_the_browsers() -> None:
    assert outline([(5, 6)]) == [(5.0, 6.0), (5.0, 6.0)]
    line = outline([(0, 0), (10, 0), (20, 10)])
    assert line[0] == (0, 0) and line[-1] == (20, 10) and (15.0, 5.0) in line
    assert all(0 <= y <= 10 for _, y in line)


def test_steps_of_the_plan_begin_where_one_stayed() -> None:
    def step(second: float, step: int | None) -> StepSet:
        return StepSet(lesson="l1", seq=1, at=AT + timedelta(seconds=second), by="teacher", step=step)

    events = [step(-5, 0), step(30, 1), step(33, 2), step(60, None), step(70, 1), step(500, 2)]
    assert steps(events, AT, 100) == [(0.0, 0), (33.0, 2), (70.0, 1)]
