"""Who plays in a demo lesson and what they send: plain values, which cost nothing to import."""

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from classroom.relay.playout import VideoCodec

CLIP_VERSION = 1
"""Of the drawing and encoding in `clip.py`: another number makes new files."""


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """What a clip shows. Pixels, pictures a second, whole seconds, bits a second, Hz."""

    label: str
    colour: tuple[int, int, int] = (96, 64, 32)  # blue, green, red: OpenCV's order
    pitch_hz: int = 880
    codec: VideoCodec = "vp8"
    width: int = 640
    height: int = 360
    fps: int = 15
    seconds: int = 10
    video_bps: int = 400_000
    keyframe_s: int = 1

    @property
    def name(self) -> str:
        """A file name that changes with everything that is drawn or heard."""
        return hashlib.sha256(repr((CLIP_VERSION, self)).encode()).hexdigest()[:16]


class Player(msgspec.Struct, frozen=True):
    """Who sits where: the seat's id, its token, and what it sends."""

    seat: str
    token: str
    clip: ClipPlan


class Plan(msgspec.Struct, frozen=True):
    """Which lesson, on which server, and who plays. `clips` is the directory where encoded clips are kept.

    Without `decode` no seat decodes what it receives, and none has figures.
    """

    url: str
    lesson: str
    clips: str
    seats: list[Player]
    decode: bool = True


class Saying(msgspec.Struct, frozen=True):
    """A message for the lesson, from one of the seats."""

    seat: str
    message: dict[str, Any]


class SeatFigures(msgspec.Struct):
    """What one seat has seen: decoded pictures per "seat/source", when the first came after it was wanted, sounds."""

    pictures: dict[str, int] = {}
    first_picture_ms: dict[str, float] = {}
    sounds: dict[str, int] = {}
