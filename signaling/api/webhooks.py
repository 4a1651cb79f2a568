"""`/webhooks`: addresses that are told of what happens."""

from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.lesson.events import Instant
from classroom.store.feeds import KEPT_FOR, EventKind, Webhook, WebhookState
from classroom.store.store import Store
from signaling.api.door import Call, Doors, Nothing, Page
from signaling.context import CLOCK, STORE
from signaling.problem import Problem
from signaling.webhooks import new_secret

DOORS = Doors("webhooks")


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Where to, and what of."""

    url: Annotated[str, msgspec.Meta(min_length=8, max_length=400, pattern=r"^https?://[\x21-\x7e]+\Z")]
    kinds: Annotated[list[EventKind], msgspec.Meta(min_length=1, max_length=20)]


class WebhookLine(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook in a list, never with its secret. `waiting`: events that it has not received yet.

    `disabled`: it has failed for seven days, and is left alone until somebody resumes it.
    """

    id: str
    url: str
    kinds: list[EventKind]
    state: WebhookState
    created_at: datetime
    waiting: int
    last_received_at: datetime | None
    failed_since: datetime | None
    failures: int
    last_error: str | None
    next_at: datetime


class MadeWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook with the only copy of its secret."""

    webhook: WebhookLine
    secret: str


class ReplayQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`since`: what happened from then on; absent: everything that is still kept, thirty days."""

    since: Instant | None = None


@DOORS.door("GET", "/api/v1/webhooks", may="keep_programs", answers=Page[WebhookLine])
async def listing(call: Call[Nothing, Nothing]) -> Page[WebhookLine]:
    """Every webhook and how it stands, the oldest first."""
    store = call.app[STORE]
    return Page([await _line(store, hook) for hook in await store.webhooks.all()], None)


@DOORS.door(
    "POST",
    "/api/v1/webhooks",
    may="keep_programs",
    body=WebhookRequest,
    answers=MadeWebhook,
    status=201,
    refuses=("bad_address", "too_many_webhooks"),
)
async def make(call: Call[Nothing, WebhookRequest]) -> MadeWebhook:
    """Tell this address of what happens from now on; the secret that signs it is shown this once."""
    store, body = call.app[STORE], call.body
    _check(body.url)
    hook = await store.webhooks.make(body.url, body.kinds, new_secret(), call.grant.actor, call.app[CLOCK].at())
    if hook is None:
        raise Problem("too_many_webhooks")
    return MadeWebhook(webhook=await _line(store, hook), secret=hook.secret)


@DOORS.door("DELETE", "/api/v1/webhooks/{webhook}", may="keep_programs")
async def drop(call: Call[Nothing, Nothing]) -> None:
    """Tell this address nothing any more."""
    if not await call.app[STORE].webhooks.drop(call.path["webhook"], call.grant.actor, call.app[CLOCK].at()):
        raise Problem("not_found")


@DOORS.door("POST", "/api/v1/webhooks/{webhook}/pause", may="keep_programs")
async def pause(call: Call[Nothing, Nothing]) -> None:
    """Send nothing until it is resumed; what happens waits."""
    if not await call.app[STORE].webhooks.pause(call.path["webhook"], call.grant.actor, call.app[CLOCK].at()):
        raise Problem("not_found")


@DOORS.door("POST", "/api/v1/webhooks/{webhook}/resume", may="keep_programs")
async def resume(call: Call[Nothing, Nothing]) -> None:
    """Go on with a paused or disabled webhook at once."""
    if not await call.app[STORE].webhooks.resume(call.path["webhook"], call.grant.actor, call.app[CLOCK].at()):
        raise Problem("not_found")


@DOORS.door("POST", "/api/v1/webhooks/{webhook}/replay", may="keep_programs", query=ReplayQuery)
async def replay(call: Call[ReplayQuery, Nothing]) -> None:
    """Send again what it has received already, and all that follows."""
    name, at = call.path["webhook"], call.app[CLOCK].at()
    since = call.query.since or at - KEPT_FOR
    if not await call.app[STORE].webhooks.resume(name, call.grant.actor, at, since):
        raise Problem("not_found")


def _check(url: str) -> None:
    """Raises Problem(bad_address) for an address that nothing can be sent to, or that holds a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 — reading it is what checks it.
    except ValueError:
        raise Problem("bad_address") from None
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise Problem("bad_address")
    with suppress(ValueError):
        place = ip_address(parts.hostname)
        # Where a cloud keeps its machines' keys, and where nobody listens; the county's own network is private.
        if place.is_link_local or place.is_multicast or place.is_unspecified:
            raise Problem("bad_address")


async def _line(store: Store, hook: Webhook) -> WebhookLine:
    return WebhookLine(
        id=hook.id,
        url=hook.url,
        kinds=list(hook.kinds),
        state=hook.state,
        created_at=hook.created_at.astimezone(SHANGHAI),
        waiting=await store.webhooks.waiting(hook),
        last_received_at=hook.last_received_at and hook.last_received_at.astimezone(SHANGHAI),
        failed_since=hook.failed_since and hook.failed_since.astimezone(SHANGHAI),
        failures=hook.failures,
        last_error=hook.last_error,
        next_at=hook.next_at.astimezone(SHANGHAI),
    )
