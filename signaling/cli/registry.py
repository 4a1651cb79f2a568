"""`classroom registry …`: the county's lists in and out."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from classroom.paper.table import Format
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, print_table, settings_or_fail
from signaling.imports import MAX_IMPORT_BYTES, ImportQuery, Kind

app = commands("The registry (名册): lists of pairs and schools, in and out.")
_EFFECTS = {"new": "新增", "changed": "变化", "same": "相同", "ask": "待确认", "refused": "拒绝"}
KindOption = Annotated[
    Literal["pairs", "schools", "months", "annex3"],
    typer.Option(help="pairs: 附件1; schools: what is known of schools; months: past totals; annex3: a filled 附件3"),
]


@app.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="a csv or xlsx (annex3: xlsx or docx)")],
    kind: KindOption = "pairs",
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="what is new holds from this day on (default: today)")
    ] = None,
    same: Annotated[
        list[str] | None,
        typer.Option(help="answer to a question: NAME=SCHOOL, the same school; NAME= for a school of its own"),
    ] = None,
    stages: Annotated[bool, typer.Option(help="take a school's 学段 from its name where the name says it")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="do it; without, the lines are only shown")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what each line of a list would do; with --apply, do it."""
    query = _query(file, kind, since, same or [], stages)
    settings = settings_or_fail(data=data)
    content = _content(file)
    report = ask_desk(settings, "import_list", query, content)
    if apply:
        done = msgspec.structs.replace(query, dry_run=False, digest=report["digest"])
        report = ask_desk(settings, "import_list", done, content)
    if json:
        print_json(report)
    else:
        _show(report)


@app.command("export")
def take_out(
    file: Annotated[Path, typer.Argument(help="where to write it; its ending says which: .csv or .xlsx")],
    kind: KindOption = "pairs",
    data: DataOption = None,
) -> None:
    """Write a list as an import of the same kind reads it back."""
    format = _format(file)
    content = ask_desk(settings_or_fail(data=data), "export_list", kind, format)
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.")
    typer.echo(str(file))


def _query(file: Path, kind: Kind, since: datetime | None, same: list[str], stages: bool) -> ImportQuery:
    answers = [(name.strip(), school.strip() or None) for name, _, school in (one.partition("=") for one in same)]
    given = {
        "kind": kind,
        "name": file.name,
        "dry_run": True,
        "since": since and since.date(),
        "same": msgspec.json.encode(answers).decode() if answers else None,
        "stages": stages,
    }
    try:
        return msgspec.convert(given, ImportQuery)
    except msgspec.ValidationError as error:
        fail(f"The list cannot be imported: {error}")


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_IMPORT_BYTES:
            fail(f"{file} is larger than {MAX_IMPORT_BYTES // 2**20} MB.")
        return file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")


def _format(file: Path) -> Format:
    match file.suffix.lower():
        case ".csv":
            return "csv"
        case ".xlsx":
            return "xlsx"
    fail("Give a file that ends in .csv or .xlsx.")


def _show(report: Any) -> None:
    lines = report["lines"]
    print_table(
        ("line", "effect", "what"),
        [(str(line["line"]), _EFFECTS[line["effect"]], line["text"]) for line in lines],
    )
    for line in lines:
        said = [*line["notes"], *(f"还缺 {lack}" for lack in line["missing"])]
        said += [f"{q['name']} 和 {q['candidate']} 是同一所学校吗？" for q in line["questions"]]
        for sentence in said:
            typer.echo(f"{line['line']}: {sentence}")
    for hint in report["hints"]:
        typer.echo(hint)
    counts = "，".join(f"{_EFFECTS[effect]} {count}" for effect, count in report["counts"].items() if count)
    typer.echo(f"{'已导入' if report['is_applied'] else '预览，尚未写入'}：{counts or '没有内容'}")
