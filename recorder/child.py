"""A process that works beside the server: after the lessons, first to go when memory runs out, and gone with it.

The server's side of it is `recorder.apart`.
"""

import contextlib
import os
import resource
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import cv2
import msgspec
import structlog

T = TypeVar("T")

NICE: Final = 19
OOM_SCORE: Final = b"800"
"""Where memory runs out the kernel takes this process, not the one that holds the lessons."""
LEFT: Final = 3
"""The exit code of a process whose server is gone."""


def stand_back() -> None:
    """Take what the lessons leave; what is logged goes to standard error, which is the server's log."""
    os.nice(NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(OOM_SCORE)
    cv2.setNumThreads(1)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def end_with_the_server(clear: Callable[[], None] = lambda: None) -> None:
    """From now on: when standard input ends, `clear` and end at once.

    Nothing else may read there, or hold a buffer over it: the thread must hold no lock when the interpreter ends.
    """
    threading.Thread(target=_wait, args=(clear,), daemon=True).start()


def bound(*limits: tuple[int, int]) -> None:
    """What a hostile file could make a library take, bounded by the kernel: pairs of an RLIMIT_… and the most of it."""
    for kind, most in limits:
        resource.setrlimit(kind, (most, most))


def read_order(type: type[T]) -> T:
    """What is to be done: the first line of standard input. Before `end_with_the_server`."""
    # Without a buffer, for the thread that waits for the end of it.
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as orders:
        return msgspec.json.decode(orders.readline(), type=type)


def say(what: msgspec.Struct) -> None:
    """A line for the server."""
    # libav writes to the same descriptors when it complains: one whole line at a time.
    os.write(sys.stdout.fileno(), msgspec.json.encode(what) + b"\n")


def _wait(clear: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        continue
    clear()
    os._exit(LEFT)
