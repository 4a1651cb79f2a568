"""A county's month from the first lesson to the sent form, against a real store; no clock but the test's own."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from classroom.ledger.activity import Activity
from classroom.ledger.activity import State as Counting
from classroom.ledger.errors import LedgerError
from classroom.ledger.filing import BUREAU, Action
from classroom.ledger.kinds import Kind
from classroom.ledger.policy import Policy
from classroom.registry.accounts import Account
from classroom.registry.changes import Wanted, record
from classroom.store import activities
from classroom.store.activities import ActivityRow, Adjustment
from classroom.store.audit import Actor
from classroom.store.edits import StaleEdit
from classroom.store.files import File
from classroom.store.ids import new_id
from classroom.store.imported import NewReturn
from classroom.store.policies import put_policy
from classroom.store.registry import By
from classroom.store.store import Store
from signaling.auth import Grant
from signaling.calendar_desk import (
    DayEntry,
    DaysBody,
    PolicyBody,
    WindowEntry,
    WindowsBody,
    calendar_view,
    policy_view,
    set_days,
    set_policy,
    set_windows,
)
from signaling.filing import CellEdit, CellsBody, Filing, StepBody
from signaling.overview import matrix, overview, progress
from signaling.papers import sheet_of
from signaling.problem import Problem
from signaling.records import Records
from signaling.reminders import reminders
from signaling.return_desk import ReturnDesk

SHANGHAI = timezone(timedelta(hours=8))
MAY = "2019-05"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


START, FILED, SIGNED, SENT = (at(f"2019-{day}") for day in ("04-01", "05-24 16:00", "05-30 10:00", "05-31 09:00"))


NOBODY_KNOWS_WHERE = Activity(
    id="hand.a",
    lesson=None,
    period=None,
    pair="",
    supporter="",
    recipient=None,
    state=Counting.COUNTED,
    flags=(),
    begins_at=START,
    ends_at=START,
    planned=None,
    zone=None,
    subjects=(),
    minutes=40,
    need=20,
    low=10,
    teachers=2,
    students=65,
    participants=67,
)
"""What a test of returns need not know of an activity: its sums stand in the row."""


class County:
    """Three pairs: two inside the county, one whose recipient is another county's."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.filing = Filing(store, Records(store))
        self.desk = ReturnDesk(store)
        self.bureau = self.grant("bureau_officer", None)
        self.by = By(Actor("account", "officer"), START)

    def grant(self, role: Any, school: str | None) -> Grant:
        account = Account(id=f"a{role[:9]}", login=role, name=role, role=role, school=school, created_at=START)
        return Grant(role, account=account)

    async def begin(self) -> None:
        names = {"实验小学": "330726", "檀溪中小": "330726", "南苑小学": "330726", "礼张完小": "330726"}
        names |= {"浦阳一小": "330726", "鹤田小学": "330782"}
        self.schools = {}
        for name, code in names.items():
            school = await self.store.registry.school(name, by=self.by)
            self.schools[name] = school.id
            await self.fact("school", school.id, "county_code", code)
        self.p1 = await self.pair("实验小学", "檀溪中小")
        self.p2 = await self.pair("南苑小学", "礼张完小")
        self.p3 = await self.pair("浦阳一小", "鹤田小学")
        await self.set_policy(Policy(unit="某县教育局", county="330726"))
        await self.store.months.through(date(2019, 12, 31))

    async def pair(self, supporter: str, recipient: str) -> str:
        schools = self.schools[supporter], self.schools[recipient]
        level = "县内" if recipient != "鹤田小学" else "市域内"
        return (await self.store.registry.pair(*schools, date(2019, 4, 1), level=level, by=self.by)).id

    async def fact(self, subject: Any, id: str, field: str, value: Any, since: date = date(2019, 4, 1)) -> None:
        wanted = Wanted(subject=subject, id=id, field=field, since=since, value=value, is_checked=False)
        await self.store.registry.change(lambda book: record(book, new_id, wanted, START), self.by)

    async def set_policy(self, policy: Policy) -> None:
        async with self.store.database.write() as connection:
            version, _ = await self.store.policies.current()
            await put_policy(connection, policy, version, "测试", Actor("account", "officer"), START)

    async def held(self, pair: str, name: str, people: int, *subjects: str, **more: Any) -> None:
        """A counted activity in May, unless `more` says otherwise."""
        row = ActivityRow(
            id=f"hand.{name}",
            kind=more.pop("kind", Kind.SYNC),
            pair=pair,
            lesson=None,
            period=None,
            month=more.pop("month", MAY),
            begins_at=more.pop("begins_at", at("2019-05-14 09:00")),
            ends_at=at("2019-05-14 09:40"),
            class_id=None,
            state=more.pop("state", "counted"),
            minutes=40,
            participants=people,
            host_participants=0,
            sharers=1,
            is_hand=True,
            subjects=subjects,
            flags=(),
            marks=(),
            detail=msgspec.to_builtins(NOBODY_KNOWS_WHERE),
        )
        async with self.store.database.write() as connection:
            await activities.put(connection, [row], {})

    async def adjust(self, pair: str, into: str, count: int, people: int, name: str = "x", of: str = "2019-04") -> None:
        line = Adjustment(
            id=new_id(),
            activity=f"hand.{name}",
            kind=Kind.SYNC,
            pair=pair,
            of_month=of,
            into_month=into,
            count=count,
            participants=people,
            subjects=("体",) if count > 0 else (),
            at=at("2019-05-10"),
            word=None,
        )
        async with self.store.database.write() as connection:
            await activities.adjust(connection, [line])

    async def form(self, pair: str, now: datetime = FILED, month: str = MAY, **more: Any) -> Any:
        return await self.desk.form(month, pair, more.pop("grant", self.bureau), now, **more)

    async def act(
        self, pair: str, action: Action, now: datetime, month: str = MAY, grant: Any = None, **more: Any
    ) -> None:
        row = await self.store.returns.row(month, pair)
        version = more.pop("version", row.version if row else 0)
        await self.filing.act(month, pair, action, grant or self.bureau, StepBody(version=version, **more), now)

    async def put(self, pair: str, now: datetime = FILED, month: str = MAY, grant: Any = None, **cells: Any) -> None:
        row = await self.store.returns.row(month, pair)
        given = {
            cell.replace("__", "."): None if value is None else CellEdit(value=value, reason="核对后")
            for cell, value in cells.items()
        }
        body = CellsBody(version=row.version if row else 0, cells=given)
        await self.filing.edit(month, pair, grant or self.bureau, body, now)

    async def send(self, month: str = MAY, signed: datetime = SIGNED, sent: datetime = SENT) -> None:
        await self.act(BUREAU, Action.SIGN, signed, month, name="局长", on=signed.date())
        await self.act(BUREAU, Action.SEND, sent, month, channel="浙政钉", at=sent, proof="截图")


