"""The composed picture: where each stream stands in it, and what is written on it. Planes of YUV 4:2:0 (BT.601)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Final

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Colorspace, Interpolation
from PIL import Image, ImageDraw, ImageFont

WIDTH: Final = 1280
HEIGHT: Final = 720
BAR: Final = 40
"""The strip at the bottom with the names of the school and the lesson."""
SIDE: Final = 256
"""Of the small pictures beside a large one."""
LABEL: Final = 24
_GROUND: Final = (24, 28, 34)
_CARD: Final = (44, 50, 58)
_INK: Final = (236, 239, 243)
_SOFT: Final = (150, 158, 168)
BT601: Final = 5
_BT709: Final = 1

Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Box:
    """A place in the picture; all numbers even, as colour has half the lines."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Place:
    """A box for a stream; `label` is written below it, `card` in it instead of the stream's picture."""

    box: Box
    label: str = ""
    card: str = ""


def places(tiles: int, *, is_small: bool) -> tuple[Box, Box | None, list[Box]]:
    """Where the large picture, the small one and the tiles stand; below each of the latter is room for a LABEL."""
    if not is_small and not tiles:
        return Box(0, 0, WIDTH, HEIGHT - BAR), None, []
    large = Box(0, 0, WIDTH - SIDE, HEIGHT - BAR)
    count = tiles + is_small
    room = (HEIGHT - BAR) // count
    height = min(144, (room - LABEL) // 2 * 2)
    column = [Box(WIDTH - SIDE, row * (height + LABEL), SIDE, height) for row in range(count)]
    return large, column[0] if is_small else None, column[int(is_small) :]


class Canvas:
    """One picture that is changed place by place."""

    def __init__(self, bar: Sequence[str]) -> None:
        """`bar`: what stands on the left and on the right of the strip at the bottom."""
        self._bar = bar
        self._planes = np.zeros((HEIGHT * 3 // 2, WIDTH), np.uint8)

    def arrange(self, places: Sequence[Place]) -> None:
        """Draw everything anew, but for the streams' pictures."""
        image = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
        draw = ImageDraw.Draw(image)
        for place in places:
            box = place.box
            if place.card:
                draw.rectangle((box.x, box.y, box.x + box.width - 1, box.y + box.height - 1), _CARD)
                _write_card(draw, box, place.card)
            if place.label:
                text = _fitted(place.label, 18, box.width - 12)
                draw.text((box.x + 6, box.y + box.height + LABEL // 2), text, _SOFT, _font(18), anchor="lm")
        self._write_bar(draw)
        np.copyto(self._planes, cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2YUV_I420))

    def show(self, box: Box, picture: av.VideoFrame) -> None:
        """A stream's picture in its box, as large as it fits; what is around it goes dark."""
        scale = min(box.width / picture.width, box.height / picture.height)
        width = min(box.width, max(2, round(picture.width * scale / 2) * 2))
        height = min(box.height, max(2, round(picture.height * scale / 2) * 2))
        x = box.x + (box.width - width) // 4 * 2
        y = box.y + (box.height - height) // 4 * 2
        fitted = picture.reformat(
            width,
            height,
            "yuv420p",
            dst_colorspace=Colorspace.ITU601 if picture.colorspace == _BT709 else None,
            interpolation=Interpolation.FAST_BILINEAR if scale >= 0.75 else Interpolation.AREA,
        )
        for target, plane, half in zip(self._views(), fitted.planes, (1, 2, 2), strict=True):
            lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            left, top, wide, high = x // half, y // half, width // half, height // half
            target[top : top + high, left : left + wide] = lines[:high, :wide]

    def frame(self) -> av.VideoFrame:
        """A copy of the picture as it is."""
        frame = av.VideoFrame.from_ndarray(self._planes, format="yuv420p")
        frame.colorspace = BT601
        return frame

    def clear(self, box: Box) -> None:
        """Darken what a picture of another shape has left around a new one."""
        for target, half, value in zip(self._views(), (1, 2, 2), (16, 128, 128), strict=True):
            target[box.y // half : (box.y + box.height) // half, box.x // half : (box.x + box.width) // half] = value

    def _views(self) -> tuple[Plane, Plane, Plane]:
        quarter = HEIGHT * WIDTH // 4
        chroma = self._planes[HEIGHT:].reshape(-1)
        blue, red = (chroma[n * quarter : (n + 1) * quarter].reshape(HEIGHT // 2, WIDTH // 2) for n in (0, 1))
        return self._planes[:HEIGHT], blue, red

    def _write_bar(self, draw: ImageDraw.ImageDraw) -> None:
        middle = HEIGHT - BAR // 2
        left, right = self._bar
        room = WIDTH - 32 - _font(20).getlength(right) - 24
        draw.text((16, middle), _fitted(left, 20, room), _INK, _font(20), anchor="lm")
        draw.text((WIDTH - 16, middle), right, _SOFT, _font(20), anchor="rm")


def card(width: int, height: int, text: str) -> av.VideoFrame:
    """A card as a picture of its own, for where pictures are copied."""
    image = Image.new("RGB", (width, height), _CARD)
    _write_card(ImageDraw.Draw(image), Box(0, 0, width, height), text)
    return av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24").reformat(format="yuv420p")


def _write_card(draw: ImageDraw.ImageDraw, box: Box, text: str) -> None:
    first, *rest = text.split("\n")
    size = max(14, min(44, box.width // 22))
    x, y = box.x + box.width // 2, box.y + box.height // 2
    draw.text(
        (x, y - (size * 0.8 if rest else 0)), _fitted(first, size, box.width - 12), _INK, _font(size), anchor="mm"
    )
    for line, words in enumerate(rest):
        below = y + size * (0.8 + 1.2 * line)
        draw.text((x, below), _fitted(words, size * 2 // 3, box.width - 12), _SOFT, _font(size * 2 // 3), anchor="mm")


def _fitted(text: str, size: int, room: float) -> str:
    """The text, cut short where it is too long for one line."""
    font = _font(size)
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "…") > room:
        text = text[:-1]
    return text + "…"


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    with as_file(files("classroom.paper") / "font" / "ClassroomFormSong.ttf") as path:
        return ImageFont.truetype(str(path), size)
