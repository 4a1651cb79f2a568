"""A filled 附件3 is read back, whoever filled it in; what cannot be read is named by its label."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.ledger.cells import SCHOOL_FORM, Value
from classroom.ledger.figures import Printed, printed
from classroom.ledger.subjects import SUBJECTS
from classroom.paper.annex2 import annex2
from classroom.paper.annex3 import annex3
from classroom.paper.errors import PaperError
from classroom.paper.formats import PaperFormat, write_sheet
from classroom.paper.reading import read_annex3
from classroom.paper.squares import rows_of
from tests.paper.conftest import BUREAU, SCHOOL, WORST_SCHOOL

OFFICE: tuple[PaperFormat, ...] = ("xlsx", "docx")


def read_back(cells: Mapping[str, Printed], format: PaperFormat) -> dict[str, Value]:
    return read_annex3(write_sheet(annex3(cells, report_to="某某 0579-80000000"), format), f"附件3.{format}")


@pytest.mark.parametrize("format", OFFICE)
@pytest.mark.parametrize("cells", [SCHOOL, WORST_SCHOOL], ids=["ordinary", "worst"])
def test_our_own_form_is_read_back_to_the_same_cells(cells: Mapping[str, Printed], format: PaperFormat) -> None:
    found = read_back(cells, format)
    assert {cell: printed(value) for cell, value in found.items()} == cells
    assert (found["sync.count"], found["agreement_signed"]) == (int(str(cells["sync.count"])), True)


@pytest.mark.parametrize("format", OFFICE)
def test_a_blank_form_says_nothing(format: PaperFormat) -> None:
    found = read_back({}, format)
    assert found.pop("subjects") == ()
    assert found == dict.fromkeys(cell for cell in SCHOOL_FORM if cell != "subjects")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(SUBJECTS), unique=True), st.sampled_from(OFFICE))
def test_every_choice_of_subjects_comes_back(subjects: list[str], format: PaperFormat) -> None:
    ticked = tuple(subject for subject in SUBJECTS if subject in subjects)
    assert read_back({**SCHOOL, "subjects": ticked}, format)["subjects"] == ticked


# The official form as a county typed it: other columns, blanks in labels, half-width punctuation, the slip of the pen.
OFFICIAL = [
    ["附件 3"],
    ["“互联网+义务教育结对帮扶”工作推进情况月报表"],
    ["(结对学校用表)"],
    ["城镇学校:浦江县浦阳二小   乡村学校: 武义柳城小学"],
    ["填报人:填报员丁"],
    ["工作月度: 2019年 05 月"],
    ["学段", "小学", "是否已签订结对协议", "是", "城区学校\n联系人", "联系人丙", "联系电话", "0579 1"],
    ["", "", "", "", "乡村学校 联系人", "联系人丁", "联系电话", "599000"],
    ["", "技术装备环境是否达标", "学校空间是否已开通", "结对协议是否已上传", "过程资料空间上传数", "是否为小规模学校"],
    ["城区学校", "达标", "已开通", "☑是□否", "５份", "否"],
    ["乡村学校", "未达标", "√", "□是☑否", "", "/"],
    ["", "", "活动次数", "参与师生数", "涉及学科"],
    ["结对过程数据", "城乡同步课堂", "4节", "290人次", "□语 √数 ■英 □科 □品德 □音 □体 □美"],
    ["", "远程传递课堂", "2", "46", "□劳技 ☑信息技术 □拓展课程 □其他"],
    ["", "名师网络课堂", "无", "", ""],
    ["", "教师网络研修", "1次", "5", ""],
    ["宣传报道篇次", "校级", "2", "县区级", "", "地市级", "0", "省及以上", ""],
    ["亮点做法", "(此栏中简单罗列, 详细内容以图文结合的体例, 单独报送。)"],
    ["下月工作计划", "继续开课。"],
    ["其他", ""],
    ["说明: 1. 结对学校按实汇整数据后, 每对学校填报一份"],
]
OFFICIAL_CELLS: dict[str, Value] = {
    "supporter": "浦江县浦阳二小",
    "recipient": "武义柳城小学",
    "filler": "填报员丁",
    "month": "2019-05",
    "stage": "小学",
    "agreement_signed": True,
    "supporter.contact": "联系人丙",
    "supporter.phone": "0579 1",
    "recipient.contact": "联系人丁",
    "recipient.phone": "599000",
    "supporter.equipment": True,
    "supporter.space": True,
    "supporter.agreement_uploaded": True,
    "supporter.materials": 5,
    "supporter.is_small": False,
    "recipient.equipment": False,
    "recipient.space": True,
    "recipient.agreement_uploaded": False,
    "recipient.materials": None,
    "recipient.is_small": None,
    "sync.count": 4,
    "sync.participants": 290,
    "delivery.count": 2,
    "delivery.participants": 46,
    "master.count": None,
    "master.participants": None,
    "training.count": 1,
    "training.participants": 5,
    "subjects": ("数", "英", "信息技术"),
    "publicity.school": 2,
    "publicity.county": None,
    "publicity.city": 0,
    "publicity.province": None,
    "highlights": None,
    "next_plan": "继续开课。",
    "other": None,
}


def as_xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def as_docx(rows: list[list[str]]) -> bytes:
    """Lines of one text are paragraphs, the others rows of one table, as typed with an office program."""
    document = docx.Document()
    table: Any = None
    for row in rows:
        if len(row) == 1:
            document.add_paragraph(row[0])
            continue
        table = table or document.add_table(rows=0, cols=9)
        for cell, text in zip(table.add_row().cells, row, strict=False):
            cell.text = text
    return saved(document)


def saved(document: Any) -> bytes:
    data = BytesIO()
    document.save(data)
    return data.getvalue()


@pytest.mark.parametrize(("write", "name"), [(as_xlsx, "附件3.xlsx"), (as_docx, "附件3.docx")])
def test_a_form_that_a_county_typed_is_read(write: Any, name: str) -> None:
    assert read_annex3(write(OFFICIAL), name) == OFFICIAL_CELLS


def changed(label: str, text: str) -> bytes:
    """The official form with another text beside a label."""
    rows = [list(row) for row in OFFICIAL]
    row = next(row for row in rows if label in row)
    row[row.index(label) + 1] = text
    return as_xlsx(rows)


@pytest.mark.parametrize(
    ("label", "text", "words"),
    [
        ("城乡同步课堂", "十二", "“城乡同步课堂活动次数”应是不大于一百万的整数，现为“十二”"),
        ("城乡同步课堂", "-3", "“城乡同步课堂活动次数”应是不大于一百万的整数，现为“-3”"),
        ("城乡同步课堂", "1000001", "“城乡同步课堂活动次数”应是不大于一百万的整数，现为“1000001”"),
        ("远程传递课堂", "2.5", "“远程专递课堂活动次数”应是不大于一百万的整数，现为“2.5”"),
        ("校级", "很多", "“宣传报道校级”应是不大于一百万的整数，现为“很多”"),
        ("学段", "高中", "“学段”应是小学、初中、九年一贯制，现为“高中”"),
        ("是否已签订结对协议", "大概", "“是否已签订结对协议”应填是或否，现为“大概”"),
        ("乡村学校", "也许", "“乡村学校技术装备环境是否达标”应填是或否，现为“也许”"),
        ("下月工作计划", "长" * 2001, "“下月工作计划”超过 2000 字"),
        ("城区学校\n联系人", "长" * 81, "“城区学校联系人”超过 80 字"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_label(label: str, text: str, words: str) -> None:
    with pytest.raises(PaperError) as refusal:
        read_annex3(changed(label, text), "附件3.xlsx")
    assert (refusal.value.code, refusal.value.detail) == ("form_unreadable", words)


@pytest.mark.parametrize("month", ["2019 年 13 月", "2019 年 0 月", "5 月"])
def test_a_month_that_is_none_is_refused(month: str) -> None:
    rows = [[f"工作月度: {month}"] if row[0].startswith("工作月度") else row for row in OFFICIAL]
    with pytest.raises(PaperError, match="form_unreadable"):
        read_annex3(as_xlsx(rows), "附件3.xlsx")


def test_subjects_may_be_named_without_boxes() -> None:
    rows = [list(row) for row in OFFICIAL]
    rows[12][4], rows[13][4] = "语、数", "其他"
    assert read_annex3(as_xlsx(rows), "附件3.xlsx")["subjects"] == ("语", "数", "其他")
    rows[12][4] = "语、奥数"
    with pytest.raises(PaperError, match="奥数"):
        read_annex3(as_xlsx(rows), "附件3.xlsx")


def test_boxes_of_words_own_form_fields_are_read() -> None:
    data = as_docx([row if row[0] != "结对过程数据" else [*row[:4], "〈boxes〉"] for row in OFFICIAL])
    fields = (
        f"<w:p {nsdecls('w')}>"
        '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>语</w:t></w:r>'
        '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/><w:t>数</w:t></w:r>'
        "<w:r><w:fldChar><w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData></w:fldChar>"
        "<w:t>英</w:t></w:r>"
        "<w:r><w:fldChar><w:ffData><w:checkBox><w:default w:val='0'/></w:checkBox></w:ffData></w:fldChar>"
        "<w:t>科</w:t></w:r></w:p>"
    )
    document = docx.Document(BytesIO(data))
    paragraph = next(
        cell.paragraphs[0] for row in document.tables[0].rows for cell in row.cells if cell.text == "〈boxes〉"
    )
    paragraph._p.getparent().replace(paragraph._p, parse_xml(fields))
    assert read_annex3(saved(document), "附件3.docx")["subjects"] == ("语", "英", "信息技术")


def test_another_form_is_not_taken_for_annex_3() -> None:
    for format in OFFICE:
        with pytest.raises(PaperError, match="not_the_form: 这是附件2"):
            read_annex3(write_sheet(annex2(BUREAU), format), f"附件2.{format}")
    with pytest.raises(PaperError, match="not_the_form"):
        read_annex3(as_xlsx([["学校", "人数"], ["堂头完小", "98"]]), "a.xlsx")


@pytest.mark.parametrize("format", OFFICE)
def test_a_half_torn_form_is_refused(format: PaperFormat) -> None:
    data = write_sheet(annex3(SCHOOL), format)
    for end in range(1, len(data), len(data) // 23):
        with pytest.raises(PaperError) as refusal:
            read_annex3(data[:end], f"附件3.{format}")
        assert refusal.value.code in {"file_torn", "file_kind"}


def test_other_files_are_named() -> None:
    for name, data, code in (
        ("附件3.pdf", write_sheet(annex3(SCHOOL), "pdf"), "file_kind"),
        ("附件3.docx", write_sheet(annex3(SCHOOL), "pdf"), "file_kind"),
        ("附件3.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_kind"),
        ("附件3.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "file_legacy"),
        ("附件3.docx", b"", "file_empty"),
    ):
        with pytest.raises(PaperError) as refusal:
            read_annex3(data, name)
        assert refusal.value.code == code


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "xx">]><a>&x;</a>', "file_torn"),
        (b"<a>", "file_torn"),
        (b"<a/>", "not_the_form"),
        (b"<a>" + b" " * (9 * 2**20) + b"</a>", "file_too_large"),
    ],
)
def test_hostile_documents_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(PaperError) as refusal:
        read_annex3(repacked(write_sheet(annex3(SCHOOL), "docx"), "word/document.xml", content), "附件3.docx")
    assert refusal.value.code == code


def test_a_cell_that_claims_a_million_columns_costs_nothing() -> None:
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>'
    body = f"<w:document {nsdecls('w')}><w:body><w:tbl><w:tr>{cell * 3}</w:tr></w:tbl></w:body></w:document>"
    data = repacked(write_sheet(annex3(SCHOOL), "docx"), "word/document.xml", body.encode())
    with pytest.raises(PaperError, match="not_the_form"):
        read_annex3(data, "附件3.docx")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from([*sum(OFFICIAL, []), "9" * 30, "☑", "是"]), max_size=9), max_size=25))
def test_labels_in_any_disorder_give_cells_or_the_one_error(rows: list[list[str]]) -> None:
    try:
        found = read_annex3(as_xlsx(rows), "附件3.xlsx")
    except PaperError:
        return
    assert found.keys() == set(SCHOOL_FORM)


def test_tables_within_tables_cost_no_more_than_their_text() -> None:
    inner = "<w:p/>"
    for _ in range(60):
        text = f"<w:p><w:r><w:t>{'字' * 10_000}</w:t></w:r></w:p>"
        inner = f"<w:tbl><w:tr><w:tc>{inner}{text}</w:tc></w:tr></w:tbl>"
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", f"<w:document {nsdecls('w')}><w:body>{inner}</w:body></w:document>")
    with pytest.raises(PaperError) as refusal:
        rows_of(target.getvalue(), "form.docx")
    assert (refusal.value.code, refusal.value.detail) == ("not_the_form", "行列太多")
