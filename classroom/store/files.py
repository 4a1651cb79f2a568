"""Files that people upload: rows that point at contents kept under their hash; the server keeps the contents."""

from datetime import datetime

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.registry import files


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file. `school` None: the bureau's. `media`: what its bytes are, not what it was called."""

    id: str
    sha256: str
    size: int
    media: str
    name: str
    school: str | None
    uploaded_at: datetime
    actor_kind: str
    actor: str


class Files:
    """The rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *, sha256: str, size: int, media: str, name: str, school: str | None, by: By) -> File:
        """A new row; the content must be safe on disk already."""
        made = new_file(sha256=sha256, size=size, media=media, name=name, school=school, by=by)
        async with self._database.write() as connection:
            await put_file(connection, made, by)
        return made

    async def get(self, file: str) -> File | None:
        """A file by its id."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(files).where(files.c.id == file))).mappings().one_or_none()
        return None if row is None else msgspec.convert(fields(row), File)

    async def contents(self) -> list[str]:
        """The hashes of all contents that any file has, sorted."""
        async with self._database.read() as connection:
            return sorted(set(await connection.scalars(select(files.c.sha256))))

    async def many(self, ids: list[str]) -> list[File]:
        """Those of the ids that are known."""
        async with self._database.read() as connection:
            found = select(files).where(files.c.id.in_(ids)).order_by(files.c.uploaded_at, files.c.id)
            return [msgspec.convert(fields(row), File) for row in (await connection.execute(found)).mappings()]


def new_file(*, sha256: str, size: int, media: str, name: str, school: str | None, by: By) -> File:
    """A file's row, not yet kept."""
    return File(
        id=new_id(),
        sha256=sha256,
        size=size,
        media=media,
        name=name,
        school=school,
        uploaded_at=by.at,
        actor_kind=by.actor.kind,
        actor=by.actor.id,
    )


async def put_file(connection: AsyncConnection, file: File, by: By) -> None:
    """Keep a file's row in the caller's own transaction."""
    await connection.execute(insert(files).values(msgspec.structs.asdict(file)))
    detail = {"name": file.name, "sha256": file.sha256, "size": file.size}
    await note(connection, by.actor, "file.added", f"file:{file.id}", by.at, detail)
