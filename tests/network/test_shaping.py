"""One direction of a line, without a network."""

from tests.network.bridge import PORTS_FROM, shift_port
from tests.network.shaping import Rules, Shaper

PACKET = 1000


def arrivals(rules: Rules, *, packets: int, every_s: float, seed: int = 1) -> list[float | None]:
    """When packets sent at an even pace come out."""
    shaper = Shaper(seed)
    shaper.change(rules)
    return [shaper.due(PACKET, True, number * every_s) for number in range(packets)]


def test_a_good_line_lets_everything_through_at_once() -> None:
    assert arrivals(Rules(), packets=3, every_s=0.01) == [0.0, 0.01, 0.02]


def test_the_seed_decides_what_is_lost() -> None:
    lossy = Rules(loss=0.1)
    first, again = (arrivals(lossy, packets=2000, every_s=0.01) for _ in range(2))
    other = arrivals(lossy, packets=2000, every_s=0.01, seed=2)
    assert first == again != other
    assert 0.07 < first.count(None) / len(first) < 0.13


def test_a_rate_is_kept_and_its_queue_bounded() -> None:
    # Twice as much as goes through, for ten seconds.
    out = [at for at in arrivals(Rules(rate_bps=100_000, queue_ms=500), packets=250, every_s=0.04) if at is not None]
    assert abs(len(out) * PACKET * 8 / out[-1] - 100_000) < 1000
    assert out[-1] < 250 * 0.04 + 0.5 + PACKET * 8 / 100_000


def test_jitter_delays_and_keeps_the_order() -> None:
    out = arrivals(Rules(delay_ms=20, jitter_ms=60), packets=1000, every_s=0.005)
    delays = [at - number * 0.005 for number, at in enumerate(out) if at is not None]
    assert out == sorted(at for at in out if at is not None)
    assert min(delays) >= 0.02 and max(delays) <= 0.0801
    assert max(delays) - min(delays) > 0.04


def test_a_firewall_blocks_udp_alone() -> None:
    shaper = Shaper(1)
    shaper.change(Rules(udp=False))
    assert shaper.due(PACKET, True, 0.0) is None
    assert shaper.due(PACKET, False, 0.0) == 0.0
    assert shaper.counters.blocked == shaper.counters.passed == 1


def test_the_translator_moves_ports_there_and_back() -> None:
    up = udp_packet(65000, 8189)
    moved = shift_port(up, True, 1000)
    # Above the last port the next is the first one that is anybody's.
    port = int.from_bytes(moved[20:22], "big")
    assert port == PORTS_FROM + (65000 + 1000 - 65536)
    assert ones_sum(up) == ones_sum(moved) == 0xFFFF
    answer = shift_port(udp_packet(8189, port), False, 1000)
    assert answer[22:24] == (65000).to_bytes(2, "big")
    assert ones_sum(answer) == 0xFFFF


def udp_packet(source: int, destination: int) -> bytes:
    """An IPv4 packet with a UDP datagram whose checksum is right."""
    header = bytes([0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 77, 1, 2, 10, 77, 0, 1])
    datagram = source.to_bytes(2, "big") + destination.to_bytes(2, "big") + (12).to_bytes(2, "big")
    unsummed = header + datagram + b"\0\0" + b"beep"
    return header + datagram + (0xFFFF - ones_sum(unsummed)).to_bytes(2, "big") + b"beep"


def ones_sum(packet: bytes) -> int:
    """The ones' complement sum over pseudo header and datagram; 0xFFFF when the checksum in it is right."""
    words = packet[12:20] + bytes([0, packet[9]]) + (len(packet) - 20).to_bytes(2, "big") + packet[20:]
    total = sum(int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
