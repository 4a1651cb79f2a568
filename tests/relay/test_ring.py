from classroom.relay.ring import RING_PACKETS, Entry, Ring
from classroom.relay.rtp import Packet


def entry(extended: int, arrived: float = 10.0) -> Entry:
    return Entry(extended, 0, Packet("video", 96, False, 0, 0, 1, b"x", arrived))


def test_an_entry_is_found_by_its_16_bits() -> None:
    ring = Ring()
    kept = entry(70000)
    assert ring.store(kept)
    assert ring.find(70000 & 0xFFFF) is kept
    assert ring.find(70001 & 0xFFFF) is None


def test_a_number_is_stored_once_and_old_ones_make_room() -> None:
    ring = Ring()
    assert ring.store(entry(70000))
    assert not ring.store(entry(70000))
    assert ring.store(entry(70000 + RING_PACKETS))
    assert ring.find(70000 & 0xFFFF) is None
    assert not ring.store(entry(70000))
