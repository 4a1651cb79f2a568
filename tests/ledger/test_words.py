"""Words: the later of two that speak of the same thing holds; and what may be said of an activity at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classroom.ledger.activity import State
from classroom.ledger.errors import LedgerError
from classroom.ledger.review import require_sayable
from classroom.ledger.words import Change, Word, WordKind, standing

NINE = datetime(2019, 5, 14, 9, tzinfo=UTC)
CONFIRM, REJECT, CORRECT = WordKind


def word(kind: WordKind, minute: int = 0, by: str = "account:a1", has_evidence: bool = False, **change: Any) -> Word:
    return Word(
        id=f"w{minute:02}",
        activity="L.0.P1",
        kind=kind,
        by=by,
        at=NINE + timedelta(minutes=minute),
        reason="看过课堂记录",
        change=Change(**change),
        has_evidence=has_evidence,
    )


def test_nothing_said_is_nothing_decided() -> None:
    assert standing([]).decided is None and not standing([]).is_corrected


def test_the_last_decision_holds_whatever_the_order_they_are_told_in() -> None:
    said = [word(REJECT, 2), word(CONFIRM, 1), word(CORRECT, 3, rooms=("R1",)), word(REJECT, 4)]
    assert (standing(said).decided, standing(said).rooms, standing(said).word) == (False, (), "w04")
    assert (standing(said[:3]).decided, standing(said[:3]).rooms) == (True, ("R1",))


def test_a_correction_of_one_thing_leaves_the_others_said_before() -> None:
    said = [
        word(CORRECT, 1, students={"R1": 20, "U1": 41}, subjects=("音",)),
        word(CORRECT, 2, students={"R1": 19}, is_test=False),
        word(CONFIRM, 3),
    ]
    found = standing(said)
    assert (found.students, found.subjects, found.is_test) == ({"R1": 19, "U1": 41}, ("音",), False)
    assert (found.decided, found.is_corrected) == (True, True)


def test_a_number_for_the_whole_gives_way_to_later_ones_by_room_and_the_other_way_round() -> None:
    whole, rooms = word(CORRECT, 1, students=60), word(CORRECT, 2, students={"R1": 20})
    assert standing([whole]).all_students == 60
    assert standing([whole, rooms]).all_students is None
    assert standing([rooms, word(CORRECT, 3, students=61)]).all_students == 61


# What may be said of an activity.


def refused(activity: Any, said: Word, entered_by: str | None = None) -> str | None:
    try:
        require_sayable(activity, said, entered_by=entered_by)
    except LedgerError as error:
        return error.code
    return None


@pytest.fixture
def pending(day: Any) -> Any:
    """V02."""
    day.lesson()
    day.host()
    day.rural("R1", "09:22-09:40")
    return day


def test_what_waits_may_be_confirmed_and_rejected_and_the_other_way_round(pending: Any) -> None:
    assert [refused(pending.activity(), word(kind)) for kind in (CONFIRM, REJECT)] == [None, None]
    pending.confirm("L.0.P1", accepted=False)
    assert pending.activity().state is State.NOT_COUNTED
    assert refused(pending.activity(), word(CONFIRM)) is None


def test_what_counts_by_itself_needs_no_word(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1")
    assert [refused(day.activity(), word(kind)) for kind in (CONFIRM, REJECT)] == ["word_needless", "word_needless"]


def test_a_test_is_not_confirmed_but_corrected(day: Any) -> None:
    day.lesson(is_test=True)
    day.host()
    day.rural("R1")
    assert refused(day.activity(), word(CONFIRM)) == "word_needless"
    assert refused(day.activity(), word(CORRECT, is_test=False)) is None


def test_what_was_too_short_is_corrected_by_naming_rooms(day: Any) -> None:
    day.lesson()
    day.host()
    day.rural("R1", "09:00-09:05")
    assert refused(day.activity(), word(CONFIRM)) == "rooms_needed"
    assert refused(day.activity(), word(CORRECT, rooms=("R1",))) is None


@pytest.mark.parametrize("change", [{"rooms": ("U1",)}, {"rooms": ("R7",)}, {"students": {"R7": 3}}])
def test_a_correction_speaks_of_rooms_that_are_there(pending: Any, change: Any) -> None:
    assert refused(pending.activity(), word(CORRECT, **change)) == "room_unknown"


def test_a_correction_says_what_and_a_confirmation_says_nothing_else(pending: Any) -> None:
    assert refused(pending.activity(), word(CORRECT)) == "change_missing"
    assert refused(pending.activity(), word(CONFIRM, students=3)) == "word_needless"
