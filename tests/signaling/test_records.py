"""Judging, words and hand entries on a store, with months that are open and months that have been reported."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from classroom.ledger.activity import TrainingKind
from classroom.ledger.cells import FLOWS, Figure
from classroom.ledger.errors import LedgerError
from classroom.ledger.filing import State as Filing
from classroom.ledger.kinds import Kind
from classroom.ledger.months import MonthWindow
from classroom.ledger.policy import Policy
from classroom.ledger.snapshot import Snapshot, paper_words
from classroom.lesson.events import LessonEnded, LessonMoved, LessonScheduled, Period, SeatPlan, TeacherReplaced
from classroom.lesson.heartbeat import Heartbeat, Marks
from classroom.registry.accounts import Account
from classroom.registry.facts import Pair
from classroom.store import activities
from classroom.store.activities import ActivityRow
from classroom.store.audit import SERVER
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.returns import ReturnRow, add_snapshots, put_returns
from classroom.store.store import Store
from classroom.store.words import WordRow
from signaling.auth import Grant
from signaling.hand import HandRequest, enter
from signaling.problem import Problem
from signaling.records import Records, activity_of
from signaling.return_desk import ReturnDesk
from signaling.words import WordRequest, decide, reachable, say

TUESDAY = date(2019, 5, 14)
BOTH = ("09:00", "09:40")


def at(clock: str, day: date = TUESDAY) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def grant(role: Any, name: str, school: str | None = None) -> Grant:
    account = Account(id=name, login=name, name=name, role=role, school=school, created_at=at("08:00"))
    return Grant(role, account=account)


class County:
    """Two schools, a pair, and lessons between them that the log knows."""

    def __init__(self, store: Store, records: Records, pair: Pair, plans: tuple[SeatPlan, ...]) -> None:
        self.store, self.records, self.pair, self.plans = store, records, pair, plans
        assert pair.recipient is not None
        self.said = 0
        self.bureau = grant("bureau_officer", "bureau000001")
        self.city = grant("school_officer", "city00000001", pair.supporter)
        self.village = grant("school_officer", "village00001", pair.recipient)

    @property
    def room(self) -> str:
        return self.plans[1].seat

    async def lesson(
        self, together: tuple[str, str] | None = BOTH, day: date = TUESDAY, start: str = "09:00", **more: Any
    ) -> ActivityRow:
        """A lesson of 40 minutes that has ended and been judged."""
        lesson, begins = new_id(), at(start, day)
        plan = LessonScheduled(
            lesson=lesson,
            seq=1,
            at=begins - timedelta(hours=1),
            by="cli",
            supporter=self.pair.supporter,
            subject="语",
            periods=(Period(start=begins, end=begins + timedelta(minutes=40)),),
            pairs=(self.pair.id,),
            seats=self.plans,
            **more,
        )
        end = LessonEnded(lesson=lesson, seq=2, at=begins + timedelta(minutes=41), by="cli", reason="cli")
        await self.store.journal.append([plan, end])
        if together is not None:
            await self.store.journal.beat(self.beats(lesson, at(together[0], day), at(together[1], day)))
        await self.records.settle(lesson, begins + timedelta(hours=1))
        [row] = await self.store.activities.of_lessons([lesson])
        return row

    def beats(self, lesson: str, first: datetime, last: datetime) -> list[Heartbeat]:
        flowing = Marks(up_audio=0, up_video=0, down_audio=0, down_video=0)
        seats = {plan.seat: flowing for plan in self.plans}
        seconds = round((last - first).total_seconds())
        return [
            Heartbeat(lesson=lesson, at=first + timedelta(seconds=second), boot="b", seats=seats)
            for second in range(0, seconds + 1, 10)
        ]

    async def say(self, who: Grant, row: ActivityRow, kind: str, day: date = TUESDAY, **more: Any) -> WordRow:
        body = {"kind": kind, "reason": "看过课堂记录", "version": row.version, **more}
        request = msgspec.convert(body, WordRequest)
        self.said += 1
        when = at("16:00", day) + timedelta(seconds=self.said)
        return await say(self.store, self.records, who, row.id, request, when, new_id())

    async def decide(self, word: WordRow, state: Any, day: date) -> WordRow:
        return await decide(self.store, self.records, self.bureau, word.id, state, "情况属实", at("17:00", day))

    async def enter(self, who: Grant, day: date = TUESDAY, now: datetime | None = None, **more: Any) -> ActivityRow:
        body = {
            "kind": "sync",
            "pair": self.pair.id,
            "date": day.isoformat(),
            "start": "09:00",
            "end": "09:40",
            "class_name": "四（2）班",
            "subjects": ["语文"],
            "students": 65,
            "teachers": 2,
            "reason": "服务器停电",
            **more,
        }
        request = msgspec.convert(body, HandRequest)
        return await enter(self.store, self.records, who, request, now or at("17:00", day), new_id())

    async def report(self, month: str, state: Filing = Filing.SUBMITTED, number: int = 1) -> None:
        """The pair's 附件3 of the month as its activities are now."""
        counted = [
            one for one in await self.store.activities.of_pair_month(self.pair.id, month) if one.state == "counted"
        ]
        cells = dict.fromkeys(FLOWS, Figure(0))
        for kind in {one.kind for one in counted}:
            mine = [one for one in counted if one.kind is kind]
            counts = {f"activity:{one.id}": 1 for one in mine}
            people = {f"activity:{one.id}": one.participants for one in mine}
            cells[f"{kind.value}.count"] = Figure(len(mine), counts)
            cells[f"{kind.value}.participants"] = Figure(sum(people.values()), people)
        snapshot = Snapshot(
            form="annex3",
            pair=self.pair.id,
            number=number,
            at=at("12:00"),
            policy=0,
            window=MonthWindow(month=month, first=TUESDAY, last=TUESDAY),
            cells=cells,
            hands={},
            printed={},
            missing=(),
            is_confirmed=True,
            carried={},
            paper=paper_words(Policy(), "annex3"),
        )
        row = ReturnRow(
            month=month,
            pair=self.pair.id,
            state=state,
            version=number,
            changed_at=at("12:00"),
            actor_kind="account",
            actor="a",
            snapshot=number,
        )
        async with self.store.database.write() as connection:
            await put_returns(connection, [row], [self.pair.id] if number > 1 else [])
            await add_snapshots(connection, [snapshot])

    async def tally(self, month: str) -> tuple[int, int, int]:
        """(count, participants, pending) of 同步课堂."""
        found = [one for one in await self.store.activities.tallies(month) if one.kind is Kind.SYNC]
        return (found[0].count, found[0].participants, found[0].pending) if found else (0, 0, 0)

    async def adjustments(self, month: str) -> list[tuple[int, int, tuple[str, ...]]]:
        lines = await self.store.activities.adjustments(into_month=month)
        return [(line.count, line.participants, line.subjects) for line in lines]

    async def now(self, row: ActivityRow) -> ActivityRow:
        found = await self.store.activities.get(row.id)
        assert found is not None
        return found


