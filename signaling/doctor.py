"""`classroom doctor`: is this machine fit to hold lessons? Each finding is one sentence and says what to do."""

import socket
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from classroom.relay import native
from recorder.disk import free_bytes
from recorder.worth import DiskGuard
from signaling.datadir import DataBusy, DataDirectory
from signaling.pages import DIST
from signaling.settings import Settings

Verdict = Literal["ok", "warning", "failure"]

# A server's clock that stands before the day this was written is wrong, whatever it says.
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)


class Finding(msgspec.Struct, frozen=True):
    """One check: its name, how it went, and a sentence."""

    check: str
    verdict: Verdict
    sentence: str


def examine(settings: Settings) -> list[Finding]:
    """Run every check; a check that itself fails is a failure, never an exception."""
    findings: list[Finding] = []
    for check in (_python, _libraries, _relay, _pages, _data, _disk, _ports, _tls, _clock):
        try:
            findings.extend(check(settings))
        except Exception as error:  # a doctor who faints helps nobody
            findings.append(Finding(check.__name__.lstrip("_"), "failure", f"{type(error).__name__}: {error}"))
    return findings


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    fit = sys.version_info >= (3, 11)
    yield Finding(
        "python", "ok" if fit else "failure", f"Python {version}" + ("" if fit else "; 3.11 or newer is needed")
    )


def _libraries(_: Settings) -> Iterator[Finding]:
    import aiortc
    import av
    import cv2

    yield Finding("libraries", "ok", f"aiortc {aiortc.__version__}, PyAV {av.__version__}, OpenCV {cv2.__version__}")
    missing = [name for name in ("libx264", "libvpx", "libopus") if name not in av.codecs_available]
    if missing:
        yield Finding(
            "codecs", "warning", f"PyAV was built without {', '.join(missing)}: the demo cannot make its clips"
        )


def _relay(_: Settings) -> Iterator[Finding]:
    if native.load() is not None:
        yield Finding("relay", "ok", "media goes by compiled code")
    else:
        advice = "install gcc and libc6-dev and run deploy/setup.sh again, and this machine carries twice the lessons"
        yield Finding("relay", "warning", f"media goes by Python alone: {advice}")


def _pages(_: Settings) -> Iterator[Finding]:
    if (DIST / "index.html").is_file():
        yield Finding("pages", "ok", "the browser pages are built")
    else:
        yield Finding(
            "pages", "failure", "the browser pages are not built: run `make setup` (needs npm, or takes Node from PyPI)"
        )


def _data(settings: Settings) -> Iterator[Finding]:
    directory = DataDirectory(settings.data)
    try:
        directory.open()
    except DataBusy:
        info = directory.server()
        where = f"at {info.url}, pid {info.pid}" if info else "which has not finished starting"
        yield Finding("data", "ok", f"{settings.data.absolute()} is held by a running server {where}")
        return
    except OSError as error:
        yield Finding(
            "data",
            "failure",
            f"{settings.data.absolute()} cannot be written ({error.strerror}): change its owner or --data",
        )
        return
    directory.close()
    yield Finding("data", "ok", f"{settings.data.absolute()} can be written")


def _disk(settings: Settings) -> Iterator[Finding]:
    guard = DiskGuard(start_bytes=settings.free_disk_min_mb * 2**20)
    hours = guard.lesson_hours(free_bytes(settings.data.absolute()))
    verdict: Verdict = "ok" if hours >= 40 else "warning" if hours >= 1 else "failure"
    advice = "" if verdict == "ok" else ": make room or give --data a larger disk"
    yield Finding("disk", verdict, f"room for about {hours:.0f} recorded lesson-hours{advice}")


def ports_in_use(settings: Settings) -> dict[str, str]:
    """`http port`, `udp port` or `ice-tcp port`, where one cannot be bound now → a sentence without its stop."""
    found = {}
    wanted = [
        ("http port", socket.SOCK_STREAM, settings.http_host, settings.http_port),
        ("udp port", socket.SOCK_DGRAM, settings.udp_host, settings.udp_port),
    ]
    if settings.has_ice_tcp:
        wanted.append(("ice-tcp port", socket.SOCK_STREAM, settings.udp_host, settings.udp_port))
    for name, kind, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                found[name] = f"{host}:{port} cannot be used ({error.strerror}): stop what holds it, or choose another"
    return found


def _ports(settings: Settings) -> Iterator[Finding]:
    running = DataDirectory(settings.data).server()
    in_use = ports_in_use(settings)
    media = f"{settings.udp_host}:{settings.udp_port}"
    places = {"http port": f"{settings.http_host}:{settings.http_port}", "udp port": media}
    if settings.has_ice_tcp:
        places["ice-tcp port"] = media
    else:
        yield Finding("ice-tcp port", "warning", f"the pages have {media}: schools that block UDP need a TURN server")
    for name, place in places.items():
        if name not in in_use:
            yield Finding(name, "ok", f"{place} is free")
        elif running:
            yield Finding(name, "ok", f"{place} is in use, and a server is running on this data directory")
        else:
            yield Finding(name, "failure", in_use[name])
    if not settings.announce:
        yield Finding(
            "announce",
            "warning",
            "browsers are told this machine's own addresses; behind NAT give --announce the public one",
        )


def _tls(settings: Settings) -> Iterator[Finding]:
    if settings.tls_cert is None:
        local = settings.http_host in {"127.0.0.1", "localhost", "::1"}
        if local and not settings.public_url:
            yield Finding(
                "tls",
                "warning",
                "plain http on localhost: fine for a try; other machines need https (--tls-cert, or a proxy)",
            )
        elif settings.public_url.startswith("https://"):
            yield Finding("tls", "ok", f"https is left to the proxy of {settings.public_url}")
        else:
            yield Finding(
                "tls",
                "failure",
                "no https: browsers will refuse the camera; give --tls-cert and --tls-key, or a proxy and --public-url https://…",
            )
        return
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
        left = _days_left(settings.tls_cert)
    except (OSError, ssl.SSLError, ValueError) as error:
        yield Finding("tls", "failure", f"the certificate cannot be used: {error}")
        return
    verdict: Verdict = "ok" if left > 20 else "warning" if left > 0 else "failure"
    yield Finding(
        "tls", verdict, f"the certificate is valid for {left} more days" + ("" if left > 20 else ": renew it")
    )


def _days_left(certificate: Path) -> int:
    from cryptography import x509

    return (x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc - datetime.now(UTC)).days


def _clock(_: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now < EARLIEST:
        yield Finding("clock", "failure", f"the clock says {now:%Y-%m-%d}: set it, months are counted by it")
        return
    kept = " and is kept by NTP" if Path("/run/systemd/timesync/synchronized").exists() else ""
    advice = "" if kept else "; let systemd-timesyncd or chrony keep it"
    yield Finding("clock", "ok", f"the clock says {now.astimezone():%Y-%m-%d %H:%M:%S %z}{kept}{advice}")
