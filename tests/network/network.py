"""A server and classrooms in network namespaces of their own, each classroom behind a line that can be made bad.

    with Network(rooms=1) as network:
        with network.server.entered():                     # this thread now stands where the server is
            network.rooms[0].set(down=Rules(rate_bps=600_000))

Namespaces are Linux's (`ip netns`), lines are `bridge.py`; nothing reaches the machine's own network. Needs root and
/dev/net/tun: `refused()` says in words what is missing.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

import msgspec

from tests.network.bridge import Setting, Told, enter_namespace
from tests.network.shaping import Rules

SERVER_ADDRESS = "10.77.0.1"
"""The server's, which every classroom reaches through its line."""
TREE = Path(__file__).parents[2]
PREFIX = "classroom-"
STOP_S = 5.0
GOOD = Rules()


class NetworkRefused(Exception):
    """This machine does not let us make namespaces or devices; str() says which."""


def refused() -> str | None:
    """Why there can be no such network here; None when there can."""
    if shutil.which("ip") is None or shutil.which("nsenter") is None:
        return "iproute2 (ip) or util-linux (nsenter) is missing"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "/dev/net/tun cannot be opened"
    try:
        probe = Namespace(f"{PREFIX}{os.getpid()}-probe")
    except NetworkRefused as error:
        return str(error)
    probe.close()
    return None


class Namespace:
    """A network namespace with its loopback up. `close` ends whatever still runs in it."""

    def __init__(self, name: str) -> None:
        """Raises NetworkRefused."""
        self.name = name
        try:
            _ip("netns", "add", name)
        except subprocess.CalledProcessError as error:
            raise NetworkRefused(f"ip netns add is refused: {error.stderr.strip()}") from error
        self.ip("link", "set", "lo", "up")

    def ip(self, *words: str) -> str:
        """iproute2's `ip`, in here; what it printed. Raises CalledProcessError."""
        return _ip("-n", self.name, *words)

    def command(self, *words: str) -> tuple[str, ...]:
        """The command that runs this one in here: same process, same open files."""
        return ("nsenter", f"--net=/run/netns/{self.name}", "--", *words)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread, and the processes that it starts, stand in here."""
        with open(f"/proc/self/task/{threading.get_native_id()}/ns/net", "rb") as home:
            with open(f"/run/netns/{self.name}", "rb") as there:
                enter_namespace(there.fileno())
            try:
                yield
            finally:
                enter_namespace(home.fileno())

    def signal(self, number: signal.Signals) -> None:
        """To every process in here; never to this one."""
        _signal(self.name, number)

    def close(self) -> None:
        """Idempotent."""
        _remove(self.name)


class Room:
    """A classroom's namespace and the line between it and the server's."""

    def __init__(self, number: int, server: Namespace, seed: int) -> None:
        """Raises NetworkRefused. `number` from 1."""
        self._number = number
        self._server = server
        self._device = f"room{number}"
        self.setting = Setting()
        self.address = f"10.77.{number}.2"
        self.namespace = Namespace(f"{PREFIX}{os.getpid()}-room{number}")
        command = (sys.executable, "-m", "tests.network.bridge")
        arguments = (server.name, self._device, self.namespace.name, "line", str(seed * 100 + number))
        self._bridge = subprocess.Popen(
            [*command, *arguments], cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._input, self._output = _pipes(self._bridge)
        try:
            self._read()
        except NetworkRefused:
            self.close()
            raise
        server.ip("link", "set", self._device, "up")
        # A browser beside the server takes addresses of loopback for none, and looks for others in vain.
        server.ip("addr", "add", f"{SERVER_ADDRESS}/32", "dev", self._device)
        # The relay's one socket answers from the address that the route names.
        server.ip("route", "add", f"10.77.{number}.0/24", "dev", self._device, "src", SERVER_ADDRESS)
        self.namespace.ip("link", "set", "line", "up")
        self._take(self.address)

    def set(self, *, down: Rules = GOOD, up: Rules = GOOD, port_shift: int | None = None) -> Told:
        """Change the line; in force when this returns. `down` is towards the classroom. No shift: the one it has."""
        self.setting = Setting(down, up, self.setting.port_shift if port_shift is None else port_shift)
        self._input.write(msgspec.json.encode(self.setting) + b"\n")
        return self._read()

    def told(self) -> Told:
        """What went by since the start."""
        return self.set(down=self.setting.down, up=self.setting.up)

    def move(self) -> str:
        """Another address in the same network, as from another DHCP server; the old one is gone. Returns it."""
        old, host = self.address, int(self.address.rpartition(".")[2])
        self._take(f"10.77.{self._number}.{host + 1}")
        self.namespace.ip("addr", "del", f"{old}/24", "dev", "line")
        # Deleting a primary address takes the others of its network with it, unless they are promoted.
        self._take(self.address)
        return self.address

    def close(self) -> None:
        """Idempotent."""
        self._input.close()
        try:
            self._bridge.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._bridge.kill()
            self._bridge.wait()
        self._output.close()
        self.namespace.close()

    def _take(self, address: str) -> None:
        self.address = address
        self.namespace.ip("addr", "replace", f"{address}/24", "dev", "line")
        self.namespace.ip("route", "replace", "default", "dev", "line")

    def _read(self) -> Told:
        line = b""
        while not line.endswith(b"\n"):
            more = self._output.read(4096)
            if not more:
                raise NetworkRefused("the bridge stopped: no TUN device in a namespace?")
            line += more
        return msgspec.json.decode(line, type=Told)


class Network:
    """The server's namespace (`server`) and one for each classroom (`rooms`)."""

    def __init__(self, *, rooms: int = 1, seed: int = 1) -> None:
        self.rooms: list[Room] = []
        self._count = rooms
        self._seed = seed
        self.server: Namespace

    def __enter__(self) -> Self:
        """Raises NetworkRefused."""
        _sweep()
        self.server = Namespace(f"{PREFIX}{os.getpid()}-server")
        try:
            self.server.ip("addr", "add", f"{SERVER_ADDRESS}/32", "dev", "lo")
            for number in range(1, self._count + 1):
                self.rooms.append(Room(number, self.server, self._seed))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        for room in self.rooms:
            room.close()
        self.server.close()


def _sweep() -> None:
    """Remove namespaces of runs that were killed, and what still runs in them."""
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0] if line else ""
        pid = name.removeprefix(PREFIX).partition("-")[0]
        if name.startswith(PREFIX) and pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            _remove(name)


def _remove(name: str) -> None:
    with contextlib.suppress(subprocess.CalledProcessError):
        _signal(name, signal.SIGKILL)
        _ip("netns", "del", name)


def _signal(name: str, number: signal.Signals) -> None:
    for pid in map(int, _ip("netns", "pids", name).split()):
        if pid != os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None and process.stdout is not None
    return process.stdin, process.stdout
