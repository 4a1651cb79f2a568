"""附件3 (结对学校用表): one pair's month as computed, every cell with the records it is made of."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from classroom.ledger.cells import PUBLICITY, SIDES, Figure
from classroom.ledger.figures import counted_of
from classroom.ledger.flows import Flows, delta_lines, flow_figures
from classroom.ledger.months import MonthWindow
from classroom.ledger.stocks import Lookup, agreement_signed, agreement_uploaded, contact, equipment_ok, space_opened

HINT: Final = "（此栏中简单罗列，详细内容以图文结合的体例，单独报送。）"
"""Printed in 亮点做法 where nobody has written anything."""


class PairSides(msgspec.Struct, frozen=True, kw_only=True):
    """A pair as its form names it. Ids beside the names of the time; the recipient is None while 待定."""

    pair: str
    supporter: str
    supporter_name: str
    recipient: str | None
    recipient_name: str
    stage: str | None
    """学段 of the pair: the recipient's."""
    stage_ref: str | None
    is_small: bool
    """乡村小规模学校: of the recipient; a 城区 school is never one."""


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """过程资料 and 宣传报道 of the window that belong to the pair: record references, each once."""

    supporter: tuple[str, ...] = ()
    """`material:…` that the supporter has newly uploaded."""
    recipient: tuple[str, ...] = ()
    publicity: Mapping[str, tuple[str, ...]] = {}
    """Cell of PUBLICITY → `publicity:…`."""


def school_return(
    sides: PairSides, window: MonthWindow, facts: Lookup, flows: Flows, items: Items, filler: str
) -> dict[str, Figure]:
    """Every cell of SCHOOL_FORM. `facts` answers for the window's last day: base data are stocks, the rest flows."""
    last = window.last
    cells = {
        "supporter": Figure(sides.supporter_name, {f"school:{sides.supporter}": 1}),
        "recipient": Figure(sides.recipient_name, {f"school:{sides.recipient}": 1} if sides.recipient else {}),
        "filler": Figure(filler or None),
        "month": Figure(window.month),
        "agreement_signed": agreement_signed(facts, sides.pair, last),
    }
    cells |= stated_cells(sides, last, facts)
    schools = {"supporter": sides.supporter, "recipient": sides.recipient}
    materials = {"supporter": items.supporter, "recipient": items.recipient}
    for side in SIDES:
        school = schools[side]
        cells |= {
            f"{side}.space": space_opened(facts, school, last) if school else Figure(False),
            f"{side}.agreement_uploaded": agreement_uploaded(facts, sides.pair, side, last),
            f"{side}.materials": counted_of(dict.fromkeys(materials[side], 1)),
            f"{side}.is_small": Figure(side == "recipient" and sides.is_small),
        }
    cells |= flow_figures(flows)
    cells |= {cell: counted_of(dict.fromkeys(items.publicity.get(cell, ()), 1)) for cell in PUBLICITY}
    lines = delta_lines(flows.deltas)
    cells |= {"highlights": Figure(None), "next_plan": Figure(None), "other": Figure("；".join(lines) or None)}
    return cells


def stated_cells(sides: PairSides, last: date, facts: Lookup) -> dict[str, Figure]:
    """The cells that somebody must have stated: without a fact behind them they are missing by name."""
    cells = {"stage": Figure(sides.stage, {sides.stage_ref: 1} if sides.stage_ref else {})}
    for side, school in (("supporter", sides.supporter), ("recipient", sides.recipient)):
        who = contact(facts, sides.pair, side)
        cells[f"{side}.contact"], cells[f"{side}.phone"] = who.name, who.phone
        cells[f"{side}.equipment"] = equipment_ok(facts, school, last) if school else Figure(False)
    return cells


MISSING: Final[Mapping[str, str]] = {
    "stage": "未填学段",
    "supporter.contact": "未填城区学校联系人",
    "supporter.phone": "未填城区学校联系电话",
    "recipient.contact": "未填乡村学校联系人",
    "recipient.phone": "未填乡村学校联系电话",
    "filler": "未填填报人",
}
"""Cells of 附件3 that nothing stands for when they are empty."""
UNASSESSED: Final = {"supporter.equipment": "城区学校技术装备未核定", "recipient.equipment": "乡村学校技术装备未核定"}


def missing_in_school_return(cells: Mapping[str, Figure], printed: Mapping[str, object]) -> list[tuple[str, str]]:
    """What is missing, by name: (cell, words). `printed` are the cells with hand values in their place."""
    found = [(cell, words) for cell, words in MISSING.items() if cell in printed and not printed[cell]]
    found += [(cell, words) for cell, words in UNASSESSED.items() if not cells[cell].parts and printed[cell] == "否"]
    return found
