"""The registry (名册) as people see it: schools, pairs and their dated facts in words, within the caller's reach."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from classroom.ledger.months import SHANGHAI, local_date
from classroom.ledger.policy import Policy
from classroom.registry import changes
from classroom.registry.book import Book, value_on
from classroom.registry.changes import Wanted
from classroom.registry.errors import RegistryError
from classroom.registry.facts import Pair, School, status_on, students_on
from classroom.registry.fields import Equipment, field_of, parsed
from classroom.registry.names import key, near_schools, school_named
from classroom.registry.pair_list import missing_of
from classroom.registry.standard import check_verdict
from classroom.registry.standing import (
    county_of,
    in_list_order,
    is_own,
    is_rural,
    is_small,
    level_of,
    round_of,
    sides,
    stage_of,
)
from classroom.store.ids import new_id
from classroom.store.registry import By, KeptFact
from classroom.store.store import Store
from signaling.actors import actor_names
from signaling.problem import Problem


class FactView(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as it was recorded. `value` is of the field's shape, null where it was taken back."""

    id: str
    field: str
    since: date
    value: Any
    recorded_at: datetime
    actor: str
    by_name: str
    reason: str


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """The 技术装备核定 in force today. `valid_until` inclusive."""

    verdict: str
    valid_until: date | None
    since: date


class SchoolLine(msgspec.Struct, frozen=True, kw_only=True):
    """A school today. `is_rural`, `is_small` null: a fact is missing; `missing`: the labels of what the forms need."""

    id: str
    name: str
    county: str | None
    county_code: str | None
    is_own: bool
    is_rural: bool | None
    is_small: bool | None
    is_at_limit: bool
    stage: str | None
    pupils: int | None
    missing: list[str]
    equipment: VerdictView | None


class SchoolDetail(SchoolLine, frozen=True, kw_only=True):
    """A school with everything ever recorded of it, the latest first."""

    facts: list[FactView]


class PairLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pair today. `recipient` null while 待定; then `district` says where the school will be."""

    id: str
    supporter: str
    supporter_name: str
    recipient: str | None
    recipient_name: str | None
    district: str | None
    level: str | None
    place: int | None
    status: str | None
    stage: str | None
    round: int
    missing: list[str]


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """The status from a local date on."""

    since: date
    status: str


class PairDetail(PairLine, frozen=True, kw_only=True):
    """A pair with its statuses and everything ever recorded of it, the latest first."""

    statuses: list[StatusView]
    facts: list[FactView]


class SizeView(msgspec.Struct, frozen=True, kw_only=True):
    """The roster from a local date on."""

    since: date
    students: int


class ClassLine(msgspec.Struct, frozen=True, kw_only=True):
    """A class, its roster today and over time."""

    id: str
    school: str
    name: str
    students: int | None
    sizes: list[SizeView]


class Reach:
    """What a caller bound to one school reaches: that school, its pairs, and the names of their other schools."""

    def __init__(self, book: Book, school: str | None) -> None:
        self._book = book
        self.school = school
        self._pairs = None if school is None else {p.id for p in book.pairs.values() if school in sides(p)}

    def pairs(self) -> list[Pair]:
        """In the list's order."""
        return [pair for pair in in_list_order(self._book.pairs.values()) if self.has_pair(pair.id)]

    def has_pair(self, pair: str) -> bool:
        return pair in self._book.pairs and (self._pairs is None or pair in self._pairs)

    def has_school(self, school: str) -> bool:
        """Whether the school's own entries may be read."""
        return school in self._book.schools and self.school in (None, school)

    def pair(self, pair: str) -> Pair:
        """Raises RegistryError(pair_unknown), for one out of reach as well."""
        if not self.has_pair(pair):
            raise RegistryError("pair_unknown", pair)
        return self._book.pairs[pair]

    def school_of(self, school: str) -> School:
        """Raises RegistryError(school_unknown), for one out of reach as well."""
        if not self.has_school(school):
            raise RegistryError("school_unknown", school)
        return self._book.schools[school]

    def schools(self) -> list[School]:
        """In reach to be listed: the own one and the other sides of its pairs, by name."""
        if self.school is None:
            found = list(self._book.schools.values())
        else:
            ids = {self.school, *(side for pair in self.pairs() for side in sides(pair))}
            found = [self._book.schools[id] for id in ids]
        return sorted(found, key=lambda school: (school.name, school.id))


