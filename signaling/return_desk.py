"""Looking at returns (月报表): a month's list, one form with every record behind it, its papers, reminders to copy."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from classroom.ledger.cells import BUREAU_FORM, CELL_WORDS, SCHOOL_FORM, TEXTS, Figure
from classroom.ledger.classes import class_uses
from classroom.ledger.filing import BUREAU, FROZEN, Action, State, possible
from classroom.ledger.kinds import Kind
from classroom.ledger.month_pairs import MonthPair, pair_sides
from classroom.ledger.months import local_date
from classroom.ledger.school_return import missing_in_school_return, stated_cells
from classroom.ledger.snapshot import Snapshot, printed_cells
from classroom.registry.fields import FIELDS
from classroom.registry.standing import sides
from classroom.store.activities import Adjustment, Filter, LightActivity
from classroom.store.returns import ReturnRow, Step
from classroom.store.store import Store
from signaling.actors import actor_names
from signaling.auth import Grant
from signaling.filing import may_file, reachable
from signaling.made_forms import bureau_form, comparison, references, school_form
from signaling.month_facts import MonthFacts, gather, month_of
from signaling.papers import sheet_of
from signaling.problem import Problem
from signaling.records import activity_of
from signaling.return_views import (
    BureauLine,
    CellView,
    ClassLine,
    Hand,
    HistoryLine,
    Missing,
    MonthInfo,
    Part,
    ReturnLine,
    ReturnList,
    ReturnView,
    labelled,
    local,
    month_info,
    month_words,
)

MAX_LESSONS: Final = 500
"""Of a pair in a month: far beyond what a timetable holds."""


class ReturnDesk:
    """Reads; `signaling.filing` writes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def facts(self, month: str) -> MonthFacts:
        """The month as it stands. Raises LedgerError(month_unknown)."""
        return await gather(self._store, await month_of(self._store, month))

    async def months(self, now: datetime) -> tuple[list[MonthInfo], str]:
        """Every month, and the one whose window holds today."""
        rows = await self._store.months.through(local_date(now))
        sent = await self._store.returns.sent_months()
        current = next(row.month for row in rows if row.first <= local_date(now) <= row.last)
        return [month_info(row, now, is_sent=row.month in sent) for row in rows], current

    async def listing(self, month: str, grant: Grant, now: datetime) -> ReturnList:
        """The forms of a month that the caller reaches."""
        facts = await self.facts(month)
        mine = [one for one in facts.concerned() if grant.school is None or grant.school in sides(one.pair)]
        return ReturnList(
            month=month_info(facts.month, now, is_sent=facts.is_sent),
            items=[_line(facts, one.pair.id) for one in mine],
            bureau=_bureau_line(facts.rows.get(BUREAU), facts.state(BUREAU)),
        )

    async def form(self, month: str, pair: str, grant: Grant, now: datetime, version: int | None = None) -> ReturnView:
        """One form: as filed while it is frozen, else as it would be now; or one of its snapshots.

        Raises Problem(not_found), LedgerError(month_unknown).
        """
        facts = await self.facts(month)
        reachable(facts, pair, grant)
        activities = [] if pair == BUREAU else await self._store.activities.of_pair_month(pair, month)
        made = await self._shown(facts, pair, activities, now, version)
        steps = await self._store.returns.steps(month, pair)
        adjustments = [] if pair == BUREAU else await self._store.activities.adjustments(pair=pair)
        labels = self._labels(facts, pair, made, activities, adjustments)
        adjusted = {f"adjustment:{line.id}": line.activity for line in adjustments}
        names = await actor_names(
            self._store,
            [(step.actor_kind, step.actor) for step in steps]
            + [(hand.actor_kind, hand.actor) for hand in made.hands.values()],
        )
        row, state, one = facts.rows.get(pair), facts.state(pair), facts.pairs.get(pair)
        return ReturnView(
            form=made.form,
            month=month_info(facts.month, now, is_sent=facts.is_sent),
            pair=None if pair == BUREAU else pair,
            supporter=one.supporter_name if one else "",
            recipient=one.recipient_name if one else "",
            state=state.value,
            state_words=state.words,
            version=row.version if row else 0,
            snapshot=made.number or None,
            policy=made.policy,
            frozen=state in FROZEN,
            filer=str(made.printed["filler"]),
            is_confirmed=made.is_confirmed,
            cells=_cells(made, labels, adjusted, names, _aids(facts, pair)),
            missing=[Missing(cell, text) for cell, text in made.missing],
            notes=_notes(facts, pair, made),
            history=[_history(step, names) for step in steps],
            may=_may(facts, pair, state, grant),
            compare=comparison(facts) if pair == BUREAU else None,
            classes=[] if pair == BUREAU else await self._classes(facts, pair),
            sheet=sheet_of(made),
        )

    async def paper(self, month: str, pair: str, grant: Grant, now: datetime, version: int | None = None) -> Snapshot:
        """The form to be printed: a snapshot of it, as it was filed, or as it stands. Raises as `form`."""
        facts = await self.facts(month)
        reachable(facts, pair, grant)
        activities = [] if pair == BUREAU else await self._store.activities.of_pair_month(pair, month)
        return await self._shown(facts, pair, activities, now, version)

    async def _shown(
        self,
        facts: MonthFacts,
        pair: str,
        activities: Iterable[LightActivity],
        now: datetime,
        version: int | None,
    ) -> Snapshot:
        row, month = facts.rows.get(pair), facts.month.month
        is_frozen = facts.state(pair) in FROZEN and row is not None and row.snapshot is not None
        number = version if version is not None else row.snapshot if row is not None and is_frozen else None
        if number is not None:
            kept = await self._store.returns.snapshot(month, pair, number)
            if kept is None:
                raise Problem("not_found")
            return kept
        if pair == BUREAU:
            return bureau_form(facts, now)
        return school_form(facts, pair, activities, now, is_confirmed=facts.is_confirmed(pair))

    async def _classes(self, facts: MonthFacts, pair: str) -> list[ClassLine]:
        """The classes that the month's 同步课堂 was held with, the busiest first."""
        wanted = Filter(month=facts.month.month, pairs=(pair,), kind=Kind.SYNC, state="counted")
        rows = await self._store.activities.page(wanted, limit=MAX_LESSONS)
        known, found = facts.book.classes, []
        for use in class_uses(activity_of(row) for row in rows):
            busiest = max(use.weeks, key=lambda monday: use.weeks[monday])
            found.append(
                ClassLine(
                    class_id=use.class_id,
                    name=known[use.class_id].name if use.class_id in known else "",
                    school_name=facts.book.schools[use.school].name if use.school in facts.book.schools else "",
                    lessons=use.lessons,
                    minutes=sum(use.weeks.values()),
                    busiest=busiest,
                    busiest_minutes=use.weeks[busiest],
                )
            )
        return sorted(found, key=lambda line: (-line.minutes, line.school_name, line.name))

    def _labels(
        self,
        facts: MonthFacts,
        pair: str,
        made: Snapshot,
        activities: Iterable[LightActivity],
        adjustments: Iterable[Adjustment],
    ) -> dict[str, str]:
        """Words for every record behind the form's figures."""
        wanted = references(made.cells.values())
        found = {**facts.titles, f"policy:{made.policy}": f"口径与设置第 {made.policy} 版"}
        found |= {f"school:{school}": facts.book.schools[school].name for school in facts.book.schools}
        found |= {f"activity:{one.id}": _activity_words(one) for one in activities}
        if pair == BUREAU:
            found |= {f"pair:{one.pair.id}": one.name for one in facts.pairs.values()}
        else:
            found |= _fact_words(facts, pair)
            for line in adjustments:
                words = "补计" if line.count > 0 or line.participants > 0 else "冲减"
                found[f"adjustment:{line.id}"] = f"{words}{month_words(line.of_month)}{line.kind.words}"
        found |= {f"imported:{one.id}": "导入的纸质月报" for one in facts.imported.values()}
        found |= {ref: f"{month_words(ref[6:])}结转" for ref in wanted if ref.startswith("carry:")}
        return {ref: found[ref] for ref in wanted if ref in found}


