"""Words (确认, 驳回, 更正): what named persons said of an activity, and what all of it adds up to.

A word is immutable. The later of two that speak of the same thing holds.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class WordKind(StrEnum):
    """What a named person may say of an activity."""

    CONFIRM = "confirm"
    """确认: a pending activity took place."""
    REJECT = "reject"
    """驳回: a pending activity does not count."""
    CORRECT = "correct"
    """更正: what the log or the timetable has is wrong."""


Numbers = int | dict[str, int]
"""People by room, or of the whole activity."""


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a correction puts right; None leaves a thing as it is.

    `rooms`: listening rooms that took part whatever the log says, which makes the activity count.
    """

    rooms: tuple[str, ...] = ()
    students: Numbers | None = None
    teachers: Numbers | None = None
    subjects: tuple[str, ...] | None = None
    is_test: bool | None = None
    is_cancelled: bool | None = None


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A named person's word. `by` is an id, never a name. Raises ValueError without a person or a reason."""

    id: str
    activity: str
    kind: WordKind
    by: str
    at: datetime
    reason: str
    change: Change = Change()
    has_evidence: bool = False
    """A file or a link came with it."""

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.reason.strip():
            raise ValueError("a word needs a named person and a reason")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the words on one activity add up to."""

    decided: bool | None = None
    """Whether it took place, as the last word on that says."""
    rooms: tuple[str, ...] = ()
    """Named by the correction that decided so."""
    word: str | None = None
    """The word that decided."""
    students: Mapping[str, int] = {}
    teachers: Mapping[str, int] = {}
    all_students: int | None = None
    all_teachers: int | None = None
    subjects: tuple[str, ...] | None = None
    is_test: bool | None = None
    is_cancelled: bool | None = None
    is_corrected: bool = False


def standing(words: Iterable[Word]) -> Standing:
    """The words on one activity, in any order, as one."""
    found = Standing()
    for word in sorted(words, key=lambda word: (word.at, word.id)):
        found = _after(found, word)
    return found


def by_activity(words: Iterable[Word]) -> dict[str, Standing]:
    """Activity → what was said of it."""
    said: dict[str, list[Word]] = {}
    for word in words:
        said.setdefault(word.activity, []).append(word)
    return {activity: standing(some) for activity, some in said.items()}


def _after(before: Standing, word: Word) -> Standing:
    if word.kind is not WordKind.CORRECT:
        accepted = word.kind is WordKind.CONFIRM
        return msgspec.structs.replace(before, decided=accepted, rooms=(), word=word.id)
    change = word.change
    after = msgspec.structs.replace(
        before,
        is_corrected=True,
        subjects=before.subjects if change.subjects is None else change.subjects,
        is_test=before.is_test if change.is_test is None else change.is_test,
        is_cancelled=before.is_cancelled if change.is_cancelled is None else change.is_cancelled,
    )
    if change.rooms:
        after = msgspec.structs.replace(after, decided=True, rooms=change.rooms, word=word.id)
    if change.students is not None:
        rooms, everybody = _numbers(after.students, change.students)
        after = msgspec.structs.replace(after, students=rooms, all_students=everybody)
    if change.teachers is not None:
        rooms, everybody = _numbers(after.teachers, change.teachers)
        after = msgspec.structs.replace(after, teachers=rooms, all_teachers=everybody)
    return after


def _numbers(before: Mapping[str, int], said: Numbers) -> tuple[Mapping[str, int], int | None]:
    """Numbers by room add to those said before; a number for the whole takes their place, and they its."""
    return (before, said) if isinstance(said, int) else ({**before, **said}, None)
