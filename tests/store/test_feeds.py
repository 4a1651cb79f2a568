"""Events reach every webhook once, in order, from where it stands; what fails is tried later and at last given up."""

from datetime import UTC, datetime, timedelta

import pytest

from classroom.store.audit import MACHINE
from classroom.store.feeds import DISABLED_AFTER, KEPT_FOR, MAX_WEBHOOKS, EventKind, Webhook, publish
from classroom.store.store import Store

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)


async def tell(store: Store, kind: EventKind, subject: str, at: datetime = AT) -> None:
    async with store.database.write() as connection:
        await publish(connection, kind, subject, at)


async def hook(store: Store, *kinds: EventKind) -> Webhook:
    made = await store.webhooks.make("https://example.org/in", kinds or ("lesson.ended",), "c2VjcmV0", MACHINE, AT)
    assert made is not None
    return made


async def test_nothing_is_kept_while_nobody_wants_to_know(store: Store) -> None:
    await tell(store, "lesson.ended", "lesson:a")
    made = await hook(store)
    assert await store.webhooks.due(AT) == []
    await tell(store, "return.sent", "return:2019-05/bureau")
    assert await store.webhooks.waiting(made) == 0


async def test_each_webhook_gets_its_kinds_one_after_the_other(store: Store) -> None:
    await hook(store, "lesson.ended")
    await hook(store, "lesson.ended", "return.sent")
    await tell(store, "lesson.ended", "lesson:a")
    await tell(store, "return.sent", "return:2019-05/bureau")
    await tell(store, "lesson.ended", "lesson:b")
    got: dict[str, list[str]] = {}
    while found := await store.webhooks.due(AT):
        for one, event in found:
            got.setdefault(" ".join(one.kinds), []).append(event.subject)
            await store.webhooks.received(one, event, AT)
    assert got == {
        "lesson.ended": ["lesson:a", "lesson:b"],
        "lesson.ended return.sent": ["lesson:a", "return:2019-05/bureau", "lesson:b"],
    }


async def test_an_event_of_a_change_that_fails_is_not_kept(store: Store) -> None:
    made = await hook(store)
    with pytest.raises(RuntimeError):
        async with store.database.write() as connection:
            await publish(connection, "lesson.ended", "lesson:a", AT)
            raise RuntimeError
    assert await store.webhooks.waiting(made) == 0


async def test_what_fails_waits_longer_each_time_and_holds_back_what_comes_after(store: Store) -> None:
    await hook(store)
    await tell(store, "lesson.ended", "lesson:a")
    await tell(store, "lesson.ended", "lesson:b")
    now, waits = AT, []
    for _ in range(8):
        [(one, event)] = await store.webhooks.due(now)
        assert event.subject == "lesson:a"
        await store.webhooks.failed(one, "500", now)
        [failed] = await store.webhooks.all()
        assert (failed.failed_since, failed.last_error) == (AT, "500")
        assert await store.webhooks.due(failed.next_at - timedelta(seconds=1)) == []
        waits.append((failed.next_at - now).total_seconds())
        now = failed.next_at
    assert waits == [5, 15, 60, 300, 900, 3600, 3600, 3600]


async def test_a_webhook_that_fails_for_a_week_is_disabled_until_somebody_resumes_it(store: Store) -> None:
    made = await hook(store)
    await tell(store, "lesson.ended", "lesson:a")
    [(one, _)] = await store.webhooks.due(AT)
    await store.webhooks.failed(one, "timeout", AT)
    [(one, _)] = await store.webhooks.due(AT + DISABLED_AFTER)
    await store.webhooks.failed(one, "timeout", AT + DISABLED_AFTER)
    later = AT + 2 * DISABLED_AFTER
    assert [one.state for one in await store.webhooks.all()] == ["disabled"]
    assert await store.webhooks.due(later) == []
    assert await store.webhooks.resume(made.id, MACHINE, later)
    [(one, event)] = await store.webhooks.due(later)
    assert (one.failures, one.failed_since, event.subject) == (0, None, "lesson:a")


async def test_events_are_sent_again_from_an_instant_on(store: Store) -> None:
    made = await hook(store)
    for number in range(3):
        await tell(store, "lesson.ended", f"lesson:{number}", AT + timedelta(hours=number))
        [(one, event)] = await store.webhooks.due(AT)
        await store.webhooks.received(one, event, AT)
    assert await store.webhooks.resume(made.id, MACHINE, AT, since=AT + timedelta(minutes=30))
    [again] = await store.webhooks.all()
    assert await store.webhooks.waiting(again) == 2
    [(_, event)] = await store.webhooks.due(AT)
    assert event.subject == "lesson:1"


async def test_an_attempt_under_way_does_not_undo_what_a_person_has_said_meanwhile(store: Store) -> None:
    made = await hook(store)
    await tell(store, "lesson.ended", "lesson:a")
    [(one, event)] = await store.webhooks.due(AT)
    assert await store.webhooks.pause(made.id, MACHINE, AT)
    await store.webhooks.failed(one, "500", AT)
    [paused] = await store.webhooks.all()
    assert (paused.state, paused.failures) == ("paused", 0)
    assert await store.webhooks.drop(made.id, MACHINE, AT)
    await store.webhooks.received(one, event, AT)
    assert await store.webhooks.all() == []
    assert not await store.webhooks.drop(made.id, MACHINE, AT)


async def test_old_events_are_forgotten_and_no_number_is_used_twice(store: Store) -> None:
    await hook(store)
    for name in "ab":
        await tell(store, "lesson.ended", f"lesson:{name}")
    await store.webhooks.forget(AT + KEPT_FOR + timedelta(seconds=1))
    [(_, event)] = await store.webhooks.due(AT)
    assert (event.seq, event.subject) == (2, "lesson:b")
    await tell(store, "lesson.ended", "lesson:c")
    [(one, event)] = await store.webhooks.due(AT)
    await store.webhooks.received(one, event, AT)
    [(_, event)] = await store.webhooks.due(AT)
    assert (event.seq, event.subject) == (3, "lesson:c")


async def test_there_are_only_so_many_webhooks(store: Store) -> None:
    for _ in range(MAX_WEBHOOKS):
        await hook(store)
    assert await store.webhooks.make("https://example.org/in", ("lesson.ended",), "x", MACHINE, AT) is None


async def test_a_programs_token_is_found_by_its_hash_until_it_is_revoked(store: Store) -> None:
    token, made = await store.programs.make(
        "教育局数据平台", {"returns", "sessions"}, AT + timedelta(days=1), MACHINE, AT
    )
    assert made.scopes == ("sessions", "returns")
    found = await store.programs.resolve(token, AT)
    assert found is not None and found.is_usable(AT) and not found.is_usable(AT + timedelta(days=1))
    assert await store.programs.resolve("cp_nobody", AT) is None
    assert await store.programs.revoke(made.id, MACHINE, AT)
    assert not await store.programs.revoke(made.id, MACHINE, AT)
    [revoked] = await store.programs.all()
    assert (revoked.revoked_at, revoked.last_used_at) == (AT, AT)
    found = await store.programs.resolve(token, AT)
    assert found is not None and not found.is_usable(AT)
    assert [entry.action for entry in await store.audit.entries()] == ["program.revoked", "program.made"]
