"""Imports (导入): a file's lines are shown with what each will do; only what was shown is then done, all or nothing."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal

import msgspec

from classroom.ledger.cells import Value
from classroom.ledger.months import local_date
from classroom.paper.reading import read_annex3
from classroom.paper.table import Format, read_table, write_table
from classroom.registry import pair_list, school_list, standing
from classroom.registry.book import Book
from classroom.registry.changes import Batch
from classroom.registry.counties import code_of, name_of
from classroom.registry.errors import RegistryError
from classroom.registry.fields import check_day
from classroom.registry.lists import Line, Plan, Question
from classroom.store.files import new_file
from classroom.store.ids import new_id
from classroom.store.imported import NewReturn
from classroom.store.registry import By
from classroom.store.store import Store
from signaling import past
from signaling.files import Contents
from signaling.messages import ONE_LINE, Name
from signaling.problem import Problem
from signaling.records import Records

Kind = Literal["pairs", "schools", "months", "annex3"]
"""附件1's list of pairs; a list of schools; totals of past months; a filled 附件3."""
FileName = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=ONE_LINE)]
MAX_IMPORT_BYTES: Final = 20 * 2**20
MAX_LINES: Final = 5_000
"""Lines of one list: a province has 1 500 pairs."""
SAMES_MAX: Final = 500


class ImportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`dry_run`: only show. Otherwise `digest` is that of the preview. `since`: from when on what is new holds.

    `same` answers the questions of a preview: JSON list of [name in the file, name of the school it is], or [name,
    null] for a school of its own. `stages`: take a school's 学段 from its name where the name says it.
    """

    kind: Kind
    name: FileName
    dry_run: bool = False
    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None
    since: date | None = None
    same: Annotated[str, msgspec.Meta(max_length=20_000)] | None = None
    stages: bool = False


class ImportLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file. `effect`: new, same, changed, ask (a question is open), refused."""

    line: int
    effect: str
    text: str
    notes: list[str]
    missing: list[str]
    questions: list[Question]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a file does, or has done. `hints`: sentences on what else is to be set before the figures come right."""

    kind: Kind
    since: date
    digest: str
    is_applied: bool
    counts: dict[str, int]
    hints: list[str]
    lines: list[ImportLine]


async def run_import(
    store: Store, records: Records, query: ImportQuery, data: bytes, contents: Contents, by: By
) -> ImportReport:
    """Preview a file, or do what was previewed.

    `contents` keeps a file of past months as their evidence, once it is taken. Raises PaperError for a
    file that cannot be read; RegistryError: headings_missing, heading_twice, questions_open, preview_changed, bad_day;
    Problem: bad_request, import_too_long.
    """
    since = query.since or local_date(by.at)
    check_day(since)
    if query.kind in ("pairs", "schools"):
        return await _import_list(store, records, query, data, since, by)
    return await _import_months(store, query, data, contents, since, by)


async def _import_list(
    store: Store, records: Records, query: ImportQuery, data: bytes, since: date, by: By
) -> ImportReport:
    table = await _table(data, query.name)
    answers = _answers(query.same)
    book = await store.registry.book()

    def planned(book: Book) -> Plan:
        if query.kind == "schools":
            return school_list.plan_schools(book, table, since=since, at=by.at, new_id=new_id)
        return pair_list.plan_pairs(
            book, table, since=since, at=by.at, new_id=new_id, answers=answers, takes_stages=query.stages
        )

    plan = await asyncio.to_thread(planned, book)
    digest = _digest(data, query, since, plan.lines)
    hints = await _hints(store, book, plan)
    if query.dry_run:
        return _report(query.kind, since, digest, plan.lines, hints, is_applied=False)
    _check_ready(query, digest, plan.lines)

    def decide(now: Book) -> Batch:
        # The same book, as a rule; another one only where somebody changed the registry this very moment.
        again = plan if now is book else planned(now)
        if _digest(data, query, since, again.lines) != digest:
            raise RegistryError("preview_changed")
        return again.batch

    if any(line.verdict in ("new", "changed") for line in plan.lines):
        batch = await store.registry.change(decide, by)
        await _judge_again(records, book, batch, since, by)
    return _report(query.kind, since, digest, plan.lines, hints, is_applied=True)


async def _hints(store: Store, book: Book, plan: Plan) -> list[str]:
    """Without the own county nobody can say which schools are its own; the list shows which it is."""
    _, policy = await store.policies.current()
    if policy.county:
        return []
    schools = {**book.schools, **{school.id: school for school in plan.batch.schools}}
    sides = [{code_of(schools[id].county) for id in standing.sides(pair)} for pair in plan.batch.pairs]
    shared = set.intersection(*sides) - {None} if sides else set()
    if len(shared) != 1:
        return ["还没有设置本县：请在“口径与设置”里填写本县代码，否则无法统计本县学校"]
    [code] = shared
    return [f"还没有设置本县：名单里每一对都有{name_of(str(code))}，请在“口径与设置”里把本县代码设为 {code}"]


async def _judge_again(records: Records, book: Book, batch: Batch, since: date, by: By) -> None:
    """Pairs known before whose status has changed: their open months are counted again."""
    for pair, _ in batch.statuses:
        if pair in book.pairs:
            await records.pair_changed(pair, since, by.at)


async def _import_months(
    store: Store, query: ImportQuery, data: bytes, contents: Contents, since: date, by: By
) -> ImportReport:
    if query.kind == "annex3":
        cells = await asyncio.to_thread(read_annex3, data, query.name)
        plan = await _plan_form(store, cells, by)
    else:
        table = await _table(data, query.name)
        plan = await _plan_months(store, table, past.months_named(table), by)
    digest = _digest(data, query, since, plan.lines)
    if query.dry_run:
        return _report(query.kind, since, digest, plan.lines, [], is_applied=False)
    _check_ready(query, digest, plan.lines)
    if plan.months:
        content = await contents.keep(_once(data), is_table=True)
        file = new_file(
            sha256=content.sha256, size=content.size, media=content.media, name=query.name, school=None, by=by
        )
        made = [NewReturn(pair=month.pair, month=month.month, cells=month.cells) for month in plan.months]
        await store.imported.put(made, file, by)
    return _report(query.kind, since, digest, plan.lines, [], is_applied=True)


async def _plan_months(store: Store, table: Sequence[Sequence[str]], named: set[str], by: By) -> past.PastPlan:
    before = local_date(by.at).strftime("%Y-%m")
    months = sorted(named)
    earlier = await store.imported.between(months[0], months[-1]) if months else []
    return past.plan_months(
        await store.registry.book(),
        table,
        known={(row.pair, row.month): row.cells for row in earlier},
        taken=await store.imported.taken(months) if months else set(),
        before=before,
    )


async def _plan_form(store: Store, cells: Mapping[str, Value], by: By) -> past.PastPlan:
    month = past.read_month(str(cells.get("month") or ""))
    months = [] if month is None else [month]
    earlier = await store.imported.between(month, month) if month else []
    return past.plan_form(
        await store.registry.book(),
        cells,
        known={(row.pair, row.month): row.cells for row in earlier},
        taken=await store.imported.taken(months) if months else set(),
        before=local_date(by.at).strftime("%Y-%m"),
    )


async def export_table(store: Store, kind: Kind, day: date, format: Format) -> bytes:
    """What is known as a file that an import of this kind reads back. Raises Problem(bad_request) for `annex3`."""
    book = await store.registry.book()
    _, policy = await store.policies.current()
    earlier = await store.imported.between(past.FIRST_MONTH, f"{day:%Y-%m}") if kind == "months" else []

    def written() -> bytes:
        if kind == "pairs":
            return write_table(pair_list.EXPORT, pair_list.pair_rows(book, policy.county, day), format)
        if kind == "schools":
            return write_table(school_list.EXPORT, school_list.school_rows(book, day), format)
        if kind == "months":
            kept = [past.PastMonth(line=0, pair=row.pair, month=row.month, cells=row.cells) for row in earlier]
            return write_table(past.EXPORT, past.month_rows(book, kept, day), format)
        raise Problem("bad_request", "a blank 附件3 is a form, not a list")

    # A province's takes a tenth of a second, and live lessons must not wait for it.
    return await asyncio.to_thread(written)


async def _table(data: bytes, name: str) -> list[list[str]]:
    table = await asyncio.to_thread(read_table, data, name)
    if len(table) > MAX_LINES:
        raise Problem("import_too_long", f"{len(table)} > {MAX_LINES}")
    return table


def _answers(same: str | None) -> Mapping[str, str | None]:
    if same is None:
        return {}
    try:
        pairs = msgspec.json.decode(same, type=list[tuple[Name, Name | None]])
    except msgspec.DecodeError as error:
        raise Problem("bad_request", f"same: {error}") from None
    if len(pairs) > SAMES_MAX:
        raise Problem("bad_request", f"same: more than {SAMES_MAX} answers")
    return dict(pairs)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _check_ready(query: ImportQuery, digest: str, lines: Sequence[Line]) -> None:
    asked = [question.name for line in lines for question in line.questions]
    if asked:
        raise RegistryError("questions_open", "、".join(dict.fromkeys(asked)))
    if query.digest != digest:
        raise RegistryError("preview_changed")


def _digest(data: bytes, query: ImportQuery, since: date, lines: Sequence[Line]) -> str:
    """Of the file and of what it will do: another file, another registry or another answer makes another."""
    said: list[Any] = [query.kind, since, query.same, query.stages, list(lines)]
    return hashlib.sha256(hashlib.sha256(data).digest() + msgspec.json.encode(said)).hexdigest()


def _report(
    kind: Kind, since: date, digest: str, lines: Sequence[Line], hints: list[str], *, is_applied: bool
) -> ImportReport:
    counts = dict.fromkeys(("new", "changed", "same", "ask", "refused"), 0)
    for line in lines:
        counts[line.verdict] += 1
    return ImportReport(
        kind=kind,
        since=since,
        digest=digest,
        is_applied=is_applied,
        counts=counts,
        hints=hints,
        lines=[
            ImportLine(
                line=line.number,
                effect=line.verdict,
                text=line.title,
                notes=[*line.says, *([line.problem] if line.problem else [])],
                missing=[_missing(lack.school, lack.label, lack.suggestion) for lack in line.missing],
                questions=list(line.questions),
            )
            for line in lines
        ],
    )


def _missing(school: str, label: str, suggestion: str | None) -> str:
    return f"{school}：{label}" + (f"（按校名应为{suggestion}）" if suggestion else "")
