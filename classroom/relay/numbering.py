"""Sequence numbers and timestamps that go on without a break, whatever the publisher does (RFC 3550 §5.1)."""

from bisect import bisect_left, insort

# Skipped numbers that are remembered for packets that come late: seconds of probing padding.
MAX_SKIPPED = 512


class Numbering:
    """Maps a publisher's extended sequence numbers and timestamps to those that subscribers see.

    A number that is skipped in time (padding) leaves no hole. With `begin` another publisher, with numbers of its own,
    goes on where the last one stopped.
    """

    def __init__(self, first_sequence: int) -> None:
        """`first_sequence`: the extended number (≥ 2¹⁶) of the first packet of all."""
        self._highest_in: int | None = None
        self._lowest_in = 0
        self._highest_out = first_sequence - 1
        self._offset = 0
        self._skipped: list[int] = []
        self.timestamp_offset = 0
        """What is added to the publisher's timestamps, modulo 2³²."""

    @property
    def highest(self) -> int:
        """The highest extended number given out so far."""
        return self._highest_out

    @property
    def offset(self) -> int:
        """What is added to the next number that is higher than all before it."""
        return self._offset

    def begin(self, timestamp: int, stamped: int) -> None:
        """Another numbering comes in; its `timestamp` shall be seen as `stamped`. Call it before its first `number`."""
        self.timestamp_offset = (stamped - timestamp) & 0xFFFFFFFF
        self._highest_in = None
        self._skipped = []

    def number(self, extended: int) -> int | None:
        """The extended number that a packet gets; None for one from before the first, or skipped already."""
        highest = self._highest_in
        if highest is None:
            self._offset = self._highest_out + 1 - extended
            self._lowest_in = extended
        if highest is None or extended > highest:
            self._highest_in = extended
            self._highest_out = extended + self._offset
            return self._highest_out
        if extended < self._lowest_in:
            return None
        later = len(self._skipped) - bisect_left(self._skipped, extended)
        if later and self._skipped[-later] == extended:
            return None
        return extended + self._offset + later

    def numbers(self, extended: int, count: int) -> int:
        """So many come, the last with this number, all higher than those before: what the first of them gets."""
        self._highest_in = extended
        self._highest_out = extended + self._offset
        return self._highest_out - count + 1

    def skip(self, extended: int) -> bool:
        """Take a number out of the sequence; False when it is too late, since higher ones were given out already."""
        highest = self._highest_in
        if highest is None:
            return True
        if extended <= highest:
            return False
        # Numbers between the highest and this one may still come: they keep their places below the skipped one.
        self._highest_in = extended
        self._offset -= 1
        self._highest_out = extended + self._offset
        insort(self._skipped, extended)
        if len(self._skipped) > MAX_SKIPPED:
            self._lowest_in = max(self._lowest_in, self._skipped.pop(0) + 1)
        return True

    def stamp(self, timestamp: int) -> int:
        """The timestamp that a packet gets."""
        return (timestamp + self.timestamp_offset) & 0xFFFFFFFF
