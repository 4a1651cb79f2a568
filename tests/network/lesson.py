"""A lesson over bad lines: the real server, and a real Chromium in each classroom, which tell what they receive."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import msgspec

from classroom.lesson.events import HOST_SEAT
from signaling.demo.browsers import FLAGS
from signaling.demo.clip import write_capture_files
from signaling.demo.http import Door
from signaling.demo.plan import ClipPlan, Plan, Player
from signaling.demo.players import OwnPlayers
from signaling.demo.server import ServerProcess
from tests.network.network import SERVER_ADDRESS, Namespace, Network, Room
from tests.network.series import Sample, Series

if TYPE_CHECKING:
    from playwright.async_api import Page, Playwright

TEACHER_CLIP = ClipPlan("Teacher", (110, 72, 28), 880, width=1280, height=720, fps=10, seconds=4, video_bps=1_200_000)
"""As large as the page asks a camera for, and enough for three layers of simulcast."""
SMALL_CLIP = ClipPlan("Teacher", (110, 72, 28), 880)
ROOM_CLIP = ClipPlan("Room", (52, 96, 40), 660, fps=5)
POLL_S = 0.1
DEADLINE_S = 60.0

WATCH = """
(() => {
  const Native = window.RTCPeerConnection, held = [], gone = [0, 0, 0, 0, 0, 0];
  const names = ["framesDecoded", "freezeCount", "totalFreezesDuration",
                 "totalSamplesReceived", "concealedSamples", "totalAudioEnergy"];
  let height = 0;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); held.push({ connection: this, sums: [0, 0, 0, 0, 0, 0] }); }
  };
  const look = async (one) => {
    const sums = [0, 0, 0, 0, 0, 0];
    for (const entry of (await one.connection.getStats()).values()) {
      if (entry.type !== "inbound-rtp") continue;
      names.forEach((name, at) => { sums[at] += entry[name] ?? 0; });
      if (entry.frameHeight && entry.framesDecoded) height = entry.frameHeight;
    }
    one.sums = sums;
  };
  window.__samples = [];
  const sample = async () => {
    for (const one of held.splice(0)) {
      if (one.connection.connectionState === "closed") one.sums.forEach((sum, at) => { gone[at] += sum; });
      else { await look(one); held.push(one); }
    }
    const total = gone.map((sum, at) => held.reduce((all, one) => all + one.sums[at], sum));
    window.__samples.push([Date.now() / 1000, total[0], total[1], total[2], height, total[3], total[4], total[5]]);
    setTimeout(sample, 100);
  };
  setTimeout(sample, 100);
})();
"""
"""Runs in the page before its own scripts: keeps the connections that it makes, and samples them ten times a second."""


@dataclass
class Seat:
    """A page in a seat, and what it has told up to now. `room` is where it stands; the teacher stands at the server."""

    name: str
    page: "Page"
    room: Room | None = None
    samples: list[Sample] = field(default_factory=list)

    async def series(self) -> Series:
        """What the page received, up to now."""
        raw = await self.page.evaluate("() => window.__samples.splice(0)")
        self.samples += msgspec.convert(raw, list[Sample])
        return Series(self.samples)

    async def opened_at(self) -> float:
        """When the page was asked for (wall clock)."""
        return float(await self.page.evaluate("() => performance.timeOrigin / 1000"))

    async def until_picture(self, after: float, deadline_s: float = DEADLINE_S) -> float:
        """Seconds from `after` (wall clock) to the first new picture. TimeoutError."""
        async with asyncio.timeout(deadline_s):
            while True:
                found = (await self.series()).picture_after(after)
                if found is not None:
                    return found
                await asyncio.sleep(POLL_S)


class LiveLesson:
    """The lesson that goes on."""

    def __init__(self, server: ServerProcess, door: Door, made: dict[str, Any]) -> None:
        self.server, self.door, self.made = server, door, made
        self.seats: list[Seat] = []
        """The classrooms', in order, then the teacher's if it is a browser."""
        self.rungs: list[tuple[float, str, str]] = []
        """When which seat was seen on which rung."""

    async def view(self) -> Any:
        """The lesson as its seats see it, asked for at the server's end."""
        while True:
            # A server on a starved machine may need longer than a request has.
            with contextlib.suppress(TimeoutError):
                view = await self.door.get(f"/api/v1/lessons/{self.made['lesson']}", self.made["teacher"]["token"])
                break
        self.rungs += [(time.time(), seat["seat"], seat["rung"]) for seat in view["seats"]]
        return view

    async def seat(self, name: str) -> Any:
        """One seat of that view."""
        return next(seat for seat in (await self.view())["seats"] if seat["seat"] == name)

    def rung(self, name: str, at: float) -> str:
        """The rung on which the seat was last seen."""
        seen = [rung for when, seat, rung in self.rungs if seat == name and when <= at]
        return seen[-1] if seen else "full"


