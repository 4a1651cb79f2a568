"""Webhooks: each event is POSTed until it is received, in order, signed as Standard Webhooks has it.

`webhook-id`, `webhook-timestamp` and `webhook-signature` (`v1,` and the base64 of HMAC-SHA256 over
`id.timestamp.body`); the id of an event is the same at every attempt, so a receiver can tell a repetition. What is
waiting stands in the store: a server that is killed goes on where it was, and may send the last event twice.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final

import aiohttp
import msgspec
import structlog

from classroom.ledger.months import SHANGHAI
from classroom.store.feeds import Event, Webhook
from classroom.store.store import Store
from signaling.clock import Clock

log = structlog.get_logger("webhooks")

POLL_S: Final = 3.0
# While there is none to send to. Another node may have been given one.
LOOK_EVERY_POLLS: Final = 20
FORGET_EVERY_POLLS: Final = 1200
# A receiver that works first and answers then is told of the next event late; nobody waits longer.
ATTEMPT: Final = aiohttp.ClientTimeout(total=10)
SECRET: Final = "whsec_"
_SECRET_BYTES: Final = 24


def new_secret() -> str:
    """A secret as its receiver is given it: `whsec_` and 24 random bytes in base64."""
    return SECRET + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """What `webhook-signature` says; `timestamp` in whole seconds of the epoch."""
    key = base64.b64decode(secret.removeprefix(SECRET))
    digest = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def message(event: Event) -> bytes:
    """The body: what happened, when, and to what. No names: the receiver asks the API what it wants to know."""
    said = {"type": event.kind, "timestamp": event.at.astimezone(SHANGHAI), "data": {"subject": event.subject}}
    return msgspec.json.encode(said)


class Deliveries:
    """The task that sends what is due."""

    def __init__(self, store: Store, clock: Clock, poll_s: float = POLL_S) -> None:
        self._store = store
        self._clock = clock
        self._poll_s = poll_s
        self._stop = asyncio.Event()
        self._posts: set[asyncio.Task[str | None]] = set()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; needs a running loop."""
        self._running = asyncio.create_task(self._run(), name="webhooks")

    async def close(self) -> None:
        """Stop; what is under way is sent again after the next start. May be called again."""
        self._stop.set()
        # Only the waiting for others is cut off: the store is never left in the middle of a transaction.
        for post in self._posts:
            post.cancel()
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        # No redirects, no cookies, no proxy of the environment: the address is the one that was registered.
        async with aiohttp.ClientSession(timeout=ATTEMPT, cookie_jar=aiohttp.DummyCookieJar()) as session:
            polls = 0
            while not self._stop.is_set():
                try:
                    if polls % FORGET_EVERY_POLLS == 0:
                        await self._store.webhooks.forget(self._clock.at())
                    if self._store.webhooks.is_any or polls % LOOK_EVERY_POLLS == 0:
                        await self._send_due(session)
                except Exception:
                    # A database that is away for a moment must not end the deliveries.
                    log.exception("deliveries failed")
                polls += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), self._poll_s)

    async def _send_due(self, session: aiohttp.ClientSession) -> None:
        while due := await self._store.webhooks.due(self._clock.at()):
            await asyncio.gather(*(self._attempt(session, hook, event) for hook, event in due))
            if self._stop.is_set():
                return

    async def _attempt(self, session: aiohttp.ClientSession, hook: Webhook, event: Event) -> None:
        if self._stop.is_set():
            return
        sending = asyncio.create_task(post(session, hook, event, self._clock.at()))
        self._posts.add(sending)
        try:
            await asyncio.wait([sending])
        finally:
            self._posts.discard(sending)
        if sending.cancelled():
            return
        error, at = sending.result(), self._clock.at()
        if error is None:
            await self._store.webhooks.received(hook, event, at)
        else:
            await self._store.webhooks.failed(hook, error, at)
            log.info("webhook failed", webhook=hook.id, event_kind=event.kind, error=error)


async def post(session: aiohttp.ClientSession, hook: Webhook, event: Event, at: datetime) -> str | None:
    """One attempt; None when it was received (2xx), else why it was not."""
    id, timestamp, body = f"event-{event.seq}", int(at.timestamp()), message(event)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "classroom-webhooks",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(hook.secret, id, timestamp, body),
    }
    try:
        async with session.post(hook.url, data=body, headers=headers, allow_redirects=False) as response:
            # What it answers beside the status is nobody's business and is not read.
            return None if 200 <= response.status < 300 else f"HTTP {response.status}"
    except TimeoutError:
        return "no answer in time"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # By kind alone: the words may hold what another service of the network said, or a token of the address.
        return type(error).__name__
