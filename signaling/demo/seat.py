"""A seat without a browser: speaks the WebSocket protocol, publishes its clip, views what a page in its place would.

Like the page it never gives up: whatever ends, is opened again, until the lesson is over or `close` is called.
"""

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import msgspec

from classroom.lesson.events import HOST_SEAT
from classroom.relay.client import ClipPublisher, Viewer
from classroom.relay.client_peer import ClientError, ClientPeer
from classroom.relay.offer import AnswerError
from classroom.relay.peer import generate_certificate
from classroom.relay.playout import Clip
from signaling.demo.http import Door, ServerProblem
from signaling.demo.pictures import PictureViewer, Tally
from signaling.demo.plan import Player, SeatFigures

RETRY_S = 0.2
REFUSED_S = 2.0
SILENCE_S = 1.5  # the relay says something twice a second, also to those it has nothing to forward to
FINAL_STATUS = frozenset({400, 401, 403, 406, 410, 415})
"""Answers that a repetition seldom changes: ask again slowly."""
TROUBLE = (ClientError, AnswerError, ServerProblem, aiohttp.ClientError, TimeoutError, OSError)


class OwnSeat:
    """One seat of one lesson. `run` is the whole of it; the latest view of the lesson is in `view`.

    `thread` decodes (an executor with one worker, for any number of seats); without it packets arrive and are dropped.
    """

    def __init__(
        self,
        plan: Player,
        lesson: str,
        door: Door,
        session: aiohttp.ClientSession,
        clip: Clip,
        thread: ThreadPoolExecutor | None,
    ) -> None:
        self.plan = plan
        self.view: dict[str, Any] | None = None
        self._lesson = lesson
        self._door = door
        self._session = session
        self._clip = clip
        self._thread = thread
        self._certificate = generate_certificate()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._unsent: list[dict[str, Any]] = []
        self._wanted_at: dict[str, float] = {}
        self._tallies: dict[str, Tally] = {}
        self._views: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Join, and stay until the lesson has ended. Cancelling it leaves properly."""
        publishing = asyncio.create_task(self._publish(), name=f"publish {self.plan.seat}")
        try:
            while self._is_going_on():
                with contextlib.suppress(*TROUBLE):
                    await self._converse()
                if self._is_going_on():
                    await asyncio.sleep(RETRY_S)
        finally:
            await _end({publishing, *self._views.values(), *self._leaving})
            self._views.clear()

    async def send(self, message: dict[str, Any]) -> None:
        """Say something in the lesson's protocol; before the welcome it waits for it."""
        if self._socket is None or self._socket.closed or self.view is None:
            self._unsent.append(message)
        else:
            await self._socket.send_json(message)

    def figures(self) -> SeatFigures:
        """What was seen up to now."""
        firsts = {
            key: round((tally.first_at - self._wanted_at[key]) * 1000, 1)
            for key, tally in self._tallies.items()
            if tally.first_at is not None
        }
        return SeatFigures(
            pictures={key: tally.decoded for key, tally in self._tallies.items()},
            first_picture_ms=firsts,
            sounds={key: tally.sounds for key, tally in self._tallies.items()},
        )

    def _is_going_on(self) -> bool:
        return self.view is None or self.view["state"] != "ended"

    # -- the WebSocket

    async def _converse(self) -> None:
        url = f"{self._door.url}/ws/{self._lesson}"
        async with self._session.ws_connect(url, heartbeat=5.0) as socket:
            hello = {"type": "hello", "token": self.plan.token, "device": f"own-{self.plan.seat}", "version": 1}
            await socket.send_json(hello)
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._hear(socket, msgspec.json.decode(message.data))
                if not self._is_going_on():
                    return

    async def _hear(self, socket: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
        if message["type"] not in ("welcome", "lesson"):
            return
        self.view = message["lesson"]
        if message["type"] == "welcome":
            self._socket = socket
            unsent, self._unsent = self._unsent, []
            for words in unsent:
                await socket.send_json(words)
        self._want(self.view)

    def _want(self, view: dict[str, Any]) -> None:
        """View what a page in this seat would: the teacher every classroom, a classroom the teacher and the stage."""
        rural = [seat["seat"] for seat in view["seats"] if seat["seat"] != HOST_SEAT]
        if self.plan.seat == HOST_SEAT:
            seats = rural
        else:
            seats = [HOST_SEAT] + [seat for seat in rural if seat == view["stage"] and seat != self.plan.seat]
        sending = {seat["seat"] for seat in view["seats"] if any(s["source"] == "camera" for s in seat["streams"])}
        for seat in seats:
            if seat in sending and seat not in self._views:
                self._views[seat] = asyncio.create_task(self._watch(seat), name=f"{self.plan.seat} views {seat}")
        for seat in [seat for seat in self._views if seat not in seats]:
            task = self._views.pop(seat)
            task.cancel()
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    # -- media

    async def _publish(self) -> None:
        url = f"/whip/{self._lesson}/{self.plan.seat}/camera"
        while True:
            publisher = ClipPublisher(self._clip, certificate=self._certificate)
            await self._hold(publisher, publisher.peer, url)

    async def _watch(self, seat: str) -> None:
        key = f"{seat}/camera"
        self._wanted_at.setdefault(key, time.monotonic())
        tally = self._tallies.setdefault(key, Tally())
        url = f"/whep/{self._lesson}/{key}"
        while True:
            if self._thread is None:
                packets = Viewer(certificate=self._certificate)
                await self._hold(packets, packets.peer, url)
            else:
                pictures = PictureViewer(self._thread, tally=tally, certificate=self._certificate)
                await self._hold(pictures, pictures.viewer.peer, url)

    async def _hold(self, end: ClipPublisher | Viewer | PictureViewer, peer: ClientPeer, url: str) -> None:
        """Open one session and stay in it for as long as it lives."""
        try:
            await end.start(self._door.post_sdp, url, self.plan.token)
            await _until_silent(peer)
        except TROUBLE as error:
            if isinstance(error, ServerProblem) and error.status in FINAL_STATUS:
                await asyncio.sleep(REFUSED_S)
        finally:
            await end.close()
        await asyncio.sleep(RETRY_S)


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    """Cancel until they have ended: Python 3.11's wait_for, which the handshake uses, may swallow a cancellation."""
    while tasks:
        for task in tasks:
            task.cancel()
        ended, tasks = await asyncio.wait(tasks, timeout=0.2)
        await asyncio.gather(*ended, return_exceptions=True)


async def _until_silent(peer: ClientPeer) -> None:
    """Until the server says goodbye or has said nothing for a while."""
    while time.monotonic() - peer.heard < SILENCE_S:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.25):
                await peer.left.wait()
                return
