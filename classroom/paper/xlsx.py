"""A sheet as an Excel workbook, in the same layout: merged cells, A4 upright, counts as numbers."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from itertools import accumulate
from math import ceil
from types import MappingProxyType
from typing import Any, Final

import xlsxwriter

from classroom.ledger.cells import BUREAU_FORM, FLOWS, PUBLICITY, SIDES
from classroom.paper.lines import plain_ems, wrap
from classroom.paper.sheet import Cell, Sheet, in_order
from classroom.paper.typeset import (
    BELOW_MM,
    BOTTOM_MM,
    HEAD_LINE_MM,
    HEAD_PT,
    NOTE_PT,
    PAGE_MM,
    POINT_MM,
    TOP_MM,
    Box,
    grid_of,
    lines_mm,
)

FONT: Final = "宋体"
ROW_MAX_MM: Final = 40.0
"""A longer text stands over several rows: Excel's end at 144 mm, and a page can only break between two."""
PAGE_ROOM_MM: Final = PAGE_MM[1] - TOP_MM - BOTTOM_MM
SPARE: Final = 1.03
"""Other machines' fonts are a little wider than ours."""
MADE: Final = datetime(2019, 4, 22)  # noqa: DTZ001
"""A fixed time: the same form gives the same bytes."""
SHRINK: Final = 1.18
"""Where the machine has no 宋体 the columns come out wider, and the page is printed that much smaller to fit."""
_BASE_FORMAT: Final[Mapping[str, object]] = MappingProxyType({"font_name": FONT, "font_size": 11})
"""Excel measures columns in digits of this font: 8 pixels each, and 5 beside them."""
TAB_NAMES: Final[Mapping[str, str]] = MappingProxyType({"annex2": "附件2", "annex3": "附件3", "review": "评课表"})
NUMBERS: Final = frozenset(
    {
        *FLOWS,
        *PUBLICITY,
        *(f"{side}.materials" for side in SIDES),
        *BUREAU_FORM[BUREAU_FORM.index("task") : BUREAU_FORM.index("materials") + 1],
    }
)
"""Cells that an officer may want to add up."""


