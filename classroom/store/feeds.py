"""Events (事件推送) and the webhooks that get them, one after the other.

`publish` writes an event in the transaction of the change that it tells of: it is kept together with the change or not
at all. An event names its subject and no more; what became of it, the receiver asks the API with a token of its own.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

import msgspec
from sqlalchemy import RowMapping, delete, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store import audit
from classroom.store.audit import Actor
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.schema.feeds import events, webhooks

EventKind = Literal[
    "lesson.ended",
    "activity.changed",
    "return.submitted",
    "return.given_back",
    "return.received",
    "return.signed",
    "return.sent",
    "return.revised",
]
KINDS: Final[tuple[EventKind, ...]] = get_args(EventKind)
WebhookState = Literal["active", "paused", "disabled"]
"""paused: by a person; disabled: by itself, after DISABLED_AFTER without success."""

MAX_WEBHOOKS: Final = 20
DISABLED_AFTER: Final = timedelta(days=7)
KEPT_FOR: Final = timedelta(days=30)
"""Events older than this are forgotten; a webhook that fails so long was disabled weeks before."""
# After the first failure, the second …; from then on the last.
WAITS: Final = tuple(timedelta(seconds=wait_s) for wait_s in (5, 15, 60, 300, 900, 3600))


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something has happened to `subject`, e.g. `activity:abc.0.def`, `return:2019-05/abc`."""

    seq: int
    at: datetime
    kind: EventKind
    subject: str


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """An address that is told of events. `failed_since`: of the attempts since the last success; None: none failed."""

    id: str
    url: str
    kinds: tuple[EventKind, ...]
    secret: str
    state: WebhookState
    created_at: datetime
    received: int
    last_received_at: datetime | None
    failed_since: datetime | None
    failures: int
    last_error: str | None
    next_at: datetime


async def publish(connection: AsyncConnection, kind: EventKind, subject: str, at: datetime) -> None:
    """Tell every webhook that wants to know, in the writer's transaction; nothing is kept while none does."""
    wanted = select(exists().where((" " + webhooks.c.kinds + " ").contains(f" {kind} ", autoescape=True)))
    if not await connection.scalar(wanted):
        return
    # The audit log's own lock: two locks taken in different orders would wait for each other for ever. It also has
    # events become visible in the order of their numbers.
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": audit.LOCK})
    row = {"seq": await _last(connection) + 1, "at": at, "kind": kind, "subject": subject}
    await connection.execute(insert(events).values(row))


async def _last(connection: AsyncConnection) -> int:
    """The number of the last event there was."""
    last = await connection.scalar(select(func.max(events.c.seq)))
    # All that a webhook has received may be forgotten by now; numbers are never used twice.
    return max(last or 0, await connection.scalar(select(func.max(webhooks.c.received))) or 0)


