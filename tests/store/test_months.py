"""Stored months, the calendar that the bureau enters, and the versions of its policy."""

from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest

from classroom.ledger.months import WindowMode, default_months
from classroom.ledger.policy import Policy
from classroom.store.audit import Actor
from classroom.store.edits import StaleEdit
from classroom.store.months import enter_days, recompute
from classroom.store.policies import put_policy
from classroom.store.store import Store

SHANGHAI = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)
ONE, OTHER = Actor("account", "one"), Actor("account", "other")


async def test_months_are_made_once_and_stay(store: Store) -> None:
    rows = await store.months.through(date(2019, 6, 1))
    assert rows == default_months(date(2019, 6, 1))
    assert await store.months.through(date(2019, 5, 1)) == rows
    assert (await store.months.through(date(2020, 2, 1)))[:3] == rows
    assert await store.months.month("2020-01") == default_months(date(2020, 2, 1))[9]
    assert await store.months.month("2035-01") is None


async def test_a_year_that_the_bureau_enters_moves_the_months_ahead(store: Store) -> None:
    before = {row.month: row for row in await store.months.refresh(NOW)}
    assert before["2027-02"].is_provisional
    holidays = {date(2027, 2, day): (False, "春节") for day in (22, 23, 24, 25, 26)}
    async with store.database.write() as connection:
        assert await enter_days(connection, holidays, [2027], 0, ONE, NOW) == 1
        await recompute(connection, NOW)
    after = await store.months.month("2027-02")
    assert after is not None and not after.is_provisional
    assert after.bureau_due_at == datetime(2027, 2, 19, 12, tzinfo=SHANGHAI)
    assert after.last == date(2027, 2, 18)
    assert (await store.months.days(2027))[date(2027, 2, 22)] == (False, "春节")
    assert (await store.months.workdays()).is_known(2027)


async def test_a_day_is_taken_back(store: Store) -> None:
    async with store.database.write() as connection:
        await enter_days(connection, {date(2026, 12, 24): (False, "停课")}, [], 0, ONE, NOW)
    assert not (await store.months.workdays()).is_working(date(2026, 12, 24))
    async with store.database.write() as connection:
        await enter_days(connection, {date(2026, 12, 24): None}, [], 1, ONE, NOW)
    assert (await store.months.workdays()).is_working(date(2026, 12, 24))


async def test_of_two_officers_who_change_the_calendar_at_once_the_second_is_told_of_the_first(store: Store) -> None:
    async with store.database.write() as connection:
        await enter_days(connection, {date(2026, 12, 24): (False, "停课")}, [], 0, ONE, NOW)
    with pytest.raises(StaleEdit) as refused:
        async with store.database.write() as connection:
            await enter_days(connection, {date(2026, 12, 24): (True, "")}, [2027], 0, OTHER, NOW)
    assert (refused.value.by.actor, refused.value.by.version) == ("one", 1)
    assert not (await store.months.workdays()).is_working(date(2026, 12, 24)), "nothing of the second was written"
    assert not (await store.months.workdays()).is_known(2027)
    edition = await store.months.edition()
    assert edition is not None and edition.actor == "one"


async def test_a_policy_has_versions_and_each_can_be_read_again(store: Store) -> None:
    assert await store.policies.current() == (0, Policy())
    assert await store.policies.edition(0) is None
    mine = Policy(unit="某县教育局", task={2026: 14}, month_window=WindowMode.CALENDAR)
    async with store.database.write() as connection:
        assert await put_policy(connection, mine, 0, "下达新任务", ONE, NOW) == 1
    assert await store.policies.current() == (1, mine)
    assert (await store.policies.of_version(0), await store.policies.of_version(1)) == (Policy(), mine)
    with pytest.raises(LookupError):
        await store.policies.of_version(2)


async def test_a_stale_policy_is_refused(store: Store) -> None:
    async with store.database.write() as connection:
        await put_policy(connection, Policy(unit="甲"), 0, "一", ONE, NOW)
    with pytest.raises(StaleEdit) as refused:
        async with store.database.write() as connection:
            await put_policy(connection, Policy(unit="乙"), 0, "二", OTHER, NOW)
    assert refused.value.by.actor == "one"
    assert (await store.policies.current())[1].unit == "甲"


async def test_another_way_to_cut_months_holds_for_what_is_ahead(store: Store) -> None:
    await store.months.refresh(NOW)
    calendar = msgspec.structs.replace(Policy(), month_window=WindowMode.CALENDAR)
    async with store.database.write() as connection:
        await put_policy(connection, calendar, 0, "改自然月", ONE, NOW)
        await recompute(connection, NOW)
    now, then = await store.months.month("2026-11"), await store.months.month("2026-12")
    assert now is not None and then is not None
    assert (now.first, now.last, then.first, then.last) == (
        date(2026, 10, 27),
        date(2026, 11, 30),
        date(2026, 12, 1),
        date(2026, 12, 31),
    )
