"""What a file will hold; a container must know it before its first frame."""

from dataclasses import dataclass, field
from typing import Final

import av
from av.video.frame import VideoFrame

from classroom.relay.rtp import Kind
from classroom.relay.vp9 import vp9_size
from recorder.frames import vp8_size

# Units per second of each kind's media time (RFC 7587 §4.1, RFC 7741 §4.1, RFC 6184 §5.1).
RATES: Final[dict[Kind, int]] = {"audio": 48000, "video": 90000}
# Larger pictures are not decoded: a header may claim any size, and memory is taken before it is found out.
MAX_PIXELS: Final = 4096 * 2304
# A picture stands until the next; where that is missing, no longer than this.
PICTURE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Shape:
    """The video codec ("vp8", "vp9", "h264", None), the size of its first picture, and whether there is sound (Opus).

    `keyframe` is the first picture: an MP4's header needs its parameter sets.
    """

    video: str | None
    sound: bool
    width: int = 0
    height: int = 0
    keyframe: bytes = field(default=b"", repr=False, compare=False)

    @property
    def codecs(self) -> list[str]:
        return [codec for codec in (self.video, "opus" if self.sound else None) if codec]

    @property
    def kinds(self) -> list[Kind]:
        kinds: list[Kind] = []
        if self.video:
            kinds.append("video")
        if self.sound:
            kinds.append("audio")
        return kinds

    @property
    def suffix(self) -> str:
        """H.264 goes into MP4, which every player and editor opens; MP4 has no place for VP8, hardly for VP9."""
        return "mp4" if self.video == "h264" else "webm"


def picture_size(codec: str, keyframe: bytes) -> tuple[int, int] | None:
    """Width and height of a keyframe; None when it cannot be decoded."""
    if codec == "vp8":
        return vp8_size(keyframe)
    if codec == "vp9":
        return vp9_size(keyframe)
    decoder = av.CodecContext.create("h264", "r")
    try:
        frames = [*decoder.decode(av.Packet(keyframe)), *decoder.decode(None)]
    except av.FFmpegError:
        return None
    sizes = [(frame.width, frame.height) for frame in frames if isinstance(frame, VideoFrame)]
    return sizes[0] if sizes else None
