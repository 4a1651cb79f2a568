"""What all tests share: a real Chromium, or a loud word that there is none."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A test never asserts speed, and a busy machine is slow.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# deploy/setup.sh writes it when it may not install Chromium; without it a missing browser fails the tests.
REFUSED = Path(__file__).parent.parent / ".venv" / "browser-refused"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path. Browser tests fail without one, or are skipped where installing it was refused."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None and REFUSED.exists():
        pytest.skip("no Chromium, and installing it was refused")
    assert path is not None, "no Chromium: run `make test`, or install the Debian package chromium"
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [one for one in terminalreporter.stats.get("skipped", []) if "no Chromium" in str(one.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} browser tests DID NOT RUN: Chromium is missing and installing it was refused.", red=True
        )
