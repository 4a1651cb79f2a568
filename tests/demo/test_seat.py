"""A seat without a browser: what it says, sends and sees, and that it comes back."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import pytest

from classroom.relay.playout import Clip
from signaling.demo.clip import make_clip
from signaling.demo.http import Door
from signaling.demo.plan import ClipPlan, Player
from signaling.demo.seat import OwnSeat

PLAN = ClipPlan("Dongqu", seconds=2, width=320, height=180, video_bps=200_000)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return make_clip(PLAN)


@pytest.fixture
async def seats(stage: Any, clip: Clip) -> AsyncIterator[dict[str, OwnSeat]]:
    """Teacher and two classrooms, joined; each one's token is its name."""
    with ThreadPoolExecutor(1) as thread:
        async with aiohttp.ClientSession() as session:
            door = Door(session, stage.url)
            made = {
                name: OwnSeat(Player(name, name, PLAN), "l", door, session, clip, thread)
                for name in ("teacher", "a", "b")
            }
            tasks = [asyncio.create_task(seat.run()) for seat in made.values()]
            yield made
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_everyone_sees_whom_a_page_in_their_place_would(seats: Any, stage: Any, until: Any) -> None:
    def sees(seat: str) -> set[str]:
        return {key for key, count in seats[seat].figures().pictures.items() if count > 5}

    await until(lambda: sees("teacher") == {"a/camera", "b/camera"} and sees("a") == sees("b") == {"teacher/camera"})
    stage.view["stage"] = "a"
    await stage.tell()
    await until(lambda: sees("b") == {"teacher/camera", "a/camera"})
    assert sees("a") == {"teacher/camera"}
    figures = seats["b"].figures()
    assert figures.sounds["a/camera"] > 0
    assert 0 < figures.first_picture_ms["teacher/camera"] < 20_000


async def test_what_is_said_before_the_welcome_is_said_after_it(seats: Any, stage: Any, until: Any) -> None:
    await seats["a"].send({"type": "raise_hand"})
    await until(lambda: ("a", {"type": "raise_hand"}) in stage.said)
    hello = next(words for seat, words in stage.said if seat == "a")
    assert (hello["type"], hello["version"]) == ("hello", 1)


async def test_a_seat_comes_back_by_itself_after_all_its_connections_broke(seats: Any, stage: Any, until: Any) -> None:
    def seen() -> int:
        return int(seats["a"].figures().pictures.get("teacher/camera", 0))

    await until(lambda: seen() > 5)
    first = seats["a"].figures().first_picture_ms
    await stage.sockets["a"].close()
    stage.hub.end_stream("")
    before = seen()
    await until(lambda: seen() > before + 20)
    assert [words["type"] for seat, words in stage.said if seat == "a"].count("hello") == 2
    assert seats["a"].figures().first_picture_ms == first


async def test_a_seat_leaves_when_the_lesson_has_ended(stage: Any, clip: Clip) -> None:
    stage.view["state"] = "ended"
    with ThreadPoolExecutor(1) as thread:
        async with aiohttp.ClientSession() as session:
            plan = Player("a", "a", PLAN)
            seat = OwnSeat(plan, "l", Door(session, stage.url), session, clip, thread)
            async with asyncio.timeout(20):
                await seat.run()
