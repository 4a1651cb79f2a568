"""Plays a recording from its first picture to its last, as a viewer of it would, and says how long it is."""

from pathlib import Path

import av


class DoesNotPlay(Exception):
    """The file cannot be opened or decoded; str() says why."""


def play_through(path: Path) -> tuple[float, int]:
    """Decode everything: (seconds from the first to the last sound or picture, pictures). Raises DoesNotPlay."""
    times: list[float] = []
    pictures = 0
    try:
        with av.open(str(path)) as container:
            for packet in container.demux(*container.streams.video, *container.streams.audio):
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame | av.AudioFrame) and frame.time is not None:
                        times.append(frame.time)
                        pictures += isinstance(frame, av.VideoFrame)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise DoesNotPlay(str(error)) from error
    if not pictures:
        raise DoesNotPlay("no picture in it")
    return max(times) - min(times), pictures
