"""附件2 on paper: the bureau's monthly form (教育局汇总表), its labels word for word."""

from collections.abc import Mapping
from typing import Final

from classroom.ledger.figures import Printed
from classroom.paper.process import process_block, publicity_row, text_rows
from classroom.paper.sheet import Cell, Sheet, clean, lines_of_cells, month_words, text_value

SEAL_MM: Final = 42.0
"""A county bureau's round seal (公章) is 42 mm wide."""
LEADER_LINE: Final = "领导签批：　　　　　　　　　　　　　　　　　　　　　　　　年　　　月　　　日"
WIDTHS: Final = (17.0, 24.5, 16.5, 20.5, 20.0, 17.0, 20.0, 22.0, 22.5)
HEIGHTS: Final = (*(9.0,) * 5, *(8.0,) * 5, 11.0, 30.0, 24.0, 16.0)

_BASE: Final = (
    ("结对任务数", "task", "实际结对数", "pairs"),
    ("已完成协议签订数", "signed", "签订率%", "signed_rate"),
    ("技术装备环境达标数", "equipped", "达标率%", "equipped_rate"),
)
_SPACE: Final = (
    ("已开通学校数", "space_opened", "开通率%", "space_rate"),
    ("完成协议上传学校数", "uploaded", "新增过程资料上传数", "materials"),
)


def annex2(
    cells: Mapping[str, Printed],
    *,
    programme: str = "互联网+义务教育结对帮扶",
    report_to: str = "",
    leader_line: bool = False,
    footer: str = "",
) -> Sheet:
    """The form with `cells` (BUREAU_FORM, as printed) in place; {}: blank.

    `report_to`: who receives it (联系人 of 教育技术中心), printed in 填写说明1; `leader_line`: 领导签批 below it.
    """
    unit = text_value(cells, "unit")
    return Sheet(
        name="annex2",
        titles=("附件 2", f"“{clean(programme)}” 工作推进情况月报表"),
        head=(
            ("教育局（盖章）：", unit),
            ("填报人：", text_value(cells, "filler")),
            ("工作月度：", month_words(cells)),
        ),
        widths=WIDTHS,
        heights=HEIGHTS,
        cells=(
            *base_block(cells),
            *process_block(cells, 5, (2, 1, 2, 3)),
            *publicity_row(cells, 10, ("校级", "县级", "市级", "省及以上"), ((1, 1),) * 4),
            *text_rows(cells, 11, len(WIDTHS), ""),
        ),
        notes=(
            "填写说明：",
            "1.此表为设区市、县（市、区）汇总表，内容经所在单位领导签批后，于每月最后一个工作日 12 点前，"
            f"通过“浙政钉”报送给联系人，教育技术中心：{clean(report_to) or '　　　　　　　　　　'}。",
            "2.“技术装备环境”对照《结对帮扶技术环境指南》的要求核定。",
            "3.“亮点做法”，此表中简单罗列，详细内容以图文结合的体例，单独报送。",
        ),
        footer=clean(footer),
        seal_mm=SEAL_MM,
        below=(LEADER_LINE,) if leader_line else (),
    )


def base_block(cells: Mapping[str, Printed]) -> list[Cell]:
    """基础数据: five rows; 学校网络空间 stands over the last two."""
    found = [Cell(row=0, column=0, rows=5, text="基础数据")]
    for row, (left, key, right, other) in enumerate(_BASE):
        found += lines_of_cells(
            row,
            1,
            [(3, left, None), (1, text_value(cells, key), key), (2, right, None), (2, text_value(cells, other), other)],
        )
    found.append(Cell(row=3, column=1, rows=2, text="学校网络空间"))
    for row, (left, key, right, other) in enumerate(_SPACE, 3):
        found += lines_of_cells(
            row,
            2,
            [(2, left, None), (1, text_value(cells, key), key), (2, right, None), (2, text_value(cells, other), other)],
        )
    return found
