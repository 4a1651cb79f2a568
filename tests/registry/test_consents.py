"""The register of consents: what stands for a class on a day."""

from datetime import UTC, date, datetime

import pytest

from classroom.registry.consents import school_year_end, standing
from classroom.registry.facts import Consent

AT = datetime(2026, 9, 3, 1, 0, tzinfo=UTC)
DAY = date(2026, 9, 3)


def entry(**more: object) -> Consent:
    return Consent(**{"id": "e", "class_id": "c1", "noted_by": "王老师", "at": AT, **more})  # type: ignore[arg-type]


def test_without_an_entry_there_is_no_consent() -> None:
    assert standing([], "recording", DAY) == "none"
    assert standing([entry(purpose="publication")], "recording", DAY) == "none"


def test_an_entry_holds_to_its_last_day() -> None:
    of_the_year = [entry(until=date(2027, 8, 31))]
    assert standing(of_the_year, "recording", date(2027, 8, 31)) == "good"
    assert standing(of_the_year, "recording", date(2027, 9, 1)) == "expired"
    assert standing([entry()], "recording", date(2040, 1, 1)) == "good"


def test_guardians_who_do_not_agree_stand_against_it_unless_their_children_are_out_of_the_pictures() -> None:
    assert standing([entry(refused=2)], "recording", DAY) == "refused"
    assert standing([entry(refused=2, arranged=True)], "recording", DAY) == "good"


def test_after_a_withdrawal_only_a_new_entry_makes_it_good() -> None:
    withdrawn = entry(withdrawn_at=AT)
    assert standing([entry(), withdrawn], "recording", DAY) == "withdrawn"
    assert standing([withdrawn, entry()], "recording", DAY) == "good"
    assert standing([withdrawn, entry(purpose="publication")], "recording", DAY) == "withdrawn"


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 9, 1), date(2027, 8, 31)),
        (date(2026, 8, 31), date(2026, 8, 31)),
        (date(2027, 2, 1), date(2027, 8, 31)),
    ],
)
def test_a_school_year_ends_with_august(day: date, end: date) -> None:
    assert school_year_end(day) == end
