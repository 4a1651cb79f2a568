"""All that a work month's forms are made of, read in bulk: a handful of queries, however many pairs there are."""

from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from classroom.ledger.bureau_return import Overlaps, PairPart
from classroom.ledger.cells import PUBLICITY, SIDES, Figure
from classroom.ledger.errors import LedgerError
from classroom.ledger.figures import boxes
from classroom.ledger.filing import BUREAU, FROZEN, State
from classroom.ledger.flows import Carry, Counted, Delta, Flows, flow_numbers, subjects_of
from classroom.ledger.kinds import ON_PAPER, Kind
from classroom.ledger.month_pairs import MonthPair, items_by_pair, month_pairs
from classroom.ledger.months import WorkMonth
from classroom.ledger.policy import Policy
from classroom.ledger.school_return import Items
from classroom.ledger.snapshot import HandValue, checked_hand
from classroom.ledger.stocks import Lookup
from classroom.registry.book import Book, value_on
from classroom.registry.facts import Fact
from classroom.store.activities import Adjustment, LightActivity, Shared, Tally, overlap_of
from classroom.store.imported import ImportedReturn
from classroom.store.returns import ReturnRow, Summary
from classroom.store.store import Store

_NO_HANDS: Mapping[str, HandValue] = {}


class MonthFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A work month as it stands. Dictionaries are by pair, and hold only pairs of which there is anything."""

    month: WorkMonth
    policy: Policy
    version: int
    """Of the policy."""
    book: Book
    pairs: Mapping[str, MonthPair]
    """Every pair of the registry, in the order of 附件1."""
    tallies: Mapping[str, Mapping[Kind, Tally]]
    deltas: Mapping[str, tuple[Delta, ...]]
    carries: Mapping[str, tuple[Carry, ...]]
    items: Mapping[str, Items]
    bureau_publicity: Mapping[str, list[str]]
    titles: Mapping[str, str]
    """Reference of a material or a story → its title."""
    rows: Mapping[str, ReturnRow]
    """BUREAU too."""
    hands: Mapping[str, Mapping[str, HandValue]]
    """BUREAU too."""
    shared: tuple[Shared, ...]
    imported: Mapping[str, ImportedReturn]
    """附件3 that were brought in from paper: filed figures of a month that this system did not see."""
    kept: dict[str, PairPart] = {}
    """Parts that were asked for before: a page asks for the same ones in several places."""

    @property
    def is_sent(self) -> bool:
        """Whether 附件2 has gone out: then no 附件3 of the month changes any more."""
        row = self.rows.get(BUREAU)
        return row is not None and row.filed_at is not None

    @property
    def lookup(self) -> Lookup:
        """The dated facts of the window's last day."""
        return partial(_value_on, self.book, self.month)

    def state(self, pair: str) -> State:
        """Where the form is; what nobody had touched when 附件2 went out is locked with the rest."""
        row = self.rows.get(pair)
        if pair in self.imported:
            return State.LOCKED
        if row is None or (pair != BUREAU and row.state not in FROZEN):
            return State.LOCKED if self.is_sent and pair != BUREAU else State.DRAFT if row is None else row.state
        return row.state

    def hands_of(self, pair: str) -> Mapping[str, HandValue]:
        """Values put by hand."""
        return self.hands.get(pair, _NO_HANDS)

    def flows(self, pair: str, activities: Iterable[LightActivity] | None = None) -> Flows:
        """What moves the pair's flow cells: by its `activities` (of this month) one by one, else by their sums."""
        if pair in self.imported:
            return Flows(own=imported_flows(self.imported[pair]))
        own = counted(activities) if activities is not None else self._tallied(pair)
        return Flows(own=own, deltas=self.deltas.get(pair, ()), carries=self.carries.get(pair, ()))

    def summary(self, pair: str) -> Summary:
        """What the pair's form prints: as it was filed, else as it would be now."""
        row = self.rows.get(pair)
        if row is not None and row.state in FROZEN and row.snapshot is not None:
            return row.summary
        if pair in self.imported:
            return imported_summary(self.imported[pair])
        if self.is_sent:
            # It came after 附件2 had gone out: what it brings is 补计 of a later month.
            return Summary()
        flows, items = self.flows(pair), self.items.get(pair, Items())
        numbers = flow_numbers(flows)
        numbers |= {cell: len(items.publicity.get(cell, ())) for cell in PUBLICITY}
        numbers |= {"supporter.materials": len(items.supporter), "recipient.materials": len(items.recipient)}
        subjects = subjects_of(flows)
        for cell, hand in self.hands_of(pair).items():
            if cell in numbers and isinstance(hand.value, int):
                numbers[cell] = hand.value
            elif cell == "subjects" and isinstance(hand.value, tuple):
                subjects = hand.value
        return Summary(numbers=numbers, subjects=subjects)

    def part(self, pair: str) -> PairPart:
        """The pair's part in 附件2."""
        if pair not in self.kept:
            self.kept[pair] = self._part(pair)
        return self.kept[pair]

    def is_confirmed(self, pair: str) -> bool:
        """Whether a school has submitted the form; else 学校未确认."""
        row = self.rows.get(pair)
        return pair in self.imported or (row is not None and row.is_confirmed and row.state in FROZEN)

    def _part(self, pair: str) -> PairPart:
        one, summary = self.pairs[pair], self.summary(pair)
        sides = {"supporter": one.pair.supporter, "recipient": one.pair.recipient}
        numbers = dict(summary.numbers)
        numbers["materials"] = sum(
            summary.numbers.get(f"{side}.materials", 0) for side in SIDES if sides[side] in one.own
        )
        return PairPart(
            pair=pair,
            is_recipient_ours=one.is_recipient_ours,
            is_confirmed=self.is_confirmed(pair),
            numbers=numbers,
            subjects=summary.subjects,
        )

    def filing(self) -> list[MonthPair]:
        """The pairs that an 附件3 is due of."""
        return [one for one in self.pairs.values() if one.files]

    def concerned(self) -> list[MonthPair]:
        """Those, and every other pair that anything of this month belongs to."""
        some = (
            self.imported.keys()
            | self.tallies.keys()
            | self.deltas.keys()
            | self.carries.keys()
            | self.items.keys()
            | self.rows.keys()
        )
        return [one for id, one in self.pairs.items() if one.files or id in some]

    def overlap(self, *, recipient_side: bool) -> Overlaps:
        """What the sums of the pairs in this scope hold twice."""
        some = frozenset(id for id, one in self.pairs.items() if one.is_recipient_ours) if recipient_side else None
        return {kind: (twice.count, twice.participants) for kind, twice in overlap_of(self.shared, some).items()}

    def scoped_deltas(self) -> list[Delta]:
        """补计 and 冲减 of the pairs whose activities are ours to report."""
        is_any = self.policy.activity_scope == "any_side"
        return [
            delta
            for pair, deltas in self.deltas.items()
            if pair in self.pairs and (is_any or self.pairs[pair].is_recipient_ours)
            for delta in deltas
        ]

    def _tallied(self, pair: str) -> dict[Kind, Counted]:
        return {
            kind: Counted(
                count=tally.count, participants=tally.participants, subjects=tally.subjects if tally.count else ()
            )
            for kind, tally in self.tallies.get(pair, {}).items()
        }


