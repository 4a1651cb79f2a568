"""`classroom sample`: an empty data directory becomes a sample county, to try the desks with."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.progress import Progress

from classroom.store.ids import new_id
from classroom.store.store import Store
from signaling.accounts import AccountRequest, Keeping, MadePassword
from signaling.auth import Grant
from signaling.cli.options import DataOption, fail, settings_or_fail
from signaling.datadir import DataBusy, DataDirectory
from signaling.demo import county
from signaling.passwords import Passwords
from signaling.records import Records
from signaling.settings import Settings

ACCOUNTS: Final = (
    AccountRequest(login="admin", name="系统管理员", role="admin"),
    AccountRequest(login="bureau", name="教育局填报人", role="bureau_officer"),
    AccountRequest(login="school", name="檀溪中小填报人", role="school_officer", school_name="檀溪中小"),
    AccountRequest(login="teacher", name="实验小学教师", role="teacher", school_name="实验小学"),
    AccountRequest(login="visitor", name="巡课人员", role="inspector"),
)


def sample(
    data: DataOption = None,
    months: Annotated[int, typer.Option(min=1, max=36, help="months of lessons before today")] = 3,
    seed: Annotated[int, typer.Option(help="another number gives another county")] = 1,
) -> None:
    """Fill an EMPTY data directory with a sample county: schools, pairs and some months of made-up lessons."""
    settings = settings_or_fail(data=data)
    try:
        held, made = asyncio.run(_fill(settings, months, seed))
    except (DataBusy, ValueError, OSError) as error:
        fail(f"No sample was made in {settings.data}: {error}")
    typer.echo(f"示例县：{held} 节课。 A sample county with {held} lessons in {settings.data}.")
    typer.echo("账号和一次性密码 accounts with their one-time passwords:")
    for one in made:
        typer.echo(f"  {one.account.login:8} {one.password}  {one.account.name}")
    typer.echo(f"Next: classroom serve --data {settings.data}, then open /login.")


async def _fill(settings: Settings, months: int, seed: int) -> tuple[int, list[MadePassword]]:
    directory = DataDirectory(settings.data).open()
    try:
        store = await Store.open(settings.database_url)
        try:
            with Progress(transient=True) as bar:
                task = bar.add_task("lessons", total=None)
                held = await county.fill(
                    store,
                    Records(store),
                    new_id,
                    datetime.now(UTC),
                    months=months,
                    seed=seed,
                    progress=lambda done, of: bar.update(task, completed=done, total=of),
                )
            return held, await _accounts(store)
        finally:
            await store.close()
    finally:
        directory.close()


async def _accounts(store: Store) -> list[MadePassword]:
    """Somebody for each desk."""
    passwords = Passwords()
    try:
        keeping = Keeping(store, passwords, Grant("machine"))
        at = datetime.now(UTC)
        return [await keeping.create(request, at) for request in ACCOUNTS]
    finally:
        passwords.close()
