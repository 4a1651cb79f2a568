"""Clips for load: right sizes and flags, no picture in them."""

from collections.abc import Callable

from classroom.relay.playout import VP8_DESCRIPTOR_BYTES, Clip, Picture

FPS = 30
KEYFRAME_EVERY_S = 2
PAYLOAD_BYTES = 1200
SOUND_BYTES = 120


def shaped(bps: int, keyframe_packets: int, fill: Callable[[int], bytes]) -> Clip:
    """720p30 as libwebrtc sends it: a VP8 keyframe every 2 s, pictures cut into packets of equal size; Opus beside it.

    `fill(n)` makes n bytes. The pictures between share what the keyframe leaves of `bps`.
    """
    count = FPS * KEYFRAME_EVERY_S
    keyframe_bytes = keyframe_packets * PAYLOAD_BYTES
    picture_bytes = max(40, (bps * KEYFRAME_EVERY_S // 8 - keyframe_bytes) // (count - 1))
    pictures = tuple(
        _picture(index == 0, keyframe_bytes if index == 0 else picture_bytes, fill) for index in range(count)
    )
    return Clip("vp8", FPS, pictures, tuple(fill(SOUND_BYTES) for _ in range(50 * KEYFRAME_EVERY_S)))


def _picture(keyframe: bool, size: int, fill: Callable[[int], bytes]) -> Picture:
    # RFC 6386 §9.1: the first bit of a frame tag says "not a keyframe"; a keyframe has its start code and size too.
    tag = b"\x10\x00\x00\x9d\x01\x2a\x00\x05\xd0\x02" if keyframe else b"\x11\x00\x00"
    packets = -(-size // PAYLOAD_BYTES)
    room = size // packets - VP8_DESCRIPTOR_BYTES
    first = tag + fill(room - len(tag))
    chunks = [first, *(fill(room) for _ in range(packets - 1))]
    return Picture(
        tuple((b"\x90" if n == 0 else b"\x80") + b"\x80\x80\x00" + chunk for n, chunk in enumerate(chunks)), keyframe
    )
