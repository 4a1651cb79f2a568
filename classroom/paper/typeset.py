"""Typesetting: a sheet becomes pages of boxes, each with its lines at a size at which nothing spills. In millimetres.

An ordinary month is one page. Long texts are first set smaller (五号 down to 小五), and then go on on further pages.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final, Literal

import msgspec

from classroom.paper.lines import Ems, wrap
from classroom.paper.sheet import Cell, Sheet

POINT_MM: Final = 25.4 / 72
PAGE_MM: Final = (210.0, 297.0)
SIDE_MM: Final = 15.0
"""Margins left and right: the grid is 180 wide."""
TOP_MM: Final = 15.0
BOTTOM_MM: Final = 16.0
LEADING: Final = 1.3
"""Of a line, in units of the type's size."""
PAD_MM: Final = 1.0
TEXT_PAD_MM: Final = 1.8
SIZES_PT: Final = (10.5, 9.0, 8.0, 7.0)
"""五号, 小五, 六号: of a small cell."""
TEXT_SIZES_PT: Final = (10.5, 10.0, 9.5, 9.0)
"""Of the three texts: smaller ones are not read any more."""
NOTE_PT: Final = 9.0
HEAD_PT: Final = 12.0
HEAD_LINE_MM: Final = 7.0
BELOW_MM: Final = 12.0
LEAST_LINES: Final = 3
"""Of a text, before it goes on on the next page."""

Align = Literal["left", "center"]


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle with lines of text; `y` is downwards from the top of its section, or of the page once placed."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    size_pt: float
    align: Align = "center"
    is_top: bool = False
    """The text stands at the top, not in the middle."""
    is_ruled: bool = False
    is_bold: bool = False
    pad: float = 0.0


class Section(msgspec.Struct, frozen=True):
    """What stays together on a page."""

    height: float
    boxes: tuple[Box, ...]
    is_text: bool = False
    """The row of a text: may be cut between two lines of its last box."""


def pages_of(sheet: Sheet, ems: Ems) -> list[tuple[Box, ...]]:
    """The pages, from top to bottom. `ems`: how wide each character of the type is."""
    grid = grid_of(sheet, grid_room(sheet, ems), ems)
    return _paginate([*_before(sheet, ems), *grid, *_after(sheet, ems)])


def grid_room(sheet: Sheet, ems: Ems) -> float:
    """What is left of one page for the grid."""
    others = (*_before(sheet, ems), *_after(sheet, ems))
    return PAGE_MM[1] - TOP_MM - BOTTOM_MM - sum(section.height for section in others)


def grid_of(sheet: Sheet, room: float, ems: Ems) -> list[Section]:
    """The grid, set so that it fits into `room` if it can; a section for each of `row_groups`.

    All their boxes in order are those of the cells by row and column.
    """
    groups = row_groups(sheet)
    set_first = [_group(sheet, rows, ems) for rows in groups if not _is_text(sheet, rows)]
    texts = [rows[0] for rows in groups if _is_text(sheet, rows)]
    return [*set_first, *_texts(sheet, texts, room - sum(section.height for section in set_first), ems)]


def row_groups(sheet: Sheet) -> list[range]:
    """Rows that a merged cell holds together."""
    cuts = set(range(len(sheet.heights) + 1))
    for cell in sheet.cells:
        cuts -= set(range(cell.row + 1, cell.row + cell.rows))
    edges = sorted(cuts)
    return [range(first, end) for first, end in zip(edges, edges[1:], strict=False)]


def fitted(
    text: str, width: float, height: float, ems: Ems, sizes: Sequence[float] = SIZES_PT
) -> tuple[tuple[str, ...], float]:
    """Lines and size: the largest of `sizes` at which the text fits; else the smallest, however high."""
    lines: list[str] = []
    size = sizes[0]
    for size in sizes:
        lines = wrap(text, width / (size * POINT_MM), ems)
        if lines_mm(len(lines), size) <= height:
            break
    return tuple(lines), size


def lines_mm(lines: int, size_pt: float) -> float:
    """How high lines are together."""
    return lines * size_pt * LEADING * POINT_MM


def _before(sheet: Sheet, ems: Ems) -> list[Section]:
    return [*_titles(sheet, ems), _head(sheet, ems)]


