"""`python -m signaling.courseware SOURCE FOLDER`: the process that opens what somebody uploaded.

It has little memory, time and disk, and no files to open but its own; a line of JSON goes out for each page. When
standard input ends the server is gone, and so is this process.
"""

import resource
import sys
from pathlib import Path
from typing import Final

import msgspec

from recorder.child import bound, end_with_the_server, say, stand_back
from signaling.courseware.raster import BadCourseware, rasterise

MEMORY_BYTES: Final = 2 * 2**30
"""Of addresses; a page of 1920 pixels and a picture of 120 megapixels take less."""
CPU_S: Final = 300
FILE_BYTES: Final = 2 * 2**20
OPEN_FILES: Final = 64


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """There are no pages; `why` is the code."""

    why: str


def main() -> int:
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    stand_back()
    end_with_the_server()
    bound(
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    try:
        for page in rasterise(source, folder):
            say(page)
    except BadCourseware as error:
        say(Refused(str(error)))
    except MemoryError:
        say(Refused("bad_pdf"))
    except OSError:
        say(Refused("disk_full"))
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
