"""What follows from the dated facts: rural, small, whose own, at which level, in which round. Nobody types any of it.

`day` is a local date; the answers name the facts that they rest on (`facts`: their ids), so that a figure shows them.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, Literal

import msgspec

from classroom.registry.book import Book, value_on
from classroom.registry.counties import code_of
from classroom.registry.facts import Fact, Pair, is_active

Level = Literal["县内", "市域内", "省域内", "省域外"]
"""结对层级, in the order of the county's list (附件1)."""
LEVELS: Final[tuple[Level, ...]] = ("县内", "市域内", "省域内", "省域外")
FIRST_YEAR: Final = 2019
ROUND_YEARS: Final = 3


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`value` None: a fact is missing. `is_at_limit`: just as many pupils as are still small, which others do not call
    small."""

    value: bool | None
    facts: tuple[str, ...] = ()
    is_at_limit: bool = False


def is_rural(book: Book, school: str, day: date) -> Answer:
    """乡村学校 (附件3 note 3): in a 镇 or 乡, not where a 街道 has been set up, and 公办."""
    area, ownership = (value_on(book, school, field, day) for field in ("area_type", "ownership"))
    found = _ids(area, ownership)
    if area is not None and area.value == "街道" or ownership is not None and ownership.value == "民办":
        return Answer(value=False, facts=found)
    return Answer(value=None if area is None or ownership is None else True, facts=found)


def is_small(book: Book, school: str, day: date, most: int) -> Answer:
    """乡村小规模学校 (附件3 note 3): a 小学 or 教学点 with `most` pupils or fewer. A 初中 never is."""
    point, stage, pupils = (value_on(book, school, field, day) for field in ("is_teaching_point", "stage", "pupils"))
    is_point = point is not None and point.value
    if not is_point and stage is not None and stage.value != "小学":
        return Answer(value=False, facts=_ids(stage))
    if pupils is None or (stage is None and not is_point and pupils.value <= most):
        return Answer(value=None, facts=_ids(point, stage, pupils))
    found = _ids(point if is_point else stage, pupils)
    return Answer(value=pupils.value <= most, facts=found, is_at_limit=pupils.value == most)


def county_of(book: Book, school: str, day: date) -> str | None:
    """The school's county code: as recorded, else as its county's name says; None: unknown."""
    recorded = value_on(book, school, "county_code", day)
    return recorded.value if recorded is not None else code_of(book.schools[school].county)


def level_between(one: str, other: str) -> Level:
    """The level of two 6-digit county codes."""
    if one == other:
        return "县内"
    if one[:4] == other[:4]:
        return "市域内"
    return "省域内" if one[:2] == other[:2] else "省域外"


def level_of(book: Book, pair: Pair, day: date) -> str | None:
    """结对层级: from the two schools' codes; where one is unknown, as the county's list has it."""
    codes = [county_of(book, school, day) for school in (pair.supporter, pair.recipient) if school is not None]
    if len(codes) == 2 and codes[0] is not None and codes[1] is not None:
        return level_between(codes[0], codes[1])
    return pair.level


def is_own(book: Book, school: str, county_code: str, day: date) -> bool:
    """Whether the school is the county's own."""
    return county_of(book, school, day) == county_code


def own_schools(book: Book, county_code: str, day: date) -> dict[str, list[str]]:
    """The county's own schools in at least one pair that is active on the day → those pairs, in the list's order."""
    found: dict[str, list[str]] = {}
    for pair in in_list_order(book.pairs.values()):
        if is_active(pair, day):
            for school in sides(pair):
                if is_own(book, school, county_code, day):
                    found.setdefault(school, []).append(pair.id)
    return found


def sides(pair: Pair) -> tuple[str, ...]:
    """Supporter and, where it is named, recipient."""
    return (pair.supporter,) if pair.recipient is None else (pair.supporter, pair.recipient)


def stage_of(book: Book, pair: Pair, day: date) -> Fact | None:
    """学段 of a pair: as recorded, else its recipient's."""
    recorded = value_on(book, pair.id, "stage", day)
    if recorded is not None or pair.recipient is None:
        return recorded
    return value_on(book, pair.recipient, "stage", day)


def round_of(book: Book, pair: Pair, day: date) -> int:
    """结对轮次 on a day: as recorded, else by the year: 1 is 2019–2021, 2 is 2022–2024."""
    recorded = value_on(book, pair.id, "round", day)
    return recorded.value if recorded is not None else max(1, (day.year - FIRST_YEAR) // ROUND_YEARS + 1)


def round_ends(number: int) -> date:
    """The last day of a round."""
    return date(FIRST_YEAR + number * ROUND_YEARS - 1, 12, 31)


def in_list_order(pairs: Iterable[Pair]) -> list[Pair]:
    """By level, then by number as in the county's list; pairs outside the list last."""
    order: dict[str | None, int] = {level: place for place, level in enumerate(LEVELS)}
    return sorted(pairs, key=lambda pair: (order.get(pair.level, len(LEVELS)), pair.place or 10_000, pair.id))


def _ids(*facts: Fact | None) -> tuple[str, ...]:
    return tuple(fact.id for fact in facts if fact is not None)
