"""What both forms have alike: 结对过程数据, 宣传报道篇次, and the three texts."""

from collections.abc import Mapping, Sequence
from typing import Final

from classroom.ledger.cells import PUBLICITY
from classroom.ledger.figures import Printed
from classroom.ledger.kinds import ON_PAPER
from classroom.paper.sheet import Cell, lines_of_cells, subject_boxes, text_value

PROCESS: Final = "结对过程数据"
PROCESS_HEAD: Final = ("结对帮扶形式", "活动次数", "参与师生数", "涉及学科")
PUBLICITY_LABEL: Final = "宣传报道篇次"
TEXT_LABELS: Final = {"highlights": "亮点做法", "next_plan": "下月工作计划", "other": "其他"}


def process_block(cells: Mapping[str, Printed], row: int, spans: Sequence[int]) -> list[Cell]:
    """Five rows: the head, and each form in the order of the paper. `spans`: columns of the four after the label."""
    name, count, people, subjects = spans
    found = [Cell(row=row, column=0, rows=5, text=PROCESS)]
    found += lines_of_cells(row, 1, [(span, text, None) for span, text in zip(spans, PROCESS_HEAD, strict=True)])
    for at, kind in enumerate(ON_PAPER, row + 1):
        keys = f"{kind.value}.count", f"{kind.value}.participants"
        values = [(span, text_value(cells, key), key) for span, key in zip((count, people), keys, strict=True)]
        found += lines_of_cells(at, 1, [(name, kind.words, None), *values])
    found.append(
        Cell(
            row=row + 1,
            column=1 + name + count + people,
            rows=4,
            columns=subjects,
            text=subject_boxes(cells),
            key="subjects",
        )
    )
    return found


def publicity_row(
    cells: Mapping[str, Printed], row: int, labels: Sequence[str], spans: Sequence[tuple[int, int]]
) -> list[Cell]:
    """One row. `labels`: each form's words for the four levels; `spans`: columns of each label and its value."""
    line: list[tuple[int, str, str | None]] = [(1, PUBLICITY_LABEL, None)]
    for key, label, (wide, value_wide) in zip(PUBLICITY, labels, spans, strict=True):
        line += [(wide, label, None), (value_wide, text_value(cells, key), key)]
    return lines_of_cells(row, 0, line)


def text_rows(cells: Mapping[str, Printed], row: int, columns: int, hint: str) -> list[Cell]:
    """亮点做法, 下月工作计划, 其他: one row each. `hint` stands in 亮点做法 while it is empty."""
    found = []
    for at, (key, label) in enumerate(TEXT_LABELS.items(), row):
        text = text_value(cells, key) or (hint if key == "highlights" else "")
        found.append(Cell(row=at, column=0, text=label))
        found.append(Cell(row=at, column=1, columns=columns - 1, text=text, key=key, align="left"))
    return found
