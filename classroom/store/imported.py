"""附件3 brought in from paper (导入的月报): months before this system began, and another county's, cell by cell."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from classroom.store.audit import note
from classroom.store.database import Database, fields
from classroom.store.files import File, put_file
from classroom.store.ids import new_id
from classroom.store.registry import By
from classroom.store.schema.ledger import tallies
from classroom.store.schema.registry import imported_returns
from classroom.store.schema.returns import returns


class ImportedReturn(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's month as it stood on paper: cell of 附件3 → value. `file`: the paper itself."""

    id: str
    pair: str
    month: str
    cells: dict[str, Any]
    file: str
    at: datetime
    actor_kind: str
    actor: str


class NewReturn(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be kept of one pair's month."""

    pair: str
    month: str
    cells: Mapping[str, Any]


class ImportedReturns:
    """The rows. A pair's month has one that is in force; those it replaced stay."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def between(self, first: str, last: str, pair: str | None = None) -> list[ImportedReturn]:
        """Those in force of the months `first` to `last`, both included, in order of month and pair."""
        in_force = imported_returns.c.month.between(first, last) & ~imported_returns.c.is_replaced
        if pair is not None:
            in_force &= imported_returns.c.pair == pair
        found = select(imported_returns).where(in_force)
        in_order = found.order_by(imported_returns.c.month, imported_returns.c.pair)
        async with self._database.read() as connection:
            rows = (await connection.execute(in_order)).mappings().all()
        return [_imported(fields(row)) for row in rows]

    async def taken(self, months: Sequence[str]) -> set[tuple[str, str]]:
        """(pair, month) that this system has counted or filed itself: nothing may be imported over them."""
        counted = select(tallies.c.pair, tallies.c.month).where(
            tallies.c.month.in_(months), (tallies.c.count > 0) | (tallies.c.pending > 0)
        )
        filed = select(returns.c.pair, returns.c.month).where(returns.c.month.in_(months), returns.c.state != "draft")
        async with self._database.read() as connection:
            found = [*(await connection.execute(counted)), *(await connection.execute(filed))]
        return {(row.pair, row.month) for row in found}

    async def put(self, made: Sequence[NewReturn], file: File, by: By) -> None:
        """Keep them, with the file they come from; one of the same pair and month is replaced."""
        async with self._database.write() as connection:
            await put_file(connection, file, by)
            for new in made:
                same = (imported_returns.c.pair == new.pair) & (imported_returns.c.month == new.month)
                await connection.execute(update(imported_returns).where(same).values(is_replaced=True))
            rows = [
                {
                    "id": new_id(),
                    "pair": new.pair,
                    "month": new.month,
                    "cells": msgspec.json.encode(new.cells).decode(),
                    "file": file.id,
                    "at": by.at,
                    "actor_kind": by.actor.kind,
                    "actor": by.actor.id,
                    "is_replaced": False,
                }
                for new in made
            ]
            await connection.execute(insert(imported_returns), rows)
            detail = {"file": file.id, "months": sorted({new.month for new in made}), "rows": len(made)}
            await note(connection, by.actor, "returns.imported", f"file:{file.id}", by.at, detail)


def _imported(row: dict[str, Any]) -> ImportedReturn:
    kept = {name: value for name, value in row.items() if name != "is_replaced"}
    return msgspec.convert({**kept, "cells": msgspec.json.decode(row["cells"])}, ImportedReturn)
