"""`/ws/{lesson}`: everything of a device that is not media, over one WebSocket."""

import asyncio
import contextlib
from datetime import datetime
from typing import Final, Literal

import structlog
from aiohttp import WSMsgType, web

from classroom.lesson.errors import LessonError
from classroom.registry.facts import Link, Role
from signaling.auth import authenticate
from signaling.context import CLOCK, LESSONS, SECRET, SETTINGS, STORE
from signaling.guests import Guest
from signaling.messages import (
    HEARTBEAT_S,
    HELLO_TIMEOUT_S,
    MAX_EXCESS,
    MAX_MESSAGE_BYTES,
    MAX_SKETCH_EXCESS,
    MESSAGE_BURST,
    MESSAGES_PER_S,
    SKETCH_BURST,
    SKETCHES_PER_S,
    AnyClientMessage,
    AnyServerMessage,
    BadMessage,
    Error,
    Hello,
    Observers,
    Point,
    Replaced,
    Sketch,
    decode,
    encode,
)
from signaling.problem import Problem
from signaling.rate import TokenBucket
from signaling.scope import seat_in
from signaling.turn import ice_servers

log = structlog.get_logger("socket")

# A view is 4 kB and events are rare; a device this far behind is gone, and learns all from its next welcome.
OUTBOX: Final = 64
# What may be queued when the socket closes is one refusal or one farewell.
FAREWELL_S: Final = 1.0
# Longer than the largest message that we would name `message_too_large`; beyond it aiohttp itself hangs up.
MAX_FRAME_BYTES: Final = 4 * MAX_MESSAGE_BYTES


class Outbox:
    """A device's messages on their way. `send` never blocks; a device that does not read is hung up on."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.link: Link | None = None
        """What the device came by, once it has said so."""
        self.lesson: str | None = None
        """Where it has been let in."""
        self._socket = socket
        self._queue: asyncio.Queue[AnyServerMessage | None] = asyncio.Queue(OUTBOX)
        self._task = asyncio.create_task(self._run(), name="outbox")

    def send(self, message: AnyServerMessage) -> None:
        """Queue a message; the first that does not fit ends the connection."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._task.cancel()

    def offer(self, message: AnyServerMessage) -> None:
        """Queue a message that the device can do without; dropped while others wait."""
        if self._queue.qsize() < OUTBOX // 4:
            self.send(message)

    async def close(self) -> None:
        """Send what is queued, for FAREWELL_S at most, and hang up. Idempotent."""
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)
        await asyncio.wait({self._task}, timeout=FAREWELL_S)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while (message := await self._queue.get()) is not None:
                await self._socket.send_str(encode(message).decode())
                if isinstance(message, Replaced):
                    break
        except ConnectionError:
            log.debug("socket lost")
        finally:
            await self._socket.close()


OUTBOXES = web.AppKey("outboxes", set[Outbox])


class _Refused(Exception):
    """The device does not get in; the error is its answer."""

    def __init__(self, error: Error) -> None:
        self.error = error


async def seat_socket(request: web.Request) -> web.WebSocketResponse:
    """A device's connection to one lesson: hello, welcome, then commands and views until either side leaves."""
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME_BYTES)
    await socket.prepare(request)
    outbox = Outbox(socket)
    request.app[OUTBOXES].add(outbox)
    guest: Guest | None = None
    try:
        guest = await _enter(request, socket, outbox)
        async with asyncio.timeout(_left_s(outbox.link, request.app[CLOCK].at())):
            await _converse(request, socket, outbox, guest)
    except _Refused as refused:
        outbox.send(refused.error)
    except TimeoutError:
        outbox.send(_error_of(Problem("token_expired")))
    except Exception:
        # A full disk, most likely: the page keeps trying.
        log.exception("socket failed")
        outbox.send(_BUSY)
    finally:
        _leave(request.app, outbox)
        if guest is not None:
            request.app[LESSONS].detach(guest)
        await outbox.close()
    return socket


async def _enter(request: web.Request, socket: web.WebSocketResponse, outbox: Outbox) -> Guest:
    """The guest that the first message makes of this device. Raises _Refused."""
    app, lesson = request.app, request.match_info["lesson"]
    try:
        hello = decode(await socket.receive_str(timeout=HELLO_TIMEOUT_S))
    except BadMessage as error:
        raise _Refused(Error(code=error.code, title=error.title, detail=error.detail)) from error
    except (TimeoutError, TypeError) as error:
        raise _Refused(_HELLO_EXPECTED) from error
    if not isinstance(hello, Hello):
        raise _Refused(_HELLO_EXPECTED)
    try:
        grant = await authenticate(app[STORE], app[SECRET], hello.token, app[CLOCK].at())
        if grant.link is None:
            raise Problem("forbidden")
        outbox.link = grant.link
        seat = await seat_in(app[STORE], grant, lesson)
        role: Role = grant.link.role
        guest = await app[LESSONS].attach(
            lesson,
            role=role,
            seat=seat,
            holder=grant.link.holder,
            device=outbox,
            device_id=hello.device,
            link=grant.link.id,
            ice_servers=ice_servers(app[SETTINGS], grant.link.id, app[CLOCK].at()),
        )
        outbox.lesson = lesson
        _tell_observers(app, lesson, outbox)
        return guest
    except Problem as problem:
        raise _Refused(_error_of(problem)) from problem
    except LessonError as error:
        raise _Refused(Error(code=error.code, title=error.title, detail=error.detail)) from error