@pytest.fixture
async def county(database: str) -> AsyncIterator[County]:
    store = await Store.open(database)
    registry = store.registry
    city, village = await registry.school("实验小学"), await registry.school("檀溪中小")
    host = await registry.classroom(city.id, "录播室")
    rural = await registry.classroom(village.id, "同步教室")
    own = await registry.school_class(city.id, "四(2)班", 42, date(2019, 4, 1))
    theirs = await registry.school_class(village.id, "四(1)班", 23, date(2019, 4, 1))
    pair = await registry.pair(city.id, village.id, date(2019, 4, 1))
    plans = (
        SeatPlan(seat="teacher", school=city.id, classroom=host.id, role="host", class_id=own.id, students=42),
        SeatPlan(seat=rural.id, school=village.id, classroom=rural.id, role="rural", class_id=theirs.id, students=23),
    )
    yield County(store, Records(store), pair, plans)
    await store.close()


def refused(error: Any) -> str:
    return str(error.value.code)


# Judging.


async def test_v01_is_stored_with_its_class_month_and_tally(county: County) -> None:
    row = await county.lesson()
    assert (row.id, row.state, row.participants) == (f"{row.lesson}.0.{county.pair.id}", "counted", 67)
    assert (row.month, row.class_id, row.host_participants) == ("2019-05", county.plans[0].class_id, 43)
    assert await county.tally("2019-05") == (1, 67, 0)


