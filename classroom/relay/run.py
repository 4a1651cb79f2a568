"""Packets that went on without Python, as it hears of them: many at a time, so that little is done for each."""

from collections.abc import Iterator, Sequence
from typing import Final

Passed = tuple[float, int, int, int, int, int, int, int, int, int]
"""A packet that went on, as `struct record` in native.h has it: when it came (monotonic seconds), where its payload
lies, the sizes of that and of the datagram, the padding that was put behind it, its sequence number and its marker, its
transport-wide number and its level (ABSENT without), its timestamp."""

_NUMBER: Final = 5


class Run:
    """Packets of one source that follow one another without a gap."""

    __slots__ = ("passed", "payloads")

    def __init__(self, passed: Sequence[Passed], payloads: Sequence[bytes]) -> None:
        self.passed = passed
        self.payloads = payloads

    @property
    def ends(self) -> tuple[int, int]:
        """The publisher's sequence numbers (16 bits) of the first packet and the last."""
        return self.passed[0][_NUMBER], self.passed[-1][_NUMBER]

    @classmethod
    def each(cls, passed: Sequence[Passed], payloads: Sequence[bytes]) -> Iterator["Run"]:
        """One for each stretch of these packets, at least one, whose numbers ascend."""
        first = 0
        if (passed[-1][_NUMBER] - passed[0][_NUMBER]) & 0xFFFF != len(passed) - 1:
            for at in range(1, len(passed)):
                if (passed[at][_NUMBER] - passed[at - 1][_NUMBER]) & 0xFFFF != 1:
                    yield cls(passed[first:at], payloads[first:at])
                    first = at
        yield cls(passed[first:], payloads[first:])