async def month_of(store: Store, month: str) -> WorkMonth:
    """The month's row. Raises LedgerError(month_unknown)."""
    found = await store.months.month(month)
    if found is None:
        raise LedgerError("month_unknown", month)
    return found


async def gather(store: Store, month: WorkMonth) -> MonthFacts:
    """The month as it stands now."""
    version, policy = await store.policies.current()
    book = await store.registry.book()
    pairs = month_pairs(book, month, policy.county)
    materials, stories = await store.materials.new_in(month), await store.publicity.published_in(month)
    items, bureau_publicity = items_by_pair(pairs, materials, stories)
    tallies: dict[str, dict[Kind, Tally]] = {}
    for tally in await store.activities.tallies(month.month):
        tallies.setdefault(tally.pair, {})[tally.kind] = tally
    deltas: dict[str, list[Delta]] = {}
    for line in await store.activities.adjustments(into_month=month.month):
        deltas.setdefault(line.pair, []).append(delta_of(line))
    carries: dict[str, list[Carry]] = {}
    for one in await store.returns.carries_into(month.month):
        carries.setdefault(one.pair, []).append(Carry(month=one.month, cell=one.cell, amount=one.amount))
    return MonthFacts(
        month=month,
        policy=policy,
        version=version,
        book=book,
        pairs={one.pair.id: one for one in pairs},
        tallies=tallies,
        deltas={pair: tuple(some) for pair, some in deltas.items()},
        carries={pair: tuple(carried) for pair, carried in carries.items()},
        items=items,
        bureau_publicity=bureau_publicity,
        titles={f"material:{one.id}": one.title for one in materials}
        | {f"publicity:{one.id}": f"{one.outlet}：{one.title}" for one in stories},
        rows=await store.returns.of_month(month.month),
        hands=await store.returns.hands(month.month),
        shared=tuple(await store.activities.shared(month.month)),
        imported={one.pair: one for one in await store.imported.between(month.month, month.month)},
    )


