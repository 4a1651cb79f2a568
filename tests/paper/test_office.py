"""The xlsx and docx of both forms, opened again: every merge, every label, every value."""

from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from classroom.paper.annex2 import annex2
from classroom.paper.annex3 import annex3
from classroom.paper.docx import to_docx
from classroom.paper.sheet import Sheet, in_order
from classroom.paper.text import to_text
from classroom.paper.xlsx import to_xlsx
from tests.paper.conftest import BUREAU, SCHOOL, WORST_BUREAU, WORST_SCHOOL

FOOTER = "统计区间：2019-04-27 至 2019-05-26"
ONE_PAGE = {
    "annex2": annex2(BUREAU, footer=FOOTER, leader_line=True),
    "annex2 blank": annex2({}),
    "annex3": annex3(SCHOOL, footer=FOOTER, report_to="某某"),
    "annex3 blank": annex3({}),
}
SHEETS = {**ONE_PAGE, "annex2 worst": annex2(WORST_BUREAU), "annex3 worst": annex3(WORST_SCHOOL)}


def opened(sheet: Sheet) -> Any:
    return openpyxl.load_workbook(BytesIO(to_xlsx(sheet))).active


def first_row(sheet: Sheet) -> int:
    """Of the grid in the workbook, counted from 1: titles and head stand above it, a row each."""
    return len(sheet.titles) + len(sheet.head) + 1


@pytest.mark.parametrize("name", ONE_PAGE)
def test_a_workbook_has_the_forms_merges_and_no_others_in_the_grid(name: str) -> None:
    sheet, first = ONE_PAGE[name], first_row(ONE_PAGE[name])
    merged = {
        (cell.column + 1, first + cell.row, cell.column + cell.columns, first + cell.row + cell.rows - 1)
        for cell in sheet.cells
        if cell.rows > 1 or cell.columns > 1
    }
    found = {range_boundaries(str(area)) for area in opened(sheet).merged_cells.ranges}
    grid = range(first, first + len(sheet.heights))
    assert {area for area in found if area[1] in grid} == merged


@pytest.mark.parametrize("name", ONE_PAGE)
def test_a_workbook_has_every_text_in_its_cell(name: str) -> None:
    sheet, paper = ONE_PAGE[name], opened(ONE_PAGE[name])
    for cell in sheet.cells:
        value = paper.cell(first_row(sheet) + cell.row, cell.column + 1).value
        assert ("" if value is None else str(value)) == cell.text
    lines = [paper.cell(row, 1).value for row in range(1, first_row(sheet))]
    assert lines == [*sheet.titles, *(label + value for label, value in sheet.head)]
    below = [paper.cell(row, 1).value for row in range(first_row(sheet) + len(sheet.heights), paper.max_row + 1)]
    assert below == [*sheet.below, *sheet.notes]


@pytest.mark.parametrize("name", SHEETS)
def test_a_workbook_holds_every_value_once_even_where_texts_take_more_rows(name: str) -> None:
    values = [str(cell.value) for row in opened(SHEETS[name]).iter_rows() for cell in row if cell.value is not None]
    assert [text for text in (cell.text for cell in in_order(SHEETS[name])) if text and text not in values] == []


def test_counts_and_rates_are_numbers_and_telephones_are_texts() -> None:
    paper = opened(annex3({**SCHOOL, "recipient.phone": "007"}))
    values = {cell.key: cell for cell in annex3(SCHOOL).cells if cell.key}
    first = first_row(annex3(SCHOOL))
    assert paper.cell(first + values["sync.count"].row, values["sync.count"].column + 1).value == 4
    assert paper.cell(first + 1, values["recipient.phone"].column + 1).value == "007"
    rate = next(cell for cell in annex2(BUREAU).cells if cell.key == "signed_rate")
    bureau = opened(annex2({**BUREAU, "equipped_rate": "—"}))
    assert bureau.cell(first_row(annex2(BUREAU)) + rate.row, rate.column + 1).value == 92.3
    assert bureau.cell(first_row(annex2(BUREAU)) + rate.row + 1, rate.column + 1).value == "—"


