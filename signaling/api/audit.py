"""`/audit`: the audit log (审计日志), to be read and to be checked."""

from datetime import date

import msgspec

from classroom.store.audit import Verdict
from signaling.api.door import Call, Doors, Nothing, Page, PageQuery
from signaling.api.paging import read_cursor, write_cursor
from signaling.audit_views import ACTIONS, AuditAction, AuditFilter, AuditLine, Code, audit_lines
from signaling.context import STORE

DOORS = Doors("audit")


class AuditQuery(PageQuery, frozen=True, kw_only=True):
    """What to show of the log: as AuditFilter."""

    actor_kind: Code | None = None
    actor: Code | None = None
    action: Code | None = None
    subject: Code | None = None
    first: date | None = None
    last: date | None = None


@DOORS.door("GET", "/api/v1/audit", may="read_audit", query=AuditQuery, answers=Page[AuditLine])
async def listing(call: Call[AuditQuery, Nothing]) -> Page[AuditLine]:
    """The latest rows first, with the names of who did what to whom."""
    asked = call.query
    before = None if asked.after is None else read_cursor(asked.after, tuple[int])[0]
    wanted = AuditFilter(**{name: getattr(asked, name) for name in AuditFilter.__struct_fields__})
    lines = await audit_lines(call.app[STORE], wanted, before=before, limit=asked.limit)
    is_more = len(lines) == asked.limit and lines[-1].seq > 1
    return Page(lines, write_cursor(lines[-1].seq) if is_more else None)


class AuditActions(msgspec.Struct, frozen=True):
    """By noun, as a person looks for them."""

    actions: list[AuditAction]


@DOORS.door("GET", "/api/v1/audit/actions", may="read_audit", answers=AuditActions)
async def actions(call: Call[Nothing, Nothing]) -> AuditActions:
    """Everything that the log may be asked for, in words."""
    return AuditActions([AuditAction(action, text) for action, text in ACTIONS.items()])


@DOORS.door("POST", "/api/v1/audit/verify", may="read_audit", answers=Verdict)
async def verify(call: Call[Nothing, Nothing]) -> Verdict:
    """Follow the whole chain of hashes: every row changed, missing or cut off since shows."""
    return await call.app[STORE].audit.verify()
