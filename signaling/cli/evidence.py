"""`classroom evidence 2019-05`, `classroom evidence verify FILE`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from classroom.ledger.filing import BUREAU
from classroom.ledger.month_pairs import month_pairs
from classroom.store.store import Store
from signaling.cli.options import DataOption, fail, settings_or_fail
from signaling.evidence_check import NoPack, check_pack
from signaling.evidence_pack import Manifest, make_pack
from signaling.records import Records, UnknownMonth
from signaling.settings import Settings


def evidence(
    month: Annotated[str, typer.Argument(help="work month (工作月度) as 2019-05, or the word verify")],
    file: Annotated[
        Path | None, typer.Argument(help="where to write the pack; with verify, which one to check")
    ] = None,
    data: DataOption = None,
) -> None:
    """Write a month's evidence pack (佐证材料包), or check one: it needs no server, and no data directory."""
    if month == "verify":
        if file is None:
            fail("Which file? classroom evidence verify FILE")
        _verify(file)
        return
    target = file or Path(f"evidence-{month}.zip")
    manifest, seal, unfiled = _made(settings_or_fail(data=data), month, target)
    typer.echo(f"{target}: {len(manifest.parts)} parts, {len(manifest.heads)} lessons")
    if unfiled:
        typer.echo(f"还没有报送的表 (forms not filed yet): {len(unfiled)}", err=True)
        typer.echo("\n".join(f"  {name}" for name in unfiled), err=True)
    typer.echo(f"seal {seal}")


def _made(settings: Settings, month: str, target: Path) -> tuple[Manifest, str, list[str]]:
    """The pack's manifest and seal, and the names of the forms that nobody has filed."""

    async def make() -> tuple[Manifest, str, list[str]]:
        store = await Store.open(settings.database_url)
        try:
            at = datetime.now(UTC)
            window = await Records(store).window(month, at)
            manifest, seal = await make_pack(store, window, target, at)
            pairs = month_pairs(await store.registry.book(), window, "")
            names = {BUREAU: "附件2"} | {one.pair.id: f"附件3 {one.name}" for one in pairs}
            return manifest, seal, [names[form] for form in manifest.unfiled]
        finally:
            await store.close()

    if not settings.database and not (settings.data / "classroom.db").exists():
        fail(f"{settings.data} 里没有数据。 There is no data.")
    try:
        return asyncio.run(make())
    except UnknownMonth:
        fail(f"{month} 还没有开始。 No such work month has begun.")
    except OSError as error:
        fail(f"{target}: {error.strerror}")


def _verify(file: Path) -> None:
    try:
        report = check_pack(file)
    except (NoPack, OSError) as error:
        fail(str(error))
    typer.echo(
        f"{report.month}: {report.parts} parts, {report.lessons} lessons, {report.judged} activities judged again,"
    )
    typer.echo(f"{report.figures} figures added up again; seal {report.seal}")
    if report.faults:
        fail("\n".join(report.faults))
    typer.echo("全部相符 (everything fits)")
