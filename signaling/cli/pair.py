"""`classroom pair …`: which schools are paired."""

from typing import Annotated

import msgspec
import typer

from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, print_table, settings_or_fail
from signaling.pairs import PairRequest

app = commands("Paired schools (结对): only lessons of an active pair count.")


@app.command("list")
def listing(data: DataOption = None, json: JsonOption = False) -> None:
    """Every pair with its status today; 待定 waits for `classroom pair activate`."""
    pairs = ask_desk(settings_or_fail(data=data), "pairs")
    if json:
        print_json(pairs)
        return
    print_table(
        ("status", "since", "supporter", "recipient"),
        [(pair["status"], pair["since"], pair["supporter"], pair["recipient"] or "–") for pair in pairs["pairs"]],
    )


@app.command("activate")
def activate(
    supporter: Annotated[str, typer.Option(help="the school that teaches (支援学校); made when it is not known")],
    recipient: Annotated[str, typer.Option(help="the school that listens (受援学校); made when it is not known")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make a pair active from today on; it is made where there is none."""
    try:
        request = msgspec.convert({"supporter": supporter, "recipient": recipient}, PairRequest)
    except msgspec.ValidationError as error:
        fail(f"The pair cannot be made: {error}")
    pair = ask_desk(settings_or_fail(data=data), "activate_pair", request)
    if json:
        print_json(pair)
    else:
        typer.echo(f"{pair['supporter']} → {pair['recipient']}: {pair['status']} since {pair['since']}")
