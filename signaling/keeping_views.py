"""Recordings as they are kept, for the desks and for the lists of lessons. Instants at +08:00. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from classroom.keeping.publication import Publication, Side
from classroom.keeping.publication import State as PublicationState
from classroom.keeping.retention import Rule, State, Terms, due_on, is_put_off
from classroom.ledger.months import SHANGHAI
from classroom.registry.book import Book
from classroom.store.lessons import ListedLesson
from classroom.store.recordings import Extension, Fault, Kept
from signaling.keeper import standing_of


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """法律保留."""

    at: datetime
    reason: str


class ExtensionView(msgspec.Struct, frozen=True, kw_only=True):
    """延期: asked for, or how it was answered. `until`: the day that it is kept to."""

    state: Extension
    asked_at: datetime
    reason: str
    until: date | None


class SealView(msgspec.Struct, frozen=True, kw_only=True):
    """封存: the class has withdrawn its consent. `is_ours`: the caller's school is the class's."""

    class_id: str
    class_name: str
    school: str
    is_ours: bool


class PublicationView(msgspec.Struct, frozen=True, kw_only=True):
    """发布: `waits_for` whose word; `word` why it was refused or withdrawn."""

    id: str
    pupils: bool
    state: PublicationState
    waits_for: list[Side]
    reason: str
    asked_at: datetime
    ended_at: datetime | None
    word: str | None


class KeptNote(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of lessons says of a recording. `due_on`: when it will be erased, null while something stands
    against that; `is_warned`: that is announced; `is_asked`: somebody has asked to keep or publish it; `erased_on` and
    `rule` of what is gone."""

    state: State
    due_on: date | None
    is_warned: bool
    is_asked: bool
    is_sealed: bool
    is_published: bool
    fault: Fault | None
    erased_on: date | None
    rule: Rule | None


class KeptLine(msgspec.Struct, frozen=True, kw_only=True):
    """A recording on the desk. `is_own`: the caller's school taught the lesson (the bureau: always). `bytes` null until
    its files are summed; `days_left` to `due_on`, < 0 never. `verdict`: what its check said, in words."""

    lesson: str
    subject: str
    supporter: str
    class_name: str
    schools: list[str]
    start: datetime
    state: State
    is_own: bool
    bytes: int | None
    verdict: str | None
    due_on: date | None
    days_left: int | None
    is_warned: bool
    hold: HoldView | None
    seals: list[SealView]
    extension: ExtensionView | None
    publications: list[PublicationView]
    checked_at: datetime | None
    fault: Fault | None
    erased_at: datetime | None
    rule: Rule | None
    erase_reason: str | None


class KeptCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many wait for a word, will be erased, are held, are damaged; and the days of the rule."""

    waiting: int
    ending: int
    held: int
    faulty: int
    keep_days: int
    notice_days: int


Which = Literal["all", "waiting", "ending", "held", "faulty", "erased"]


def note_of(kept: Kept, terms: Terms) -> KeptNote:
    """In short, for lists."""
    erased_at = local(kept.erased_at)
    return KeptNote(
        state=kept.state,
        due_on=_due(kept, terms),
        is_warned=kept.warned_on is not None,
        is_asked=kept.asked_at is not None,
        is_sealed=bool(kept.sealed_by),
        is_published=kept.published,
        fault=kept.fault,
        erased_on=None if erased_at is None else erased_at.date(),
        rule=kept.rule,
    )


def line_of(
    kept: Kept,
    listed: ListedLesson,
    book: Book,
    publications: Sequence[Publication],
    *,
    terms: Terms,
    today: date,
    school: str | None,
    verdict: str | None,
) -> KeptLine:
    """With everything that an officer decides by. `school`: the caller's, None for the bureau."""
    due = _due(kept, terms)
    return KeptLine(
        lesson=kept.lesson,
        subject=listed.subject,
        supporter=book.schools[listed.supporter].name,
        class_name=listed.class_name,
        schools=list(dict.fromkeys(seat.school for seat in listed.seats if seat.role == "rural")),
        start=listed.start_at.astimezone(SHANGHAI),
        state=kept.state,
        is_own=school in (None, listed.supporter),
        bytes=kept.bytes,
        verdict=verdict,
        due_on=due,
        days_left=None if due is None else (due - today).days,
        is_warned=kept.warned_on is not None,
        hold=_hold(kept),
        seals=[_seal(book, class_id, school) for class_id in kept.sealed_by],
        extension=_extension(kept),
        publications=[publication_view(one) for one in publications],
        checked_at=local(kept.checked_at),
        fault=kept.fault,
        erased_at=local(kept.erased_at),
        rule=kept.rule,
        erase_reason=kept.erase_reason,
    )


def publication_view(one: Publication) -> PublicationView:
    """A request to publish."""
    return PublicationView(
        id=one.id,
        pupils=one.pupils,
        state=one.state,
        waits_for=list(one.waits_for),
        reason=one.reason,
        asked_at=one.asked_at.astimezone(SHANGHAI),
        ended_at=local(one.ended_at),
        word=one.word,
    )


def counts_view(counts: Mapping[str, int], terms: Terms) -> KeptCounts:
    """The numbers on the tabs."""
    return KeptCounts(**counts, keep_days=terms.keep_days, notice_days=terms.notice_days)


def local(at: datetime | None) -> datetime | None:
    """The same instant as pages show it."""
    return None if at is None else at.astimezone(SHANGHAI)


def _due(kept: Kept, terms: Terms) -> date | None:
    standing = standing_of(kept)
    return None if kept.state != "kept" or is_put_off(standing) else due_on(standing, terms)


def _hold(kept: Kept) -> HoldView | None:
    at = local(kept.held_at)
    return None if at is None else HoldView(at=at, reason=kept.held_reason or "")


def _extension(kept: Kept) -> ExtensionView | None:
    at = local(kept.extension_at)
    if kept.extension is None or at is None:
        return None
    return ExtensionView(state=kept.extension, asked_at=at, reason=kept.extension_reason or "", until=kept.until)


def _seal(book: Book, class_id: str, school: str | None) -> SealView:
    made = book.classes[class_id]
    return SealView(
        class_id=class_id,
        class_name=made.name,
        school=book.schools[made.school].name,
        is_ours=school in (None, made.school),
    )
