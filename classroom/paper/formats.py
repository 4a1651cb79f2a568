"""The formats of a form on paper, each with its writer: pure functions from a sheet to bytes, for any thread."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from classroom.paper.docx import to_docx
from classroom.paper.pdf import to_pdf
from classroom.paper.sheet import Sheet
from classroom.paper.xlsx import to_xlsx

PaperFormat = Literal["xlsx", "docx", "pdf"]

MEDIA_TYPES: Final[Mapping[PaperFormat, str]] = MappingProxyType(
    {
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "pdf": "application/pdf",
    }
)
_WRITERS: Final[Mapping[PaperFormat, Callable[[Sheet], bytes]]] = MappingProxyType(
    {"xlsx": to_xlsx, "docx": to_docx, "pdf": to_pdf}
)


def write_sheet(sheet: Sheet, format: PaperFormat) -> bytes:
    """The form as a file; the same sheet always gives the same bytes. Takes 10 to 60 ms: call it off the event loop."""
    return _WRITERS[format](sheet)