def _after(sheet: Sheet, ems: Ems) -> list[Section]:
    return [*_below(sheet), *_notes(sheet, ems)]


def _titles(sheet: Sheet, ems: Ems) -> list[Section]:
    annex, *titles = sheet.titles
    found = [_line_section(annex, 12.0, 7.0, "left", False, ems)]
    for title, (size, height) in zip(titles, ((18.0, 12.0), (14.0, 8.0)), strict=False):
        found.append(_line_section(title, size, height, "center", size == 18.0, ems))
    return [*found, Section(2.0, ())]


def _line_section(text: str, size: float, height: float, align: Align, is_bold: bool, ems: Ems) -> Section:
    lines, size = fitted(text, 180.0, height, ems, (size, size * 0.85, size * 0.7))
    height = max(height, lines_mm(len(lines), size) + 1)
    box = Box(x=0, y=0, width=180, height=height, lines=lines, size_pt=size, align=align, is_bold=is_bold)
    return Section(height, (box,))


def _head(sheet: Sheet, ems: Ems) -> Section:
    """The lines above the grid; at their right, where a seal belongs, nothing is ever printed."""
    width = 180.0 - (sheet.seal_mm + 4 if sheet.seal_mm else 0)
    found: list[Box] = []
    y = 0.0
    least = max(HEAD_LINE_MM, (sheet.seal_mm + 2) / len(sheet.head))
    for label, value in sheet.head:
        lines, size = fitted(f"{label}{value}", width, HEAD_LINE_MM, ems, (HEAD_PT, 10.5))
        height = max(least, lines_mm(len(lines), size) + 1)
        found.append(Box(x=0, y=y, width=width, height=height, lines=lines, size_pt=size, align="left"))
        y += height
    return Section(y + 1.5, tuple(found))


def _group(sheet: Sheet, rows: range, ems: Ems) -> Section:
    """Rows of the grid, made higher where a cell's text does not fit at the smallest size."""
    lefts = [0.0, *accumulate(sheet.widths)]
    heights = {row: sheet.heights[row] for row in rows}
    settings: dict[Cell, tuple[tuple[str, ...], float]] = {}
    for cell in sorted((cell for cell in sheet.cells if cell.row in rows), key=lambda cell: cell.rows):
        width = sum(sheet.widths[cell.column : cell.column + cell.columns]) - 2 * PAD_MM
        there = sum(heights[row] for row in range(cell.row, cell.row + cell.rows))
        settings[cell] = lines, size = fitted(cell.text, width, there - PAD_MM, ems)
        heights[cell.row + cell.rows - 1] += max(0.0, lines_mm(len(lines), size) + PAD_MM - there)
    tops = dict(zip(rows, accumulate(heights.values(), initial=0.0), strict=False))
    boxes = [
        Box(
            x=lefts[cell.column],
            y=tops[cell.row],
            width=lefts[cell.column + cell.columns] - lefts[cell.column],
            height=sum(heights[row] for row in range(cell.row, cell.row + cell.rows)),
            lines=lines,
            size_pt=size,
            is_ruled=True,
            pad=PAD_MM,
        )
        for cell, (lines, size) in settings.items()
    ]
    return Section(sum(heights.values()), tuple(sorted(boxes, key=lambda box: (box.y, box.x))))


def _is_text(sheet: Sheet, rows: range) -> bool:
    return len(rows) == 1 and any(cell.row == rows[0] and cell.align == "left" for cell in sheet.cells)


def _texts(sheet: Sheet, rows: Sequence[int], room: float, ems: Ems) -> list[Section]:
    """The three texts, at the largest size at which all fit into `room`; where none does, at the largest."""
    for size in TEXT_SIZES_PT:
        needed = [_text_row(sheet, row, size, ems) for row in rows]
        wanted = [max(sheet.heights[row], one.height) for row, one in zip(rows, needed, strict=True)]
        if sum(wanted) <= room:
            return [_of_height(one, height) for one, height in zip(needed, wanted, strict=True)]
        left = room - sum(one.height for one in needed)
        if left >= 0:
            shares = [left * sheet.heights[row] / sum(sheet.heights[row] for row in rows) for row in rows]
            return [_of_height(one, one.height + share) for one, share in zip(needed, shares, strict=True)]
    return [_text_row(sheet, row, TEXT_SIZES_PT[0], ems) for row in rows]


