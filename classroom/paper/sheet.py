"""A sheet: a form's layout as data. Every writer and the preview on screen draw the same one."""

from typing import Literal

import msgspec


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
    """An A4 page, upright: title lines, head lines (text, key of its value), the grid, notes below it, a footer."""

    name: Literal["annex2", "annex3"]
    titles: tuple[str, ...]
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
