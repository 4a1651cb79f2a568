"""Making the picture anew: at each twenty-fifth of a second what the plan's streams show, arranged on one canvas."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import av
import msgspec

from recorder.export.canvas import Box, Canvas, Place, places
from recorder.export.film import Film
from recorder.export.movie import FPS, Movie
from recorder.export.paper import PageFilm, Paper
from recorder.export.plan import Plan, Strip

BROKEN: Final = "画面中断"
OFF: Final = "没有画面"
TEACHER: Final = "教师"


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """What is written: `school` and `lesson` (subject, class), `time` (day and hour), `seats`: seat → its room."""

    school: str
    lesson: str
    time: str
    seats: dict[str, str] = {}

    @property
    def title(self) -> str:
        return f"{self.lesson}\n{self.school}\n{self.time}"


class _Slot(NamedTuple):
    """What stands in a box now: the picture of a stream or of a page, or a card where `card` says something."""

    box: Box
    film: Film | Paper | None
    label: str
    card: str


class Composer:
    """The picture of the lesson at a time that only goes on."""

    def __init__(self, folder: Path, plan: Plan, texts: Texts, pages: PageFilm | None = None) -> None:
        self._plan = plan
        self._paper = None if pages is None else Paper(pages)
        self._texts = texts
        self._canvas = Canvas((f"{texts.school} · {texts.lesson}", texts.time))
        strips = {id(strip): strip for strip in (*plan.large, *(one for tile in plan.tiles for one in tile))}
        self._films = {key: Film(folder, strip.pieces) for key, strip in strips.items()}
        self._slots: list[_Slot] = []
        self._shown: dict[int, tuple[int, int, int]] = {}

    def play(self, at_s: float) -> bool:
        """Go on to a time; whether anything in the picture has changed."""
        for film in self._films.values():
            film.play(at_s)
        if self._paper is not None:
            self._paper.play(at_s)
        slots = self._slots_at(at_s)
        changed = slots != self._slots
        if changed:
            self._slots = slots
            self._shown.clear()
            self._canvas.arrange([Place(slot.box, slot.label, slot.card) for slot in slots])
        for number, slot in enumerate(slots):
            if slot.film is None or slot.card or (picture := slot.film.picture) is None:
                continue
            before = self._shown.get(number)
            now = (slot.film.version, picture.width, picture.height)
            if before != now:
                if before is not None and before[1:] != now[1:]:
                    self._canvas.clear(slot.box)
                self._canvas.show(slot.box, picture)
                self._shown[number] = now
                changed = True
        return changed

    def frame(self) -> av.VideoFrame:
        """A copy of the picture."""
        return self._canvas.frame()

    def _slots_at(self, at_s: float) -> list[_Slot]:
        plan = self._plan
        large = next((strip for strip in plan.large if strip.is_on(at_s)), None)
        camera = plan.camera
        # A page lay on top of everything else in the classrooms too.
        paper = self._paper if self._paper is not None and self._paper.picture is not None else None
        is_small = camera is not None and (paper is not None or large is not camera) and camera.is_on(at_s)
        large_box, small_box, tile_boxes = places(len(plan.tiles), is_small=is_small)
        shown = self._slot(large_box, large, at_s, "", self._texts.title)
        slots = [shown if paper is None else _Slot(large_box, paper, "", "")]
        if small_box is not None:
            slots.append(self._slot(small_box, camera, at_s, TEACHER, OFF))
        for box, seat, tile in zip(tile_boxes, plan.seats, plan.tiles, strict=True):
            strip = next((one for one in tile if one.is_on(at_s)), None)
            slots.append(self._slot(box, strip, at_s, self._texts.seats.get(seat, ""), OFF))
        return slots

    def _slot(self, box: Box, strip: Strip | None, at_s: float, label: str, off: str) -> _Slot:
        if strip is None:
            return _Slot(box, None, label, off)
        return _Slot(box, self._films[id(strip)], label, BROKEN if strip.is_missing(at_s) else "")


def compose(
    movie: Movie, folder: Path, plan: Plan, texts: Texts, pages: PageFilm | None, step: Callable[[float], None]
) -> None:
    """Write all pictures and the sound beside them; `step(at_s)` is called for each second."""
    composer = Composer(folder, plan, texts, pages)
    last = -FPS
    count = max(1, int(plan.seconds * FPS))
    for number in range(count):
        at_s = number / FPS
        # A picture a second at least, so that a player finds one wherever it is sent.
        if composer.play(at_s) or number - last >= FPS or number == count - 1:
            movie.show(composer.frame(), number)
            last = number
        if number % FPS == 0:
            movie.sound_until(at_s)
            step(at_s)


def labels(texts: Texts) -> Mapping[str, str]:
    """The names as the title metadata of the file."""
    return {"title": f"{texts.lesson} {texts.time}", "artist": texts.school, "date": texts.time[:10]}
