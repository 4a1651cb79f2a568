"""`classroom account …`: people who sign in."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from classroom.ledger.months import local_date
from classroom.registry.accounts import AccountRole
from signaling.accounts import AccountRequest
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, print_table, settings_or_fail

app = commands("Accounts (账号) of officers, teachers, inspectors and administrators.")
LoginArgument = Annotated[str, typer.Argument(help="the login, from `classroom account list`")]
RoleOption = Annotated[
    AccountRole, typer.Option(help="teacher, school_officer, bureau_officer, inspector or admin", show_choices=False)
]


@app.command("create")
def create(
    login: Annotated[str, typer.Option(help="what the person types to sign in")],
    name: Annotated[str, typer.Option(help="the person's name")],
    role: RoleOption,
    school: Annotated[
        str | None, typer.Option(help="the school of a teacher or school officer; it must be known")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make an account; its one-time password is printed this once."""
    try:
        request = msgspec.convert({"login": login, "name": name, "role": role, "school_name": school}, AccountRequest)
    except msgspec.ValidationError as error:
        fail(f"The account cannot be made: {error}")
    _say_password(ask_desk(settings_or_fail(data=data), "create_account", request), json)


@app.command("list")
def listing(
    role: Annotated[AccountRole | None, typer.Option(help="of this role only", show_choices=False)] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Every account by login."""
    accounts = ask_desk(settings_or_fail(data=data), "accounts", role)
    if json:
        print_json({"accounts": accounts})
    else:
        print_table(("login", "role", "name", "school", "created", "state"), [_row(account) for account in accounts])


@app.command("disable")
def disable(login: LoginArgument, data: DataOption = None) -> None:
    """The account opens nothing from now on; what it has open ends."""
    ask_desk(settings_or_fail(data=data), "disable_account", login)
    typer.echo(f"{login} disabled")


@app.command("enable")
def enable(login: LoginArgument, data: DataOption = None) -> None:
    """A disabled account opens again, with the password that it had."""
    ask_desk(settings_or_fail(data=data), "enable_account", login)
    typer.echo(f"{login} enabled")


@app.command("reset")
def reset(login: LoginArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """A one-time password in place of a forgotten one; whoever was locked out may try again."""
    _say_password(ask_desk(settings_or_fail(data=data), "reset_account", login), json)


def _say_password(made: dict[str, Any], json: bool) -> None:
    if json:
        print_json(made)
        return
    account = made["account"]
    until = local_date(datetime.fromisoformat(account["once_until"]))
    typer.echo(f"{account['login']}  {made['password']}")
    typer.echo(f"This password is good for one sign-in until {until}; then its owner chooses another.", err=True)


def _row(account: dict[str, Any]) -> list[str]:
    created = local_date(datetime.fromisoformat(account["created_at"]))
    state = "disabled" if account["disabled_at"] else "one-time password" if account["must_change"] else "open"
    school = account["school_name"] or "–"
    return [account["login"], account["role"], account["name"], school, created.isoformat(), state]
