"""A change of the counting rules judges open months again, through a restart and through another change."""

import asyncio
from typing import Any

import msgspec
import pytest

from classroom.ledger.errors import LedgerError
from classroom.ledger.policy import Policy
from classroom.ledger.rules import CountingRules
from classroom.store.audit import Actor
from classroom.store.rejudgings import Rejudging
from signaling.calendar_desk import PolicyBody, set_policy
from signaling.rejudging import Rejudger
from tests.signaling.test_records import County, at, county

__all__ = ["county"]
OFFICER = Actor("account", "officer")


class Evening:
    """A clock that stands."""

    def now(self) -> float:
        return 0.0

    def at(self) -> Any:
        return at("20:00")


async def counts_from(county: County, minutes: int, version: int) -> None:
    value = Policy(counting=CountingRules(need_min=minutes))
    await set_policy(county.store, PolicyBody(version=version, value=value, reason="试"), OFFICER, at("18:00"))


async def judged(county: County) -> None:
    """A server starts, does what it finds to be done, and stops."""
    rejudger = Rejudger(county.store, county.records, Evening())
    rejudger.begin()
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "judge open months again"))
    await rejudger.close()


async def test_what_a_change_of_rules_asks_for_is_done_after_a_restart(county: County) -> None:
    row = await county.lesson(("09:22", "09:40"))
    await counts_from(county, 15, 0)
    asked = [Rejudging("2019-05", 1), Rejudging("2019-04", 1)]
    assert (await county.now(row)).state == "pending" and await county.store.rejudgings.asked() == asked
    await judged(county)
    assert (await county.now(row)).state == "counted" and await county.store.rejudgings.asked() == []


async def test_a_stop_half_way_leaves_the_rest_to_be_done(county: County) -> None:
    await counts_from(county, 15, 0)
    rejudger = Rejudger(county.store, county.records, Evening())
    rejudger.begin()
    await rejudger.close()
    assert len(await county.store.rejudgings.asked()) == 2


async def test_another_change_meanwhile_is_not_taken_for_done(county: County) -> None:
    await counts_from(county, 15, 0)
    [may, _] = await county.store.rejudgings.asked()
    await counts_from(county, 18, 1)
    await county.store.rejudgings.done(may)
    assert await county.store.rejudgings.asked() == [Rejudging("2019-05", 2), Rejudging("2019-04", 2)]


async def test_a_refused_change_or_one_of_other_things_asks_for_nothing(county: County) -> None:
    with pytest.raises(LedgerError):
        await counts_from(county, 0, 0)
    body = PolicyBody(version=0, value=Policy(unit="某局"), reason="改名")
    await set_policy(county.store, body, OFFICER, at("18:00"))
    assert await county.store.rejudgings.asked() == []


async def test_a_month_that_cannot_be_judged_holds_nothing_else_up(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await county.lesson(("09:22", "09:40"))
    await counts_from(county, 15, 0)
    await counts_from(county, 15, 1)
    rebuild = county.records.rebuild

    async def torn(month: str, when: Any) -> int:
        if month == "2019-05":
            raise msgspec.DecodeError("torn")
        return await rebuild(month, when)

    monkeypatch.setattr(county.records, "rebuild", torn)
    await judged(county)
    assert await county.store.rejudgings.asked() == [Rejudging("2019-05", 1)]
    monkeypatch.undo()
    await judged(county)
    assert (await county.now(row)).state == "counted"
