"""Names of schools: when two writings are one school for certain, and when a person must say so.

One list has the same school as 实验小学 and as 浙江省浦江县实验小学: likely, never certain, so none merges by itself.
"""

import re
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Final

from classroom.registry.book import Book
from classroom.registry.counties import COUNTIES, code_of, county_in, stem
from classroom.registry.facts import School

_SPACES: Final = re.compile(r"\s+")
_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "中心小学": "中小",
        "完全小学": "完小",
        "初级中学": "初中",
        "第一": "一",
        "第二": "二",
        "第三": "三",
        "第四": "四",
        "第五": "五",
        "第六": "六",
    }
)
_PLACE: Final = re.compile(r"^[一-鿿]{1,4}?(?:街道|镇|乡)(?=[一-鿿]{3})")
NEAR: Final = 0.72
"""How alike two names must be to be shown as a slip of the pen."""


def clean(name: str) -> str:
    """A name without the blanks and line breaks that a table's narrow cell has put into it."""
    return _SPACES.sub("", name)


def key(name: str) -> str:
    """Two names with the same key are one name: width of brackets and digits, blanks and case do not matter."""
    return unicodedata.normalize("NFKC", clean(name)).casefold()


def core(name: str, county: str | None = None) -> str:
    """What is left of a name without province, city, county and common endings: 浙江省浦江县实验小学 → 实验小学."""
    rest = key(name)
    places = {way for way in (county or "", stem(county or "")) if way}
    if (code := code_of(county)) is not None:
        city, full = COUNTIES[code]
        places |= {full, stem(full), city + "市"}
    changed = True
    while changed:
        changed = False
        for place in ("浙江省", *sorted(places, key=len, reverse=True)):
            if rest.startswith(place) and len(rest) - len(place) >= 2:
                rest, changed = rest.removeprefix(place), True
    for long, short in _SHORT.items():
        rest = rest.replace(long, short)
    return rest


def is_likely_same(one: str, other: str, county: str | None, other_county: str | None) -> bool:
    """Whether two names of schools, each with its county, look like one school to somebody who knows the county."""
    counties = county or county_in(key(one)), other_county or county_in(key(other))
    if key(one) == key(other) or _differ(*counties):
        return False
    return not likely_keys(one, county).isdisjoint(likely_keys(other, other_county))


def likely_keys(name: str, county: str | None) -> set[str]:
    """Names that look like one school share one of these: without county, and without the township before the rest."""
    plain = core(name, county or county_in(key(name)))
    return {plain, _PLACE.sub("", plain)}


def near_schools(book: Book, name: str, limit: int = 5) -> list[School]:
    """Schools that a mistyped name may have meant, the likeliest first."""
    wanted = core(name)
    found = []
    for school in book.schools.values():
        theirs = core(school.name, school.county)
        share = SequenceMatcher(None, wanted, theirs, autojunk=False).quick_ratio()
        if wanted in theirs or theirs in wanted:
            share = 1.0
        elif share >= NEAR:
            share = SequenceMatcher(None, wanted, theirs, autojunk=False).ratio()
        if share >= NEAR:
            found.append((share, school))
    found.sort(key=lambda item: (-item[0], item[1].name))
    return [school for _, school in found[:limit]]


def names_of(book: Book) -> dict[str, str]:
    """Key of every name, and of every other name ever given → the school's id."""
    found = {}
    for (subject_id, field), facts in book.facts.items():
        if field == "aliases" and facts[-1].value is not None:
            found.update({key(alias): subject_id for alias in facts[-1].value})
    found.update({key(school.name): school.id for school in book.schools.values()})
    return found


def school_named(book: Book, name: str) -> School | None:
    """The school with this name, or with this other name (别名)."""
    wanted = key(name)
    for school in book.schools.values():
        if key(school.name) == wanted:
            return school
    found = names_of(book).get(wanted)
    return None if found is None else book.schools[found]


def _differ(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    codes = code_of(one), code_of(other)
    return codes[0] != codes[1] if all(codes) else stem(one) != stem(other)
