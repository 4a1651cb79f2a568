"""The named bad lines, and one run of each: a good line, the bad one, the good one again."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Literal

import msgspec

from tests.network.lesson import LiveLesson, Seat
from tests.network.network import GOOD
from tests.network.series import Figures
from tests.network.shaping import Rules

GOOD_S = 8.0
"""Before the line changes; a sender's estimate has grown to what it wants by then."""
RECOVER_S = 30.0
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the classroom's line is like for `bad_s`; `watched` is the page whose figures count."""

    name: str
    title: str
    down: Rules
    up: Rules
    bad_s: float = 30.0
    watched: Literal["classroom", "teacher"] = "classroom"
    from_start: bool = False
    """The line is bad before the page is opened, and does not get better."""


def _both(name: str, title: str, rules: Rules, *, from_start: bool = False, bad_s: float = 30.0) -> Scenario:
    return Scenario(name, title, rules, rules, bad_s, from_start=from_start)


_THIN = Rules(delay_ms=20, rate_bps=100_000, loss=0.1)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        _both("loss", "5 % loss at 80 ms", Rules(delay_ms=40, loss=0.05)),
        _both("narrow", "600 kbit/s", Rules(delay_ms=20, rate_bps=600_000)),
        _both("thin", "100 kbit/s and 10 % loss", _THIN),
        _both("thin-start", "100 kbit/s and 10 % loss, from the start", _THIN, from_start=True, bad_s=60.0),
        _both("cut", "30 s cut", Rules(loss=1.0)),
        _both("no-udp", "UDP blocked", Rules(udp=False), from_start=True),
        _both("jitter", "jitter 60 ms", Rules(delay_ms=20, jitter_ms=60)),
        Scenario("uplink", "uplink 300 kbit/s", GOOD, Rules(delay_ms=20, rate_bps=300_000), watched="teacher"),
    )
}


class Row(msgspec.Struct, frozen=True):
    """One line of the table. Seconds; None: not within the time that it had, or (recovery) not asked."""

    scenario: str
    fps_before: float | None
    fps: float
    freezes: int
    frozen_s: float
    still_s: float
    concealed_percent: float
    adapt_s: float | None
    recover_s: float | None
    rung: str
    adapted: Figures | None
    """The last ten seconds of the bad line: what the classroom has once everything has settled."""


async def run(scenario: Scenario, lesson: LiveLesson) -> Row:
    """Put the lesson's first classroom behind this line, and tell what its watched page received.

    For a scenario "from the start" the caller has set the line already. TimeoutError: no picture on the good line.
    """
    classroom, teacher = lesson.seats[0], lesson.seats[-1]
    watched = classroom if scenario.watched == "classroom" else teacher
    rungs = asyncio.create_task(_watch_rungs(lesson), name="rungs")
    try:
        if scenario.from_start:
            return await _from_start(scenario, lesson, classroom)
        await watched.until_picture(0.0)
        await asyncio.sleep(GOOD_S)
        return await _there_and_back(scenario, lesson, classroom, watched)
    finally:
        rungs.cancel()
        await asyncio.gather(rungs, return_exceptions=True)


async def _from_start(scenario: Scenario, lesson: LiveLesson, classroom: Seat) -> Row:
    began = await classroom.opened_at()
    await asyncio.sleep(max(0.0, began + scenario.bad_s - time.time()))
    return await _row(scenario, lesson, classroom, classroom, None, began, None)


async def _there_and_back(scenario: Scenario, lesson: LiveLesson, classroom: Seat, watched: Seat) -> Row:
    assert classroom.room is not None
    began = time.time()
    classroom.room.set(down=scenario.down, up=scenario.up)
    await asyncio.sleep(scenario.bad_s)
    ended = time.time()
    rung = lesson.rung(classroom.name, ended)
    classroom.room.set()
    recovered = None
    while recovered is None and time.time() < ended + RECOVER_S:
        await asyncio.sleep(LOOK_S)
        recovered = (await watched.series()).recovered_s(ended, time.time(), began)
    row = await _row(scenario, lesson, classroom, watched, began, began, recovered)
    return msgspec.structs.replace(row, rung=rung)


async def _row(
    scenario: Scenario,
    lesson: LiveLesson,
    classroom: Seat,
    watched: Seat,
    good_until: float | None,
    began: float,
    recovered: float | None,
) -> Row:
    series, ended = await watched.series(), began + scenario.bad_s
    bad = series.between(began, ended)
    adapted = series.adapted_s(began, ended, lambda at: lesson.rung(classroom.name, at))
    return Row(
        scenario=scenario.name,
        fps_before=None if good_until is None else round(series.between(good_until - 5, good_until).fps, 1),
        fps=round(bad.fps, 1),
        freezes=bad.freezes,
        frozen_s=round(bad.frozen_s, 1),
        still_s=round(bad.still_s, 1),
        concealed_percent=round(bad.concealed * 100, 1),
        adapt_s=_tenths(adapted),
        recover_s=_tenths(recovered),
        rung=lesson.rung(classroom.name, ended),
        adapted=series.between(ended - 10, ended),
    )


async def _watch_rungs(lesson: LiveLesson) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            await lesson.view()
        await asyncio.sleep(LOOK_S)


def _tenths(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| line | pictures/s before → on it (settled) | freezes: count, s | longest still, s "
        "| sound missing, % (settled) | adapts, s | recovers, s | rung |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        settled = row.adapted
        fps = f"{_or_dash(row.fps_before)} → {row.fps} ({settled.fps:.1f})" if settled else f"{row.fps}"
        sound = f"{row.concealed_percent} ({settled.concealed * 100:.1f})" if settled else f"{row.concealed_percent}"
        lines.append(
            f"| {SCENARIOS[row.scenario].title} | {fps} | {row.freezes}, {row.frozen_s} | {row.still_s} | {sound} "
            f"| {_or_dash(row.adapt_s)} | {_or_dash(row.recover_s)} | {row.rung} |"
        )
    return "\n".join(lines) + "\n"


def _or_dash(value: float | None) -> str:
    return "–" if value is None else str(value)
