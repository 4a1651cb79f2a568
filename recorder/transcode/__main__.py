"""`python -m recorder.transcode`: the process that looks at one uploaded video and makes it fit to be watched.

As `recorder.export`: the order is the first line of standard input, lines of JSON go out, and the end of the input is
the end of the process. What a hostile file could make libav take is bounded here, by the kernel.
"""

import resource
import sys
from pathlib import Path
from typing import Final

from recorder.child import bound, end_with_the_server, read_order, say, stand_back
from recorder.transcode.job import Made, Order, make

MEMORY_BYTES: Final = 3 * 2**30
"""Of addresses; a 4K picture's decoder and encoder take a third."""
FILE_BYTES: Final = 8 * 2**30
LOOK_S: Final = 60
"""Processor time to find out what a file is."""
WORK_FACTOR: Final = 20
"""So many times as long as it plays may it take, on the slowest of machines."""


def main() -> int:
    stand_back()
    order = read_order(Order)
    end_with_the_server(lambda: _clear(order))
    bound((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_FSIZE, FILE_BYTES))
    _allow(LOOK_S)
    made = make(order, say, found=lambda seconds: _allow(600 + WORK_FACTOR * seconds))
    say(made)
    return 0 if isinstance(made, Made) else 1


def _allow(seconds: float) -> None:
    """So much processor time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = round(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _clear(order: Order) -> None:
    Path(order.target).unlink(missing_ok=True)
    Path(order.poster).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
