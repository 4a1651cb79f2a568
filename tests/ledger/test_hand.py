"""Hand entries: what they count, and the guard against counting twice."""

from typing import Any

import msgspec
import pytest

from classroom.ledger.activity import Activity, Flag, State, TrainingKind
from classroom.ledger.errors import LedgerError
from classroom.ledger.hand import HandEntry, judge_hand, suspects
from classroom.ledger.kinds import Kind
from classroom.ledger.review import require_sayable
from classroom.ledger.rules import CountingRules
from classroom.ledger.words import Word, WordKind, standing

NAMES = {"c1": "四(2)班", "c2": "四(3)班"}
OFFICER, OTHER = "account:officer", "account:other"


def entry(day: Any, start: str = "09:00", end: str = "09:40", **changes: Any) -> HandEntry:
    return HandEntry(
        **{
            "id": "entry0000001",
            "kind": Kind.SYNC,
            "pair": "P1",
            "begins_at": day.at(start),
            "ends_at": day.at(end),
            "class_name": "四(2)班",
            "class_id": "c1",
            "subjects": ("语",),
            "students": 65,
            "teachers": 2,
            "title": "",
            "training": None,
            "reason": "服务器停电",
            "by": OFFICER,
            "at": day.at("17:00"),
            **changes,
        }
    )


def judged(day: Any, one: HandEntry, *words: Word) -> Activity:
    return judge_hand(one, day.pairs[0], standing(words), CountingRules())


def word(day: Any, kind: WordKind = WordKind.CONFIRM, by: str = OTHER, has_evidence: bool = True) -> Word:
    return Word(
        id="w1",
        activity="hand.entry0000001",
        kind=kind,
        by=by,
        at=day.at("18:00"),
        reason="看过现场照片",
        has_evidence=has_evidence,
    )


def logged(day: Any, **more: Any) -> Activity:
    """V01 of class c1."""
    seats = day.seats("U1 R1")
    day.lesson(seats=(msgspec.structs.replace(seats[0], class_id="c1"), seats[1]), **more)
    day.host()
    day.rural("R1")
    found: Activity = day.activity()
    return found


def test_v27_an_entry_over_a_logged_lesson_is_a_duplicate_and_the_lesson_stays_one(day: Any) -> None:
    lesson = logged(day)
    assert suspects(entry(day), [lesson], NAMES) == [lesson]
    assert (lesson.state, lesson.participants) == (State.COUNTED, 67)


@pytest.mark.parametrize(
    ("start", "end", "is_suspect"),
    [("08:20", "09:00", False), ("08:20", "09:01", True), ("09:39", "10:20", True), ("09:40", "10:20", False)],
)
def test_times_that_only_touch_do_not_overlap(day: Any, start: str, end: str, is_suspect: bool) -> None:
    assert bool(suspects(entry(day, start, end), [logged(day)], NAMES)) is is_suspect


def test_an_activity_of_any_state_is_a_duplicate(day: Any) -> None:
    cancelled = logged(day, is_cancelled=True)
    assert cancelled.state is State.NOT_COUNTED
    assert suspects(entry(day), [cancelled], NAMES) == [cancelled]


@pytest.mark.parametrize(
    ("class_id", "class_name", "is_suspect"),
    [
        ("c1", "四(2)班", True),
        ("c2", "四(3)班", False),
        (None, "四（2）班", True),
        (None, "四 (2) 班", True),
        (None, "五(1)班", False),
        (None, "", True),
    ],
)
def test_the_class_decides_however_its_name_is_typed(
    day: Any, class_id: str | None, class_name: str, is_suspect: bool
) -> None:
    one = entry(day, class_id=class_id, class_name=class_name)
    assert bool(suspects(one, [logged(day)], NAMES)) is is_suspect


def test_another_pair_is_another_activity(day: Any) -> None:
    assert suspects(entry(day, pair="P2"), [logged(day)], NAMES) == []


def test_meetings_are_compared_with_meetings_only(day: Any) -> None:
    meeting = {"kind": Kind.TRAINING, "class_id": None, "class_name": "", "students": 0, "title": "评课"}
    first = judged(day, entry(day, id="entry0000002", training=TrainingKind.THEME, **meeting))
    one = entry(day, training=TrainingKind.PREPARATION, **meeting)
    assert suspects(one, [first], NAMES) == [first]
    assert suspects(one, [logged(day)], NAMES) == []


def test_the_same_resource_on_the_same_day_is_the_same_viewing_at_whatever_time(day: Any) -> None:
    viewing = {"kind": Kind.DELIVERY, "class_id": "c9", "class_name": "三(1)班", "title": "浮力"}
    first = judged(day, entry(day, id="entry0000002", **viewing))
    assert suspects(entry(day, "14:00", "14:40", **viewing), [first], NAMES) == [first]
    assert suspects(entry(day, "14:00", "14:40", **{**viewing, "title": "压强"}), [first], NAMES) == []


def test_a_synchronous_lesson_without_a_log_waits_for_a_second_person(day: Any) -> None:
    waiting = judged(day, entry(day))
    assert (waiting.state, waiting.participants) == (State.PENDING, 0)
    assert waiting.flags == (Flag.BY_HAND,)
    found = judged(day, entry(day), word(day))
    assert (found.state, found.participants, found.word) == (State.COUNTED, 67, "w1")
    assert judged(day, entry(day), word(day, WordKind.REJECT)).state is State.NOT_COUNTED


@pytest.mark.parametrize(
    ("by", "has_evidence", "code"),
    [(OFFICER, True, "second_person_needed"), (OTHER, False, "evidence_needed"), (OTHER, True, None)],
)
def test_the_second_person_is_another_and_has_seen_evidence(
    day: Any, by: str, has_evidence: bool, code: str | None
) -> None:
    said = word(day, by=by, has_evidence=has_evidence)
    waiting = judged(day, entry(day))
    if code is None:
        require_sayable(waiting, said, entered_by=OFFICER)
        return
    with pytest.raises(LedgerError) as refused:
        require_sayable(waiting, said, entered_by=OFFICER)
    assert refused.value.code == code


def test_the_other_forms_count_at_once(day: Any) -> None:
    one = judged(day, entry(day, kind=Kind.MASTER, students=24, teachers=1, title="名师课"))
    assert (one.state, one.participants, one.need) == (State.COUNTED, 25, 0)


def test_a_meeting_of_nineteen_minutes_is_too_short(day: Any) -> None:
    one = entry(day, end="09:19", kind=Kind.TRAINING, training=TrainingKind.THEME, students=0, teachers=5)
    assert judged(day, one).flags == (Flag.TOO_SHORT, Flag.BY_HAND)
    assert judged(day, entry(day, end="09:20", kind=Kind.TRAINING, students=0, teachers=5)).participants == 5


def test_an_inactive_pair_does_not_count(day: Any) -> None:
    found = judge_hand(entry(day, kind=Kind.MASTER, pair="P11"), day.pairs[2], standing([]), CountingRules())
    assert (found.state, Flag.PAIR_INACTIVE in found.flags) == (State.NOT_COUNTED, True)
