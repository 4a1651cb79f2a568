"""Which months are frozen, what was reported, and what is kept of every form for ever."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from classroom.ledger.cells import FLOWS, Figure
from classroom.ledger.filing import BUREAU, FROZEN, Action, State
from classroom.ledger.months import MonthWindow
from classroom.ledger.snapshot import HandValue, PaperWords, Snapshot
from classroom.store.audit import Actor
from classroom.store.returns import (
    ReturnRow,
    StoredCarry,
    Summary,
    add_snapshots,
    add_steps,
    put_carries,
    put_hands,
    put_returns,
)
from classroom.store.store import Store

AT = datetime(2019, 5, 26, 1, tzinfo=UTC)
OFFICER = Actor("account", "officer")
MAY = MonthWindow(month="2019-05", first=date(2019, 4, 27), last=date(2019, 5, 26))


def form(state: State, month: str = "2019-05", pair: str = "p1", **more: object) -> ReturnRow:
    row = ReturnRow(
        month=month, pair=pair, state=state, version=1, changed_at=AT, actor_kind="account", actor="officer"
    )
    return msgspec.structs.replace(row, **more)


async def put(store: Store, *rows: ReturnRow) -> None:
    async with store.database.write() as connection:
        await store.returns.hold(connection)
        for row in rows:
            known = await store.returns.of_month(row.month) if connection.dialect.name == "postgresql" else {}
            await put_returns(connection, [row], known)


def snapshot(number: int = 1, **cells: Figure) -> Snapshot:
    return Snapshot(
        form="annex3",
        pair="p1",
        number=number,
        at=AT,
        policy=0,
        window=MAY,
        cells={cell: cells.get(cell.replace(".", "_"), Figure(0)) for cell in FLOWS},
        hands={"sync.count": HandValue(value=3, reason="漏记", actor_kind="account", actor="officer", at=AT)},
        printed={"sync.count": "3", "subjects": ("语", "数")},
        missing=(("stage", "未填学段"),),
        is_confirmed=True,
        carried={"sync.participants": -4},
        paper=PaperWords(programme="结对帮扶", report_to=("普教科",), show_leader_line=False, show_window=True),
    )


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.RETURNED, State.RECEIVED, State.LOCKED])
async def test_a_month_is_frozen_while_it_is_submitted_received_or_locked(store: Store, state: State) -> None:
    await put(store, form(state))
    assert await store.returns.is_frozen("p1", "2019-05") is (state in FROZEN)
    assert not await store.returns.is_frozen("p2", "2019-05")
    assert not await store.returns.is_frozen("p1", "2019-06")
    assert await store.returns.frozen_pairs("2019-05") == (frozenset({"p1"}) if state in FROZEN else frozenset())


async def test_what_is_learnt_later_goes_to_the_earliest_month_that_is_not_frozen(store: Store) -> None:
    assert await store.returns.open_month("p1", "2019-11") == "2019-11"
    for month in ("2019-11", "2019-12", "2020-02"):
        await put(store, form(State.LOCKED, month))
    assert await store.returns.open_month("p1", "2019-11") == "2020-01"
    assert await store.returns.open_month("p1", "2020-02") == "2020-03"
    assert await store.returns.open_month("p2", "2019-11") == "2019-11"


async def test_once_附件2_has_gone_out_the_month_is_frozen_for_every_pair(store: Store) -> None:
    await put(store, form(State.SIGNED, pair=BUREAU))
    assert not await store.returns.is_frozen("p9", "2019-05"), "signed is not sent"
    await put(
        store, form(State.SENT, "2019-06", BUREAU, filed_at=AT), form(State.DRAFT, "2019-07", BUREAU, filed_at=AT)
    )
    assert await store.returns.is_frozen("p9", "2019-06")
    assert await store.returns.is_frozen("p9", "2019-07"), "being revised, it has gone out all the same"
    assert await store.returns.frozen_pairs("2019-06") is None
    assert await store.returns.open_month("p9", "2019-06") == "2019-08"
    assert await store.returns.sent_months() == {"2019-06", "2019-07"}


async def test_a_frozen_months_report_names_its_activities_with_what_they_added(store: Store) -> None:
    counts = Figure(2, {"activity:a": 1, "activity:b": 1, "adjustment:c": -1})
    people = Figure(100, {"activity:a": 67, "activity:b": 43, "adjustment:c": -10})
    async with store.database.write() as connection:
        await add_snapshots(connection, [snapshot(1), snapshot(2, sync_count=counts, sync_participants=people)])
    assert await store.returns.reported("p1", "2019-05") == {}, "not frozen"
    await put(store, form(State.SUBMITTED, snapshot=2))
    assert await store.returns.reported("p1", "2019-05") == {"a": (1, 67), "b": (1, 43)}


async def test_a_writing_transaction_sees_its_own_freezing(store: Store) -> None:
    async with store.database.write() as connection:
        await store.returns.hold(connection)
        await put_returns(connection, [form(State.SUBMITTED)], [])
        assert await store.returns.is_frozen("p1", "2019-05", connection)
        assert await store.returns.open_month("p1", "2019-05", connection) == "2019-06"


async def test_a_snapshot_comes_back_as_it_was(store: Store) -> None:
    one, two = snapshot(1), snapshot(2, sync_count=Figure(1, {"activity:a": 1}))
    async with store.database.write() as connection:
        await add_snapshots(connection, [one, two])
    assert await store.returns.snapshot("2019-05", "p1", 1) == one
    assert await store.returns.snapshot("2019-05", "p1") == two
    assert await store.returns.snapshot("2019-05", "p2") is None


async def test_steps_are_numbered_form_by_form(store: Store) -> None:
    rows = [form(State.SUBMITTED), form(State.SUBMITTED, pair="p2")]
    async with store.database.write() as connection:
        await put_returns(connection, rows, [])
        await add_steps(connection, rows[:1], Action.SUBMIT, "", {})
        await add_steps(connection, rows, Action.LOCK, "附件2 已报送", {"proof": "截图"})
    steps = await store.returns.steps("2019-05", "p1")
    assert [(step.seq, step.action, step.detail) for step in steps] == [
        (1, Action.SUBMIT, {}),
        (2, Action.LOCK, {"proof": "截图"}),
    ]
    assert [step.seq for step in await store.returns.steps("2019-05", "p2")] == [1]


async def test_the_latest_hand_value_holds_and_can_be_taken_back(store: Store) -> None:
    async with store.database.write() as connection:
        await put_hands(
            connection, "2019-05", "p1", {"sync.count": (3, "漏记"), "next_plan": ("计划", "")}, OFFICER, AT
        )
        await put_hands(connection, "2019-05", "p1", {"sync.count": (4, "又漏")}, OFFICER, AT)
        await put_hands(connection, "2019-05", BUREAU, {"subjects": (("语", "数"), "按学校报")}, OFFICER, AT)
    found = await store.returns.hands("2019-05")
    assert (found["p1"]["sync.count"].value, found["p1"]["sync.count"].reason) == (4, "又漏")
    assert found[BUREAU]["subjects"].value == ("语", "数")
    async with store.database.write() as connection:
        await put_hands(connection, "2019-05", "p1", {"sync.count": None}, OFFICER, AT)
    assert list((await store.returns.hands("2019-05", "p1"))["p1"]) == ["next_plan"]


async def test_a_month_hands_on_only_what_it_handed_on_last(store: Store) -> None:
    carry = StoredCarry(pair="p1", month="2019-05", cell="sync.participants", into_month="2019-06", amount=-4)
    async with store.database.write() as connection:
        await put_carries(connection, "2019-05", ["p1"], [msgspec.structs.replace(carry, amount=-9)])
        await put_carries(connection, "2019-05", ["p1"], [carry])
    assert await store.returns.carries_into("2019-06") == [carry]
    assert await store.returns.carries_of("2019-05", "p1") == [carry]
    assert await store.returns.carries_into("2019-05") == []


async def test_forms_of_a_month_and_of_several(store: Store) -> None:
    told = form(State.SUBMITTED, summary=Summary(numbers={"sync.count": 3}, subjects=("语",)), is_on_time=True)
    await put(store, told, form(State.DRAFT, pair="p2"), form(State.LOCKED, "2019-06"))
    assert await store.returns.of_month("2019-05") == {"p1": told, "p2": form(State.DRAFT, pair="p2")}
    assert await store.returns.row("2019-05", "p1") == told
    assert await store.returns.row("2019-07", "p1") is None
    assert await store.returns.states_between("2019-05", "2019-06") == {
        ("2019-05", "p1"): State.SUBMITTED,
        ("2019-05", "p2"): State.DRAFT,
        ("2019-06", "p1"): State.LOCKED,
    }
