"""People of a school: who teaches is one of them, found by name or added."""

import asyncio
from datetime import UTC, date, datetime

from classroom.store.audit import Actor
from classroom.store.registry import By
from classroom.store.store import Store

BY = By(Actor("link", "l1"), datetime(2019, 5, 14, 1, 0, tzinfo=UTC))


async def test_a_teacher_is_one_person_however_often_and_by_whatever_they_came(store: Store) -> None:
    school, other = [(await store.registry.school(name)).id for name in ("实验小学", "檀溪中小")]
    found = await asyncio.gather(*(store.people.teacher(school, "语文教师甲", BY) for _ in range(5)))
    assert len({person.id for person in found if person is not None}) == 1 and None not in found
    assert [(one.id, one.kind) for one in await store.people.page(school=school)] == [(found[0].id, "教师")]  # type: ignore[union-attr]
    elsewhere = await store.people.teacher(other, "语文教师甲", BY)
    assert elsewhere is not None and elsewhere.id != found[0].id  # type: ignore[union-attr]
    assert await store.people.get(elsewhere.id) == elsewhere and await store.people.get("unknown") is None


async def test_of_two_who_share_a_name_nobody_has_said_which(store: Store) -> None:
    school = (await store.registry.school("实验小学")).id
    one, other = [
        await store.people.add(school=school, name="同名教师", kind="教师", phone="", by=BY) for _ in range(2)
    ]
    assert await store.people.teacher(school, "同名教师", BY) is None
    left = await store.people.leave(one.id, date(2019, 5, 14), BY)
    assert not left.has_left(date(2019, 5, 13)) and left.has_left(date(2019, 5, 14))
    assert await store.people.teacher(school, "同名教师", BY) == other
