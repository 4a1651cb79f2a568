"""The registry: found by name or made, dated facts noted once, consents gathered."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from classroom.registry.facts import is_active, status_on, students_on
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
DAY = date(2019, 5, 14)


async def test_a_name_is_made_once(store: Store) -> None:
    school = await store.registry.school("实验小学", county="浦江")
    assert await store.registry.school("实验小学") == school
    room = await store.registry.classroom(school.id, "录播室")
    assert await store.registry.classroom(school.id, "录播室") == room
    assert (await store.registry.classroom((await store.registry.school("檀溪中小")).id, "录播室")).id != room.id
    book = await store.registry.book()
    assert (len(book.schools), len(book.classrooms)) == (2, 2)
    assert book.schools[school.id].county == "浦江"


async def test_many_at_once_make_one(store: Store) -> None:
    schools = await asyncio.gather(*(store.registry.school("实验小学") for _ in range(8)))
    assert len({school.id for school in schools}) == 1


async def test_a_roster_is_noted_when_it_changes(store: Store) -> None:
    school = await store.registry.school("实验小学")
    days = [(DAY, 42), (DAY + timedelta(days=1), 42), (DAY + timedelta(days=2), 40), (DAY + timedelta(days=2), 41)]
    for day, students in days:
        found = await store.registry.school_class(school.id, "四(2)班", students, day)
    assert await store.registry.school_class(school.id, "四(2)班", None, DAY) == found
    assert [(size.since, size.students) for size in found.sizes] == [(DAY, 42), (DAY + timedelta(days=2), 41)]
    assert students_on(found, DAY - timedelta(days=1)) is None


async def test_a_pair_keeps_its_history(store: Store) -> None:
    city, village = await store.registry.school("实验小学"), await store.registry.school("檀溪中小")
    pair = await store.registry.pair(city.id, village.id, DAY, level="县内")
    assert is_active(pair, DAY) and pair.level == "县内"
    await store.registry.set_pair_status(pair.id, "ended", DAY + timedelta(days=30))
    again = await store.registry.pair(city.id, village.id, DAY + timedelta(days=60))
    assert again.id == pair.id
    assert [status_on(again, DAY + timedelta(days=d)) for d in (-1, 0, 29, 30)] == [None, "active", "active", "ended"]


async def test_a_pending_pair_has_no_recipient_and_is_one(store: Store) -> None:
    city = await store.registry.school("浙江省浦江县实验小学")
    pending = await store.registry.pair(city.id, None, DAY, status="待定", level="省域外")
    assert await store.registry.pair(city.id, None, DAY, status="待定") == pending
    assert pending.recipient is None and status_on(pending, DAY) == "待定"