async def test_settling_again_changes_nothing_and_keeps_the_version(county: County) -> None:
    row = await county.lesson()
    await county.records.settle(row.lesson or "", at("18:00"))
    assert await county.now(row) == row


async def test_a_webhook_is_told_of_what_changed_and_of_nothing_else(county: County) -> None:
    hook = await county.store.webhooks.make(
        "https://example.cn/hook", ["activity.changed"], "secret", county.bureau.actor, at("08:00")
    )
    assert hook is not None
    row = await county.lesson()
    await county.records.settle(row.lesson or "", at("18:00"))
    assert await county.store.webhooks.waiting(hook) == 1
    [(_, event)] = await county.store.webhooks.due(at("19:00"))
    assert (event.kind, event.subject) == ("activity.changed", f"activity:{row.id}")


async def test_a_day_off_is_marked(county: County) -> None:
    assert (await county.lesson(day=date(2019, 5, 2))).marks == ("day_off",)


async def test_a_class_that_was_larger_than_noted_is_judged_again(county: County) -> None:
    row = await county.lesson()
    await county.store.registry.school_class(county.pair.recipient or "", "四(1)班", 25, date(2019, 5, 1))
    assert await county.records.class_changed(county.plans[1].class_id, date(2019, 5, 1), at("20:00")) == 1
    assert (await county.now(row)).participants == 69
    assert await county.tally("2019-05") == (1, 69, 0)


async def test_a_pair_that_ended_before_the_lesson_takes_it_away(county: County) -> None:
    row = await county.lesson()
    await county.store.registry.set_pair_status(county.pair.id, "ended", date(2019, 5, 10))
    assert await county.records.pair_changed(county.pair.id, date(2019, 5, 10), at("20:00")) == 1
    after = await county.now(row)
    assert (after.state, after.flags[0], after.version) == ("not_counted", "pair_inactive", 2)


async def test_a_month_is_rebuilt_from_the_journal_unless_it_is_reported(county: County) -> None:
    row = await county.lesson()
    async with county.store.database.write() as connection:
        await activities.drop(connection, [row.id])
    assert await county.records.rebuild("2019-05", at("20:00")) == 1
    assert msgspec.structs.replace(await county.now(row), version=row.version) == row
    await county.report("2019-05")
    assert await county.records.rebuild("2019-05", at("20:00")) == 0


async def test_a_moved_lesson_is_judged_at_its_new_time_and_a_substitute_taught_it(county: County) -> None:
    lesson, begins, later = new_id(), at("09:00"), at("10:00", date(2019, 5, 28))
    stamp = {"lesson": lesson, "at": begins - timedelta(hours=1), "by": "teacher"}
    period = Period(start=begins, end=begins + timedelta(minutes=40))
    plan = LessonScheduled(
        **stamp,
        seq=1,
        supporter=county.pair.supporter,
        subject="语",
        periods=(period,),
        pairs=(county.pair.id,),
        seats=county.plans,
        teacher="t1",
    )
    moved = LessonMoved(**stamp, seq=2, periods=(Period(start=later, end=later + timedelta(minutes=40)),))
    replaced = TeacherReplaced(**stamp, seq=3, teacher="t2")
    end = LessonEnded(lesson=lesson, seq=4, at=later + timedelta(minutes=41), by="cli", reason="cli")
    token, _ = await county.store.links.mint("observer", begins, lesson=lesson, expires_at=begins + timedelta(days=1))
    await county.store.journal.append([plan, moved, replaced, end])
    await county.store.journal.beat(county.beats(lesson, later, later + timedelta(minutes=40)))
    await county.records.settle(lesson, later + timedelta(hours=1))
    [row] = await county.store.activities.of_lessons([lesson])
    assert (row.begins_at, row.month, row.state, activity_of(row).teacher) == (later, "2019-06", "counted", "t2")
    link = await county.store.links.resolve(token)
    assert link is not None and link.expires_at == begins + timedelta(days=1) + (later - begins)


