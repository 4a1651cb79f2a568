"""The PDF, read and looked at as a printer would: words, fonts, edges, pages."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pypdfium2 as pdfium
import pytest

from classroom.ledger.figures import Printed
from classroom.paper.annex2 import annex2
from classroom.paper.annex3 import annex3
from classroom.paper.pdf import to_pdf
from classroom.paper.sheet import Sheet
from classroom.paper.typeface import typeface
from classroom.paper.typeset import PAGE_MM, POINT_MM, SIDE_MM, Box, pages_of
from tests.paper.conftest import BUREAU, LONG_TEXT, SCHOOL, WORST_BUREAU, WORST_SCHOOL

FOOTER = "统计区间：2019-04-27 至 2019-05-26"
SHEETS = {
    "annex2": annex2(BUREAU, footer=FOOTER, report_to="某某（浙政钉）"),
    "annex2 blank": annex2({}),
    "annex2 signed": annex2(BUREAU, leader_line=True),
    "annex2 worst": annex2(WORST_BUREAU, leader_line=True, footer=FOOTER, report_to="某" * 300),
    "annex3": annex3(SCHOOL, footer=FOOTER, report_to="某某 0579-80000000"),
    "annex3 blank": annex3({}),
    "annex3 worst": annex3(WORST_SCHOOL, footer=FOOTER, report_to="某" * 300),
}
ONE_PAGE = [name for name in SHEETS if "worst" not in name]
PIXELS_PER_MM = 4


def text_of(data: bytes) -> str:
    """Everything printed, without blanks."""
    with pdfium.PdfDocument(data) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    # Of a character beyond the basic plane pdfium gives both halves.
    whole = "".join(pages).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    return re.sub(r"[\s\ufffe\u0000]", "", whole)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", ONE_PAGE)
def test_an_ordinary_form_is_one_upright_a4_page(name: str) -> None:
    with pdfium.PdfDocument(to_pdf(SHEETS[name])) as document:
        assert len(document) == 1
        assert [round(side * POINT_MM) for side in document[0].get_size()] == [210, 297]


@pytest.mark.parametrize("name", SHEETS)
def test_every_word_of_the_sheet_is_printed(name: str) -> None:
    sheet = SHEETS[name]
    printed = text_of(to_pdf(sheet))
    texts = [*sheet.titles, *(label + value for label, value in sheet.head), *sheet.notes, sheet.footer, *sheet.below]
    for text in [*texts, *(cell.text for cell in sheet.cells if cell.text != LONG_TEXT)]:
        assert squeezed(text) in printed


def test_a_text_of_2000_characters_loses_none_over_its_pages() -> None:
    printed = text_of(to_pdf(annex3({**SCHOOL, "highlights": LONG_TEXT, "other": ""})))
    assert squeezed(LONG_TEXT) in printed.replace("第1页，共2页亮点做法", "")


def test_the_font_is_embedded_and_no_other_is_used() -> None:
    data = to_pdf(SHEETS["annex3"])
    fonts = set(re.findall(rb"/BaseFont\s*/([^\s/]+)", data))
    assert fonts and all(re.fullmatch(rb"[A-Z]{6}\+ClassroomFormSong(-Regular)?.*", font) for font in fonts)
    assert data.count(b"/FontFile2") == len(fonts)
    assert len(data) < 200_000


def test_a_rare_character_of_a_name_is_printed_and_can_be_searched_for() -> None:
    names = "𬭚𫟼䶮㙍堃喆犇"
    assert names in text_of(to_pdf(annex3({**SCHOOL, "supporter.contact": names})))


def test_a_character_that_the_font_has_not_is_substituted_and_named() -> None:
    printed = text_of(to_pdf(annex3({**SCHOOL, "supporter.contact": "甲\U0003134a\ue123"})))
    assert "甲〓〓" in printed
    assert "注：“〓”代替字库中没有的字（U+3134A、U+E123），以电子表格为准。" in printed


def test_every_sign_of_the_forms_is_in_the_font() -> None:
    assert [sign for sheet in SHEETS.values() for sign in typeface().missing(sheet)] == []


def test_the_font_has_the_characters_of_gb_2312_and_the_block_of_unified_ideographs() -> None:
    common = "".join(
        bytes((high, low)).decode("gb2312")
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
        if _is_there(high, low)
    )
    assert len(common) == 6763
    assert typeface().shown(common) == common
    block = "".join(map(chr, range(0x4E00, 0x9FA6)))
    assert typeface().shown(block) == block


def _is_there(high: int, low: int) -> bool:
    return high != 0xD7 or low < 0xFA


@pytest.mark.parametrize("name", SHEETS)
def test_no_text_spills_over_the_edge_of_its_box(name: str) -> None:
    ems = typeface().ems
    for page in pages_of(SHEETS[name], ems):
        for box in page:
            assert box.y >= 0 and box.y + box.height <= PAGE_MM[1] - 10
            assert_inside(box, [sum(map(ems, line)) * box.size_pt * POINT_MM for line in box.lines])


def assert_inside(box: Box, widths: list[float]) -> None:
    assert all(width <= box.width - 2 * box.pad + 0.01 for width in widths), box
    assert len(box.lines) * box.size_pt * 1.3 * POINT_MM <= box.height + 0.01, box
    assert box.size_pt >= 7


@pytest.mark.parametrize("name", SHEETS)
def test_the_boxes_of_a_page_do_not_overlap(name: str) -> None:
    for page in pages_of(SHEETS[name], typeface().ems):
        boxes = list(page)
        for at, one in enumerate(boxes):
            for other in boxes[at + 1 :]:
                over_x = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
                over_y = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
                assert over_x < 0.01 or over_y < 0.01, (one, other)


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_is_printed_on_the_margins(name: str) -> None:
    with pdfium.PdfDocument(to_pdf(SHEETS[name])) as document:
        for page in document:
            image = page.render(scale=PIXELS_PER_MM * POINT_MM, grayscale=True).to_pil()
            left, top, right, bottom = image.point(lambda shade: 255 * (shade < 160)).getbbox()
            assert left >= (SIDE_MM - 1) * PIXELS_PER_MM and right <= (PAGE_MM[0] - SIDE_MM + 1) * PIXELS_PER_MM
            assert top >= 12 * PIXELS_PER_MM and bottom <= (PAGE_MM[1] - 7) * PIXELS_PER_MM


@pytest.mark.parametrize("name", ["annex2", "annex2 blank", "annex2 worst"])
def test_the_room_for_the_seal_is_blank(name: str) -> None:
    """A square of 42 mm at the right above the table, where no ink is."""
    with pdfium.PdfDocument(to_pdf(SHEETS[name])) as document:
        image = document[0].render(scale=PIXELS_PER_MM * POINT_MM, grayscale=True).to_pil()
    table_mm = min(box.y for box in pages_of(SHEETS[name], typeface().ems)[0] if box.is_ruled)
    right, bottom = PAGE_MM[0] - SIDE_MM, table_mm - 0.5
    seal = image.crop(tuple(int(side * PIXELS_PER_MM) for side in (right - 42, bottom - 42, right, bottom)))
    assert seal.getextrema() == (255, 255)


def test_the_worst_case_goes_on_on_further_pages_that_are_numbered() -> None:
    data = to_pdf(SHEETS["annex3 worst"])
    with pdfium.PdfDocument(data) as document:
        pages = len(document)
    assert pages == 4
    assert all(f"第{number}页，共4页" in text_of(data) for number in range(1, 5))


@pytest.mark.parametrize(("annex", "cells"), [(annex2, BUREAU), (annex3, SCHOOL)])
def test_the_same_sheet_gives_the_same_bytes_in_any_thread(annex: object, cells: Mapping[str, Printed]) -> None:
    sheet: Sheet = annex(cells)  # type: ignore[operator]
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(to_pdf, [sheet] * 8))) == 1
