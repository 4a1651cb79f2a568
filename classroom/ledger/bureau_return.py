"""附件2 (教育局汇总表): the bureau's month as computed from its pairs' 附件3 and the registry's stocks.

A pair's part is what its 附件3 prints: of a filed one what was filed, else what would be printed now (学校未确认).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from classroom.ledger.cells import FLOWS, PUBLICITY, Figure
from classroom.ledger.figures import boxes, counted_of, rate
from classroom.ledger.flows import Delta, delta_lines
from classroom.ledger.kinds import Kind
from classroom.ledger.months import MonthWindow
from classroom.ledger.policy import Policy
from classroom.ledger.stocks import Lookup, agreement_signed, agreement_uploaded, equipment_ok, space_opened


class ActivePair(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that is active at the window's end, and which of its schools are the county's own."""

    pair: str
    supporter: str
    recipient: str
    own: tuple[str, ...]
    """Of the two, those of our county."""


class PairPart(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's 附件3 as far as 附件2 adds it up: printed values."""

    pair: str
    is_recipient_ours: bool
    is_confirmed: bool
    """Submitted by a school; else 学校未确认."""
    numbers: Mapping[str, int]
    """Flow and publicity cells, and `materials` of our own schools."""
    subjects: tuple[str, ...] = ()


Overlaps = Mapping[Kind, tuple[int, int]]
"""What a sum holds more than once: 次数 and 人次 to take away for distinct figures."""


def bureau_return(
    policy: Policy,
    version: int,
    window: MonthWindow,
    active: Sequence[ActivePair],
    facts: Lookup,
    parts: Sequence[PairPart],
    publicity: Mapping[str, Sequence[str]],
    deltas: Iterable[Delta],
    overlap: Overlaps,
    filler: str,
) -> dict[str, Figure]:
    """Every cell of BUREAU_FORM. `version`: of the policy. `publicity`: cell → the bureau's own items.

    `deltas` (补计 and 冲减 that the month takes) and `overlap` are of the pairs in the policy's scope.
    """
    cells = {
        "unit": Figure(policy.unit or None, {f"policy:{version}": 1}),
        "filler": Figure(filler or None),
        "month": Figure(window.month),
    }
    cells |= base_figures(policy, version, window, active, facts)
    counted = [part for part in parts if policy.include_unconfirmed or part.is_confirmed]
    scoped = in_scope(counted, policy)
    flows = flow_sums(scoped, overlap if policy.rollup_mode == "distinct" else {})
    cells |= {"materials": _sum(counted, "materials")}
    cells |= flows
    for cell in PUBLICITY:
        own = dict.fromkeys(publicity.get(cell, ()), 1)
        cells[cell] = counted_of({**_sum(counted, cell).parts, **own})
    lines = delta_lines(deltas)
    cells |= {"highlights": Figure(None), "next_plan": Figure(None), "other": Figure("；".join(lines) or None)}
    return cells


def base_figures(
    policy: Policy, version: int, window: MonthWindow, active: Sequence[ActivePair], facts: Lookup
) -> dict[str, Figure]:
    """基础数据: stocks on the window's last day, in 所 (schools) or in 对 (pairs)."""
    last = window.last
    year = int(window.month[:4])
    task = policy.task.get(year)
    of_school = pairs_by_school(active)
    if policy.count_unit == "schools":
        there = dict.fromkeys((f"school:{school}" for school in of_school), 1)
        signed = _where(of_school, lambda school: _all_signed(facts, of_school[school], last))
    else:
        there = {f"pair:{pair.pair}": 1 for pair in active}
        signed = {f"pair:{pair.pair}": 1 for pair in active if agreement_signed(facts, pair.pair, last).value}
    equipped = _where(of_school, lambda school: bool(equipment_ok(facts, school, last).value))
    opened = _where(of_school, lambda school: bool(space_opened(facts, school, last).value))
    uploaded = _where(of_school, lambda school: _all_uploaded(facts, school, of_school[school], last))
    # The equipment and the space are the schools', whatever the agreements are counted in.
    schools = len(of_school)
    by_task = policy.rate_denominator == "task"
    return {
        "task": Figure(task, {f"policy:{version}": task} if task is not None else {}),
        "pairs": counted_of(there),
        "signed": counted_of(signed),
        "signed_rate": Figure(rate(len(signed), (task or 0) if by_task else len(there))),
        "equipped": counted_of(equipped),
        "equipped_rate": Figure(rate(len(equipped), (task or 0) if by_task else schools)),
        "space_opened": counted_of(opened),
        "space_rate": Figure(rate(len(opened), (task or 0) if by_task else schools)),
        "uploaded": counted_of(uploaded),
    }


def pairs_by_school(active: Iterable[ActivePair]) -> dict[str, list[ActivePair]]:
    """OS: the county's own schools in at least one active pair, each with its active pairs."""
    found: dict[str, list[ActivePair]] = {}
    for pair in active:
        for school in pair.own:
            found.setdefault(school, []).append(pair)
    return found


def in_scope(parts: Iterable[PairPart], policy: Policy) -> list[PairPart]:
    """The pairs whose activities are ours to report."""
    return [part for part in parts if policy.activity_scope == "any_side" or part.is_recipient_ours]


def flow_sums(parts: Sequence[PairPart], overlap: Overlaps) -> dict[str, Figure]:
    """Σ of what 附件3s print, less what `overlap` says is in it twice ({}: `sum`); and the union of subjects."""
    found: dict[str, Figure] = {}
    for cell in FLOWS:
        figure = _sum(parts, cell)
        kind, _, what = cell.partition(".")
        twice = overlap.get(Kind(kind))
        if twice is not None:
            less = twice[0] if what == "count" else twice[1]
            figure = Figure(max(0, sum(figure.parts.values()) - less), figure.parts)
        found[cell] = figure
    found["subjects"] = Figure(boxes(subject for part in parts for subject in part.subjects))
    return found


def compared(
    parts: Sequence[PairPart], policy: Policy, overlap_any: Overlaps, overlap_recipient: Overlaps
) -> dict[str, dict[str, dict[str, int]]]:
    """Scope → roll-up → flow cell → value: the four ways to add up, side by side (“our number ≠ theirs”)."""
    counted = [part for part in parts if policy.include_unconfirmed or part.is_confirmed]
    found: dict[str, dict[str, dict[str, int]]] = {}
    for scope, some, overlap in (
        ("any_side", counted, overlap_any),
        ("recipient_side", [part for part in counted if part.is_recipient_ours], overlap_recipient),
    ):
        ways = {"sum": flow_sums(some, {}), "distinct": flow_sums(some, overlap)}
        found[scope] = {
            way: {cell: int(figure.value) for cell in FLOWS if isinstance((figure := figures[cell]).value, int)}
            for way, figures in ways.items()
        }
    return found


def missing_in_bureau_return(policy: Policy, printed: Mapping[str, object]) -> list[tuple[str, str]]:
    """What is missing, by name: (cell, words)."""
    found = [("unit", "未设置单位名称")] if not printed.get("unit") else []
    found += [("filler", "未填填报人")] if not printed.get("filler") else []
    found += [("task", "未设置本年度结对任务数")] if not printed.get("task") else []
    found += [("pairs", "未设置本县行政区划代码，登记的学校都算作本县")] if not policy.county else []
    return found


def _sum(parts: Iterable[PairPart], cell: str) -> Figure:
    return counted_of({f"pair:{part.pair}": value for part in parts if (value := part.numbers.get(cell, 0))})


def _where(schools: Iterable[str], holds: Callable[[str], bool]) -> dict[str, int]:
    return {f"school:{school}": 1 for school in schools if holds(school)}


def _all_signed(facts: Lookup, pairs: Iterable[ActivePair], last: date) -> bool:
    return all(agreement_signed(facts, pair.pair, last).value for pair in pairs)


def _all_uploaded(facts: Lookup, school: str, pairs: Iterable[ActivePair], last: date) -> bool:
    return all(
        agreement_uploaded(facts, pair.pair, "supporter" if school == pair.supporter else "recipient", last).value
        for pair in pairs
    )