class Webhooks:
    """Makes, lists and takes away webhooks, and keeps where each of them is."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_any = True
        """Whether any may be active, as far as this process knows."""
        self._changed = 0

    async def make(
        self, url: str, kinds: Collection[EventKind], secret: str, actor: Actor, at: datetime
    ) -> Webhook | None:
        """A webhook that gets what happens from now on; None when there are MAX_WEBHOOKS already."""
        async with self._database.write() as connection:
            if (await connection.scalar(select(func.count()).select_from(webhooks)) or 0) >= MAX_WEBHOOKS:
                return None
            made = Webhook(
                id=new_id(),
                url=url,
                kinds=tuple(kind for kind in KINDS if kind in kinds),
                secret=secret,
                state="active",
                created_at=at,
                received=await _last(connection),
                last_received_at=None,
                failed_since=None,
                failures=0,
                last_error=None,
                next_at=at,
            )
            values = {**msgspec.structs.asdict(made), "kinds": " ".join(made.kinds)}
            await connection.execute(insert(webhooks).values(values))
            said = {"url": url, "kinds": made.kinds}
            await audit.note(connection, actor, "webhook.made", f"webhook:{made.id}", at, said)
        self._changed, self.is_any = self._changed + 1, True
        return made

    async def all(self) -> list[Webhook]:
        """Every webhook, the oldest first."""
        async with self._database.read() as connection:
            rows = (
                await connection.execute(select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id))
            ).mappings()
            return [_webhook(row) for row in rows]

    async def waiting(self, hook: Webhook) -> int:
        """How many events it has not received yet."""
        found = select(func.count()).where(events.c.seq > hook.received, events.c.kind.in_(hook.kinds))
        async with self._database.read() as connection:
            return await connection.scalar(found) or 0

    async def drop(self, hook: str, actor: Actor, at: datetime) -> bool:
        """Take it away; whether there was one."""
        async with self._database.write() as connection:
            gone = await connection.scalar(delete(webhooks).where(webhooks.c.id == hook).returning(webhooks.c.id))
            if gone is not None:
                await audit.note(connection, actor, "webhook.dropped", f"webhook:{hook}", at)
            return gone is not None

    async def pause(self, hook: str, actor: Actor, at: datetime) -> bool:
        """Send it nothing until it is resumed; whether there is one."""
        return await self._set(hook, "webhook.paused", actor, at, state="paused")

    async def resume(self, hook: str, actor: Actor, at: datetime, since: datetime | None = None) -> bool:
        """Go on with it at once, or again from the events that are not older than `since`; whether there is one."""
        changes: dict[str, Any] = {"state": "active", "failed_since": None, "failures": 0, "next_at": at}
        if since is not None:
            async with self._database.read() as connection:
                first = await connection.scalar(select(func.min(events.c.seq)).where(events.c.at >= since))
            if first is not None:
                changes["received"] = first - 1
        return await self._set(hook, "webhook.resumed", actor, at, **changes)

    async def _set(self, hook: str, action: str, actor: Actor, at: datetime, **changes: Any) -> bool:
        async with self._database.write() as connection:
            done = await connection.scalar(
                update(webhooks).where(webhooks.c.id == hook).values(changes).returning(webhooks.c.id)
            )
            if done is not None:
                said = {"received": changes["received"]} if "received" in changes else {}
                await audit.note(connection, actor, action, f"webhook:{hook}", at, said)
        self._changed, self.is_any = self._changed + 1, True
        return done is not None

    async def due(self, at: datetime) -> list[tuple[Webhook, Event]]:
        """Each active webhook that may be tried, with the next event for it."""
        found = select(webhooks).where(webhooks.c.state == "active")
        changed = self._changed
        async with self._database.read() as connection:
            active = [_webhook(row) for row in (await connection.execute(found)).mappings()]
            # One may have been made meanwhile.
            self.is_any = bool(active) or changed != self._changed
            pairs = []
            for hook in [hook for hook in active if hook.next_at <= at]:
                later = select(events).where(events.c.seq > hook.received, events.c.kind.in_(hook.kinds))
                row = (await connection.execute(later.order_by(events.c.seq).limit(1))).mappings().one_or_none()
                if row is not None:
                    pairs.append((hook, msgspec.convert(fields(row), Event)))
            return pairs

    async def received(self, hook: Webhook, event: Event, at: datetime) -> None:
        """The webhook has taken the event, and goes on to the next; unless somebody has set it back meanwhile."""
        values = {
            "received": event.seq,
            "last_received_at": at,
            "failed_since": None,
            "failures": 0,
            "last_error": None,
            "next_at": at,
        }
        await self._follow(hook, values)

    async def failed(self, hook: Webhook, error: str, at: datetime) -> None:
        """The attempt came to nothing: wait for longer each time, and give up after DISABLED_AFTER."""
        since = hook.failed_since or at
        values = {
            "state": "disabled" if at - since >= DISABLED_AFTER else "active",
            "failed_since": since,
            "failures": hook.failures + 1,
            "last_error": error[:200],
            "next_at": at + WAITS[min(hook.failures, len(WAITS) - 1)],
        }
        await self._follow(hook, values)

    async def _follow(self, hook: Webhook, values: dict[str, Any]) -> None:
        same = (webhooks.c.id == hook.id) & (webhooks.c.received == hook.received) & (webhooks.c.state == hook.state)
        async with self._database.write() as connection:
            await connection.execute(update(webhooks).where(same).values(values))

    async def forget(self, at: datetime) -> None:
        """Drop the events that are older than KEPT_FOR."""
        old = select(exists().where(events.c.at < at - KEPT_FOR))
        async with self._database.read() as connection:
            if not await connection.scalar(old):
                return
        async with self._database.write() as connection:
            # The last one stays, so that its number is not used again.
            last = await _last(connection)
            await connection.execute(delete(events).where(events.c.at < at - KEPT_FOR, events.c.seq < last))


def _webhook(row: RowMapping) -> Webhook:
    return msgspec.convert({**fields(row), "kinds": tuple(row["kinds"].split())}, Webhook)
