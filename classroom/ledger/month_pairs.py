"""The pairs of a work month: which file an 附件3, whose schools are ours, and to which pair an item belongs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from classroom.ledger.bureau_return import ActivePair
from classroom.ledger.months import MonthWindow
from classroom.ledger.school_return import Items, PairSides
from classroom.registry.book import Book
from classroom.registry.facts import Pair, is_active
from classroom.registry.items import Material, Publicity
from classroom.registry.standing import county_of, in_list_order, is_small, level_of, sides, stage_of


class MonthPair(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pair in a work month, with the names and facts of the window's last day."""

    pair: Pair
    supporter_name: str
    recipient_name: str
    level: str | None
    own: tuple[str, ...]
    """Of its schools, those of our county."""
    is_active: bool
    """On the window's last day: it belongs to 基础数据."""
    files: bool
    """Active on any day of the window: an 附件3 is due."""

    @property
    def name(self) -> str:
        """支援学校 → 受援学校."""
        return f"{self.supporter_name} → {self.recipient_name or '待定'}"

    @property
    def is_recipient_ours(self) -> bool:
        return self.pair.recipient in self.own

    @property
    def filing_school(self) -> str | None:
        """Who fills the form: the 受援 school; our supporter where the recipient is another county's."""
        return self.pair.recipient if self.is_recipient_ours else self.pair.supporter


def month_pairs(book: Book, window: MonthWindow, county: str) -> tuple[MonthPair, ...]:
    """Every pair of the registry, in the order of 附件1. `county`: how our schools' codes begin; "": all are ours."""
    own: dict[str, bool] = {}
    found = []
    for pair in in_list_order(book.pairs.values()):
        for school in sides(pair):
            if school not in own:
                own[school] = (county_of(book, school, window.last) or "").startswith(county)
        found.append(
            MonthPair(
                pair=pair,
                supporter_name=book.schools[pair.supporter].name,
                recipient_name=book.schools[pair.recipient].name if pair.recipient else "",
                level=level_of(book, pair, window.last),
                own=tuple(school for school in sides(pair) if own[school]),
                is_active=is_active(pair, window.last),
                files=_was_active(pair, window),
            )
        )
    return tuple(found)


def pair_sides(book: Book, pair: MonthPair, last: date, small_max: int) -> PairSides:
    """The pair as 附件3 names it. `small_max`: the pupils of a 小规模学校 at most."""
    stage = stage_of(book, pair.pair, last)
    recipient = pair.pair.recipient
    return PairSides(
        pair=pair.pair.id,
        supporter=pair.pair.supporter,
        supporter_name=pair.supporter_name,
        recipient=recipient,
        recipient_name=pair.recipient_name,
        stage=str(stage.value) if stage else None,
        stage_ref=f"fact:{stage.id}" if stage else None,
        is_small=recipient is not None and is_small(book, recipient, last, small_max).value is True,
    )


def active_pairs(pairs: Iterable[MonthPair]) -> list[ActivePair]:
    """Those of 基础数据."""
    return [
        ActivePair(pair=one.pair.id, supporter=one.pair.supporter, recipient=one.pair.recipient, own=one.own)
        for one in pairs
        if one.is_active and one.pair.recipient is not None
    ]


def items_by_pair(
    pairs: Sequence[MonthPair], materials: Iterable[Material], publicity: Iterable[Publicity]
) -> tuple[dict[str, Items], dict[str, list[str]]]:
    """Pair → its items of the window; and the bureau's own publicity by cell.

    An item of a school without a pair belongs to the school's first filing pair in the order of 附件1.
    """
    first: dict[str, str] = {}
    known = {one.pair.id: one.pair for one in pairs}
    for one in pairs:
        for school in sides(one.pair) if one.files else ():
            first.setdefault(school, one.pair.id)
    ups: dict[str, dict[str, list[str]]] = {}
    for material in materials:
        pair = material.pair or first.get(material.school)
        if pair in known:
            side = "supporter" if known[pair].supporter == material.school else "recipient"
            ups.setdefault(pair, {}).setdefault(side, []).append(f"material:{material.id}")
    bureau: dict[str, list[str]] = {}
    told: dict[str, dict[str, list[str]]] = {}
    for item in publicity:
        pair = item.pair or first.get(item.school or "")
        cells = told.setdefault(pair, {}) if pair in known else bureau
        cells.setdefault(f"publicity.{item.level}", []).append(f"publicity:{item.id}")
    return {
        pair: Items(
            supporter=tuple(ups.get(pair, {}).get("supporter", ())),
            recipient=tuple(ups.get(pair, {}).get("recipient", ())),
            publicity=_tuples(told.get(pair, {})),
        )
        for pair in ups.keys() | told.keys()
    }, bureau


def _tuples(cells: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {cell: tuple(refs) for cell, refs in cells.items()}


def _was_active(pair: Pair, window: MonthWindow) -> bool:
    if is_active(pair, window.first):
        return True
    begun = (change for change in pair.statuses if window.first < change.since <= window.last)
    return pair.recipient is not None and any(change.status == "active" for change in begun)
