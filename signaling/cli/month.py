"""`classroom month`: the count of a work month."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from classroom.ledger.months import SHANGHAI
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, print_json, settings_or_fail


def month(
    month: Annotated[str | None, typer.Argument(help="work month (工作月度) as 2019-05; this calendar month")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """城乡同步课堂 of a work month: 活动次数, 参与师生数, and the activities behind them."""
    wanted = month or datetime.now(UTC).astimezone(SHANGHAI).strftime("%Y-%m")
    found = ask_desk(settings_or_fail(data=data), "month", wanted)
    if json:
        print_json(found)
        return
    console = Console()
    console.print(f"工作月度 {found['month']}（{found['first']} 至 {found['last']}）")
    console.print(f"城乡同步课堂：活动 {found['count']} 节，参与师生 {found['participants']} 人次")
    if not found["activities"]:
        return
    table = Table("结对", "学科", "分钟", "师生", "说明")
    for one in found["activities"]:
        table.add_row(
            f"{one['supporter']} → {one['recipient']}",
            " ".join(one["subjects"]),
            str(one["minutes"]),
            str(one["participants"]),
            one["reason"],
        )
    console.print(table)
