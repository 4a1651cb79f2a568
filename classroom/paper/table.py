"""Tables: a list in a csv or xlsx file, read into rows of text, and written. Meaning is the reader's business."""

import csv
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Final, Literal

import openpyxl
import xlsxwriter

from classroom.paper.errors import PaperError
from classroom.paper.packages import ZIP, check_package, check_size

ROWS_MAX: Final = 20_000
COLUMNS_MAX: Final = 64
TEXT_MAX: Final = 4_000
"""Characters in one cell; 亮点做法 has at most 2 000."""
LINE_MAX: Final = 64_000
"""Characters in one line of a csv file."""
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A text that begins so is run as a formula by an office program which opens the csv."""

Value = str | int | float | None
Format = Literal["csv", "xlsx"]


def read_table(data: bytes, name: str) -> list[list[str]]:
    """The rows of a csv (UTF-8, UTF-16 with its mark, GB18030) or of an xlsx's first sheet, as stripped text.

    `name` is the file's, for its ending; what it holds decides. Rows without any text are left out, short rows are
    not filled up; a merged area has its text in its first cell. Dates come as ISO, whole numbers without “.0”,
    true and false as 是 and 否. Raises PaperError.
    """
    if not name.lower().endswith((".csv", ".txt", ".xlsx")):
        raise PaperError("file_kind")
    check_size(data)
    rows = _xlsx_rows(data) if data.startswith(ZIP) else _csv_rows(data)
    found = []
    for number, row in enumerate(rows, 1):
        if number > ROWS_MAX:
            raise PaperError("file_too_large", f"最多 {ROWS_MAX} 行")
        while row and not row[-1]:
            row.pop()
        if len(row) > COLUMNS_MAX or any(len(text) > TEXT_MAX for text in row):
            raise PaperError("file_too_large", f"第 {number} 行：最多 {COLUMNS_MAX} 列，每格最多 {TEXT_MAX} 字")
        if row:
            found.append(row)
    if not found:
        raise PaperError("file_empty")
    return found


def write_table(headers: Sequence[str], rows: Iterable[Sequence[Value]], format: Format) -> bytes:
    """A file that `read_table` reads back to the same texts. No text in it is ever run as a formula."""
    return _csv(headers, rows) if format == "csv" else _xlsx(headers, rows)


def _csv_rows(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    try:
        for row in csv.reader(_lines(text), delimiter=delimiter):
            yield [_unguarded(printable(cell).strip()) for cell in row]
    except csv.Error as error:
        raise PaperError("file_torn") from error


def _lines(text: str) -> Iterator[str]:
    """One after the other, none so long that its cells alone fill the memory."""
    for number, line in enumerate(StringIO(text, newline=""), 1):
        if len(line) > LINE_MAX:
            raise PaperError("file_too_large", f"第 {number} 行太长")
        yield line


def printable(text: str) -> str:
    """Without control characters: no paper and no database can hold them, and nobody has typed them."""
    return _UNPRINTABLE.sub("", text)


def _decoded(data: bytes) -> str:
    """Office programs in China write csv as GB18030 (GBK), newer ones as UTF-8 with a mark."""
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise PaperError("file_text")


def _xlsx_rows(data: bytes) -> Iterator[list[str]]:
    if "xl/workbook.xml" not in check_package(data):
        raise PaperError("file_kind")
    for row in sheet_rows(data, ROWS_MAX + 1, COLUMNS_MAX + 1):
        yield [text_of(value) for value in row]


def sheet_rows(data: bytes, rows_max: int, columns_max: int) -> Iterator[tuple[object, ...]]:
    """The values of a checked xlsx package's first sheet. Streamed: a hostile sheet that claims a million columns or
    merges all its squares costs no memory. Formulas give the value that was stored with them.
    """
    try:
        # openpyxl warns of what it leaves out (drawings, extensions): nothing that we read.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        yield from sheet.iter_rows(max_row=rows_max, max_col=columns_max, values_only=True)
        book.close()
    # openpyxl raises whatever its code runs into over a package that is not what it says.
    except Exception as error:
        raise PaperError("file_torn") from error


def text_of(value: object) -> str:
    """A cell's value as text, on one rule for all readers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return printable(str(value).replace("_x000D_", "")).strip()


def _guarded(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _csv(headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headers)
    writer.writerows([_guarded(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(headers: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "constant_memory": False})
    sheet = book.add_worksheet()
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1, "bg_color": "#EEEEEE"})
    widths = [len(header) for header in headers]
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header, head)
    number = 0
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
            if column < len(widths):
                widths[column] = max(widths[column], len(str(value or "")))
    for column, width in enumerate(widths):
        # A Chinese character is about two of a column's units wide.
        sheet.set_column(column, column, min(60, 2 * width + 3))
    sheet.freeze_panes(1, 0)
    if headers:
        sheet.autofilter(0, 0, number, len(headers) - 1)
    book.close()
    return target.getvalue()
