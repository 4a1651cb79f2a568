"""Flows (结对过程数据): 活动次数, 参与师生数 and 涉及学科 of one pair's month, with 补计, 冲减 and the carry."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from classroom.ledger.cells import FLOWS, Figure
from classroom.ledger.figures import boxes, net
from classroom.ledger.kinds import ON_PAPER, Kind

_CELLS: Final = {kind: (f"{kind.value}.count", f"{kind.value}.participants") for kind in ON_PAPER}
_NONE: Final = dict.fromkeys(FLOWS, 0)


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What one form's own activities of the month give. The parts may be left out where only sums are wanted."""

    count: int = 0
    participants: int = 0
    subjects: tuple[str, ...] = ()
    counts: Mapping[str, int] = {}
    """`activity:…` → 1."""
    people: Mapping[str, int] = {}
    """`activity:…` → 参与师生数."""


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """补计 (+) or 冲减 (−) that this month takes."""

    id: str
    activity: str
    kind: Kind
    of_month: str
    count: int
    participants: int
    subjects: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """补计 or 冲减."""
        return "补计" if (self.count, self.participants) >= (0, 0) else "冲减"


class Carry(msgspec.Struct, frozen=True, kw_only=True):
    """What an earlier month of the pair could not take off: below 0."""

    month: str
    cell: str
    amount: int


class Flows(msgspec.Struct, frozen=True, kw_only=True):
    """All that moves the flow cells of one pair's month."""

    own: Mapping[Kind, Counted] = {}
    deltas: tuple[Delta, ...] = ()
    carries: tuple[Carry, ...] = ()


def flow_figures(flows: Flows) -> dict[str, Figure]:
    """The eight flow cells and `subjects`. A cell's parts add up to its net, which may lie below what is printed."""
    found: dict[str, Figure] = {}
    for cell in FLOWS:
        parts, total = _parts(flows, cell)
        found[cell] = Figure(net([total]).printed, parts)
    found["subjects"] = Figure(subjects_of(flows))
    return found


def subjects_of(flows: Flows) -> tuple[str, ...]:
    """涉及学科 over all four forms. 补计 brings its subject, 冲减 takes none away."""
    named = [subject for counted in flows.own.values() for subject in counted.subjects]
    named += [subject for delta in settled(flows.deltas) if delta.count > 0 for subject in delta.subjects]
    return boxes(named)


def carried_on(flows: Flows) -> dict[str, int]:
    """Cell → what lies below 0 and goes to the pair's next open month."""
    below = {cell: net([_parts(flows, cell)[1]]).carried for cell in FLOWS}
    return {cell: amount for cell, amount in below.items() if amount}


def delta_lines(deltas: Iterable[Delta]) -> list[str]:
    """补计/冲减 in words, added up by form, month and direction: they stand in 其他."""
    sums: dict[tuple[str, Kind, str], tuple[int, int]] = {}
    for delta in settled(deltas):
        key = (delta.of_month, delta.kind, delta.words)
        count, people = sums.get(key, (0, 0))
        sums[key] = (count + delta.count, people + delta.participants)
    order: Sequence[Kind] = ON_PAPER
    return [
        f"{words}{of_month[:4]}年{int(of_month[5:])}月{kind.words}{abs(count)}{kind.unit}、{abs(people)}人次"
        for (of_month, kind, words), (count, people) in sorted(
            sums.items(), key=lambda item: (item[0][0], order.index(item[0][1]), item[0][2] == "冲减")
        )
    ]


def settled(deltas: Iterable[Delta]) -> list[Delta]:
    """One delta an activity: what was added and taken off again within the month is nothing."""
    found: dict[str, Delta] = {}
    for delta in deltas:
        before = found.get(delta.activity)
        if before is not None:
            delta = msgspec.structs.replace(
                before,
                count=before.count + delta.count,
                participants=before.participants + delta.participants,
                subjects=before.subjects + delta.subjects,
            )
        found[delta.activity] = delta
    return [delta for delta in found.values() if delta.count or delta.participants]


def flow_numbers(flows: Flows) -> dict[str, int]:
    """The printed values of the eight flow cells, without their parts: for all pairs of a province at once."""
    if flows.deltas or flows.carries:
        return {cell: net([_parts(flows, cell)[1]]).printed for cell in FLOWS}
    numbers = dict(_NONE)
    for kind, own in flows.own.items():
        count, participants = _CELLS[kind]
        numbers[count], numbers[participants] = own.count, own.participants
    return numbers


def _parts(flows: Flows, cell: str) -> tuple[dict[str, int], int]:
    """The references that make a flow cell, and their sum (own activities also where their parts were left out)."""
    kind_name, _, what = cell.partition(".")
    kind, is_count = Kind(kind_name), what == "count"
    own = flows.own.get(kind, Counted())
    parts = dict(own.counts if is_count else own.people)
    total = own.count if is_count else own.participants
    for delta in flows.deltas:
        amount = delta.count if is_count else delta.participants
        if delta.kind is kind and amount:
            parts[f"adjustment:{delta.id}"] = amount
            total += amount
    for carry in flows.carries:
        if carry.cell == cell:
            parts[f"carry:{carry.month}"] = parts.get(f"carry:{carry.month}", 0) + carry.amount
            total += carry.amount
    return parts, total
