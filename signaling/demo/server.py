"""Starts the real server as a process of its own, on free loopback ports and a data directory of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Self

import aiohttp

from signaling.datadir import DataDirectory, ServerInfo

START_S = 60.0  # the first start migrates the database; on a busy machine importing alone takes seconds
STOP_S = 20.0  # closing flushes the recordings


class ServerFailed(Exception):
    """The server did not start; str() ends with the last lines of its log."""


class ServerProcess:
    """`classroom serve` for as long as the context lasts. `info` is its server.json, `pid` its process.

    `tree` is another checkout to run, with a .venv of its own.
    """

    def __init__(
        self,
        data: Path,
        *,
        http_port: int = 0,
        udp_port: int = 0,
        extra: tuple[str, ...] = (),
        tree: Path | None = None,
    ) -> None:
        self._data = data.absolute()
        self._tree = tree
        self._http_port = http_port
        self._udp_port = udp_port
        self._extra = extra
        self._process: asyncio.subprocess.Process | None = None
        self.info: ServerInfo

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._data / "log" / "server.log"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start and wait until it answers. Raises ServerFailed. A second start takes the same ports again."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        (self._data / "server.json").unlink(missing_ok=True)
        python = sys.executable if self._tree is None else str(self._tree / ".venv/bin/python")
        command = [python, "-m", "signaling", "serve", "--data", str(self._data)]
        command += ["--http-host", "127.0.0.1", "--http-port", str(self._http_port), "--udp-port", str(self._udp_port)]
        with self.log.open("ab") as log:
            # A process group of its own: Ctrl-C is for us to hand on, after the seats have left.
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *self._extra,
                cwd=self._tree,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(START_S):
                self.info = await self._until_it_answers(self._process)
        except (TimeoutError, ServerFailed) as error:
            await self.stop()
            raise ServerFailed(f"the server did not start: {self._last_words()}") from error
        self._http_port = int(self.info.url.rsplit(":", 1)[1])
        self._udp_port = self.info.udp_port

    async def stop(self) -> None:
        """Ask it to close, and wait; kill it when it does not. Idempotent."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def kill(self) -> None:
        """As a power cut would: SIGKILL, nothing flushed."""
        process, self._process = self._process, None
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()

    async def _until_it_answers(self, process: asyncio.subprocess.Process) -> ServerInfo:
        directory = DataDirectory(self._data)
        async with aiohttp.ClientSession() as session:
            while True:
                if process.returncode is not None:
                    raise ServerFailed(f"exit {process.returncode}")
                info = directory.server()
                if info is not None and info.pid == process.pid:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with session.get(info.url + "/healthz") as response:
                            if response.status == 200:
                                return info
                await asyncio.sleep(0.02)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return " / ".join(lines[-5:]) or "it printed nothing"
