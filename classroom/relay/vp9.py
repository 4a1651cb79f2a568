"""The VP9 payload descriptor (RFC 9628 §4.2), as far as a relay and a recorder need it. All else is a ValueError."""

from dataclasses import dataclass

# I: a picture id follows; P: leans on another picture; L: layer indices; F: flexible mode; B: a frame begins;
# V: a scalability structure follows.
I, P, L, F, B, V = 0x80, 0x40, 0x20, 0x10, 0x08, 0x02  # noqa: E741
# The first bytes of a keyframe: frame_marker 2, profile 0, shown or not; then the sync code (VP9 bitstream §6.2).
SYNC_CODE = b"\x49\x83\x42"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """`begins`: the first packet of a frame; `inter`: it leans on earlier pictures; `temporal`, `spatial`: its layer,
    0 where there is only one; `size`: bytes of the descriptor, behind which the frame lies."""

    begins: bool
    inter: bool
    temporal: int
    spatial: int
    size: int


def read_descriptor(payload: bytes) -> Descriptor:
    """The descriptor at the beginning of a payload. ValueError: cut short."""
    try:
        return _read(payload)
    except IndexError:
        raise ValueError("a VP9 payload descriptor that is cut short") from None


def _read(payload: bytes) -> Descriptor:
    first = payload[0]
    position = 1
    temporal = spatial = 0
    if first & I:
        position += 2 if payload[position] & 0x80 else 1
    if first & L:
        temporal, spatial = payload[position] >> 5, payload[position] >> 1 & 7
        # In non-flexible mode TL0PICIDX follows.
        position += 1 if first & F else 2
    if first & F and first & P:
        # Up to three reference indices, each saying whether another follows.
        for _ in range(3):
            position += 1
            if not payload[position - 1] & 1:
                break
    if first & V:
        position = _after_structure(payload, position)
    if position > len(payload):
        raise IndexError
    return Descriptor(bool(first & B), bool(first & P), temporal, spatial, position)


def _after_structure(payload: bytes, position: int) -> int:
    """Where the scalability structure that begins here ends: N_S + 1 sizes if Y, N_G pictures if G (§4.2.1)."""
    head = payload[position]
    position += 1
    if head & 0x10:
        position += 4 * ((head >> 5) + 1)
    if head & 0x08:
        pictures = payload[position]
        position += 1
        for _ in range(pictures):
            position += 1 + (payload[position] >> 2 & 3)
    return position


def begins_vp9_keyframe(payload: bytes) -> bool:
    """Whether a payload is the first of a keyframe: begins a frame of the lowest layer that leans on no other."""
    try:
        found = read_descriptor(payload)
    except ValueError:
        return False
    return found.begins and not found.inter and not found.spatial and not found.temporal and found.size < len(payload)


def is_vp9_keyframe(frame: bytes) -> bool:
    """Whether a frame of profile 0 is a keyframe: show_existing_frame 0, frame_type 0 (VP9 bitstream §6.2)."""
    return len(frame) > 8 and frame[0] & 0xFC == 0x80 and frame[1:4] == SYNC_CODE


def vp9_size(keyframe: bytes) -> tuple[int, int] | None:
    """Width and height in the header of a keyframe of profile 0; None when it is no such header."""
    if not is_vp9_keyframe(keyframe):
        return None
    # Three bits of colour space and one of range come before the two sizes, each less one.
    bits = int.from_bytes(keyframe[4:9], "big")
    return (bits >> 20 & 0xFFFF) + 1, (bits >> 4 & 0xFFFF) + 1
