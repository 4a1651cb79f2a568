"""Hand entries (手工录入): what an officer writes down because no log did, and the guard against counting twice."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

import msgspec

from classroom.ledger.activity import Activity, Flag, HandEvidence, State, TrainingKind
from classroom.ledger.facts import Period
from classroom.ledger.intervals import to_ms
from classroom.ledger.kinds import Kind
from classroom.ledger.months import local_date
from classroom.ledger.rules import MINUTE_MS, CountingRules
from classroom.ledger.words import Standing
from classroom.registry.facts import Pair, is_active


class HandEntry(msgspec.Struct, frozen=True, kw_only=True):
    """手工录入 of one activity. `class_name`: that teaches (同步), that watched (专递, 名师); "" for 研修.

    `teachers` of 研修 are those of both schools. `by` is an id, never a name.
    """

    id: str
    kind: Kind
    pair: str
    begins_at: datetime
    ends_at: datetime
    class_name: str
    class_id: str | None
    subjects: tuple[str, ...]
    students: int
    teachers: int
    title: str
    training: TrainingKind | None
    reason: str
    by: str
    at: datetime
    files: tuple[str, ...] = ()
    link: str | None = None

    @property
    def activity(self) -> str:
        """The id of its activity."""
        return f"hand.{self.id}"


def judge_hand(entry: HandEntry, pair: Pair, said: Standing, rules: CountingRules) -> Activity:
    """The entry's activity. 同步课堂 without a log waits for a second person's word; the other forms count at once."""
    minutes = (to_ms(entry.ends_at) - to_ms(entry.begins_at)) // MINUTE_MS
    need = {Kind.SYNC: rules.need_minutes(minutes * MINUTE_MS), Kind.TRAINING: rules.training_need_min}.get(
        entry.kind, 0
    )
    blocks = _blocks(entry, pair, said, minutes, rules)
    state = State.NOT_COUNTED if blocks else _state(entry, said)
    is_decided = state is not State.PENDING and not blocks and (entry.kind is Kind.SYNC or said.decided is not None)
    is_counted = state is State.COUNTED
    students = entry.students if said.all_students is None else said.all_students
    teachers = entry.teachers if said.all_teachers is None else said.all_teachers
    subjects = entry.subjects if said.subjects is None else said.subjects
    return Activity(
        id=entry.activity,
        kind=entry.kind,
        lesson=None,
        period=None,
        pair=pair.id,
        supporter=pair.supporter,
        recipient=pair.recipient,
        state=state,
        flags=(
            *blocks,
            Flag.BY_HAND,
            *((Flag.REJECTED,) if said.decided is False and not blocks else ()),
            *((Flag.CORRECTED,) if said.is_corrected else ()),
            *(() if subjects or entry.kind is Kind.TRAINING else (Flag.SUBJECT_MISSING,)),
        ),
        begins_at=entry.begins_at,
        ends_at=entry.ends_at,
        planned=Period(entry.begins_at, entry.ends_at),
        zone=None,
        subjects=subjects,
        minutes=minutes,
        need=need,
        low=rules.low_minutes(need) if entry.kind is Kind.SYNC else need,
        teachers=teachers if is_counted else 0,
        students=students if is_counted else 0,
        participants=teachers + students if is_counted else 0,
        class_id=entry.class_id,
        title=entry.title,
        training=entry.training,
        hand=HandEvidence(
            entry=entry.id,
            class_name=entry.class_name,
            reason=entry.reason,
            students=entry.students,
            teachers=entry.teachers,
            files=entry.files,
            link=entry.link,
        ),
        word=said.word if is_decided else None,
    )


def suspects(entry: HandEntry, others: Iterable[Activity], class_names: dict[str, str]) -> list[Activity]:
    """疑似重复: activities of the same pair and class at overlapping time, whatever their state; 研修: meetings then.

    The same resource watched by the same class on the same day is the same activity at whatever time. A class whose
    name nobody knows may be the same. `class_names`: class → name.
    """
    return [other for other in others if other.id != entry.activity and _is_suspect(entry, other, class_names)]


def _is_suspect(entry: HandEntry, other: Activity, class_names: dict[str, str]) -> bool:
    if other.pair != entry.pair:
        return False
    overlaps = other.begins_at < entry.ends_at and entry.begins_at < other.ends_at
    if Kind.TRAINING in (entry.kind, other.kind):
        return overlaps and entry.kind is other.kind
    if not _may_be_same_class(entry, other, class_names):
        return False
    is_same_day = local_date(other.begins_at) == local_date(entry.begins_at)
    is_same_resource = entry.kind is not Kind.SYNC and bool(entry.title) and _plain(entry.title) == _plain(other.title)
    return overlaps or (is_same_day and is_same_resource and entry.kind is other.kind)


def _may_be_same_class(entry: HandEntry, other: Activity, class_names: dict[str, str]) -> bool:
    if entry.class_id is not None and other.class_id is not None:
        return entry.class_id == other.class_id
    theirs = other.hand.class_name if other.hand is not None else class_names.get(other.class_id or "", "")
    mine = entry.class_name or class_names.get(entry.class_id or "", "")
    return not theirs or not mine or _plain(theirs) == _plain(mine)


def _plain(name: str) -> str:
    """A name without what typing makes of it: width, brackets, blanks."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name) if letter.isalnum()).lower()


def _blocks(entry: HandEntry, pair: Pair, said: Standing, minutes: int, rules: CountingRules) -> tuple[Flag, ...]:
    failing = {
        Flag.PAIR_INACTIVE: not is_active(pair, local_date(entry.begins_at)),
        Flag.TEST: bool(said.is_test),
        Flag.CANCELLED: bool(said.is_cancelled),
        Flag.TOO_SHORT: entry.kind is Kind.TRAINING and minutes < rules.training_need_min,
    }
    return tuple(flag for flag, fails in failing.items() if fails)


def _state(entry: HandEntry, said: Standing) -> State:
    if said.decided is not None:
        return State.COUNTED if said.decided else State.NOT_COUNTED
    return State.PENDING if entry.kind is Kind.SYNC else State.COUNTED