async def test_a_substitute_who_teaches_elsewhere_at_that_time_bears_the_mark(county: County) -> None:
    teacher = await county.store.people.teacher(county.pair.supporter, "教师甲", By(SERVER, at("08:00")))
    assert teacher is not None
    first = await county.lesson(teacher=teacher.id)
    room = await county.store.registry.classroom(county.pair.supporter, "另一间教室")
    county.plans = (msgspec.structs.replace(county.plans[0], classroom=room.id), county.plans[1])
    second, begins = new_id(), at("09:10")
    stamp = {"lesson": second, "at": begins - timedelta(hours=1), "by": "teacher"}
    plan = LessonScheduled(
        **stamp,
        seq=1,
        supporter=county.pair.supporter,
        subject="数",
        periods=(Period(start=begins, end=begins + timedelta(minutes=40)),),
        pairs=(county.pair.id,),
        seats=county.plans,
    )
    end = LessonEnded(lesson=second, seq=3, at=begins + timedelta(minutes=41), by="cli", reason="cli")
    await county.store.journal.append([plan, TeacherReplaced(**stamp, seq=2, teacher=teacher.id), end])
    await county.store.journal.beat(county.beats(second, begins, begins + timedelta(minutes=40)))
    await county.records.settle(second, begins + timedelta(hours=1))
    rows = await county.store.activities.of_lessons([first.lesson or "", second])
    assert [row.marks for row in rows] == [("teacher_twice",)] * 2


# Words.


async def test_v02_confirmed_after_its_return_was_filed_waits_for_the_bureau_and_becomes_a_supplement(
    county: County,
) -> None:
    row = await county.lesson(("09:22", "09:40"))
    assert (row.state, await county.tally("2019-05")) == ("pending", (0, 0, 1))
    await county.report("2019-05")
    word = await county.say(county.village, row, "confirm", date(2019, 5, 28))
    assert (word.state, (await county.now(row)).state) == ("proposed", "pending")
    assert word.after.participants == 67, "what it would become"
    assert [one.id for one in await county.store.words.proposed()] == [word.id]
    decided = await county.decide(word, "applied", date(2019, 6, 3))
    assert decided.state == "applied"
    assert await county.adjustments("2019-06") == [(1, 67, ("语",))]
    assert await county.store.words.proposed() == []


async def test_v02_confirmed_in_the_open_month_counts_at_once(county: County) -> None:
    row = await county.lesson(("09:22", "09:40"))
    word = await county.say(county.village, row, "confirm")
    assert (word.state, word.before.state, word.after.state) == ("applied", "pending", "counted")
    assert await county.tally("2019-05") == (1, 67, 0)
    assert await county.adjustments("2019-06") == []
    [entry] = await county.store.audit.entries(subject=f"activity:{row.id}")
    assert (entry.action, entry.actor, entry.detail["reason"]) == (
        "activity.confirmed",
        "village00001",
        "看过课堂记录",
    )


async def test_v32_an_outage_corrected_after_may_is_locked(county: County) -> None:
    monday = date(2019, 5, 20)
    row = await county.lesson(("09:00", "09:03"), monday)
    assert (row.state, row.minutes) == ("not_counted", 3)
    await county.report("2019-05", Filing.LOCKED)
    may = await county.store.returns.snapshot("2019-05", county.pair.id)
    word = await county.say(county.village, row, "correct", date(2019, 6, 3), rooms=[county.room])
    assert word.state == "proposed" and await county.adjustments("2019-06") == []
    await county.decide(word, "applied", date(2019, 6, 3))
    assert await county.adjustments("2019-06") == [(1, 67, ("语",))]
    assert await county.store.returns.snapshot("2019-05", county.pair.id) == may
    [line] = await county.store.activities.adjustments(pair=county.pair.id)
    assert (line.activity, line.of_month, line.word) == (row.id, "2019-05", word.id)


async def test_the_supplement_goes_to_the_earliest_month_that_is_not_filed(county: County) -> None:
    row = await county.lesson(("09:00", "09:03"))
    for month in ("2019-05", "2019-06"):
        await county.report(month)
    await county.say(county.bureau, row, "correct", date(2019, 6, 28), rooms=[county.room])
    assert await county.adjustments("2019-06") == []
    assert await county.adjustments("2019-07") == [(1, 67, ("语",))]


async def test_what_was_reported_too_high_is_taken_off_and_takes_no_subject(county: County) -> None:
    row = await county.lesson()
    await county.report("2019-05")
    await county.say(county.bureau, row, "correct", students={county.room: 20})
    await county.say(county.bureau, await county.now(row), "correct", is_test=True)
    assert await county.adjustments("2019-06") == [(0, -3, ()), (-1, -64, ())]
    assert await county.store.activities.adjusted([row.id]) == {row.id: (-1, -67)}