def school_line(book: Book, school: School, policy: Policy, day: date, recipients: set[str]) -> SchoolLine:
    """A school on a day, as the county's `policy` sees it; `recipients`: the schools that the forms ask more of."""
    stage, pupils, verdict = (value_on(book, school.id, name, day) for name in ("stage", "pupils", "equipment"))
    small = is_small(book, school.id, day, policy.small_max)
    code = county_of(book, school.id, day)
    missing = [lack.label for lack in missing_of(book, school, day)] if school.id in recipients else []
    if code is None:
        missing.insert(0, field_of("school", "county_code").label)
    return SchoolLine(
        id=school.id,
        name=school.name,
        county=school.county,
        county_code=code,
        is_own=is_own(book, school.id, policy.county, day),
        is_rural=is_rural(book, school.id, day).value,
        is_small=small.value,
        is_at_limit=small.is_at_limit,
        stage=None if stage is None else stage.value,
        pupils=None if pupils is None else pupils.value,
        missing=missing,
        equipment=None
        if verdict is None
        else VerdictView(verdict=verdict.value.verdict, valid_until=verdict.value.valid_until, since=verdict.since),
    )


def recipients_of(book: Book, day: date) -> set[str]:
    """The schools that are a recipient in a pair that has not ended."""
    return {p.recipient for p in book.pairs.values() if p.recipient is not None and status_on(p, day) != "ended"}


_PAIR_NEEDS: Final = ("agreement", "plan", "contact_supporter", "contact_recipient")
"""What 附件3 asks of a pair and nobody can compute."""


def pair_line(book: Book, pair: Pair, day: date) -> PairLine:
    """A pair on a day."""
    stage, district = stage_of(book, pair, day), value_on(book, pair.id, "district", day)
    missing = [] if stage is not None or pair.recipient is None else [field_of("pair", "stage").label]
    if pair.recipient is not None:
        missing += [field_of("pair", name).label for name in _PAIR_NEEDS if value_on(book, pair.id, name, day) is None]
    return PairLine(
        id=pair.id,
        supporter=pair.supporter,
        supporter_name=book.schools[pair.supporter].name,
        recipient=pair.recipient,
        recipient_name=None if pair.recipient is None else book.schools[pair.recipient].name,
        district=None if district is None else district.value,
        level=level_of(book, pair, day),
        place=pair.place,
        status=status_on(pair, day),
        stage=None if stage is None else stage.value,
        round=round_of(book, pair, day),
        missing=missing,
    )


async def school_detail(store: Store, school: str, at: datetime) -> SchoolDetail:
    """A school that the book has."""
    book, day = await store.registry.book(), local_date(at)
    _, policy = await store.policies.current()
    line = school_line(book, book.schools[school], policy, day, recipients_of(book, day))
    facts = await fact_views(store, await store.registry.history(school))
    return SchoolDetail(**msgspec.structs.asdict(line), facts=facts)


async def pair_detail(store: Store, pair: str, at: datetime) -> PairDetail:
    """A pair that the book has."""
    book = await store.registry.book()
    statuses = [StatusView(since=change.since, status=change.status) for change in book.pairs[pair].statuses]
    line = pair_line(book, book.pairs[pair], local_date(at))
    facts = await fact_views(store, await store.registry.history(pair))
    return PairDetail(**msgspec.structs.asdict(line), statuses=statuses, facts=facts)


def class_line(book: Book, class_id: str, day: date) -> ClassLine:
    """A class on a day."""
    found = book.classes[class_id]
    return ClassLine(
        id=found.id,
        school=found.school,
        name=found.name,
        students=students_on(found, day),
        sizes=[SizeView(since=size.since, students=size.students) for size in found.sizes],
    )


