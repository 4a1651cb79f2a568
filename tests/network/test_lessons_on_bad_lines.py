"""Classrooms on bad lines: what they still hear, and that they come back by themselves when their network moves.

Two real Chromium in one lesson; nobody touches anything. Content is asserted, times are printed: the machine may be
busy. `python -m benchmarks.network` measures more lines, and for longer.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.network.lesson import POLL_S, LiveLesson, Seat, held
from tests.network.network import Network
from tests.network.scenarios import SCENARIOS
from tests.network.shaping import Rules

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

CUT_S, SLEEP_S = 20.0, 20.0
"""Longer than a seat is kept for."""
LISTEN_S, HEARD_S = 8.0, 45.0
CONCEALED, BEEPS = 0.15, 0.8
"""Opus repairs a part of 10 % loss by itself; what is concealed beyond that cuts words."""
GHOST_S = 15.0
SLACK_S = 2.0
"""Of a view that is asked for while two cores do other things too."""
BACK_S = 45.0
"""The ladder may have taken the pause for a bad line, and climbs back step by step."""
VERDICT_S = 2.5
"""By then a page knows that its connection is dead."""
MOVING_FPS = 3.0


@pytest.fixture(scope="module")
def network(namespaces: None) -> Iterator[Network]:
    with Network(rooms=2) as network, network.server.entered():
        yield network


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lesson(
    network: Network, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveLesson]:
    async with held(network, chromium, tmp_path_factory.mktemp("moving")) as lesson:
        for seat in lesson.seats:
            await seat.until_picture(0.0)
        yield lesson


async def until_present(lesson: LiveLesson, seat: Seat, present: bool, since: float, deadline_s: float) -> float:
    """Seconds from `since` until the seat is there, or is not."""
    async with asyncio.timeout(deadline_s):
        while (await lesson.seat(seat.name))["present"] is not present:
            await asyncio.sleep(POLL_S)
    return time.time() - since


async def still_s(seat: Seat, since: float) -> float:
    """The longest pause of the pictures since then, once they move again and VERDICT_S have passed."""
    async with asyncio.timeout(BACK_S):
        while True:
            series, now = await seat.series(), time.time()
            if now - since > VERDICT_S and series.between(now - 1, now).fps > MOVING_FPS:
                return series.between(since, now).still_s
            await asyncio.sleep(POLL_S)


async def is_whole(lesson: LiveLesson, seat: Seat) -> None:
    """The seat is there once, sees the teacher, and is seen: all of it without being touched."""
    await until_present(lesson, seat, True, 0.0, BACK_S)
    async with asyncio.timeout(BACK_S):
        while not any(stream["state"] == "flowing" for stream in (await lesson.seat(seat.name))["streams"]):
            await asyncio.sleep(POLL_S)
    assert [one["seat"] for one in (await lesson.view())["seats"]].count(seat.name) == 1


async def test_another_address(lesson: LiveLesson) -> None:
    seat = lesson.seats[0]
    assert seat.room is not None
    moved_at = time.time()
    seat.room.move()
    print(f"another address: no picture for {await still_s(seat, moved_at):.1f} s")
    await is_whole(lesson, seat)


async def test_a_translator_that_binds_anew(lesson: LiveLesson) -> None:
    seat = lesson.seats[1]
    assert seat.room is not None
    moved_at = time.time()
    seat.room.set(port_shift=1000)
    print(f"another port of the translator: no picture for {await still_s(seat, moved_at):.1f} s")
    await is_whole(lesson, seat)


async def test_a_cut_line_and_a_sleeping_laptop(lesson: LiveLesson) -> None:
    """Both at once, in two classrooms: they take half a minute."""
    await asyncio.gather(_cut(lesson, lesson.seats[0]), _sleep(lesson, lesson.seats[1]))


async def _cut(lesson: LiveLesson, seat: Seat) -> None:
    assert seat.room is not None
    cut_at = time.time()
    seat.room.set(down=Rules(loss=1.0), up=Rules(loss=1.0))
    gone_s = await until_present(lesson, seat, False, cut_at, CUT_S)
    await asyncio.sleep(cut_at + CUT_S - time.time())
    back_at = time.time()
    seat.room.set()
    back_s = await seat.until_picture(back_at, BACK_S)
    print(f"a cut of {CUT_S:.0f} s: the seat left after {gone_s:.1f} s; picture {back_s:.1f} s after the line was back")
    await is_whole(lesson, seat)
    assert gone_s <= GHOST_S + SLACK_S


async def _sleep(lesson: LiveLesson, seat: Seat) -> None:
    assert seat.room is not None
    asleep_at = time.time()
    seat.room.namespace.signal(signal.SIGSTOP)
    try:
        gone_s = await until_present(lesson, seat, False, asleep_at, SLEEP_S)
        await asyncio.sleep(asleep_at + SLEEP_S - time.time())
    finally:
        awake_at = time.time()
        seat.room.namespace.signal(signal.SIGCONT)
    # What had been waiting in the socket is seen at once; then comes the real pause.
    pause_s = await still_s(seat, awake_at)
    print(f"asleep for {SLEEP_S:.0f} s: the seat left after {gone_s:.1f} s; awake, pictures paused for {pause_s:.1f} s")
    await is_whole(lesson, seat)
    assert gone_s <= GHOST_S + SLACK_S


async def test_a_classroom_on_a_thin_line_still_hears(lesson: LiveLesson) -> None:
    """100 kbit/s and 10 % loss: every sentence, whatever becomes of the picture, once the ladder has come down."""
    seat, line = lesson.seats[1], SCENARIOS["thin"]
    assert seat.room is not None
    seat.room.set(down=line.down, up=line.up)
    try:
        heard_s = await until_heard(seat)
        rung = (await lesson.seat(seat.name))["rung"]
    finally:
        seat.room.set()
    if heard_s is None and await until_heard(seat) is None:
        pytest.skip("this machine is too busy to play sound even on a good line")
    assert heard_s is not None, f"not heard within {HEARD_S:.0f} s, on rung {rung}"
    print(f"thin line: {LISTEN_S:.0f} s of whole sound after {heard_s:.1f} s, on rung {rung}")


async def until_heard(seat: Seat) -> float | None:
    """Seconds from now until the teacher has been heard well for LISTEN_S; None: not within HEARD_S."""
    since = now = time.time()
    while now < since + HEARD_S:
        series, now = await seat.series(), time.time()
        begin = now - LISTEN_S
        if begin >= since and series.between(begin, now).concealed < CONCEALED and series.beeps(begin, now) >= BEEPS:
            return now - since
        await asyncio.sleep(POLL_S)
    return None
