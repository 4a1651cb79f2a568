"""Both forms as data: every square once, every label word for word, every value in its cell."""

import itertools

import pytest

from classroom.ledger.cells import BUREAU_FORM, SCHOOL_FORM
from classroom.ledger.subjects import SUBJECTS
from classroom.paper.annex2 import annex2
from classroom.paper.annex3 import annex3
from classroom.paper.sheet import Sheet, clean
from tests.paper.conftest import BUREAU, SCHOOL, WORST_BUREAU, WORST_SCHOOL

SHEETS = {
    "附件2": annex2(BUREAU),
    "附件2 空白": annex2({}),
    "附件2 最长": annex2(WORST_BUREAU, leader_line=True),
    "附件3": annex3(SCHOOL),
    "附件3 空白": annex3({}),
    "附件3 最长": annex3(WORST_SCHOOL),
}
HEAD_CELLS = {"unit", "filler", "month", "supporter", "recipient"}


def rows_of(sheet: Sheet) -> list[list[str]]:
    """The grid row by row as it reads; a value stands as 〈key〉."""
    found: list[list[str]] = [[] for _ in sheet.heights]
    for cell in sorted(sheet.cells, key=lambda cell: (cell.row, cell.column)):
        found[cell.row].append(f"〈{cell.key}〉" if cell.key else cell.text)
    return found


@pytest.mark.parametrize("name", SHEETS)
def test_every_square_is_covered_exactly_once(name: str) -> None:
    sheet = SHEETS[name]
    covered = [
        square
        for cell in sheet.cells
        for square in itertools.product(
            range(cell.row, cell.row + cell.rows), range(cell.column, cell.column + cell.columns)
        )
    ]
    assert sorted(covered) == list(itertools.product(range(len(sheet.heights)), range(len(sheet.widths))))


@pytest.mark.parametrize("name", SHEETS)
def test_the_grid_is_as_wide_as_the_paper_between_its_margins(name: str) -> None:
    assert sum(SHEETS[name].widths) == 180


@pytest.mark.parametrize(("sheet", "form"), [(annex2(BUREAU), BUREAU_FORM), (annex3(SCHOOL), SCHOOL_FORM)])
def test_every_value_of_the_form_has_its_one_cell(sheet: Sheet, form: tuple[str, ...]) -> None:
    keys = [cell.key for cell in sheet.cells if cell.key]
    assert sorted(keys) == sorted(set(form) - HEAD_CELLS)


def test_annex_2_reads_like_the_official_form() -> None:
    sheet = annex2(BUREAU)
    assert sheet.titles == ("附件 2", "“互联网+义务教育结对帮扶” 工作推进情况月报表")
    assert sheet.head == (
        ("教育局（盖章）：", "浦江县教育局"),
        ("填报人：", "填报员丙"),
        ("工作月度：", "2019 年 5 月"),
    )
    assert rows_of(sheet) == [
        ["基础数据", "结对任务数", "〈task〉", "实际结对数", "〈pairs〉"],
        ["已完成协议签订数", "〈signed〉", "签订率%", "〈signed_rate〉"],
        ["技术装备环境达标数", "〈equipped〉", "达标率%", "〈equipped_rate〉"],
        ["学校网络空间", "已开通学校数", "〈space_opened〉", "开通率%", "〈space_rate〉"],
        ["完成协议上传学校数", "〈uploaded〉", "新增过程资料上传数", "〈materials〉"],
        ["结对过程数据", "结对帮扶形式", "活动次数", "参与师生数", "涉及学科"],
        ["城乡同步课堂", "〈sync.count〉", "〈sync.participants〉", "〈subjects〉"],
        ["远程专递课堂", "〈delivery.count〉", "〈delivery.participants〉"],
        ["名师网络课堂", "〈master.count〉", "〈master.participants〉"],
        ["教师网络研修", "〈training.count〉", "〈training.participants〉"],
        [
            *("宣传报道篇次", "校级", "〈publicity.school〉", "县级", "〈publicity.county〉"),
            *("市级", "〈publicity.city〉", "省及以上", "〈publicity.province〉"),
        ],
        ["亮点做法", "〈highlights〉"],
        ["下月工作计划", "〈next_plan〉"],
        ["其他", "〈other〉"],
    ]