@pytest.fixture
async def county(database: str) -> AsyncIterator[County]:
    store = await Store.open(database)
    county = County(store)
    await county.begin()
    yield county
    await store.close()


def values(form: Any, *cells: str) -> list[Any]:
    return [form.cells[cell].value for cell in cells]


async def test_a_form_is_computed_with_the_records_behind_every_number(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.held(county.p1, "b", 43, "数")
    await county.held(county.p1, "c", 0, "音", state="pending")
    form = await county.form(county.p1)
    assert (form.form, form.state, form.version, form.frozen) == ("annex3", "draft", 0, False)
    assert values(form, "sync.count", "sync.participants", "subjects") == [2, 110, ("语", "数")]
    parts = {part.ref: (part.value, part.label) for part in form.cells["sync.participants"].parts}
    assert parts == {
        "activity:hand.a": (67, "05-14 09:00 城乡同步课堂 语"),
        "activity:hand.b": (43, "05-14 09:00 城乡同步课堂 数"),
    }
    assert "1 次活动待确认，没有计入" in form.notes
    assert form.may == ["edit", "submit"]
    assert {missing.cell: missing.text for missing in form.missing}["stage"] == "未填学段"
    assert form.sheet.footer == "统计区间：2019-04-27 至 2019-05-26"


async def test_the_bureaus_form_adds_up_what_the_pairs_print_and_shows_the_other_ways(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.held(county.p3, "b", 50, "体")
    form = await county.form(BUREAU)
    assert values(form, "task", "pairs", "sync.count", "sync.participants") == [13, 5, 2, 117]
    assert [(part.label, part.value) for part in form.cells["sync.count"].parts] == [
        ("实验小学 → 檀溪中小", 1),
        ("浦阳一小 → 鹤田小学", 1),
    ]
    assert form.compare["recipient_side"]["sum"]["sync.count"] == 1
    assert "3 对结对的附件3 学校未确认，已按自动记录的数计入" in form.notes


async def test_a_month_goes_from_draft_to_sent_and_what_was_filed_stays_as_it_was(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    school = county.grant("school_officer", county.schools["檀溪中小"])
    await county.act(county.p1, Action.SUBMIT, FILED, grant=school)
    await county.held(county.p1, "late", 43, "数")
    form = await county.form(county.p1)
    assert (form.state, form.frozen, values(form, "sync.count")) == ("submitted", True, [1])
    assert form.history[0].on_time is True and form.history[0].words == "提交"
    await county.act(county.p1, Action.RECEIVE, FILED)
    await county.send()
    sent = await county.form(BUREAU, SENT)
    assert (sent.state, sent.month.state, values(sent, "sync.count")) == ("sent", "sent", [1])
    assert sent.history[-1].on_time is True
    listed = await county.desk.listing(MAY, county.bureau, SENT)
    assert [line.state for line in listed.items] == ["locked"] * 3
    assert [line.pair for line in listed.items if not line.unconfirmed] == [county.p1]
    locked = await county.form(county.p2, SENT)
    assert "学校未确认：附件2 报送时学校尚未提交，按自动记录的数锁定" in locked.notes


async def test_an_old_snapshot_prints_the_same_paper_whatever_has_changed_since(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.act(county.p1, Action.SUBMIT, FILED)
    await county.send()
    papers = [await county.desk.paper(MAY, pair, county.bureau, SENT) for pair in (county.p1, BUREAU)]
    before = msgspec.json.encode([sheet_of(paper) for paper in papers])
    later = at("2022-03-01 09:00")
    await county.set_policy(Policy(unit="改名后的局", programme="教共体", show_leader_line=True, county="330726"))
    await county.fact("pair", county.p1, "stage", "初中")
    await county.fact("pair", county.p1, "agreement", {"signed_on": "2019-04-20"}, date(2019, 4, 20))
    await county.held(county.p1, "b", 43, "数")
    papers = [await county.desk.paper(MAY, pair, county.bureau, later, 1) for pair in (county.p1, BUREAU)]
    assert msgspec.json.encode([sheet_of(paper) for paper in papers]) == before
    assert (await county.form(county.p1, later)).policy == 1


async def test_late_is_late_and_giving_back_does_not_make_it_late(county: County) -> None:
    await county.act(county.p1, Action.SUBMIT, at("2019-05-26 23:59:59"))
    await county.act(county.p2, Action.SUBMIT, at("2019-05-27 00:00:00"))
    await county.act(county.p1, Action.GIVE_BACK, at("2019-05-28 09:00"), reason="人数请核对")
    await county.act(county.p1, Action.SUBMIT, at("2019-05-29 09:00"))
    listed = {line.pair: line for line in (await county.desk.listing(MAY, county.bureau, SENT)).items}
    assert (listed[county.p1].on_time, listed[county.p2].on_time) == (True, False)
    assert listed[county.p1].filed_at == at("2019-05-26 23:59:59")
    history = (await county.form(county.p1)).history
    assert [(line.action, line.version, line.reason) for line in history] == [
        ("submit", 1, ""),
        ("give_back", 1, "人数请核对"),
        ("submit", 2, ""),
    ]


async def test_the_bureaus_second_past_noon_is_late(county: County) -> None:
    await county.send(sent=at("2019-05-31 12:00:01"))
    assert (await county.form(BUREAU, SENT)).history[-1].on_time is False


async def test_a_value_by_hand_stands_beside_the_computed_one_and_is_filed(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.put(county.p1, sync__count=2, highlights="同上一节课")
    form = await county.form(county.p1)
    cell = form.cells["sync.count"]
    assert (cell.value, cell.computed, cell.printed, cell.hand.reason) == (2, 1, "2", "核对后")
    assert (await county.form(BUREAU)).cells["sync.count"].value == 2
    assert [part.value for part in (await county.form(BUREAU)).cells["highlights"].parts] == ["同上一节课"]
    await county.put(county.p1, sync__count=None)
    assert (await county.form(county.p1)).cells["sync.count"].hand is None
    await county.put(county.p1, sync__count=5)
    await county.act(county.p1, Action.SUBMIT, FILED)
    filed = await county.form(county.p1)
    assert (filed.cells["sync.count"].value, filed.cells["sync.count"].computed) == (5, 1)


async def test_a_filed_form_takes_no_value_by_hand(county: County) -> None:
    await county.act(county.p1, Action.SUBMIT, FILED)
    with pytest.raises(LedgerError) as refused:
        await county.put(county.p1, sync__count=3)
    assert refused.value.code == "month_locked"
    assert (await county.store.returns.hands(MAY)) == {}
    await county.act(county.p1, Action.GIVE_BACK, FILED, reason="请改")
    await county.put(county.p1, sync__count=3)


async def test_of_two_officers_at_once_the_second_is_told_and_nothing_of_theirs_is_written(county: County) -> None:
    await county.put(county.p1, sync__count=3)
    body = CellsBody(version=0, cells={"sync.count": CellEdit(value=9, reason="我的")})
    with pytest.raises(StaleEdit) as refused:
        await county.filing.edit(MAY, county.p1, county.grant("machine", None), body, FILED)
    assert refused.value.by.actor == "abureau_of"
    with pytest.raises(StaleEdit):
        await county.act(county.p1, Action.SUBMIT, FILED, version=0)
    form = await county.form(county.p1)
    assert (form.state, form.version, form.cells["sync.count"].value) == ("draft", 1, 3)


async def test_the_leader_signs_what_goes_out(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.act(BUREAU, Action.SIGN, SIGNED, name="局长", on=SIGNED.date())
    await county.held(county.p1, "b", 43, "数")
    with pytest.raises(LedgerError) as refused:
        await county.act(BUREAU, Action.SEND, SENT)
    assert refused.value.code == "signed_differs"
    assert refused.value.detail == "涉及学科、城乡同步课堂活动次数、城乡同步课堂参与师生数"
    assert not await county.store.returns.is_frozen(county.p1, MAY), "nothing was locked"
    with pytest.raises(LedgerError):
        await county.put(BUREAU, sync__count=2)
    await county.act(BUREAU, Action.UNSIGN, SENT, reason="补记一节")
    await county.send(signed=SENT)
    assert values(await county.form(BUREAU, SENT), "sync.count") == [2]


@pytest.mark.parametrize(
    "more",
    [
        {"name": "局长"},
        {"on": date(2019, 5, 30)},
        {"name": " ", "on": date(2019, 5, 30)},
        {"name": "局长", "on": date(2019, 5, 31)},
        {"name": "局长", "on": date(2019, 4, 26)},
    ],
)
async def test_a_signature_has_a_name_and_a_day_of_the_month_that_has_come(
    county: County, more: dict[str, Any]
) -> None:
    with pytest.raises(LedgerError, match="signature_missing: 2019-04-27 至 2019-05-30"):
        await county.act(BUREAU, Action.SIGN, SIGNED, **more)


@pytest.mark.parametrize("sent", ["2019-04-28 09:00", "2019-05-28 23:59", "2019-05-31 09:06"])
async def test_what_is_sent_was_signed_before_and_has_gone_out(county: County, sent: str) -> None:
    await county.act(BUREAU, Action.SIGN, SIGNED, name="副局长", on=date(2019, 5, 27))
    await county.act(BUREAU, Action.UNSIGN, SIGNED, reason="局长改签")
    await county.act(BUREAU, Action.SIGN, SIGNED, name="局长", on=date(2019, 5, 29))
    with pytest.raises(LedgerError) as refused:
        await county.act(BUREAU, Action.SEND, SENT, channel="浙政钉", at=at(sent), proof="截图")
    assert (refused.value.code, refused.value.detail) == (
        "sending_impossible",
        "应不早于签批日期 2019-05-29，也不晚于现在",
    )
    assert not await county.store.returns.is_frozen(county.p1, MAY), "nothing was locked"
    await county.act(BUREAU, Action.SEND, SENT, channel="浙政钉", at=at("2019-05-29 00:00"), proof="截图")
    assert (await county.form(BUREAU, SENT)).history[-1].on_time


async def test_a_revision_keeps_the_month_locked_and_goes_out_again(county: County) -> None:
    await county.send()
    with pytest.raises(LedgerError, match="reason_missing"):
        await county.act(BUREAU, Action.REVISE, SENT)
    await county.act(BUREAU, Action.REVISE, SENT, reason="签订数填错")
    with pytest.raises(LedgerError):
        await county.act(county.p1, Action.SUBMIT, SENT)
    await county.put(BUREAU, SENT, signed=5)
    await county.send(signed=SENT, sent=at("2019-06-03 09:00"))
    form = await county.form(BUREAU, at("2019-06-04 09:00"))
    assert form.cells["signed"].printed == "5" and form.history[-1].version == 2
    assert form.history[-1].on_time is True, "the first sending decides"
    first = await county.form(BUREAU, SENT, version=1)
    assert first.cells["signed"].printed == "0"


async def test_what_comes_after_the_lock_is_补计_of_the_next_month(county: County) -> None:
    await county.send()
    await county.adjust(county.p1, "2019-06", 1, 67, of=MAY)
    june = await county.form(county.p1, at("2019-06-20 09:00"), "2019-06")
    assert values(june, "sync.count", "sync.participants", "subjects") == [1, 67, ("体",)]
    assert june.cells["other"].value == "补计2019年5月城乡同步课堂1节、67人次"
    assert [part.label for part in june.cells["sync.count"].parts] == ["补计2019年5月城乡同步课堂"]
    assert [part.activity for part in june.cells["sync.count"].parts] == ["hand.x"]
    bureau = await county.form(BUREAU, at("2019-06-20 09:00"), "2019-06")
    assert bureau.cells["other"].value == "补计2019年5月城乡同步课堂1节、67人次"
    assert values(await county.form(county.p1, SENT), "sync.count") == [0]


async def test_what_cannot_be_taken_off_carries_on_until_it_can(county: County) -> None:
    await county.held(county.p1, "a", 60, "语")
    await county.adjust(county.p1, MAY, -2, -100)
    form = await county.form(county.p1)
    assert values(form, "sync.count", "sync.participants") == [0, 0]
    assert "城乡同步课堂参与师生数还有 40 未能冲减，结转以后月份" in form.notes
    await county.act(county.p1, Action.SUBMIT, FILED)
    await county.held(county.p1, "j", 50, "语", month="2019-06", begins_at=at("2019-06-04 09:00"))
    june = await county.form(county.p1, at("2019-06-05 09:00"), "2019-06")
    assert values(june, "sync.count", "sync.participants") == [0, 10]
    assert ("carry:2019-05", "2019年5月结转", -40) in [
        (part.ref, part.label, part.value) for part in june.cells["sync.participants"].parts
    ]


async def test_a_form_given_back_takes_its_carry_back_unless_a_later_month_has_printed_it(county: County) -> None:
    await county.adjust(county.p1, MAY, -1, -10)
    await county.act(county.p1, Action.SUBMIT, FILED)
    assert len(await county.store.returns.carries_into("2019-06")) == 2
    await county.act(county.p1, Action.GIVE_BACK, FILED, reason="重报")
    assert await county.store.returns.carries_into("2019-06") == []
    await county.act(county.p1, Action.SUBMIT, FILED)
    await county.act(county.p1, Action.SUBMIT, at("2019-06-20 09:00"), "2019-06")
    with pytest.raises(LedgerError) as refused:
        await county.act(county.p1, Action.GIVE_BACK, at("2019-06-20 10:00"), reason="重报")
    assert (refused.value.code, refused.value.detail) == ("carried_on", "2019-06")


async def test_what_was_made_up_for_is_not_counted_twice_after_a_form_is_filed_again(county: County) -> None:
    await county.act(county.p1, Action.SUBMIT, FILED)
    await county.held(county.p1, "late", 43, "数")
    await county.adjust(county.p1, "2019-06", 1, 43, "late", MAY)
    await county.act(county.p1, Action.GIVE_BACK, at("2019-05-27 09:00"), reason="漏报")
    await county.act(county.p1, Action.SUBMIT, at("2019-05-27 10:00"))
    assert values(await county.form(county.p1), "sync.count") == [1]
    june = await county.form(county.p1, at("2019-06-05 09:00"), "2019-06")
    assert values(june, "sync.count", "sync.participants", "subjects", "other") == [0, 0, (), None]


async def test_a_school_reaches_its_own_pairs_and_files_only_what_it_fills(county: County) -> None:
    recipient = county.grant("school_officer", county.schools["檀溪中小"])
    supporter = county.grant("school_officer", county.schools["实验小学"])
    ours = county.grant("school_officer", county.schools["浦阳一小"])
    inspector = county.grant("inspector", None)
    listed = await county.desk.listing(MAY, recipient, FILED)
    assert [line.pair for line in listed.items] == [county.p1]
    assert (await county.form(county.p1, grant=recipient)).may == ["edit", "submit"]
    assert (await county.form(county.p1, grant=supporter)).may == []
    assert (await county.form(county.p3, grant=ours)).may == ["edit", "submit"], "鹤田小学 is another county's"
    assert (await county.form(BUREAU, grant=inspector)).may == []
    for pair in (county.p2, BUREAU, "aaaaaaaaaaaa"):
        with pytest.raises(Problem, match="not_found"):
            await county.form(pair, grant=recipient)
    with pytest.raises(Problem, match="forbidden"):
        await county.act(county.p1, Action.SUBMIT, FILED, grant=supporter)
    await county.act(county.p1, Action.SUBMIT, FILED, grant=recipient)
    with pytest.raises(Problem, match="forbidden"):
        await county.act(county.p1, Action.RECEIVE, FILED, grant=recipient)


async def test_a_month_that_has_not_begun_or_is_none_is_refused(county: County) -> None:
    with pytest.raises(LedgerError, match="month_future"):
        await county.act(county.p1, Action.SUBMIT, FILED, "2019-07")
    with pytest.raises(LedgerError, match="month_unknown"):
        await county.form(county.p1, month="2018-12")


async def test_every_step_leaves_a_line_in_the_audit_log(county: County) -> None:
    await county.put(county.p1, sync__count=2)
    await county.act(county.p1, Action.SUBMIT, FILED)
    await county.send()
    lines = [(entry.action, entry.subject) for entry in await county.store.audit.entries()]
    assert [line for line in reversed(lines) if line[0].startswith("return.")] in (
        [
            ("return.edited", f"return:{MAY}/{county.p1}"),
            ("return.submitted", f"return:{MAY}/{county.p1}"),
            ("return.signed", f"return:{MAY}/bureau"),
            ("return.sent", f"return:{MAY}/bureau"),
        ],
        [
            ("return.sent", f"return:{MAY}/bureau"),
            ("return.signed", f"return:{MAY}/bureau"),
            ("return.submitted", f"return:{MAY}/{county.p1}"),
            ("return.edited", f"return:{MAY}/{county.p1}"),
        ],
    )


async def test_reminders_name_those_who_have_not_filed(county: County) -> None:
    await county.act(county.p1, Action.SUBMIT, FILED)
    early = await reminders(county.store, MAY, county.bureau, at("2019-05-24 10:00"))
    assert [(one.to, one.kind, one.is_due) for one in early.items] == [
        ("school", "day", True),
        ("school", "day", True),
        ("bureau", "before", False),
    ]
    assert early.items[0].text == (
        "【报送提醒：今天截止】南苑小学 → 礼张完小：2019年5月《月报表》（附件3）请于5月26日24:00前在线提交。"
    )
    late = await reminders(county.store, MAY, county.bureau, at("2019-05-28 10:00"))
    assert "逾期催报：已逾期2天" in late.items[0].text
    await county.send()
    assert (await reminders(county.store, MAY, county.bureau, SENT)).items == []


async def test_months_stand_as_the_day_and_their_forms_say(county: County) -> None:
    await county.send()
    months, current = await county.desk.months(at("2019-07-01 09:00"))
    assert current == "2019-07"
    assert [(month.month, month.state) for month in months[:5]] == [
        ("2019-04", "overdue"),
        ("2019-05", "sent"),
        ("2019-06", "overdue"),
        ("2019-07", "open"),
        ("2019-08", "future"),
    ]


async def test_the_policy_is_changed_with_a_reason_and_seen_by_both_officers(county: County) -> None:
    actor = Actor("account", "officer")
    view = await policy_view(county.store)
    mine = PolicyBody(version=view.version, value=Policy(unit="甲局"), reason="改名")
    await set_policy(county.store, mine, actor, FILED)
    with pytest.raises(StaleEdit):
        await set_policy(county.store, msgspec.structs.replace(mine, value=Policy(unit="乙局")), actor, FILED)
    with pytest.raises(LedgerError, match="reason_missing"):
        await set_policy(county.store, PolicyBody(version=2, value=Policy(), reason=" "), actor, FILED)
    with pytest.raises(LedgerError, match="policy_invalid"):
        await set_policy(
            county.store, PolicyBody(version=2, value=Policy(coverage_goals=(30, 20)), reason="试"), actor, FILED
        )
    assert (await policy_view(county.store)).value.unit == "甲局"


async def test_days_and_windows_ahead_may_be_set_and_the_past_may_not(county: County) -> None:
    actor, now = Actor("account", "officer"), at("2019-05-10 09:00")
    await set_days(
        county.store,
        DaysBody(version=0, days=[DayEntry(day=date(2019, 5, 31), is_working=False)], reason="停课"),
        actor,
        now,
    )
    may = await county.store.months.month(MAY)
    assert may is not None and may.bureau_due_at == at("2019-05-30 12:00")
    with pytest.raises(LedgerError) as refused:
        await set_days(
            county.store,
            DaysBody(version=1, days=[DayEntry(day=date(2019, 5, 1), is_working=True)], reason="补"),
            actor,
            now,
        )
    assert (refused.value.code, refused.value.detail) == ("workday_past", "2019-05-01")

    def window(month: str, first: str, last: str) -> WindowEntry:
        return WindowEntry(
            month=month,
            first=date.fromisoformat(first),
            last=date.fromisoformat(last),
            school_due_at=at(last) + timedelta(days=1),
            bureau_due_at=at(last) + timedelta(days=3),
        )

    for entries, code in (
        ([window(MAY, "2019-04-27", "2019-05-25")], "window_past"),
        ([window("2019-06", "2019-05-27", "2019-06-24")], "window_overlap"),
    ):
        with pytest.raises(LedgerError, match=code):
            await set_windows(county.store, WindowsBody(version=1, months=entries, reason="试"), actor, now)
    both = [window("2019-06", "2019-05-27", "2019-06-24"), window("2019-07", "2019-06-25", "2019-07-26")]
    with pytest.raises(StaleEdit):
        await set_windows(county.store, WindowsBody(version=0, months=both, reason="考试周"), actor, now)
    await set_windows(county.store, WindowsBody(version=1, months=both, reason="考试周"), actor, now)
    view = await calendar_view(county.store, 2019, now)
    assert (view.version, view.is_known) == (2, True)
    assert [(day.day, day.is_entered) for day in view.days if day.day == date(2019, 5, 31)] == [
        (date(2019, 5, 31), True)
    ]
    assert {month.month: (month.last, month.is_edited) for month in view.months}["2019-06"] == ("2019-06-24", True)


async def test_a_year_without_a_calendar_says_so_on_every_form(county: County) -> None:
    now = at("2027-02-10 09:00")
    await county.store.months.refresh(now)
    form = await county.form(county.p1, now, "2027-02")
    assert form.month.is_provisional and form.notes[0].startswith("节假日表未更新")
    assert not (await calendar_view(county.store, 2027, now)).is_known


async def test_the_first_page_says_how_the_month_stands_and_what_is_to_be_done(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.held(county.p3, "b", 50, "体")
    await county.held(county.p2, "c", 0, "音", state="pending")
    await county.held(county.p1, "before", 60, "语", month="2019-04", begins_at=at("2019-04-10 09:00"))
    await county.act(county.p1, Action.SUBMIT, FILED)
    seen = await overview(county.store, MAY, county.bureau, at("2019-05-28 09:00"))
    sync = seen.kinds[0]
    assert (sync.kind, sync.count, sync.participants, sync.last_count, sync.year_count, sync.target) == (
        Kind.SYNC,
        2,
        117,
        1,
        3,
        60,
    )
    assert (seen.filing.total, seen.filing.submitted, seen.filing.draft, seen.filing.overdue) == (3, 1, 2, 2)
    assert (seen.pending, seen.proposed, seen.coverage.own_schools, seen.coverage.task_rate) == (1, 0, 5, "38.5")
    assert [(todo.code, todo.pair, todo.days_left) for todo in seen.todo if todo.code != "file"] == [
        ("confirm", None, -2),
        ("receive", county.p1, None),
        ("sign", None, 3),
    ]
    assert (seen.coverage.county_rate, seen.coverage.county_goal) == ("66.7", 80)
    assert {todo.pair for todo in seen.todo if todo.code == "file"} == {county.p2, county.p3}
    flags = {(flag.code, flag.pair) for flag in seen.flags}
    assert {("no_sync", county.p2), ("unconfirmed", county.p2), ("unconfirmed", county.p3)} <= flags
    assert ("unconfirmed", county.p1) not in flags


async def test_a_new_countys_first_page_says_where_to_begin(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/new.db")
    try:
        await store.months.refresh(START)
        seen = await overview(store, MAY, County(store).bureau, FILED)
    finally:
        await store.close()
    assert [todo.code for todo in seen.todo] == ["policy", "pairs"]


async def test_a_schools_first_page_holds_its_own_pairs_alone(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.held(county.p3, "b", 50, "体")
    seen = await overview(county.store, MAY, county.grant("school_officer", county.schools["檀溪中小"]), FILED)
    assert (seen.kinds[0].count, seen.filing.total, seen.kinds[0].target) == (1, 1, 20)
    assert {todo.pair for todo in seen.todo} == {county.p1}
    assert {flag.pair for flag in seen.flags} <= {county.p1}


async def test_the_matrix_of_a_year(county: County) -> None:
    await county.held(county.p1, "a", 67, "语")
    await county.held(county.p1, "j", 50, "语", month="2019-06", begins_at=at("2019-06-04 09:00"))
    await county.act(county.p1, Action.SUBMIT, FILED)
    await county.send()
    seen = await matrix(county.store, 2019, Kind.SYNC, county.bureau, at("2019-06-20 09:00"))
    assert (seen.months[0], len(seen.months), len(seen.rows)) == ("2019-04", 9, 3)
    [row] = [row for row in seen.rows if row.pair == county.p1]
    assert [(cell.month, cell.count, cell.filing) for cell in row.cells[:3]] == [
        ("2019-04", 0, "draft"),
        (MAY, 1, "locked"),
        ("2019-06", 1, "draft"),
    ]
    assert (row.count, row.participants, row.target, row.is_ours, row.status) == (2, 117, 20, True, "active")
    empty = await matrix(county.store, 2035, Kind.SYNC, county.bureau, FILED)
    assert (empty.months, empty.rows) == ([], [])


async def test_a_year_is_counted_by_the_days_of_its_activities_and_shown_beside_the_months(county: County) -> None:
    now = at("2020-01-10 09:00")
    await county.held(county.p1, "a", 67, "语")
    await county.held(county.p1, "eve", 50, "数", month="2020-01", begins_at=at("2019-12-31 09:00"))
    await county.held(county.p1, "new", 40, "数", month="2020-01", begins_at=at("2020-01-02 09:00"))
    old = await progress(county.store, 2019, county.bureau, now)
    [row] = [row for row in old.rows if row.pair == county.p1]
    assert (row.kinds[0].count, row.kinds[0].participants, row.kinds[0].reported) == (2, 117, 1)
    assert "城乡同步课堂还差18节" in row.missing and old.due_on == "2019-11-30"
    this = await progress(county.store, 2020, county.bureau, now)
    [row] = [row for row in this.rows if row.pair == county.p1]
    assert (row.kinds[0].count, row.kinds[0].reported) == (1, 2)


async def test_a_paper_of_an_earlier_month_stands_as_filed_and_is_never_counted_twice(county: County) -> None:
    april = "2019-04"
    paper = NewReturn(
        pair=county.p1,
        month=april,
        cells={"sync.count": 3, "sync.participants": 201, "subjects": ["语", "数"], "publicity.county": 1, "没有": 7},
    )
    file = File(
        id=new_id(),
        sha256="0" * 64,
        size=10,
        media="text/csv",
        name="四月.csv",
        school=None,
        uploaded_at=FILED,
        actor_kind="account",
        actor="officer",
    )
    await county.store.imported.put([paper], file, county.by)
    await county.held(county.p1, "seen", 67, "音", month=april, begins_at=at("2019-04-10 09:00"))
    form = await county.form(county.p1, month=april)
    assert (form.state, form.frozen, form.is_confirmed) == ("locked", True, True)
    assert values(form, "sync.count", "sync.participants", "subjects", "publicity.county") == [3, 201, ("语", "数"), 1]
    assert [(part.label, part.value) for part in form.cells["sync.count"].parts] == [("导入的纸质月报", 3)]
    assert "本月数据由纸质月报导入" in form.notes
    bureau = await county.form(BUREAU, month=april)
    assert values(bureau, "sync.count", "sync.participants", "publicity.county") == [3, 201, 1]
    assert await county.store.returns.is_frozen(county.p1, april)
    assert await county.store.returns.open_month(county.p1, april) == MAY
    assert county.p1 in (await county.store.returns.frozen_pairs(april) or ())
    with pytest.raises(LedgerError, match="filing_refused"):
        await county.act(county.p1, Action.SUBMIT, FILED, april)


async def test_the_county_s_other_systems_hear_of_every_step(county: County) -> None:
    kinds = ("return.submitted", "return.signed", "return.sent")
    await county.store.webhooks.make("https://example.org/hook", kinds, "secret", Actor("machine"), START)
    await county.act(county.p1, Action.SUBMIT, FILED)
    await county.act(county.p1, Action.RECEIVE, FILED)
    await county.send()
    heard = []
    while due := await county.store.webhooks.due(SENT):
        [(hook, event)] = due
        heard.append((event.kind, event.subject))
        await county.store.webhooks.received(hook, event, SENT)
    assert heard == [
        ("return.submitted", f"return:{MAY}/{county.p1}"),
        ("return.signed", f"return:{MAY}/bureau"),
        ("return.sent", f"return:{MAY}/bureau"),
    ]