async def test_a_return_given_back_and_submitted_again_balances_its_supplements(county: County) -> None:
    row = await county.lesson(("09:22", "09:40"))
    await county.report("2019-05")
    await county.say(county.bureau, row, "confirm")
    await county.report("2019-05", number=2)
    async with county.store.database.write() as connection:
        await county.records.reconcile(connection, county.pair.id, "2019-05", at("19:00"))
        assert await county.records.reconcile(connection, county.pair.id, "2019-05", at("19:00")) == []
    assert await county.adjustments("2019-06") == [(1, 67, ("语",)), (-1, -67, ())]


async def test_a_refused_proposal_changes_nothing_and_is_kept(county: County) -> None:
    row = await county.lesson(("09:22", "09:40"))
    await county.report("2019-05")
    word = await county.say(county.village, row, "confirm")
    refusal = await county.decide(word, "refused", date(2019, 6, 3))
    assert (refusal.state, refusal.decision and refusal.decision.reason) == ("refused", "情况属实")
    assert await county.now(row) == row and await county.adjustments("2019-06") == []
    with pytest.raises(LedgerError) as error:
        await county.decide(word, "applied", date(2019, 6, 3))
    assert refused(error) == "word_decided"


async def test_of_two_officers_at_once_the_second_is_told_who_was_first(county: County) -> None:
    row = await county.lesson(("09:22", "09:40"))
    said = [
        county.say(county.village, row, "confirm"),
        county.say(county.city, row, "correct", students={county.room: 20}),
    ]
    answers = await asyncio.gather(*said, return_exceptions=True)
    [kept] = [one for one in answers if isinstance(one, WordRow)]
    [stale] = [one for one in answers if isinstance(one, Problem)]
    assert (stale.status, stale.code, stale.more["by"]) == (409, "stale", f"account:{kept.actor.id}")
    assert len(await county.store.words.of([row.id])) == 1
    assert stale.more["version"] == (await county.now(row)).version == 2


async def test_an_activity_of_other_schools_is_answered_like_none(county: County) -> None:
    row = await county.lesson()
    other = await county.store.registry.school("南苑小学")
    stranger = grant("school_officer", "stranger0001", other.id)
    for name in (row.id, "nothing"):
        with pytest.raises(Problem) as error:
            await reachable(county.store, stranger, name)
        assert refused(error) == "not_found"
    with pytest.raises(Problem):
        await county.say(stranger, row, "confirm")


async def test_a_correction_that_changes_nothing_leaves_nothing_behind(county: County) -> None:
    row = await county.lesson()
    with pytest.raises(LedgerError) as error:
        await county.say(county.village, row, "correct", subject="语文")
    assert refused(error) == "change_changes_nothing"
    assert await county.store.words.of([row.id]) == [] and await county.now(row) == row
    assert await county.store.audit.entries(subject=f"activity:{row.id}") == []


async def test_words_hold_when_the_lesson_is_judged_again(county: County) -> None:
    row = await county.lesson(("09:22", "09:40"))
    await county.say(county.village, row, "confirm")
    await county.records.settle(row.lesson or "", at("20:00"))
    assert (await county.now(row)).state == "counted"


async def test_a_lesson_that_ends_after_its_month_was_filed_is_a_supplement(county: County) -> None:
    await county.report("2019-05")
    row = await county.lesson(day=date(2019, 5, 24))
    assert row.state == "counted"
    assert await county.adjustments("2019-06") == [(1, 67, ("语",))]


# Hand entries.


async def test_v27_an_entry_over_a_logged_lesson_is_refused_and_names_it(county: County) -> None:
    row = await county.lesson()
    with pytest.raises(Problem) as error:
        await county.enter(county.village)
    assert (error.value.status, error.value.code, error.value.more) == (409, "duplicate", {"activity": row.id})
    assert await county.tally("2019-05") == (1, 67, 0)


async def test_two_officers_who_enter_the_same_at_once_make_one(county: County) -> None:
    answers = await asyncio.gather(county.enter(county.village), county.enter(county.city), return_exceptions=True)
    [kept] = [one for one in answers if isinstance(one, ActivityRow)]
    [again] = [one for one in answers if isinstance(one, Problem)]
    assert again.more == {"activity": kept.id}


