"""A backup of a running county fills an empty server of either database with the same rows, or does nothing at all."""

import json
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from classroom.lesson import state
from classroom.lesson.heartbeat import Heartbeat, Marks
from classroom.store import backup
from classroom.store.audit import MACHINE
from classroom.store.feeds import publish
from classroom.store.registry import By
from classroom.store.schema.lessons import heartbeats
from classroom.store.store import Store
from signaling.backup import BackupError, make_backup, restore_backup
from signaling.files import Contents
from tests.store.conftest import plan_lesson, postgresql, url  # noqa: F401 — fixtures

AT = datetime(2019, 5, 14, 1, 0, tzinfo=UTC)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def county(store: Store, contents: Contents) -> None:
    """Rows of every kind of column: instants, dates, texts of any signs, numbers, files."""
    scheduled = await plan_lesson(store)
    await store.journal.append([scheduled])
    lesson = state.fold([scheduled])
    assert lesson is not None
    await store.journal.append(state.cancel(lesson, AT, by="cli"))
    marks = {"teacher": Marks(up_audio=20)}
    await store.journal.beat(
        [Heartbeat(lesson=lesson.id, at=AT + timedelta(seconds=n), boot="b", seats=marks) for n in range(3)]
    )
    await store.programs.make("平台“一号”\u2028", {"returns"}, AT + timedelta(days=1), MACHINE, AT)
    made = await store.webhooks.make("https://example.org/in", ("lesson.ended",), "whsec_YQ==", MACHINE, AT)
    assert made is not None
    async with store.database.write() as connection:
        await publish(connection, "lesson.ended", f"lesson:{lesson.id}", AT)
    await store.months.refresh(AT)
    content = await contents.keep(pieces(PDF))
    by = By(MACHINE, AT)
    await store.files.add(
        sha256=content.sha256, size=content.size, media=content.media, name="协议.pdf", school=None, by=by
    )


async def sums(store: Store) -> dict[str, tuple[int, str]]:
    async with store.database.snapshot() as connection:
        return {table: (digest.rows, str(digest)) for table, digest in (await backup.digests(connection)).items()}


@pytest.fixture
async def packed(tmp_path: Path) -> tuple[Path, dict[str, tuple[int, str]]]:
    """A backup made of SQLite, and what was in it."""
    store, contents = await Store.open(f"sqlite:///{tmp_path}/from.db"), Contents(tmp_path / "from")
    try:
        await county(store, contents)
        await make_backup(store, contents, tmp_path / "backup.zip", AT)
        return tmp_path / "backup.zip", await sums(store)
    finally:
        await store.close()


async def test_an_empty_database_of_either_kind_gets_every_row_back(packed, url: str, tmp_path: Path) -> None:  # noqa: F811
    file, before = packed
    store, contents = await Store.open(url), Contents(tmp_path / "to")
    try:
        await restore_backup(store, contents, file)
        assert await sums(store) == before
        assert {"journal", "heartbeats", "audit", "work_months", "files", "programs", "events"} <= {
            table for table, (rows, _) in before.items() if rows
        }
        assert (await store.audit.verify()).broken_at is None
        assert await store.journal.broken_at("lesson000001") is None
        [kept] = await store.files.contents()
        assert contents.path(kept).read_bytes() == PDF
        # It goes on from there: numbers that the database counts itself follow the last.
        await store.journal.beat([Heartbeat(lesson="lesson000001", at=AT, boot="c", seats={})])
        async with store.database.read() as connection:
            assert await connection.scalar(select(func.max(heartbeats.c.id))) == 4
    finally:
        await store.close()


async def test_a_backup_of_either_kind_of_database_is_the_same(packed, url: str, tmp_path: Path) -> None:  # noqa: F811
    file, before = packed
    store, contents = await Store.open(url), Contents(tmp_path / "to")
    try:
        await restore_backup(store, contents, file)
        again = await make_backup(store, contents, tmp_path / "again.zip", AT)
        assert {name: member.digest for name, member in again.members.items() if member.digest} == {
            f"tables/{table}.jsonl": digest for table, (_, digest) in before.items()
        }
        assert (tmp_path / "again.zip").stat().st_mode & 0o777 == 0o600
    finally:
        await store.close()


async def test_a_database_that_holds_anything_is_not_touched(packed, tmp_path: Path) -> None:
    file, _ = packed
    store = await Store.open(f"sqlite:///{tmp_path}/to.db")
    try:
        await store.registry.school("南苑小学")
        before = await sums(store)
        with pytest.raises(BackupError, match="只能恢复到空的数据库"):
            await restore_backup(store, Contents(tmp_path / "to"), file)
        assert await sums(store) == before
    finally:
        await store.close()


def rewrite(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(file) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    change(members)
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)


def changed_row(members: dict[str, bytes]) -> None:
    members["tables/schools.jsonl"] = members["tables/schools.jsonl"].replace("实验小学".encode(), "试验小学".encode())


def lost_table(members: dict[str, bytes]) -> None:
    del members["tables/journal.jsonl"]


def odd_file(members: dict[str, bytes]) -> None:
    members["../../etc/passwd"] = b"x"


def other_version(members: dict[str, bytes]) -> None:
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), "revision": "0001"}).encode()


def other_format(members: dict[str, bytes]) -> None:
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), "format": 9}).encode()


def no_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


@pytest.mark.parametrize("change", [changed_row, lost_table, odd_file, other_version, other_format, no_manifest])
async def test_a_backup_that_was_changed_is_refused_and_nothing_written(packed, tmp_path: Path, change) -> None:
    file, _ = packed
    rewrite(file, change)
    await refused(file, tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
async def test_a_backup_that_is_cut_off_is_refused_and_nothing_written(packed, tmp_path: Path, share: float) -> None:
    file, _ = packed
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    await refused(file, tmp_path)


async def refused(file: Path, tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/to.db")
    try:
        with pytest.raises(BackupError):
            await restore_backup(store, Contents(tmp_path / "to"), file)
        assert {table for table, (rows, _) in (await sums(store)).items() if rows} == backup.SEEDED
        assert not (tmp_path / "to").exists()
    finally:
        await store.close()


async def test_a_content_that_is_not_there_is_named_and_the_rest_is_saved(tmp_path: Path) -> None:
    store, contents = await Store.open(f"sqlite:///{tmp_path}/from.db"), Contents(tmp_path / "from")
    try:
        await county(store, contents)
        [kept] = await store.files.contents()
        contents.path(kept).unlink()
        manifest = await make_backup(store, contents, tmp_path / "backup.zip", AT)
        assert manifest.missing == [kept]
        with pytest.raises(BackupError, match="已存在"):
            await make_backup(store, contents, tmp_path / "backup.zip", AT)
    finally:
        await store.close()


async def test_a_row_written_meanwhile_is_not_half_in_the_backup(tmp_path: Path, url: str) -> None:  # noqa: F811
    store = await Store.open(url)
    try:
        await store.registry.school("实验小学")
        async with store.database.snapshot() as connection:
            before = {table: str(digest) for table, digest in (await backup.digests(connection)).items()}
            await store.registry.school("檀溪中小")
            assert {table: str(digest) for table, digest in (await backup.digests(connection)).items()} == before
    finally:
        await store.close()
