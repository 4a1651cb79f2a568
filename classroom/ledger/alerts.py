"""Alerts (异常提示) of a pair or a month: things to look at. They never change a number."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from statistics import median
from typing import Any, Final

import msgspec

from classroom.ledger.months import MonthWindow
from classroom.ledger.policy import Policy


class Alert(StrEnum):
    """A code. `words` are Chinese and may be reworded."""

    NO_SYNC = "no_sync"
    ONE_FORM = "one_form"
    ABOVE_MEDIAN = "above_median"
    AGREEMENT_ENDING = "agreement_ending"
    ROUND_ENDING = "round_ending"
    EQUIPMENT_EXPIRED = "equipment_expired"
    SPACE_IDLE = "space_idle"
    UNNAMED_ACTIVE = "unnamed_active"
    UNCONFIRMED = "unconfirmed"
    SUM_DIFFERS = "sum_differs"
    PUPILS_AT_LIMIT = "pupils_at_limit"
    CALENDAR_MISSING = "calendar_missing"

    @property
    def words(self) -> str:
        """The Chinese words shown to people."""
        return _WORDS[self]


_WORDS: Final = {
    Alert.NO_SYNC: "本月无同步课堂",
    Alert.ONE_FORM: "本年只用了一种形式",
    Alert.ABOVE_MEDIAN: "次数远高于本对各月中位数",
    Alert.AGREEMENT_ENDING: "协议即将到期",
    Alert.ROUND_ENDING: "结对轮次即将到期",
    Alert.EQUIPMENT_EXPIRED: "技术装备达标核定已过期",
    Alert.SPACE_IDLE: "学校空间本月没有新增资料",
    Alert.UNNAMED_ACTIVE: "待定结对有活动",
    Alert.UNCONFIRMED: "学校未确认",
    Alert.SUM_DIFFERS: "附件2 与各附件3 之和不一致",
    Alert.PUPILS_AT_LIMIT: "学生人数恰为小规模学校上限，请核实",
    Alert.CALENDAR_MISSING: "节假日表未更新",
}
HISTORY_MIN: Final = 3
"""Fewer earlier months with lessons have no median worth the name."""


class Raised(msgspec.Struct, frozen=True):
    """An alert with what it is about; `about` may be empty."""

    code: Alert
    about: str = ""

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.code.words}：{self.about}" if self.about else self.code.words


class PairMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What the alerts look at of one pair's month."""

    files: bool
    """An 附件3 is due."""
    is_unnamed: bool
    """待定."""
    has_activity: bool
    sync_count: int
    is_term: bool
    """By the 校历 of its schools the window holds days of teaching; without one: yes."""
    is_late: bool
    """The month is nearly over, or is."""
    history: Sequence[int]
    """同步课堂 counts of the eleven months before."""
    forms: int
    """Forms of pairing that it has held this year."""
    agreement_until: date | None
    round_until: date | None
    expired: Sequence[str]
    """Names of our schools whose verdict has run out."""
    idle_spaces: Sequence[str]
    """Names of our schools with an open space and nothing new in it."""
    at_limit: bool
    is_unconfirmed: bool
    """The school's deadline has passed, or 附件2 has gone out, without it."""


def alerts_of(pair: PairMonth, window: MonthWindow, policy: Policy) -> list[Raised]:
    """Everything to look at of one pair's month, the gravest first."""
    if pair.is_unnamed:
        return [Raised(Alert.UNNAMED_ACTIVE)] if pair.has_activity else []
    if not pair.files:
        return []
    found = []
    if pair.is_unconfirmed:
        found.append(Raised(Alert.UNCONFIRMED))
    if pair.sync_count == 0 and pair.is_term and pair.is_late:
        found.append(Raised(Alert.NO_SYNC))
    held = [count for count in pair.history if count]
    if len(held) >= HISTORY_MIN and pair.sync_count > policy.median_times * median(held):
        found.append(Raised(Alert.ABOVE_MEDIAN, f"{pair.sync_count} 节，中位数 {median(held):g} 节"))
    if pair.forms == 1 and policy.forms_min > 1 and pair.is_late:
        found.append(Raised(Alert.ONE_FORM))
    soon = window.last + timedelta(days=policy.ending_days)
    if pair.agreement_until is not None and pair.agreement_until <= soon:
        found.append(Raised(Alert.AGREEMENT_ENDING, pair.agreement_until.isoformat()))
    if pair.round_until is not None and pair.round_until <= soon:
        found.append(Raised(Alert.ROUND_ENDING, pair.round_until.isoformat()))
    found += [Raised(Alert.EQUIPMENT_EXPIRED, name) for name in pair.expired]
    found += [Raised(Alert.SPACE_IDLE, name) for name in pair.idle_spaces if pair.is_late and pair.is_term]
    if pair.at_limit:
        found.append(Raised(Alert.PUPILS_AT_LIMIT))
    return found


def in_term(calendars: Sequence[Any], window: MonthWindow) -> bool:
    """Whether the window holds a day of teaching by any of the 校历 (each: terms with `first` and `last`).

    Without any 校历 every month is one of teaching: a lesson that is missing shows rather than hides.
    """
    if not calendars:
        return True
    return any(term.first <= window.last and term.last >= window.first for terms in calendars for term in terms)
