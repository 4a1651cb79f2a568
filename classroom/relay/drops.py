"""Why something was not passed on: every drop has a name and a counter."""

from enum import Enum


class DropReason(Enum):
    """The value is the counter's name in `Hub.stats()`."""

    OVERSIZE = "drop_oversize"
    """A datagram larger than an Ethernet frame."""
    STRAY = "drop_stray"
    """From an address that no peer has proved to be its own."""
    NOT_OURS = "drop_not_ours"
    """A first byte that is neither STUN, DTLS nor RTP (RFC 7983)."""
    BAD_STUN = "drop_bad_stun"
    UNKNOWN_UFRAG = "drop_unknown_ufrag"
    BAD_INTEGRITY = "drop_bad_integrity"
    NOT_CONNECTED = "drop_not_connected"
    """Media before the DTLS handshake ended."""
    UNPROTECT = "drop_unprotect"
    """Not authentic, or replayed."""
    BAD_RTP = "drop_bad_rtp"
    BAD_RTCP = "drop_bad_rtcp"
    UNKNOWN_SSRC = "drop_unknown_ssrc"
    """A source or payload type that was not negotiated; also a refused simulcast layer."""
    BEFORE_KEYFRAME = "drop_before_keyframe"
    """Pictures of a publisher whose first keyframe has not come."""
    PADDING = "drop_padding"
    """Nothing but padding: its sequence number is taken out of the stream."""
    DUPLICATE = "drop_duplicate"
    LATE = "drop_late"
    """Older than everything that could still be numbered."""
    PROTECT = "drop_protect"
    """libsrtp refused to protect it for a receiver."""
    SOCKET_FULL = "drop_socket_full"
    """The kernel's send buffer was full."""
    UNREACHABLE = "drop_unreachable"
    """The kernel refused the destination."""
    TCP_REFUSED = "drop_tcp_refused"
    """A TCP connection too many, in all or from one address."""
    BAD_FRAME = "drop_bad_frame"
    """A TCP connection with a length that no datagram has: it was hung up on."""
    TCP_FULL = "drop_tcp_full"
    """A receiver on TCP did not take it in time; pictures first."""
    NOT_IN_RING = "drop_not_in_ring"
    """A receiver asked again for a packet that is no longer, or never was, there."""
    ON_ITS_WAY = "drop_on_its_way"
    """A receiver asked once more for a packet before what was sent again can have reached it."""
    STALE = "drop_stale"
    """A receiver asked again for what it could not play any more."""
    RETRANSMIT_LIMIT = "drop_retransmit_limit"
    """A receiver asked for more at once than it gets."""
    OVERTAKEN = "drop_overtaken"
    """A receiver on a narrow line asked again for what a keyframe has made useless."""
    PACER_FULL = "drop_pacer_full"
    """A receiver's line was too narrow for what was to go out by it."""


class Drops:
    """The counters."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts = dict.fromkeys(DropReason, 0)

    def count(self, reason: DropReason, packets: int = 1) -> None:
        """Add to one counter."""
        self._counts[reason] += packets

    def __getitem__(self, reason: DropReason) -> int:
        return self._counts[reason]

    def by_name(self) -> dict[str, int]:
        """Name → count, for the statistics."""
        return {reason.value: count for reason, count in self._counts.items()}

    def total(self) -> int:
        """All of them together."""
        return sum(self._counts.values())