def _line(facts: MonthFacts, pair: str) -> ReturnLine:
    one, row, state, summary = facts.pairs[pair], facts.rows.get(pair), facts.state(pair), facts.summary(pair)
    return ReturnLine(
        pair=pair,
        supporter=one.supporter_name,
        recipient=one.recipient_name,
        level=one.level,
        state=state.value,
        state_words=state.words,
        filed_at=local(row.filed_at) if row and row.filed_at else None,
        on_time=row.is_on_time if row else None,
        version=row.version if row else 0,
        sync_count=summary.numbers.get("sync.count", 0),
        participants=sum(summary.numbers.get(f"{kind.value}.participants", 0) for kind in Kind),
        missing=[] if state in FROZEN else _missing(facts, one),
        filer=row.filer if row else "",
        unconfirmed=not facts.is_confirmed(pair),
    )


def _missing(facts: MonthFacts, one: MonthPair) -> list[str]:
    """What somebody must still state of the pair and its schools, by name."""
    sides = pair_sides(facts.book, one, facts.month.last, facts.policy.small_max)
    cells = stated_cells(sides, facts.month.last, facts.lookup)
    return [text for _, text in missing_in_school_return(cells, printed_cells(cells, facts.hands_of(one.pair.id)))]


def _bureau_line(row: ReturnRow | None, state: State) -> BureauLine:
    return BureauLine(
        state=state.value,
        state_words=state.words,
        version=row.version if row else 0,
        sent_at=local(row.filed_at) if row and row.filed_at else None,
        on_time=row.is_on_time if row else None,
    )


