"""Saying a word on an activity (确认, 驳回, 更正), and the bureau's decision on what a school has proposed.

While the month is open a word holds at once. Once its return is filed a school only proposes; what the bureau approves,
or says itself, becomes 补计 or 冲减 in the pair's open month.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

import msgspec

from classroom.ledger.activity import Activity, Flag
from classroom.ledger.errors import LedgerError
from classroom.ledger.months import SHANGHAI
from classroom.ledger.review import require_sayable
from classroom.ledger.subjects import box_of, in_order
from classroom.ledger.words import Change, Word, WordKind
from classroom.lesson.seats import MAX_STUDENTS
from classroom.store import audit, words
from classroom.store.activities import ActivityRow
from classroom.store.audit import Actor
from classroom.store.store import Store
from classroom.store.words import Decision, Evidence, Seen, WordRow
from signaling.actors import actor_names
from signaling.auth import Grant
from signaling.evidence import Address, Files, Id, Reason, Subject, Subjects
from signaling.messages import Students, Teachers
from signaling.problem import Problem
from signaling.records import Records, activity_of

Everybody = Annotated[int, msgspec.Meta(ge=0, le=5 * MAX_STUDENTS)]


class WordRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: of the activity that the person saw. Numbers are of the whole activity, or by room.

    `rooms`: listening rooms that took part whatever the log says; naming them makes the activity count.
    """

    kind: WordKind
    reason: Reason
    version: int
    students: Everybody | dict[Id, Students] | None = None
    teachers: Everybody | dict[Id, Teachers] | None = None
    rooms: Annotated[list[Id], msgspec.Meta(max_length=8)] = []
    subject: Subject | Subjects | None = None
    is_test: bool | None = None
    is_cancelled: bool | None = None
    files: Files = []
    link: Address | None = None


async def reachable(store: Store, grant: Grant, activity: str) -> ActivityRow:
    """An activity of a pair that the caller reaches. Raises Problem(not_found) for any other and for none."""
    row = await store.activities.get(activity)
    if row is not None:
        pair = (await store.registry.book()).pairs[row.pair]
        if grant.school in (None, pair.supporter, pair.recipient):
            return row
    raise Problem("not_found")


async def say(
    store: Store, records: Records, grant: Grant, activity: str, request: WordRequest, at: datetime, word_id: str
) -> WordRow:
    """The word as kept: applied, or proposed. Raises Problem: not_found, stale; LedgerError."""
    await reachable(store, grant, activity)
    await require_files(store, grant, request.files)
    return await records.in_turn(partial(_say, store, records, grant, activity, request, at, word_id))


async def require_files(store: Store, grant: Grant, files: Sequence[str]) -> None:
    """A school's evidence is of its own files. Raises LedgerError(file_unknown)."""
    found = {file.id for file in await store.files.many(list(files)) if grant.school in (None, file.school)}
    if not found.issuperset(files):
        raise LedgerError("file_unknown")


async def decide(
    store: Store,
    records: Records,
    grant: Grant,
    word: str,
    state: Literal["applied", "refused"],
    reason: str,
    at: datetime,
) -> WordRow:
    """The bureau approves or refuses what a school proposed. Raises Problem(not_found), LedgerError(word_decided)."""
    return await records.in_turn(partial(_decide, store, records, grant.actor, word, state, reason, at))


async def _say(
    store: Store, records: Records, grant: Grant, activity: str, request: WordRequest, at: datetime, word_id: str
) -> WordRow:
    row = await store.activities.get(activity)
    if row is None or row.version != request.version:
        raise await stale(store, activity, row)
    said = Word(
        id=word_id,
        activity=activity,
        kind=request.kind,
        by=f"{grant.actor.kind}:{grant.actor.id}",
        at=at,
        reason=request.reason.strip(),
        change=_change(request),
        has_evidence=bool(request.files or request.link),
    )
    require_sayable(activity_of(row), said, entered_by=(await records.entry(row)).entry.by if row.is_hand else None)
    after, new = await _with(store, records, row, said)
    async with store.database.write() as connection:
        await store.returns.hold(connection)
        is_frozen = await store.returns.is_frozen(row.pair, row.month, connection)
        kept = WordRow(
            id=word_id,
            activity=activity,
            pair=row.pair,
            month=row.month,
            kind=request.kind,
            state="applied" if grant.may("approve") or not is_frozen else "proposed",
            at=at,
            actor=grant.actor,
            reason=said.reason,
            change=said.change,
            evidence=Evidence(files=tuple(request.files), link=request.link),
            before=seen(activity_of(row)),
            after=seen(after),
        )
        await words.add(connection, kept)
        if kept.state == "applied":
            await records.keep(connection, new, [row], at, word=word_id)
        detail = {"word": word_id, "kind": said.kind.value, "reason": said.reason, "change": said.change}
        verb = "corrected" if said.kind is WordKind.CORRECT else f"{said.kind.value}ed"
        action = f"activity.{verb}" if kept.state == "applied" else "activity.word_proposed"
        await audit.note(connection, grant.actor, action, f"activity:{activity}", at, detail)
    return kept


