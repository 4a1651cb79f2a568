"""An evidence pack of a real month is checked without its server, and whatever is changed in it shows."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from typer.testing import CliRunner

from classroom.ledger.filing import BUREAU, Action
from classroom.ledger.words import WordKind
from classroom.store.database import async_url
from classroom.store.store import Store
from signaling.auth import Grant
from signaling.cli import app
from signaling.evidence_check import NoPack, check_pack
from signaling.evidence_pack import make_pack
from signaling.filing import Filing, StepBody
from signaling.records import Records
from signaling.words import WordRequest, say
from tests.store.test_migrations import released

AT = datetime(2019, 5, 27, 1, 0, tzinfo=UTC)
MONTH = "2019-05"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The month of the first release: a counted lesson, a pending one, a cancelled one."""
    url = f"sqlite:///{tmp_path}/classroom.db"
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(released)
    await engine.dispose()
    store = await Store.open(url)
    await store.months.refresh(AT)
    yield store
    await store.close()


async def packed(store: Store, target: Path) -> Path:
    await make_pack(store, await Records(store).window(MONTH, AT), target, AT)
    return target


async def file_all(store: Store) -> None:
    """The pair's 附件3 goes in, 附件2 is signed and sent."""
    filing, grant = Filing(store, Records(store)), Grant("machine")
    [pair] = {row.pair for row in await store.activities.of_lessons(["lesson000001"])}
    await filing.act(MONTH, pair, Action.SUBMIT, grant, StepBody(version=0), AT)
    signed = StepBody(version=0, name="李局长", on=date(2019, 5, 27))
    await filing.act(MONTH, BUREAU, Action.SIGN, grant, signed, AT)
    await filing.act(MONTH, BUREAU, Action.SEND, grant, StepBody(version=1, channel="浙政钉", at=AT), AT)


async def test_a_month_that_was_filed_fits_to_the_last_figure(store: Store, tmp_path: Path) -> None:
    await file_all(store)
    file = await packed(store, tmp_path / "pack.zip")
    report = check_pack(file)
    assert report.faults == []
    assert (report.month, report.lessons, report.judged, report.figures) == (MONTH, 3, 3, 24)
    with zipfile.ZipFile(file) as pack:
        names = set(pack.namelist())
        assert report.seal == hashlib.sha256(pack.read("manifest.json")).hexdigest()
    assert {"forms/附件2 2019-05.pdf", "forms/附件2 2019-05.xlsx", "forms/附件3 2019-05 实验小学—檀溪中小.pdf"} <= names
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_month_that_nobody_has_filed_can_be_packed_too(store: Store, tmp_path: Path) -> None:
    manifest, seal = await make_pack(store, await Records(store).window(MONTH, AT), tmp_path / "pack.zip", AT)
    assert manifest.unfiled == ["bureau", *sorted((await store.registry.book()).pairs)]
    report = check_pack(tmp_path / "pack.zip")
    assert (report.faults, report.figures, report.seal) == ([], 0, seal)


async def test_a_pair_that_files_nothing_is_not_said_to_lack_a_form(store: Store, tmp_path: Path) -> None:
    await file_all(store)
    book = await store.registry.book()
    town = next(school for school in book.schools.values() if school.name == "实验小学")
    await store.registry.pair(town.id, None, date(2019, 5, 1), "待定")
    manifest, _ = await make_pack(store, await Records(store).window(MONTH, AT), tmp_path / "pack.zip", AT)
    assert manifest.unfiled == []


async def test_a_pack_never_takes_the_place_of_another(store: Store, tmp_path: Path) -> None:
    file = await packed(store, tmp_path / "pack.zip")
    before = file.read_bytes()
    with pytest.raises(FileExistsError):
        await packed(store, file)
    assert file.read_bytes() == before
    assert not file.with_name("pack.zip.part").exists()


def change(file: Path, name: str, by: Callable[[bytes], bytes], *, is_sly: bool) -> None:
    """Change a part; a sly one also writes its new hash into the manifest."""
    with zipfile.ZipFile(file) as pack:
        parts = {part: pack.read(part) for part in pack.namelist()}
    changed = by(parts[name])
    assert changed != parts[name]
    parts[name] = changed
    if is_sly:
        manifest = json.loads(parts["manifest.json"])
        manifest["parts"][name] = hashlib.sha256(changed).hexdigest()
        parts["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w") as pack:
        for part, content in parts.items():
            pack.writestr(part, content)


