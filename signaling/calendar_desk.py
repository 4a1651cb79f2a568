"""The county's policy, working days and windows: read, and changed as a whole, each change with its reason."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final

import msgspec

from classroom.ledger.errors import LedgerError
from classroom.ledger.months import SHANGHAI, WorkMonth, edited, local_date
from classroom.ledger.policy import Policy, check_policy
from classroom.store import audit
from classroom.store.audit import Actor
from classroom.store.edits import Edition, bump
from classroom.store.months import CALENDAR, ahead, enter_days, read_months, recompute, write_months
from classroom.store.policies import put_policy
from classroom.store.rejudgings import ask_judging
from classroom.store.store import Store
from signaling.actors import actor_names
from signaling.filing import Line, Reason, Version
from signaling.return_views import MonthInfo, local, month_info

Month = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])\Z")]
Year = Annotated[int, msgspec.Meta(ge=2004, le=2099)]
MAX_DAYS: Final = 400


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force. Version 0: the defaults."""

    version: int
    value: Policy
    by_name: str
    at: datetime | None


class PolicyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy as a whole. `version` is what the editor showed."""

    version: Version
    value: Policy
    reason: Reason


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A day that is not as its weekday says, or that the bureau has entered."""

    day: date
    is_working: bool
    words: str
    is_entered: bool


class CalendarView(msgspec.Struct, frozen=True, kw_only=True):
    """A year: its exceptions, its months. `is_known` False: 节假日表未更新."""

    year: int
    version: int
    by_name: str
    at: datetime | None
    is_known: bool
    days: list[DayView]
    months: list[MonthInfo]


class DayEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a day is worked; `is_working` null takes the entry back."""

    day: date
    is_working: bool | None
    words: Line = ""


class DaysBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days to enter. `complete`: years whose notice is entered in full with this."""

    version: Version
    days: Annotated[list[DayEntry], msgspec.Meta(max_length=MAX_DAYS)] = []
    complete: Annotated[list[Year], msgspec.Meta(max_length=10)] = []
    reason: Reason


class WindowEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A month ahead: its window (local dates, both included) and when both forms are due."""

    month: Month
    first: date
    last: date
    school_due_at: datetime
    bureau_due_at: datetime


class WindowsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Months to set. Neighbours must be given with them where their days change."""

    version: Version
    months: Annotated[list[WindowEntry], msgspec.Meta(min_length=1, max_length=36)]
    reason: Reason


async def policy_view(store: Store, version: int | None = None) -> PolicyView:
    """The policy in force, or as it was in a version, and who set it. Raises LookupError for a version there is not."""
    if version is None:
        version, _ = await store.policies.current()
    value, last = await store.policies.of_version(version), await store.policies.edition(version)
    return PolicyView(version=version, value=value, by_name=await _by(store, last), at=local(last.at) if last else None)


async def set_policy(store: Store, body: PolicyBody, actor: Actor, at: datetime) -> None:
    """A new version; months ahead follow it. Raises LedgerError, StaleEdit.

    Where it counts otherwise, the months that have begun and whose 附件2 has not gone out are to be judged again.
    """
    _require_reason(body.reason)
    check_policy(body.value)
    months = await store.months.through(local_date(at))
    async with store.database.write() as connection:
        _, before = await store.policies.current()
        version = await put_policy(connection, body.value, body.version, body.reason.strip(), actor, at)
        if before.month_rules != body.value.month_rules:
            await recompute(connection, at)
        if before.counting != body.value.counting:
            sent = await store.returns.sent_months()
            begun = [row.month for row in months if row.start_at <= at and row.month not in sent]
            await ask_judging(connection, begun, version)
        old, new = msgspec.to_builtins(before, str_keys=True), msgspec.to_builtins(body.value, str_keys=True)
        changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
        detail = {"changed": changed, "reason": body.reason.strip()}
        await audit.note(connection, actor, "policy.changed", f"policy:{version}", at, detail)


async def calendar_view(store: Store, year: int, now: datetime) -> CalendarView:
    """A year of the calendar."""
    rows = await store.months.through(ahead(now))
    workdays, last = await store.months.workdays(), await store.months.edition()
    entered, sent = await store.months.days(year), await store.returns.sent_months()
    first = date(year, 1, 1)
    days = [date.fromordinal(first.toordinal() + n) for n in range((date(year, 12, 31) - first).days + 1)]
    return CalendarView(
        year=year,
        version=last.version if last else 0,
        by_name=await _by(store, last),
        at=local(last.at) if last else None,
        is_known=workdays.is_known(year),
        days=[
            DayView(
                day=day,
                is_working=workdays.is_working(day),
                words=entered[day][1] if day in entered else "",
                is_entered=day in entered,
            )
            for day in days
            if day in entered or workdays.is_working(day) != (day.weekday() < 5)
        ],
        months=[month_info(row, now, is_sent=row.month in sent) for row in rows if row.month.startswith(f"{year:04}-")],
    )


async def set_days(store: Store, body: DaysBody, actor: Actor, at: datetime) -> None:
    """Enter days and whole years; what is still ahead moves. Raises LedgerError, StaleEdit."""
    _require_reason(body.reason)
    past = [entry.day for entry in body.days if entry.day < local_date(at)]
    if past:
        raise LedgerError("workday_past", "、".join(day.isoformat() for day in past[:5]))
    days: Mapping[date, tuple[bool, str] | None] = {
        entry.day: None if entry.is_working is None else (entry.is_working, entry.words.strip()) for entry in body.days
    }
    await store.months.through(ahead(at))
    async with store.database.write() as connection:
        version = await enter_days(connection, days, body.complete, body.version, actor, at)
        await recompute(connection, at)
        detail = msgspec.to_builtins({"days": body.days, "complete": body.complete, "reason": body.reason.strip()})
        await audit.note(connection, actor, "calendar.days", f"calendar:{version}", at, detail)


async def set_windows(store: Store, body: WindowsBody, actor: Actor, at: datetime) -> None:
    """Set months that have not begun. Raises LedgerError, StaleEdit."""
    _require_reason(body.reason)
    edits = {
        entry.month: WorkMonth(
            month=entry.month,
            first=entry.first,
            last=entry.last,
            school_due_at=_instant(entry.school_due_at),
            bureau_due_at=_instant(entry.bureau_due_at),
        )
        for entry in body.months
    }
    await store.months.through(ahead(at))
    async with store.database.write() as connection:
        version = await bump(connection, CALENDAR, body.version, actor, at)
        before = await read_months(connection)
        known = {row.month: row.is_provisional for row in before}
        kept = {
            month: msgspec.structs.replace(edit, is_provisional=known.get(month, False))
            for month, edit in edits.items()
        }
        changed = await write_months(connection, before, edited(before, kept, at))
        detail = msgspec.to_builtins({"months": body.months, "changed": changed, "reason": body.reason.strip()})
        await audit.note(connection, actor, "calendar.windows", f"calendar:{version}", at, detail)


def _instant(at: datetime) -> datetime:
    """A time without a zone is Shanghai's."""
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise LedgerError("reason_missing")


async def _by(store: Store, last: Edition | None) -> str:
    if last is None:
        return ""
    who = (last.actor_kind, last.actor)
    return (await actor_names(store, [who]))[who]
