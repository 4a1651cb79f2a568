"""Who is asking, and what they may do: one table of roles and actions."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from classroom.registry.accounts import Account, AccountRole
from classroom.registry.facts import Link, Role, is_usable
from classroom.store.audit import MACHINE, Actor
from classroom.store.store import Store
from signaling.problem import Problem

Action = Literal[
    # Lessons.
    "read_self",
    "list_lessons",
    "create_lesson",
    "read_lesson",
    "read_summary",
    "end_lesson",
    "publish",
    "subscribe",
    "read_room",
    # The ledger. A grant with a school reaches that school's pairs only.
    "read_ledger",
    "propose",
    "approve",
    "file_return",
    "receive_return",
    "keep_policy",
    # The registry. With a school: its own entries only.
    "read_registry",
    "keep_school",
    "keep_registry",
    # The server.
    "mint_link",
    "keep_accounts",
    "keep_programs",
    "read_audit",
    "read_evidence",
    "read_log",
    "read_metrics",
]
GrantRole = Role | AccountRole | Literal["machine", "program"]

_TEACHER: Final = frozenset[Action](
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
)
_BUREAU: Final = frozenset[Action](
    {
        "read_self",
        "list_lessons",
        "read_summary",
        "read_ledger",
        "propose",
        "approve",
        "file_return",
        "receive_return",
        "keep_policy",
        "read_registry",
        "keep_school",
        "keep_registry",
        "keep_accounts",
        "read_audit",
        "read_evidence",
        "read_log",
    }
)
MAY: Final[Mapping[GrantRole, frozenset[Action]]] = MappingProxyType(
    {
        # Links.
        "teacher": _TEACHER,
        "classroom": frozenset({"read_self", "read_lesson", "read_summary", "publish", "subscribe", "read_room"}),
        "assistant": frozenset({"read_self", "read_lesson", "read_summary", "subscribe"}),
        "observer": frozenset({"read_self", "read_lesson", "subscribe"}),
        # Accounts; a teacher's account may what a teacher's link may.
        "school_officer": frozenset(
            {
                "read_self",
                "list_lessons",
                "read_summary",
                "read_ledger",
                "propose",
                "file_return",
                "read_registry",
                "keep_school",
            }
        ),
        "bureau_officer": _BUREAU,
        "inspector": frozenset(
            {"read_self", "list_lessons", "read_summary", "read_ledger", "read_registry", "read_log"}
        ),
        "admin": frozenset(
            {"read_self", "mint_link", "keep_accounts", "keep_programs", "read_audit", "read_registry", "read_metrics"}
        ),
        # The bureau's own systems: what their tokens' scopes say, out of these.
        "program": frozenset({"read_self", "read_ledger", "read_registry", "read_evidence", "read_log"}),
        # The command line of this machine; its secret is in server.json and dies with the process.
        "machine": (_BUREAU - {"read_self"})
        | {"create_lesson", "read_lesson", "end_lesson", "mint_link", "keep_programs", "read_metrics"},
    }
)
# A token is 22 characters of base64url; whatever is much longer is not looked up.
MAX_TOKEN_CHARS: Final = 64


class Grant(msgspec.Struct, frozen=True):
    """An authenticated caller: a link, an account, a program's token, or the command line of this machine."""

    role: GrantRole
    link: Link | None = None
    account: Account | None = None

    @property
    def school(self) -> str | None:
        """The school that bounds what the caller reaches; None: no bound by school."""
        return self.link.school if self.link else self.account.school if self.account else None

    @property
    def actor(self) -> Actor:
        """Who stands in the audit log."""
        if self.link is not None:
            return Actor("link", self.link.id)
        return Actor("account", self.account.id) if self.account is not None else MACHINE

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
        return Grant("machine")
    link = await store.links.resolve(token)
    if link is None or (link.revoked_at is not None and link.revoked_at <= at):
        raise Problem("token_invalid")
    if not is_usable(link, at):
        raise Problem("token_expired")
    return Grant(link.role, link)
