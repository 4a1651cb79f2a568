"""`classroom setup`: the first accounts, at the terminal."""

import sys
from typing import Annotated

import msgspec
import typer

from classroom.registry.accounts import MIN_PASSWORD
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, fail, settings_or_fail
from signaling.passwords import one_time_password
from signaling.setup import SetupRequest


def setup(
    login: Annotated[str | None, typer.Option(help="the administrator's login; asked for")] = None,
    name: Annotated[str | None, typer.Option(help="the administrator's name; asked for")] = None,
    officer_login: Annotated[
        str | None, typer.Option(help="also make the bureau's officer (教育局填报人), with this login")
    ] = None,
    officer_name: Annotated[str | None, typer.Option(help="the officer's name")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="read the administrator's password from standard input")
    ] = False,
    data: DataOption = None,
) -> None:
    """Make the administrator of a new server, and the bureau's officer; works only while there is no account."""
    if (officer_login is None) != (officer_name is None):
        fail("--officer-login and --officer-name go together.")
    settings = settings_or_fail(data=data)
    login = login or typer.prompt("登录名 login")
    name = name or typer.prompt("姓名 name")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask_password()
    once = one_time_password()
    officer = {"login": officer_login, "name": officer_name, "password": once} if officer_login else None
    try:
        request = msgspec.convert(
            {"login": login, "name": name, "password": password, "officer": officer}, SetupRequest
        )
    except msgspec.ValidationError as error:
        # It names the field and what is wrong with it, never the value.
        fail(f"The accounts cannot be made: {error}")
    made = ask_desk(settings, "set_up", request)
    typer.echo(f"{made['login']}  admin")
    if officer is not None:
        typer.echo(f"{officer_login}  bureau_officer  {once}")
        typer.echo("The officer's password is good for one sign-in; then its owner chooses another.", err=True)


def _ask_password() -> str:
    asked: str = typer.prompt(
        f"密码 password ({MIN_PASSWORD}+)", hide_input=True, confirmation_prompt="再输一次 once more"
    )
    return asked
