"""Courseware's rows: made, listed, used in lessons, withdrawn — and gone with the last lesson that needs them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from classroom.store import courseware as module
from classroom.store.audit import Actor
from classroom.store.courseware import CoursewarePage, TooMuchCourseware
from classroom.store.registry import By
from classroom.store.schema.lessons import lessons
from classroom.store.store import Store

BY = By(Actor("link", "linkoflidddd"), datetime(2026, 11, 26, 1, 0, tzinfo=UTC))


@pytest.fixture
async def school(store: Store) -> str:
    school = await store.registry.school("实验小学", by=BY)
    row: dict[str, Any] = {
        "seq": 1,
        "head": "",
        "state": "ended",
        "subject": "语",
        "start_at": BY.at,
        "cancelled": False,
    }
    row |= {"is_test": False, "recorded": True, "settled": True, "supporter": school.id}
    async with store.database.write() as connection:
        for id in ("lesson000001", "lesson000002"):
            await connection.execute(insert(lessons).values({**row, "id": id}))
    return str(school.id)


async def ready(store: Store, school: str, pages: int = 2) -> str:
    made = await store.courseware.add(school=school, name="第三课.pdf", by=BY)
    found = [
        CoursewarePage(courseware=made.id, number=n, width=1920, height=1080, text=f"第 {n} 页")
        for n in range(1, pages + 1)
    ]
    await store.courseware.ready(made.id, found, 300)
    return made.id


async def test_it_is_prepared_and_then_on_its_schools_list(store: Store, school: str) -> None:
    first = await store.courseware.add(school=school, name="一", by=BY)
    assert await store.courseware.preparing() == [first.id]
    await store.courseware.failed(first.id, "bad_pdf")
    second = await ready(store, school)
    listed = {one.id: one for one in await store.courseware.of_school(school)}
    assert (listed[first.id].state, listed[first.id].failure) == ("failed", "bad_pdf")
    assert (listed[second].state, listed[second].pages, listed[second].bytes) == ("ready", 2, 300)
    assert [page.text for page in await store.courseware.pages([second])] == ["第 1 页", "第 2 页"]
    assert await store.courseware.preparing() == [] and await store.courseware.of_school("nobodysscho") == []


async def test_what_no_lesson_has_is_deleted_at_once_and_the_rest_with_its_last_lesson(
    store: Store, school: str
) -> None:
    unused, used = await ready(store, school), await ready(store, school)
    for lesson in ("lesson000001", "lesson000002", "lesson000001"):
        assert await store.courseware.use(lesson, used)
    assert await store.courseware.withdraw(unused, BY) and await store.courseware.get(unused) is None
    assert not await store.courseware.use("lesson000001", unused), "no event may name what is gone"
    assert not await store.courseware.withdraw(used, BY)
    assert await store.courseware.of_school(school) == []
    assert [one.id for one in await store.courseware.of_lesson("lesson000002")] == [used]
    assert await store.courseware.forget_lesson("lesson000001") == []
    assert await store.courseware.forget_lesson("lesson000002") == [used]
    assert await store.courseware.get(used) is None and await store.courseware.pages([used]) == []
    actions = [entry.action for entry in await store.audit.entries(action="courseware.")]
    assert sorted(actions) == ["courseware.added"] * 2 + ["courseware.removed"] * 2


async def test_a_lesson_that_is_forgotten_takes_nothing_from_the_list(store: Store, school: str) -> None:
    kept = await ready(store, school)
    await store.courseware.use("lesson000001", kept)
    assert await store.courseware.forget_lesson("lesson000001") == []
    assert [one.id for one in await store.courseware.of_school(school)] == [kept]


async def test_a_school_has_so_much_and_no_more(store: Store, school: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OF_SCHOOL", 1)
    await ready(store, school)
    with pytest.raises(TooMuchCourseware):
        await ready(store, school)
