"""Who is asking, and what they may do: one table of roles and actions."""

import hmac
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from classroom.registry.accounts import Account, AccountRole
from classroom.registry.facts import Link, Role, is_usable
from classroom.store.audit import MACHINE, SERVER, Actor
from classroom.store.programs import PROGRAM_TOKEN, Program, Scope
from classroom.store.store import Store
from signaling.problem import Problem

Action = Literal[
    # Oneself: an account's password and sessions.
    "read_self",
    "keep_self",
    # Lessons.
    "list_lessons",
    "create_lesson",
    # 课表, and 调课 and 停课 of the lessons of one's own school.
    "keep_timetable",
    "read_lesson",
    "read_summary",
    "end_lesson",
    # Quizzes and homework: preparing and giving them; counting, answering, handing in, and in a meeting signing in, for
    # one's own class or room.
    "teach",
    "take_part",
    # 课件: one's school's, to upload, show and delete.
    "keep_courseware",
    # One MP4 of a lesson: whoever has it can pass it on.
    "export_recording",
    # Recordings: by name alone, as the log keeps who played what; and what one says about them (听评课).
    "play_recording",
    "comment",
    # 留存: asking to keep or to publish; deciding about a school's own; legal holds and extensions.
    "ask_keeping",
    "keep_recordings",
    "hold_recordings",
    "publish",
    "subscribe",
    "read_room",
    # The page of a co-teacher's phone, shown as a code on the classroom's screen.
    "invite_assistant",
    # 巡课: by name alone, so that the teacher knows who looks in.
    "observe",
    # The ledger: activities with their evidence, and the returns made of them. A grant with a school reaches that
    # school's pairs only.
    "read_ledger",
    "read_returns",
    "propose",
    "approve",
    "file_return",
    "receive_return",
    "keep_policy",
    # The registry. With a school: its own entries only.
    "read_registry",
    "keep_school",
    "keep_registry",
    # Large files part by part: each purpose (signaling/uploads.py) has a row of its own here besides.
    "upload",
    # 资源库: videos that classes watch, and courses made of them. With a school: its own, and what is there for it.
    "read_resources",
    "keep_resources",
    # The server.
    "mint_link",
    "keep_accounts",
    "keep_programs",
    "read_audit",
    "read_evidence",
    "read_log",
    "read_metrics",
]
GrantRole = Role | AccountRole | Literal["machine", "program", "anyone"]
# Media and a classroom's page go with a link: it is revoked with what it opened, and never travels by itself.
OF_LINKS: Final = frozenset[Action]({"publish", "subscribe", "read_room", "invite_assistant"})
OF_ACCOUNTS: Final = frozenset[Action]({"keep_self"})
# All that an account may whose password somebody else has set.
BEFORE_CHANGE: Final = frozenset[Action]({"read_self", "keep_self"})

# A program's scope → what its token may.
SCOPES: Final[Mapping[Scope, Action]] = MappingProxyType(
    {
        "sessions": "read_log",
        "activities": "read_ledger",
        "returns": "read_returns",
        "registry": "read_registry",
        "evidence": "read_evidence",
    }
)

