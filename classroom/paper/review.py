"""听课评课表 on paper: what a colleague says of the teaching of one lesson, to be signed and filed."""

from collections.abc import Sequence
from typing import Final

import msgspec

from classroom.paper.sheet import Cell, Sheet, clean, lines_of_cells

WIDTHS: Final = (22.0, 38.0) * 3
SIDES_PER_ROW: Final = 3
SIGNED: Final = "评课人（签名）：　　　　　　　　　　　　　　　　　　　　　　　年　　　月　　　日"


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is printed, as words. `about`: three (label, value) of the lesson; `sides`: (评价项目, what is
    said of it); `texts`: (label, text) of the steps of the lesson (环节), 优点与亮点, 改进建议; `meeting`: the 教学诊断
    that it was made for, or nothing."""

    title: str
    reviewer: str
    day: str
    about: Sequence[tuple[str, str]]
    schools: str
    sides: Sequence[tuple[str, str]]
    texts: Sequence[tuple[str, str]]
    meeting: str


def review_sheet(said: Reviewed) -> Sheet:
    """The form; what nobody has said is room for the pen."""
    cells = [*_pairs(0, said.about), *lines_of_cells(1, 0, [(1, "听课学校", None), (5, clean(said.schools), None)])]
    row = 2
    for first in range(0, len(said.sides), SIDES_PER_ROW):
        cells += _pairs(row, said.sides[first : first + SIDES_PER_ROW])
        row += 1
    for at, (label, text) in enumerate(said.texts, row):
        cells.append(Cell(row=at, column=0, text=clean(label)))
        cells.append(Cell(row=at, column=1, columns=5, text=clean(text), align="left"))
    return Sheet(
        name="review",
        titles=("城乡同步课堂", "听课评课表"),
        head=(
            ("课题：", clean(said.title)),
            ("评课人：", f"{clean(said.reviewer)}　　评课日期：{clean(said.day)}"),
            *((("教学诊断：", clean(said.meeting)),) if said.meeting else ()),
        ),
        widths=WIDTHS,
        heights=(*(9.0,) * row, *(18.0,) * len(said.texts)),
        cells=tuple(cells),
        notes=("本表评的是教学，不评学生；评价用词：好、较好、一般、待改进。",),
        below=(SIGNED,),
    )


def _pairs(row: int, pairs: Sequence[tuple[str, str]]) -> list[Cell]:
    """Up to three labels with their values beside them; the last value fills the row."""
    filled = [*pairs, *(("", ""),) * (SIDES_PER_ROW - len(pairs))]
    found = [(1, clean(text), None) for pair in filled for text in pair]
    return lines_of_cells(row, 0, found)
