"""Every view by an observer is kept."""

from datetime import UTC, datetime, timedelta

from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)


async def test_views_are_kept_in_order(store: Store) -> None:
    await store.audit.viewed("l1", "k2", "teacher/camera", AT + timedelta(seconds=1))
    await store.audit.viewed("l1", "k1", "teacher/camera", AT)
    await store.audit.viewed("l2", "k1", "teacher/camera", AT)
    assert [(view.link, view.what) for view in await store.audit.views("l1")] == [
        ("k1", "teacher/camera"),
        ("k2", "teacher/camera"),
    ]
