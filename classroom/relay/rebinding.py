"""Peers that come from another address without knowing it: their router has given them a new port (NAT rebinding).

A browser checks its path every 2.5 s, and would be without media until then. What comes from an unknown address with a
source that we know is therefore asked, by a check of our own (RFC 8445 §7.2), whether it is that peer: only its answer
moves anything, so that nobody can turn a stream to where it is not wanted (RFC 7675).
"""

import secrets
from collections.abc import Callable
from typing import Final
from weakref import ref

from classroom.relay.connection import Connection
from classroom.relay.ice import Address, BadStun, check, parse_response

ASK_S: Final = 0.02
"""From one question to the next, of all peers: it costs little, and strangers cannot make us send more."""
LEAST_BYTES: Final = 12
"""Up to the source of an RTP packet."""
MAX_ASKED: Final = 256


class Rebindings:
    """`find` tells whose an SSRC is, `send` sends one datagram. Times are monotonic seconds."""

    def __init__(self, find: Callable[[int], Connection | None], send: Callable[[bytes, Address], None]) -> None:
        self._find = find
        self._send = send
        # A peer that has left does not answer any more, and must not be held until others have asked enough.
        self._asked: dict[bytes, tuple[ref[Connection], Address]] = {}
        self._quiet_until = 0.0

    def stray(self, datagram: bytes, address: Address, now: float) -> None:
        """SRTP or SRTCP from an address that is nobody's."""
        if now < self._quiet_until or len(datagram) < LEAST_BYTES:
            return
        self._quiet_until = now + ASK_S
        start = 4 if 191 < datagram[1] < 224 else 8
        connection = self._find(int.from_bytes(datagram[start : start + 4], "big"))
        if connection is None or connection.theirs is None:
            return
        transaction = secrets.token_bytes(12)
        if len(self._asked) >= MAX_ASKED:
            self._asked.clear()
        self._asked[transaction] = (ref(connection), address)
        self._send(check(connection.theirs, connection.ufrag, transaction, secrets.token_bytes(8)), address)

    def answer(self, datagram: bytes, address: Address, now: float) -> None:
        """A binding response: the peer is there from now on, if it is the peer's. BadStun."""
        message = parse_response(datagram)
        held, asked = self._asked.pop(message.transaction, (None, None))
        connection = None if held is None else held()
        if connection is None or connection.theirs is None or asked != address:
            raise BadStun("nobody asked")
        if not message.is_authentic(connection.theirs.password):
            raise BadStun("not authentic")
        connection.moved(address, now)