def more_people(content: bytes) -> bytes:
    return content.replace(b'"participants":65', b'"participants":66')


def longer(content: bytes) -> bytes:
    """Heartbeats of the rural seat for the second half of the pending lesson too."""
    lines = [json.loads(line) for line in content.splitlines()]
    [rural] = {seat for line in lines for seat in line["seats"]} - {"teacher"}
    for line in lines:
        line["seats"][rural] = line["seats"]["teacher"]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def another_count(content: bytes) -> bytes:
    made = json.loads(content)
    made["cells"]["sync.count"]["value"] += 1
    return json.dumps(made).encode()


def another_subject(content: bytes) -> bytes:
    return content.replace("语".encode(), "数".encode())


def cut_off(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


SLY = {
    "activities.jsonl": (more_people, "participants 记为 66"),
    "lessons/lesson000002.heartbeats.jsonl": (longer, "state 记为 pending"),
    "lessons/lesson000001.journal.jsonl": (another_subject, "日志链断开"),
    "audit.jsonl": (cut_off, "末行与清单不符"),
}


@pytest.mark.parametrize("name", SLY)
async def test_a_change_shows_even_where_the_hashes_were_changed_along(store: Store, tmp_path: Path, name: str) -> None:
    await file_all(store)
    file = await packed(store, tmp_path / "pack.zip")
    by, words = SLY[name]
    change(file, name, by, is_sly=True)
    faults = check_pack(file).faults
    assert any(words in fault for fault in faults), faults


async def test_a_figure_that_is_not_the_sum_of_its_parts_shows(store: Store, tmp_path: Path) -> None:
    await file_all(store)
    file = await packed(store, tmp_path / "pack.zip")
    with zipfile.ZipFile(file) as pack:
        [name] = [name for name in pack.namelist() if name.startswith("snapshots/bureau")]
    change(file, name, another_count, is_sly=True)
    assert [fault for fault in check_pack(file).faults if "sync.count" in fault and "不等于各项之和" in fault]


@pytest.mark.parametrize("name", ["forms/附件2 2019-05.pdf", "registry.json", "policy.json", "words.jsonl"])
async def test_a_part_that_was_changed_is_named(store: Store, tmp_path: Path, name: str) -> None:
    await file_all(store)
    file = await packed(store, tmp_path / "pack.zip")
    change(file, name, lambda content: content + b" ", is_sly=False)
    assert check_pack(file).faults == [f"{name}: 内容被改动 (was changed)"]


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + b"\0" * 18, b"%PDF-1.7"])
def test_what_is_no_pack_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pack.zip").write_bytes(content)
    with pytest.raises(NoPack):
        check_pack(tmp_path / "pack.zip")


async def test_what_is_confirmed_after_filing_fits_as_well(store: Store, tmp_path: Path) -> None:
    """Confirmed after 附件2 has gone out it is 补计 of the next month, and the pack of May says both."""
    await file_all(store)
    later = AT + timedelta(days=1)
    [row] = await store.activities.of_lessons(["lesson000002"])
    confirm = WordRequest(kind=WordKind.CONFIRM, reason="网络中断，课堂照常完成", version=row.version)
    await say(store, Records(store), Grant("machine"), row.id, confirm, later, "word00000001")
    [line] = await store.activities.adjustments(of_month=MONTH)
    assert (line.into_month, line.count) == ("2019-06", 1)
    report = check_pack(await packed(store, tmp_path / "pack.zip"))
    assert (report.faults, report.judged) == ([], 3)


async def test_the_command_names_the_forms_that_nobody_has_filed(store: Store, tmp_path: Path) -> None:
    arguments = ["evidence", MONTH, str(tmp_path / "pack.zip"), "--data", str(tmp_path)]
    said = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert said.exit_code == 0
    assert "forms not filed yet): 3\n  附件2\n  附件3 实验小学 → 礼张完小\n  附件3 实验小学 → 檀溪中小\n" in said.stderr
