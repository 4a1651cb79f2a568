"""The last packets of one track, to send again what a receiver misses."""

from classroom.relay.rtp import plain_vp8
from classroom.relay.run import Run

# A power of two beyond what a second of 4 Mbit/s needs (about 420 packets), and within libsrtp's window of 1024, beyond
# which it refuses to protect an old packet again.
RING_PACKETS = 512


class Entry:
    """A packet as it was sent: with the extended sequence number and the timestamp that subscribers know.

    `payload` is perhaps without what each of several layers counts by itself. `padding` is decided before it is sent
    first, and stays: whoever gets it again gets the same bytes.
    """

    __slots__ = ("arrived", "extended", "marker", "padding", "payload", "timestamp")

    def __init__(
        self, extended: int, timestamp: int, marker: bool, arrived: float, payload: bytes, padding: int = 0
    ) -> None:
        self.extended = extended
        self.timestamp = timestamp
        self.marker = marker
        self.arrived = arrived
        self.payload = payload
        self.padding = padding


class _Kept:
    """A run, of which entries are made when somebody asks for them."""

    __slots__ = ("drops_picture_id", "first", "run", "timestamp_offset")

    def __init__(self, run: Run, first: int, timestamp_offset: int, drops_picture_id: bool) -> None:
        self.run = run
        self.first = first
        self.timestamp_offset = timestamp_offset
        self.drops_picture_id = drops_picture_id

    def entry(self, sequence_number: int) -> Entry | None:
        """The one whose number ends in these 16 bits."""
        index = (sequence_number - self.first) & 0xFFFF
        if index >= len(self.run.passed):
            return None
        arrived, _, _, _, padding, _, marker, _, _, timestamp = self.run.passed[index]
        payload = self.run.payloads[index]
        return Entry(
            self.first + index,
            (timestamp + self.timestamp_offset) & 0xFFFFFFFF,
            marker == 1,
            arrived,
            plain_vp8(payload) if self.drops_picture_id else payload,
            padding,
        )


class Ring:
    """Entries by extended sequence number; each overwrites the one RING_PACKETS before it."""

    __slots__ = ("_places",)

    def __init__(self) -> None:
        self._places: list[Entry | _Kept | None] = [None] * RING_PACKETS

    def store(self, entry: Entry) -> bool:
        """Keep it; False when this number, or a later one in its place, is there already."""
        index = entry.extended % RING_PACKETS
        old = self._places[index]
        if isinstance(old, _Kept):
            old = old.entry((old.first + (index - old.first) % RING_PACKETS) & 0xFFFF)
        if old is not None and old.extended >= entry.extended:
            return False
        self._places[index] = entry
        return True

    def store_run(self, run: Run, first: int, timestamp_offset: int, drops_picture_id: bool) -> None:
        """Keep packets later than all before, RING_PACKETS at most. `first`: the first one's extended number;
        `timestamp_offset` is added to the publisher's timestamps."""
        kept = _Kept(run, first, timestamp_offset, drops_picture_id)
        start, count = first % RING_PACKETS, len(run.passed)
        head = min(count, RING_PACKETS - start)
        self._places[start : start + head] = [kept] * head
        self._places[: count - head] = [kept] * (count - head)

    def find(self, sequence_number: int) -> Entry | None:
        """The entry whose number ends in these 16 bits, however old."""
        kept = self._places[sequence_number % RING_PACKETS]
        if isinstance(kept, _Kept):
            return kept.entry(sequence_number)
        return kept if kept is not None and kept.extended & 0xFFFF == sequence_number else None
