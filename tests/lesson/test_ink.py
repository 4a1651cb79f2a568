"""Ink: strokes by who may draw, erased by who may, and points that are on the page or refused."""

from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.lesson import ink
from classroom.lesson.errors import LessonError

BOARD = ("schedule", "take host", "take r1", "blank page")
points = st.lists(st.tuples(st.integers(0, ink.SIDE), st.integers(0, ink.SIDE)), min_size=1, max_size=60)


def encode(path: list[tuple[int, int]]) -> str:
    """As a page writes it; the reader is what is tested."""
    signs, before = "", (0, 0)
    for point in path:
        for now, was in zip(point, before, strict=True):
            value = (now - was) << 1
            value = ~value if now < was else value
            while value >= 32:
                signs, value = signs + chr((32 | value & 31) + 63), value >> 5
            signs += chr(value + 63)
        before = point
    return signs


def on_page(sitting: Any) -> list[tuple[str, str]]:
    return [(stroke.by, stroke.ref) for stroke in sitting.lesson.ink.get("w1", ())]


@given(points)
def test_points_come_back_from_their_letters(path: list[tuple[int, int]]) -> None:
    assert ink.points_of(encode(path)) == path


@given(st.text(max_size=80))
def test_any_letters_are_points_or_no_stroke(letters: str) -> None:
    with suppress(LessonError):
        found = ink.points_of(letters)
        assert all(0 <= x <= ink.SIDE and 0 <= y <= ink.SIDE for x, y in found)


@pytest.mark.parametrize(
    "letters",
    [
        "",
        "?",
        "_",
        "@?",
        encode([(0, 0)] * (ink.MAX_POINTS + 1)),
        encode([(0, 0), (ink.SIDE, 0), (ink.SIDE + 1, 0)]),
        "~~~~~?",
        "?" * (ink.MAX_POINTS_CHARS + 1),
        "水水",
    ],
)
def test_what_is_no_stroke_is_refused(letters: str, sitting: Any, commands: Any) -> None:
    sitting.give(*BOARD)
    with pytest.raises(LessonError, match="bad_stroke"):
        commands["write"](sitting.lesson, sitting.at, points=letters)


def test_a_classroom_writes_when_it_may_and_its_strokes_stay(sitting: Any) -> None:
    sitting.give(*BOARD, "write")
    with pytest.raises(LessonError, match="forbidden"):
        sitting.give("r1 writes")
    sitting.give("let r1 write", "r1 writes")
    assert on_page(sitting) == [("teacher", "a"), ("assistant:r1", "b")]
    assert sitting.give("r1 writes") == [], "said again after a broken line, it is drawn once"
    sitting.give(partial(ink.allow_drawing, by="teacher", seat="r1", allowed=False))
    with pytest.raises(LessonError, match="forbidden"):
        sitting.give("r1 writes")
    assert len(on_page(sitting)) == 2


def test_one_erases_ones_own_and_the_teacher_everybodys(sitting: Any) -> None:
    sitting.give(*BOARD, "write", "let r1 write", "r1 writes")
    ids = tuple(stroke.id for stroke in sitting.lesson.ink["w1"])
    erased = sitting.give(partial(ink.erase, by="r1", page="w1", strokes=ids))
    assert erased[0].strokes == ids[1:] and on_page(sitting) == [("teacher", "a")]
    sitting.give("r1 writes", "erase")
    assert on_page(sitting) == [] and sitting.give("erase") == []


def test_the_teacher_clears_the_page(sitting: Any, commands: Any) -> None:
    sitting.give(*BOARD, "let r1 write", "write")
    with pytest.raises(LessonError, match="forbidden"):
        commands["clear"](sitting.lesson, sitting.at, by="r1")
    sitting.give("clear")
    assert on_page(sitting) == [] and sitting.give("clear") == []


def test_a_lesson_has_so_many_strokes_and_then_says_so(sitting: Any) -> None:
    sitting.give(*BOARD)
    sitting.lesson = msgspec.structs.replace(sitting.lesson, strokes_drawn=ink.MAX_STROKES - 1)
    sitting.give("write", "clear")
    with pytest.raises(LessonError, match="2000") as refused:
        sitting.give("write")
    assert refused.value.code == "strokes_full" and "2000" in refused.value.title


@pytest.mark.parametrize("seat", ["teacher", "r9"])
def test_only_a_classroom_of_the_lesson_is_let_write(seat: str, sitting: Any, commands: Any) -> None:
    sitting.give(*BOARD)
    with pytest.raises(LessonError, match="seat_unknown"):
        commands["let r1 write"](sitting.lesson, sitting.at, seat=seat)
