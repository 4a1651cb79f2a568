"""Decodes what is or was recorded, never on the event loop; hostile bytes cost their own picture or sound alone."""

from collections.abc import Iterator
from pathlib import Path

import av
from av.video.frame import VideoFrame

from classroom.relay.rtp import Kind
from recorder.shape import MAX_PIXELS

_BOUNDED = {"max_pixels": str(MAX_PIXELS)}


def picture_of(codec: str, keyframe: bytes) -> VideoFrame | None:
    """A keyframe ("vp8", "vp9", or "h264" in Annex B) as a picture; None if it is none."""
    try:
        decoder = av.CodecContext.create(codec, "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.options = _BOUNDED
        decoder.thread_count = 1
        pictures = [*decoder.decode(av.Packet(keyframe)), *decoder.decode(None)]
    except (av.FFmpegError, ValueError):
        return None
    return pictures[0] if pictures else None


def frames_of(path: Path, kind: Kind, from_s: float = 0.0) -> Iterator[VideoFrame | av.AudioFrame]:
    """The frames of a file's first track of a kind that have a time, in order; none without such a track.

    With `from_s` the last one before that instant comes first, and none before it.

    What cannot be decoded is passed over: of sound that costs 20 ms, and a picture looks broken until the next
    keyframe, as for a viewer. av.FFmpegError, OSError.
    """
    with av.open(str(path)) as container:
        tracks = container.streams.video if kind == "video" else container.streams.audio
        if not tracks:
            return
        track = tracks[0]
        if kind == "video":
            track.codec_context.options = _BOUNDED
        track.codec_context.thread_count = 1
        if from_s > 0 and track.time_base:
            # A little more than a decoder of sound needs to settle (RFC 7845 §4.6).
            container.seek(int(max(0.0, from_s - 0.1) / track.time_base), stream=track)
        before: VideoFrame | av.AudioFrame | None = None
        for packet in container.demux(track):
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                continue
            for frame in frames:
                if not isinstance(frame, VideoFrame | av.AudioFrame) or frame.time is None:
                    continue
                if frame.time < from_s:
                    before = frame
                    continue
                if before is not None:
                    yield before
                    before = None
                yield frame
        if before is not None:
            yield before
