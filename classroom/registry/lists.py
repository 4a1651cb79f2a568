"""Lists that an officer drops in (名单): which column is what, and what each line will do before anything is done."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from classroom.registry.changes import Batch
from classroom.registry.errors import RegistryError
from classroom.registry.names import clean

Verdict = Literal["new", "same", "changed", "ask", "refused"]
"""新增, 相同, 有变化, 需要回答, 不能导入."""
HEADS_WITHIN: Final = 10
"""The line of headings is among so many first ones: a printed list has titles above it."""
MAX_NAME: Final = 40
_FORMULA: Final = ("=", "+", "-", "@")
_DATE: Final = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$")
_YES: Final[Mapping[str, bool]] = MappingProxyType(
    {"是": True, "否": False, "有": True, "无": False, "true": True, "false": False, "1": True, "0": False}
)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A name that looks like another: 是同一所学校吗? Answered by a person, never by the program."""

    name: str
    candidate: str


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What is not known of a school that the forms need. `suggestion`: what its name says, where it says it."""

    school: str
    field: str
    label: str
    suggestion: str | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one line. `number` counts the file's lines from 1; `says` and `problem` are Chinese sentences."""

    number: int
    title: str
    verdict: Verdict
    says: tuple[str, ...] = ()
    problem: str | None = None
    questions: tuple[Question, ...] = ()
    missing: tuple[Missing, ...] = ()


class Plan(msgspec.Struct, kw_only=True):
    """What a whole list will do: its lines, and the rows that they come to."""

    lines: list[Line]
    batch: Batch

    def count(self, verdict: Verdict) -> int:
        """How many lines have this verdict."""
        return sum(line.verdict == verdict for line in self.lines)


class BadLine(Exception):
    """This line cannot be taken; str() is a Chinese sentence."""


class Row:
    """One line of a table, by the names of its columns; what is not there is empty."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self.number = number
        self._cells = cells

    def text(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def name(self, column: str, label: str) -> str:
        """A name without line breaks. Raises BadLine where it cannot be one; empty stays empty."""
        name = clean(self.text(column))
        if name.startswith(_FORMULA):
            raise BadLine(f"“{label}”是公式而不是文字，请在表格里改成文字")
        if len(name) > MAX_NAME:
            raise BadLine(f"“{label}”太长，最多 {MAX_NAME} 个字")
        if any(ord(character) < 32 or ord(character) == 127 for character in name):
            raise BadLine(f"“{label}”含有不能显示的字符")
        return name

    def number_of(self, column: str, label: str, least: int, most: int) -> int | None:
        """A whole number. Raises BadLine; None where the cell is empty."""
        text = self.text(column)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 9) or not least <= int(text) <= most:
            raise BadLine(f"“{label}”应为 {least}–{most} 的整数，表中是“{text[:20]}”")
        return int(text)

    def day(self, column: str, label: str) -> date | None:
        """A date: 2019-04-20, 2019/4/20, 2019年4月20日. Raises BadLine; None where the cell is empty."""
        text = self.text(column)
        if not text:
            return None
        parts = _DATE.fullmatch(text)
        try:
            if parts is None:
                raise ValueError
            return date(*(int(part) for part in parts.groups()))
        except ValueError:
            raise BadLine(f"“{label}”不是有效日期：“{text[:20]}”，应写成 2019-04-20") from None

    def yes(self, column: str, label: str) -> bool | None:
        """是 or 否. Raises BadLine; None where the cell is empty."""
        text = self.text(column).casefold()
        if not text:
            return None
        if text not in _YES:
            raise BadLine(f"“{label}”应填“是”或“否”，表中是“{text[:20]}”")
        return _YES[text]

    def word(self, column: str, label: str, words: Sequence[str]) -> str | None:
        """One of a few words. Raises BadLine; None where the cell is empty."""
        text = clean(self.text(column))
        if not text:
            return None
        if text not in words:
            raise BadLine(f"“{label}”应为{'、'.join(words)}之一，表中是“{text[:20]}”")
        return text


def rows_of(table: Sequence[Sequence[str]], headings: Mapping[str, str], needed: Sequence[str]) -> list[Row]:
    """The lines below the headings. `headings`: what a column may be called → its name.

    Raises RegistryError: headings_missing (the needed columns are not there), heading_twice.
    """
    for place, cells in enumerate(table[:HEADS_WITHIN]):
        names = [headings.get(clean(cell).casefold()) for cell in cells]
        if not set(needed) <= set(names):
            continue
        known = [name for name in names if name is not None]
        if len(set(known)) < len(known):
            raise RegistryError("heading_twice")
        return [
            Row(number, {name: text for name, text in zip(names, line, strict=False) if name is not None})
            for number, line in enumerate(table[place + 1 :], place + 2)
        ]
    labels = {name: heading for heading, name in reversed(list(headings.items()))}
    raise RegistryError("headings_missing", "、".join(labels[name] for name in needed))
