"""Lines of Chinese text: no stop at the head of a line, no opening bracket at its end, words and numbers whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.paper.lines import NOT_FIRST, NOT_LAST, plain_ems, width_of, wrap


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("下月工作计划", 4, ["下月工作", "计划"]),
        ("甲乙丙丁。", 4, ["甲乙丙", "丁。"]),
        ("甲乙丙“丁”", 4, ["甲乙丙", "“丁”"]),
        ("甲乙（丙）丁", 3, ["甲乙", "（丙）", "丁"]),
        ("共计2019节", 4, ["共计", "2019节"]),
        ("甲\n\n乙", 4, ["甲", "", "乙"]),
        ("a b cd", 2, ["a b", "cd"]),
        ("98765432", 2, ["987", "654", "32"]),
        ("，，，，，", 2, ["，，", "，，", "，"]),
    ],
)
def test_a_text_is_broken_where_a_printer_would(text: str, width: float, lines: list[str]) -> None:
    assert wrap(text, width, plain_ems) == lines


@settings(max_examples=300)
@given(st.text("甲乙丙，。（）“”ab1 \n", max_size=80), st.integers(3, 12))
def test_no_line_is_wider_than_its_column_and_no_character_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width, plain_ems)
    assert all(width_of(line, plain_ems) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@given(st.text("甲乙丙丁戊，。（“", min_size=1, max_size=60))
def test_signs_stand_on_the_right_side_of_a_break(text: str) -> None:
    lines = wrap(text, 6, plain_ems)
    for before, after in zip(lines, lines[1:], strict=False):
        # Only a line of nothing but such signs is broken wherever it is full.
        if any(a not in NOT_LAST and b not in NOT_FIRST for a, b in zip(before, before[1:] + after[0], strict=True)):
            assert after[0] not in NOT_FIRST and before[-1] not in NOT_LAST
