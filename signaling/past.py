"""Past months (以往各月): totals of pairs from before this system began, one line of a table for a pair's month."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import msgspec

from classroom.ledger.cells import FLOWS, PUBLICITY, Value
from classroom.ledger.figures import boxes
from classroom.ledger.kinds import ON_PAPER
from classroom.ledger.subjects import SUBJECTS
from classroom.registry.book import Book
from classroom.registry.facts import Pair, is_active
from classroom.registry.lists import BadLine, Line, Row, Verdict, rows_of
from classroom.registry.names import key, names_of
from classroom.registry.standing import in_list_order, sides

FIRST_MONTH: Final = "2019-04"
_HEAD: Final = frozenset({"month", "supporter", "recipient"})
"""Cells of 附件3 that say whose month it is."""
MAX_COUNT: Final = 1_000
MAX_PEOPLE: Final = 1_000_000
_MONTH: Final = re.compile(r"^(20\d\d)\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*月?$")
_WHAT: Final = {"count": "活动次数", "participants": "参与师生数"}
_FLOW_LABELS: Final = {f"{kind.value}.{what}": kind.words + words for kind in ON_PAPER for what, words in _WHAT.items()}
_PUBLICITY_LABELS: Final = dict(zip(PUBLICITY, ("校级", "县级", "市级", "省及以上"), strict=True))
_HEADINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "工作月度": "month",
        "月度": "month",
        "month": "month",
        "支援学校": "supporter",
        "城镇学校": "supporter",
        "supporter": "supporter",
        "受援学校": "recipient",
        "乡村学校": "recipient",
        "recipient": "recipient",
        "涉及学科": "subjects",
        "subjects": "subjects",
        **{label: cell for cell, label in (*_FLOW_LABELS.items(), *_PUBLICITY_LABELS.items())},
        **{cell: cell for cell in (*FLOWS, *PUBLICITY)},
        "县区级": "publicity.county",
        "地市级": "publicity.city",
    }
)
EXPORT: Final = (
    "工作月度",
    "支援学校",
    "受援学校",
    *_FLOW_LABELS.values(),
    "涉及学科",
    *_PUBLICITY_LABELS.values(),
)
"""The columns of the table."""


class PastMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says of a pair's month: cell of 附件3 → value."""

    line: int
    pair: str
    month: str
    cells: Mapping[str, Any]


class PastPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Lines, and what they come to."""

    lines: list[Line]
    months: list[PastMonth]


def months_named(table: Sequence[Sequence[str]]) -> set[str]:
    """The months that a table speaks of. Raises RegistryError: headings_missing, heading_twice."""
    found = set()
    for row in rows_of(table, _HEADINGS, ("month", "supporter", "recipient")):
        if (month := read_month(row.text("month"))) is not None:
            found.add(month)
    return found


def plan_months(
    book: Book,
    table: Sequence[Sequence[str]],
    *,
    known: Mapping[tuple[str, str], Mapping[str, Any]],
    taken: Collection[tuple[str, str]],
    before: str,
) -> PastPlan:
    """What the table brings in. `known`: (pair, month) imported earlier → its cells; `taken`: what this system has
    counted or filed itself, which nothing is written over; `before`: the month that is running now.

    Raises RegistryError: headings_missing, heading_twice.
    """
    names = names_of(book)
    pairs = {(pair.supporter, pair.recipient): pair.id for pair in book.pairs.values() if pair.recipient}
    lines: list[Line] = []
    months: list[PastMonth] = []
    seen: dict[tuple[str, str], int] = {}
    for row in rows_of(table, _HEADINGS, ("month", "supporter", "recipient")):
        if not any(row.text(name) for name in ("month", "subjects", *_FLOW_LABELS, *_PUBLICITY_LABELS)):
            # A line of the table to fill in that nobody has filled in.
            continue
        title = " ".join(row.text(name)[:20] for name in ("month", "supporter", "recipient"))
        try:
            supporter, recipient = row.name("supporter", "支援学校"), row.name("recipient", "受援学校")
            pair = pairs.get((names.get(key(supporter), ""), names.get(key(recipient), "")))
            if pair is None:
                raise BadLine(f"名册里没有这对结对：{supporter} → {recipient}")
            month = _month_of(row.text("month"), before)
            place = (pair, month)
            if place in seen:
                raise BadLine(f"与第 {seen[place]} 行重复")
            _check_free(place, taken)
            # Of a form that came in as paper, what the table does not speak of stays.
            cells = {**known.get(place, {}), **_cells(row)}
        except BadLine as error:
            lines.append(Line(number=row.number, title=title, verdict="refused", problem=str(error)))
            continue
        seen[place] = row.number
        verdict = verdict_of(known.get(place), cells)
        lines.append(Line(number=row.number, title=title, verdict=verdict, says=words_of(cells)))
        if verdict != "same":
            months.append(PastMonth(line=row.number, pair=pair, month=month, cells=cells))
    return PastPlan(lines=lines, months=months)


def plan_form(
    book: Book,
    cells: Mapping[str, Value],
    *,
    known: Mapping[tuple[str, str], Mapping[str, Any]],
    taken: Collection[tuple[str, str]],
    before: str,
) -> PastPlan:
    """What one filled 附件3 brings in: its cells as they stand on paper, an empty count as 0. As `plan_months`."""
    title = " ".join(str(cells.get(name) or "?") for name in ("month", "supporter", "recipient"))
    names = names_of(book)
    schools = [names.get(key(str(cells.get(side) or "")), "") for side in ("supporter", "recipient")]
    pair = next((pair for pair in book.pairs.values() if [pair.supporter, pair.recipient] == schools), None)
    try:
        if pair is None:
            raise BadLine("名册里没有表上的这对结对，请核对城镇学校和乡村学校的名称")
        month = _month_of(str(cells.get("month") or ""), before)
        _check_free((pair.id, month), taken)
        kept = {name: value for name, value in cells.items() if name not in _HEAD and value is not None}
        kept |= {cell: 0 for cell in (*FLOWS, *PUBLICITY) if cell not in kept}
        _check_counts(kept)
    except BadLine as error:
        return PastPlan(lines=[Line(number=1, title=title, verdict="refused", problem=str(error))], months=[])
    verdict = verdict_of(known.get((pair.id, month)), kept)
    line = Line(number=1, title=title, verdict=verdict, says=words_of(kept))
    made = [] if verdict == "same" else [PastMonth(line=1, pair=pair.id, month=month, cells=kept)]
    return PastPlan(lines=[line], months=made)


def verdict_of(before: Mapping[str, Any] | None, cells: Mapping[str, Any]) -> Verdict:
    """What importing these cells over those of an earlier import comes to."""
    if before is None:
        return "new"
    same = msgspec.json.encode(before, order="sorted") == msgspec.json.encode(cells, order="sorted")
    return "same" if same else "changed"


def words_of(cells: Mapping[str, Any]) -> tuple[str, ...]:
    """The counts of a month in one sentence, in the order of the paper."""
    said = [
        f"{kind.words} {cells[f'{kind.value}.count']} {kind.unit}、{cells[f'{kind.value}.participants']} 人次"
        for kind in ON_PAPER
        if cells.get(f"{kind.value}.count")
    ]
    return ("；".join(said) or "各项均为 0",)


def read_month(text: str) -> str | None:
    """2019-05, 2019/5, 2019年5月 → "2019-05"; None for what is none."""
    found = _MONTH.fullmatch(text.strip().removesuffix("-01") if text.count("-") == 2 else text.strip())
    return None if found is None else f"{found[1]}-{int(found[2]):02}"


def _month_of(text: str, before: str) -> str:
    month = read_month(text)
    if month is None:
        raise BadLine(f"“工作月度”不是有效月份：“{text[:20]}”，应写成 2019-05")
    if not FIRST_MONTH <= month < before:
        raise BadLine(f"“工作月度”应从 {FIRST_MONTH} 起、在 {before} 之前：{month}")
    return month


def _check_free(place: tuple[str, str], taken: Collection[tuple[str, str]]) -> None:
    if place in taken:
        raise BadLine(f"{place[1]} 这个月本系统已有这对结对的记录，不能再导入，否则会重复计数")


def _check_counts(cells: Mapping[str, Any]) -> None:
    for kind in ON_PAPER:
        count, people = cells[f"{kind.value}.count"], cells[f"{kind.value}.participants"]
        if people and not count:
            raise BadLine(f"{kind.words}有参与师生数，但活动次数为 0")
        if count > MAX_COUNT or people > MAX_PEOPLE:
            raise BadLine(f"{kind.words}的数字太大，请核对")


def _cells(row: Row) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for cell, label in _FLOW_LABELS.items():
        cells[cell] = row.number_of(cell, label, 0, MAX_COUNT if cell.endswith(".count") else MAX_PEOPLE) or 0
    for cell, label in _PUBLICITY_LABELS.items():
        cells[cell] = row.number_of(cell, label, 0, MAX_COUNT) or 0
    _check_counts(cells)
    cells["subjects"] = _subjects(row.text("subjects"))
    return cells


def _subjects(text: str) -> tuple[str, ...]:
    """语、数, or 语数英 run together: the boxes in the order of the paper."""
    rest = re.sub(r"[\s、，,;；□☑■]+", "", text)
    found = set()
    for subject in sorted(SUBJECTS, key=len, reverse=True):
        if subject in rest:
            found.add(subject)
            rest = rest.replace(subject, "")
    if rest:
        raise BadLine(f"“涉及学科”里有看不懂的字：“{rest[:20]}”")
    return boxes(found)


def month_rows(book: Book, kept: Iterable[PastMonth], day: date) -> list[list[str | int | None]]:
    """A table that reads back: what was imported, by month, and a line to fill in for each pair active on a day."""
    pairs = in_list_order(book.pairs.values())
    places = {pair.id: place for place, pair in enumerate(pairs)}
    known = sorted(kept, key=lambda one: (one.month, places[one.pair]))
    filled = [[one.month, *_sides(book, book.pairs[one.pair]), *_figures(one.cells)] for one in known]
    blank = [["", *_sides(book, pair)] for pair in pairs if pair.recipient is not None and is_active(pair, day)]
    return filled + blank


def _sides(book: Book, pair: Pair) -> list[str | int | None]:
    return [book.schools[school].name for school in sides(pair)]


def _figures(cells: Mapping[str, Any]) -> list[str | int | None]:
    counts, items = ([cells.get(cell, 0) for cell in labels] for labels in (_FLOW_LABELS, _PUBLICITY_LABELS))
    return [*counts, "、".join(cells.get("subjects", ())), *items]
