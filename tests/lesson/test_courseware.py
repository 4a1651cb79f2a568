"""Pages: courseware and the whiteboard in one row, one of them on every screen."""

from functools import partial
from typing import Any

import pytest

from classroom.lesson import courseware
from classroom.lesson.errors import LessonError

OPEN = ("schedule", "take host", "take r1")


def row(sitting: Any) -> list[str]:
    return [page.id for page in sitting.lesson.pages]


def test_an_empty_page_comes_behind_the_one_that_is_shown_and_is_shown_itself(sitting: Any) -> None:
    sitting.give("schedule", "add slides", "take host", "show slide")
    assert sitting.lesson.shown == "k1-2"
    sitting.give("blank page")
    assert row(sitting) == ["k1-1", "k1-2", "w1", "k1-3"] and sitting.lesson.shown == "w1"
    version = sitting.lesson.pages_version
    sitting.give(partial(courseware.show_page, by="teacher", page="k1-3"))
    assert sitting.lesson.pages_version == version
    assert sitting.give("blank page") == [] and sitting.give("add slides") == []
    sitting.give("no page")
    assert sitting.lesson.shown is None


def test_courseware_that_is_shown_stays(sitting: Any) -> None:
    sitting.give(*OPEN, "add slides", "show slide")
    with pytest.raises(LessonError, match="page_shown"):
        sitting.give("remove slides")
    sitting.give("blank page", "remove slides")
    assert row(sitting) == ["w1"]
    with pytest.raises(LessonError, match="page_unknown"):
        sitting.give("show slide")
    assert sitting.give("remove slides") == []


def test_a_lesson_has_so_many_pages_and_no_more(sitting: Any) -> None:
    sitting.give(*OPEN, partial(courseware.add_courseware, by="teacher", courseware="k9", pages=courseware.MAX_PAGES))
    with pytest.raises(LessonError, match="pages_full"):
        sitting.give("blank page")
    with pytest.raises(LessonError, match="pages_full"):
        sitting.give("add slides")


@pytest.mark.parametrize("by", ["r1", "assistant:r1", "observer"])
@pytest.mark.parametrize("name", ["add slides", "remove slides", "blank page", "show slide", "no page"])
def test_only_the_teacher_turns_pages(by: str, name: str, sitting: Any, commands: Any) -> None:
    sitting.give(*OPEN, "add slides")
    with pytest.raises(LessonError, match="forbidden"):
        commands[name](sitting.lesson, sitting.at, by=by)