TeacherKind = Literal["chromium", "own"]


@contextlib.asynccontextmanager
async def held(
    network: Network,
    chromium: str,
    directory: Path,
    *,
    teacher: TeacherKind = "own",
    tree: Path | None = None,
    extra: tuple[str, ...] = (),
    record: bool = False,
) -> AsyncIterator[LiveLesson]:
    """A lesson with a classroom in each room of the network; its pages are open, but nothing is waited for.

    The calling thread stands in the server's namespace. `tree`: the checkout whose server and pages are tried; `extra`:
    further flags of that server.
    """
    host = ("--http-host", SERVER_ADDRESS, "--announce", SERVER_ADDRESS, *extra)
    async with (
        ServerProcess(directory / "data", extra=host, tree=tree) as server,
        aiohttp.ClientSession() as session,
        contextlib.AsyncExitStack() as stack,
    ):
        door = Door(session, server.info.url)
        made = await door.post("/api/v1/lessons", server.info.secret, _body(len(network.rooms), record))
        lesson = LiveLesson(server, door, made)
        browsers = await stack.enter_async_context(_Browsers.started(chromium, directory, server.info.url))
        if teacher == "own":
            await stack.enter_async_context(_own_teacher(lesson, directory))
        else:
            page = made["teacher"]["page"].replace("#", "?autostart=1#", 1)
            lesson.seats.append(Seat(HOST_SEAT, await browsers.open(page, TEACHER_CLIP, network.server)))
        for room, seat in zip(network.rooms, made["seats"], strict=True):
            page = await browsers.open(seat["page"], ROOM_CLIP, room.namespace)
            lesson.seats.insert(-1 if teacher == "chromium" else len(lesson.seats), Seat(seat["seat"], page, room))
        yield lesson


@contextlib.asynccontextmanager
async def _own_teacher(lesson: LiveLesson, directory: Path) -> AsyncIterator[None]:
    player = Player(HOST_SEAT, lesson.made["teacher"]["token"], SMALL_CLIP)
    plan = Plan(lesson.door.url, lesson.made["lesson"], str(directory / "clips"), [player], decode=False)
    async with OwnPlayers(plan, directory / "teacher.log") as players:
        await players.act(HOST_SEAT, {"type": "start"})
        yield


class _Browsers:
    """One Chromium a seat, each in a namespace."""

    def __init__(self, playwright: "Playwright", executable: str, directory: Path, origin: str) -> None:
        self._playwright, self._executable, self._directory, self._origin = playwright, executable, directory, origin

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, executable: str, directory: Path, origin: str) -> AsyncIterator["_Browsers"]:
        from playwright.async_api import async_playwright

        async with async_playwright() as playwright:
            # Its end ends the browsers too: playwright's driver holds their pipes.
            yield cls(playwright, executable, directory, origin)

    async def open(self, address: str, clip: ClipPlan, namespace: Namespace) -> "Page":
        video, audio = write_capture_files(clip, self._directory / namespace.name)
        script = self._directory / namespace.name / "chromium"
        command = " ".join(namespace.command(self._executable))
        script.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        script.chmod(0o755)
        captures = (f"--use-file-for-fake-video-capture={video}", f"--use-file-for-fake-audio-capture={audio}")
        # The certificate of a TURN server in here is signed by nobody.
        unsigned = "--ignore-certificate-errors"
        secure = f"--unsafely-treat-insecure-origin-as-secure={self._origin}"
        browser = await self._playwright.chromium.launch(
            executable_path=script, headless=True, args=[*FLAGS, *captures, secure, unsigned]
        )
        page = await browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        await page.add_init_script(WATCH)
        await page.goto(address if address.startswith("http") else self._origin + address, wait_until="commit")
        return page


def _body(rooms: int, record: bool) -> dict[str, Any]:
    recipients = [
        {"school": "檀溪小学", "classroom": f"{number}号教室", "class_name": f"五（{number}）班", "class_size": 20}
        for number in range(1, rooms + 1)
    ]
    return {
        "supporter": "浦江县实验小学",
        "class_name": "五（1）班",
        "class_size": 40,
        "subject": "语",
        "minutes": 40,
        "recipients": recipients,
        "record": record,
        "consent_by": "王老师" if record else None,
        "is_test": True,
    }
