"""One export from beginning to end: plan, make, check what is on the disk, tell what came of it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import av
import msgspec

from recorder.disk import is_full
from recorder.export import copying
from recorder.export.compose import Texts, compose, labels
from recorder.export.movie import Movie
from recorder.export.paper import PageFilm
from recorder.export.plan import Plan, Wish, plan
from recorder.export.sound import Mix
from recorder.library import Library
from recorder.steps import Progress, Steps, sealed

Failure = Literal["nothing_recorded", "disk_full", "failed"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to make. `root`: the folder of all recordings; `target`: a file that is not there; it must leave
    `keep_free_bytes` on its disk. `pages`: what was shown of courseware and whiteboard."""

    root: str
    lesson: str
    wish: Wish
    texts: Texts
    target: str
    pages: PageFilm | None = None
    keep_free_bytes: int = 0


class Made(msgspec.Struct, frozen=True, kw_only=True, tag="made"):
    """What came of it. `copied`: the pictures are as they were recorded."""

    bytes: int
    sha256: str
    seconds: float
    copied: bool


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """Nothing came of it; `detail` is for the log."""

    why: Failure
    detail: str = ""


def make(order: Order, tell: Callable[[Progress], None]) -> Made | Failed:
    """Make the file; nothing of it stays when it fails. Blocks for minutes."""
    target = Path(order.target)
    folder = Path(order.root) / order.lesson
    try:
        manifest = Library(Path(order.root)).current(order.lesson)
        wanted = plan(manifest, order.wish) if manifest is not None else None
        if wanted is None or not (wanted.large or wanted.tiles or wanted.sounds):
            return Failed(why="nothing_recorded")
        # Readable by the server alone, from its first byte on.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        step = Steps(target.parent, order.keep_free_bytes, wanted.seconds, tell)
        copied = _write(target, folder, wanted, order, step)
        digest = sealed(target)
        return Made(bytes=target.stat().st_size, sha256=digest, seconds=wanted.seconds, copied=copied)
    except (av.FFmpegError, OSError) as error:
        target.unlink(missing_ok=True)
        return Failed(why="disk_full" if is_full(error) else "failed", detail=f"{type(error).__name__}: {error}")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _write(target: Path, folder: Path, wanted: Plan, order: Order, step: Steps) -> bool:
    """Whether the pictures could be copied."""
    mix = Mix(folder, wanted.sounds)
    step.check()
    pages = None if order.wish.layout == "teacher" else order.pages
    is_single = wanted.is_single and (pages is None or not pages.timeline.was_shown)
    size = copying.kept(folder, wanted.camera.pieces) if is_single and wanted.camera else None
    if size is None or wanted.camera is None:
        movie = Movie(target, labels(order.texts), mix, None)
        with _Abandoned(movie):
            compose(movie, folder, wanted, order.texts, pages, step)
            movie.close(wanted.seconds, is_encoded=True)
        return False
    cards = copying.Cards(size)
    container, stream = copying.template(folder, wanted.camera.pieces)
    with container:
        movie = Movie(target, labels(order.texts), mix, (stream, copying.described(size, cards.parameters())))
        with _Abandoned(movie):
            copying.copy(movie, folder, wanted, order.texts, cards, step)
            movie.close(wanted.seconds, is_encoded=False)
    return True


class _Abandoned:
    """Lets the muxer go when what is inside fails."""

    def __init__(self, movie: Movie) -> None:
        self._movie = movie

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            self._movie.abandon()