_TEACHER: Final = frozenset[Action](
    {
        "read_self",
        "keep_self",
        "list_lessons",
        "create_lesson",
        "keep_timetable",
        "read_lesson",
        "read_summary",
        "end_lesson",
        "teach",
        "take_part",
        "keep_courseware",
        "export_recording",
        "play_recording",
        "comment",
        "ask_keeping",
        "publish",
        "subscribe",
        "upload",
        "read_resources",
        "keep_resources",
        "invite_assistant",
    }
)
_BUREAU: Final = frozenset[Action](
    {
        "read_self",
        "keep_self",
        "list_lessons",
        "read_summary",
        "export_recording",
        "play_recording",
        "comment",
        "ask_keeping",
        "keep_recordings",
        "hold_recordings",
        "observe",
        "read_ledger",
        "read_returns",
        "propose",
        "approve",
        "file_return",
        "receive_return",
        "keep_policy",
        "read_registry",
        "keep_school",
        "keep_registry",
        "upload",
        "read_resources",
        "keep_resources",
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
        "classroom": frozenset(
            {
                "read_self",
                "read_lesson",
                "read_summary",
                "take_part",
                "publish",
                "subscribe",
                "read_room",
                "invite_assistant",
                "upload",
            }
        ),
        "assistant": frozenset({"read_self", "read_lesson", "read_summary", "take_part", "publish", "subscribe"}),
        "observer": frozenset({"read_self", "read_lesson", "subscribe"}),
        # Accounts; a teacher's account may what a teacher's link may.
        "school_officer": frozenset(
            {
                "read_self",
                "keep_self",
                "list_lessons",
                "keep_timetable",
                "read_summary",
                "export_recording",
                "play_recording",
                "comment",
                "ask_keeping",
                "keep_recordings",
                "read_ledger",
                "read_returns",
                "propose",
                "file_return",
                "read_registry",
                "keep_school",
                "upload",
                "read_resources",
                "keep_resources",
            }
        ),
        "bureau_officer": _BUREAU,
        "inspector": frozenset(
            {
                "read_self",
                "keep_self",
                "list_lessons",
                "read_summary",
                "play_recording",
                "comment",
                "observe",
                "read_ledger",
                "read_returns",
                "read_resources",
                "read_registry",
                "read_log",
            }
        ),
        "admin": frozenset(
            {
                "read_self",
                "keep_self",
                "mint_link",
                "keep_accounts",
                "keep_programs",
                "read_audit",
                "read_registry",
                "read_metrics",
            }
        ),
        # The bureau's own systems: what their tokens' scopes say, out of these.
        "program": frozenset({"read_self", *SCOPES.values()}),
        # The command line of this machine; its secret is in server.json and dies with the process.
        "machine": (_BUREAU - {"read_self", "keep_self", "observe", "play_recording", "comment"})
        | {
            "create_lesson",
            "keep_timetable",
            "read_lesson",
            "end_lesson",
            "mint_link",
            "keep_programs",
            "read_metrics",
        },
        # Whoever comes to an open door.
        "anyone": frozenset(),
    }
)
# A token is 22 characters of base64url; whatever is much longer is not looked up.
MAX_TOKEN_CHARS: Final = 64


class Grant(msgspec.Struct, frozen=True):
    """An authenticated caller: a link, an account, a program's token, or the command line of this machine."""

    role: GrantRole
    link: Link | None = None
    account: Account | None = None
    program: Program | None = None

    @property
    def school(self) -> str | None:
        """The school that bounds what the caller reaches; None: no bound by school."""
        return self.link.school if self.link else self.account.school if self.account else None

    @property
    def actor(self) -> Actor:
        """Who stands in the audit log."""
        if self.link is not None:
            return Actor("link", self.link.id)
        if self.account is not None:
            return Actor("account", self.account.id)
        if self.program is not None:
            return Actor("token", self.program.id)
        return MACHINE if self.role == "machine" else SERVER

    @property
    def holder(self) -> str | None:
        """Whose the links are that the caller mints: they are revoked with the caller's own. None: nobody's."""
        return self.link.holder if self.link else self.account.id if self.account else None

    @property
    def name(self) -> str | None:
        """How the caller is called; None: nobody has said."""
        return self.link.name if self.link else self.account.name if self.account else None

    @property
    def actions(self) -> frozenset[Action]:
        """All that the caller may."""
        if self.program is not None:
            return frozenset({"read_self", *(SCOPES[scope] for scope in self.program.scopes)})
        if self.account is None:
            return MAY[self.role] - OF_ACCOUNTS
        return MAY[self.role] & BEFORE_CHANGE if self.account.must_change else MAY[self.role] - OF_LINKS

    def may(self, action: Action) -> bool:
        return action in self.actions

    def require(self, action: Action) -> None:
        """Raises Problem: password_must_change, forbidden."""
        if self.may(action):
            return
        must_change = self.account is not None and self.account.must_change
        raise Problem("password_must_change" if must_change else "forbidden")


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
    if token.startswith(PROGRAM_TOKEN):
        return await _authenticate_program(store, token, at)
    link = await store.links.resolve(token)
    if link is None or (link.revoked_at is not None and link.revoked_at <= at):
        raise Problem("token_invalid")
    if not is_usable(link, at):
        raise Problem("token_expired")
    return Grant(link.role, link)


async def _authenticate_program(store: Store, token: str, at: datetime) -> Grant:
    program = await store.programs.resolve(token, at)
    if program is None or program.revoked_at is not None:
        raise Problem("token_invalid")
    if not program.is_usable(at):
        raise Problem("token_expired")
    return Grant("program", program=program)


async def authenticate_session(store: Store, token: str, at: datetime) -> Grant:
    """Whose session this cookie is. Raises Problem(session_ended)."""
    account = None
    if len(token) <= MAX_TOKEN_CHARS and token.isascii():
        account = await store.sign_ins.resolve(token, at)
    if account is None:
        raise Problem("session_ended")
    return Grant(account.role, account=account)
