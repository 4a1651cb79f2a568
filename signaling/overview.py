"""The desks' first pages: a month by form, what is to be done, alerts; the matrix of a year; annual progress."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from classroom.ledger.activity import Mark
from classroom.ledger.alerts import Alert, PairMonth, Raised, alerts_of, in_term
from classroom.ledger.bureau_return import flow_sums, pairs_by_school
from classroom.ledger.deadlines import is_on_time_school
from classroom.ledger.figures import rate
from classroom.ledger.filing import BUREAU, FROZEN, State
from classroom.ledger.kinds import ON_PAPER, Kind
from classroom.ledger.month_pairs import MonthPair, active_pairs, month_pairs
from classroom.ledger.months import WorkMonth, local_date, midnight, previous_month
from classroom.ledger.progress import YearSplit, kind_progress, lacking, split_year
from classroom.ledger.stocks import as_date, space_opened
from classroom.registry.facts import status_on
from classroom.registry.standing import is_small, round_ends, round_of, sides
from classroom.store.store import Store
from classroom.store.sums import Sum
from signaling.auth import Grant
from signaling.month_facts import MonthFacts, gather, month_of
from signaling.return_views import MonthInfo, local, month_info, month_words

MAX_LINES: Final = 200
"""Of a list on the first page: a province has more to do than one screen holds."""
NEARLY_OVER: Final = timedelta(days=7)
"""A month without a lesson is worth an alert when no more than this is left of it."""


class KindLine(msgspec.Struct, frozen=True, kw_only=True):
    """One form: this month, the month before, the year so far, the year's target over all pairs."""

    kind: Kind
    words: str
    unit: str
    count: int
    participants: int
    last_count: int
    last_participants: int
    year_count: int
    target: int | None