def _cells(
    made: Snapshot,
    labels: dict[str, str],
    adjusted: dict[str, str],
    names: dict[tuple[str, str], str],
    aids: dict[str, list[Part]],
) -> dict[str, CellView]:
    found = {}
    for cell in BUREAU_FORM if made.form == "annex2" else SCHOOL_FORM:
        figure: Figure = made.cells[cell]
        hand = made.hands.get(cell)
        found[cell] = CellView(
            value=hand.value if hand else figure.value,
            computed=figure.value,
            printed=made.printed[cell],
            hand=None
            if hand is None
            else Hand(
                value=hand.value,
                reason=hand.reason,
                by_name=names[hand.actor_kind, hand.actor],
                at=local(hand.at),
            ),
            parts=labelled(figure.parts, labels, adjusted) + aids.get(cell, []),
        )
    return found


def _aids(facts: MonthFacts, pair: str) -> dict[str, list[Part]]:
    """Drafting aid of 附件2: what the pairs have written in the same cell."""
    if pair != BUREAU:
        return {}
    found: dict[str, list[Part]] = {}
    for one in facts.concerned():
        for cell in TEXTS:
            hand = facts.hands_of(one.pair.id).get(cell)
            if hand is not None and isinstance(hand.value, str) and hand.value:
                found.setdefault(cell, []).append(Part(f"pair:{one.pair.id}", one.name, hand.value))
    return found


def _notes(facts: MonthFacts, pair: str, made: Snapshot) -> list[str]:
    """What whoever looks at the form should know."""
    notes = []
    if made.window.is_provisional:
        notes.append("节假日表未更新：本月的期限按周一至周五推算，请录入当年的放假通知")
    if pair == BUREAU:
        waiting = sum(tally.pending for kinds in facts.tallies.values() for tally in kinds.values())
        open_pairs = [one for one in facts.filing() if not facts.is_confirmed(one.pair.id)]
        if open_pairs:
            how = "已按自动记录的数计入" if facts.policy.include_unconfirmed else "没有计入"
            notes.append(f"{len(open_pairs)} 对结对的附件3 学校未确认，{how}")
    else:
        waiting = sum(tally.pending for tally in facts.tallies.get(pair, {}).values())
        if not made.is_confirmed and facts.state(pair) is State.LOCKED:
            notes.append("学校未确认：附件2 报送时学校尚未提交，按自动记录的数锁定")
    if pair in facts.imported:
        notes.append("本月数据由纸质月报导入")
    if waiting:
        notes.append(f"{waiting} 次活动待确认，没有计入")
    notes += [f"{CELL_WORDS[cell]}还有 {-amount} 未能冲减，结转以后月份" for cell, amount in made.carried.items()]
    return notes


def _history(step: Step, names: dict[tuple[str, str], str]) -> HistoryLine:
    return HistoryLine(
        version=step.snapshot,
        action=step.action.value,
        words=step.action.words,
        state=step.state.value,
        at=local(step.at),
        by_name=names[step.actor_kind, step.actor],
        reason=step.reason,
        on_time=step.is_on_time,
        detail=step.detail,
    )


def _may(facts: MonthFacts, pair: str, state: State, grant: Grant) -> list[str]:
    """What the caller may do next; "edit": put cells by hand."""
    found = ["edit"] if state not in FROZEN and may_file(facts, pair, grant) else []
    for action in possible(pair, state):
        if pair == BUREAU or action is Action.SUBMIT:
            allowed = may_file(facts, pair, grant)
        else:
            allowed = grant.school is None and grant.may("receive_return")
        found += [action.value] if allowed else []
    return found


def _activity_words(one: LightActivity) -> str:
    return " ".join([f"{local(one.begins_at):%m-%d %H:%M}", one.kind.words, *one.subjects])


def _fact_words(facts: MonthFacts, pair: str) -> dict[str, str]:
    """`fact:…` of the pair and its schools → which field of whom, since when."""
    found = {}
    one = facts.pairs[pair].pair
    for subject, field in FIELDS:
        for id in (pair,) if subject == "pair" else sides(one):
            for fact in facts.book.facts.get((id, field), ()):
                who = "" if subject == "pair" else facts.book.schools[id].name
                found[f"fact:{fact.id}"] = f"{who}{FIELDS[subject, field].label}（{fact.since.isoformat()} 起）"
    return found
