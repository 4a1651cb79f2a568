"""Holds one real lesson by itself: server, teacher, two rural classrooms, recording, journal, month, verdict."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import aiohttp

from classroom.lesson.events import HOST_SEAT
from signaling.demo.browsers import BrowserPlayers
from signaling.demo.http import Door, ServerProblem
from signaling.demo.plan import ClipPlan, Plan, Player, SeatFigures
from signaling.demo.players import OwnPlayers, Players, PlayersFailed, find_browser
from signaling.demo.recordings import DoesNotPlay, play_through
from signaling.demo.server import ServerProcess
from signaling.demo.verdict import (
    ActivityResult,
    DemoResult,
    Gap,
    MonthResult,
    Observations,
    RecordingResult,
    SeatResult,
    failed_checks,
)

TOGETHER_S = 62.0  # over a minute, with room for the rounding down
PATIENCE_S = 90.0  # from joining until all are together; three browsers start on two cores
INTERRUPTED_S = 180.0  # what interruptions may cost in all; after that the verdict names what is missing
SUMMARY_S = 30.0
POLL_S = 0.5
SUPPORTER, RECIPIENT = "浦江县实验小学", "檀溪小学"
CLASSROOMS = ("一号教室", "二号教室")
LOOKS = (
    ClipPlan("实验小学 · 教师", (110, 72, 28), 880),
    ClipPlan("檀溪小学 · 一号教室", (52, 96, 40), 660),
    ClipPlan("檀溪小学 · 二号教室", (40, 60, 128), 440),
)

Clients = Literal["auto", "browser", "own"]
Progress = Callable[[str, float | None], None]
"""Told what happens: a sentence, and how much of the time together is over (0…1) while it runs."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`data` None: a fresh directory below ./data/demo. `together_s`: how long all stay together."""

    data: Path | None = None
    clients: Clients = "auto"
    together_s: float = TOGETHER_S


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result, and a sentence for each check that failed."""

    result: DemoResult
    failures: tuple[str, ...]


class DemoFailed(Exception):
    """It came to no result; str() says why."""


@dataclass(slots=True)
class _Lesson:
    """The lesson as `POST /api/v1/lessons` gave it."""

    id: str
    teacher_token: str
    pages: dict[str, str]
    seats: list[Player]
    observer: str


@dataclass(slots=True)
class _Seen:
    hand_was_up: bool = False
    was_on_stage: bool = False
    together_s: float = 0.0


async def run(options: DemoOptions, progress: Progress) -> Outcome:
    """Hold the lesson. Raises DemoFailed, ServerFailed, PlayersFailed where it does not come to a result."""
    data = options.data or Path("data/demo") / time.strftime("%Y%m%d-%H%M%S")
    executable = find_browser() if options.clients != "own" else None
    if options.clients == "browser" and executable is None:
        raise DemoFailed("No Chromium, or no playwright to drive it with, is installed.")
    progress(f"Starting the server; its data is in {data}", None)
    async with ServerProcess(data) as server, aiohttp.ClientSession() as session:
        door = Door(session, server.info.url)
        try:
            lesson = await _create(door, server.info.secret)
            _tell_links(lesson, progress)
            seen, figures = _Seen(), {}
            async with _players(options, executable, lesson, server.info.url, data, progress) as players:
                figures = await _hold(door, lesson, players, seen, options.together_s, progress)
            progress("The lesson is over; waiting for its summary", None)
            summary = await _summary(door, server.info.secret, lesson)
            month = await _month(door, server.info.secret, summary)
        except (ServerProblem, aiohttp.ClientError, TimeoutError) as error:
            raise DemoFailed(f"The server did not do as asked: {error!r}") from error
    progress("Playing the recordings", None)
    return await _judge(lesson, figures, summary, month, seen, data, options)


async def _create(door: Door, secret: str) -> _Lesson:
    body = {
        "supporter": SUPPORTER,
        "class_name": "五（1）班",
        "class_size": 42,
        "subject": "语",
        "minutes": 1,
        "recipients": [
            {"school": RECIPIENT, "classroom": name, "class_name": f"五（{number}）班", "class_size": 20 + number}
            for number, name in enumerate(CLASSROOMS, 1)
        ],
        "record": True,
        "consent_by": "演示",
        "is_test": False,
    }
    created = await door.post("/api/v1/lessons", secret, body)
    whom = [(HOST_SEAT, created["teacher"]), *((seat["seat"], seat) for seat in created["seats"])]
    seats = [Player(seat, link["token"], look) for (seat, link), look in zip(whom, LOOKS, strict=True)]
    pages = {seat: door.absolute(link["page"]) for seat, link in whom}
    return _Lesson(
        created["lesson"], created["teacher"]["token"], pages, seats, door.absolute(created["observer"]["page"])
    )


def _tell_links(lesson: _Lesson, progress: Progress) -> None:
    for seat in lesson.seats:
        progress(f"{seat.clip.label}: {lesson.pages[seat.seat]}", None)
    progress(f"Watch: {lesson.observer}", None)


@contextlib.asynccontextmanager
async def _players(
    options: DemoOptions, executable: str | None, lesson: _Lesson, url: str, data: Path, progress: Progress
) -> AsyncIterator[Players]:
    """Browsers where there are any that start, else our own clients."""
    players: Players | None = None
    async with contextlib.AsyncExitStack() as stack:
        if executable is not None:
            progress("Joining with Chromium", None)
            browsers = BrowserPlayers(executable, lesson.seats, lesson.pages, data / "files" / "captures")
            try:
                players = await stack.enter_async_context(browsers)
            except PlayersFailed as error:
                if options.clients == "browser":
                    raise
                progress(str(error), None)
        if players is None:
            progress("Joining with clients of our own", None)
            clips = data.parent / "clips" if options.data is None else data / "files" / "clips"
            plan = Plan(url, lesson.id, str(clips), lesson.seats)
            players = await stack.enter_async_context(OwnPlayers(plan, data / "log" / "clients.log"))
        yield players


async def _hold(
    door: Door, lesson: _Lesson, players: Players, seen: _Seen, together_s: float, progress: Progress
) -> dict[str, SeatFigures]:
    """The lesson itself: start, hand, stage, a minute together, end."""
    speaker = lesson.seats[1].seat
    await players.act(HOST_SEAT, {"type": "start"})
    view = await _until(door, lesson, lambda view: view["state"] == "live" and _all_flow(view), PATIENCE_S)
    started = time.monotonic()
    progress("All three are together; the first classroom raises its hand", 0.0)
    await players.act(speaker, {"type": "raise_hand"})
    view = await _until(door, lesson, lambda view: any(h["seat"] == speaker for h in view["hands"]), PATIENCE_S)
    seen.hand_was_up = True
    progress("The teacher calls on it", 0.05)
    await players.act(HOST_SEAT, {"type": "set_stage", "seat": speaker})
    view = await _until(door, lesson, lambda view: view["stage"] == speaker, PATIENCE_S)
    seen.was_on_stage = True
    deadline = started + together_s + INTERRUPTED_S
    while seen.together_s < together_s and time.monotonic() < deadline:
        await asyncio.sleep(POLL_S)
        view = await _view(door, lesson)
        if view["state"] != "live":
            raise DemoFailed(f"The lesson was {view['state']} before its time.")
        if not _all_flow(view):
            started = time.monotonic()  # an interruption: the minute begins anew
        seen.together_s = time.monotonic() - started
        progress("Together", min(1.0, seen.together_s / together_s))
    figures = dict(await players.figures())
    await players.act(HOST_SEAT, {"type": "end"})
    await _until(door, lesson, lambda view: view["state"] == "ended", SUMMARY_S)
    return figures


async def _view(door: Door, lesson: _Lesson) -> Any:
    return await door.get(f"/api/v1/lessons/{lesson.id}", lesson.teacher_token)


async def _until(door: Door, lesson: _Lesson, done: Callable[[Any], bool], seconds: float) -> Any:
    view: Any = None
    try:
        async with asyncio.timeout(seconds):
            while not done(view := await _view(door, lesson)):  # noqa: ASYNC110 - the server is asked
                await asyncio.sleep(POLL_S)
    except TimeoutError as error:
        state = {s["seat"]: [x["state"] for x in s["streams"]] for s in view["seats"]} if view else {}
        raise DemoFailed(
            f"The lesson did not get there in {seconds:.0f} s: {view and view['state']}, {state}"
        ) from error
    return view


def _all_flow(view: Any) -> bool:
    """Every seat sends picture and sound."""
    return all(
        seat["present"] and any(s["state"] == "flowing" and s["audio"] and s["video"] for s in seat["streams"])
        for seat in view["seats"]
    )


async def _summary(door: Door, secret: str, lesson: _Lesson) -> Any:
    """The summary, once the activity is judged and the recordings are closed; after a while, whatever there is."""
    deadline = time.monotonic() + SUMMARY_S
    while True:
        summary = await door.get(f"/api/v1/lessons/{lesson.id}/summary", secret)
        is_whole = summary["activities"] and len(summary["recordings"]) >= len(lesson.seats)
        if is_whole or time.monotonic() > deadline:
            return summary
        await asyncio.sleep(POLL_S)


async def _month(door: Door, secret: str, summary: Any) -> MonthResult:
    if not summary["activities"]:
        return MonthResult("", 0, 0)
    month = await door.get(f"/api/v1/months/{summary['activities'][0]['month']}", secret)
    return MonthResult(month["month"], month["count"], month["participants"])


async def _judge(
    lesson: _Lesson,
    figures: dict[str, SeatFigures],
    summary: Any,
    month: MonthResult,
    seen: _Seen,
    data: Path,
    options: DemoOptions,
) -> Outcome:
    speaker, other = lesson.seats[1].seat, lesson.seats[2].seat
    recordings, broken = [], {}
    for listed in summary["recordings"]:
        path = next((p for p in (data / "recordings").rglob(Path(listed["file"]).name)), data / listed["file"])
        try:
            seconds, _ = await asyncio.to_thread(play_through, path)
        except DoesNotPlay as error:
            seconds, broken[listed["file"]] = 0.0, str(error)
        gaps = [Gap(gap["from_s"], gap["to_s"]) for gap in listed["gaps"]]
        recordings.append(RecordingResult(listed["file"], round(seconds, 2), gaps))
    seats = []
    for plan in lesson.seats:
        seat = figures.get(plan.seat, SeatFigures())
        key = f"{speaker if plan.seat == HOST_SEAT else HOST_SEAT}/camera"
        seats.append(SeatResult(plan.seat, seat.pictures.get(key, 0), seat.first_picture_ms.get(key)))
    result = DemoResult(
        lesson.id,
        seats,
        recordings,
        [ActivityResult(a["pair"], a["state"], a["minutes"], a["participants"]) for a in summary["activities"]],
        month,
    )
    stage_pictures = figures.get(other, SeatFigures()).pictures.get(f"{speaker}/camera", 0)
    observations = Observations(seen.hand_was_up, seen.was_on_stage, stage_pictures, seen.together_s, broken)
    least_s = min(60.0, options.together_s)
    return Outcome(result, tuple(failed_checks(result, observations, classrooms=len(CLASSROOMS), least_s=least_s)))