async def fact_views(store: Store, facts: Sequence[KeptFact]) -> list[FactView]:
    """Facts with the names of those who recorded them."""
    names = await actor_names(store, [(fact.actor_kind, fact.actor) for fact in facts])
    return [
        FactView(
            id=fact.id,
            field=fact.field,
            since=fact.since,
            value=fact.value,
            recorded_at=fact.recorded_at.astimezone(SHANGHAI),
            actor=fact.actor,
            by_name=names[fact.actor_kind, fact.actor],
            reason=fact.reason,
        )
        for fact in facts
    ]


async def record_fact(store: Store, wanted: Wanted, by: By, *, school: str | None) -> FactView:
    """Record a dated value; `school` bounds whose, and leaves the bureau's fields to the bureau.

    Raises RegistryError; Problem: forbidden, stale with the other's fact.
    """
    field = field_of(wanted.subject, wanted.field)
    reach = Reach(await store.registry.book(), school)
    if wanted.subject == "school":
        reach.school_of(wanted.id)
    else:
        _check_side(reach.pair(wanted.id), wanted.field, school)
    if school is not None and not field.is_school_kept:
        raise Problem("forbidden")
    if wanted.value is not None:
        await _check_references(store, wanted, school)
    try:
        batch = await store.registry.change(lambda book: changes.record(book, new_id, wanted, by.at), by)
    except RegistryError as error:
        raise await stale_of(store, error) from None
    made = await store.registry.fact(batch.facts[0].fact.id)
    assert made is not None
    return (await fact_views(store, [made]))[0]


def _check_side(pair: Pair, field: str, school: str | None) -> None:
    """A school does not speak for the other side of its pair."""
    for side, theirs in (("supporter", pair.supporter), ("recipient", pair.recipient)):
        if school is not None and field.endswith(f"_{side}") and theirs != school:
            raise Problem("forbidden")


async def _check_references(store: Store, wanted: Wanted, school: str | None) -> None:
    """The files that a value names are there, and a verdict agrees with its standard."""
    value = parsed(field_of(wanted.subject, wanted.field), wanted.value)
    file = getattr(value, "file", None)
    named = [*getattr(value, "evidence", ()), *([file] if file else [])]
    known = {file.id: file for file in await store.files.many(named)}
    for id in named:
        if id not in known or (school is not None and known[id].school != school):
            raise RegistryError("file_unknown", id)
    if isinstance(value, Equipment):
        check_verdict(value, await store.standards.of_version(value.standard))


async def stale_of(store: Store, error: RegistryError) -> Problem:
    """The problem in a refusal; a stale edit's tells who was faster, when, and what stands there now."""
    problem = Problem.of_registry(error)
    if error.code != "stale":
        return problem
    fact = await store.registry.fact(str(error.more["fact"])) if error.more.get("fact") else None
    if fact is not None:
        [view] = await fact_views(store, [fact])
        problem.more = {"by_name": view.by_name, "at": view.recorded_at, "fact": view}
    elif isinstance(at := error.more.get("at"), datetime):
        actor = (str(error.more["actor_kind"]), str(error.more["actor"]))
        problem.more = {"by_name": (await actor_names(store, [actor]))[actor], "at": at.astimezone(SHANGHAI)}
    return problem


def find_schools(schools: Sequence[School], book: Book, words: str) -> list[School]:
    """Those whose name, or other name, holds the words."""
    wanted = key(words)
    others = {
        subject
        for (subject, field), facts in book.facts.items()
        if field == "aliases" and any(wanted in key(alias) for alias in facts[-1].value or ())
    }
    return [school for school in schools if wanted in key(school.name) or school.id in others]


def known_school(book: Book, name: str) -> School:
    """The school of this name. Raises Problem(school_not_found) with the names that may have been meant."""
    if (found := school_named(book, name)) is not None:
        return found
    near = [school.name for school in near_schools(book, name)]
    hint = f"；您是不是要找：{'、'.join(near)}" if near else ""
    entry = (400, f"名册里没有“{name}”这所学校{hint}", f"The registry has no school {name}")
    raise Problem("school_not_found", entry=entry, more={"near": near})
