"""Dated facts: what holds on a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from classroom.registry.facts import (
    Class,
    Link,
    Pair,
    PairStatus,
    Size,
    StatusChange,
    is_active,
    is_usable,
    joins,
    status_on,
    students_on,
)

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def pair(*statuses: tuple[date, PairStatus], recipient: str | None = "s2", id: str = "p1") -> Pair:
    changes = tuple(StatusChange(since=since, status=status) for since, status in statuses)
    return Pair(id=id, supporter="s1", recipient=recipient, level="县内", statuses=changes)


@pytest.mark.parametrize(
    ("day", "status", "active"),
    [
        (date(2019, 3, 31), None, False),
        (date(2019, 4, 1), "待定", False),
        (date(2019, 4, 30), "待定", False),
        (date(2019, 5, 1), "active", True),
        (date(2021, 12, 31), "active", True),
        (date(2022, 1, 1), "ended", False),
    ],
)
def test_a_pair_has_one_status_a_day(day: date, status: str | None, active: bool) -> None:
    found = pair((date(2019, 4, 1), "待定"), (date(2019, 5, 1), "active"), (date(2022, 1, 1), "ended"))
    assert status_on(found, day) == status
    assert is_active(found, day) is active


def test_a_pair_without_a_named_recipient_is_never_active() -> None:
    assert not is_active(pair((date(2019, 4, 1), "active"), recipient=None), date(2019, 5, 1))


def test_a_pair_joins_its_two_schools_in_either_order() -> None:
    assert joins(pair(), "s1", "s2") and joins(pair(), "s2", "s1")
    assert not joins(pair(), "s1", "s3") and not joins(pair(), "s1", "s1")
    assert not joins(pair(recipient=None), "s1", "s2")


def test_a_roster_size_holds_from_its_day_on() -> None:
    sizes = (Size(since=date(2019, 2, 18), students=42), Size(since=date(2019, 9, 1), students=40))
    found = Class(id="c1", school="s1", name="四(2)班", sizes=sizes)
    days = [date(2019, 2, 17), date(2019, 2, 18), date(2019, 8, 31), date(2019, 9, 1)]
    assert [students_on(found, day) for day in days] == [None, 42, 42, 40]


@pytest.mark.parametrize(("expires", "revoked"), [(AT, None), (None, AT), (AT, AT)])
def test_a_link_opens_nothing_once_expired_or_revoked(expires: datetime | None, revoked: datetime | None) -> None:
    link = Link(
        id="k1",
        role="teacher",
        school="s1",
        lesson=None,
        classroom=None,
        seat=None,
        holder="k1",
        name=None,
        created_at=AT - SECOND,
        expires_at=expires,
        revoked_at=revoked,
    )
    assert is_usable(link, AT - SECOND) and not is_usable(link, AT)
