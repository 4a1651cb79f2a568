import socket
from collections.abc import Iterator

import pytest

from classroom.relay import inbox as module
from classroom.relay.inbox import SLOTS, Inbox


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made


@pytest.fixture(params=["127.0.0.1", "::"])
def receiver(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6 if request.param == "::" else socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((request.param, 0))
        yield made


def test_reads_what_came_in_order_with_its_sender(sender: socket.socket, receiver: socket.socket) -> None:
    inbox, address = Inbox(receiver), ("127.0.0.1", receiver.getsockname()[1])
    assert inbox.read(0.0) == (0, [])
    sent = [bytes([number]) * (number + 1) for number in range(SLOTS + 3)]
    for datagram in sent:
        sender.sendto(datagram, address)
    (_, first), (_, then) = inbox.read(0.0), inbox.read(0.0)
    assert [len(first), len(then)] == [SLOTS, 3]
    assert [datagram for datagram, _ in first + then] == sent
    assert {who for _, who in first + then} == {sender.getsockname()}


def test_a_datagram_that_is_too_large_shows_by_its_size(sender: socket.socket, receiver: socket.socket) -> None:
    sender.sendto(bytes(4000), ("127.0.0.1", receiver.getsockname()[1]))
    _, [(datagram, _)] = Inbox(receiver).read(0.0)
    assert len(datagram) > 1500


def test_a_sender_over_ipv6_has_its_own_address() -> None:
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver,
    ):
        sender.bind(("::1", 0))
        receiver.bind(("::", 0))
        sender.sendto(b"hello", ("::1", receiver.getsockname()[1]))
        assert Inbox(receiver).read(0.0) == (1, [(b"hello", ("::1", sender.getsockname()[1]))])


def test_forgets_senders_once_they_are_many(
    sender: socket.socket, receiver: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_NAMES", 1)
    inbox, address = Inbox(receiver), ("127.0.0.1", receiver.getsockname()[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        for one in (sender, other, sender):
            one.sendto(b"hello", address)
        assert [who for _, who in inbox.read(0.0)[1]] == [one.getsockname() for one in (sender, other, sender)]


def test_a_socket_that_is_closed_is_an_error(receiver: socket.socket) -> None:
    inbox = Inbox(receiver)
    receiver.close()
    with pytest.raises(OSError):
        inbox.read(0.0)
