"""What all tests share: a new database, and a real Chromium or a loud word that there is none."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from classroom.store.store import Store

# A test never asserts speed, and a busy machine is slow.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# Tests that need the machine to themselves: real browsers, bad lines, servers that are killed. All the others run
# first, as many at the same time as there are cores. Those of these folders take long, too.
ALONE = {"network", "faults", "interop"}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
# deploy/setup.sh writes it when it may not install Chromium; without it a missing browser fails the tests.
REFUSED = Path(__file__).parent.parent / ".venv" / "browser-refused"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new SQLite database, to be copied: migrations take a while."""
    made = tmp_path_factory.mktemp("migrated") / "classroom.db"

    async def make() -> None:
        await (await Store.open(f"sqlite:///{made}")).close()

    apart(make)
    return made


def apart(make: Callable[[], Coroutine[None, None, None]]) -> None:
    """On a loop of its own: a fixture may be asked for while the test's loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, make()).result()


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> str:
    """The URL of a new SQLite database."""
    return f"sqlite:///{shutil.copy(migrated, tmp_path / 'classroom.db')}"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path. Browser tests fail without one, or are skipped where installing it was refused."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None and REFUSED.exists():
        pytest.skip("no Chromium, and installing it was refused")
    assert path is not None, "no Chromium: run `make test`, or install the Debian package chromium"
    return path


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        is_apart = bool(ALONE & set(item.path.parts))
        if is_apart or "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("alone")
        if is_apart:
            item.add_marker("long")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [one for one in terminalreporter.stats.get("skipped", []) if "no Chromium" in str(one.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} browser tests DID NOT RUN: Chromium is missing and installing it was refused.", red=True
        )
