"""课前检测: what rooms and teachers measured before class. Numbers alone; evidence, never a verdict."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, func, insert, select

from classroom.registry.check import Finding, Judged, Measured
from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.checks import checks

MAX_A_DAY: Final = 20
"""Of one link: a technician at work on a room needs some, nobody a hundred."""
_DAY: Final = timedelta(days=1)


class KeptCheck(msgspec.Struct, frozen=True, kw_only=True):
    """`classroom` null: a teacher's own PC. `standard`: the version that it was judged by."""

    id: str
    at: datetime
    school: str
    classroom: str | None
    standard: int
    passed: bool
    measured: Measured
    findings: tuple[Finding, ...]


class Checks:
    """The checks of all schools."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(
        self, *, school: str, classroom: str | None, standard: int, measured: Measured, judged: Judged, by: By
    ) -> KeptCheck | None:
        """A new one; None when its link has all that it may have within a day."""
        made = KeptCheck(
            id=new_id(),
            at=by.at,
            school=school,
            classroom=classroom,
            standard=standard,
            passed=judged.passed,
            measured=measured,
            findings=judged.findings,
        )
        row = {
            **msgspec.structs.asdict(made),
            "actor_kind": by.actor.kind,
            "actor": by.actor.id,
            "measured": msgspec.json.encode(measured).decode(),
            "findings": msgspec.json.encode(judged.findings).decode(),
        }
        own = (checks.c.school == school) & (checks.c.actor == by.actor.id) & (checks.c.at > by.at - _DAY)
        async with self._database.write() as connection:
            if (await connection.scalar(select(func.count()).select_from(checks).where(own)) or 0) >= MAX_A_DAY:
                return None
            await connection.execute(insert(checks).values(row))
            detail = {"school": school, "classroom": classroom, "passed": judged.passed, "standard": standard}
            await note(connection, by.actor, "check.kept", f"check:{made.id}", by.at, detail)
        return made

    async def latest(self, classroom: str) -> KeptCheck | None:
        """The last one of a room."""
        found = select(checks).where(checks.c.classroom == classroom).order_by(checks.c.at.desc(), checks.c.id).limit(1)
        async with self._database.read() as connection:
            row = (await connection.execute(found)).mappings().one_or_none()
        return None if row is None else _kept(row)

    async def page(
        self, *, school: str | None = None, after: tuple[datetime, str] | None = None, limit: int = 50
    ) -> list[KeptCheck]:
        """The latest first, from below `after`: an instant and an id."""
        found = select(checks)
        if school is not None:
            found = found.where(checks.c.school == school)
        if after is not None:
            at, id = after
            found = found.where((checks.c.at < at) | ((checks.c.at == at) & (checks.c.id < id)))
        in_order = found.order_by(checks.c.at.desc(), checks.c.id.desc()).limit(limit)
        async with self._database.read() as connection:
            return [_kept(row) for row in (await connection.execute(in_order)).mappings()]


def _kept(row: RowMapping) -> KeptCheck:
    value: dict[str, Any] = dict(fields(row))
    value["measured"] = msgspec.json.decode(value["measured"])
    value["findings"] = msgspec.json.decode(value["findings"])
    return msgspec.convert(value, KeptCheck)
