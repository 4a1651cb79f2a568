"""催报: texts to copy into 钉钉 for those who have not filed, each as the deadline of its month stands today."""

from datetime import datetime
from typing import Literal

import msgspec

from classroom.ledger.deadlines import Reminder, bureau_reminders, school_reminders
from classroom.ledger.filing import BUREAU, FROZEN, State
from classroom.registry.standing import sides
from classroom.store.store import Store
from signaling.auth import Grant
from signaling.month_facts import gather, month_of
from signaling.return_views import MonthInfo, local, month_info, month_words


class ReminderView(msgspec.Struct, frozen=True, kw_only=True):
    """A text to one addressee. `at`: when it is due by the calendar; `is_due`: that has come."""

    to: Literal["school", "bureau"]
    pair: str | None
    pair_name: str
    at: datetime
    kind: str
    days: int
    is_due: bool
    text: str


class ReminderList(msgspec.Struct, frozen=True, kw_only=True):
    """The reminders of a month."""

    month: MonthInfo
    items: list[ReminderView]


async def reminders(store: Store, month: str, grant: Grant, now: datetime) -> ReminderList:
    """Of everybody who has not filed: the latest reminder that is due, else the first one to come.

    Raises LedgerError(month_unknown).
    """
    facts = await gather(store, await month_of(store, month))
    workdays = await store.months.workdays()
    row, words = facts.month, month_words(month)
    found = []
    to_school = _present(school_reminders(row, workdays, now), now)
    by = f"{row.school_due_on.month}月{row.school_due_on.day}日24:00前"
    for one in facts.filing():
        is_mine = grant.school is None or grant.school in sides(one.pair)
        if is_mine and facts.state(one.pair.id) not in FROZEN:
            text = f"【{_lead(to_school)}】{one.name}：{words}《月报表》（附件3）请于{by}在线提交。"
            found.append(_view(to_school, one.pair.id, one.name, text, now))
    if grant.school is None and facts.state(BUREAU) is not State.SENT and not facts.is_sent:
        to_bureau = _present(bureau_reminders(row, workdays, now), now)
        due = local(row.bureau_due_at)
        text = (
            f"【{_lead(to_bureau)}】{words}《月报表》（附件2）请经领导签批后，于{due.month}月{due.day}日12:00前报送。"
        )
        found.append(_view(to_bureau, None, "教育局", text, now))
    return ReminderList(month=month_info(row, now, is_sent=facts.is_sent), items=found)


def _present(series: tuple[Reminder, ...], now: datetime) -> Reminder:
    """The latest that is due; before all of them the first."""
    due = [one for one in series if one.at <= now]
    return due[-1] if due else series[0]


def _lead(one: Reminder) -> str:
    match one.kind:
        case "before":
            return f"报送提醒：还有{one.days}个工作日"
        case "day":
            return "报送提醒：今天截止"
        case "overdue":
            return f"逾期催报：已逾期{one.days}天"


def _view(one: Reminder, pair: str | None, name: str, text: str, now: datetime) -> ReminderView:
    return ReminderView(
        to=one.to,
        pair=pair,
        pair_name=name,
        at=local(one.at),
        kind=one.kind,
        days=one.days,
        is_due=one.at <= now,
        text=text,
    )
