"""`classroom lesson create`, `list`, `end` and `cancel`."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from classroom.ledger.months import SHANGHAI
from signaling.cli.desk import ask_desk
from signaling.cli.options import DataOption, JsonOption, commands, fail, print_json, print_table, settings_or_fail
from signaling.scheduling import LessonRequest

app = commands("Make, list, end and cancel lessons, on a running server or a stopped server's data.")


@app.command("create")
def create(
    supporter: Annotated[str, typer.Option(help="the school that teaches (支援学校); made when it is not known")],
    recipient: Annotated[
        list[str], typer.Option(help="SCHOOL or SCHOOL:CLASSROOM that listens (受援学校); repeatable, up to four")
    ],
    class_size: Annotated[int, typer.Option(help="students of the teaching class")],
    subject: Annotated[str, typer.Option(help="语 数 英 科 品德 音 体 美 劳技 信息技术 拓展课程 其他")] = "其他",
    class_name: Annotated[str, typer.Option(help="name of the teaching class")] = "本班",
    recipient_size: Annotated[
        list[int] | None, typer.Option(help="students of each recipient's class, in the same order; repeatable")
    ] = None,
    minutes: Annotated[int, typer.Option(help="planned length in minutes")] = 40,
    start: Annotated[
        str | None, typer.Option(help="planned start, ISO 8601, Shanghai time unless it says; now")
    ] = None,
    record: Annotated[bool, typer.Option(help="record it; needs --consent-by")] = False,
    consent_by: Annotated[
        str | None, typer.Option(help="who notes that every class's guardians consent to the recording")
    ] = None,
    observers: Annotated[bool, typer.Option(help="let observers watch by the printed link")] = False,
    test: Annotated[bool, typer.Option("--test", help="a test lesson (测试课): never counts")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Make a lesson with its links and codes; schools, rooms and the pair are made where they are absent."""
    settings = settings_or_fail(data=data)
    sizes = recipient_size or []
    if len(sizes) > len(recipient):
        fail("There are more --recipient-size than --recipient.")
    body = {
        "supporter": supporter,
        "class_name": class_name,
        "class_size": class_size,
        "subject": subject,
        "minutes": minutes,
        "start": _instant(start),
        "record": record,
        "consent_by": consent_by,
        "observers": settings.observers_max if observers else 0,
        "is_test": test,
        "recipients": [
            _recipient(name, sizes[place] if place < len(sizes) else None) for place, name in enumerate(recipient)
        ],
    }
    try:
        request = msgspec.convert(body, LessonRequest)
    except msgspec.ValidationError as error:
        fail(f"The lesson cannot be made: {error}")
    made = ask_desk(settings, "create_lesson", request)
    if made["missing_consent"]:
        typer.echo(
            "Nothing will be recorded until the consent of every class is noted: "
            "by --consent-by when the lesson is made, or by the teacher in the lesson.",
            err=True,
        )
    if json:
        print_json(made)
        return
    typer.echo(f"lesson    {made['lesson']}")
    typer.echo(f"teacher   {made['teacher']['page']}")
    for seat in made["seats"]:
        typer.echo(f"classroom {seat['page']}  {seat['school']}, code {seat['code']}")
    if observers:
        typer.echo(f"observer  {made['observer']['page']}")


@app.command("end")
def end(
    lesson: Annotated[str, typer.Argument(help="the lesson's id")], data: DataOption = None, json: JsonOption = False
) -> None:
    """End a lesson (下课); it is judged and logged at once."""
    _say_state(ask_desk(settings_or_fail(data=data), "end_lesson", lesson), json)


@app.command("cancel")
def cancel(
    lesson: Annotated[str, typer.Argument(help="the lesson's id, from `classroom lesson list`")],
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """The lesson is not held; one that has begun can only be ended."""
    _say_state(ask_desk(settings_or_fail(data=data), "cancel_lesson", lesson), json)


@app.command("list")
def listing(
    past: Annotated[bool, typer.Option("--past", help="the latest that are over instead")] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Today's lessons and all that are not over, in Shanghai time."""
    lessons = ask_desk(settings_or_fail(data=data), "lessons", "past" if past else "today")
    if json:
        print_json(lessons)
    else:
        print_table(("lesson", "start", "state", "subject", "from", "to"), [_row(one) for one in lessons["lessons"]])


def _row(lesson: dict[str, Any]) -> list[str]:
    start = datetime.fromisoformat(lesson["start"]).strftime("%Y-%m-%d %H:%M")
    state = "cancelled" if lesson["cancelled"] else lesson["state"]
    rooms = ", ".join(f"{seat['school']} {seat['classroom']}" for seat in lesson["seats"])
    return [lesson["lesson"], start, state, lesson["subject"], f"{lesson['supporter']} {lesson['class_name']}", rooms]


def _say_state(answer: dict[str, str], json: bool) -> None:
    if json:
        print_json(answer)
    else:
        typer.echo(f"{answer['lesson']} {answer['state']}")


def _recipient(text: str, size: int | None) -> dict[str, Any]:
    school, _, classroom = text.partition(":")
    return {"school": school, "classroom": classroom or None, "class_size": size}


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--start is not an instant: {text!r}; write 2026-09-01T09:00.")
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
