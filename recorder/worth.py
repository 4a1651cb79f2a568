"""What of a recording is given up first when the disk fills: pictures before sound, the classrooms' before others.

Pure. The lesson itself needs no room for it: what `stop_bytes` keeps free is the journal's and the database's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from classroom.lesson.events import HOST_SEAT

PICTURES_GO_AT: Final[Mapping[str, float]] = MappingProxyType(
    {"students": 0.9, "phone": 0.9, "board": 0.7, "stand": 0.7, "camera": 0.5, "screen": 0.3}
)
"""Pictures of the teacher's sources are given up when this share of the room between stop and start is left, in order
of worth: a shared screen takes little and holds what was taught."""
CLASSROOMS_GO_AT: Final = 1.0
"""The pictures of classrooms, of any source, before all others."""
SOUND_GOES_AT: Final = 0.0
AGAIN: Final = 0.1
"""So much more must be free, as a share of that room, before what was given up is taken up again."""


BYTES_PER_LESSON_HOUR: Final = int((1.5 + 2 * 0.5 + 3 * 0.04) * 1e6 / 8 * 3600)
"""Of a teacher of 1.5 Mbit/s, two classrooms of 0.5 Mbit/s each, and sound."""


@dataclass(frozen=True, slots=True)
class DiskGuard:
    """Below `start_bytes` of free disk recordings are thinned out by worth; below `stop_bytes` nothing is written.

    The rest belongs to the journal and the database: a lesson goes on without its recording, not without them.
    """

    start_bytes: int = 1024**3
    stop_bytes: int = 256 * 1024**2

    def goes_at(self, seat: str, source: str, *, pictures: bool) -> int:
        """Below so much free disk the pictures of a stream, or its sound, are recorded no more."""
        if not pictures:
            share = SOUND_GOES_AT
        else:
            share = PICTURES_GO_AT.get(source, 1.0) if seat == HOST_SEAT else CLASSROOMS_GO_AT
        return self.stop_bytes + round(share * self._room)

    def comes_at(self, seat: str, source: str, *, pictures: bool) -> int:
        """From so much free disk on they begin, or begin again: never below what ends them."""
        most = max(self.start_bytes, self.stop_bytes)
        return min(most, self.goes_at(seat, source, pictures=pictures) + round(AGAIN * self._room))

    def lesson_hours(self, free: int) -> float:
        """For how many hours of lessons so much free disk is enough, everything recorded."""
        return max(0, free - self.start_bytes) / BYTES_PER_LESSON_HOUR

    @property
    def _room(self) -> int:
        return max(0, self.start_bytes - self.stop_bytes)
