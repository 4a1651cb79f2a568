"""Runs all benchmarks, or those named, one after the other: each in a process of its own and for a limited time."""

import subprocess
import sys

LIMIT_S = {
    "route": 60,
    "fanout": 240,
    "capacity": 240,
    "lessons": 240,
    "connections": 120,
    "lesson": 300,
    "join": 120,
    "restart": 180,
    "ledger": 180,
    "export": 240,
    "watch": 240,
    "pages": 240,
}


def main() -> int:
    """0 when every benchmark printed its line; those that did not are named on standard error."""
    failed = []
    for name in sys.argv[1:] or LIMIT_S:
        try:
            subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True, timeout=LIMIT_S.get(name, 120))
        except subprocess.SubprocessError as error:
            failed.append(name)
            sys.stderr.write(f"{name}: {error}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
