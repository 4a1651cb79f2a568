"""Bad lines: what a classroom still sees and hears, how fast it adapts and recovers. A real Chromium at both ends.

    python -m benchmarks.network                                  # all of them, about nine minutes
    python -m benchmarks.network thin narrow                      # these
    python -m benchmarks.network thin --tree ~/another-checkout   # that checkout's server and pages, from its own .venv
    python -m benchmarks.network --keep docs/network.md           # and put the table into that file
    python -m benchmarks.network --own-teacher --nice -8          # on a busy machine: a browser less, before others

One JSON line a scenario, then the table. The names are those of `tests/network/scenarios.py`. Needs root, /dev/net/tun
and iproute2. By hand, with the line in your own hands: `with Network() as network, network.server.entered():` and
`async with held(network, chromium, directory, teacher="chromium") as lesson:` (tests/network/network.py, lesson.py);
`network.rooms[0].set(down=Rules(rate_bps=300_000))` changes it while the lesson goes on.
"""

import asyncio
import os
import signal
import sys
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.machine import machine, tell
from signaling.demo.players import find_browser
from tests.network.lesson import TeacherKind, held
from tests.network.network import Network, refused
from tests.network.scenarios import SCENARIOS, Row, Scenario, run, table

SEED = 1
KEPT = "<!-- measured -->"
"""In the file that keeps the table, everything after this line is the last measurement."""


async def measure(scenario: Scenario, chromium: str, tree: Path | None, own_teacher: bool) -> Row:
    """One scenario on a server, a lesson and browsers of its own; a teacher whose page is watched is a browser."""
    teacher: TeacherKind = "own" if own_teacher and scenario.watched != "teacher" else "chromium"
    with (
        tempfile.TemporaryDirectory(prefix="classroom-bench-") as directory,
        Network(rooms=1, seed=SEED) as network,
        network.server.entered(),
    ):
        if scenario.from_start:
            network.rooms[0].set(down=scenario.down, up=scenario.up)
        async with held(network, chromium, Path(directory), teacher=teacher, tree=tree) as lesson:
            return await run(scenario, lesson)


def main() -> None:
    """Print the lines and the table."""
    parser = ArgumentParser(description="what a classroom still sees and hears on a bad line")
    parser.add_argument("scenario", nargs="*", choices=[[], *SCENARIOS], help="all of them, if none is named")
    parser.add_argument("--tree", type=Path, help="another checkout, whose server and pages are tried")
    parser.add_argument("--keep", type=Path, help="the Markdown file that keeps the table")
    parser.add_argument(
        "--own-teacher", action="store_true", help="the teacher is a client of our own: 360p, no layers"
    )
    parser.add_argument("--nice", type=int, default=0, help="priority of server and browsers, as of nice(1)")
    given = parser.parse_args()
    os.nice(given.nice)
    # Namespaces are taken down on any way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chromium, refusal = find_browser(), refused()
    if chromium is None or refusal is not None:
        tell("network", {"skipped": refusal or "no Chromium"})
        return
    rows, tree = [], given.tree and given.tree.resolve()
    for name in given.scenario or SCENARIOS:
        try:
            rows.append(asyncio.run(measure(SCENARIOS[name], chromium, tree, given.own_teacher)))
        except TimeoutError:
            tell("network", {"scenario": name, "failed": "no picture on the good line"}, seed=SEED)
        else:
            tell("network", msgspec.to_builtins(rows[-1]), seed=SEED)
    sys.stdout.write("\n" + table(rows))
    if given.keep is not None:
        before = given.keep.read_text().partition(KEPT)[0]
        teacher = "a client of our own, 360p" if given.own_teacher else "Chromium, 720p"
        given.keep.write_text(f"{before}{KEPT}\n\n{_where()} Teacher: {teacher}.\n\n{table(rows)}")


def _where() -> str:
    """The machine, the day, and what else it had to do: figures of a starved browser are its own, not the line's."""
    here, load = machine(), os.getloadavg()[2]
    when = f"Measured on {datetime.now(UTC):%Y-%m-%d}: {here['cores']} cores ({here['cpu']}), Linux {here['kernel']}"
    return f"{when}, load average {load:.0f} (of which two browsers make about two)."


if __name__ == "__main__":
    main()
