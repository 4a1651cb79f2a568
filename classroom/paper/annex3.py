"""附件3 on paper: a pair's monthly form (结对学校用表), its labels word for word.

The official form says 远程传递课堂, a slip of the pen for 远程专递课堂, which is printed.
"""

from collections.abc import Mapping
from typing import Final

from classroom.ledger.cells import SIDES
from classroom.ledger.figures import Printed
from classroom.ledger.school_return import HINT
from classroom.paper.process import process_block, publicity_row, text_rows
from classroom.paper.sheet import Cell, Sheet, clean, lines_of_cells, month_words, text_value

WIDTHS: Final = (17.0, 13.0, 15.0, 21.0, 6.0, 8.0, 19.0, 27.0, 19.0, 8.0, 27.0)
HEIGHTS: Final = (11.0, 11.0, 11.0, 9.0, 9.0, *(8.5,) * 5, 11.0, 28.0, 23.0, 15.0)
SIDE_LABELS: Final = {"supporter": "城区学校", "recipient": "乡村学校"}
SCHOOL_COLUMNS: Final = {
    "equipment": "技术装备环境是否达标",
    "space": "学校空间是否已开通",
    "agreement_uploaded": "结对协议是否已上传",
    "materials": "过程资料空间上传数",
    "is_small": "是否为小规模学校",
}
_SCHOOL_SPANS: Final = (2, 2, 1, 2, 1)


def annex3(
    cells: Mapping[str, Printed],
    *,
    programme: str = "互联网+义务教育结对帮扶",
    report_to: str = "",
    footer: str = "",
) -> Sheet:
    """The form with `cells` (SCHOOL_FORM, as printed) in place; {}: blank.

    `report_to`: contact, telephone and mail of 县教育局普教科, printed in 说明1.
    """
    contact = f"（{clean(report_to)}）" if report_to else ""
    return Sheet(
        name="annex3",
        titles=("附件 3", f"“{clean(programme)}” 工作推进情况月报表", "（结对学校用表）"),
        head=(
            ("城镇学校：", text_value(cells, "supporter")),
            ("乡村学校：", text_value(cells, "recipient")),
            ("填报人：", text_value(cells, "filler")),
            ("工作月度：", month_words(cells)),
        ),
        widths=WIDTHS,
        heights=HEIGHTS,
        cells=(
            *agreement_block(cells),
            *school_block(cells),
            *process_block(cells, 5, (3, 3, 1, 3)),
            *publicity_row(cells, 10, ("校级", "县区级", "地市级", "省及以上"), ((1, 1), (1, 2), (1, 1), (1, 2))),
            *text_rows(cells, 11, len(WIDTHS), HINT),
        ),
        notes=(
            "说明：",
            f"1. 结对学校按实汇整数据后，每对学校填报一份，由受援的乡村结对学校填报上报县教育局普教科{contact}；",
            "2. “学段”指“小学”、“初中”、“九年一贯制”；",
            "3. “乡村学校”专指乡镇范围内的公办小学初中学校，不包含已设立街道的学校；"
            "“乡村小规模学校”指学生人数在 100 人以下的小学和教学点；",
            "4. “技术装备环境”对照《结对帮扶技术环境指南》的要求核定；",
            "5. “学校空间”指基于之江汇教育广场的学校空间。",
        ),
        footer=clean(footer),
    )


def agreement_block(cells: Mapping[str, Printed]) -> list[Cell]:
    """学段 and 是否已签订结对协议 over two rows; beside them each school's contact."""
    found = lines_of_cells(
        0,
        0,
        [
            (1, "学段", None),
            (2, text_value(cells, "stage"), "stage"),
            (1, "是否已签订结对协议", None),
            (2, text_value(cells, "agreement_signed"), "agreement_signed"),
        ],
        rows=2,
    )
    for row, side in enumerate(SIDES):
        contact, phone = f"{side}.contact", f"{side}.phone"
        found += lines_of_cells(
            row,
            6,
            [
                (1, f"{SIDE_LABELS[side]}联系人", None),
                (1, text_value(cells, contact), contact),
                (1, "联系电话", None),
                (2, text_value(cells, phone), phone),
            ],
        )
    return found


def school_block(cells: Mapping[str, Printed]) -> list[Cell]:
    """A head of five columns, and a row for each school."""
    head = [(span, label, None) for span, label in zip(_SCHOOL_SPANS, SCHOOL_COLUMNS.values(), strict=True)]
    found = lines_of_cells(2, 0, [(3, "", None), *head])
    for row, side in enumerate(SIDES, 3):
        keys = [f"{side}.{what}" for what in SCHOOL_COLUMNS]
        values = [(span, text_value(cells, key), key) for span, key in zip(_SCHOOL_SPANS, keys, strict=True)]
        found += lines_of_cells(row, 0, [(3, SIDE_LABELS[side], None), *values])
    return found
