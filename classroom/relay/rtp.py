"""RTP packets (RFC 3550 §5.1): parsing, header extensions (RFC 8285), keyframe detection, sequence arithmetic.

Nothing here raises anything but BadPacket, whatever the bytes.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["audio", "video"]


class BadPacket(Exception):
    """Bytes from the network that are no RTP or RTCP packet."""


class Packet:
    """One RTP packet of a publisher, its extensions and padding taken off.

    The numbers are the publisher's own; `arrived` is monotonic seconds. A packet of padding alone has an empty payload:
    it carries nothing, but its sequence number is no hole. `keyframe` marks the first packet of a keyframe.
    """

    __slots__ = (
        "arrived",
        "keyframe",
        "kind",
        "marker",
        "payload",
        "payload_type",
        "sequence_number",
        "ssrc",
        "timestamp",
    )

    def __init__(
        self,
        kind: Kind,
        payload_type: int,
        marker: bool,
        sequence_number: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        arrived: float,
        keyframe: bool = False,
    ) -> None:
        self.kind = kind
        self.payload_type = payload_type
        self.marker = marker
        self.sequence_number = sequence_number
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
        self.arrived = arrived
        self.keyframe = keyframe


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A publisher's RTCP sender report: at `ntp` (seconds since 1900, its clock) the media stood at `rtp_timestamp`."""

    ssrc: int
    ntp: float
    rtp_timestamp: int
    arrived: float
