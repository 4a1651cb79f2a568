"""`classroom …` in a real process of its own, forked from one that has imported it already: an import costs 2 s."""

import asyncio
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

from signaling.cli import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.signaling.command_line", "signaling.cli.stopped", "signaling.cli.running"])


async def classroom(*arguments: str, typed: str = "") -> tuple[int, str, str]:
    """Exit code, what was printed, what was complained of. `typed` comes from standard input."""
    return await asyncio.to_thread(_run, arguments, typed)


def _run(arguments: tuple[str, ...], typed: str) -> tuple[int, str, str]:
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "err")]
        for stream in streams:
            stream.write_text(typed if stream.name == "in" else "")
        process = _FORKS.Process(target=_be, args=(arguments, streams, dict(os.environ)))
        process.start()
        process.join()
        _, out, err = streams
        return process.exitcode or 0, out.read_text(), err.read_text()


def _be(arguments: tuple[str, ...], streams: list[Path], environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(os.open(stream, os.O_RDWR), number)
    # A process of multiprocessing has no standard input of its own.
    sys.stdin = os.fdopen(0)
    sys.argv = ["classroom", *arguments]
    main()
