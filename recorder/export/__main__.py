"""`python -m recorder.export`: the process that makes one export, so that neither its work nor its end is the server's.

The order comes as the first line of standard input; lines of JSON go out. When standard input ends the server is gone
or does not want the file any more, and so is this process.
"""

import sys
from pathlib import Path

from recorder.child import end_with_the_server, read_order, say, stand_back
from recorder.export.job import Made, Order, make


def main() -> int:
    stand_back()
    order = read_order(Order)
    end_with_the_server(lambda: Path(order.target).unlink(missing_ok=True))
    made = make(order, say)
    say(made)
    return 0 if isinstance(made, Made) else 1


if __name__ == "__main__":
    sys.exit(main())
