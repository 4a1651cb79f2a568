"""`classroom doctor`."""

import typer
from rich.console import Console

from signaling.cli.options import with_settings
from signaling.doctor import examine
from signaling.settings import Settings

_MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "failure": "[red]✗[/]"}


@with_settings
def doctor(settings: Settings) -> None:
    """Is this machine fit to hold lessons? Checks ports, disk, clock, pages, libraries and TLS, and says what to do."""
    console = Console()
    findings = examine(settings)
    for finding in findings:
        console.print(_MARKS[finding.verdict], f"{finding.check:<10}", finding.sentence, highlight=False)
    if any(finding.verdict == "failure" for finding in findings):
        raise typer.Exit(1)
