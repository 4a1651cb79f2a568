"""Filing (报送): the states of both forms, and which step leads from which to which. Two tables, nothing else.

附件3: 草稿 → 已提交 → (退回 → 已提交) → 已接收 → 锁定. 附件2: 草稿 → 领导签批 → 已报送 → 修订版.
Sending 附件2 locks every 附件3 of its month, also those that no school has submitted (学校未确认). A frozen month is
never changed: what is learnt later goes to an open one as 补计 or 冲减.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from classroom.ledger.errors import LedgerError

BUREAU: Final = "bureau"
"""Stands where a pair's id would: the bureau's own form, 附件2."""


class State(StrEnum):
    """Where a form is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    RECEIVED = "received"
    LOCKED = "locked"
    SIGNED = "signed"
    SENT = "sent"

    @property
    def words(self) -> str:
        """The Chinese word."""
        return _STATE_WORDS[self]


class Action(StrEnum):
    """What somebody does with a form."""

    SUBMIT = "submit"
    GIVE_BACK = "give_back"
    RECEIVE = "receive"
    LOCK = "lock"
    SIGN = "sign"
    UNSIGN = "unsign"
    SEND = "send"
    REVISE = "revise"

    @property
    def words(self) -> str:
        """The Chinese word."""
        return _ACTION_WORDS[self]


_STATE_WORDS: Final = {
    State.DRAFT: "草稿",
    State.SUBMITTED: "已提交",
    State.RETURNED: "已退回",
    State.RECEIVED: "已接收",
    State.LOCKED: "锁定",
    State.SIGNED: "领导已签批",
    State.SENT: "已报送",
}
_ACTION_WORDS: Final = {
    Action.SUBMIT: "提交",
    Action.GIVE_BACK: "退回",
    Action.RECEIVE: "接收",
    Action.LOCK: "锁定",
    Action.SIGN: "领导签批",
    Action.UNSIGN: "撤回签批",
    Action.SEND: "报送",
    Action.REVISE: "修订",
}

SCHOOL_STEPS: Final[Mapping[tuple[State, Action], State]] = MappingProxyType(
    {
        (State.DRAFT, Action.SUBMIT): State.SUBMITTED,
        (State.RETURNED, Action.SUBMIT): State.SUBMITTED,
        (State.SUBMITTED, Action.GIVE_BACK): State.RETURNED,
        (State.RECEIVED, Action.GIVE_BACK): State.RETURNED,
        (State.SUBMITTED, Action.RECEIVE): State.RECEIVED,
        # Only by sending 附件2.
        (State.DRAFT, Action.LOCK): State.LOCKED,
        (State.SUBMITTED, Action.LOCK): State.LOCKED,
        (State.RETURNED, Action.LOCK): State.LOCKED,
        (State.RECEIVED, Action.LOCK): State.LOCKED,
    }
)
"""附件3: (state, action) → state. What is not here is refused."""

BUREAU_STEPS: Final[Mapping[tuple[State, Action], State]] = MappingProxyType(
    {
        (State.DRAFT, Action.SIGN): State.SIGNED,
        (State.SIGNED, Action.UNSIGN): State.DRAFT,
        (State.SIGNED, Action.SEND): State.SENT,
        (State.SENT, Action.REVISE): State.DRAFT,
    }
)
"""附件2: (state, action) → state. What is not here is refused."""

FROZEN: Final = frozenset({State.SUBMITTED, State.RECEIVED, State.LOCKED, State.SIGNED, State.SENT})
"""States in which nothing on the form may change."""
REASONED: Final = frozenset({Action.GIVE_BACK, Action.UNSIGN, Action.REVISE})
"""Steps that need a reason in words."""


def step(form_pair: str, state: State, action: Action, reason: str = "") -> State:
    """The state after a step of 附件2 (`form_pair` is BUREAU) or of a pair's 附件3.

    Raises LedgerError: filing_refused, reason_missing.
    """
    table = BUREAU_STEPS if form_pair == BUREAU else SCHOOL_STEPS
    after = table.get((state, action))
    if after is None:
        raise LedgerError("filing_refused", f"{state.words}的报表不能{action.words}")
    if action in REASONED and not reason.strip():
        raise LedgerError("reason_missing", f"{action.words}要写明理由")
    return after


def possible(form_pair: str, state: State) -> tuple[Action, ...]:
    """What may be done next by anybody at all; locking is nobody's own step."""
    table = BUREAU_STEPS if form_pair == BUREAU else SCHOOL_STEPS
    return tuple(action for (before, action) in table if before is state and action is not Action.LOCK)
