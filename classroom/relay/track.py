"""What a publisher sends of one kind, and where the numbers begin that subscribers see."""

from dataclasses import dataclass

from classroom.relay.rtp import Kind


@dataclass(frozen=True, slots=True)
class Track:
    """What a publisher sends of one kind. `codec` is "opus", "vp8", "h264" or "vp9"; `fmtp` as it stands in the SDP.

    `rids`: the names of its layers (RFC 8851), best first as the publisher prefers them; none when there is but one.
    """

    kind: Kind
    codec: str
    clock_rate: int
    channels: int
    fmtp: str
    rids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """Where a track's numbers begin, drawn by the owner of randomness: 32 bits, 16 bits, 32 bits (RFC 3550 §5.1)."""

    ssrc: int
    sequence_number: int
    timestamp: int
