"""`kill -9` of the server, twice in one lesson, with a real Chromium at every seat.

What must hold: the same lesson, seats, hand and recording; the pages come back by themselves, with pictures; the
recording is one timeline whose gaps are all listed; presence is exact to a second.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from classroom.ledger.intervals import to_ms
from classroom.ledger.presence import flow_intervals
from classroom.ledger.rules import CountingRules
from classroom.lesson import events
from classroom.lesson.events import HOST_SEAT
from classroom.store.store import Store
from recorder.library import Library
from recorder.manifest import FileEntry, Manifest, StreamEntry
from recorder.spans import without
from signaling.demo.browsers import BrowserPlayers
from signaling.demo.clip import ClipPlan
from signaling.demo.http import Door, ServerProblem
from signaling.demo.plan import Player
from signaling.demo.recordings import play_through
from signaling.demo.server import ServerProcess
from signaling.settings import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

KILLS = 2
DEADLINE_S = 90
HELD_S = 3  # the lesson goes on for a while between two kills
EXACT = timedelta(seconds=1)
BODY = {
    "supporter": "实验小学",
    "class_name": "五（1）班",
    "class_size": 42,
    "subject": "语",
    "minutes": 40,
    "recipients": [{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}],
    "record": True,
    "consent_by": "张老师",
}


class Lesson:
    """The lesson of this test: its server, its browsers, and what they say."""

    def __init__(self, server: ServerProcess, door: Door, made: Any, players: BrowserPlayers) -> None:
        self.server, self.door, self.made, self.players = server, door, made, players

    async def view(self) -> Any:
        return await self.door.get(f"/api/v1/lessons/{self.made['lesson']}", self.made["teacher"]["token"])

    async def until(self, condition: Any) -> Any:
        """The first view that fulfils the condition; while the server is down, there is none."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    if condition(view := await self.view()):
                        return view
                except (aiohttp.ClientError, ServerProblem):
                    pass
                await asyncio.sleep(0.1)

    async def pictures(self) -> dict[str, int]:
        figures = await self.players.figures()
        return {f"{at} sees {of}": n for at, seen in figures.items() for of, n in seen.pictures.items()}

    async def until_pictures_move(self) -> None:
        """Each seat decodes new pictures of the other."""
        before = await self.pictures()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                now = await self.pictures()
                if len(now) >= 2 and all(count > before.get(key, 0) + 5 for key, count in now.items()):
                    return
                await asyncio.sleep(0.1)


def everybody_flows(view: Any) -> bool:
    return view["state"] == "live" and all(
        seat["present"] and any(s["state"] == "flowing" and s["audio"] and s["video"] for s in seat["streams"])
        for seat in view["seats"]
    )


async def test_a_lesson_survives_two_kills(tmp_path: Path, chromium: str) -> None:
    data = tmp_path / "data"
    killed: list[tuple[datetime, datetime]] = []
    async with ServerProcess(data) as server, aiohttp.ClientSession() as session:
        door = Door(session, server.info.url)
        made = await door.post("/api/v1/lessons", server.info.secret, BODY)
        room = made["seats"][0]["seat"]
        clips = {HOST_SEAT: ClipPlan("teacher", (110, 72, 28), 880), room: ClipPlan("room", (52, 96, 40), 660)}
        plans = [
            Player(HOST_SEAT, made["teacher"]["token"], clips[HOST_SEAT]),
            Player(room, made["seats"][0]["token"], clips[room]),
        ]
        pages = {HOST_SEAT: made["teacher"]["page"], room: made["seats"][0]["page"]}
        async with BrowserPlayers(chromium, plans, pages, tmp_path) as players:
            lesson = Lesson(server, door, made, players)
            await lesson.until(everybody_flows)
            await lesson.until_pictures_move()
            await players.act(room, {"type": "raise_hand"})
            before = await lesson.until(lambda view: view["hands"] and view["recording"]["on"])
            await asyncio.sleep(HELD_S)

            for _ in range(KILLS):
                kill_at = datetime.now(UTC)
                await server.kill()
                await server.start()
                up_at = datetime.now(UTC)
                after = await lesson.until(everybody_flows)
                killed.append((kill_at, up_at))
                assert after["lesson"] == before["lesson"]
                assert [seat["seat"] for seat in after["seats"]] == [seat["seat"] for seat in before["seats"]]
                assert after["hands"] == before["hands"]
                assert after["started_at"] == before["started_at"]
                assert after["recording"]["on"]
                await lesson.until_pictures_move()
                await asyncio.sleep(HELD_S)

            await players.act(HOST_SEAT, {"type": "end"})
            await lesson.until(lambda view: view["state"] == "ended")
            summary = await _summary(lesson)
    await _the_journal_tells_one_lesson(data, made, room, killed)
    await asyncio.to_thread(_the_recording_is_one_timeline, data, made["lesson"], summary)


