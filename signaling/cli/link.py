"""`classroom link …`: standing links."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
import typer

from classroom.ledger.months import local_date
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, print_table, settings_or_fail
from signaling.links import LinkRequest

app = commands("Standing links for teachers and classrooms.")
SchoolOption = Annotated[str, typer.Option(help="the school; made when it is not known")]


@app.command("teacher")
def teacher(
    school: SchoolOption,
    name: Annotated[str | None, typer.Option(help="whose link it is, for the list")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """A teacher's key to the lessons of a school."""
    _make("teacher", {"school": school, "name": name}, data, json)


@app.command("classroom")
def classroom(
    school: SchoolOption,
    classroom: Annotated[str | None, typer.Option(help="the room; made when it is not known")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """A classroom's standing page, for the PC in the room."""
    _make("classroom", {"school": school, "classroom": classroom}, data, json)


@app.command("list")
def listing(data: DataOption = None, json: JsonOption = False) -> None:
    """Every standing link, without its token."""
    links = ask_desk(settings_or_fail(data=data), "links")["links"]
    if json:
        print_json({"links": links})
        return
    print_table(("link", "role", "school", "room", "name", "created", "state"), [_row(link) for link in links])


@app.command("revoke")
def revoke(
    link: Annotated[str, typer.Argument(help="the link's id, from `classroom link list`")], data: DataOption = None
) -> None:
    """Take a link back: it opens nothing from now on."""
    ask_desk(settings_or_fail(data=data), "revoke_link", link)
    typer.echo(f"{link} revoked")


def _row(link: dict[str, str | None]) -> list[str]:
    created = local_date(datetime.fromisoformat(link["created_at"] or ""))
    state = "revoked" if link["revoked_at"] else "valid"
    texts = (link[key] or "–" for key in ("id", "role", "school_name", "classroom_name", "name"))
    return [*texts, created.isoformat(), state]


def _make(role: Literal["teacher", "classroom"], body: dict[str, str | None], data: DataOption, json: bool) -> None:
    try:
        request = msgspec.convert({"role": role, **body}, LinkRequest)
    except msgspec.ValidationError as error:
        fail(f"The link cannot be made: {error}")
    made = ask_desk(settings_or_fail(data=data), "make_link", request)
    if json:
        print_json(made)
    else:
        typer.echo(made["page"])
