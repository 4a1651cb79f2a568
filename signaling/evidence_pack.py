"""The evidence pack (佐证材料包) of a work month: all that its numbers rest on, in one file that is checked offline.

A zip: both forms on paper as they were filed and their snapshots, activities, people's words, 补计 and 冲减, the
journals and heartbeats of the lessons, the registry, the policy and the audit log of the time; `manifest.json` has the
hash of each part and the last hash of each journal. It holds names of people, no pictures and no sound.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from classroom.ledger.filing import BUREAU
from classroom.ledger.month_pairs import month_pairs
from classroom.ledger.months import MonthWindow
from classroom.ledger.policy import Policy
from classroom.ledger.snapshot import Snapshot
from classroom.paper.formats import PaperFormat, write_sheet
from classroom.registry.book import Book
from classroom.registry.facts import Class, Classroom, Fact, Pair, School
from classroom.store import audit, journal
from classroom.store.activities import ActivityRow, Filter
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from classroom.store.words import WordRow
from signaling.papers import paper_name, sheet_of

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
PAPER: Final[tuple[PaperFormat, ...]] = ("pdf", "xlsx")
_PAGE: Final = 500
# A lesson of the day before or after may still cut the zones of one within.
_MARGIN: Final = timedelta(days=1)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the pack holds. `parts`: name → sha256; `heads`: lesson → the last hash of its journal.

    `audit`: number and hash of the log's last row when the pack was made. `policy`: the version that judged the month.
    """

    format: int
    month: str
    window: MonthWindow
    made_at: datetime
    policy: int
    heads: dict[str, str]
    audit: tuple[int, str]
    parts: dict[str, str]
    unfiled: list[str]
    """Pairs, or `bureau`, without a form that was filed."""


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """The registry as lists, with everything that was ever true."""

    schools: list[School]
    classrooms: list[Classroom]
    classes: list[Class]
    pairs: list[Pair]
    facts: list[Fact]

    def book(self) -> Book:
        """As the ledger reads it; dated facts of schools and pairs are not needed to judge."""
        return Book(
            schools={one.id: one for one in self.schools},
            classrooms={one.id: one for one in self.classrooms},
            classes={one.id: one for one in self.classes},
            pairs={one.id: one for one in self.pairs},
        )


class _Pack:
    """A zip being written, each part hashed."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self.parts: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        self._packed.writestr(name, content)
        self.parts[name] = hashlib.sha256(content).hexdigest()

    def add_lines(self, name: str, values: Iterable[Any]) -> None:
        self.add(name, b"".join(msgspec.json.encode(value) + b"\n" for value in values))


async def make_pack(store: Store, window: MonthWindow, target: Path, at: datetime) -> tuple[Manifest, str]:
    """Write the pack; its manifest and seal (the manifest's own hash, to be kept elsewhere).

    Raises OSError, FileExistsError when `target` is there.
    """
    draft = target.with_name(target.name + ".part")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                manifest = await _fill(store, window, _Pack(packed), at)
                said = msgspec.json.format(msgspec.json.encode(manifest))
                packed.writestr(MANIFEST, said)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest, hashlib.sha256(said).hexdigest()


async def _fill(store: Store, window: MonthWindow, pack: _Pack, at: datetime) -> Manifest:
    month = window.month
    snapshots, unfiled = await _snapshots(store, window)
    version, policy = await _policy(store, snapshots)
    pack.add("policy.json", msgspec.json.encode(policy))
    pack.add("registry.json", msgspec.json.encode(_registry(await store.registry.book())))
    for made in snapshots:
        pack.add(f"snapshots/{made.pair}.{made.number}.json", msgspec.json.encode(made))
        for format in PAPER:
            pack.add(f"forms/{paper_name(made)}.{format}", write_sheet(sheet_of(made), format))
    rows = await _activities(store, month)
    pack.add_lines("activities.jsonl", rows)
    pack.add_lines("words.jsonl", await _words(store, rows))
    pack.add_lines("adjustments.jsonl", await _adjustments(store, month))
    heads = {}
    for lesson in await _lessons(store, window):
        heads[lesson.id] = lesson.head
        journal_rows: Sequence[journal.Row] = await store.journal.rows(lesson.id)
        pack.add_lines(f"lessons/{lesson.id}.journal.jsonl", journal_rows)
        pack.add_lines(f"lessons/{lesson.id}.heartbeats.jsonl", await store.journal.heartbeats(lesson.id))
    log: Sequence[audit.Row] = await store.audit.rows(window.start_at)
    pack.add_lines("audit.jsonl", log)
    return Manifest(
        format=FORMAT,
        month=month,
        window=window,
        made_at=at,
        policy=version,
        heads=heads,
        audit=(log[-1].seq, log[-1].hash) if log else (0, audit.GENESIS),
        parts=pack.parts,
        unfiled=unfiled,
    )


async def _snapshots(store: Store, window: MonthWindow) -> tuple[list[Snapshot], list[str]]:
    """The latest snapshot of every form that was filed, 附件2 first; who was to file one and has not."""
    due = {BUREAU: True} | {one.pair.id: one.files for one in month_pairs(await store.registry.book(), window, "")}
    found, unfiled = [], []
    for pair in (BUREAU, *sorted(due.keys() - {BUREAU})):
        made = await store.returns.snapshot(window.month, pair)
        if made is not None:
            found.append(made)
        elif due[pair]:
            unfiled.append(pair)
    return found, unfiled


async def _policy(store: Store, snapshots: Sequence[Snapshot]) -> tuple[int, Policy]:
    """The policy that 附件2 was made by; while it has not gone out, that of today."""
    if snapshots and snapshots[0].pair == BUREAU:
        return snapshots[0].policy, await store.policies.of_version(snapshots[0].policy)
    return await store.policies.current()


def _registry(book: Book) -> Registry:
    return Registry(
        schools=list(book.schools.values()),
        classrooms=list(book.classrooms.values()),
        classes=list(book.classes.values()),
        pairs=list(book.pairs.values()),
        facts=[fact for facts in book.facts.values() for fact in facts],
    )


async def _activities(store: Store, month: str) -> list[ActivityRow]:
    rows: list[ActivityRow] = []
    after = None
    while found := await store.activities.page(Filter(month=month), after=after, limit=_PAGE):
        rows += found
        after = (found[-1].begins_at, found[-1].id)
    return rows


async def _words(store: Store, rows: Sequence[ActivityRow]) -> list[WordRow]:
    found: list[WordRow] = []
    for start in range(0, len(rows), _PAGE):
        found += await store.words.of([row.id for row in rows[start : start + _PAGE]])
    return found


async def _adjustments(store: Store, month: str) -> list[Any]:
    """Of this month into later ones, and into this one of earlier ones."""
    into = await store.activities.adjustments(into_month=month)
    of = await store.activities.adjustments(of_month=month)
    return [*into, *(line for line in of if line.into_month != month)]


async def _lessons(store: Store, window: MonthWindow) -> list[ListedLesson]:
    found: list[ListedLesson] = []
    after = None
    start, end = window.start_at - _MARGIN, window.end_at + _MARGIN
    while page := await store.lessons.page(start, end, after=after, limit=_PAGE):
        found += page
        after = (page[-1].start_at, page[-1].id)
    return found
