"""The typeface of the PDF: a Song type (宋体) that is shipped, since a bare server has no Chinese font.

It has GB 18030's characters and the rare ones of people's and places' names (licence: font/OFL.txt).
"""

import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from classroom.paper.sheet import Sheet

NAME: Final = "ClassroomFormSong"
SUBSTITUTE: Final = "〓"
"""Stands for a character that the font has not, as printers have always done."""
_VARIATIONS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BEYOND: Final = re.compile(r"<([0-9A-F]{5,6})>")


class _Song(TTFont):  # type: ignore[misc]
    """reportlab maps glyphs back to text with code points; beyond the basic plane PDF wants UTF-16 there.

    Without this a rare character in a name prints well, but is another one when it is copied or searched for.
    """

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = _BEYOND.sub(_in_utf16, stream.content)


def _in_utf16(code: re.Match[str]) -> str:
    return f"<{chr(int(code[1], 16)).encode('utf-16-be').hex().upper()}>"


@cache
def typeface() -> "Typeface":
    """The one of this process: read once, 12 MB."""
    with (files("classroom.paper") / "font" / "ClassroomFormSong.ttf").open("rb") as file:
        font = _Song(NAME, file)
    pdfmetrics.registerFont(font)
    return Typeface(font.face)


class Typeface:
    """How wide its characters are, and which there are."""

    def __init__(self, face: Any) -> None:
        self._has = frozenset(face.charToGlyph)
        self._ems: dict[int, float] = {code: wide / 1000 for code, wide in face.charWidths.items()}

    def ems(self, sign: str) -> float:
        """The width of a character in units of the type's size."""
        return self._ems.get(ord(sign), 1.0)

    def shown(self, text: str) -> str:
        """The text with `SUBSTITUTE` for what the font has not."""
        return "".join(sign if self._known(sign) else SUBSTITUTE for sign in _VARIATIONS.sub("", text))

    def missing(self, sheet: Sheet) -> list[str]:
        """The characters of a sheet that are substituted, each once."""
        texts = [*sheet.titles, *(value for _, value in sheet.head), *(cell.text for cell in sheet.cells)]
        text = _VARIATIONS.sub("", "".join([*texts, *sheet.notes, sheet.footer, *sheet.below]))
        return [sign for sign in dict.fromkeys(text) if not self._known(sign)]

    def _known(self, sign: str) -> bool:
        return sign == "\n" or ord(sign) in self._has
