"""A store on a fresh SQLite file, and on a PostgreSQL server of the test's own where its programs are installed."""

import getpass
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from classroom.lesson.events import LessonScheduled, Period, SeatPlan
from classroom.store.store import Store
from tests.conftest import apart

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)


def programs() -> Path | None:
    """Where initdb and pg_ctl are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def as_postgres(folder: Path, *command: str | Path) -> None:
    """Runs a program as a user that PostgreSQL accepts: it refuses root."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server on a free loopback port, without a database name."""
    bin = programs()
    if bin is None:
        pytest.skip("no PostgreSQL server programs on this machine")
    folder = Path(f"/tmp/classroom-pg-{secrets.token_hex(4)}")
    folder.mkdir(mode=0o700)
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = folder / "cluster"
    try:
        as_postgres(folder, bin / "initdb", "-D", cluster, "-U", user, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        as_postgres(folder, bin / "pg_ctl", "-D", cluster, "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql://{user}@127.0.0.1:{port}"
    finally:
        if (cluster / "postmaster.pid").exists():
            as_postgres(folder, bin / "pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """The name of a database there that is new and migrated, to be copied."""

    async def make() -> None:
        await _create(postgresql, "migrated")
        await (await Store.open(f"{postgresql}/migrated")).close()

    apart(make)
    return "migrated"


async def _create(server: str, name: str, template: str = "template1") -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database: migrated for who asks for a `store`, else empty."""
    is_empty = "store" not in request.fixturenames
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/classroom.db" if is_empty else request.getfixturevalue("database")
    server: str = request.getfixturevalue("postgresql")
    name = f"t{secrets.token_hex(6)}"
    await _create(server, name, "template1" if is_empty else request.getfixturevalue("migrated_postgresql"))
    return f"{server}/{name}"


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    store = await Store.open(url)
    yield store
    await store.close()


@pytest.fixture
def planned() -> Callable[..., object]:
    return plan_lesson


async def plan_lesson(store: Store, lesson: str = "lesson000001", at: datetime = AT) -> LessonScheduled:
    """The first event of a lesson whose schools, rooms and classes the registry has. Not yet in the journal."""
    day = at.date()
    city, village = await store.registry.school("实验小学"), await store.registry.school("檀溪中小")
    host, rural = (
        await store.registry.classroom(city.id, "录播室"),
        await store.registry.classroom(village.id, "同步教室"),
    )
    own = await store.registry.school_class(city.id, "四(2)班", 42, day)
    theirs = await store.registry.school_class(village.id, "四(1)班", 23, day)
    pair = await store.registry.pair(city.id, village.id, day)
    plans = (
        SeatPlan(seat="teacher", school=city.id, classroom=host.id, role="host", class_id=own.id, students=42),
        SeatPlan(seat=rural.id, school=village.id, classroom=rural.id, role="rural", class_id=theirs.id, students=23),
    )
    return LessonScheduled(
        lesson=lesson,
        seq=1,
        at=at,
        by="cli",
        supporter=city.id,
        subject="语",
        periods=(Period(start=at, end=at + timedelta(minutes=40)),),
        pairs=(pair.id,),
        seats=plans,
        record=True,
    )
