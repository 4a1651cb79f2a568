"""`python -m signaling.work_picture SOURCE LARGE SMALL`: the process that opens a picture which somebody uploaded.

It turns the picture as its EXIF says, shrinks it, and writes it anew without any; a line of JSON goes out. It has
little memory and time. When standard input ends the server is gone, and so is this process.
"""

import os
import resource
import sys
from pathlib import Path
from typing import Final

MAX_SIDE: Final = 1600
SMALL_SIDE: Final = 320
QUALITY: Final = 85
MEMORY_BYTES: Final = 2 * 2**30
"""Of addresses: the interpreter, OpenCV, and a picture of MAX_PIXELS twice."""
MAX_PIXELS: Final = 64_000_000
CPU_S: Final = 20
FILE_BYTES: Final = 8 * 2**20
# Read when the library is loaded: what claims more is never decoded.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_PIXELS)

import cv2  # noqa: E402
import msgspec  # noqa: E402
import numpy as np  # noqa: E402

from recorder.child import bound, end_with_the_server, stand_back  # noqa: E402

_HEADS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def main() -> int:
    source, large, small = (Path(name) for name in sys.argv[1:])
    stand_back()
    end_with_the_server()
    bound(
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    )
    content = source.read_bytes()
    # A browser's webp and a hundred rarer kinds are not what our page sends; fewer decoders, fewer holes.
    if not content.startswith(_HEADS):
        return 1
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError):
        return 1
    if picture is None:
        return 1
    shown = within(picture, MAX_SIDE)
    size = 0
    for path, side in ((large, MAX_SIDE), (small, SMALL_SIDE)):
        ok, jpeg = cv2.imencode(".jpg", within(shown, side), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if not ok:
            return 1
        size += path.write_bytes(jpeg.tobytes())
    height, width = shown.shape[:2]
    os.write(sys.stdout.fileno(), msgspec.json.encode({"width": width, "height": height, "bytes": size}))
    return 0


def within(picture: cv2.typing.MatLike, side: int) -> cv2.typing.MatLike:
    """The picture, no side of it longer than so many pixels."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return picture
    wanted = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(picture, wanted, interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    sys.exit(main())
