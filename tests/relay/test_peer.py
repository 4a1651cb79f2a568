import asyncio
import importlib.metadata
import inspect

import pylibsrtp
import pytest
from aiortc import rtcdtlstransport
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from pylibsrtp import _binding

from classroom.relay.peer import Certificate, SecureError, SecureTransport, generate_certificate

RTP = bytes.fromhex("806f0001000000010000002a") + b"payload"
RTCP = bytes.fromhex("80c900010000002a")


class Pair:
    """Two SecureTransports joined on the running loop; `lose` drops the datagrams with these indices."""

    def __init__(self, lose: frozenset[int] = frozenset()) -> None:
        self.certificates = (generate_certificate(), generate_certificate())
        self.sent: list[tuple[str, bytes]] = []
        self.lose = lose
        self.server = SecureTransport(lambda data: self.carry("server", data), self.certificates[0], "server")
        self.client = SecureTransport(lambda data: self.carry("client", data), self.certificates[1], "client")

    def carry(self, sender: str, data: bytes) -> None:
        self.sent.append((sender, data))
        if len(self.sent) - 1 not in self.lose:
            other = self.client if sender == "server" else self.server
            asyncio.get_running_loop().call_soon(other.receive, data)

    async def start(self) -> None:
        await asyncio.gather(
            self.server.start([self.certificates[1].fingerprint()]),
            self.client.start([self.certificates[0].fingerprint()]),
        )

    async def close(self) -> None:
        await self.client.close()
        await self.server.close()


def test_private_names_exist_in_the_pinned_versions() -> None:
    assert importlib.metadata.version("aiortc") == "1.16.0"
    assert pylibsrtp.__version__.startswith("1.")
    transport = rtcdtlstransport.RTCDtlsTransport
    source = inspect.getsource(transport)
    for name in ("_set_role", "start", "stop"):
        assert callable(getattr(transport, name))
    for attribute in ("_task", "_ssl", "_rx_srtp", "_tx_srtp"):
        assert f"self.{attribute} = " in source or f"self.{attribute}: " in source
    for asked in ("_recv()", "_send(data)", "role"):
        assert f"transport.{asked}" in source
    assert callable(rtcdtlstransport.RTCCertificate._create_ssl_context)
    assert "self._srtp = " in inspect.getsource(pylibsrtp.Session)
    for name in ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp"):
        assert hasattr(_binding.lib, name)
    assert [profile.openssl_profile for profile in rtcdtlstransport.SRTP_PROFILES] == [
        b"SRTP_AEAD_AES_256_GCM",
        b"SRTP_AEAD_AES_128_GCM",
        b"SRTP_AES128_CM_SHA1_80",
    ]


async def test_handshake_then_media_both_ways() -> None:
    pair = Pair()
    await pair.start()
    assert pair.server.state == pair.client.state == "connected"
    assert pair.server.tag_bytes == 16
    # The cheapest of those that both have.
    assert pair.server._dtls._ssl is not None
    assert pair.server._dtls._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"
    for a, b in ((pair.server, pair.client), (pair.client, pair.server)):
        assert len(a.protect_rtp(RTP)) == len(RTP) + a.tag_bytes
        assert b.unprotect_rtp(a.protect_rtp(RTP)) == RTP
        assert b.unprotect_rtcp(a.protect_rtcp(RTCP)) == RTCP
    await pair.close()


async def test_the_client_sends_its_first_flight_again_when_the_first_is_lost() -> None:
    pair = Pair(lose=frozenset({0}))
    began = asyncio.get_running_loop().time()
    await pair.start()
    assert asyncio.get_running_loop().time() - began < 0.5
    assert pair.sent[0] == pair.sent[1]
    await pair.close()


async def test_close_notify_tells_the_other_side_once_and_close_is_idempotent() -> None:
    pair = Pair()
    await pair.start()
    told: list[str] = []
    gone = asyncio.Event()
    pair.server.on_close = lambda: (told.append("server"), gone.set())[0]
    pair.client.on_close = lambda: told.append("client")
    await pair.client.close()
    await pair.client.close()
    await asyncio.wait_for(gone.wait(), 2)
    assert told == ["server"]
    await pair.server.close()
    await pair.server.close()
    assert told == ["server"]
    pair.server.receive(b"\x16late")


async def test_a_wrong_fingerprint_is_refused() -> None:
    pair = Pair()
    algorithm, value = pair.certificates[1].fingerprint()
    wrong = value[:-2] + ("00" if value[-2:] != "00" else "11")
    client = asyncio.create_task(pair.client.start([pair.certificates[0].fingerprint()]))
    with pytest.raises(SecureError):
        await pair.server.start([(algorithm, wrong)])
    with pytest.raises(SecureError):
        pair.server.protect_rtp(RTP)
    await client
    await pair.close()


async def test_no_fingerprint_and_no_answer_are_refused() -> None:
    pair = Pair(lose=frozenset(range(100)))
    with pytest.raises(SecureError):
        await pair.server.start([])
    with pytest.raises(SecureError, match="within"):
        await pair.client.start([pair.certificates[0].fingerprint()], timeout_s=0.1)
    with pytest.raises(SecureError):
        await pair.client.start([pair.certificates[0].fingerprint()])
    await pair.close()


async def test_rubbish_before_and_after_the_handshake_is_harmless() -> None:
    pair = Pair()
    for size in range(1, 60):
        pair.server.receive(b"\x16" + bytes(range(size)))
    await pair.start()
    pair.server.receive(b"\x17\xfe\xfd" + bytes(50))
    for rubbish in (b"", b"\x80", RTP, bytes(1500), b"\x90" * 1500, bytes(3000)):
        with pytest.raises(SecureError):
            pair.server.unprotect_rtp(rubbish)
        with pytest.raises(SecureError):
            pair.server.unprotect_rtcp(rubbish)
    protected = pair.client.protect_rtp(RTP)
    assert pair.server.unprotect_rtp(protected) == RTP
    await pair.close()


async def test_a_peer_with_an_rsa_certificate_is_welcome() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made = generate_certificate()._cert
    rsa_certificate = (
        x509.CertificateBuilder()
        .subject_name(made.subject)
        .issuer_name(made.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(made.not_valid_before_utc)
        .not_valid_after(made.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )
    pair = Pair()
    peer = Certificate(key, rsa_certificate)  # type: ignore[arg-type]
    pair.certificates = (peer, pair.certificates[1])
    pair.server = SecureTransport(lambda data: pair.carry("server", data), peer, "server")
    await pair.start()
    await pair.close()