async def test_a_lesson_by_hand_counts_after_a_second_person_has_seen_evidence(county: County) -> None:
    row = await county.enter(county.village)
    assert (row.state, row.is_hand, row.class_id) == ("pending", True, None)
    for who, more, code in (
        (county.village, {"link": "https://example.cn/1"}, "second_person_needed"),
        (county.city, {}, "evidence_needed"),
    ):
        with pytest.raises(LedgerError) as error:
            await county.say(who, row, "confirm", **more)
        assert refused(error) == code
    await county.say(county.city, row, "confirm", link="https://example.cn/1")
    assert await county.tally("2019-05") == (1, 67, 0)


async def test_a_log_that_comes_later_takes_the_entrys_place(county: County) -> None:
    by_hand = await county.enter(county.village)
    await county.say(county.city, by_hand, "confirm", link="https://example.cn/1")
    row = await county.lesson()
    assert await county.store.activities.get(by_hand.id) is None
    assert await county.tally("2019-05") == (1, 67, 0)
    entry = await county.store.hand_entries.get(by_hand.id.removeprefix("hand."))
    assert entry is not None and entry.replaced_by == row.id


async def test_a_plan_that_nobody_joined_takes_no_entrys_place(county: County) -> None:
    by_hand = await county.enter(county.village)
    row = await county.lesson(None)
    assert (row.flags, await county.now(by_hand)) == (("not_held",), by_hand)


MEETING = {
    "kind": "training",
    "class_name": None,
    "subjects": [],
    "students": 0,
    "teachers": 5,
    "title": "同课异构",
    "training_kind": "集体备课",
    "link": "https://example.cn/1",
}


async def test_a_meeting_by_hand_counts_at_once(county: County) -> None:
    row = await county.enter(county.village, **MEETING)
    assert (row.kind, row.state, row.participants) == (Kind.TRAINING, "counted", 5)
    assert activity_of(row).training is TrainingKind.PREPARATION


async def test_into_a_filed_month_only_the_bureau_enters_and_it_is_a_supplement(county: County) -> None:
    await county.report("2019-05")
    with pytest.raises(LedgerError) as error:
        await county.enter(county.village, **MEETING)
    assert refused(error) == "month_locked" and "教育局" in error.value.detail
    assert await county.store.activities.tallies("2019-05") == []
    await county.enter(county.bureau, **MEETING)
    assert await county.adjustments("2019-06") == [(1, 5, ())]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start": "10:00"}, "entry_invalid"),
        ({"start": "05:00"}, "entry_invalid"),
        ({"date": "2019-03-31"}, "entry_invalid"),
        ({"date": "2019-05-15"}, "entry_invalid"),
        ({"subjects": []}, "entry_invalid"),
        ({"subjects": ["艺术"]}, "entry_invalid"),
        ({"class_name": None}, "entry_invalid"),
        ({"students": 0, "teachers": 0}, "entry_invalid"),
        ({"kind": "delivery", "title": "浮力"}, "evidence_needed"),
        ({"kind": "delivery", "link": "https://example.cn/1"}, "entry_invalid"),
        ({**MEETING, "teachers": 1}, "entry_invalid"),
        ({**MEETING, "training_kind": None}, "entry_invalid"),
        ({**MEETING, "link": None}, "evidence_needed"),
        ({**MEETING, "class_name": "四（2）班"}, "entry_invalid"),
    ],
)
async def test_an_entry_that_cannot_be_is_refused_in_words_and_leaves_nothing(
    county: County, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(LedgerError) as error:
        await county.enter(county.village, now=at("17:00"), **changes)
    assert refused(error) == code
    assert await county.store.activities.tallies("2019-05") == []
    assert await county.store.audit.entries(action="activity") == []


async def test_a_class_stands_once_beside_the_form_with_its_minutes(county: County) -> None:
    await county.lesson()
    await county.lesson(("10:00", "10:40"), start="10:00")
    form = await ReturnDesk(county.store).form("2019-05", county.pair.id, county.bureau, at("20:00"))
    assert [(line.school_name, line.lessons, line.minutes, line.busiest) for line in form.classes] == [
        (school, 2, 80, date(2019, 5, 13)) for school in sorted(("实验小学", "檀溪中小"))
    ]
