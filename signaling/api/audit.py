"""`/audit`: the audit log (审计日志), to be read and to be checked."""

from datetime import date

from classroom.store.audit import Verdict
from signaling.api.door import Call, Doors, Nothing, Page, PageQuery
from signaling.api.paging import read_cursor, write_cursor
from signaling.audit_views import AuditFilter, AuditLine, Code, audit_lines
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


@DOORS.door("POST", "/api/v1/audit/verify", may="read_audit", answers=Verdict)
async def verify(call: Call[Nothing, Nothing]) -> Verdict:
    """Follow the whole chain of hashes: every row changed, missing or cut off since shows."""
    return await call.app[STORE].audit.verify()