async def _summary(lesson: Lesson) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        while True:
            path = f"/api/v1/lessons/{lesson.made['lesson']}/summary"
            summary = await lesson.door.get(path, lesson.made["teacher"]["token"])
            if summary["settled"]:
                return summary
            await asyncio.sleep(0.1)


async def _the_journal_tells_one_lesson(
    data: Path, made: Any, room: str, killed: list[tuple[datetime, datetime]]
) -> None:
    store = await Store.open(load_settings(data=data).database_url)
    try:
        journal = await store.journal.events(made["lesson"])
        beats = await store.journal.heartbeats(made["lesson"])
        assert await store.journal.broken_at(made["lesson"]) is None
    finally:
        await store.close()
    kinds = [type(event) for event in journal]
    assert kinds.count(events.LessonStarted) == kinds.count(events.HandRaised) == kinds.count(events.SeatTaken) / 2 == 1
    assert events.SeatLeft not in kinds[: kinds.index(events.LessonEnded)]
    assert len({beat.boot for beat in beats}) == KILLS + 1

    flowing = _first_media_of_each_run(journal, killed)
    recorded = Library(data / "recordings").manifest(made["lesson"])
    assert recorded is not None
    flows = flow_intervals(beats, CountingRules())
    # Between the press of the button and the end lies what a busy browser takes.
    ends = [kill_at for kill_at, _ in killed] + [event.at for event in journal if isinstance(event, events.LessonEnded)]
    for seat in (HOST_SEAT, room):
        sound, pictures = flows[seat].up_audio, flows[seat].up_video
        assert len(sound) == len(pictures) == KILLS + 1
        for one, other, begin_at in zip(sound, pictures, flowing[seat], strict=True):
            assert _is_near(min(one.start_ms, other.start_ms), begin_at), (one, other, begin_at)
        for interval, last_at in zip((*sound, *pictures), (*ends, *ends), strict=True):
            assert _is_near(interval.end_ms, last_at), (interval, last_at)
        # The recorder is another witness of when sound and pictures, each for itself, were there again.
        for run in range(1, KILLS + 1):
            for kind, interval in (("audio", sound[run]), ("video", pictures[run])):
                begin_at = _recorded_from(data, recorded, seat, run, kind)
                assert _is_near(interval.start_ms, begin_at), (seat, run, kind, interval, begin_at)


def _first_media_of_each_run(
    journal: list[events.AnyEvent], killed: list[tuple[datetime, datetime]]
) -> Mapping[str, list[datetime]]:
    """Seat → when its media was first seen after each start of the server."""
    starts = [datetime.min.replace(tzinfo=UTC)] + [kill_at for kill_at, _ in killed]
    found: dict[str, list[datetime]] = {}
    for event in journal:
        if isinstance(event, events.StreamFlowing):
            firsts = found.setdefault(event.seat, [])
            if len(firsts) < len(starts) and event.at >= starts[len(firsts)]:
                firsts.append(event.at)
    return found


def _recorded_from(data: Path, recorded: Manifest, seat: str, run: int, kind: str) -> datetime:
    """When the file of this run of the server has its first packet of one kind."""
    stream = next(stream for stream in recorded.streams if stream.seat == seat)
    file = _received(stream)[run]
    with av.open(str(data / "recordings" / recorded.lesson / file.name)) as opened:
        track = next(track for track in opened.streams if track.type == kind)
        first = next(packet for packet in opened.demux(track) if packet.pts is not None)
        assert first.pts is not None and first.time_base is not None
        return recorded.started_at + timedelta(seconds=file.offset_s + float(first.pts * first.time_base))


def _received(stream: StreamEntry) -> list[FileEntry]:
    """What came over the line. On a PC with cores to spare the page has handed in what it kept of the kills, too."""
    return sorted((file for file in stream.files if file.page is None), key=lambda file: file.offset_s)


def _is_near(ms: int, at: datetime) -> bool:
    return abs(ms - to_ms(at)) <= EXACT / timedelta(milliseconds=1)


def _the_recording_is_one_timeline(data: Path, lesson: str, summary: Any) -> None:
    """Every second of each stream is in a file or in a listed gap; every file plays."""
    library = Library(data / "recordings")
    manifest = library.manifest(lesson)
    assert manifest is not None
    assert len(summary["recordings"]) == sum(len(_received(stream)) for stream in manifest.streams)
    assert {stream.seat for stream in manifest.streams} == {seat["seat"] for seat in summary["seats"]}
    for stream in manifest.streams:
        files = _received(stream)
        assert len(files) == KILLS + 1
        for file in files:
            assert file.finished
            seconds, _ = play_through(data / "recordings" / lesson / file.name)
            assert abs(seconds - file.seconds) < 0.5
        for one, following in pairwise(files):
            torn_from, torn_to = one.offset_s + one.seconds, following.offset_s
            told = [(gap.from_s, gap.to_s) for gap in stream.gaps]
            assert without([(torn_from + 0.2, torn_to - 0.2)], told) == [], (stream.seat, torn_from, torn_to, told)
