"""Rural, small, whose own, at which level, in which round: from dated facts alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from classroom.registry.book import Book, fact_on, value_on
from classroom.registry.facts import Fact, Pair, School, StatusChange
from classroom.registry.standing import (
    is_rural,
    is_small,
    level_between,
    level_of,
    own_schools,
    round_ends,
    round_of,
    stage_of,
)

AT = datetime(2019, 4, 22, tzinfo=UTC)
DAY = date(2019, 5, 26)
Told = dict[str, dict[str, Any]]


def book(told: Told, *pairs: Pair) -> Book:
    """Schools s1…s3, what is told of each since the beginning of April."""
    facts = {
        (subject, field): (
            Fact(
                id=f"{subject}.{field}",
                subject_id=subject,
                field=field,
                since=date(2019, 4, 1),
                value=value,
                recorded_at=AT,
            ),
        )
        for subject, values in told.items()
        for field, value in values.items()
    }
    schools = {id: School(id=id, name=f"{id}校") for id in ("s1", "s2", "s3")}
    return Book(schools=schools, classrooms={}, classes={}, pairs={pair.id: pair for pair in pairs}, facts=facts)


def pair(recipient: str | None, status: Any = "active", level: str | None = None) -> Pair:
    changes = (StatusChange(since=date(2019, 4, 1), status=status),)
    return Pair(id=f"p{recipient}", supporter="s1", recipient=recipient, level=level, statuses=changes)


@pytest.mark.parametrize(
    ("area", "ownership", "rural"),
    [
        ("镇", "公办", True),
        ("乡", "公办", True),
        ("街道", "公办", False),
        ("镇", "民办", False),
        (None, "公办", None),
        ("乡", None, None),
        (None, "民办", False),
    ],
)
def test_rural_is_a_public_school_in_a_town_or_township(
    area: str | None, ownership: str | None, rural: bool | None
) -> None:
    told = {name: value for name, value in (("area_type", area), ("ownership", ownership)) if value}
    assert is_rural(book({"s1": told}), "s1", DAY).value is rural


@pytest.mark.parametrize(
    ("told", "small", "at_limit"),
    [
        ({"stage": "小学", "pupils": 99}, True, False),
        ({"stage": "小学", "pupils": 100}, True, True),
        ({"stage": "小学", "pupils": 101}, False, False),
        ({"stage": "初中", "pupils": 50}, False, False),
        ({"stage": "九年一贯制", "pupils": 50}, False, False),
        ({"is_teaching_point": True, "pupils": 12}, True, False),
        ({"stage": "小学"}, None, False),
        ({"pupils": 50}, None, False),
        ({"pupils": 101}, False, False),
        ({"stage": "小学", "pupils": 0}, True, False),
    ],
)
def test_small_is_a_primary_school_of_a_hundred_or_fewer(
    told: dict[str, Any], small: bool | None, at_limit: bool
) -> None:
    found = is_small(book({"s1": told}), "s1", DAY, 100)
    assert (found.value, found.is_at_limit) == (small, at_limit)
    assert set(found.facts) <= {f"s1.{field}" for field in told}


def test_a_county_may_draw_the_line_of_small_elsewhere() -> None:
    told = book({"s1": {"stage": "小学", "pupils": 100}})
    assert [is_small(told, "s1", DAY, most).value for most in (99, 100, 101)] == [False, True, True]
    assert [is_small(told, "s1", DAY, most).is_at_limit for most in (99, 100, 101)] == [False, True, False]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("330726", "330726", "县内"),
        ("330726", "330782", "市域内"),
        ("330726", "330106", "省域内"),
        ("330726", "511113", "省域外"),
    ],
)
def test_the_level_is_derived_from_two_codes(one: str, other: str, level: str) -> None:
    assert level_between(one, other) == level == level_between(other, one)
    told = {"s1": {"county_code": one}, "s2": {"county_code": other}}
    assert level_of(book(told), pair("s2", level="县内"), DAY) == level


def test_the_lists_level_stands_where_a_code_is_unknown() -> None:
    assert level_of(book({"s1": {"county_code": "330726"}}), pair("s2", level="市域内"), DAY) == "市域内"
    assert level_of(book({}), pair(None, "待定", level="省域外"), DAY) == "省域外"


def test_own_schools_are_those_of_active_pairs_on_either_side() -> None:
    told = {"s1": {"county_code": "330726"}, "s2": {"county_code": "330726"}, "s3": {"county_code": "330782"}}
    found = own_schools(book(told, pair("s2"), pair("s3")), "330726", DAY)
    assert {school: len(pairs) for school, pairs in found.items()} == {"s1": 2, "s2": 1}
    assert own_schools(book(told, pair("s2", "ended"), pair(None, "待定")), "330726", DAY) == {}
    assert own_schools(book(told, pair("s2")), "330726", date(2019, 3, 31)) == {}


def test_a_round_has_three_years_from_2019() -> None:
    one = pair("s2")
    days = [date(2019, 4, 22), date(2021, 12, 31), date(2022, 1, 1), date(2025, 6, 1)]
    assert [round_of(book({}), one, day) for day in days] == [1, 1, 2, 3]
    assert round_of(book({one.id: {"round": 4}}), one, days[0]) == 4
    assert round_ends(1) == date(2021, 12, 31)


def test_a_pairs_stage_is_its_recipients_unless_said_otherwise() -> None:
    assert stage_of(book({}), pair("s2"), DAY) is None
    told: Told = {"s2": {"stage": "小学"}}
    assert stage_of(book(told), pair("s2"), DAY).value == "小学"  # type: ignore[union-attr]
    told["ps2"] = {"stage": "初中"}
    assert stage_of(book(told), pair("s2"), DAY).value == "初中"  # type: ignore[union-attr]


def test_what_was_true_at_a_windows_end_stays_answerable(timeline: Callable[..., Book]) -> None:
    found = timeline(("f1", date(2019, 2, 18), 101), ("f2", date(2019, 9, 1), 88), ("f3", date(2020, 9, 1), None))
    days = [date(2019, 2, 17), date(2019, 8, 31), date(2019, 9, 1), date(2020, 8, 31), date(2020, 9, 1)]
    values = [value_on(found, "s1", "pupils", day) for day in days]
    assert [fact and fact.value for fact in values] == [None, 101, 88, 88, None]
    last = fact_on(found, "s1", "pupils", days[-1])
    assert last is not None and last.id == "f3", "it was taken back"


@pytest.fixture
def timeline() -> Callable[..., Book]:
    def made(*rows: tuple[str, date, Any]) -> Book:
        facts = tuple(
            Fact(id=id, subject_id="s1", field="pupils", since=since, value=value, recorded_at=AT)
            for id, since, value in rows
        )
        return Book(schools={}, classrooms={}, classes={}, pairs={}, facts={("s1", "pupils"): facts})

    return made
