import socket
from pathlib import Path

import pytest

from signaling import doctor
from signaling.datadir import DataDirectory
from signaling.doctor import examine
from signaling.settings import load_settings


def finding(check: str, **settings: object) -> doctor.Finding:
    return next(f for f in examine(load_settings(**settings)) if f.check == check)  # type: ignore[arg-type]


@pytest.fixture
def free(tmp_path: Path) -> dict[str, object]:
    return {"data": tmp_path, "http_port": 0, "udp_port": 0, "udp_host": "127.0.0.1"}


def test_a_fit_machine_has_no_failure(free: dict[str, object]) -> None:
    assert [f for f in examine(load_settings(**free)) if f.verdict == "failure" and f.check != "pages"] == []  # type: ignore[arg-type]


def test_a_port_in_use_is_named(free: dict[str, object]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        found = finding("udp port", **{**free, "udp_port": port})
    assert found.verdict == "failure"
    assert str(port) in found.sentence


def test_a_running_server_is_no_fault(free: dict[str, object], tmp_path: Path) -> None:
    held = DataDirectory(tmp_path).open()
    found = finding("data", **free)
    held.close()
    assert (found.verdict, "held by a running server" in found.sentence) == ("ok", True)


def test_missing_https_is_a_failure_where_others_can_reach_the_server(free: dict[str, object]) -> None:
    assert finding("tls", **{**free, "http_host": "0.0.0.0"}).verdict == "failure"
    assert finding("tls", **{**free, "http_host": "0.0.0.0", "public_url": "https://x.example"}).verdict == "ok"


def test_a_certificate_that_is_none_is_said_so(free: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("nothing")
    found = finding("tls", **{**free, "tls_cert": tmp_path / "cert.pem", "tls_key": tmp_path / "cert.pem"})
    assert found.verdict == "failure"


def test_a_check_that_fails_itself_is_a_failure_not_a_crash(
    free: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "free_bytes", lambda _: 1 / 0)
    assert finding("disk", **free).verdict == "failure"


def test_a_relay_without_its_compiled_code_is_told_how_to_get_it(
    free: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.native, "load", lambda: None)
    found = finding("relay", **free)
    assert (found.verdict, "gcc" in found.sentence) == ("warning", True)
    monkeypatch.setattr(doctor.native, "load", object)
    assert finding("relay", **free).verdict == "ok"
