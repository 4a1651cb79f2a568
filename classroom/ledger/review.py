"""What may be said of an activity (确认, 驳回, 更正) and by whom; a refusal says what to do instead."""

from classroom.ledger.activity import Activity, Flag, State
from classroom.ledger.errors import LedgerError
from classroom.ledger.facts import Role
from classroom.ledger.kinds import Kind
from classroom.ledger.words import Change, Numbers, Word, WordKind

_BLOCKS = (Flag.PAIR_INACTIVE, Flag.TEST, Flag.CANCELLED)


def require_sayable(activity: Activity, word: Word, *, entered_by: str | None) -> None:
    """Raises LedgerError; `entered_by` is who wrote a hand entry down, as an id.

    Codes: word_needless, rooms_needed, second_person_needed, evidence_needed, change_missing, room_unknown.
    """
    if word.kind is WordKind.CORRECT:
        _require_change(activity, word.change)
        return
    if word.change != Change():
        raise LedgerError("word_needless", "确认和驳回不能同时更正内容")
    if activity.state is not State.PENDING and activity.word is None:
        _refuse_decided(activity)
    if word.kind is WordKind.CONFIRM and activity.hand is not None and activity.kind is Kind.SYNC:
        if word.by == entered_by:
            raise LedgerError("second_person_needed")
        if not (word.has_evidence or activity.hand.files or activity.hand.link):
            raise LedgerError("evidence_needed")


def _refuse_decided(activity: Activity) -> None:
    blocks = [flag.words for flag in activity.flags if flag in _BLOCKS]
    if activity.state is State.NOT_COUNTED and not blocks:
        raise LedgerError("rooms_needed")
    raise LedgerError("word_needless", "、".join(blocks) if blocks else "已经计入")


def _require_change(activity: Activity, change: Change) -> None:
    if change == Change():
        raise LedgerError("change_missing")
    rural = {room.room for room in activity.rooms if room.role is Role.RURAL}
    unknown = set(change.rooms) - rural
    for numbers in (change.students, change.teachers):
        unknown |= _rooms_of(numbers) - {room.room for room in activity.rooms}
    if unknown:
        raise LedgerError("room_unknown")


def _rooms_of(numbers: Numbers | None) -> set[str]:
    return set(numbers) if isinstance(numbers, dict) else set()
