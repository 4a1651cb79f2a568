import pytest
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay.lane import Lane, LaneKey, abs_send_time, level, padding
from classroom.relay.ring import Entry


def entry(extended: int, payload: bytes, timestamp: int = 9, marker: bool = True) -> Entry:
    return Entry(extended, timestamp, marker, 3.5, payload)


@settings(deadline=None)
@given(st.binary(max_size=1200), st.integers(0, 14), st.sampled_from([0, 0x8000]), st.integers(0, 2), st.booleans())
def test_what_is_written_reads_as_it_should(
    payload: bytes, stamp: int, offset: int, padding: int, marker: bool
) -> None:
    lane = Lane(LaneKey(101, stamp, 16, offset), 77)
    one = entry(0x1FFFF, payload, marker=marker)
    one.padding = padding
    read = RtpPacket.parse(lane.write(one))
    assert read.payload == payload
    assert read.padding_size == padding
    assert (read.payload_type, read.marker, read.ssrc, read.timestamp) == (101, marker, 77, 9)
    assert read.sequence_number == (0xFFFF + offset) & 0xFFFF
    assert lane.write(one) == lane.write(one)
    again = RtpPacket.parse(lane.write_again(one, 102, 7, 78, 4.25))
    assert (again.payload_type, again.sequence_number, again.ssrc, again.timestamp) == (102, 7, 78, 9)
    assert again.payload == read.sequence_number.to_bytes(2, "big") + payload


def test_the_packets_of_a_picture_are_levelled_by_a_byte_or_two() -> None:
    sizes = [(1000, 1), (1000, 1), (1001, 1), (900, 1), (999, 2), (80, 3)]
    entries = [entry(0x10000 + index, bytes(size), at) for index, (size, at) in enumerate(sizes)]
    level(entries)
    assert [one.padding for one in entries] == [1, 1, 0, 0, 0, 0]
    lane = Lane(LaneKey(96, 3, 16), 77)
    assert len({len(lane.write(one)) for one in entries[:3]}) == 1


@pytest.mark.parametrize("stamp", [0, 5])
def test_padding_is_nothing_but_padding(stamp: int) -> None:
    read = RtpPacket.parse(padding(LaneKey(101, stamp, 16), 102, 7, 9, 78, 4.25))
    assert (read.payload_type, read.sequence_number, read.timestamp, read.ssrc) == (102, 7, 9, 78)
    assert (read.payload, read.padding_size) == (b"", 255)


def test_the_send_time_is_6_18_fixed_point() -> None:
    assert abs_send_time(1.5) == 3 << 17
    assert abs_send_time(64.0) == 0