def test_no_text_of_a_workbook_is_a_formula() -> None:
    cell = next(cell for cell in annex3(SCHOOL).cells if cell.key == "other")
    found = opened(annex3({**SCHOOL, "other": "=1+1"})).cell(first_row(annex3(SCHOOL)) + cell.row, cell.column + 1)
    assert (found.value, found.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("name", SHEETS)
def test_a_workbook_prints_upright_on_a4_one_page_wide(name: str) -> None:
    paper = opened(SHEETS[name])
    assert (paper.page_setup.paperSize, paper.page_setup.orientation) == (9, "portrait")
    assert paper.sheet_properties.pageSetUpPr.fitToPage
    # openpyxl reads fitToHeight=1, the default, as nothing.
    assert paper.page_setup.fitToHeight == (None if name in ONE_PAGE else 0)
    assert FOOTER in (paper.oddFooter.left.text or "") or not SHEETS[name].footer
    assert max(size.height for size in paper.row_dimensions.values() if size.height) < 409


def test_a_workbook_keeps_the_room_of_the_seal_blank() -> None:
    paper = opened(annex2(BUREAU))
    [area] = [area for area in paper.merged_cells.ranges if area.min_row == 3 and area.max_row == 5]
    assert all(paper.cell(row, column).value is None for row, column in area.cells)
    height = sum(paper.row_dimensions[row].height for row in range(3, 6)) / 72 * 25.4
    width = sum(annex2(BUREAU).widths[area.min_col - 1 :])
    assert height >= 42 and width >= 42 and area.max_col == 9


def table_of(sheet: Sheet) -> Any:
    return docx.Document(BytesIO(to_docx(sheet))).tables[-1]


@pytest.mark.parametrize("name", SHEETS)
def test_a_document_has_the_forms_merges_and_every_text_in_its_cell(name: str) -> None:
    sheet = SHEETS[name]
    rows = [row.cells for row in table_of(sheet).rows]
    assert [len(row) for row in rows] == [len(sheet.widths)] * len(sheet.heights)
    seen = {}
    for cell in sheet.cells:
        squares = {
            rows[row][column]._tc
            for row in range(cell.row, cell.row + cell.rows)
            for column in range(cell.column, cell.column + cell.columns)
        }
        assert len(squares) == 1 and not squares & seen.keys()
        seen |= dict.fromkeys(squares)
        assert rows[cell.row][cell.column].text == cell.text


@pytest.mark.parametrize("name", SHEETS)
def test_a_document_has_every_line_around_the_table(name: str) -> None:
    sheet = SHEETS[name]
    document = docx.Document(BytesIO(to_docx(sheet)))
    lines = [paragraph.text for paragraph in document.paragraphs if paragraph.text]
    head = [label + value for label, value in sheet.head]
    if sheet.seal_mm:
        left, seal = document.tables[0].rows[0].cells
        assert [paragraph.text for paragraph in left.paragraphs] == head and seal.text == ""
        assert seal.width.mm >= 42 and document.tables[0].rows[0].height.mm >= 42
        head = []
    assert lines == [*sheet.titles, *head, *sheet.below, *sheet.notes]
    assert document.sections[0].footer.paragraphs[0].text.startswith(sheet.footer)
    assert [round(side.mm) for side in (document.sections[0].page_width, document.sections[0].page_height)] == [
        210,
        297,
    ]


@pytest.mark.parametrize("name", SHEETS)
def test_the_same_sheet_gives_the_same_bytes(name: str) -> None:
    assert to_xlsx(SHEETS[name]) == to_xlsx(SHEETS[name])
    assert to_docx(SHEETS[name]) == to_docx(SHEETS[name])


def test_a_terminal_shows_the_form_row_by_row() -> None:
    lines = to_text(annex3(SCHOOL, footer=FOOTER)).splitlines()
    assert "城镇学校：实验小学" in lines
    assert "远程专递课堂 │ 2 │ 46" in lines
    assert lines[-1] == FOOTER
