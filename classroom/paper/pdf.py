"""A sheet as PDF, its font embedded: it prints alike everywhere. The same sheet gives the same bytes."""

from io import BytesIO
from threading import Lock
from typing import Any, Final

import msgspec
from reportlab.pdfgen.canvas import Canvas

from classroom.paper.lines import width_of
from classroom.paper.sheet import Sheet
from classroom.paper.typeface import NAME, SUBSTITUTE, Typeface, typeface
from classroom.paper.typeset import LEADING, PAGE_MM, POINT_MM, SIDE_MM, Box, pages_of

RULE_MM: Final = 0.22
FOOTER_PT: Final = 8.0
FOOTER_MM: Final = 9.0
"""Above the paper's lower edge."""
MIDDLE_EMS: Final = 0.37
"""Of a Chinese character, above its base line."""
# reportlab's fonts are of the process, and reading glyphs from one moves a place within it.
_LOCK: Final = Lock()


def to_pdf(sheet: Sheet) -> bytes:
    """The pages of a sheet. May be called in any thread; one is written at a time."""
    with _LOCK:
        face = typeface()
        shown = _shown(sheet, face)
        pages = pages_of(shown, face.ems)
        target = BytesIO()
        canvas = Canvas(
            target,
            pagesize=(_pt(PAGE_MM[0]), _pt(PAGE_MM[1])),
            pageCompression=1,
            invariant=1,
            initialFontName=NAME,
            lang="zh-CN",
        )
        canvas.setTitle(" ".join(shown.titles))
        for number, boxes in enumerate(pages, 1):
            for box in boxes:
                _draw(canvas, box, face)
            _draw_footer(canvas, shown.footer, number, len(pages), face)
            canvas.showPage()
        canvas.save()
        return target.getvalue()


def _shown(sheet: Sheet, face: Typeface) -> Sheet:
    """The sheet with substitutes, each named below the table: a name on an official form is never wrong in silence."""
    missing = face.missing(sheet)
    if not missing:
        return msgspec.convert(_mapped(msgspec.to_builtins(sheet), face), Sheet)
    codes = "、".join(f"U+{ord(sign):04X}" for sign in missing[:20])
    note = f"注：“{SUBSTITUTE}”代替字库中没有的字（{codes}），以电子表格为准。"
    sheet = msgspec.structs.replace(sheet, notes=(*sheet.notes, note))
    return msgspec.convert(_mapped(msgspec.to_builtins(sheet), face), Sheet)


def _mapped(value: Any, face: Typeface) -> Any:
    match value:
        case str():
            return face.shown(value)
        case dict():
            return {key: _mapped(one, face) for key, one in value.items()}
        case list() | tuple():
            return [_mapped(one, face) for one in value]
    return value


def _draw(canvas: Any, box: Box, face: Typeface) -> None:
    if box.is_ruled:
        canvas.setLineWidth(_pt(RULE_MM))
        canvas.rect(_pt(box.x), _pt(PAGE_MM[1] - box.y - box.height), _pt(box.width), _pt(box.height))
    line_mm = box.size_pt * LEADING * POINT_MM
    free = box.height - line_mm * len(box.lines)
    middle = box.y + (box.pad if box.is_top else free / 2) + line_mm / 2
    for number, line in enumerate(box.lines):
        wide = width_of(line, face.ems) * box.size_pt * POINT_MM
        x = box.x + (box.pad if box.align == "left" else (box.width - wide) / 2)
        baseline = middle + number * line_mm + MIDDLE_EMS * box.size_pt * POINT_MM
        _write(canvas, line, x, baseline, box.size_pt, box.is_bold)


def _write(canvas: Any, line: str, x: float, baseline: float, size_pt: float, is_bold: bool = False) -> None:
    """A line of text; bold is drawn with an outline, since the face has one weight."""
    canvas.setFont(NAME, size_pt)
    canvas.setLineWidth(size_pt / 40)
    canvas.drawString(_pt(x), _pt(PAGE_MM[1] - baseline), line, mode=2 if is_bold else 0)


def _draw_footer(canvas: Any, footer: str, number: int, pages: int, face: Typeface) -> None:
    baseline = PAGE_MM[1] - FOOTER_MM
    _write(canvas, footer, SIDE_MM, baseline, FOOTER_PT)
    if pages > 1:
        words = f"第 {number} 页，共 {pages} 页"
        wide = width_of(words, face.ems) * FOOTER_PT * POINT_MM
        _write(canvas, words, PAGE_MM[0] - SIDE_MM - wide, baseline, FOOTER_PT)


def _pt(mm: float) -> float:
    return mm / POINT_MM
