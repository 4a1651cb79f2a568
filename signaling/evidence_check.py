"""Checking an evidence pack without the server that made it: hashes, chains, verdicts and sums.

Needs nothing but the file and this program. What does not fit is named; nothing is believed because it is written down:
each lesson is judged again from its journal and heartbeats.
"""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from classroom.ledger.cells import FLOWS
from classroom.ledger.counting import judge
from classroom.ledger.facts import Facts, Lesson, RoomPresence
from classroom.ledger.figures import net
from classroom.ledger.kinds import Kind
from classroom.ledger.meeting import judge_meeting
from classroom.ledger.months import local_date
from classroom.ledger.policy import Policy
from classroom.ledger.reading import lesson_facts, meeting_of, periods_of, presence_facts, scheduled
from classroom.ledger.snapshot import Snapshot
from classroom.ledger.words import by_activity
from classroom.lesson.events import AnyEvent, decode
from classroom.lesson.heartbeat import Heartbeat
from classroom.store import audit, journal
from classroom.store.activities import ActivityRow, Adjustment
from classroom.store.words import WordRow
from signaling.evidence_pack import FORMAT, MANIFEST, Manifest, Registry
from signaling.records import activity_of, rosters_of

MAX_PART_BYTES: Final = 512 * 2**20
MAX_PARTS: Final = 200_000
_LOGGED: Final = (Kind.SYNC, Kind.TRAINING)
"""The forms whose activities a lesson's log decides."""
T = TypeVar("T")


class NoPack(Exception):
    """The file is no evidence pack, or not a whole one; str() says why."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was checked, and what does not fit; `faults` empty: everything does."""

    month: str
    seal: str
    parts: int
    lessons: int
    judged: int
    figures: int
    faults: list[str]


def check_pack(source: Path) -> Report:
    """Check all of it. Raises NoPack, OSError."""
    try:
        with zipfile.ZipFile(source) as packed:
            said = _part(packed, MANIFEST)
            manifest = msgspec.json.decode(said, type=Manifest)
            if manifest.format != FORMAT:
                raise NoPack(f"格式 {manifest.format} 无法识别。 The format is unknown.")
            faults = list(_hashes(packed, manifest))
            if faults:
                # What follows would only repeat it in other words.
                return _report(manifest, said, faults)
            pack = _Pack(packed, manifest)
            faults += pack.chains()
            judged, differences = pack.verdicts()
            figures, wrong = pack.sums()
            return _report(manifest, said, [*faults, *differences, *wrong], judged, figures)
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError, EOFError, NotImplementedError) as error:
        raise NoPack(f"不是完整的佐证材料包。 It is not a whole evidence pack: {error}") from None


def _report(manifest: Manifest, said: bytes, faults: list[str], judged: int = 0, figures: int = 0) -> Report:
    return Report(
        month=manifest.month,
        seal=hashlib.sha256(said).hexdigest(),
        parts=len(manifest.parts),
        lessons=len(manifest.heads),
        judged=judged,
        figures=figures,
        faults=faults,
    )


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    with packed.open(name) as file:
        content = file.read(MAX_PART_BYTES + 1)
    if len(content) > MAX_PART_BYTES:
        raise NoPack(f"{name} 太大。 It is too large.")
    return content


def _hashes(packed: zipfile.ZipFile, manifest: Manifest) -> Iterator[str]:
    names = packed.namelist()
    if len(names) > MAX_PARTS:
        raise NoPack("文件太多。 There are too many parts.")
    for name in sorted({*names, MANIFEST} - manifest.parts.keys() - {MANIFEST}):
        yield f"{name}: 清单里没有 (not in the manifest)"
    for name, sha256 in manifest.parts.items():
        if names.count(name) != 1:
            yield f"{name}: 缺少或重复 (missing, or there twice)"
        elif hashlib.sha256(_part(packed, name)).hexdigest() != sha256:
            yield f"{name}: 内容被改动 (was changed)"