def counted(activities: Iterable[LightActivity]) -> dict[Kind, Counted]:
    """What counts of a pair's activities of a month, by form, with the activities as parts."""
    by_kind: dict[Kind, list[LightActivity]] = {}
    for one in activities:
        if one.state == "counted":
            by_kind.setdefault(one.kind, []).append(one)
    return {
        kind: Counted(
            count=len(some),
            participants=sum(one.participants for one in some),
            subjects=boxes(subject for one in some for subject in one.subjects),
            counts={f"activity:{one.id}": 1 for one in some},
            people={f"activity:{one.id}": one.participants for one in some},
        )
        for kind, some in by_kind.items()
    }


def imported_cells(paper: ImportedReturn) -> dict[str, Figure]:
    """What a paper said, cell by cell, as far as the form has such a cell and it takes such a value."""
    found = {}
    for cell, value in paper.cells.items():
        said = {"是": True, "否": False}.get(value, value) if isinstance(value, str) else value
        try:
            taken = checked_hand("annex3", cell, said, "导入")
        except LedgerError:
            continue
        adds = taken if isinstance(taken, int) else 1
        found[cell] = Figure(taken, {f"imported:{paper.id}": adds} if adds else {})
    return found


def imported_flows(paper: ImportedReturn) -> dict[Kind, Counted]:
    """A paper's flow cells; the subjects, which it names for all forms together, stand with the first."""
    cells = imported_cells(paper)
    ticked = cells["subjects"].value if "subjects" in cells else ()
    found = {}
    for kind in ON_PAPER:
        count, people = (cells.get(f"{kind.value}.{what}", Figure(0)) for what in ("count", "participants"))
        found[kind] = Counted(
            count=count.value if isinstance(count.value, int) else 0,
            participants=people.value if isinstance(people.value, int) else 0,
            subjects=ticked if kind is ON_PAPER[0] and isinstance(ticked, tuple) else (),
            counts=count.parts,
            people=people.parts,
        )
    return found


def imported_summary(paper: ImportedReturn) -> Summary:
    """A paper as far as 附件2 adds it up."""
    cells = imported_cells(paper)
    ticked = cells["subjects"].value if "subjects" in cells else ()
    numbers = {cell: figure.value for cell, figure in cells.items() if type(figure.value) is int}
    return Summary(numbers=numbers, subjects=ticked if isinstance(ticked, tuple) else ())


def delta_of(line: Adjustment) -> Delta:
    """A stored 补计 or 冲减 as the forms take it."""
    return Delta(
        id=line.id,
        activity=line.activity,
        kind=line.kind,
        of_month=line.of_month,
        count=line.count,
        participants=line.participants,
        subjects=line.subjects,
    )


def _value_on(book: Book, month: WorkMonth, id: str, field: str) -> Fact | None:
    return value_on(book, id, field, month.last)
