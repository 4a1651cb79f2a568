"""An office file as rows of squares, whatever its program: what stands where, merged areas once, nothing expanded."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Final
from xml.etree import ElementTree

import msgspec

from classroom.paper.errors import PaperError
from classroom.paper.packages import ZIP, check_package, check_size
from classroom.paper.table import sheet_rows, text_of

UNPACKED_MAX_BYTES: Final = 50 * 2**20
"""Photographs may be in the file."""
TEXT_MAX_BYTES: Final = 8 * 2**20
"""Of a document's own text; a form has 0.1 MB."""
SIGNS_MAX: Final = 200_000
"""In all squares together; three texts of a form have 6 000. Tables within tables repeat their text at each depth."""
ROWS_MAX: Final = 300
COLUMNS_MAX: Final = 64

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TICKED_SYMBOLS: Final = frozenset({"F0FE", "F052", "F0FC", "F053", "F054", "F078"})
"""☑ ✓ ☒ of the Wingdings fonts."""


class Square(msgspec.Struct, frozen=True):
    """A cell with text, or a line of text outside a table. `column` counts from 0."""

    column: int
    text: str


Row = tuple[Square, ...]


def rows_of(data: bytes, name: str) -> list[Row]:
    """The rows of an xlsx's first sheet, or of a docx's text and tables, in order. Raises PaperError."""
    if not name.lower().endswith((".xlsx", ".docx")):
        raise PaperError("file_kind")
    check_size(data)
    if not data.startswith(ZIP):
        raise PaperError("file_kind")
    parts = check_package(data, UNPACKED_MAX_BYTES)
    if "word/document.xml" in parts:
        rows = _docx_rows(data)
    elif "xl/workbook.xml" in parts:
        rows = _xlsx_rows(data)
    else:
        raise PaperError("file_kind")
    found: list[Row] = []
    signs = 0
    for row in rows:
        signs += sum(len(square.text) for square in row)
        if len(found) == ROWS_MAX or len(row) > COLUMNS_MAX or signs > SIGNS_MAX:
            raise PaperError("not_the_form", "行列太多")
        found.append(row)
    return found


def _xlsx_rows(data: bytes) -> Iterator[Row]:
    for values in sheet_rows(data, ROWS_MAX + 1, COLUMNS_MAX):
        row = tuple(Square(column, text) for column, value in enumerate(values) if (text := text_of(value)))
        if row:
            yield row


def _docx_rows(data: bytes) -> Iterator[Row]:
    with zipfile.ZipFile(BytesIO(data)) as package:
        part = package.read("word/document.xml")
    if len(part) > TEXT_MAX_BYTES:
        raise PaperError("file_too_large", "文档内容过大")
    try:
        body = ElementTree.fromstring(part).find(f"{_W}body")
    except ElementTree.ParseError as error:
        raise PaperError("file_torn") from error
    for block in body if body is not None else ():
        if block.tag == f"{_W}p":
            yield (Square(0, _text(block)),)
        elif block.tag == f"{_W}tbl":
            yield from map(_table_row, block.iter(f"{_W}tr"))


def _table_row(row: ElementTree.Element) -> Row:
    """A cell that goes on from above is empty; empty ones are kept, since they are counted."""
    found = []
    column = 0
    for cell in row.findall(f"{_W}tc"):
        paragraphs = [_text(paragraph) for paragraph in cell.iter(f"{_W}p")]
        found.append(Square(column, "\n".join(paragraphs).strip()))
        span = cell.find(f"{_W}tcPr/{_W}gridSpan")
        column += _number(span.get(f"{_W}val")) if span is not None else 1
    return tuple(found)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 4 else 1


def _text(paragraph: ElementTree.Element) -> str:
    return "".join(map(_sign, paragraph.iter())).strip()


def _sign(element: ElementTree.Element) -> str:
    match element.tag.removeprefix(_W):
        case "t":
            return element.text or ""
        case "tab":
            return " "
        case "br" | "cr":
            return "\n"
        case "sym":
            return "☑" if (element.get(f"{_W}char") or "").upper() in _TICKED_SYMBOLS else "□"
        case "checkBox":
            return "☑" if _is_checked(element) else "□"
    return ""


def _is_checked(box: ElementTree.Element) -> bool:
    """A form field: `checked` wins over `default`; without a value it means yes."""
    for name in ("checked", "default"):
        state = box.find(f"{_W}{name}")
        if state is not None:
            return state.get(f"{_W}val", "1") not in ("0", "false", "off")
    return False
