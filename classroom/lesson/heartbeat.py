"""A row every BEAT_S per lesson with somebody in it: which seats flow. A crash costs presence a second at most."""

from typing import Final

import msgspec

from classroom.lesson.events import Instant

BEAT_S: Final = 0.8
"""What happens between two heartbeats is lost with a crash: two tenths below a second, so that a busy machine's late
heartbeat is still within it."""
FRESH_MS: Final = 10_000
"""A flow silent for longer than this is no mark any more: *connected* means media within ten seconds."""


class Marks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Milliseconds between a flow's last packet and the heartbeat's `at`; None: nothing within FRESH_MS.

    `*_since`: the same of its first packet while that is fresh, so that a flow's beginning is as exact as its end.
    `up_*` are the seat's own streams (`up_video`: any picture, camera or courseware). `down_*` are deliveries that the
    receiver proved: of the teacher's streams to a rural seat, of any rural seat's streams to the teacher.
    `voice_ms`: for how long the seat spoke since the heartbeat before; None where its packets do not tell.
    """

    up_audio: int | None = None
    up_video: int | None = None
    down_audio: int | None = None
    down_video: int | None = None
    up_audio_since: int | None = None
    up_video_since: int | None = None
    down_audio_since: int | None = None
    down_video_since: int | None = None
    voice_ms: int | None = None


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """`boot` is a random id of the process run: marks on both sides of a restart never join into one interval."""

    lesson: str
    at: Instant
    boot: str
    seats: dict[str, Marks]
