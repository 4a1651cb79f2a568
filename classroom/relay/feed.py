"""What taps get of a track: always its best layer, as one stream of numbers."""

from collections.abc import Sequence
from copy import copy

from classroom.relay.layer import Layer
from classroom.relay.rtp import Packet, SenderReport, ahead32

# A layer that is silent for this long while another one flows has been given up by its publisher.
SILENT_S = 1.0


def is_alive(layer: Layer, now: float) -> bool:
    """Whether its publisher sends it: it came lately, or no other layer of the track came much later."""
    if layer.arrived is None:
        return False
    latest = max(one.arrived or 0.0 for one in layer.siblings)
    return now - layer.arrived <= SILENT_S or latest - layer.arrived <= SILENT_S


def ranked(layers: Sequence[Layer]) -> list[Layer]:
    """All layers of a track, smallest first: by the height of their pictures, which is known once all have come; before
    that as their publisher prefers them."""
    order = list(reversed(layers))
    return sorted(order, key=lambda layer: layer.height) if all(layer.height for layer in layers) else order


class Feed:
    """Chooses the layer and numbers it. A publisher without layers keeps its own numbers, every packet as it came."""

    def __init__(self) -> None:
        self.layer: Layer | None = None
        """Where the packets come from; None before the first keyframe, and without layers."""
        self._sequence_offset = self._timestamp_offset = 0
        self._ssrc = 0
        self._highest: int | None = None
        self._last = 0

    def show(self, layer: Layer, packet: Packet, extended: int) -> Packet | None:
        """The packet as taps see it; None for one of another layer. `extended`: its number, unwrapped.

        The layer has taken it already: a first keyframe is in the track's common time.
        """
        if len(layer.siblings) <= 1:
            return packet
        if layer is not self.layer and not (packet.keyframe and self._is_better(layer, packet.arrived)):
            return None
        if layer is not self.layer:
            self._change(layer, packet, extended)
        shown = copy(packet)
        shown.ssrc = self._ssrc
        shown.sequence_number = (extended + self._sequence_offset) & 0xFFFF
        shown.timestamp = (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF
        number = extended + self._sequence_offset
        if self._highest is None or number > self._highest:
            self._highest, self._last = number, shown.timestamp
        return shown

    def report(self, layer: Layer, report: SenderReport) -> SenderReport | None:
        """The same for a publisher's report."""
        if len(layer.siblings) <= 1:
            return report
        if layer is not self.layer:
            return None
        timestamp = (report.rtp_timestamp + self._timestamp_offset) & 0xFFFFFFFF
        return SenderReport(self._ssrc, report.ntp, timestamp, report.arrived)

    def wants_keyframe(self, layer: Layer, now: float) -> bool:
        """Whether it would go on with this layer."""
        if len(layer.siblings) <= 1 or layer is self.layer or not is_alive(layer, now):
            return False
        return self._is_better(layer, now)

    def _is_better(self, layer: Layer, now: float) -> bool:
        old = self.layer
        if old is None or not is_alive(old, now):
            return True
        order = ranked(layer.siblings)
        return order.index(layer) > order.index(old)

    def _change(self, layer: Layer, packet: Packet, extended: int) -> None:
        old = self.layer
        self.layer = layer
        if old is None or self._highest is None:
            self._ssrc = packet.ssrc
            return
        self._sequence_offset = self._highest + 1 - extended
        # Both layers' own offsets lead to the track's common time.
        shift = self._timestamp_offset - old.timestamp_offset + layer.timestamp_offset
        behind = 1 - ahead32((packet.timestamp + shift) & 0xFFFFFFFF, self._last)
        self._timestamp_offset = shift + max(0, behind)
