"""A snapshot (报表存档): a form as it stood at one instant, complete enough to print the same paper years later.

Also what is put by hand: beside the computed value, never over it, with a reason.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from classroom.ledger.cells import BUREAU_FORM, FLOWS, PUBLICITY, SCHOOL_FORM, SIDES, TEXTS, Figure, Value
from classroom.ledger.errors import LedgerError
from classroom.ledger.figures import Printed, boxes, printed, rate
from classroom.ledger.months import MonthWindow
from classroom.ledger.policy import Policy
from classroom.ledger.subjects import SUBJECTS

Form = Literal["annex2", "annex3"]
"""附件2, 附件3."""

MAX_NUMBER: Final = 1_000_000
MAX_TEXT_CHARS: Final = 2_000
MAX_LINE_CHARS: Final = 80
STAGES: Final = ("小学", "初中", "九年一贯制")

_NUMBERS: Final = frozenset(
    {
        *FLOWS,
        *PUBLICITY,
        *(f"{side}.materials" for side in SIDES),
        *("task", "pairs", "signed", "equipped", "space_opened", "uploaded", "materials"),
    }
)
_YES_NO: Final = frozenset(
    {
        "agreement_signed",
        *(f"{side}.{what}" for side in SIDES for what in ("equipment", "space", "agreement_uploaded", "is_small")),
    }
)
_LINES: Final = frozenset({"filler", *(f"{side}.{what}" for side in SIDES for what in ("contact", "phone"))})
UNREASONED: Final = frozenset({*TEXTS, *_LINES})
"""Texts are written, not corrected: they need no reason."""
RATES: Final[Mapping[str, str]] = {"signed_rate": "signed", "equipped_rate": "equipped", "space_rate": "space_opened"}
"""Rates follow the printed numbers; nobody types them."""


class HandValue(msgspec.Struct, frozen=True, kw_only=True):
    """手工填写: a value beside the computed one; who put it there, when and why."""

    value: Value
    reason: str
    actor_kind: str
    actor: str
    at: datetime


class PaperWords(msgspec.Struct, frozen=True, kw_only=True):
    """What the county's policy puts on the paper besides the values."""

    programme: str
    report_to: tuple[str, ...]
    show_leader_line: bool
    show_window: bool


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A form with its computed figures, hand values, printed cells, window and policy version."""

    form: Form
    pair: str
    number: int
    at: datetime
    policy: int
    window: MonthWindow
    cells: dict[str, Figure]
    hands: dict[str, HandValue]
    printed: dict[str, Printed]
    missing: tuple[tuple[str, str], ...]
    is_confirmed: bool
    """Submitted by a school; False: 附件2 went out without (学校未确认)."""
    carried: dict[str, int]
    """Cell → below 0: what a later month takes."""
    paper: PaperWords


def paper_words(policy: Policy, form: Form) -> PaperWords:
    """The policy's words for a form."""
    return PaperWords(
        programme=policy.programme,
        report_to=policy.bureau_report_to if form == "annex2" else (policy.school_report_to,),
        show_leader_line=policy.show_leader_line and form == "annex2",
        show_window=policy.show_window_on_paper,
    )


def printed_cells(cells: Mapping[str, Figure], hands: Mapping[str, HandValue]) -> dict[str, Printed]:
    """What stands on paper: the hand value where there is one, else the computed value."""
    return {cell: printed(hands[cell].value if cell in hands else figure.value) for cell, figure in cells.items()}


def printed_bureau_cells(
    policy: Policy, cells: Mapping[str, Figure], hands: Mapping[str, HandValue], schools: int
) -> dict[str, Printed]:
    """As `printed_cells`; the three rates follow the printed numbers. `schools`: n(OS), as computed."""
    found = printed_cells(cells, hands)
    for rate_cell, number_cell in RATES.items():
        if policy.rate_denominator == "task":
            denominator = _number(found["task"])
        elif policy.count_unit == "schools" or rate_cell == "signed_rate":
            denominator = _number(found["pairs"])
        else:
            denominator = schools
        found[rate_cell] = rate(_number(found[number_cell]), denominator)
    return found


def checked_hand(form: Form, cell: str, value: Any, reason: str) -> Value:
    """A value as the cell takes it.

    Raises LedgerError: cell_unknown, cell_not_by_hand, cell_out_of_range, reason_missing.
    """
    if cell not in (BUREAU_FORM if form == "annex2" else SCHOOL_FORM):
        raise LedgerError("cell_unknown", cell)
    found = _taken(cell, value)
    if cell not in UNREASONED and not reason.strip():
        raise LedgerError("reason_missing")
    return found


def _taken(cell: str, value: Any) -> Value:
    if cell in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
            raise LedgerError("cell_out_of_range", f"应为 0 至 {MAX_NUMBER} 的整数")
        return value
    if cell in _YES_NO:
        if not isinstance(value, bool):
            raise LedgerError("cell_out_of_range", "应为是或否")
        return value
    if cell == "subjects":
        if not isinstance(value, list | tuple) or not set(map(str, value)) <= set(SUBJECTS):
            raise LedgerError("cell_out_of_range", "学科只能从表上的十二项中选")
        return boxes(map(str, value))
    if cell == "stage":
        if value not in STAGES:
            raise LedgerError("cell_out_of_range", "学段应为小学、初中或九年一贯制")
        return str(value)
    if cell in TEXTS or cell in _LINES:
        return _text(value, MAX_TEXT_CHARS if cell in TEXTS else MAX_LINE_CHARS, is_line=cell in _LINES)
    raise LedgerError("cell_not_by_hand", cell)


def _text(value: Any, limit: int, *, is_line: bool) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise LedgerError("cell_out_of_range", f"文字最多 {limit} 字")
    allowed = "" if is_line else "\n"
    if any(not char.isprintable() and char not in allowed for char in value):
        raise LedgerError("cell_out_of_range", "文字里有不能打印的字符")
    return value.strip()


def _number(value: Printed) -> int:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else 0