class _Pack:
    """An open pack whose parts are what the manifest says."""

    def __init__(self, packed: zipfile.ZipFile, manifest: Manifest) -> None:
        self._packed = packed
        self._manifest = manifest
        self._rows = self._lines("activities.jsonl", ActivityRow)

    def _lines(self, name: str, shape: type[T]) -> list[T]:
        return msgspec.json.Decoder(shape).decode_lines(_part(self._packed, name))

    def _journal(self, lesson: str) -> list[journal.Row]:
        return self._lines(f"lessons/{lesson}.journal.jsonl", journal.Row)

    def chains(self) -> Iterator[str]:
        """Every journal up to its head, and the audit log's rows one after the other."""
        for lesson, head in self._manifest.heads.items():
            place = journal.broken(self._journal(lesson), head)
            if place is not None:
                yield f"lesson {lesson}: 第 {place} 行起日志链断开 (the journal's chain breaks at row {place})"
        previous: audit.Row | None = None
        for row in self._lines("audit.jsonl", audit.Row):
            if previous is not None and (
                row.seq != previous.seq + 1 or row.hash != audit.chained(previous.hash, msgspec.structs.asdict(row))
            ):
                yield f"audit {row.seq}: 审计链断开 (the audit log's chain breaks)"
            if row.detail is not None and hashlib.sha256(row.detail.encode()).hexdigest() != row.digest:
                yield f"audit {row.seq}: 内容被改动 (the detail was changed)"
            previous = row
        last = (previous.seq, previous.hash) if previous is not None else (0, audit.GENESIS)
        if last != self._manifest.audit:
            yield "audit: 末行与清单不符 (it does not end where the manifest says)"

    def verdicts(self) -> tuple[int, list[str]]:
        """How many activities were judged again from the lessons' own logs, and which come out differently."""
        policy = msgspec.json.decode(_part(self._packed, "policy.json"), type=Policy)
        registry = msgspec.json.decode(_part(self._packed, "registry.json"), type=Registry)
        book = registry.book()
        words = tuple(row.word for row in self._lines("words.jsonl", WordRow) if row.state == "applied")
        stored = {row.id: row for row in self._rows if row.lesson is not None and row.kind in _LOGGED}
        said = by_activity(words)
        events = {lesson: [decode(row.row) for row in self._journal(lesson)] for lesson in self._manifest.heads}
        found: dict[str, Any] = {}
        for lessons in _days(events).values():
            facts: list[Lesson] = []
            presence: list[RoomPresence] = []
            for lesson in lessons:
                beats = self._lines(f"lessons/{lesson}.heartbeats.jsonl", Heartbeat)
                if (met := meeting_of(events[lesson], beats, policy.counting)) is not None:
                    judged = judge_meeting(met, tuple(book.pairs.values()), policy.counting, said)
                    found |= {one.id: one for one in judged}
                fact = lesson_facts(events[lesson], rosters_of(events[lesson], book))
                if fact is not None:
                    facts.append(fact)
                    presence += presence_facts(events[lesson], beats, policy.counting)
            made = Facts(lessons=tuple(facts), presence=tuple(presence), pairs=tuple(book.pairs.values()), words=words)
            found |= {one.id: one for one in judge(made, policy.counting)}
        faults = []
        for id, row in sorted(stored.items()):
            if id not in found:
                faults.append(f"activity {id}: 日志里没有这次活动 (no log has it)")
                continue
            kept = activity_of(row)
            for name in ("state", "minutes", "participants", "subjects", "flags"):
                if getattr(kept, name) != getattr(found[id], name):
                    faults.append(
                        f"activity {id}: {name} 记为 {getattr(kept, name)}，重算为 {getattr(found[id], name)} "
                        "(judged again it differs)"
                    )
        return len(stored), faults

    def sums(self) -> tuple[int, list[str]]:
        """How many figures of the forms were added up again, and which are not the sum of what stands behind them."""
        figures, faults = 0, []
        lines = self._lines("adjustments.jsonl", Adjustment)
        for name in self._manifest.parts:
            if not name.startswith("snapshots/"):
                continue
            made = msgspec.json.decode(_part(self._packed, name), type=Snapshot)
            for cell in FLOWS:
                figure = made.cells[cell]
                figures += 1
                if figure.value != net(figure.parts.values()).printed:
                    faults.append(f"{name} {cell}: {figure.value} 不等于各项之和 (is not the sum of its parts)")
            if made.form == "annex3":
                faults += self._against_activities(name, made, lines)
        return figures, faults

    def _against_activities(self, name: str, made: Snapshot, lines: Sequence[Adjustment]) -> Iterator[str]:
        """Each activity that the form counts is there, and is what it was then but for what 补计 and 冲减 say."""
        rows = {row.id: row for row in self._rows}
        later: dict[str, int] = {}
        for line in lines:
            if line.of_month == self._manifest.month:
                later[line.activity] = later.get(line.activity, 0) + line.count
        for kind in Kind:
            for ref, count in _parts(made, f"{kind.value}.count").items():
                noun, _, activity = ref.partition(":")
                if noun != "activity" or activity not in rows and later.get(activity) == -count:
                    continue
                row = rows.get(activity)
                now = int(row is not None and row.state == "counted")
                if now != count + later.get(activity, 0):
                    yield f"{name} {ref}: 表中 {count}，台账 {now} (on the form, in the ledger)"


def _parts(made: Snapshot, cell: str) -> Mapping[str, int]:
    figure = made.cells.get(cell)
    return {} if figure is None else figure.parts


def _days(events: Mapping[str, Sequence[AnyEvent]]) -> dict[tuple[str, date], list[str]]:
    """(supporting school, local day) → the lessons that may cut one another's zones."""
    days: dict[tuple[str, date], list[str]] = {}
    for lesson, journal_events in events.items():
        plan, periods = scheduled(journal_events), periods_of(journal_events)
        if plan is not None:
            days.setdefault((plan.supporter, local_date(periods[0].start if periods else plan.at)), []).append(lesson)
    return days
