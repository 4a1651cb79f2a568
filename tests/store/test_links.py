"""Links and codes: opaque, hashed, revocable; a code is one seat's among the lessons that are not over."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from classroom.lesson.events import LessonEnded, LessonOpened, LessonScheduled
from classroom.registry.facts import is_usable
from classroom.store import links as links_module
from classroom.store.database import Database
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
Planned = Callable[..., Awaitable[LessonScheduled]]


async def test_a_token_stands_for_its_link_and_is_nowhere_kept(store: Store, url: str) -> None:
    school = await store.registry.school("实验小学")
    token, link = await store.links.mint("teacher", AT, school=school.id, name="王老师")
    assert len(token) == 22 and token not in repr(link)
    assert link.holder == link.id and link.lesson is None
    assert await store.links.resolve(token) == link
    assert await store.links.get(link.id) == link
    assert await store.links.resolve(token[:-1]) is None and await store.links.get("unknown") is None
    database = await Database.open(url)
    async with database.read() as connection:
        rows = (await connection.execute(text("SELECT * FROM links"))).all()
    await database.close()
    assert token not in repr(rows)


async def test_a_link_is_revoked_once(store: Store) -> None:
    token, link = await store.links.mint("classroom", AT, expires_at=AT + timedelta(days=1))
    assert is_usable(link, AT) and not is_usable(link, AT + timedelta(days=1))
    assert await store.links.revoke(link.id, AT + timedelta(hours=1))
    assert not await store.links.revoke(link.id, AT + timedelta(hours=2))
    assert not await store.links.revoke("unknown", AT)
    found = await store.links.resolve(token)
    assert found is not None and found.revoked_at == AT + timedelta(hours=1)


async def test_the_lessons_of_a_teacher_share_the_teachers_holder(store: Store) -> None:
    _, standing = await store.links.mint("teacher", AT)
    _, of_lesson = await store.links.mint("teacher", AT, lesson="lesson000001", seat="teacher", holder=standing.holder)
    assert of_lesson.holder == standing.id
    assert await store.links.standing() == [standing]


async def test_a_code_opens_its_seat_while_the_lesson_is_open(store: Store, planned: Planned) -> None:
    first = await planned(store)
    rural = first.seats[1].seat
    await store.journal.append([first])
    codes = await store.links.assign_codes(first.lesson, [rural])
    code = codes[rural]
    assert len(code) == 6 and code.isdigit()
    assert await store.links.assign_codes(first.lesson, [rural]) == codes == await store.links.codes(first.lesson)
    assert await store.links.resolve_code(code) is None
    await store.journal.append([LessonOpened(lesson=first.lesson, seq=2, at=AT, by="teacher")])
    found = await store.links.resolve_code(code)
    assert found is not None and (found.lesson, found.seat) == (first.lesson, rural)
    ended = LessonEnded(lesson=first.lesson, seq=3, at=AT, by="teacher", reason="teacher")
    await store.journal.append([ended])
    assert await store.links.resolve_code(code) is None and await store.links.codes(first.lesson) == {}


async def test_no_two_lessons_that_are_not_over_share_a_code(
    store: Store, planned: Planned, monkeypatch: pytest.MonkeyPatch
) -> None:
    for lesson in ("lesson000001", "lesson000002"):
        await store.journal.append([await planned(store, lesson)])
    drawn = iter(["123456", "123456", "654321"])
    monkeypatch.setattr(links_module, "new_code", lambda: next(drawn))
    assert await store.links.assign_codes("lesson000001", ["r1"]) == {"r1": "123456"}
    assert await store.links.assign_codes("lesson000002", ["r1"]) == {"r1": "654321"}
    monkeypatch.setattr(links_module, "new_code", lambda: "123456")
    with pytest.raises(RuntimeError, match="no free join code"):
        await store.links.assign_codes("lesson000002", ["r2"])