def observers_of(app: web.Application, lesson: str) -> Observers:
    """Who watches the lesson now."""
    names = [
        box.link.name for box in app[OUTBOXES] if box.link and box.lesson == lesson and box.link.role == "observer"
    ]
    return Observers(names=sorted({name for name in names if name}), unnamed=names.count(None))


def _tell_observers(app: web.Application, lesson: str, by: Outbox) -> None:
    """A device has come or gone: the teacher is told of an observer, and hears on coming who watches already."""
    assert by.link is not None, "it has said hello"
    watching = observers_of(app, lesson)
    if by.link.role == "teacher" and (watching.names or watching.unnamed):
        by.send(watching)
    elif by.link.role == "observer":
        for box in app[OUTBOXES]:
            if box.link and box.lesson == lesson and box.link.role == "teacher":
                box.send(watching)


def _leave(app: web.Application, outbox: Outbox) -> None:
    app[OUTBOXES].discard(outbox)
    if outbox.lesson is not None and outbox.link is not None and outbox.link.role == "observer":
        _tell_observers(app, outbox.lesson, outbox)


def _left_s(link: Link | None, at: datetime) -> float | None:
    """How long a link still holds; None when nothing ends it."""
    return None if link is None or link.expires_at is None else (link.expires_at - at).total_seconds()


def _error_of(problem: Problem) -> Error:
    return Error(code=problem.code, title=problem.zh, detail=problem.en)


async def _converse(request: web.Request, socket: web.WebSocketResponse, outbox: Outbox, guest: Guest) -> None:
    """Obey the device, one message after the other, until it leaves or is too fast for too long."""
    clock, lessons = request.app[CLOCK], request.app[LESSONS]
    pace = _Pace(clock.now())
    async for frame in socket:
        if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            continue
        message = _read(frame.data)
        judged = pace.judge(message, clock.now())
        if judged == "refuse":
            outbox.send(_TOO_FAST)
        if pace.is_spent:
            return
        if judged != "take":
            continue
        try:
            answer = message if isinstance(message, Error) else await lessons.handle(guest, message)
        except LessonError as error:
            answer = Error(code=error.code, title=error.title, detail=error.detail)
        except Exception:
            # A full disk, most likely. What was asked for has not happened; the device stays and is told so.
            log.exception("command failed", lesson=guest.lesson)
            answer = _BUSY
        if answer is not None:
            outbox.send(answer)


def _read(frame: bytes | str) -> AnyClientMessage | Error:
    """The message in a frame, or what is to be said of it."""
    try:
        return decode(frame)
    except BadMessage as error:
        return Error(code=error.code, title=error.title, detail=error.detail)


class _Pace:
    """How fast a device may speak. Sketches come fast and are never missed; all else is refused with a word."""

    def __init__(self, now: float) -> None:
        self._messages = TokenBucket(MESSAGES_PER_S, MESSAGE_BURST, now)
        self._sketches = TokenBucket(SKETCHES_PER_S, SKETCH_BURST, now)
        # What is dropped is read all the same: a device may waste so much, and no more than so fast.
        self._waste = TokenBucket(SKETCHES_PER_S, MAX_SKETCH_EXCESS, now)
        self._refused = 0
        self.is_spent = False
        """Too fast for too long."""

    def judge(self, message: AnyClientMessage | Error, now: float) -> Literal["take", "drop", "refuse"]:
        """What becomes of a message that comes now."""
        if isinstance(message, Point | Sketch):
            if self._sketches.take(now):
                return "take"
            self.is_spent = not self._waste.take(now)
            return "drop"
        if self._messages.take(now):
            return "take"
        self._refused += 1
        self.is_spent = self._refused >= MAX_EXCESS
        return "refuse"


_HELLO_EXPECTED: Final = Error(
    code="hello_expected", title="连接没有先说明身份。", detail="The first message must be hello, within five seconds."
)
_BUSY: Final = Error(
    code="busy", title="服务器暂时无法处理，请再试一次。", detail="The server could not do this: try again."
)
_TOO_FAST: Final = Error(code="too_fast", title="操作太频繁，请稍候。", detail="Too many messages; wait a moment.")


async def _hang_up(app: web.Application) -> None:
    """The server goes down: the lessons tell every device so, then each is hung up on."""
    await app[LESSONS].close()
    outboxes = app[OUTBOXES]
    await asyncio.gather(*(outbox.close() for outbox in list(outboxes)))


def add_seat_socket(app: web.Application) -> None:
    """Register the WebSocket, and its end with the server's."""
    app[OUTBOXES] = set()
    app.on_shutdown.append(_hang_up)
    app.router.add_get("/ws/{lesson}", seat_socket)
