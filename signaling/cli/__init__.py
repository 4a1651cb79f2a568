"""`classroom`: the command line."""

import typer

from signaling.cli import (
    account,
    api,
    audit,
    backup,
    demo,
    doctor,
    evidence,
    form,
    ledger,
    lesson,
    link,
    month,
    pair,
    registry,
    returns,
    sample,
    serve,
    setup,
)

app = typer.Typer(
    name="classroom",
    help="城乡同步课堂: live synchronized lessons, recorded and logged by themselves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("sample")(sample.sample)
app.command("month")(month.month)
app.command("doctor")(doctor.doctor)
app.command("api")(api.api)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("evidence")(evidence.evidence)
app.command("setup")(setup.setup)
app.add_typer(account.app, name="account")
app.add_typer(audit.app, name="audit")
app.add_typer(form.app, name="form")
app.add_typer(ledger.app, name="ledger")
app.add_typer(lesson.app, name="lesson")
app.add_typer(link.app, name="link")
app.add_typer(pair.app, name="pair")
app.add_typer(registry.app, name="registry")
app.add_typer(returns.app, name="return")


def main() -> None:
    """The console script."""
    app()
