"""The states of both forms, proved over every (state, action)."""

import pytest

from classroom.ledger.errors import LedgerError
from classroom.ledger.filing import BUREAU, FROZEN, Action, State, possible, step

SCHOOL = {
    "draft": {"submit": "submitted", "lock": "locked"},
    "submitted": {"give_back": "returned", "receive": "received", "lock": "locked"},
    "returned": {"submit": "submitted", "lock": "locked"},
    "received": {"give_back": "returned", "lock": "locked"},
    "locked": {},
}
OWN = {"draft": {"sign": "signed"}, "signed": {"unsign": "draft", "send": "sent"}, "sent": {"revise": "draft"}}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(("form", "table"), [("a pair", SCHOOL), (BUREAU, OWN)])
def test_every_step_of_every_state(form: str, table: dict[str, dict[str, str]], state: State, action: Action) -> None:
    after = table.get(state, {}).get(action)
    if after is not None:
        assert step(form, state, action, "理由") is State(after)
        return
    with pytest.raises(LedgerError) as refused:
        step(form, state, action, "理由")
    assert refused.value.code == "filing_refused"
    assert state.words in refused.value.detail and action.words in refused.value.detail


@pytest.mark.parametrize(
    ("form", "state", "action"),
    [
        ("p", State.SUBMITTED, Action.GIVE_BACK),
        (BUREAU, State.SENT, Action.REVISE),
        (BUREAU, State.SIGNED, Action.UNSIGN),
    ],
)
def test_giving_back_revising_and_taking_back_need_a_reason(form: str, state: State, action: Action) -> None:
    with pytest.raises(LedgerError) as refused:
        step(form, state, action, "  ")
    assert refused.value.code == "reason_missing"


def test_what_may_be_done_next_is_offered_and_locking_never() -> None:
    assert possible("p", State.SUBMITTED) == (Action.GIVE_BACK, Action.RECEIVE)
    assert possible("p", State.LOCKED) == ()
    assert possible(BUREAU, State.DRAFT) == (Action.SIGN,)
    assert not any(Action.LOCK in possible(form, state) for form in ("p", BUREAU) for state in State)


def test_a_form_takes_no_change_from_its_submission_to_its_return() -> None:
    assert {state.value for state in FROZEN} == {"submitted", "received", "locked", "signed", "sent"}
