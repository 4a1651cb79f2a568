"""From the journal to the month: what a lesson was is judged when it ends, and stored with its evidence.

Activities are always what is known today. Of a month that has been reported, the difference to the report goes into the
pair's open month as 补计 or 冲减, in the same transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import msgspec

from classroom.ledger.activity import Activity, Mark, State
from classroom.ledger.counting import judge, judge_again
from classroom.ledger.facts import Facts, Lesson, Role, RoomPresence
from classroom.ledger.hand import judge_hand, suspects
from classroom.ledger.kinds import Kind
from classroom.ledger.marks import marks_of, waiting_before
from classroom.ledger.meeting import Meeting, judge_meeting, judge_meeting_again
from classroom.ledger.months import FIRST_DAY, MonthWindow, local_date, midnight, next_month
from classroom.ledger.reading import lesson_facts, meeting_of, periods_of, presence_facts, scheduled
from classroom.ledger.rollup import month_of
from classroom.ledger.rules import CountingRules
from classroom.ledger.viewing import judge_viewing, with_roster
from classroom.ledger.words import Standing, Word, by_activity, standing
from classroom.lesson.events import AnyEvent
from classroom.registry.book import Book
from classroom.registry.facts import students_on
from classroom.store import activities, audit, feeds, hand
from classroom.store.activities import ActivityRow, Adjustment, Filter, LightActivity, StaleActivity
from classroom.store.audit import SERVER
from classroom.store.ids import new_id
from classroom.store.lessons import ListedLesson
from classroom.store.store import Store
from signaling.activity_views import ActivityLine, line_of

# A lesson that began this long before midnight can still touch the zone of one after it.
_MARGIN = timedelta(hours=4)
_DAY = timedelta(days=1)
# Others write to the same activities: the bureau, a school, a lesson that ends. Judging takes milliseconds.
_TRIES: Final = 5
_PAGE: Final = 500

FIRST_AT: Final = midnight(FIRST_DAY)

T = TypeVar("T")
Connection = Any


class UnknownMonth(LookupError):
    """No work month of this name has begun."""


class MonthView(msgspec.Struct, frozen=True, kw_only=True):
    """城乡同步课堂 of a work month: 活动次数 and 参与师生数, and the first of the activities they are made of."""

    month: str
    first: str
    last: str
    count: int
    participants: int
    activities: list[ActivityLine]


class Records:
    """Judges lessons and hand entries, and judges them again when a word is said or a dated fact changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = asyncio.Lock()

    async def settle(self, lesson: str, at: datetime) -> list[Activity]:
        """Judge an ended lesson and its neighbours of the day (their zones touch), and store the activities."""
        return await self.in_turn(partial(self._settle, lesson, at))

    async def in_turn(self, change: Callable[[], Awaitable[T]]) -> T:
        """Read, judge and write, one at a time; again when another process was faster. Raises StaleActivity at last."""
        async with self._turn:
            for left in reversed(range(_TRIES)):
                try:
                    return await change()
                except StaleActivity:
                    if not left:
                        raise
        raise AssertionError("unreachable")

    async def rows(
        self, judged: Sequence[Activity], before: Sequence[ActivityRow], day: Sequence[Activity] | None = None
    ) -> list[ActivityRow]:
        """Verdicts as rows, with their month and marks; `before` are the stored rows that they were made from.

        `day`: every activity of the school's day; None leaves as it was what only the others can tell.
        """
        windows = await self.windows(max((one.begins_at for one in judged), default=FIRST_AT))
        workdays = await self._store.months.workdays()
        sharers: dict[tuple[str | None, int | None], int] = {}
        for one in day or ():
            sharers[one.lesson, one.period] = sharers.get((one.lesson, one.period), 0) + 1
        known = {row.id: row for row in before}
        rows = []
        for one in judged:
            marks = [mark.value for mark in marks_of(one, day or (), workdays)]
            count = sharers.get((one.lesson, one.period), 1)
            if day is None and (stored := known.get(one.id)) is not None:
                marks += [mark for mark in stored.marks if mark == Mark.TEACHER_TWICE.value]
                count = stored.sharers
            rows.append(_row(one, month_of(one, windows), tuple(marks), count))
        return rows

    async def keep(
        self,
        connection: Connection,
        rows: Sequence[ActivityRow],
        before: Sequence[ActivityRow],
        at: datetime,
        *,
        gone: Sequence[ActivityRow] = (),
        word: str | None = None,
    ) -> list[ActivityRow]:
        """Store rows made from those `before`, in the caller's transaction; the changed ones. Raises StaleActivity."""
        await self._store.returns.hold(connection)
        changed = await activities.put(connection, rows, {row.id: row.version for row in before})
        await activities.drop(connection, [row.id for row in gone])
        for row in (*changed, *gone):
            await feeds.publish(connection, "activity.changed", f"activity:{row.id}", at)
        for pair, month in sorted({(row.pair, row.month) for row in (*changed, *gone)}):
            await self.reconcile(connection, pair, month, at, word=word, gone=gone)
        return changed

    async def reconcile(
        self,
        connection: Connection,
        pair: str,
        month: str,
        at: datetime,
        *,
        word: str | None = None,
        gone: Sequence[ActivityRow] = (),
    ) -> list[Adjustment]:
        """What a reported month lacks or has too much, as 补计 and 冲减 in the open month; none before it is reported.

        `gone`: rows that have just been taken away. Call it too after a return was given back, changed and submitted
        again.
        """
        returns = self._store.returns
        if not await returns.is_frozen(pair, month, connection):
            return []
        said = await returns.reported(pair, month, connection)
        now = {one.id: one for one in await activities.light_of_pair_month(connection, pair, month)}
        made: dict[str, list[Adjustment]] = {}
        for line in await activities.find_adjustments(connection, pair=pair):
            if line.of_month == month:
                made.setdefault(line.activity, []).append(line)
        into = await returns.open_month(pair, next_month(month), connection)
        kinds = {one.id: one.kind for one in (*gone, *now.values())}
        lines = []
        for name in sorted(kinds.keys() | said.keys() | made.keys()):
            one = now.get(name)
            count, participants = _difference(one, said.get(name, (0, 0)), made.get(name, []))
            if count or participants:
                lines.append(
                    Adjustment(
                        id=new_id(),
                        activity=name,
                        kind=kinds[name] if name in kinds else made[name][0].kind,
                        pair=pair,
                        of_month=month,
                        into_month=into,
                        count=count,
                        participants=participants,
                        subjects=one.subjects if one is not None and count > 0 else (),
                        at=at,
                        word=word,
                    )
                )
        await activities.adjust(connection, lines)
        for line in lines:
            detail = {"into": into, "count": line.count, "participants": line.participants}
            await audit.note(connection, SERVER, "activity.adjusted", f"activity:{line.activity}", at, detail)
        return lines

    async def pair_changed(self, pair: str, since: date, at: datetime) -> int:
        """Judge a pair's activities from a day on again, its status has changed; how many came out differently."""
        recipient = (await self._store.registry.book()).pairs[pair].recipient
        if recipient is not None:
            await self._store.plays.look_again(recipient, since)
        start = midnight(since)
        changed = 0
        for month in await self._months_since(since, at):
            wanted = Filter(month=month, pairs=(pair,), start=start)
            changed += await self.in_turn(partial(self._again, wanted, at))
        return changed

    async def class_changed(self, class_id: str, since: date, at: datetime) -> int:
        """Judge the activities of a class from a day on again, its size has changed; how many came out differently."""
        book = await self._store.registry.book()
        school = book.classes[class_id].school
        pairs = tuple(pair.id for pair in book.pairs.values() if school in (pair.supporter, pair.recipient))
        start = midnight(since)
        changed = 0
        for month in await self._months_since(since, at):
            wanted = Filter(month=month, pairs=pairs, start=start)
            changed += await self.in_turn(partial(self._again, wanted, at, class_id))
        return changed

    async def rebuild(self, month: str, at: datetime) -> int:
        """Judge the lessons of a month again from the journal, with the rules of today; how many lessons.

        A reported month is left as it is: it was right by the rules it was reported under. Raises UnknownMonth.
        """
        window = await self.window(month, at)
        frozen = await self._store.returns.frozen_pairs(month)
        if frozen is None:
            return 0
        # Judging one lesson judges all of its supporter's day.
        days: dict[tuple[str, date], list[str]] = {}
        for lesson in await self._store.lessons.between(window.start_at, min(window.end_at, at)):
            if lesson.state == "ended":
                days.setdefault((lesson.supporter, local_date(lesson.start_at)), []).append(lesson.id)
        done = 0
        for lessons in days.values():
            rows = await self._store.activities.of_lessons(lessons)
            if not any(row.pair in frozen for row in rows):
                await self.settle(lessons[0], at)
                done += len(lessons)
        open_pairs = tuple(sorted((await self._store.registry.book()).pairs.keys() - frozen))
        for kind in (Kind.DELIVERY, Kind.MASTER):
            await self.in_turn(partial(self._again, Filter(month=month, kind=kind, pairs=open_pairs), at))
        return done

    async def _months_since(self, since: date, at: datetime) -> list[str]:
        windows = await self.windows(at)
        return [window.month for window in windows if window.last >= since and window.start_at <= at]

    async def again(self, row: ActivityRow, words: Iterable[Word]) -> Activity:
        """The stored activity as these words make it, judged from its own evidence."""
        book = await self._store.registry.book()
        return await self._judged_again(row, standing(words), book, await self.rules(), class_id=None)

    async def windows(self, through: datetime) -> Sequence[MonthWindow]:
        """The work months up to the one that holds an instant, at least; not inside a writing transaction."""
        return await self._store.months.through(local_date(through))

    async def window(self, month: str, now: datetime) -> MonthWindow:
        """A work month that has begun. Raises UnknownMonth."""
        for window in await self.windows(now):
            if window.month == month and window.start_at <= now:
                return window
        raise UnknownMonth(month)

    async def rules(self) -> CountingRules:
        """The counting rules in force."""
        _, policy = await self._store.policies.current()
        return policy.counting

    async def lines(self, rows: Sequence[ActivityRow], now: datetime) -> list[ActivityLine]:
        """Rows as lists show them, in their order."""
        book = await self._store.registry.book()
        names = {school.id: school.name for school in book.schools.values()}
        adjusted = await self._store.activities.adjusted([row.id for row in rows])
        _, policy = await self._store.policies.current()
        since = waiting_before(now, await self._store.months.workdays(), policy.pending_days)
        return [line_of(row, activity_of(row), names, adjusted.get(row.id), since) for row in rows]

    async def of_lessons(self, lessons: Sequence[str], now: datetime) -> dict[str, list[ActivityLine]]:
        """Lesson → its activities, for those that have ended."""
        found: dict[str, list[ActivityLine]] = {}
        for line in await self.lines(await self._store.activities.of_lessons(lessons), now):
            assert line.lesson is not None
            found.setdefault(line.lesson, []).append(line)
        return found

    async def month(self, month: str, now: datetime) -> MonthView:
        """The month's count so far. Raises UnknownMonth for one that has not begun, or is none."""
        window = await self.window(month, now)
        sums = [one for one in await self._store.activities.tallies(month) if one.kind is Kind.SYNC]
        rows = await self._store.activities.page(Filter(month=month, kind=Kind.SYNC), limit=_PAGE)
        return MonthView(
            month=month,
            first=window.first.isoformat(),
            last=window.last.isoformat(),
            count=sum(one.count for one in sums),
            participants=sum(one.participants for one in sums),
            activities=await self.lines(rows, now),
        )

    async def minutes(self, lesson: str, journal: Sequence[AnyEvent]) -> dict[str, int]:
        """Seat → whole minutes together with the other side (同堂时长), over all periods; the host's is the longest."""
        plan = scheduled(journal)
        seats = {seat.classroom: seat.seat for seat in plan.seats} if plan else {}
        minutes: dict[str, int] = {}
        for row in await self._store.activities.of_lessons([lesson]):
            for room in activity_of(row).rooms:
                seat = seats.get(room.room, room.room)
                if room.role is Role.HOST:
                    minutes[seat] = max(minutes.get(seat, 0), room.minutes)
                else:
                    minutes[seat] = minutes.get(seat, 0) + room.minutes
        return minutes

    async def _settle(self, lesson: str, at: datetime) -> list[Activity]:
        listed = await self._store.lessons.get(lesson)
        if listed is None:
            return []
        near = await self._near(listed)
        over = [lesson for lesson, is_over in near.items() if is_over]
        before = await self._store.activities.of_lessons(over)
        said = await self._store.words.of([row.id for row in before])
        words = tuple(row.word for row in said if row.state == "applied")
        book = await self._store.registry.book()
        rules = await self.rules()
        facts, meetings = await self._facts(list(near), book, words, rules)
        spoken = by_activity(words)
        judged = [
            *judge(facts, rules),
            *(one for met in meetings for one in judge_meeting(met, facts.pairs, rules, spoken)),
        ]
        kept = [one for one in judged if one.lesson in over]
        names = {one.id for one in kept}
        replaced = await self._replaced(kept, book)
        gone = [row for row in before if row.id not in names]
        rows = await self.rows(kept, before, judged)
        async with self._store.database.write() as connection:
            # Before the audit log's own lock, as everywhere.
            await self._store.returns.hold(connection)
            for row, by in replaced:
                await hand.replace(connection, row.id.removeprefix("hand."), by)
                detail = {"by": by}
                await audit.note(connection, SERVER, "activity.replaced", f"activity:{row.id}", at, detail)
            dropped = [*gone, *(row for row, _ in replaced)]
            await self.keep(connection, rows, before, at, gone=dropped)
        return [one for one in judged if one.lesson == lesson]

    async def _replaced(self, judged: Sequence[Activity], book: Book) -> list[tuple[ActivityRow, str]]:
        """Hand entries that a log has come for after all → the log's activity."""
        names = {one.id: one.name for one in book.classes.values()}
        found: dict[str, tuple[ActivityRow, str]] = {}
        for one in judged:
            if not any(room.seen or room.view_only for room in one.rooms):
                continue
            for row in await self.around(one.pair, one.begins_at, one.ends_at):
                other = activity_of(row)
                if row.is_hand and row.kind is one.kind:
                    entry = (await self.entry(row)).entry
                    if suspects(entry, [one], names) and other.id not in found:
                        found[row.id] = (row, one.id)
        return list(found.values())

    async def around(self, pair: str, start: datetime, end: datetime) -> list[ActivityRow]:
        """A pair's activities that have a moment in common with [start, end)."""
        windows = await self.windows(end)
        months = {month for at in (start - _MARGIN, end) if (month := _month_at(at, windows)) is not None}
        return await self._store.activities.around(pair, start, end, sorted(months))

    async def _again(self, wanted: Filter, at: datetime, class_id: str | None = None) -> int:
        """Judge the activities of a filter again from their own evidence; how many came out differently."""
        book = await self._store.registry.book()
        rows = await self._store.activities.page(wanted, limit=_PAGE)
        more = rows
        while len(more) == _PAGE:
            more = await self._store.activities.page(wanted, after=(more[-1].begins_at, more[-1].id), limit=_PAGE)
            rows += more
        if class_id is not None:
            rows = [row for row in rows if _has_class(activity_of(row), class_id)]
        said: dict[str, list[Word]] = {}
        for one in await self._store.words.of([row.id for row in rows]):
            if one.state == "applied":
                said.setdefault(one.activity, []).append(one.word)
        rules = await self.rules()
        judged = [
            await self._judged_again(row, standing(said.get(row.id, [])), book, rules, class_id=class_id)
            for row in rows
        ]
        new = await self.rows(judged, rows)
        async with self._store.database.write() as connection:
            return len(await self.keep(connection, new, rows, at))

    async def _judged_again(
        self, row: ActivityRow, said: Standing, book: Book, rules: CountingRules, *, class_id: str | None
    ) -> Activity:
        pair = book.pairs[row.pair]
        if row.is_hand:
            return judge_hand((await self.entry(row)).entry, pair, said, rules)
        if row.kind is Kind.TRAINING:
            return judge_meeting_again(activity_of(row), pair, said, rules)
        rosters: dict[str, int] = {}
        if class_id is not None:
            size = students_on(book.classes[class_id], local_date(row.begins_at))
            rosters = {} if size is None else {class_id: size}
        activity = activity_of(row)
        if activity.viewing is not None:
            return judge_viewing(with_roster(activity.viewing, rosters), pair, said, rules)
        return judge_again(activity, pair, said, rules, rosters)

    async def entry(self, row: ActivityRow) -> hand.HandRow:
        """What was written down by hand, of a hand activity."""
        entry = await self._store.hand_entries.get(row.id.removeprefix("hand."))
        assert entry is not None, "a hand activity has its entry"
        return entry

    async def _near(self, lesson: ListedLesson) -> dict[str, bool]:
        """The supporter's lessons of that day → whether they are over. One that is not still cuts the zones of others,
        but is judged only when it ends."""
        start = midnight(local_date(lesson.start_at))
        found = await self._store.lessons.between(start - _MARGIN, start + _DAY + _MARGIN, lesson.supporter)
        return {one.id: one.state == "ended" or one.id == lesson.id for one in found}

    async def _facts(
        self, ids: Sequence[str], book: Book, words: tuple[Word, ...], rules: CountingRules
    ) -> tuple[Facts, list[Meeting]]:
        """What the lessons among `ids` are judged by, and the meetings among them."""
        meetings: list[Meeting] = []
        lessons: list[Lesson] = []
        presence: list[RoomPresence] = []
        for one in ids:
            journal = await self._store.journal.events(one)
            beats = await self._store.journal.heartbeats(one)
            met = meeting_of(journal, beats, rules, await self._store.plans.title(one))
            lesson = lesson_facts(journal, rosters_of(journal, book))
            if met is not None:
                meetings.append(met)
            elif lesson is not None:
                lessons.append(lesson)
                presence += presence_facts(journal, beats, rules)
        pairs = tuple(book.pairs.values())
        return Facts(lessons=tuple(lessons), presence=tuple(presence), pairs=pairs, words=words), meetings