async def _decide(
    store: Store,
    records: Records,
    actor: Actor,
    name: str,
    state: Literal["applied", "refused"],
    reason: str,
    at: datetime,
) -> WordRow:
    said = await store.words.get(name)
    row = None if said is None else await store.activities.get(said.activity)
    if said is None or row is None:
        raise Problem("not_found")
    if said.state != "proposed":
        raise LedgerError("word_decided")
    decision = Decision(actor=actor, at=at, reason=reason.strip())
    decided = msgspec.structs.replace(said, state=state, decision=decision)
    after, new = await _with(store, records, row, decided.word if state == "applied" else None)
    async with store.database.write() as connection:
        if not await words.decide(connection, name, state, decision, seen(after)):
            raise LedgerError("word_decided")
        if state == "applied":
            await records.keep(connection, new, [row], at, word=name)
        verb = "approved" if state == "applied" else "refused"
        detail = {"word": name, "reason": decision.reason}
        await audit.note(connection, actor, f"activity.word_{verb}", f"activity:{row.id}", at, detail)
    return msgspec.structs.replace(decided, after=seen(after))


async def _with(
    store: Store, records: Records, row: ActivityRow, said: Word | None
) -> tuple[Activity, list[ActivityRow]]:
    """The activity with one more word, and as a row. Raises LedgerError for a correction that changes nothing."""
    before = [one.word for one in await store.words.of([row.id]) if one.state == "applied"]
    after = await records.again(row, [*before, said] if said else before)
    if said is not None and said.kind is WordKind.CORRECT:
        without = await records.again(row, before)
        if _plain(after) == _plain(without):
            raise LedgerError("change_changes_nothing")
    return after, await records.rows([after], [row])


async def stale(store: Store, activity: str, row: ActivityRow | None) -> Problem:
    """Who changed the activity last, and when, where a person did."""
    said = [one for one in await store.words.of([activity]) if one.state == "applied"]
    if not said:
        return Problem("stale", more={"version": row.version if row else None})
    last = max(said, key=lambda one: one.word.at)
    actor = last.decision.actor if last.decision else last.actor
    who = (actor.kind, actor.id)
    by_name = (await actor_names(store, [who]))[who]
    at = (last.decision.at if last.decision else last.word.at).astimezone(SHANGHAI)
    more = {"version": row.version if row else None, "by": ":".join(who), "by_name": by_name, "at": at}
    return Problem("stale", more=more)


def seen(activity: Activity) -> Seen:
    """What a word's record shows of an activity."""
    return Seen(
        state=activity.state.value,
        participants=activity.participants,
        teachers=activity.teachers,
        students=activity.students,
        subjects=activity.subjects,
        minutes=activity.minutes,
    )


def boxes(subjects: list[str]) -> tuple[str, ...]:
    """The boxes of 涉及学科. Raises LedgerError(entry_invalid) for what has none."""
    found = [box_of(subject) for subject in subjects]
    if None in found:
        raise LedgerError("entry_invalid", "没有这个学科")
    return in_order(box for box in found if box is not None)


def _plain(activity: Activity) -> Activity:
    """Without what every correction leaves behind."""
    flags = tuple(flag for flag in activity.flags if flag is not Flag.CORRECTED)
    return msgspec.structs.replace(activity, flags=flags, word=None)


def _change(request: WordRequest) -> Change:
    subjects = request.subject
    if isinstance(subjects, str):
        subjects = [subjects]
    return Change(
        rooms=tuple(dict.fromkeys(request.rooms)),
        students=request.students,
        teachers=request.teachers,
        subjects=None if subjects is None else boxes(subjects),
        is_test=request.is_test,
        is_cancelled=request.is_cancelled,
    )
