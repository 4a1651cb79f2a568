"""Whether who holds what a browser opens without a token, a playback or a ticket, may still have it."""

from aiohttp import web

from signaling.auth import Action, Grant, authenticate_session
from signaling.context import CLOCK, REVOKED, STORE
from signaling.problem import Problem


def is_revoked(app: web.Application, grant: Grant) -> bool:
    """Whether it was given to a link that is revoked since. Asks no database."""
    return grant.link is not None and grant.link.id in app[REVOKED]


async def may_still(app: web.Application, grant: Grant, session: str | None, action: Action) -> bool:
    """Whether the grant that it was given to is good as before; `session` is the token of an account's session."""
    at = app[CLOCK].at()
    if grant.link is not None:
        return not is_revoked(app, grant) and (grant.link.expires_at is None or at < grant.link.expires_at)
    if grant.account is None:
        # The secret of this machine dies with the process, and so does what it was given.
        return grant.role == "machine"
    if session is None:
        return False
    try:
        holder = await authenticate_session(app[STORE], session, at)
    except Problem:
        return False
    return holder.account is not None and holder.account.id == grant.account.id and holder.may(action)
