"""`classroom backup FILE`, `classroom restore FILE`."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from classroom.store.store import Store
from signaling.backup import BackupError, Manifest, make_backup, restore_backup
from signaling.cli.options import DataOption, fail, settings_or_fail
from signaling.datadir import DataBusy, DataDirectory
from signaling.files import Contents
from signaling.settings import Settings

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="database URL (default: SQLite in the data directory)")
]


def backup(
    file: Annotated[Path, typer.Argument(help="where to write it; keep it as safe as the server")],
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Write everything but the recordings into one file, while the server runs or not."""
    _say(_done(_back_up(settings_or_fail(data=data, database=database), file)), "backed up")


def restore(
    file: Annotated[Path, typer.Argument(help="a file of `classroom backup`")],
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Fill an empty data directory, or an empty PostgreSQL database, and check that every row is back."""
    _say(_done(_restore(settings_or_fail(data=data, database=database), file)), "restored and compared")


async def _back_up(settings: Settings, file: Path) -> Manifest:
    if not settings.database and not (settings.data / "classroom.db").exists():
        raise BackupError(f"{settings.data} 里没有数据。 There is no data.")
    store = await Store.open(settings.database_url)
    try:
        return await make_backup(store, Contents(DataDirectory(settings.data).files), file, datetime.now(UTC))
    finally:
        await store.close()


async def _restore(settings: Settings, file: Path) -> Manifest:
    directory = DataDirectory(settings.data)
    try:
        directory.open()
    except DataBusy:
        raise BackupError("请先停止服务。 Stop the server first.") from None
    try:
        store = await Store.open(settings.database_url)
        try:
            return await restore_backup(store, Contents(directory.files), file)
        finally:
            await store.close()
    finally:
        directory.close()


def _done(doing: Coroutine[Any, Any, Manifest]) -> Manifest:
    try:
        return asyncio.run(doing)
    except (BackupError, OSError) as error:
        fail(str(error))


def _say(manifest: Manifest, what: str) -> None:
    rows = sum(member.rows or 0 for member in manifest.members.values())
    contents = sum(member.rows is None for member in manifest.members.values())
    typer.echo(f"{rows} rows and {contents} files {what}; recordings are not part of a backup")
    for sha256 in manifest.missing:
        typer.echo(f"missing when the backup was made: files/{sha256[:2]}/{sha256}", err=True)
