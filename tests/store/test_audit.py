"""The audit log: kept with the change it tells of, chained, and any tampering shows."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from classroom.store import audit
from classroom.store.audit import MACHINE, Actor
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
LINK = Actor("link", "k1")


async def filled(store: Store) -> None:
    for number in range(5):
        await store.audit.note(
            LINK, "lesson.viewed", f"lesson:l{number}", AT + timedelta(seconds=number), {"n": number}
        )


async def test_rows_come_back_latest_first_and_page_by_page(store: Store) -> None:
    await filled(store)
    first = await store.audit.entries(limit=2)
    assert [(entry.seq, entry.subject, entry.detail) for entry in first] == [
        (5, "lesson:l4", {"n": 4}),
        (4, "lesson:l3", {"n": 3}),
    ]
    rest = await store.audit.entries(before=4)
    assert [entry.seq for entry in rest] == [3, 2, 1]
    assert rest[-1].at == AT


async def test_rows_are_found_by_actor_action_and_subject(store: Store) -> None:
    await filled(store)
    await store.audit.note(MACHINE, "pair.activated", "pair:p1", AT)
    assert [entry.seq for entry in await store.audit.entries(action="pair.")] == [6]
    assert [entry.seq for entry in await store.audit.entries(subject="lesson:l0")] == [1]
    assert len(await store.audit.entries(actor="k1")) == 5
    assert await store.audit.entries(action="%") == []


async def test_a_change_that_fails_leaves_no_row(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store.database.write() as connection:
            await audit.note(connection, MACHINE, "pair.activated", "pair:p1", AT)
            raise RuntimeError
    assert await store.audit.entries() == []
    assert await store.audit.broken_at() is None


async def test_a_whole_chain_holds_also_without_a_detail_that_was_deleted(store: Store) -> None:
    await filled(store)
    async with store.database.write() as connection:
        await connection.execute(text("UPDATE audit SET detail = NULL WHERE seq = 2"))
    assert await store.audit.broken_at() is None
    assert (await store.audit.entries(before=3, limit=1))[0].detail is None


@pytest.mark.parametrize(
    ("harm", "place"),
    [
        ("UPDATE audit SET actor = 'k2' WHERE seq = 3", 3),
        ("UPDATE audit SET detail = '{}' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 4", 4),
        ("DELETE FROM audit WHERE seq = 5", 5),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit", 1),
    ],
)
async def test_whatever_was_changed_or_cut_shows(store: Store, harm: str, place: int) -> None:
    await filled(store)
    async with store.database.write() as connection:
        await connection.execute(text(harm))
    assert await store.audit.broken_at() == place
