"""Revoked links: what they have open ends with them."""

import asyncio
from collections.abc import Collection

from aiohttp import web

from signaling.context import CHECKING, HUB, REVOKED, TICKETS
from signaling.messages import Error
from signaling.problem import Problem
from signaling.seat_socket import OUTBOXES
from signaling.whip import OWNERS


async def sever(app: web.Application, links: Collection[str]) -> None:
    """End the sockets, media sessions and tickets of these links, and whatever they are just about to open."""
    app[REVOKED].update(links)
    app[TICKETS].end_of(links)
    for session in [session for link in links for session in app[OWNERS].of_link(link)]:
        app[HUB].end(session)
    for link in links:
        app[CHECKING].end_of(link)
    problem = Problem("token_invalid")
    outboxes = [outbox for outbox in app[OUTBOXES] if outbox.link is not None and outbox.link.id in links]
    for outbox in outboxes:
        outbox.send(Error(code=problem.code, title=problem.zh, detail=problem.en))
    await asyncio.gather(*(outbox.close() for outbox in outboxes))
