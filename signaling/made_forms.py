"""Forms made of a month's facts: a snapshot each, kept or only looked at. Pure."""

from collections.abc import Iterable
from datetime import datetime

from classroom.ledger.bureau_return import bureau_return, compared, missing_in_bureau_return, pairs_by_school
from classroom.ledger.cells import FLOWS, PUBLICITY, SIDES, Figure
from classroom.ledger.filing import BUREAU
from classroom.ledger.flows import carried_on
from classroom.ledger.month_pairs import active_pairs, pair_sides
from classroom.ledger.months import MonthWindow
from classroom.ledger.school_return import Items, missing_in_school_return, school_return
from classroom.ledger.snapshot import Snapshot, paper_words, printed_bureau_cells, printed_cells
from classroom.store.activities import LightActivity
from classroom.store.returns import Summary
from signaling.month_facts import MonthFacts, imported_cells

LIVE = 0
"""The number of a form that is only looked at."""


def school_form(
    facts: MonthFacts,
    pair: str,
    activities: Iterable[LightActivity],
    at: datetime,
    *,
    number: int = LIVE,
    filer: str = "",
    is_confirmed: bool = False,
) -> Snapshot:
    """附件3 of a pair. `activities`: the pair's of this month; `filer` stands unless somebody has written another."""
    month, policy, hands = facts.month, facts.policy, dict(facts.hands_of(pair))
    flows = facts.flows(pair, activities)
    sides = pair_sides(facts.book, facts.pairs[pair], month.last, facts.policy.small_max)
    cells = school_return(sides, month, facts.lookup, flows, facts.items.get(pair, Items()), filer)
    if pair in facts.imported:
        # The flows are the paper's already; of the rest the paper says what nothing here does.
        paper = imported_cells(facts.imported[pair])
        cells |= {cell: figure for cell, figure in paper.items() if not cells[cell].parts}
    printed = printed_cells(cells, hands)
    return Snapshot(
        form="annex3",
        pair=pair,
        number=number,
        at=at,
        policy=facts.version,
        window=_window(month),
        cells=cells,
        hands=hands,
        printed=printed,
        missing=tuple(missing_in_school_return(cells, printed)),
        is_confirmed=is_confirmed,
        carried=carried_on(flows),
        paper=paper_words(policy, "annex3"),
    )


def bureau_form(facts: MonthFacts, at: datetime, *, number: int = LIVE, filer: str = "") -> Snapshot:
    """附件2 of the month."""
    month, policy, hands = facts.month, facts.policy, dict(facts.hands_of(BUREAU))
    active = active_pairs(facts.pairs.values())
    cells = bureau_return(
        policy,
        facts.version,
        month,
        active,
        facts.lookup,
        [facts.part(one.pair.id) for one in facts.concerned()],
        facts.bureau_publicity,
        facts.scoped_deltas(),
        facts.overlap(recipient_side=policy.activity_scope == "recipient_side"),
        filer,
    )
    printed = printed_bureau_cells(policy, cells, hands, len(pairs_by_school(active)))
    return Snapshot(
        form="annex2",
        pair=BUREAU,
        number=number,
        at=at,
        policy=facts.version,
        window=_window(month),
        cells=cells,
        hands=hands,
        printed=printed,
        missing=tuple(missing_in_bureau_return(policy, printed)),
        is_confirmed=True,
        carried={},
        paper=paper_words(policy, "annex2"),
    )


def comparison(facts: MonthFacts) -> dict[str, dict[str, dict[str, int]]]:
    """The four ways to add the month up: any side or recipient side, sum or distinct."""
    parts = [facts.part(one.pair.id) for one in facts.concerned()]
    return compared(parts, facts.policy, facts.overlap(recipient_side=False), facts.overlap(recipient_side=True))


def summary_of(form: Snapshot) -> Summary:
    """What 附件2 adds up of a filed 附件3."""
    cells = (*FLOWS, *PUBLICITY, *(f"{side}.materials" for side in SIDES))
    values = {cell: form.hands[cell].value if cell in form.hands else form.cells[cell].value for cell in cells}
    subjects = form.printed["subjects"]
    return Summary(
        numbers={cell: value for cell, value in values.items() if isinstance(value, int)},
        subjects=subjects if isinstance(subjects, tuple) else (),
    )


def differing(one: Snapshot, other: Snapshot) -> list[str]:
    """The cells in which two forms print something else."""
    return sorted(cell for cell, printed in one.printed.items() if other.printed.get(cell) != printed)


def references(cells: Iterable[Figure]) -> set[str]:
    """Every record that stands behind any of these."""
    return {ref for figure in cells for ref in figure.parts}


def _window(month: MonthWindow) -> MonthWindow:
    return MonthWindow(month=month.month, first=month.first, last=month.last, is_provisional=month.is_provisional)
