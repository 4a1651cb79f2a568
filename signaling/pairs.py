"""Pairs (结对) by their schools' names: what the county's command line lists and activates."""

from datetime import date, datetime

import msgspec

from classroom.ledger.months import local_date
from classroom.registry import changes
from classroom.registry.book import Book
from classroom.registry.facts import Pair, PairStatus, StatusChange
from classroom.registry.names import school_named
from classroom.store.audit import Actor
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.messages import Name


class PairRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Two schools by name, each made where it is not known."""

    supporter: Name
    recipient: Name


class PairLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pair today. `recipient` null: no school is named yet; `since`: the first local date of this status."""

    pair: str
    supporter: str
    recipient: str | None
    level: str | None
    status: PairStatus
    since: date


async def list_pairs(store: Store, at: datetime) -> list[PairLine]:
    """Every pair, those that wait for the county (待定) first, then by name."""
    book = await store.registry.book()
    lines = [_line(book, pair, local_date(at)) for pair in book.pairs.values() if pair.statuses]
    return sorted(lines, key=lambda line: (line.status != "待定", line.supporter, line.recipient or ""))


async def activate_pair(store: Store, request: PairRequest, at: datetime, actor: Actor) -> PairLine:
    """The pair is active from today on, made if there is none.

    Raises RegistryError(same_school), and then has written nothing.
    """
    today = local_date(at)
    supporter, recipient = request.supporter, request.recipient
    await store.registry.change(lambda book: changes.activate(book, new_id, supporter, recipient, today), By(actor, at))
    book = await store.registry.book()
    sides = school_named(book, supporter), school_named(book, recipient)
    ids = tuple(school.id if school else None for school in sides)
    pair = next(pair for pair in book.pairs.values() if (pair.supporter, pair.recipient) == ids)
    return _line(book, pair, today)


def _line(book: Book, pair: Pair, day: date) -> PairLine:
    change = _change_on(pair, day)
    return PairLine(
        pair=pair.id,
        supporter=book.schools[pair.supporter].name,
        recipient=None if pair.recipient is None else book.schools[pair.recipient].name,
        level=pair.level,
        status=change.status,
        since=change.since,
    )


def _change_on(pair: Pair, day: date) -> StatusChange:
    """The change in force; of a pair whose first lesson is yet to come, its first."""
    begun = [change for change in pair.statuses if change.since <= day]
    return begun[-1] if begun else pair.statuses[0]