def activity_of(row: ActivityRow) -> Activity:
    """The verdict in a stored row."""
    return msgspec.convert(row.detail, Activity)


def _row(activity: Activity, month: str, marks: tuple[str, ...], sharers: int) -> ActivityRow:
    return ActivityRow(
        id=activity.id,
        kind=activity.kind,
        pair=activity.pair,
        lesson=activity.lesson,
        period=activity.period,
        month=month,
        begins_at=activity.begins_at,
        ends_at=activity.ends_at,
        class_id=activity.class_id,
        state=activity.state.value,
        minutes=activity.minutes,
        participants=activity.participants,
        host_participants=activity.host_participants,
        sharers=sharers,
        is_hand=activity.hand is not None,
        subjects=activity.subjects,
        flags=tuple(flag.value for flag in activity.flags),
        marks=marks,
        # As it will be read back, so that what stays the same is seen to.
        detail=msgspec.json.decode(msgspec.json.encode(activity)),
    )


def _difference(now: LightActivity | None, said: tuple[int, int], made: Sequence[Adjustment]) -> tuple[int, int]:
    """(活动次数, 参与师生数): what an activity is now, less what was reported and adjusted before."""
    is_counted = now is not None and now.state == State.COUNTED.value
    participants = now.participants if now is not None and is_counted else 0
    return (
        int(is_counted) - said[0] - sum(line.count for line in made),
        participants - said[1] - sum(line.participants for line in made),
    )


def _month_at(at: datetime, windows: Sequence[MonthWindow]) -> str | None:
    day = local_date(at)
    return next((window.month for window in windows if window.first <= day <= window.last), None)


def _has_class(activity: Activity, class_id: str) -> bool:
    return activity.class_id == class_id or any(room.class_id == class_id for room in activity.rooms)


def rosters_of(journal: Sequence[AnyEvent], book: Book) -> Mapping[str, int]:
    """Class → size on the lesson's day as the registry has it now."""
    plan, periods = scheduled(journal), periods_of(journal)
    if plan is None:
        return {}
    day = local_date(periods[0].start if periods else plan.at)
    found: dict[str, int] = {}
    for seat in plan.seats:
        known = book.classes.get(seat.class_id)
        size = None if known is None else students_on(known, day)
        if size is not None:
            found[seat.class_id] = size
    return found
