"""The server's own doors at random: bodies for WHIP and WHEP, messages on the socket. None is an error of ours."""

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import aiohttp

from signaling.demo.http import Door
from signaling.demo.server import ServerProcess

LESSON = {
    "supporter": "实验小学",
    "class_name": "五（1）班",
    "class_size": 42,
    "subject": "语",
    "minutes": 40,
    "recipients": [{"school": "檀溪中小", "classroom": "一号教室", "class_size": 23}],
}
MESSAGES = [
    b'{"type":"mute","seat":null,"muted":true}',
    b'{"type":"headcount","students":23,"teachers":1}',
    b'{"type":"set_stage","seat":"room-1"}',
    b'{"type":"ping","t":1.5e3}',
]


def mangled(rng: random.Random, messages: list[bytes]) -> bytes:
    data = bytearray(rng.choice(messages))
    for _ in range(rng.randint(0, 4)):
        at = rng.randrange(len(data) + 1)
        change = rng.randrange(3)
        if change == 0:
            data[at : at + 1] = rng.randbytes(1)
        elif change == 1:
            data[at:at] = data[rng.randrange(len(data) + 1) :][: rng.choice([3, 30, 3000, 70_000])]
        else:
            del data[at : at + rng.randint(1, 100)]
    return bytes(data)


async def say(session: aiohttp.ClientSession, url: str, token: str, rng: random.Random) -> None:
    """Some messages on one connection, which the server may close."""
    async with session.ws_connect(url) as socket:
        if rng.random() < 0.8:
            await socket.send_json({"type": "hello", "token": token, "device": "d", "version": 1})
        for _ in range(rng.randint(1, 5)):
            if socket.closed:
                return
            message = mangled(rng, MESSAGES)
            if rng.random() < 0.2:
                await socket.send_bytes(message)
            else:
                await socket.send_str(message.decode("utf8", "replace"))


async def test_bodies_and_messages_are_taken_or_refused(tmp_path: Path, offers: list[str], fuzz_seconds: float) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng, bodies = random.Random(seed), [text.encode() for text in offers]
    async with ServerProcess(tmp_path / "data") as server, aiohttp.ClientSession() as session:
        made: Any = await Door(session, server.info.url).post("/api/v1/lessons", server.info.secret, LESSON)
        links = [made["teacher"]["whip"], made["seats"][0]["whep"]]
        token = made["teacher"]["token"]
        end = time.monotonic() + fuzz_seconds
        while time.monotonic() < end:
            kind = rng.choice(["application/sdp"] * 9 + ["text/plain", "application/sdp; charset=x"])
            headers = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
            async with session.post(rng.choice(links), data=mangled(rng, bodies), headers=headers) as response:
                answer = await response.text()
            # 503: so many are being set up at this moment.
            assert response.status == 201 or 400 <= response.status < 500 or "too_many_sessions" in answer, answer
            if response.status == 201:
                await session.delete(server.info.url + response.headers["Location"], headers=headers)
            if rng.random() < 0.1:
                await say(session, f"{server.info.url}/ws/{made['lesson']}", token, rng)
        async with session.get(f"{server.info.url}/healthz") as response:
            assert response.status == 200
        log = await asyncio.to_thread(server.log.read_text)
    assert "Traceback" not in log, log[-4000:]
