"""From the journal to the month: what a lesson was is judged when it ends, and stored with its evidence."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import msgspec

from classroom.ledger.activity import Activity, Flag
from classroom.ledger.counting import judge
from classroom.ledger.facts import Facts, Lesson, Role, RoomPresence
from classroom.ledger.months import SHANGHAI, MonthWindow, WindowMode, default_windows, local_date
from classroom.ledger.reading import lesson_facts, presence_facts, scheduled
from classroom.ledger.reasons import reason_en, reason_zh
from classroom.ledger.rollup import MonthTotal, month_of, month_total
from classroom.ledger.rules import CountingRules
from classroom.lesson.events import LessonScheduled
from classroom.registry.book import Book
from classroom.store.activities import ActivityRow
from classroom.store.store import Store

# A lesson that began this long before midnight can still touch the zone of one after it.
_MARGIN = timedelta(hours=4)
_DAY = timedelta(days=1)


class UnknownMonth(LookupError):
    """No work month of this name has begun."""


class FlagView(msgspec.Struct, frozen=True):
    code: Flag
    text: str


class ActivityView(msgspec.Struct, frozen=True, kw_only=True):
    """An activity (活动) as pages and API show it; names are of today."""

    id: str
    lesson: str
    pair: str
    supporter: str
    recipient: str
    state: str
    minutes: int
    participants: int
    month: str
    subject: str | None
    flags: list[FlagView]
    reason: str
    reason_en: str


class MonthView(msgspec.Struct, frozen=True, kw_only=True):
    """城乡同步课堂 of a work month: 活动次数 and 参与师生数, and the activities they are made of."""

    month: str
    first: str
    last: str
    count: int
    participants: int
    activities: list[ActivityView]


class Records:
    """Judges lessons and answers for months."""

    def __init__(self, store: Store, mode: WindowMode, rules: CountingRules | None = None) -> None:
        self._store = store
        self._mode = mode
        self._rules = rules or CountingRules()

    async def settle(self, lesson: str) -> list[Activity]:
        """Judge an ended lesson and its neighbours of the day (their zones touch), and store the activities."""
        journal = await self._store.journal.events(lesson)
        plan = scheduled(journal)
        if plan is None:
            return []
        near = await self._near(plan)
        book = await self._store.registry.book()
        judged = judge(await self._facts(list(near), book), self._rules)
        windows = self._windows(max((one.begins_at for one in judged), default=plan.at))
        for one in (one for one, is_over in near.items() if is_over):
            rows = [_row(activity, windows) for activity in judged if activity.lesson == one]
            await self._store.activities.replace(one, rows)
        return [activity for activity in judged if activity.lesson == lesson]

    async def of_lessons(self, lessons: Sequence[str]) -> dict[str, list[ActivityView]]:
        """Lesson → its activities, for those that have ended."""
        book = await self._store.registry.book()
        found: dict[str, list[ActivityView]] = {}
        for row in await self._store.activities.of_lessons(lessons):
            found.setdefault(row.lesson, []).append(_view(_activity(row), row.month, book))
        return found

    async def minutes(self, lesson: str) -> dict[str, int]:
        """Seat → whole minutes together with the other side (同堂时长), over all periods; the host's is the longest."""
        journal = await self._store.journal.events(lesson)
        plan = scheduled(journal)
        seats = {seat.classroom: seat.seat for seat in plan.seats} if plan else {}
        minutes: dict[str, int] = {}
        for row in await self._store.activities.of_lesson(lesson):
            for room in _activity(row).rooms:
                seat = seats.get(room.room, room.room)
                if room.role is Role.HOST:
                    minutes[seat] = max(minutes.get(seat, 0), room.minutes)
                else:
                    minutes[seat] = minutes.get(seat, 0) + room.minutes
        return minutes

    async def month(self, month: str, now: datetime) -> MonthView:
        """The month's count so far. Raises UnknownMonth for one that has not begun, or is none."""
        # The window of a month may reach into the next calendar month's first days, never further.
        window = next((w for w in self._windows(now + 2 * _DAY) if w.month == month), None)
        if window is None:
            raise UnknownMonth(month)
        activities = [_activity(row) for row in await self._store.activities.of_month(month)]
        total: MonthTotal = month_total(activities, window)
        book = await self._store.registry.book()
        return MonthView(
            month=month,
            first=window.first.isoformat(),
            last=window.last.isoformat(),
            count=total.count,
            participants=total.participants,
            activities=[_view(one, month, book) for one in sorted(activities, key=lambda one: (one.begins_at, one.id))],
        )

    def _windows(self, through: datetime) -> tuple[MonthWindow, ...]:
        return default_windows(local_date(through), self._mode)

    async def _near(self, plan: LessonScheduled) -> dict[str, bool]:
        """The supporter's lessons of that day → whether they are over. One that is not still cuts the zones of others,
        but is judged only when it ends."""
        begins = plan.periods[0].start if plan.periods else plan.at
        midnight = datetime.combine(local_date(begins), time(), SHANGHAI)
        found = await self._store.lessons.between(midnight - _MARGIN, midnight + _DAY + _MARGIN, plan.supporter)
        return {one.id: one.state == "ended" or one.id == plan.lesson for one in found}

    async def _facts(self, ids: Sequence[str], book: Book) -> Facts:
        lessons: list[Lesson] = []
        presence: list[RoomPresence] = []
        for one in ids:
            journal = await self._store.journal.events(one)
            if (lesson := lesson_facts(journal)) is not None:
                lessons.append(lesson)
                presence += presence_facts(journal, await self._store.journal.heartbeats(one), self._rules)
        return Facts(lessons=tuple(lessons), presence=tuple(presence), pairs=tuple(book.pairs.values()))


def _row(activity: Activity, windows: Sequence[MonthWindow]) -> ActivityRow:
    return ActivityRow(
        pair=activity.pair,
        lesson=activity.lesson,
        period=activity.period,
        month=month_of(activity, windows),
        state=activity.state.value,
        minutes=activity.minutes,
        participants=activity.participants,
        subject=activity.subject or "",
        flags=[flag.value for flag in activity.flags],
        detail=msgspec.to_builtins(activity),
    )


def _activity(row: ActivityRow) -> Activity:
    return msgspec.convert(row.detail, Activity)


def _view(activity: Activity, month: str, book: Book) -> ActivityView:
    names = {school.id: school.name for school in book.schools.values()}
    return ActivityView(
        id=activity.id,
        lesson=activity.lesson,
        pair=activity.pair,
        supporter=names.get(activity.supporter, activity.supporter),
        recipient=names.get(activity.recipient or "", ""),
        state=activity.state.value,
        minutes=activity.minutes,
        participants=activity.participants,
        month=month,
        subject=activity.subject,
        flags=[FlagView(flag, flag.words) for flag in activity.flags],
        reason=reason_zh(activity, names),
        reason_en=reason_en(activity, names),
    )
