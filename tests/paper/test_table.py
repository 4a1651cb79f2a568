"""Lists in csv and xlsx: read whatever office programs write, refuse what is torn, huge or hostile."""

import zipfile
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.paper.errors import PaperError
from classroom.paper.packages import ENTRY, UNPACKED_MAX_BYTES, XML_MAX_BYTES
from classroom.paper.table import COLUMNS_MAX, ROWS_MAX, read_table, write_table

HEADERS = ["层级", "序号", "支援学校", "受援学校"]
ROWS = [["县内", "1", "实验小学", "檀溪中小"], ["省域外", "1", "浙江省浦江县实验小学", "四川省乐山市金口河区"]]


def code(data: bytes, name: str = "list.csv") -> str:
    with pytest.raises(PaperError) as refusal:
        read_table(data, name)
    return refusal.value.code


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target.getvalue()


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_is_written_is_read_back(format: str) -> None:
    assert read_table(write_table(HEADERS, ROWS, format), f"list.{format}") == [HEADERS, *ROWS]  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_numbers_keep_their_digits_and_texts_their_zeros(format: str) -> None:
    data = write_table(["人数", "电话", "空", "率"], [[67, "0579", None, 92.3]], format)  # type: ignore[arg-type]
    assert read_table(data, f"list.{format}")[1] == ["67", "0579", "", "92.3"]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-5", "@SUM(A1)", "＝1+1", "＠SUM(A1)", '=HYPERLINK("http://x","点")'])
def test_no_text_is_ever_a_formula(text: str) -> None:
    csv_file = write_table(["甲"], [[text]], "csv")
    line = csv_file.decode("utf-8-sig").splitlines()[1]
    assert line.lstrip('"').startswith("'")
    assert read_table(csv_file, "a.csv")[1] == [text]
    cell = openpyxl.load_workbook(BytesIO(write_table(["甲"], [[text]], "xlsx"))).active["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_of_any_office_program_is_read(encoding: str) -> None:
    assert read_table("学校,人数\r\n堂头完小,98\r\n".encode(encoding), "a.csv") == [
        ["学校", "人数"],
        ["堂头完小", "98"],
    ]


def test_tabs_part_a_list_without_commas() -> None:
    assert read_table("学校\t人数\n堂头完小\t98\n".encode(), "a.txt") == [["学校", "人数"], ["堂头完小", "98"]]


def test_empty_rows_and_empty_ends_of_rows_are_left_out() -> None:
    assert read_table(",,\n 甲 ,,\n,\n,乙\n".encode(), "a.csv") == [["甲"], ["", "乙"]]


def test_cells_of_a_sheet_come_as_people_read_them() -> None:
    data = xlsx(("甲", 3.0, 3.5, True, date(2019, 5, 1), None, "乙"))
    assert read_table(data, "A.XLSX") == [["甲", "3", "3.5", "是", "2019-05-01", "", "乙"]]


def test_the_content_decides_not_the_ending() -> None:
    assert read_table(xlsx(("甲",)), "renamed.csv") == [["甲"]]


def test_other_kinds_of_files_are_named() -> None:
    assert code(b"%PDF-1.4", "list.pdf") == "file_kind"
    assert code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "list.xlsx") == "file_legacy"
    assert code(b" \r\n", "list.csv") == "file_empty"
    assert code(b",,\r\n,", "list.csv") == "file_empty"
    assert code(b"\xff\xff\xff", "list.csv") == "file_text"
    assert code(b"a\0b", "list.csv") == "file_text"


def test_a_half_torn_xlsx_is_refused() -> None:
    data = write_table(HEADERS, ROWS, "xlsx")
    for end in range(40, len(data), 97):
        assert code(data[:end], "list.xlsx") == "file_torn"


def test_a_flipped_byte_is_refused_or_harmless() -> None:
    data = write_table(HEADERS, ROWS, "xlsx")
    for at in range(4, len(data), 61):
        try:
            read_table(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :], "list.xlsx")
        except PaperError as refusal:
            assert refusal.code in {"file_torn", "file_kind", "file_empty", "file_too_large"}


def test_a_package_that_unpacks_without_end_is_refused() -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package, package.open("xl/workbook.xml", "w") as part:
        for _ in range(UNPACKED_MAX_BYTES // 2**20 + 1):
            part.write(bytes(2**20))
    assert len(bomb.getvalue()) < 2**18
    assert code(bomb.getvalue(), "list.xlsx") == "file_too_large"


def test_text_that_unpacks_to_what_fills_the_memory_is_refused() -> None:
    # 30 kB on the line; openpyxl would make objects of 300 MB from it.
    endless = b"<workbook><definedNames>" + b"<definedName>A1</definedName>" * 500_000
    assert code(repacked(xlsx(*ROWS), "xl/workbook.xml", endless), "list.xlsx") == "file_too_large"
    # Whatever the part is called, and however its text begins.
    hidden = repacked(xlsx(*ROWS), "docProps/core.xml", b"\xef\xbb\xbf \n" + endless)
    assert code(hidden.replace(b"docProps/core.xml", b"docProps/core.png"), "list.xlsx") == "file_too_large"


def test_pictures_in_a_list_are_no_text() -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(XML_MAX_BYTES)
    assert read_table(repacked(xlsx(*ROWS), "docProps/app.xml", picture), "list.xlsx") == ROWS


def test_more_parts_than_any_package_has_are_refused() -> None:
    assert code(xlsx(*ROWS) + ENTRY * 3_000, "list.xlsx") == "file_too_large"


def test_a_line_without_end_is_refused() -> None:
    assert code(b"," * 100_000) == "file_too_large"


def test_what_cannot_be_printed_is_left_out() -> None:
    assert read_table("实验\x01小学,\ufffe檀溪\x0b中小".encode(), "list.csv") == [["实验小学", "檀溪中小"]]


def test_a_document_type_is_refused() -> None:
    hostile = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><sst>&x;</sst>'
    assert code(repacked(xlsx(("甲",)), "xl/workbook.xml", hostile), "list.xlsx") == "file_torn"
    wide = hostile.decode().encode("utf-16")
    assert code(repacked(xlsx(("甲",)), "xl/workbook.xml", wide), "list.xlsx") == "file_torn"


def test_a_sheet_that_claims_to_be_endless_costs_nothing() -> None:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    sheet = (
        f'<worksheet xmlns="{main}"><dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData>'
        '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
    )
    data = repacked(xlsx(("甲",)), "xl/worksheets/sheet1.xml", sheet.encode())
    try:
        assert read_table(data, "list.xlsx") == [["1"]]
    except PaperError as refusal:
        assert refusal.code == "file_too_large"


def test_more_rows_or_columns_than_any_list_has_are_refused() -> None:
    assert code(b"a\n" * (ROWS_MAX + 1)) == "file_too_large"
    assert code(b"," * COLUMNS_MAX + b"a") == "file_too_large"
    assert code("长".encode() * 4_001) == "file_too_large"
    assert code(xlsx(tuple(range(COLUMNS_MAX + 1))), "list.xlsx") == "file_too_large"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_give_rows_or_the_one_error(data: bytes) -> None:
    try:
        rows = read_table(data, "list.csv")
    except PaperError:
        return
    assert all(any(row) for row in rows)
