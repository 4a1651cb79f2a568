import contextlib
import struct

import pytest
from aiortc import rtp as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.relay import rtcp
from classroom.relay.rtp import BadPacket

BLOCK = rtcp.ReportBlock(7, 128, -3, 70000, 90, 0x12345678, 65536)


def theirs(data: bytes) -> list[oracle.AnyRtcpPacket]:
    return list(oracle.RtcpPacket.parse(data))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_a_bad_packet(data: bytes) -> None:
    with contextlib.suppress(BadPacket):
        rtcp.parse(data)


@settings(deadline=None)
@given(st.sampled_from([200, 201, 202, 203, 204, 205, 206, 207]), st.integers(0, 31), st.binary(max_size=120))
def test_any_body_of_any_kind_as_well(kind: int, count: int, body: bytes) -> None:
    body = body[: len(body) // 4 * 4]
    with contextlib.suppress(BadPacket):
        rtcp.parse(struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body)


def test_reports_come_back_and_another_library_reads_them() -> None:
    info = rtcp.SenderInfo(1, 0x0123456789ABCDEF, 90000, 10, 1000, (BLOCK,))
    data = rtcp.sender_report(info) + rtcp.receiver_report(2, [BLOCK]) + rtcp.source_description([1, 2], "name")
    assert rtcp.parse(data) == [info, rtcp.ReceiverReport(2, (BLOCK,))]
    sender, receiver, description = theirs(data)
    assert isinstance(sender, oracle.RtcpSrPacket)
    assert sender.sender_info.ntp_timestamp == info.ntp
    assert isinstance(receiver, oracle.RtcpRrPacket)
    assert (receiver.reports[0].packets_lost, receiver.reports[0].highest_sequence) == (-3, 70000)
    assert isinstance(description, oracle.RtcpSdesPacket)
    assert [(chunk.ssrc, chunk.items) for chunk in description.chunks][0] == (1, [(1, b"name")])


@pytest.mark.parametrize("name", ["", "a", "ab", "abc", "abcd", "x" * 300])
def test_a_description_of_any_length_is_well_formed(name: str) -> None:
    data = rtcp.source_description([1], name)
    assert len(data) % 4 == 0
    assert rtcp.parse(data + rtcp.bye([1])) == [rtcp.Bye((1,))]


def test_what_another_library_writes_is_read() -> None:
    data = b"".join(
        [
            bytes(oracle.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=2, lost=[10, 11, 40])),
            bytes(oracle.RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=2)),
            bytes(oracle.RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=struct.pack("!II", 2, 0))),
            bytes(oracle.RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=oracle.pack_remb_fci(4160000, [2]))),
            bytes(oracle.RtcpByePacket(sources=[5])),
        ]
    )
    assert rtcp.parse(data) == [
        rtcp.Nack(2, (10, 11, 40)),
        rtcp.KeyframeRequest(2),
        rtcp.KeyframeRequest(2),
        rtcp.Remb(4160000),
        rtcp.Bye((5,)),
    ]


@settings(deadline=None)
@given(st.integers(0, 65535), st.lists(st.integers(1, 40), max_size=40))
def test_a_nack_names_the_same_numbers_also_where_they_wrap(first: int, steps: list[int]) -> None:
    lost = [first]
    for step in steps:
        lost.append((lost[-1] + step) & 0xFFFF)
    assert rtcp.parse(rtcp.nack(1, 2, lost)) == [rtcp.Nack(2, tuple(lost))]


def test_a_nack_bomb_is_cut() -> None:
    body = struct.pack("!II", 1, 2) + struct.pack("!HH", 0, 0xFFFF) * 300
    data = struct.pack("!BBH", 0x81, 205, len(body) // 4) + body
    (message,) = rtcp.parse(data)
    assert isinstance(message, rtcp.Nack)
    assert len(message.lost) == rtcp.MAX_LOST


def test_padded_transport_feedback_does_not_spoil_the_compound() -> None:
    feedback = rtcp.transport_feedback(1, 2, b"12345")
    assert feedback[0] & 0x20
    assert len(feedback) % 4 == 0
    assert rtcp.parse(feedback + rtcp.picture_loss(1, 2)) == [rtcp.KeyframeRequest(2)]


def test_an_empty_report_is_heard_and_says_nothing() -> None:
    assert rtcp.parse(rtcp.receiver_report(1)) == [rtcp.ReceiverReport(1)]
    assert rtcp.parse(b"") == []


def test_ntp_timestamps() -> None:
    assert rtcp.ntp_timestamp(1.5) == 0x1_8000_0000
