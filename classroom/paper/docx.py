"""A sheet as a Word document, in the same layout: one table with merged cells, A4 upright. Bytes are repeatable."""

import zipfile
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

import docx
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt

from classroom.paper.lines import plain_ems
from classroom.paper.sheet import Cell, Sheet, in_order
from classroom.paper.typeset import BOTTOM_MM, HEAD_PT, LEADING, NOTE_PT, PAGE_MM, SIDE_MM, TOP_MM, grid_of, grid_room

FONT: Final = "宋体"
MADE: Final = datetime(2019, 4, 22)  # noqa: DTZ001
"""A fixed time: the same form gives the same bytes."""
FOOTER_PT: Final = 8.0
SPARE_MM: Final = 8.0
"""Of a page, left free: office programs set the space between paragraphs their own way."""
_ZIPPED: Final = (2019, 4, 22, 0, 0, 0)
_TWIPS_PER_MM: Final = 1440 / 25.4


def to_docx(sheet: Sheet) -> bytes:
    """The document."""
    document = docx.Document()
    _set_page(document, sheet)
    annex, title, *below = sheet.titles
    _add_line(document, annex, 12, "left")
    _add_line(document, title, 18, "center", is_bold=True, before_pt=6, after_pt=6)
    for text in below:
        _add_line(document, text, 14, "center", after_pt=4)
    _add_head(document, sheet)
    document.element.body.insert_element_before(parse_xml(_table(sheet)), "w:sectPr")
    for text in sheet.below:
        _add_line(document, text, HEAD_PT, "left", before_pt=10, after_pt=8)
    for number, text in enumerate(sheet.notes):
        _add_line(document, text, NOTE_PT, "left", before_pt=4 if number == 0 else 0)
    target = BytesIO()
    document.save(target)
    return _repeatable(target.getvalue())


def _set_page(document: Any, sheet: Sheet) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.left_margin = section.right_margin = Mm(SIDE_MM)
    section.top_margin, section.bottom_margin = Mm(TOP_MM), Mm(BOTTOM_MM)
    section.footer_distance = Mm(8)
    _add_footer(section.footer.paragraphs[0], sheet.footer)
    about = document.core_properties
    about.title, about.author, about.comments = " ".join(sheet.titles), "", ""
    about.created = about.modified = MADE


def _add_footer(paragraph: Any, text: str) -> None:
    """统计区间 at the left, the page's number at the right, which Word counts."""
    pages = "".join(
        _run(words, FOOTER_PT)
        + (f'<w:fldSimple w:instr="{field}">{_run("1", FOOTER_PT)}</w:fldSimple>' if field else "")
        for words, field in (("第 ", "PAGE"), (" 页，共 ", "NUMPAGES"), (" 页", ""))
    )
    tab = f'<w:tabs><w:tab w:val="right" w:pos="{_twips(180)}"/></w:tabs>'
    xml = f"<w:p {nsdecls('w')}><w:pPr>{tab}</w:pPr>{_run(text, FOOTER_PT)}<w:r><w:tab/></w:r>{pages}</w:p>"
    paragraph._p.getparent().replace(paragraph._p, parse_xml(xml))


def _add_line(
    document: Any,
    text: str,
    size: float,
    align: str,
    *,
    is_bold: bool = False,
    before_pt: float = 0,
    after_pt: float = 0,
) -> None:
    paragraph = document.add_paragraph()
    _fill(paragraph, text, size, align, is_bold=is_bold)
    paragraph.paragraph_format.space_before = Pt(before_pt)
    paragraph.paragraph_format.space_after = Pt(after_pt)


def _fill(paragraph: Any, text: str, size: float, align: str, *, is_bold: bool = False) -> None:
    """Fills the paragraph from XML, which sets the font of Chinese characters too."""
    made = parse_xml(_paragraph(text, size, align, nsdecls("w"), is_bold=is_bold))
    for child in list(paragraph._p):
        paragraph._p.remove(child)
    for child in list(made):
        paragraph._p.append(child)


