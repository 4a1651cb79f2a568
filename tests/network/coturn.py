"""coturn as docs/operations.md sets it up: TURN over UDP, and over TLS on 443, to the relay's address and no other."""

import asyncio
import contextlib
import datetime
import ipaddress
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

START_S = 20.0
PORT, TLS_PORT = 3478, 443

CONFIGURATION = """
listening-ip={address}
relay-ip={address}
listening-port={port}
tls-listening-port={tls_port}
cert={directory}/chain.pem
pkey={directory}/key.pem
realm=turn.example.cn
use-auth-secret
static-auth-secret={secret}
total-quota=600
stale-nonce=600
no-multicast-peers
no-cli
no-tcp-relay
no-tlsv1
no-tlsv1_1
denied-peer-ip=0.0.0.0-255.255.255.255
denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
allowed-peer-ip={address}
log-file=stdout
pidfile={directory}/turnserver.pid
userdb={directory}/turndb
"""


@pytest.fixture(scope="session")
def turnserver() -> str:
    """The program's path; the tests with it are skipped where it is not installed."""
    path = shutil.which("turnserver")
    if path is None:
        pytest.skip("no coturn: install the Debian package coturn")
    return path


@contextlib.asynccontextmanager
async def coturn(program: str, directory: Path, address: str, secret: str) -> AsyncIterator[Path]:
    """coturn at this address for as long as the context lasts, in the namespace of the caller; its log."""
    configuration = _configure(directory, address, secret)
    log = directory / "turnserver.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program, "-c", str(configuration), "-v", stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        async with asyncio.timeout(START_S):
            for port in (PORT, TLS_PORT):
                await _listens(address, port)
        yield log
    finally:
        process.terminate()
        await process.wait()


async def _listens(address: str, port: int) -> None:
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(address, port)
            writer.close()
            return
        await asyncio.sleep(0.05)


def _configure(directory: Path, address: str, secret: str) -> Path:
    directory.mkdir(parents=True)
    _certify(directory, address)
    fields = {"port": PORT, "tls_port": TLS_PORT, "directory": directory, "secret": secret}
    file = directory / "turnserver.conf"
    file.write_text(CONFIGURATION.format(address=address, **fields))
    return file


def _certify(directory: Path, address: str) -> None:
    """A certificate of its own for the address, as `chain.pem` and `key.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "turn.example.cn")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "chain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (directory / "key.pem").write_bytes(key.private_bytes(encoding, kind, serialization.NoEncryption()))
