"""A whole server with a lesson to measure: a process of its own, a data directory that is thrown away."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from signaling.demo.http import Door
from signaling.demo.server import ServerProcess


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, its HTTP, and lessons on it as `POST /api/v1/lessons` gave them."""

    server: ServerProcess
    session: aiohttp.ClientSession
    door: Door
    data: Path
    lessons: list[dict[str, Any]]

    @property
    def lesson(self) -> dict[str, Any]:
        """The first."""
        return self.lessons[0]


@contextlib.asynccontextmanager
async def served(
    *, classrooms: int = 1, record: bool = False, observers: int = 0, lessons: int = 1
) -> AsyncIterator[Served]:
    """Start a server, make lessons of 40 minutes with so many classrooms each, all of one school."""
    recipients = [
        {"school": "檀溪小学", "classroom": f"{number}号教室", "class_name": f"五（{number}）班", "class_size": 20}
        for number in range(1, classrooms + 1)
    ]
    body = {
        "supporter": "浦江县实验小学",
        "class_name": "五（1）班",
        "class_size": 40,
        "subject": "语",
        "minutes": 40,
        "recipients": recipients,
        "record": record,
        "observers": observers,
        "is_test": True,
    }
    if record:
        body["consent_by"] = "benchmark"
    with tempfile.TemporaryDirectory(prefix="classroom-bench-") as directory:
        data = Path(directory)
        async with ServerProcess(data) as server, aiohttp.ClientSession() as session:
            door = Door(session, server.info.url)
            made = [await door.post("/api/v1/lessons", server.info.secret, body) for _ in range(lessons)]
            yield Served(server, session, door, data, made)
