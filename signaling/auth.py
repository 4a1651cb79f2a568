"""Who is asking, and what they may do: one table of roles and actions."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from classroom.registry.facts import Link, Role, is_usable
from classroom.store.store import Store
from signaling.problem import Problem

Action = Literal[
    "read_self",
    "list_lessons",
    "create_lesson",
    "read_lesson",
    "read_summary",
    "end_lesson",
    "publish",
    "subscribe",
    "read_room",
    "read_month",
    "mint_link",
    "keep_pairs",
    "read_metrics",
]

# The server's own command line is `admin`; its secret is in server.json and dies with the process.
MAY: Final[Mapping[Role | Literal["admin"], frozenset[Action]]] = MappingProxyType(
    {
        "teacher": frozenset(
            {
                "read_self",
                "list_lessons",
                "create_lesson",
                "read_lesson",
                "read_summary",
                "end_lesson",
                "publish",
                "subscribe",
            }
        ),
        "classroom": frozenset({"read_self", "read_lesson", "read_summary", "publish", "subscribe", "read_room"}),
        "assistant": frozenset({"read_self", "read_lesson", "read_summary", "subscribe"}),
        "observer": frozenset({"read_self", "read_lesson", "subscribe"}),
        "admin": frozenset(
            {
                "list_lessons",
                "create_lesson",
                "read_lesson",
                "read_summary",
                "end_lesson",
                "read_month",
                "mint_link",
                "keep_pairs",
                "read_metrics",
            }
        ),
    }
)
# A token is 22 characters of base64url; whatever is much longer is not looked up.
MAX_TOKEN_CHARS: Final = 64


class Grant(msgspec.Struct, frozen=True):
    """An authenticated caller. `link` is None for the command line on this machine (`admin`)."""

    role: Role | Literal["admin"]
    link: Link | None = None

    def may(self, action: Action) -> bool:
        return action in MAY[self.role]

    def require(self, action: Action) -> None:
        """Raises Problem(forbidden)."""
        if not self.may(action):
            raise Problem("forbidden")


def bearer(authorization: str) -> str:
    """The token of an `Authorization: Bearer …` header. Raises Problem(token_missing)."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Problem("token_missing")
    return token


async def authenticate(store: Store, secret: str, token: str, at: datetime) -> Grant:
    """Who holds this token. Raises Problem(token_invalid), Problem(token_expired)."""
    if len(token) > MAX_TOKEN_CHARS or not token.isascii():
        raise Problem("token_invalid")
    if hmac.compare_digest(token, secret):
        return Grant("admin")
    link = await store.links.resolve(token)
    if link is None or (link.revoked_at is not None and link.revoked_at <= at):
        raise Problem("token_invalid")
    if not is_usable(link, at):
        raise Problem("token_expired")
    return Grant(link.role, link)