def _add_head(document: Any, sheet: Sheet) -> None:
    """Lines; with a seal, at the left of a table without rules whose right cell is its room."""
    if not sheet.seal_mm:
        for label, value in sheet.head:
            _add_line(document, f"{label}{value}", HEAD_PT, "left", after_pt=3)
        return
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    row = table.rows[0]
    row.height, row.height_rule = Mm(sheet.seal_mm + 2), WD_ROW_HEIGHT_RULE.AT_LEAST
    seal = sheet.seal_mm + 4
    for cell, width in zip(row.cells, (180 - seal, seal), strict=True):
        cell.width = Mm(width)
    for column, width in zip(table.columns, (180 - seal, seal), strict=True):
        column.width = Mm(width)
    lines = row.cells[0]
    lines.paragraphs[0]._p.getparent().remove(lines.paragraphs[0]._p)
    for label, value in sheet.head:
        _add_line(lines, f"{label}{value}", HEAD_PT, "left", before_pt=6, after_pt=14)
    # Two tables without a line between them are one.
    _add_line(document, "", 2, "left")


def _table(sheet: Sheet) -> str:
    """The grid as WordprocessingML. A merged cell starts with vMerge restart and goes on in the rows below it."""
    cells = in_order(sheet)
    boxes = [
        box for section in grid_of(sheet, grid_room(sheet, plain_ems) - SPARE_MM, plain_ems) for box in section.boxes
    ]
    set_as = dict(zip(cells, boxes, strict=True))
    heights = {cell.row: box.height for cell, box in set_as.items() if cell.rows == 1}
    rows = []
    for row in range(len(sheet.heights)):
        there = sorted((cell for cell in cells if cell.row <= row < cell.row + cell.rows), key=lambda cell: cell.column)
        inner = "".join(_cell(sheet, cell, row, set_as[cell].size_pt, set_as[cell].is_top) for cell in there)
        may_break = any(cell.align == "left" for cell in there)
        stay = "" if may_break else "<w:cantSplit/>"
        # What grew for a long text is left to Word; every other height is the form's.
        height = min(sheet.heights[row], heights[row]) if may_break else heights[row]
        rows.append(f'<w:tr><w:trPr>{stay}<w:trHeight w:val="{_twips(height)}"/></w:trPr>{inner}</w:tr>')
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="5" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    margins = "".join(f'<w:{side} w:w="57" w:type="dxa"/>' for side in ("left", "right"))
    columns = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in sheet.widths)
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{_twips(180)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar>'
        f"</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _cell(sheet: Sheet, cell: Cell, row: int, size: float, is_top: bool) -> str:
    width = sum(sheet.widths[cell.column : cell.column + cell.columns])
    span = f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else ""
    merge = ""
    if cell.rows > 1:
        merge = '<w:vMerge w:val="restart"/>' if row == cell.row else "<w:vMerge/>"
    text = cell.text if row == cell.row else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(width)}" w:type="dxa"/>{span}{merge}'
        f'<w:vAlign w:val="{"top" if is_top else "center"}"/></w:tcPr>{_paragraphs(text, size, cell.align)}</w:tc>'
    )


def _paragraphs(text: str, size: float, align: str) -> str:
    return "".join(_paragraph(line, size, align, "") for line in text.split("\n"))


def _paragraph(text: str, size: float, align: str, namespaces: str, *, is_bold: bool = False) -> str:
    run = _run(text, size, is_bold=is_bold) if text else ""
    return (
        f"<w:p {namespaces}><w:pPr>"
        f'<w:spacing w:before="0" w:after="0" w:line="{round(size * LEADING * 20)}" w:lineRule="exact"/>'
        f'<w:jc w:val="{align}"/><w:rPr><w:sz w:val="{round(size * 2)}"/></w:rPr></w:pPr>{run}</w:p>'
    )


def _run(text: str, size: float, *, is_bold: bool = False) -> str:
    fonts = "".join(f' w:{which}="{FONT}"' for which in ("ascii", "hAnsi", "eastAsia"))
    bold = "<w:b/>" if is_bold else ""
    half_points = round(size * 2)
    return (
        f'<w:r><w:rPr><w:rFonts{fonts}/>{bold}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
        f'<w:lang w:eastAsia="zh-CN"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


def _twips(mm: float) -> int:
    return round(mm * _TWIPS_PER_MM)


def _repeatable(data: bytes) -> bytes:
    """The package with one fixed time on all its parts."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in _first_content_types(old.namelist()):
            part = zipfile.ZipInfo(name, _ZIPPED)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, old.read(name))
    return target.getvalue()


def _first_content_types(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name != "[Content_Types].xml", name))
