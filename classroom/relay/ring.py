"""The last packets of one track, to send again what a receiver misses."""

from classroom.relay.rtp import Packet

# A power of two beyond what a second of 4 Mbit/s needs (about 420 packets), and within libsrtp's window of 1024, beyond
# which it refuses to protect an old packet again.
RING_PACKETS = 512


class Entry:
    """A packet as it was sent: with the extended sequence number and the timestamp that subscribers know.

    `payload` is the packet's, perhaps without what each of several layers counts by itself. `padding` is decided before
    it is sent first, and stays: whoever gets it again gets the same bytes.
    """

    __slots__ = ("extended", "packet", "padding", "payload", "timestamp")

    def __init__(self, extended: int, timestamp: int, packet: Packet) -> None:
        self.extended = extended
        self.timestamp = timestamp
        self.packet = packet
        self.payload = packet.payload
        self.padding = 0


class Ring:
    """Entries by extended sequence number; each overwrites the one RING_PACKETS before it."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: list[Entry | None] = [None] * RING_PACKETS

    def store(self, entry: Entry) -> bool:
        """Keep it; False when this number, or a later one in its place, is there already."""
        index = entry.extended % RING_PACKETS
        old = self._entries[index]
        if old is not None and old.extended >= entry.extended:
            return False
        self._entries[index] = entry
        return True

    def find(self, sequence_number: int) -> Entry | None:
        """The entry whose number ends in these 16 bits, however old."""
        entry = self._entries[sequence_number % RING_PACKETS]
        return entry if entry is not None and entry.extended & 0xFFFF == sequence_number else None
