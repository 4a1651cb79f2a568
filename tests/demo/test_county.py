"""The sample county is made by the house's own doors, so it is as a county would be after some months."""

from datetime import UTC, datetime

import pytest

from classroom.store.ids import new_id
from classroom.store.store import Store
from signaling.demo.county import fill
from signaling.records import Records

AT = datetime(2019, 7, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path):
    store = await Store.open(f"sqlite:///{tmp_path}/classroom.db")
    yield store
    await store.close()


@pytest.mark.long
async def test_a_sample_county_holds_filed_months_and_open_ones(store: Store) -> None:
    held = await fill(store, Records(store), new_id, AT, months=3)
    lessons = await store.lessons.past(AT, limit=500)
    assert len(lessons) == held and all(lesson.settled for lesson in lessons)
    assert [await store.journal.broken_at(lesson.id) for lesson in lessons[:5]] == [None] * 5
    assert await store.audit.broken_at() is None

    tallies = {month: await store.activities.tallies(month) for month in ("2019-05", "2019-06", "2019-07")}
    assert all(sum(tally.count for tally in found) > 20 for found in tallies.values())
    assert sum(tally.pending for found in tallies.values() for tally in found) > 0

    [pair] = [pair.id for pair in (await store.registry.book()).pairs.values() if pair.recipient is None]
    assert await store.returns.is_frozen(pair, "2019-05"), "附件2 of May has gone out"
    assert not await store.returns.is_frozen(pair, "2019-07")


async def test_a_sample_never_mixes_with_what_is_real(store: Store) -> None:
    await store.registry.school("实验小学")
    with pytest.raises(ValueError, match="not empty"):
        await fill(store, Records(store), new_id, AT)
    assert await store.lessons.past(AT) == []
