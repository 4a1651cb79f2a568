"""Plans (备课): a lesson's title and steps. The journal knows a step by its place only: what is written here can go."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select, update

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.registry import By
from classroom.store.schema.plans import plans


class StalePlan(Exception):
    """Somebody else has changed the plan since; `plan` is as it is now."""

    def __init__(self, plan: "Plan | None") -> None:
        super().__init__("stale")
        self.plan = plan


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """环节. `minutes` it is to take; `leads`: the school, or whoever else, that has the word; `files` by id."""

    title: str
    minutes: int
    leads: str = ""
    note: str = ""
    files: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`title`: 课题, or of a meeting its 主题. `edited_by` is how the last editor is called."""

    lesson: str
    version: int
    title: str
    steps: tuple[Step, ...]
    edited_at: datetime
    edited_by: str


class Plans:
    """The plans of all lessons."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, lesson: str) -> Plan | None:
        """A lesson's plan; None where nobody has written one."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(plans).where(plans.c.lesson == lesson))).mappings().one_or_none()
        return None if row is None else _plan(dict(fields(row)))

    async def title(self, lesson: str) -> str:
        """What the lesson is called; "" where nobody has said."""
        return (await self.titles([lesson])).get(lesson, "")

    async def titles(self, lessons: list[str]) -> dict[str, str]:
        """Lesson → its title, of those that have a plan."""
        async with self._database.read() as connection:
            found = select(plans.c.lesson, plans.c.title).where(plans.c.lesson.in_(lessons))
            return {row.lesson: row.title for row in await connection.execute(found)}

    async def put(
        self, lesson: str, *, title: str, steps: tuple[Step, ...], version: int, edited_by: str, by: By
    ) -> Plan:
        """Write it over the version that its editor saw (0: none yet). The audit log keeps that, not the words.

        Raises StalePlan: nobody writes over what they have not seen.
        """
        made = Plan(lesson=lesson, version=version + 1, title=title, steps=steps, edited_at=by.at, edited_by=edited_by)
        values = {**msgspec.structs.asdict(made), "steps": msgspec.json.encode(steps).decode()}
        async with self._database.write() as connection:
            seen = (plans.c.lesson == lesson) & (plans.c.version == version)
            changed = update(plans).where(seen).values(values).returning(plans.c.lesson)
            if await connection.scalar(changed) is None:
                row = (await connection.execute(select(plans).where(plans.c.lesson == lesson))).mappings().one_or_none()
                if row is not None or version:
                    raise StalePlan(None if row is None else _plan(dict(fields(row))))
                await connection.execute(insert(plans).values(values))
            detail = {"version": made.version, "steps": len(steps)}
            await note(connection, by.actor, "plan.edited", f"lesson:{lesson}", by.at, detail)
        return made


def _plan(row: dict[str, object]) -> Plan:
    return msgspec.convert({**row, "steps": msgspec.json.decode(str(row["steps"]))}, Plan)
