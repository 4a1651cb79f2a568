"""Pre-encoded clips, and the pure order in which their packets are due: no clock, no socket.

A clip is a loop of encoded pictures and 20 ms Opus packets, already cut to RTP payloads. Playing one costs no encoder,
so a fallback client or a load generator can send real media from a machine that could not encode it live.

Positions are counted in ticks of 1/720000 s, the smallest clock in which both RTP clocks (90000 and 48000) are whole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from classroom.relay.rtp import Kind

TICKS_PER_S = 720_000
VIDEO_TICKS = TICKS_PER_S // 90_000  # one unit of the 90 kHz clock
AUDIO_TICKS = TICKS_PER_S // 48_000  # one unit of the 48 kHz clock
SOUND_TICKS = TICKS_PER_S // 50  # an Opus packet carries 20 ms

VP8_DESCRIPTOR_BYTES = 4  # X|S, I, 15-bit PictureID: RFC 7741 §4.2

VideoCodec = Literal["vp8", "h264"]


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture as the payloads of its RTP packets; VP8 payloads begin with a descriptor of ours."""

    payloads: tuple[bytes, ...]
    keyframe: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A loop of media. Pictures last 1/fps s each, sounds 20 ms each, and both lists last equally long.

    The first picture is a keyframe. Empty `sounds` or `pictures` make a clip of one kind only.
    """

    codec: VideoCodec
    fps: int
    pictures: tuple[Picture, ...]
    sounds: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if TICKS_PER_S % self.fps:
            raise ValueError(f"{self.fps} pictures a second do not fit the RTP clock")
        if self.pictures and not self.pictures[0].keyframe:
            raise ValueError("a clip begins with a keyframe")
        if self.pictures and self.sounds and self._lengths_differ():
            raise ValueError("the pictures and the sounds of a clip last equally long")

    def _lengths_differ(self) -> bool:
        return len(self.pictures) * (TICKS_PER_S // self.fps) != len(self.sounds) * SOUND_TICKS

    @property
    def seconds(self) -> float:
        """Length of one loop."""
        return len(self.pictures) / self.fps if self.pictures else len(self.sounds) / 50


@dataclass(frozen=True, slots=True)
class Cue:
    """One picture or one sound that is due: its RTP payloads in order, the last of a picture takes the marker."""

    kind: Kind
    due_ticks: int
    """Since the beginning of the playout."""
    timestamp: int
    """RTP units of the kind's clock since the beginning of the playout, not wrapped."""
    payloads: tuple[bytes, ...]
    keyframe: bool


class Playout:
    """Plays a clip for ever: timestamps and VP8 PictureIDs run on through every loop and every jump."""

    def __init__(self, clip: Clip) -> None:
        if not clip.pictures and not clip.sounds:
            raise ValueError("an empty clip cannot be played")
        self._clip = clip
        self._picture_ticks = TICKS_PER_S // clip.fps
        self._pictures_out = 0
        self._sounds_out = 0
        self._picture = 0  # index in the clip of the next picture
        self._sound = 0

    def next(self) -> Cue:
        """The next cue; cues come in the order in which they are due."""
        clip = self._clip
        video_due = self._pictures_out * self._picture_ticks
        audio_due = self._sounds_out * SOUND_TICKS
        if clip.pictures and (not clip.sounds or video_due <= audio_due):
            picture = clip.pictures[self._picture]
            payloads = picture.payloads
            if clip.codec == "vp8":
                payloads = with_picture_id(payloads, self._pictures_out)
            cue = Cue("video", video_due, video_due // VIDEO_TICKS, payloads, picture.keyframe)
            self._pictures_out += 1
            self._picture = (self._picture + 1) % len(clip.pictures)
            return cue
        cue = Cue("audio", audio_due, audio_due // AUDIO_TICKS, (clip.sounds[self._sound],), False)
        self._sounds_out += 1
        self._sound = (self._sound + 1) % len(clip.sounds)
        return cue

    def jump_to_keyframe(self) -> None:
        """Make the next picture a keyframe, as an answer to a picture loss indication (RFC 4585 §6.3.1).

        The sound follows to the same place of the clip, to the nearest packet (10 ms): flash and beep stay together.
        """
        pictures = self._clip.pictures
        if not pictures:
            return
        while not pictures[self._picture].keyframe:
            self._picture = (self._picture + 1) % len(pictures)
        if self._clip.sounds:
            ahead = self._sounds_out * SOUND_TICKS - self._pictures_out * self._picture_ticks
            place = self._picture * self._picture_ticks + ahead
            self._sound = round(place / SOUND_TICKS) % len(self._clip.sounds)


def vp8_payloads(frame: bytes, max_bytes: int = 1200) -> tuple[bytes, ...]:
    """Cut one VP8 frame into RTP payloads with a 15-bit PictureID of zero (RFC 7741 §4.2), filled in when sent."""
    room = max_bytes - VP8_DESCRIPTOR_BYTES
    chunks = [frame[start : start + room] for start in range(0, len(frame), room)]
    return tuple((b"\x90" if i == 0 else b"\x80") + b"\x80\x80\x00" + chunk for i, chunk in enumerate(chunks))


def with_picture_id(payloads: tuple[bytes, ...], picture_id: int) -> tuple[bytes, ...]:
    """The same payloads with this PictureID, modulo 2**15."""
    field = (0x8000 | (picture_id & 0x7FFF)).to_bytes(2, "big")
    return tuple(payload[:2] + field + payload[4:] for payload in payloads)


def synthetic_clip(
    *, fps: int = 30, bps: int = 1_500_000, keyframe_packets: int = 35, fill: Callable[[int], bytes] = bytes
) -> Clip:
    """A VP8-shaped loop of one second for load: right sizes and flags, no picture in it. `fill(n)` makes n bytes."""
    payload_bytes = 1200
    delta = max(1, round((bps / 8 / payload_bytes - keyframe_packets) / (fps - 1)))
    pictures = []
    for index in range(fps):
        packets = keyframe_packets if index == 0 else delta
        # The first bit of a VP8 frame tag says "not a keyframe" (RFC 6386 §9.1); a keyframe goes on with its start
        # code and its size, here 1280x720.
        tag = b"\x10\x00\x00\x9d\x01\x2a\x00\x05\xd0\x02" if index == 0 else b"\x11\x00\x00"
        frame = tag + fill(packets * (payload_bytes - VP8_DESCRIPTOR_BYTES) - len(tag))
        pictures.append(Picture(vp8_payloads(frame, payload_bytes), index == 0))
    return Clip("vp8", fps, tuple(pictures), tuple(fill(120) for _ in range(50)))
