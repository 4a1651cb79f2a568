"""What several commands share: options made from the settings' own table, output, and plain failure."""

import inspect
import types
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn, Union, get_args, get_origin

import msgspec
import typer
from pydantic import ValidationError
from rich.cells import cell_len, set_cell_size

from signaling.settings import Settings, load_settings

DataOption = Annotated[
    Path | None, typer.Option("--data", help="data directory (default: ./data, or CLASSROOM_DATA)", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as one line of JSON")]


def commands(help: str) -> typer.Typer:
    """A group of commands. Plain help: nothing is cut off on a narrow screen."""
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None)


def fail(sentence: str) -> NoReturn:
    """Say what is wrong on standard error and leave with 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def settings_or_fail(config: Path | None = None, **flags: Any) -> Settings:
    """Settings, or the sentence that says which one is wrong."""
    try:
        return load_settings(config, **flags)
    except FileNotFoundError as error:
        fail(f"There is no settings file {error}.")
    except ValidationError as error:
        fail("\n".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']} (given: {e['input']!r})" for e in error.errors()))


def print_json(value: object) -> None:
    """One line of JSON on standard output."""
    typer.echo(msgspec.json.encode(value).decode())


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns under a header; a Chinese character is two cells wide."""
    lines = [header, *rows]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = (set_cell_size(text, width) for text, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes `settings` one flag for each setting, and `--config`. Help comes from the table."""
    parameters = [
        inspect.Parameter(
            "config",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Path | None, typer.Option("--config", help="TOML file with settings", show_default=False)
            ],
        ),
        *(_parameter(name) for name in Settings.model_fields),
    ]

    def run(**given: Any) -> None:
        config = given.pop("config")
        # A repeatable flag that is not given comes as an empty list.
        flags = {name: ",".join(value) or None if isinstance(value, list) else value for name, value in given.items()}
        command(settings_or_fail(config, **flags))

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameter(name: str) -> inspect.Parameter:
    field = Settings.model_fields[name]
    kind = _flag_type(field.annotation)
    default = field.default
    shown = ",".join(default) if isinstance(default, list) else default
    flag = "--" + name.replace("_", "-")
    if kind is bool:
        flag = f"{flag}/--no-{name.replace('_', '-')}"
    option = typer.Option(
        flag, help=f"{field.description} (default: {shown if shown not in ('', None) else 'none'})", show_default=False
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _flag_type(annotation: Any) -> Any:
    """What typer reads: lists and choices come as text, and the settings themselves check them."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(arg for arg in get_args(annotation) if arg is not type(None))
    if get_origin(annotation) is list:
        return list[str]
    return annotation if annotation in (int, bool, Path) else str