def test_annex_3_reads_like_the_official_form() -> None:
    sheet = annex3(SCHOOL)
    assert sheet.titles == ("附件 3", "“互联网+义务教育结对帮扶” 工作推进情况月报表", "（结对学校用表）")
    assert sheet.head == (
        ("城镇学校：", "实验小学"),
        ("乡村学校：", "檀溪中小"),
        ("填报人：", "填报员甲"),
        ("工作月度：", "2019 年 5 月"),
    )
    sides = [
        [
            *(words, f"〈{side}.equipment〉", f"〈{side}.space〉", f"〈{side}.agreement_uploaded〉"),
            *(f"〈{side}.materials〉", f"〈{side}.is_small〉"),
        ]
        for side, words in (("supporter", "城区学校"), ("recipient", "乡村学校"))
    ]
    assert rows_of(sheet)[:6] == [
        [
            *("学段", "〈stage〉", "是否已签订结对协议", "〈agreement_signed〉"),
            *("城区学校联系人", "〈supporter.contact〉", "联系电话", "〈supporter.phone〉"),
        ],
        ["乡村学校联系人", "〈recipient.contact〉", "联系电话", "〈recipient.phone〉"],
        [
            *("", "技术装备环境是否达标", "学校空间是否已开通", "结对协议是否已上传"),
            *("过程资料空间上传数", "是否为小规模学校"),
        ],
        *sides,
        ["结对过程数据", "结对帮扶形式", "活动次数", "参与师生数", "涉及学科"],
    ]
    assert rows_of(sheet)[10] == [
        *("宣传报道篇次", "校级", "〈publicity.school〉", "县区级", "〈publicity.county〉"),
        *("地市级", "〈publicity.city〉", "省及以上", "〈publicity.province〉"),
    ]


def test_the_slip_of_the_pen_in_the_official_form_is_not_printed() -> None:
    texts = {cell.text for cell in annex3({}).cells}
    assert "远程专递课堂" in texts and "远程传递课堂" not in texts


@pytest.mark.parametrize(("sheet", "cells"), [(annex2(BUREAU), BUREAU), (annex3(SCHOOL), SCHOOL)])
def test_every_value_stands_as_it_was_computed(sheet: Sheet, cells: dict[str, str]) -> None:
    for cell in sheet.cells:
        if cell.key and cell.key != "subjects":
            assert cell.text == cells[cell.key]


def test_the_boxes_of_the_subjects_stand_in_the_order_of_the_paper() -> None:
    assert subjects(annex2({})) == "□语□数□英□科\n□品德□音□体□美\n□劳技□信息技术\n□拓展课程□其他"
    assert subjects(annex3(SCHOOL)) == "☑语☑数☑英☑科\n□品德□音□体□美\n□劳技□信息技术\n□拓展课程□其他"
    assert subjects(annex2({"subjects": SUBJECTS})).count("☑") == 12
    assert "☑其他" in subjects(annex2({"subjects": ("心理",)}))


def subjects(sheet: Sheet) -> str:
    return next(cell.text for cell in sheet.cells if cell.key == "subjects")


def test_a_blank_form_has_no_values_and_keeps_its_hint() -> None:
    for sheet in (annex2({}), annex3({})):
        filled = {cell.key: cell.text for cell in sheet.cells if cell.key and cell.text}
        assert filled.keys() <= {"subjects", "highlights"}
        assert all(not value.strip("　年月") for _, value in sheet.head)
    texts = {cell.key: cell.text for cell in annex3({}).cells}
    assert texts["highlights"] == "（此栏中简单罗列，详细内容以图文结合的体例，单独报送。）"


def test_whom_a_form_goes_to_is_a_setting() -> None:
    assert "普教科（某某 0579-80000000）；" in annex3({}, report_to="某某 0579-80000000").notes[1]
    assert annex3({}).notes[1].endswith("普教科；")
    assert "教育技术中心：某某。" in annex2({}, report_to="某某").notes[1]


def test_the_leader_signs_below_the_table_only_where_the_county_wants_it() -> None:
    assert annex2({}).below == ()
    assert annex2({}, leader_line=True).below[0].startswith("领导签批：")


def test_the_bureau_has_room_for_its_seal_and_a_school_has_none() -> None:
    assert annex2({}).seal_mm == 42
    assert annex3({}).seal_mm == 0


def test_the_programme_can_be_renamed() -> None:
    assert annex2({}, programme="教共体").titles[1] == "“教共体” 工作推进情况月报表"


def test_the_window_stands_in_the_footer() -> None:
    assert annex2({}, footer="统计区间：2019-04-27 至 2019-05-26").footer == "统计区间：2019-04-27 至 2019-05-26"


def test_signs_that_no_file_can_hold_are_left_out() -> None:
    assert clean("甲\x00乙\r\n丙\u202e丁\ud800\t戊\x0b") == "甲乙\n丙丁 戊"
