"""The audit log: kept with the change it tells of, chained, and any tampering shows."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

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


async def test_who_comes_while_others_are_written_shares_a_transaction_and_all_is_durable(store: Store) -> None:
    begun: list[int] = []
    write = store.database.write

    def counted() -> Any:
        begun.append(1)
        return write()

    store.database.write = counted  # type: ignore[method-assign]

    async def look(number: int) -> None:
        await store.audit.note(LINK, "lesson.viewed", f"lesson:l{number}", AT, {"n": number})
        assert [entry.detail for entry in await store.audit.entries(subject=f"lesson:l{number}")] == [{"n": number}]

    await asyncio.gather(*map(look, range(20)))
    assert len(begun) <= 3
    verdict = await store.audit.verify()
    assert (verdict.rows, verdict.broken_at) == (20, None)
    assert sorted(entry.subject for entry in await store.audit.entries()) == sorted(f"lesson:l{n}" for n in range(20))


async def test_who_stops_waiting_is_noted_all_the_same_and_others_do_not_wait_in_vain(store: Store) -> None:
    tasks = [
        asyncio.create_task(store.audit.note(LINK, "lesson.viewed", f"lesson:l{number}", AT)) for number in range(3)
    ]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.wait_for(asyncio.gather(*tasks[1:]), 10)
    await store.audit.close()
    assert {entry.subject for entry in await store.audit.entries()} == {"lesson:l0", "lesson:l1", "lesson:l2"}


async def test_what_cannot_be_written_is_told_to_each_who_waits_and_the_next_one_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = audit._append

    async def fault(connection: object, rows: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "_append", fault)
    said = await asyncio.gather(
        *(store.audit.note(LINK, "lesson.viewed", f"lesson:l{number}", AT) for number in range(3)),
        return_exceptions=True,
    )
    assert [str(one) for one in said] == ["disk full"] * 3
    monkeypatch.setattr(audit, "_append", append)
    await store.audit.note(LINK, "lesson.viewed", "lesson:l9", AT)
    assert [(entry.seq, entry.subject) for entry in await store.audit.entries()] == [(1, "lesson:l9")]


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
