"""`classroom form …`: the official forms themselves, without a server: blank ones to print, filled ones read."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from classroom.ledger.cells import CELL_WORDS, SCHOOL_FORM
from classroom.ledger.figures import printed
from classroom.paper.annex3 import annex3
from classroom.paper.errors import PaperError
from classroom.paper.formats import MEDIA_TYPES, write_sheet
from classroom.paper.packages import FILE_MAX_BYTES
from classroom.paper.reading import read_annex3
from classroom.paper.text import to_text
from signaling.cli.options import JsonOption, commands, fail, print_json
from signaling.papers import blank_sheet

app = commands("The official forms (附件2, 附件3): blank ones, and filled ones read.")


@app.command("blank")
def blank(
    form: Annotated[Literal["annex2", "annex3"], typer.Argument(help="annex2 (教育局) or annex3 (结对学校)")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="file to write: .xlsx, .docx or .pdf")] = None,
) -> None:
    """Write a blank form, for months when only paper is left."""
    path = out or Path(f"{form}.pdf")
    format = next((known for known in MEDIA_TYPES if path.suffix == f".{known}"), None)
    if format is None:
        fail(f"{path} must end in .xlsx, .docx or .pdf.")
    try:
        path.write_bytes(write_sheet(blank_sheet(form), format))
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")
    typer.echo(str(path))


@app.command("read")
def read(
    file: Annotated[Path, typer.Argument(help="a filled 附件3: .xlsx or .docx")],
    json: JsonOption = False,
) -> None:
    """Show what a filled 附件3 says, cell by cell; nothing is stored."""
    try:
        with file.open("rb") as stream:
            data = stream.read(FILE_MAX_BYTES + 1)
        cells = read_annex3(data, file.name)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
    except PaperError as refusal:
        fail(f"{refusal.title}{f'：{refusal.detail}' if refusal.detail else ''}")
    if json:
        print_json(cells)
        return
    typer.echo(to_text(annex3({cell: printed(value) for cell, value in cells.items()})))
    missing = [CELL_WORDS[cell] for cell in SCHOOL_FORM if cells[cell] is None]
    if missing:
        typer.echo(f"未填：{'、'.join(missing)}")