def to_xlsx(sheet: Sheet) -> bytes:
    """The workbook; its one worksheet is named as the form."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "default_format_properties": dict(_BASE_FORMAT)})
    book.set_properties({"title": " ".join(sheet.titles), "created": MADE})
    page = _Page(book, sheet)
    page.titles()
    page.head()
    page.grid()
    page.notes()
    page.finish()
    book.close()
    return target.getvalue()


class _Page:
    """The worksheet while it is filled from top to bottom."""

    def __init__(self, book: Any, sheet: Sheet) -> None:
        self._book = book
        self._sheet = sheet
        self._paper = book.add_worksheet(TAB_NAMES[sheet.name])
        self._row = 0
        self._height = 0.0
        self._last_column = len(sheet.widths) - 1
        for column, width in enumerate(sheet.widths):
            self._paper.set_column(column, column, (width / 25.4 * 96 - 5) / 8)

    def titles(self) -> None:
        annex, title, *below = self._sheet.titles
        self._line(annex, 7, self._format(12, "left"))
        self._line(title, 12, self._format(18, "center", bold=True))
        for text in below:
            self._line(text, 8, self._format(14, "center"))

    def head(self) -> None:
        """The seal's room is one blank merged area at the right of all lines."""
        sheet = self._sheet
        first = self._row
        seal = sheet.seal_mm * SHRINK
        last = self._last_column
        if sheet.seal_mm:
            ends = list(accumulate(sheet.widths))
            last = max(column for column, end in enumerate(ends) if end <= 180 - seal)
        width = sum(sheet.widths[: last + 1])
        least = max(HEAD_LINE_MM, (seal + 2) / len(sheet.head))
        style = self._format(12, "left")
        for label, value in sheet.head:
            lines = wrap(f"{label}{value}", width / (12 * POINT_MM), _wide_ems)
            self._line(f"{label}{value}", max(least, lines_mm(len(lines), 12) * SPARE + 1.5), style, last)
        if sheet.seal_mm:
            self._merge(first, last + 1, self._row - 1, self._last_column, "", style)

    def grid(self) -> None:
        sheet = self._sheet
        cells = in_order(sheet)
        room = PAGE_ROOM_MM - self._height - sum(height for _, height, _ in _after(sheet)) - 1
        boxes = [box for section in grid_of(sheet, room, _wide_ems) for box in section.boxes]
        heights = {cell.row: box.height for cell, box in zip(cells, boxes, strict=True) if cell.rows == 1}
        tops, row = {}, self._row
        for grid_row, height in sorted(heights.items()):
            tops[grid_row] = row
            parts = ceil(height / ROW_MAX_MM)
            for _ in range(parts):
                self._paper.set_row(row, height / parts / POINT_MM)
                row += 1
            self._height += height
        tops[len(heights)] = self._row = row
        for cell, box in zip(cells, boxes, strict=True):
            self._cell(cell, box, tops[cell.row], tops[cell.row + cell.rows] - 1)

    def notes(self) -> None:
        for text, height, size in _after(self._sheet):
            self._line(text, height, self._format(size, "left"))

    def finish(self) -> None:
        """A4 upright, as wide as the page, as many pages as it needs."""
        paper = self._paper
        paper.set_paper(9)
        paper.set_portrait()
        paper.set_margins(left=0.59, right=0.59, top=0.59, bottom=0.63)
        paper.center_horizontally()
        # What is meant for one page stays on it, whatever the machine's fonts.
        paper.fit_to_pages(1, 1 if self._height <= PAGE_ROOM_MM else 0)
        paper.print_area(0, 0, self._row - 1, self._last_column)
        paper.hide_gridlines(2)
        footer = self._sheet.footer.replace("&", "&&")
        paper.set_footer(f"&L&8{footer}&R&8第 &P 页，共 &N 页")

    def _cell(self, cell: Cell, box: Box, first: int, last: int) -> None:
        style = self._format(box.size_pt, cell.align, border=1, valign="top" if box.is_top else "vcenter")
        self._merge(first, cell.column, last, cell.column + cell.columns - 1, _value(cell), style)

    def _line(self, text: str, height_mm: float, style: Any, last: int | None = None) -> None:
        self._paper.set_row(self._row, height_mm / POINT_MM)
        self._height += height_mm
        self._merge(self._row, 0, self._row, self._last_column if last is None else last, text, style)
        self._row += 1

    def _merge(self, first: int, left: int, last: int, right: int, value: str | float, style: Any) -> None:
        paper = self._paper
        if (first, left) != (last, right):
            paper.merge_range(first, left, last, right, "", style)
        if isinstance(value, str):
            paper.write_string(first, left, value, style) if value else paper.write_blank(first, left, None, style)
        else:
            paper.write_number(first, left, value, style)

    def _format(self, size: float, align: str, *, bold: bool = False, border: int = 0, valign: str = "vcenter") -> Any:
        return self._book.add_format(
            {
                "font_name": FONT,
                "font_size": size,
                "bold": bold,
                "align": align,
                "valign": valign,
                "border": border,
                "text_wrap": True,
            }
        )


def _wide_ems(sign: str) -> float:
    return plain_ems(sign) * SPARE


def _after(sheet: Sheet) -> list[tuple[str, float, float]]:
    """Text, height and size of the lines below the grid."""
    found = [(text, BELOW_MM, HEAD_PT) for text in sheet.below]
    for text in sheet.notes:
        lines = wrap(text, 180 / (NOTE_PT * POINT_MM), _wide_ems)
        found.append((text, lines_mm(len(lines), NOTE_PT), NOTE_PT))
    return found


def _value(cell: Cell) -> str | float:
    """Counts and rates as numbers, everything else, and what is no plain number, as text."""
    if cell.key in NUMBERS and len(cell.text) < 10:
        for kind in (int, float):
            try:
                number = kind(cell.text)
            except ValueError:
                continue
            if str(number) == cell.text:
                return number
    return cell.text
