"""A PDF or pictures as pages: WebP of MAX_SIDE pixels at most, a small one for lists, and the text that stands there.

Nothing of the upload survives but pixels and text: no script, no link, no place where a photo was taken.
"""

import warnings
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_SIDE: Final = 1920
"""Pixels: what a classroom's screen shows."""
SMALL_SIDE: Final = 320
MAX_PAGE_BYTES: Final = 200_000
"""What a line of 2 Mbps brings in a second."""
QUALITIES: Final = (82, 70, 55, 40, 25)
MAX_PAGES: Final = 200
MAX_PIXELS: Final = 120_000_000
"""Of an uploaded picture: the largest camera phones."""
MAX_TEXT: Final = 600
"""Characters kept of a page's text: what a screen reader says at a page turn."""
_PICTURES: Final = ("JPEG", "PNG", "WEBP")


class BadCourseware(Exception):
    """It gives no pages; str() is the code: `bad_pdf`, `pdf_locked`, `no_pages`, `too_many_pages`, `bad_picture`."""


class RasterPage(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """A page is made: its number (from 1) of so many; `bytes` of its pictures."""

    number: int
    of: int
    width: int
    height: int
    bytes: int
    text: str


def page_name(number: int, *, small: bool = False) -> str:
    """What a page's picture is called in its courseware's folder."""
    return f"{number}{'.small' if small else ''}.webp"


def rasterise(source: Path, folder: Path) -> Iterator[RasterPage]:
    """Every page of `source`, its pictures written to `folder`. Raises BadCourseware, OSError."""
    with source.open("rb") as file:
        is_pdf = file.read(5) == b"%PDF-"
    yield from _pdf(source, folder) if is_pdf else _picture(source, folder)


def _pdf(source: Path, folder: Path) -> Iterator[RasterPage]:
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        raise BadCourseware("pdf_locked" if "password" in str(error).lower() else "bad_pdf") from None
    with closing(document):
        of = len(document)
        if not of:
            raise BadCourseware("no_pages")
        if of > MAX_PAGES:
            raise BadCourseware("too_many_pages")
        for index in range(of):
            try:
                with closing(document[index]) as page:
                    picture, text = _drawn(page), _text(page)
            except (pypdfium2.PdfiumError, ValueError):
                raise BadCourseware("bad_pdf") from None
            yield _written(picture, folder, index + 1, of, text)


def _drawn(page: pypdfium2.PdfPage) -> Image.Image:
    width, height = page.get_size()
    longer = max(width, height)
    # A page of no extent, or of one that no paper has.
    if not 1 <= longer <= 100_000:
        raise BadCourseware("bad_pdf")
    bitmap = page.render(scale=MAX_SIDE / longer)
    return bitmap.to_pil().convert("RGB")  # type: ignore[no-any-return]


def _text(page: pypdfium2.PdfPage) -> str:
    with closing(page.get_textpage()) as words:
        found = words.get_text_bounded()
    return _plain(found)


def _plain(text: str) -> str:
    """One line without what no screen reader can say, MAX_TEXT characters at most."""
    spoken = "".join(sign if sign.isprintable() else " " for sign in text[: 8 * MAX_TEXT])
    return " ".join(spoken.encode("utf-8", "ignore").decode().split())[:MAX_TEXT]


def _picture(source: Path, folder: Path) -> Iterator[RasterPage]:
    try:
        with warnings.catch_warnings():
            # We have a bound of our own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source, formats=_PICTURES) as opened:
                if opened.width * opened.height > MAX_PIXELS:
                    raise BadCourseware("bad_picture")
                # A JPEG of a phone is read at a fraction of its size.
                opened.draft("RGB", (2 * MAX_SIDE, 2 * MAX_SIDE))
                turned = ImageOps.exif_transpose(opened)
                picture = _on_white(turned)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise BadCourseware("bad_picture") from None
    yield _written(picture, folder, 1, 1, "")


def _on_white(picture: Image.Image) -> Image.Image:
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    paper = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(paper, seen).convert("RGB")


def _written(picture: Image.Image, folder: Path, number: int, of: int, text: str) -> RasterPage:
    large = _webp(picture)
    small = picture.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    little = _webp(small)
    (folder / page_name(number)).write_bytes(large)
    (folder / page_name(number, small=True)).write_bytes(little)
    return RasterPage(
        number=number,
        of=of,
        width=picture.width,
        height=picture.height,
        bytes=len(large) + len(little),
        text=text,
    )


def _webp(picture: Image.Image) -> bytes:
    """At the best of QUALITIES that keeps to MAX_PAGE_BYTES; photos of leaves and sand have to shrink."""
    while True:
        for quality in QUALITIES:
            written = BytesIO()
            picture.save(written, "WEBP", quality=quality, method=4)
            if written.tell() <= MAX_PAGE_BYTES:
                return written.getvalue()
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