def _text_row(sheet: Sheet, row: int, size: float, ems: Ems) -> Section:
    label, text = sorted((cell for cell in sheet.cells if cell.row == row), key=lambda cell: cell.column)
    left = sheet.widths[0]
    words = tuple(wrap(label.text, (left - 2 * PAD_MM) / (SIZES_PT[0] * POINT_MM), ems))
    lines = tuple(wrap(text.text, (180 - left - 2 * TEXT_PAD_MM) / (size * POINT_MM), ems))
    height = max(lines_mm(len(words), SIZES_PT[0]) + 2 * PAD_MM, lines_mm(len(lines), size) + 2 * TEXT_PAD_MM)
    return Section(
        height,
        (
            Box(x=0, y=0, width=left, height=height, lines=words, size_pt=SIZES_PT[0], is_ruled=True, pad=PAD_MM),
            Box(
                x=left,
                y=0,
                width=180 - left,
                height=height,
                lines=lines,
                size_pt=size,
                align="left",
                is_top=True,
                is_ruled=True,
                pad=TEXT_PAD_MM,
            ),
        ),
        is_text=True,
    )


def _of_height(section: Section, height: float) -> Section:
    boxes = tuple(msgspec.structs.replace(box, height=height) for box in section.boxes)
    return Section(height, boxes, section.is_text)


def _below(sheet: Sheet) -> list[Section]:
    return [
        Section(BELOW_MM, (Box(x=0, y=0, width=180, height=BELOW_MM, lines=(line,), size_pt=HEAD_PT, align="left"),))
        for line in sheet.below
    ]


def _notes(sheet: Sheet, ems: Ems) -> list[Section]:
    found = [Section(1.5, ())]
    for note in sheet.notes:
        lines = tuple(wrap(note, 180 / (NOTE_PT * POINT_MM), ems))
        height = lines_mm(len(lines), NOTE_PT)
        found.append(
            Section(height, (Box(x=0, y=0, width=180, height=height, lines=lines, size_pt=NOTE_PT, align="left"),))
        )
    return found


def _paginate(sections: Iterable[Section]) -> list[tuple[Box, ...]]:
    pages: list[list[Box]] = [[]]
    end = PAGE_MM[1] - BOTTOM_MM
    y = TOP_MM
    waiting = list(reversed(list(sections)))
    while waiting:
        section = waiting.pop()
        # Half a hair of tolerance: heights are sums of fractions.
        if y + section.height <= end + 0.01:
            pages[-1] += _placed(section, y)
            y += section.height
            continue
        if section.is_text:
            now, later = _cut(section, end - y)
            if now:
                pages[-1] += _placed(now, y)
            waiting.append(later)
        elif y == TOP_MM:
            # Higher than a page: no cell that the rules let in is; it would be seen cut off, not lost in silence.
            pages[-1] += _placed(section, y)
        else:
            waiting.append(section)
        pages.append([])
        y = TOP_MM
    return [tuple(page) for page in pages if page]


def _placed(section: Section, y: float) -> list[Box]:
    return [msgspec.structs.replace(box, x=SIDE_MM + box.x, y=y + box.y) for box in section.boxes]


def _cut(section: Section, room: float) -> tuple[Section | None, Section]:
    """A text's row, as much of it as there is room for, and the rest: the label stands on both."""
    label, text = section.boxes
    line = lines_mm(1, text.size_pt)
    count = int((room - 2 * text.pad) / line)
    if count < LEAST_LINES or room < lines_mm(len(label.lines), label.size_pt) + 2 * label.pad:
        return None, section
    kept, rest = text.lines[:count], text.lines[count:]
    now = _of_height(Section(room, (label, msgspec.structs.replace(text, lines=kept)), True), room)
    height = max(
        lines_mm(len(rest), text.size_pt) + 2 * text.pad, lines_mm(len(label.lines), label.size_pt) + 2 * label.pad
    )
    return now, _of_height(Section(height, (label, msgspec.structs.replace(text, lines=rest)), True), height)
