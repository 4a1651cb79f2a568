"""`classroom recording …`: recordings as they lie on the disk."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from classroom.store.store import Store
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, settings_or_fail
from signaling.datadir import DataDirectory
from signaling.integrity import Integrity
from signaling.settings import Settings

app = commands("Recordings (录像) as they lie on the disk.")


@app.command("verify")
def verify(
    lesson: Annotated[str | None, typer.Argument(help="of this lesson alone; otherwise of all")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Compare every file with what it was after its lesson, beside a running server or not; ends with 1 for a fault."""
    found = asyncio.run(_verify(settings_or_fail(data=data), lesson))
    if json:
        print_json(found)
    else:
        typer.echo(f"{found['whole']} recordings are what they were")
        for fault in found["faults"]:
            typer.echo(f"{fault['lesson']} {fault['file']}: {fault['fault']}")
    if found["faults"] or found["unread"]:
        bad, unread = len({fault["lesson"] for fault in found["faults"]}), len(found["unread"])
        fail(
            f"{bad} 份录像的文件缺失或被改动，{unread} 份读不出来。 {bad} recordings are damaged, {unread} unreadable."
        )


async def _verify(settings: Settings, lesson: str | None) -> Any:
    store = await Store.open(settings.database_url)
    try:
        integrity = Integrity(store, DataDirectory(settings.data).recordings)
        kept = [
            one for one in await store.recordings.in_state("kept") if one.summed_at and lesson in (None, one.lesson)
        ]
        whole, faults, unread = 0, [], []
        for one in kept:
            wrong = await integrity.check(one.lesson, datetime.now(UTC))
            if wrong is None:
                unread.append(one.lesson)
            elif not wrong:
                whole += 1
            else:
                faults += [{"lesson": one.lesson, "file": name, "fault": fault} for name, fault in wrong.items()]
        return {"whole": whole, "faults": faults, "unread": unread}
    finally:
        await store.close()
