from classroom.relay.ring import RING_PACKETS, Entry, Ring
from classroom.relay.run import Passed, Run


def entry(extended: int, arrived: float = 10.0) -> Entry:
    return Entry(extended, 0, False, arrived, b"x")


def run(number: int, count: int) -> Run:
    passed: list[Passed] = [
        (10.0 + at, 0, 1, 30, at % 3, (number + at) & 0xFFFF, at % 2, -1, -1, 900 + at) for at in range(count)
    ]
    return Run(passed, [b"%d" % at for at in range(count)])


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


def test_a_run_is_found_packet_by_packet_also_across_the_ends() -> None:
    ring = Ring()
    first = 0x20000 - 100
    ring.store_run(run(5, 256), first, 0xFFFFFFFF, False)
    for at in range(256):
        found = ring.find((first + at) & 0xFFFF)
        assert found is not None
        assert (found.extended, found.timestamp, found.marker) == (first + at, 899 + at, at % 2 == 1)
        assert (found.arrived, found.padding, found.payload) == (10.0 + at, at % 3, b"%d" % at)
    assert ring.find((first + 256) & 0xFFFF) is None
    assert ring.find((first - RING_PACKETS) & 0xFFFF) is None


def test_a_run_and_entries_make_room_for_one_another() -> None:
    ring = Ring()
    ring.store_run(run(5, 3), 70000, 0, False)
    assert not ring.store(entry(70001))
    assert not ring.store(entry(70001 - RING_PACKETS))
    assert ring.store(entry(70001 + RING_PACKETS))
    assert [ring.find(number & 0xFFFF) is None for number in (70000, 70001, 70002)] == [False, True, False]
    ring.store_run(run(9, 2), 70001 + RING_PACKETS, 0, False)
    found = ring.find((70001 + RING_PACKETS) & 0xFFFF)
    assert found is not None and found.payload == b"0"


def test_layers_lose_what_each_counts_by_itself() -> None:
    ring = Ring()
    ring.store_run(Run(run(5, 1).passed, [b"\x90\xe0\x81\x02\x03\x20rest"]), 70000, 0, True)
    found = ring.find(70000 & 0xFFFF)
    assert found is not None and found.payload == b"\x10rest"
