"""A sheet: a form's layout as data. Every writer and the preview on screen draw the same one."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final, Literal
from unicodedata import category

import msgspec

from classroom.ledger.figures import Printed
from classroom.ledger.subjects import SUBJECTS

UNTICKED: Final = "□"
TICKED: Final = "☑"
SUBJECT_LINES: Final = (
    ("语", "数", "英", "科"),
    ("品德", "音", "体", "美"),
    ("劳技", "信息技术"),
    ("拓展课程", "其他"),
)
"""涉及学科 is one cell over the rows of all four forms; its boxes stand in these lines."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle of the grid. Rows and columns count from 0; `key` names a value cell (see ledger.cells)."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1
    text: str = ""
    key: str | None = None
    align: Literal["left", "center"] = "center"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """An A4 page, upright: title lines, head lines, the grid, lines and notes below it, a footer."""

    name: Literal["annex2", "annex3", "review"]
    titles: tuple[str, ...]
    """A line at the left (附件 N), the title, what stands below it."""
    head: tuple[tuple[str, str], ...]
    """(label, value as printed), above the grid."""
    widths: tuple[float, ...]
    """Of the columns, in millimetres; 180 together."""
    heights: tuple[float, ...]
    """Of the rows, in millimetres, at least."""
    cells: tuple[Cell, ...]
    """Every square of the grid is covered exactly once."""
    notes: tuple[str, ...]
    footer: str = ""
    """Small type outside the table: 统计区间."""
    seal_mm: float = 0
    """Room for a round seal of this diameter kept blank at the right of the head (公章: 42 mm); 0: none."""
    below: tuple[str, ...] = ()
    """Lines to be filled in by pen between grid and notes: 领导签批."""


def in_order(sheet: Sheet) -> list[Cell]:
    """The cells by row and column."""
    return sorted(sheet.cells, key=lambda cell: (cell.row, cell.column))


def lines_of_cells(row: int, column: int, cells: Sequence[tuple[int, str, str | None]], rows: int = 1) -> list[Cell]:
    """Cells side by side from a square on: (columns, text, key)."""
    starts = accumulate((columns for columns, _, _ in cells), initial=column)
    return [
        Cell(row=row, column=start, rows=rows, columns=columns, text=text, key=key)
        for start, (columns, text, key) in zip(starts, cells, strict=False)
    ]


def clean(text: str) -> str:
    """A text as every file format can hold it: lines end in \\n, no control, format or surrogate characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in lines if sign == "\n" or category(sign) not in ("Cc", "Cf", "Cs", "Cn"))


def text_value(cells: Mapping[str, Printed], key: str) -> str:
    """What stands in a text or number cell; nothing on a blank form."""
    value = cells.get(key, "")
    return clean(value if isinstance(value, str) else "".join(value)).strip()


def subject_boxes(cells: Mapping[str, Printed]) -> str:
    """涉及学科 with its twelve boxes, ☑ before those that are set."""
    value = cells.get("subjects", ())
    ticked = {value} if isinstance(value, str) else set(value)
    # A course without a box of its own ticks the last one.
    ticked = {subject if subject in SUBJECTS else SUBJECTS[-1] for subject in ticked if subject}
    return "\n".join(
        "".join(f"{TICKED if subject in ticked else UNTICKED}{subject}" for subject in line) for line in SUBJECT_LINES
    )


def month_words(cells: Mapping[str, Printed]) -> str:
    """工作月度 (`2019-05`) as 2019 年 5 月; room for the pen on a blank form."""
    year, _, month = text_value(cells, "month").partition("-")
    return f"{year} 年 {int(month)} 月" if month.isdecimal() else "　　　　年　　　月"
