"""`classroom demo`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from signaling.cli.options import JsonOption, fail, print_json
from signaling.demo.players import PlayersFailed
from signaling.demo.run import Clients, DemoFailed, DemoOptions, Outcome, run
from signaling.demo.server import ServerFailed


def demo(
    data: Annotated[
        Path | None,
        typer.Option(help="data directory of its own (default: a new one below ./data/demo)", show_default=False),
    ] = None,
    clients: Annotated[
        Clients, typer.Option(help="who takes part: Chromium (browser), our own clients (own), or what there is (auto)")
    ] = "auto",
    json: JsonOption = False,
) -> None:
    """Hold one real lesson by itself: three seats, a recording, the log, the month. Exit 0 only if all went well."""
    try:
        outcome = asyncio.run(_with_progress(DemoOptions(data=data, clients=clients), quiet=json))
    except (DemoFailed, ServerFailed, PlayersFailed) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("Stopped.")
    if json:
        print_json(outcome.result)
    else:
        _print(outcome)
    for sentence in outcome.failures:
        typer.echo(f"✗ {sentence}", err=True)
    if outcome.failures:
        raise typer.Exit(1)


async def _with_progress(options: DemoOptions, *, quiet: bool) -> Outcome:
    """Sentences as they come, and a bar while the seats are together; with --json all of it on standard error."""
    console = Console(stderr=quiet)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        together = bar.add_task("", total=1.0, visible=False)
        last = ""

        def tell(sentence: str, done: float | None) -> None:
            nonlocal last
            if sentence != last:
                bar.console.print(sentence, highlight=False, soft_wrap=True)
                last = sentence
            bar.update(together, description=sentence, completed=done or 0.0, visible=done is not None)

        return await run(options, tell)


def _print(outcome: Outcome) -> None:
    result, console = outcome.result, Console()
    for seat in result.seats:
        first = "–" if seat.first_picture_ms is None else f"{seat.first_picture_ms:.0f} ms"
        console.print(f"seat      {seat.seat}: {seat.pictures} pictures, the first after {first}", highlight=False)
    for recording in result.recordings:
        missing_s = sum(gap.to_s - gap.from_s for gap in recording.gaps)
        gaps = f"{missing_s:.1f} s of it incomplete" if recording.gaps else "no gaps"
        console.print(f"recording {recording.file}: {recording.seconds:.1f} s, {gaps}", highlight=False, soft_wrap=True)
    for activity in result.activities:
        console.print(
            f"activity  {activity.state}: {activity.minutes} min, {activity.participants} participants", highlight=False
        )
    month = result.month
    console.print(f"month     {month.month}: {month.count} counted, {month.participants} participants", highlight=False)
