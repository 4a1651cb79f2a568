"""A stream's way through the relay: one publisher at a time, any number of subscribers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from classroom.relay.rtp import Kind, Packet, SenderReport

__all__ = ["Packet", "Publisher", "SenderReport", "Subscriber", "Track"]


@dataclass(frozen=True, slots=True)
class Track:
    """What a publisher sends of one kind. `codec` is "opus", "vp8" or "h264"; `fmtp` as it stands in the SDP."""

    kind: Kind
    codec: str
    clock_rate: int
    channels: int
    fmtp: str


class Publisher(Protocol):
    """What a subscriber may ask of the publisher."""

    def request_keyframe(self) -> None:
        """Ask for a keyframe; requests are merged."""


class Subscriber(Protocol):
    """A tap: the recorder, a counter, a test. Called on the event loop, synchronously; must not block, nor raise."""

    def attached(self, publisher: Publisher, tracks: Mapping[str, Track]) -> None:
        """A publisher with these tracks (by kind) is there: on attach, and for each new one. Numbering is new."""

    def detached(self) -> None:
        """The publisher's session ended; another may come. Also called when a new one replaces it."""

    def send(self, packet: Packet) -> None:
        """A packet, as it arrived: perhaps late, twice never; with an empty payload when it is padding alone."""

    def sender_report(self, kind: str, report: SenderReport) -> None:
        """The publisher's own report, unchecked: some publishers' clocks lie."""
