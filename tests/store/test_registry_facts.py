"""Dated facts and the cached book, materials, publicity, imported returns — on both databases."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from classroom.ledger.months import MonthWindow
from classroom.registry import changes
from classroom.registry.book import Book, value_on
from classroom.registry.changes import Batch, Wanted
from classroom.registry.errors import RegistryError
from classroom.registry.fields import Agreement, Equipment
from classroom.store.audit import MACHINE
from classroom.store.files import new_file
from classroom.store.ids import new_id
from classroom.store.imported import NewReturn
from classroom.store.registry import By
from classroom.store.store import Store

AT = datetime(2019, 4, 22, 1, tzinfo=UTC)
BY = By(MACHINE, AT)
MAY = MonthWindow(month="2019-05", first=date(2019, 4, 27), last=date(2019, 5, 26))


async def record(store: Store, subject: Any, id: str, field: str, value: Any, since: date, **more: Any) -> str:
    wanted = Wanted(subject=subject, id=id, field=field, since=since, value=value, is_checked="seen" in more, **more)
    batch = await store.registry.change(lambda book: changes.record(book, new_id, wanted, AT), BY)
    return batch.facts[0].fact.id


async def test_a_value_holds_from_its_day_and_of_one_day_the_latest_recorded(store: Store) -> None:
    school = (await store.registry.school("檀溪中小")).id
    await record(store, "school", school, "pupils", 101, date(2019, 2, 18))
    first = await record(store, "school", school, "pupils", 90, date(2019, 9, 1))
    last = await record(store, "school", school, "pupils", 88, date(2019, 9, 1))
    book = await store.registry.book()
    found = [value_on(book, school, "pupils", day) for day in (date(2019, 2, 17), date(2019, 8, 31), date(2019, 9, 1))]
    assert [fact and fact.value for fact in found] == [None, 101, 88]
    assert found[2] is not None and found[2].id == last
    kept = await store.registry.history(school, "pupils")
    assert {fact.id for fact in kept} >= {first, last} and len(kept) == 3, "nothing is overwritten"


async def test_values_come_back_in_their_shape(store: Store) -> None:
    city, village = await store.registry.school("实验小学"), await store.registry.school("檀溪中小")
    pair = (await store.registry.pair(city.id, village.id, date(2019, 4, 1))).id
    await record(store, "pair", pair, "agreement", {"signed_on": "2019-04-20"}, date(2019, 4, 20))
    await record(store, "school", village.id, "equipment", {"verdict": "达标"}, date(2019, 4, 20))
    book = await store.registry.book()
    agreement = value_on(book, pair, "agreement", date(2019, 4, 20))
    assert agreement is not None and agreement.value == Agreement(signed_on=date(2019, 4, 20))
    verdict = value_on(book, village.id, "equipment", date(2019, 5, 1))
    assert verdict is not None and verdict.value == Equipment(verdict="达标")


async def test_the_book_is_the_same_until_something_changes_anywhere(store: Store, url: str) -> None:
    other = await Store.open(url)
    school = (await store.registry.school("实验小学")).id
    one = await store.registry.book()
    assert await store.registry.book() is one
    assert (await other.registry.book()).schools == one.schools
    await record(other, "school", school, "pupils", 900, date(2019, 2, 18))
    now = await store.registry.book()
    assert now is not one and now.schools is one.schools, "only the part that changed is read again"
    fact = value_on(now, school, "pupils", date(2019, 5, 1))
    assert fact is not None and fact.value == 900
    await other.close()


async def test_a_stale_edit_writes_nothing_and_names_the_other(store: Store) -> None:
    school = (await store.registry.school("檀溪中小")).id
    since = date(2019, 4, 1)
    first = await record(store, "school", school, "pupils", 90, since, seen=None)
    with pytest.raises(RegistryError) as refused:
        await record(store, "school", school, "pupils", 95, since, seen=None)
    assert (refused.value.code, refused.value.more) == ("stale", {"fact": first})
    await record(store, "school", school, "pupils", 95, since, seen=first)
    assert len(await store.registry.history(school)) == 2


async def test_of_two_at_once_exactly_one_is_written(store: Store, url: str) -> None:
    other = await Store.open(url)
    school = (await store.registry.school("檀溪中小")).id
    tries = [
        record(s, "school", school, "pupils", n, date(2019, 4, 1), seen=None) for n in range(4) for s in (store, other)
    ]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, str) for one in done) == 1
    assert all(isinstance(one, str) or (isinstance(one, RegistryError) and one.code == "stale") for one in done)
    await other.close()


async def test_a_change_that_is_refused_writes_nothing_and_no_audit_row(store: Store) -> None:
    before = len(await store.audit.entries())

    def decide(book: Book) -> Batch:
        changes.add_school(book, new_id, "实验小学")
        raise RegistryError("preview_changed")

    with pytest.raises(RegistryError):
        await store.registry.change(decide, BY)
    assert (await store.registry.book()).schools == {}
    assert len(await store.audit.entries()) == before


async def test_every_change_has_its_line_in_the_audit_log(store: Store) -> None:
    school = (await store.registry.school("檀溪中小", by=BY)).id
    await record(store, "school", school, "pupils", 90, date(2019, 4, 1), reason="开学统计")
    latest, before = (await store.audit.entries())[:2]
    assert (latest.action, latest.subject, latest.actor_kind) == ("fact.recorded", f"school:{school}", "machine")
    assert latest.detail["after"] == {"since": "2019-04-01", "value": 90}
    assert latest.detail["reason"] == "开学统计"
    assert (before.action, before.detail) == ("school.added", {"name": "檀溪中小"})
    assert await store.audit.broken_at() is None


async def file(store: Store, name: str = "教案.pdf", content: str = "a" * 64) -> str:
    kept = await store.files.add(sha256=content, size=3, media="application/pdf", name=name, school=None, by=BY)
    return kept.id


async def test_materials_count_once_and_keep_their_rows(store: Store) -> None:
    school, other = (await store.registry.school("檀溪中小")).id, (await store.registry.school("礼张完小")).id
    of = {"pair": None, "title": "教案", "sha256": "a" * 64, "file": await file(store)}
    inside = By(MACHINE, datetime(2019, 5, 10, tzinfo=UTC))
    one = await store.materials.add(school=school, **of, by=inside)
    with pytest.raises(RegistryError, match="material_exists"):
        await store.materials.add(school=school, **of, by=inside)
    two = await store.materials.add(school=other, **of, by=By(MACHINE, inside.at + timedelta(days=1)))
    assert [m.id for m in await store.materials.new_in(MAY)] == [one.id, two.id]
    assert [m.id for m in await store.materials.new_in(MAY, [other])] == [two.id]
    await store.materials.remove(one.id, By(MACHINE, datetime(2019, 5, 20, tzinfo=UTC)))
    assert [m.id for m in await store.materials.new_in(MAY)] == [two.id], "gone inside its window"
    await store.materials.remove(two.id, By(MACHINE, datetime(2019, 6, 2, tzinfo=UTC)))
    assert [m.id for m in await store.materials.new_in(MAY)] == [two.id], "gone later changes nothing"
    with pytest.raises(RegistryError, match="material_unknown"):
        await store.materials.remove(two.id, BY)
    assert await store.materials.page() == []


async def test_a_story_counts_by_its_day_of_publication(store: Store) -> None:
    told = {"pair": None, "school": None, "level": "county", "outlet": "浦江教育", "url": "", "by": BY}
    days = [date(2019, 4, 26), date(2019, 4, 27), date(2019, 5, 26), date(2019, 5, 27)]
    made = [await store.publicity.add(**told, title=f"第{n}篇", published_on=day) for n, day in enumerate(days)]  # type: ignore[arg-type]
    assert [item.id for item in await store.publicity.published_in(MAY)] == [made[1].id, made[2].id]
    with pytest.raises(RegistryError, match="publicity_exists"):
        await store.publicity.add(**told, title="第 1 篇", published_on=days[0])  # type: ignore[arg-type]
    await store.publicity.remove(made[1].id, BY)
    assert [item.id for item in await store.publicity.published_in(MAY)] == [made[2].id]


async def test_an_imported_month_is_replaced_and_stays_readable(store: Store) -> None:
    city, village = await store.registry.school("实验小学"), await store.registry.school("檀溪中小")
    pair = (await store.registry.pair(city.id, village.id, date(2019, 4, 1))).id
    for count in (4, 5):
        evidence = new_file(sha256="b" * 64, size=1, media="text/csv", name="以往.csv", school=None, by=BY)
        await store.imported.put([NewReturn(pair=pair, month="2019-05", cells={"sync.count": count})], evidence, BY)
    [kept] = await store.imported.between("2019-04", "2019-12")
    assert (kept.pair, kept.month, kept.cells) == (pair, "2019-05", {"sync.count": 5})
    assert (await store.files.get(kept.file)) is not None
    assert await store.imported.taken(["2019-05"]) == set()
