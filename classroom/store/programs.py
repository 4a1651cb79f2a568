"""Programs (程序接口): the bureau's own systems, each with a token whose scopes say what it may read."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

import msgspec
from sqlalchemy import RowMapping, insert, select, update

from classroom.store import audit
from classroom.store.audit import Actor
from classroom.store.database import Database, fields
from classroom.store.ids import new_id, new_token, token_hash
from classroom.store.schema.feeds import programs

Scope = Literal["sessions", "activities", "returns", "registry", "evidence"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
PROGRAM_TOKEN: Final = "cp_"
"""How a program's token begins, so that it is told from a link's and found where it has leaked."""
_USED_EVERY: Final = timedelta(hours=1)


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program of the bureau's, by its token; the token itself is nowhere kept."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_usable(self, at: datetime) -> bool:
        """Whether its token opens anything at `at`."""
        return self.revoked_at is None and at < self.expires_at


class Programs:
    """Makes, finds and revokes programs' tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self, name: str, scopes: Collection[Scope], expires_at: datetime, actor: Actor, at: datetime
    ) -> tuple[str, Program]:
        """A new token and what it stands for."""
        token = PROGRAM_TOKEN + new_token()
        made = Program(
            id=new_id(),
            name=name,
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            created_at=at,
            expires_at=expires_at,
            revoked_at=None,
            last_used_at=None,
        )
        values = {**msgspec.structs.asdict(made), "scopes": " ".join(made.scopes), "token_hash": token_hash(token)}
        async with self._database.write() as connection:
            await connection.execute(insert(programs).values(values))
            said = {"name": name, "scopes": made.scopes, "expires_at": expires_at}
            await audit.note(connection, actor, "program.made", f"program:{made.id}", at, said)
        return token, made

    async def all(self) -> list[Program]:
        """Every program, the latest first."""
        found = select(*_PROGRAM).order_by(programs.c.created_at.desc(), programs.c.id)
        async with self._database.read() as connection:
            return [_program(row) for row in (await connection.execute(found)).mappings()]

    async def resolve(self, token: str, at: datetime) -> Program | None:
        """Whose token this is, usable or not; notes that it is in use."""
        async with self._database.read() as connection:
            found = select(*_PROGRAM).where(programs.c.token_hash == token_hash(token))
            row = (await connection.execute(found)).mappings().one_or_none()
        if row is None:
            return None
        program = _program(row)
        if program.is_usable(at) and (program.last_used_at is None or at - program.last_used_at >= _USED_EVERY):
            async with self._database.write() as connection:
                await connection.execute(update(programs).where(programs.c.id == program.id).values(last_used_at=at))
        return program

    async def names(self, ids: Collection[str]) -> dict[str, str]:
        """Program → its name."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(programs.c.id, programs.c.name).where(programs.c.id.in_(list(ids))))
            return {row.id: row.name for row in rows}

    async def revoke(self, program: str, actor: Actor, at: datetime) -> bool:
        """Its token opens nothing from `at` on; False for one that is unknown or was revoked before."""
        valid = (programs.c.id == program) & programs.c.revoked_at.is_(None)
        async with self._database.write() as connection:
            done = await connection.scalar(update(programs).where(valid).values(revoked_at=at).returning(programs.c.id))
            if done is not None:
                await audit.note(connection, actor, "program.revoked", f"program:{program}", at)
            return done is not None


_PROGRAM: Final = [programs.c[name] for name in Program.__struct_fields__]


def _program(row: RowMapping) -> Program:
    return msgspec.convert({**fields(row), "scopes": tuple(row["scopes"].split())}, Program)
