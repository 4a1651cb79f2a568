"""`classroom`: the command line."""

from importlib import import_module
from typing import Any, Final

import typer
import typer.main

# What a command is called, the module of it, and whether it has commands of its own.
COMMANDS: Final[dict[str, tuple[str, bool]]] = {
    "serve": ("serve", False),
    "demo": ("demo", False),
    "sample": ("sample", False),
    "month": ("month", False),
    "doctor": ("doctor", False),
    "api": ("api", False),
    "backup": ("backup", False),
    "restore": ("backup", False),
    "evidence": ("evidence", False),
    "setup": ("setup", False),
    "account": ("account", True),
    "audit": ("audit", True),
    "form": ("form", True),
    "ledger": ("ledger", True),
    "lesson": ("lesson", True),
    "link": ("link", True),
    "pair": ("pair", True),
    "recording": ("recordings", True),
    "registry": ("registry", True),
    "return": ("returns", True),
}


class Commands(typer.core.TyperGroup):
    """Imports a command when it is asked for: a link is not to wait for what makes films and forms."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        name, is_group = COMMANDS[cmd_name]
        module = import_module(f"signaling.cli.{name}")
        app = module.app if is_group else _alone(cmd_name, getattr(module, cmd_name))
        command = typer.main.get_group(app) if is_group else typer.main.get_command(app)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="classroom",
    cls=Commands,
    # Plain help: nothing is cut off on a narrow screen.
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(help="城乡同步课堂: live synchronized lessons, recorded and logged by themselves.")
def _root() -> None:
    """Commands are found by `Commands`."""


def _alone(name: str, command: Any) -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
    app.command(name)(command)
    return app


def main() -> None:
    """The console script."""
    app()
