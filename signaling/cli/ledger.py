"""`classroom ledger …`: the ledger's own upkeep (台账)."""

from typing import Annotated

import typer

from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, print_json, settings_or_fail

app = commands("The ledger (台账): activities are kept with their evidence, and judged again at will.")


@app.callback()
def ledger() -> None:
    """A group of commands, though there is but one."""


@app.command("rebuild")
def rebuild(
    month: Annotated[str, typer.Argument(help="work month (工作月度) as 2019-05")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Judge the lessons of a month again from the journal; what has been reported stays as it is."""
    found = ask_desk(settings_or_fail(data=data), "rebuild", month)
    if json:
        print_json(found)
    else:
        typer.echo(f"工作月度 {found['month']}：重新核算 {found['lessons']} 节课")
