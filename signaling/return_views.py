"""Monthly returns (月报表) as pages and API show them. Instants are in +08:00; names are of today. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from classroom.ledger.cells import Value
from classroom.ledger.deadlines import month_state
from classroom.ledger.figures import Printed
from classroom.ledger.months import SHANGHAI, WorkMonth
from classroom.paper.sheet import Sheet


class MonthInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A work month: window, dues (`school_due_at` is the first instant that is late), how it stands."""

    month: str
    first: str
    last: str
    school_due_at: datetime
    bureau_due_at: datetime
    is_provisional: bool
    state: str
    is_shifted: bool
    is_edited: bool


class Part(msgspec.Struct, frozen=True, gc=False):
    """A record behind a figure: its reference, its words, what it adds (of a text cell: the text).

    `activity`: that of 补计 or 冲减, whose reference is its own.
    """

    ref: str
    label: str
    value: int | str
    activity: str | None = None


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """A value put by hand."""

    value: Value
    reason: str
    by_name: str
    at: datetime


class CellView(msgspec.Struct, frozen=True, kw_only=True):
    """A cell: `value` stands on the form, `computed` beside it, `printed` is how it is written."""

    value: Value
    computed: Value
    printed: Printed
    hand: Hand | None
    parts: list[Part]


class Missing(msgspec.Struct, frozen=True):
    """What is missing, by name."""

    cell: str
    text: str


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """A step. `version`: the snapshot that it made or meant, whose paper can be had again."""

    version: int | None
    action: str
    words: str
    state: str
    at: datetime
    by_name: str
    reason: str
    on_time: bool | None
    detail: dict[str, Any]


class ClassLine(msgspec.Struct, frozen=True, kw_only=True):
    """A class in the counted 同步课堂 of an 附件3 (不同班级), as the ledger is today: not of the paper.

    `minutes`: whole minutes of 同步课堂; `busiest`: the Monday of the week that had the most of them.
    """

    class_id: str
    name: str
    school_name: str
    lessons: int
    minutes: int
    busiest: date
    busiest_minutes: int


class ReturnView(msgspec.Struct, frozen=True, kw_only=True):
    """附件3 of a pair, or 附件2. An edit must name `version`; `snapshot`: the paper's version shown, None: live."""

    form: str
    month: MonthInfo
    pair: str | None
    supporter: str
    recipient: str
    state: str
    state_words: str
    version: int
    snapshot: int | None
    policy: int
    frozen: bool
    filer: str
    is_confirmed: bool
    cells: dict[str, CellView]
    missing: list[Missing]
    notes: list[str]
    history: list[HistoryLine]
    may: list[str]
    compare: dict[str, dict[str, dict[str, int]]] | None
    classes: list[ClassLine]
    sheet: Sheet


class ReturnLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's 附件3 in the list of a month."""

    pair: str
    supporter: str
    recipient: str
    level: str | None
    state: str
    state_words: str
    filed_at: datetime | None
    on_time: bool | None
    version: int
    sync_count: int
    participants: int
    missing: list[str]
    filer: str
    unconfirmed: bool


class BureauLine(msgspec.Struct, frozen=True, kw_only=True):
    """附件2 of a month, in short."""

    state: str
    state_words: str
    version: int
    sent_at: datetime | None
    on_time: bool | None


class ReturnList(msgspec.Struct, frozen=True, kw_only=True):
    """The forms of a month."""

    month: MonthInfo
    items: list[ReturnLine]
    bureau: BureauLine


class MonthList(msgspec.Struct, frozen=True, kw_only=True):
    """Every month, and the one whose window holds today."""

    months: list[MonthInfo]
    current: str


def month_info(month: WorkMonth, now: datetime, *, is_sent: bool) -> MonthInfo:
    """A month as it stands at an instant."""
    return MonthInfo(
        month=month.month,
        first=month.first.isoformat(),
        last=month.last.isoformat(),
        school_due_at=local(month.school_due_at),
        bureau_due_at=local(month.bureau_due_at),
        is_provisional=month.is_provisional,
        state=month_state(month, now, is_sent=is_sent).value,
        is_shifted=month.is_shifted,
        is_edited=month.is_edited,
    )


def local(at: datetime) -> datetime:
    """The instant in +08:00."""
    return at.astimezone(SHANGHAI)


def month_words(month: str) -> str:
    """ "2019-05" → 2019年5月."""
    return f"{month[:4]}年{int(month[5:])}月"


def labelled(parts: Mapping[str, int], labels: Mapping[str, str], adjusted: Mapping[str, str] = {}) -> list[Part]:
    """A figure's parts with their words; a reference without any says itself. `adjusted`: 补计 or 冲减 → activity."""
    return [Part(ref, labels.get(ref, ref), value, adjusted.get(ref)) for ref, value in parts.items()]
