"""On what a figure was measured, and the one line that tells it."""

import contextlib
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("aiortc", "aiohttp", "av", "pylibsrtp", "SQLAlchemy")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def tell(benchmark: str, figures: dict[str, Any], *, seed: int | None = None) -> None:
    """Print the line."""
    line = {
        "benchmark": benchmark,
        "machine": machine(),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "seed": seed,
        "figures": figures,
    }
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def machine() -> dict[str, Any]:
    """What this machine is."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * PAGE_BYTES >> 20,
    }


def cpu_s(pid: int) -> float:
    """CPU seconds, user and system, that a process and all its threads have used (/proc/<pid>/stat, 10 ms steps)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def exact_cpu_s(pid: int) -> float:
    """The same to the nanosecond, of the threads that still run (/proc/<pid>/task/*/schedstat)."""
    spent_ns = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            spent_ns += int(path.read_text().split()[0])
    return spent_ns / 1e9


def pin(pid: int, core: int) -> None:
    """Keep all threads of a process on one core, where there are two or more."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for path in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                os.sched_setaffinity(int(path.name), {cores[core % len(cores)]})


def resident_mib(pid: int) -> float:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / (1 << 20)


def percentile(values: list[float], share: float) -> float | None:
    """The value below which this share (0…1) of them lies; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
