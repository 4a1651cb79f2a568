"""Values put by hand, and what then stands on paper."""

from datetime import UTC, datetime
from typing import Any

import pytest

from classroom.ledger.cells import Figure
from classroom.ledger.errors import LedgerError
from classroom.ledger.policy import Policy
from classroom.ledger.snapshot import HandValue, checked_hand, paper_words, printed_bureau_cells, printed_cells

AT = datetime(2019, 5, 28, tzinfo=UTC)
BASE = {
    "task": Figure(13),
    "pairs": Figure(13),
    "signed": Figure(12),
    "signed_rate": Figure("92.3"),
    "equipped": Figure(9),
    "equipped_rate": Figure("69.2"),
    "space_opened": Figure(13),
    "space_rate": Figure("100"),
}


def by_hand(value: Any) -> HandValue:
    return HandValue(value=value, reason="核对后", actor_kind="account", actor="o", at=AT)


def test_the_hand_value_stands_on_paper_and_the_computed_one_stays_beside_it() -> None:
    cells = {"sync.count": Figure(3, {"activity:a": 1}), "subjects": Figure(("语",)), "other": Figure(None)}
    printed = printed_cells(cells, {"sync.count": by_hand(4)})
    assert printed == {"sync.count": "4", "subjects": ("语",), "other": ""}
    assert cells["sync.count"].value == 3


def test_rates_follow_the_printed_numbers() -> None:
    printed = printed_bureau_cells(Policy(), BASE, {"signed": by_hand(13)}, 13)
    assert (printed["signed"], printed["signed_rate"], printed["equipped_rate"]) == ("13", "100", "69.2")
    printed = printed_bureau_cells(Policy(rate_denominator="task"), BASE, {"task": by_hand(10)}, 13)
    assert (printed["signed_rate"], printed["space_rate"]) == ("120", "130")
    in_pairs = {**BASE, "pairs": Figure(10), "signed": Figure(9)}
    printed = printed_bureau_cells(Policy(count_unit="pairs"), in_pairs, {}, 13)
    assert (printed["signed_rate"], printed["equipped_rate"]) == ("90", "69.2")


@pytest.mark.parametrize(
    ("form", "cell", "value", "kept"),
    [
        ("annex3", "sync.count", 4, 4),
        ("annex3", "recipient.space", True, True),
        ("annex3", "subjects", ["数", "语"], ("语", "数")),
        ("annex3", "stage", "九年一贯制", "九年一贯制"),
        ("annex2", "task", 0, 0),
    ],
)
def test_a_value_with_a_reason_is_taken(form: Any, cell: str, value: Any, kept: Any) -> None:
    assert checked_hand(form, cell, value, "核对后") == kept


@pytest.mark.parametrize(
    ("form", "cell", "value", "code"),
    [
        ("annex3", "sync.count", -1, "cell_out_of_range"),
        ("annex3", "sync.count", 1_000_001, "cell_out_of_range"),
        ("annex3", "sync.count", True, "cell_out_of_range"),
        ("annex3", "sync.count", "4", "cell_out_of_range"),
        ("annex3", "sync.count", 4.5, "cell_out_of_range"),
        ("annex3", "recipient.space", 1, "cell_out_of_range"),
        ("annex3", "subjects", ["围棋"], "cell_out_of_range"),
        ("annex3", "subjects", "语", "cell_out_of_range"),
        ("annex3", "stage", "高中", "cell_out_of_range"),
        ("annex3", "other", "x" * 2001, "cell_out_of_range"),
        ("annex3", "other", "\x00", "cell_out_of_range"),
        ("annex3", "filler", "两\n行", "cell_out_of_range"),
        ("annex3", "supporter", "别的学校", "cell_not_by_hand"),
        ("annex2", "signed_rate", "100", "cell_not_by_hand"),
        ("annex2", "month", "2019-06", "cell_not_by_hand"),
        ("annex2", "recipient.space", True, "cell_unknown"),
        ("annex3", "task", 13, "cell_unknown"),
        ("annex3", "没有", 13, "cell_unknown"),
    ],
)
def test_what_a_cell_does_not_take(form: Any, cell: str, value: Any, code: str) -> None:
    with pytest.raises(LedgerError) as refused:
        checked_hand(form, cell, value, "核对后")
    assert refused.value.code == code


def test_a_number_needs_a_reason_and_a_text_does_not() -> None:
    with pytest.raises(LedgerError, match="reason_missing"):
        checked_hand("annex3", "sync.count", 4, " ")
    assert checked_hand("annex3", "highlights", "一\n二 ", "") == "一\n二"


def test_the_papers_own_words_come_from_the_policy() -> None:
    policy = Policy(bureau_report_to=("省教育技术中心",), school_report_to="普教科", show_leader_line=True)
    assert paper_words(policy, "annex2").report_to == ("省教育技术中心",)
    assert paper_words(policy, "annex2").show_leader_line
    assert paper_words(policy, "annex3").report_to == ("普教科",)
    assert not paper_words(policy, "annex3").show_leader_line