class Todo(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do. `days_left` < 0: overdue."""

    code: str
    text: str
    month: str
    pair: str | None
    pair_name: str
    due_at: datetime | None
    days_left: int | None


class FilingCount(msgspec.Struct, frozen=True, kw_only=True):
    """附件3 of the month by state. `overdue`: not filed though due."""

    total: int
    draft: int
    submitted: int
    returned: int
    received: int
    locked: int
    overdue: int
    unconfirmed: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Own schools in pairs against task and goals (in schools); rates as on paper.

    `county_goal`: the share of pairs within the county that the province would see, in percent.
    """

    own_schools: int
    task: int | None
    task_rate: str
    rate: str
    goal20: int | None
    goal28: int | None
    goal_min: int
    school_total: int | None
    county_pairs: int
    pairs: int
    county_rate: str
    county_goal: int


class FlagLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An alert of a pair or an activity."""

    code: str
    text: str
    pair: str | None
    pair_name: str
    activity: str | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """首页."""

    month: MonthInfo
    kinds: list[KindLine]
    todo: list[Todo]
    filing: FilingCount
    coverage: Coverage
    flags: list[FlagLine]
    pending: int
    proposed: int


class MatrixCell(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pair's month of one form: what its activities add up to, and where its 附件3 is."""

    month: str
    count: int
    participants: int
    pending: int
    filing: str


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's year."""

    pair: str
    supporter: str
    recipient: str
    level: str | None
    status: str | None
    is_ours: bool
    cells: list[MatrixCell]
    count: int
    participants: int
    target: int | None


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """Pair × month of a year, of one form."""

    year: int
    kind: Kind
    months: list[str]
    rows: list[MatrixRow]


class ProgressKind(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One form of a pair in a year: by the activities' own dates, and as the sum of the months' returns."""

    kind: Kind
    words: str
    count: int
    participants: int
    reported: int
    target: int | None


class ProgressRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's year against the targets."""

    pair: str
    supporter: str
    recipient: str
    level: str | None
    kinds: list[ProgressKind]
    subjects: list[str]
    forms: int
    missing: list[str]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """年度进度."""

    year: int
    due_on: str
    rows: list[ProgressRow]


async def overview(store: Store, month: str, grant: Grant, now: datetime) -> Overview:
    """The month as the caller reaches it. Raises LedgerError(month_unknown)."""
    facts = await gather(store, await month_of(store, month))
    mine = [one for one in facts.concerned() if _reaches(grant, one)]
    some = frozenset(one.pair.id for one in facts.pairs.values() if _reaches(grant, one)) if grant.school else None
    year = month[:4]
    # 附件2 adds up what is printed; the months before are compared by their activities.
    sums = await store.sums.by_month(min(previous_month(month), f"{year}-01"), f"{year}-12", some)
    flags = await _flags(store, facts, mine, some, now)
    due = [one for one in mine if one.files]
    proposed = await store.sums.proposed(some)
    pending = sum(tally.pending for one in mine for tally in facts.tallies.get(one.pair.id, {}).values())
    return Overview(
        month=month_info(facts.month, now, is_sent=facts.is_sent),
        kinds=_kinds(facts, mine, len(due), sums),
        todo=_todo(facts, due, grant, now, pending, proposed),
        filing=_filing(facts, due, now),
        coverage=_coverage(facts),
        flags=flags[:MAX_LINES],
        pending=pending,
        proposed=proposed,
    )


async def matrix(store: Store, year: int, kind: Kind, grant: Grant, now: datetime) -> Matrix:
    """Pair × month of the work months of a year."""
    rows = await store.months.through(local_date(now))
    windows = [row for row in rows if row.month.startswith(f"{year:04}-")]
    months = [row.month for row in windows]
    if not months:
        return Matrix(year=year, kind=kind, months=[], rows=[])
    _, policy = await store.policies.current()
    pairs = [
        one for one in month_pairs(await store.registry.book(), windows[-1], policy.county) if _reaches(grant, one)
    ]
    some = frozenset(one.pair.id for one in pairs) if grant.school else None
    sums = await store.sums.monthly(months[0], months[-1], kind, some)
    states = await store.returns.states_between(months[0], months[-1])
    sent = await store.returns.sent_months()
    target = policy.targets.get(kind)
    found = []
    for one in pairs:
        of_pair = sums.get(one.pair.id, {})
        found.append(
            MatrixRow(
                pair=one.pair.id,
                supporter=one.supporter_name,
                recipient=one.recipient_name,
                level=one.level,
                status=status_on(one.pair, min(local_date(now), windows[-1].last)),
                is_ours=one.is_recipient_ours,
                cells=[_cell(month, one.pair.id, of_pair, states, sent) for month in months],
                count=sum(count for count, _, _ in of_pair.values()),
                participants=sum(people for _, people, _ in of_pair.values()),
                target=target.count if target else None,
            )
        )
    return Matrix(year=year, kind=kind, months=months, rows=found)


async def progress(store: Store, year: int, grant: Grant, now: datetime) -> Progress:
    """Every pair's year: by the activities' own dates, beside the sum of the months."""
    rows = await store.months.through(local_date(now))
    split = split_year(year, rows)
    _, policy = await store.policies.current()
    months = [row.month for row in rows if row.month.startswith(f"{year:04}-")]
    result = Progress(year=year, due_on=f"{year:04}-{policy.targets_by}", rows=[])
    if not months:
        return result
    last = next(row for row in rows if row.month == months[-1])
    pairs = [one for one in month_pairs(await store.registry.book(), last, policy.county) if _reaches(grant, one)]
    some = frozenset(one.pair.id for one in pairs) if grant.school else None
    reported = await store.sums.by_pair(months[0], months[-1], some)
    dated = await _dated(store, rows, split, some)
    subjects = {kind: await store.sums.subjects(months[0], months[-1], kind) for kind in policy.targets}
    for one in pairs:
        id = one.pair.id
        kinds = kind_progress(
            dated.get(id, {}), {kind: count for kind, (count, _) in reported.get(id, {}).items()}, policy
        )
        named = {kind: found.get(id, set()) for kind, found in subjects.items()}
        if not one.files and not any(line.count for line in kinds):
            continue
        result.rows.append(
            ProgressRow(
                pair=id,
                supporter=one.supporter_name,
                recipient=one.recipient_name,
                level=one.level,
                kinds=[
                    ProgressKind(
                        kind=line.kind,
                        words=line.kind.words,
                        count=line.count,
                        participants=line.participants,
                        reported=line.reported,
                        target=line.target,
                    )
                    for line in kinds
                ],
                subjects=sorted(named.get(Kind.SYNC, set())),
                forms=sum(1 for line in kinds if line.count),
                missing=lacking(kinds, {kind: len(found) for kind, found in named.items()}, policy),
            )
        )
    return result


async def _dated(
    store: Store, rows: Iterable[WorkMonth], split: YearSplit, some: frozenset[str] | None
) -> dict[str, dict[Kind, Sum]]:
    """Pair → form → what lies in the year by its own date: whole months by their sums, the edges by their days."""
    found = await store.sums.by_pair(split.whole[0], split.whole[-1], some) if split.whole else {}
    start, end = midnight(split.first), midnight(split.last + timedelta(days=1))
    for row in rows:
        if row.month not in split.edges:
            continue
        if row.start_at < start:
            # Most of this month lies in the year: few days are looked at one by one.
            _add(found, await store.sums.by_pair(row.month, row.month, some), 1)
            _add(found, await store.sums.dated(row.start_at, start, row.month, some), -1)
        else:
            _add(found, await store.sums.dated(row.start_at, min(row.end_at, end), row.month, some), 1)
    return found


def _add(found: dict[str, dict[Kind, Sum]], more: Mapping[str, Mapping[Kind, Sum]], sign: int) -> None:
    for pair, kinds in more.items():
        of_pair = found.setdefault(pair, {})
        for kind, (count, people) in kinds.items():
            before = of_pair.get(kind, (0, 0))
            of_pair[kind] = (before[0] + sign * count, before[1] + sign * people)


def _reaches(grant: Grant, one: MonthPair) -> bool:
    return grant.school is None or grant.school in sides(one.pair)


def _kinds(
    facts: MonthFacts,
    mine: Iterable[MonthPair],
    due: int,
    sums: Mapping[tuple[str, Kind], tuple[int, int, int]],
) -> list[KindLine]:
    month = facts.month.month
    before, year = previous_month(month), month[:4]
    figures = flow_sums([facts.part(one.pair.id) for one in mine], {})
    found = []
    for kind in ON_PAPER:
        count, people = (figures[f"{kind.value}.{what}"].value for what in ("count", "participants"))
        last = sums.get((before, kind), (0, 0, 0))
        target = facts.policy.targets.get(kind)
        found.append(
            KindLine(
                kind=kind,
                words=kind.words,
                unit=kind.unit,
                count=count if isinstance(count, int) else 0,
                participants=people if isinstance(people, int) else 0,
                last_count=last[0],
                last_participants=last[1],
                year_count=sum(
                    total
                    for (at, which), (total, _, _) in sums.items()
                    if which is kind and f"{year}-01" <= at <= month
                ),
                target=target.count * due if target else None,
            )
        )
    return found


def _filing(facts: MonthFacts, due: Iterable[MonthPair], now: datetime) -> FilingCount:
    states = [facts.state(one.pair.id) for one in due]
    is_late = not is_on_time_school(facts.month, now)
    confirmed = sum(facts.is_confirmed(one.pair.id) for one in due)
    return FilingCount(
        total=len(states),
        **{
            state.value: states.count(state)
            for state in (State.DRAFT, State.SUBMITTED, State.RETURNED, State.RECEIVED, State.LOCKED)
        },
        overdue=sum(state not in FROZEN for state in states) if is_late else 0,
        unconfirmed=len(states) - confirmed,
    )


def _todo(
    facts: MonthFacts, due: Iterable[MonthPair], grant: Grant, now: datetime, pending: int, proposed: int
) -> list[Todo]:
    month, words, today = facts.month, month_words(facts.month.month), local_date(now)

    def todo(code: str, text: str, due_on: date | None, due_at: datetime | None, pair: MonthPair | None = None) -> Todo:
        return Todo(
            code=code,
            text=text,
            month=month.month,
            pair=pair.pair.id if pair else None,
            pair_name=pair.name if pair else "",
            due_at=local(due_at) if due_at else None,
            days_left=(due_on - today).days if due_on else None,
        )

    found = []
    if grant.school is None and not (facts.policy.unit and facts.policy.county):
        found.append(todo("policy", "先填写单位名称和行政区划代码：没有代码时，登记的学校都算作本县", None, None))
    if grant.school is None and not facts.pairs:
        found.append(todo("pairs", "还没有登记结对，请导入附件1 名单", None, None))
    if month.is_provisional and grant.school is None:
        found.append(todo("calendar", f"{month.month[:4]}年节假日表未更新，请录入放假通知", None, None))
    if pending:
        found.append(todo("confirm", f"{words}有 {pending} 次活动待确认", month.school_due_on, month.school_due_at))
    if proposed:
        found.append(todo("approve", f"有 {proposed} 项更正等待教育局审批", None, None))
    for one in due:
        state = facts.state(one.pair.id)
        if state not in FROZEN:
            verb = "退回后还没有重新提交" if state is State.RETURNED else "还没有提交"
            found.append(todo("file", f"{words}附件3 {verb}", month.school_due_on, month.school_due_at, one))
        elif state is State.SUBMITTED and grant.school is None:
            found.append(todo("receive", f"{words}附件3 等待接收", None, None, one))
    if grant.school is None and facts.pairs and now >= month.start_at:
        bureau, due_on = facts.state(BUREAU), local_date(month.bureau_due_at)
        if bureau is State.DRAFT:
            found.append(todo("sign", f"{words}附件2 等待领导签批", due_on, month.bureau_due_at))
        elif bureau is State.SIGNED:
            found.append(todo("send", f"{words}附件2 已签批，等待报送", due_on, month.bureau_due_at))
    return found[:MAX_LINES]


def _coverage(facts: MonthFacts) -> Coverage:
    policy, active = facts.policy, active_pairs(facts.pairs.values())
    own, total = len(pairs_by_school(active)), facts.policy.school_total
    task = policy.task.get(int(facts.month.month[:4]))
    required, wanted = policy.coverage_goals
    inside = sum(1 for one in facts.pairs.values() if one.is_active and one.level == "县内")
    return Coverage(
        own_schools=own,
        task=task,
        task_rate=rate(own, task or 0),
        rate=rate(own, total or 0),
        goal20=None if total is None else -(-total * required // 100),
        goal28=None if total is None else -(-total * wanted // 100),
        goal_min=policy.goal_min,
        school_total=total,
        county_pairs=inside,
        pairs=len(active),
        county_rate=rate(inside, len(active)),
        county_goal=policy.county_level_percent,
    )


async def _flags(
    store: Store, facts: MonthFacts, mine: Iterable[MonthPair], some: frozenset[str] | None, now: datetime
) -> list[FlagLine]:
    """Alerts of the pairs' month, then marks of its activities, while there is room for them."""
    month = facts.month.month
    first = month
    for _ in range(11):
        first = previous_month(first)
    history = await store.sums.held(first, previous_month(month), Kind.SYNC, some)
    forms = await store.sums.by_pair(f"{month[:4]}-01", month, some)
    found = [_bureau_flag(raised) for raised in _bureau_alerts(facts) if some is None]
    for one in mine:
        if len(found) >= MAX_LINES:
            break
        of_pair = forms.get(one.pair.id, {})
        used = sum(1 for count, _ in of_pair.values() if count)
        past = history.get(one.pair.id, ())
        for raised in alerts_of(_pair_month(facts, one, past, used, now), facts.month, facts.policy):
            found.append(
                FlagLine(code=raised.code.value, text=raised.text, pair=one.pair.id, pair_name=one.name, activity=None)
            )
    for activity in await store.activities.marked(month) if len(found) < MAX_LINES else ():
        pair = facts.pairs.get(activity.pair)
        if pair is not None and (some is None or activity.pair in some):
            found += [
                FlagLine(
                    code=mark, text=Mark(mark).words, pair=activity.pair, pair_name=pair.name, activity=activity.id
                )
                for mark in activity.marks
            ]
    return found


def _bureau_alerts(facts: MonthFacts) -> list[Raised]:
    found = [Raised(Alert.CALENDAR_MISSING, facts.month.month[:4])] if facts.month.is_provisional else []
    by_hand = [cell for cell in facts.hands_of(BUREAU) if cell.partition(".")[0] in set(Kind)]
    return found + ([Raised(Alert.SUM_DIFFERS)] if by_hand else [])


def _bureau_flag(raised: Raised) -> FlagLine:
    return FlagLine(code=raised.code.value, text=raised.text, pair=None, pair_name="", activity=None)


def _pair_month(facts: MonthFacts, one: MonthPair, history: Sequence[int], forms: int, now: datetime) -> PairMonth:
    """What the alerts look at, from the facts of the window's last day."""
    lookup, last, id = facts.lookup, facts.month.last, one.pair.id
    names = {one.pair.supporter: one.supporter_name, one.pair.recipient: one.recipient_name}
    items = facts.items.get(id)
    agreement = lookup(id, "agreement")
    calendars = [fact.value for school in sides(one.pair) if (fact := lookup(school, "calendar"))]
    uploads = {
        one.pair.supporter: bool(items and items.supporter),
        one.pair.recipient: bool(items and items.recipient),
    }
    expired, idle = [], []
    for school in one.own:
        verdict = lookup(school, "equipment")
        until = as_date(verdict.value.valid_until) if verdict else None
        if verdict and verdict.value.verdict == "达标" and until is not None and until < last:
            expired.append(names[school])
        if not uploads[school] and space_opened(lookup, school, last).value:
            idle.append(names[school])
    is_late = now >= facts.month.end_at - NEARLY_OVER
    part = facts.part(id)
    return PairMonth(
        files=one.files,
        is_unnamed=status_on(one.pair, last) == "待定",
        has_activity=bool(facts.tallies.get(id)),
        sync_count=part.numbers.get("sync.count", 0),
        is_term=in_term(calendars, facts.month),
        is_late=is_late,
        history=history,
        forms=forms,
        agreement_until=as_date(agreement.value.until) if agreement else None,
        round_until=round_ends(round_of(facts.book, one.pair, last)) if one.files else None,
        expired=expired,
        idle_spaces=idle,
        at_limit=one.is_recipient_ours
        and one.pair.recipient is not None
        and is_small(facts.book, one.pair.recipient, last, facts.policy.small_max).is_at_limit,
        is_unconfirmed=not part.is_confirmed and (facts.is_sent or not is_on_time_school(facts.month, now)),
    )


def _cell(
    month: str,
    pair: str,
    sums: Mapping[str, tuple[int, int, int]],
    states: Mapping[tuple[str, str], State],
    sent: frozenset[str],
) -> MatrixCell:
    count, people, pending = sums.get(month, (0, 0, 0))
    state = State.LOCKED if month in sent else states.get((month, pair), State.DRAFT)
    return MatrixCell(month=month, count=count, participants=people, pending=pending, filing=state.value)
