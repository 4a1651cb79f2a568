"""`classroom audit …`: the audit log (审计日志), read and checked."""

from datetime import datetime
from typing import Annotated

import msgspec
import typer

from signaling.audit_views import AuditFilter
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, print_table, settings_or_fail

app = commands("The audit log (审计日志): every change, and every view of a lesson.")


@app.command("list")
def listing(
    action: Annotated[str | None, typer.Option(help="an action or the beginning of one, as account.")] = None,
    subject: Annotated[str | None, typer.Option(help="what it was done to, as pair:abcdefghijkl")] = None,
    actor: Annotated[str | None, typer.Option(help="id of the account or link that did it")] = None,
    first: Annotated[str | None, typer.Option(help="from this day on, 2026-09-01")] = None,
    last: Annotated[str | None, typer.Option(help="to the end of this day")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="so many rows, the latest first")] = 50,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Who did what, the latest first."""
    given = {"action": action, "subject": subject, "actor": actor, "first": first, "last": last}
    try:
        wanted = msgspec.convert(given, AuditFilter)
    except msgspec.ValidationError as error:
        fail(f"The log cannot be searched so: {error}")
    lines = ask_desk(settings_or_fail(data=data), "audit", wanted, limit)
    if json:
        print_json({"lines": lines})
        return
    print_table(
        ("row", "at", "who", "what", "whose"),
        [
            (
                str(line["seq"]),
                datetime.fromisoformat(line["at"]).strftime("%Y-%m-%d %H:%M:%S"),
                line["actor_name"],
                line["action_text"] or line["action"],
                line["subject_name"] or line["subject"],
            )
            for line in lines
        ],
    )


@app.command("verify")
def verify(data: DataOption = None, json: JsonOption = False) -> None:
    """Follow the chain of hashes; ends with 1 when a row was changed, taken out or cut off."""
    found = ask_desk(settings_or_fail(data=data), "verify_audit")
    if json:
        print_json(found)
    else:
        typer.echo(f"{found['rows']} rows hold; the last hash is {found['head']}")
    if found["broken_at"] is not None:
        fail(f"审计日志从第 {found['broken_at']} 行起不完整。 Row {found['broken_at']} does not fit the chain.")
