from pathlib import Path

import pytest
from pydantic import ValidationError

from signaling.settings import Settings, load_settings


def test_a_flag_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "classroom.toml"
    file.write_text("http_port = 1001\nudp_port = 1002\nobservers_max = 3\n")
    monkeypatch.setenv("CLASSROOM_UDP_PORT", "2002")
    monkeypatch.setenv("CLASSROOM_OBSERVERS_MAX", "4")
    settings = load_settings(file, observers_max=5, http_host=None)
    assert (settings.http_port, settings.udp_port, settings.observers_max) == (1001, 2002, 5)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLASSROOM_ANNOUNCE", "203.0.113.5, 10.0.0.5")
    assert load_settings().announce == ["203.0.113.5", "10.0.0.5"]


def test_an_unknown_line_of_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "classroom.toml"
    file.write_text("http_prot = 80\n")
    with pytest.raises(ValidationError, match="http_prot"):
        load_settings(file)


def test_a_named_file_that_is_absent_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_settings(tmp_path / "absent.toml")


def test_a_value_out_of_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="udp_port"):
        load_settings(udp_port=70_000)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_shipped_file_is_one_that_the_server_reads() -> None:
    shipped = Path(__file__).parents[2] / "deploy" / "classroom.toml"
    assert load_settings(shipped).announce == ["203.0.113.5"]
