"""`classroom return …`: the monthly returns (月报表) of a work month, and their papers."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from classroom.ledger.cells import CELL_WORDS
from classroom.paper.formats import MEDIA_TYPES, write_sheet
from classroom.paper.sheet import Sheet
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, print_table, settings_or_fail

app = commands("Monthly returns (月报表): 附件3 of every pair, 附件2 of the bureau.")
MonthArgument = Annotated[str, typer.Argument(help="work month (工作月度), as 2019-05")]
FormArgument = Annotated[str, typer.Argument(help="a pair's id, from `classroom return list`; bureau for 附件2")]
VersionOption = Annotated[int | None, typer.Option("--version", min=1, help="one of the form's snapshots")]


@app.command("list")
def listing(month: MonthArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Every form of a month and where it is."""
    found = ask_desk(settings_or_fail(data=data), "returns", month)
    if json:
        print_json(found)
        return
    info, bureau = found["month"], found["bureau"]
    typer.echo(f"{info['month']}: {info['first']} – {info['last']}, 附件2 {bureau['state_words']}")
    print_table(
        ("pair", "state", "supporter", "recipient", "节", "人次"),
        [
            (
                one["pair"],
                one["state_words"],
                one["supporter"],
                one["recipient"],
                str(one["sync_count"]),
                str(one["participants"]),
            )
            for one in found["items"]
        ],
    )


@app.command("show")
def show(
    month: MonthArgument,
    form: FormArgument = "bureau",
    version: VersionOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """One form, cell by cell; a value that somebody put by hand has the computed one beside it."""
    found = ask_desk(settings_or_fail(data=data), "form", month, form, version)
    if json:
        print_json(found)
        return
    print_table(("cell", "value", "computed"), [_row(cell, view) for cell, view in found["cells"].items()])
    for note in (*(missing["text"] for missing in found["missing"]), *found["notes"]):
        typer.echo(note)


@app.command("paper")
def paper(
    month: MonthArgument,
    form: FormArgument = "bureau",
    out: Annotated[Path, typer.Option("--out", "-o", help="file to write: .xlsx, .docx or .pdf")] = Path("return.pdf"),
    version: VersionOption = None,
    data: DataOption = None,
) -> None:
    """Write a form as it goes on paper."""
    format = next((known for known in MEDIA_TYPES if out.suffix == f".{known}"), None)
    if format is None:
        fail(f"{out} must end in .xlsx, .docx or .pdf.")
    found = ask_desk(settings_or_fail(data=data), "form", month, form, version)
    content = write_sheet(msgspec.convert(found["sheet"], Sheet), format)
    try:
        out.write_bytes(content)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}.")
    typer.echo(str(out))


def _row(cell: str, view: dict[str, Any]) -> tuple[str, str, str]:
    printed = view["printed"]
    value = printed if isinstance(printed, str) else "".join(printed)
    return CELL_WORDS[cell], value.replace("\n", " "), "" if view["hand"] is None else str(view["computed"])
