"""Whether a recording may be shown now: not once it is erased, and not while it is sealed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from classroom.keeping.errors import KeepingError
from classroom.keeping.retention import Rule
from classroom.ledger.months import local_date
from classroom.store.recordings import Kept
from classroom.store.store import Store
from signaling.auth import Grant, GrantRole
from signaling.problem import Problem

RULES: Final[Mapping[Rule, str]] = MappingProxyType(
    {"retention": "留存期满", "consent": "班级撤回同意", "decision": "学校或教育局决定"}
)
SEES_SEALED: Final = frozenset[GrantRole]({"bureau_officer", "machine"})
"""Of what is sealed and under legal hold, for whatever it is held for."""


async def require_shown(store: Store, lesson: str, grant: Grant) -> Kept | None:
    """The recording's row; None before there is one. Raises Problem: recording_erased, recording_sealed."""
    kept = await store.recordings.get(lesson)
    if kept is None:
        return None
    if kept.state != "kept":
        more = {"erased_on": kept.erased_at and local_date(kept.erased_at), "rule": kept.rule}
        raise Problem.of_keeping(KeepingError("recording_erased"), words=erased_words(kept), more=more)
    if is_sealed_to(kept, grant.role):
        raise Problem.of_keeping(KeepingError("recording_sealed"))
    return kept


def is_sealed_to(kept: Kept, role: GrantRole) -> bool:
    """Whether a class's withdrawal keeps the recording from this role."""
    return bool(kept.sealed_by) and not (kept.held_at is not None and role in SEES_SEALED)


def erased_words(kept: Kept) -> str:
    """录像已按规定删除, with the day and the rule."""
    day = "" if kept.erased_at is None else f"{local_date(kept.erased_at).isoformat()}，"
    return f"录像已按规定删除（{day}{RULES[kept.rule or 'retention']}）"
