"""Large files part by part: a lost line, a restart or a wrong offset costs no more than a part."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from classroom.store import uploads as rows
from classroom.store.audit import MACHINE, SERVER
from classroom.store.store import Store
from recorder.disk import free_bytes
from signaling.auth import Grant
from signaling.problem import Problem
from signaling.uploads import PART_BYTES, PURPOSES, Uploads
from tests.signaling.conftest import House

AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
DATA = bytes(range(256)) * 40
GRANT = Grant("machine")


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def at(self) -> datetime:
        return self.now


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    store = await Store.open(database)
    yield store
    await store.close()


@pytest.fixture
async def uploads(store: Store, tmp_path: Path) -> AsyncIterator[Uploads]:
    made = Uploads(store, Clock(), tmp_path / "uploads", keep_free_bytes=0)
    await made.start()
    yield made
    await made.close()


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def broken(part: bytes) -> AsyncIterator[bytes]:
    yield part
    raise Problem("bad_request")


async def test_what_came_before_the_line_broke_stays_and_a_restart_goes_on_there(
    uploads: Uploads, store: Store, tmp_path: Path
) -> None:
    made = await uploads.begin(GRANT, "resource", name="课.mp4", size=len(DATA))
    with pytest.raises(Problem, match="bad_request"):
        await uploads.part(made, 0, broken(DATA[:3000]))
    assert await uploads.offset(made) == 3000
    (tmp_path / "uploads" / "stray").write_bytes(b"of a row that is gone")
    after = Uploads(store, Clock(), tmp_path / "uploads", keep_free_bytes=0)
    await after.start()
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [made.id]
    with pytest.raises(Problem) as refused:
        await after.part(made, 0, pieces(DATA))
    assert (refused.value.code, refused.value.more) == ("upload_offset", {"offset": 3000})
    with pytest.raises(Problem, match="upload_incomplete"):
        await after.finish(made)
    assert await after.part(made, 3000, pieces(DATA[3000:5000], DATA[5000:])) == len(DATA)
    whole = await after.finish(made)
    assert (whole.state, whole.sha256) == ("whole", hashlib.sha256(DATA).hexdigest())
    assert after.path(made.id).read_bytes() == DATA
    assert (await after.finish(await after.own(made.id, GRANT))).state == "whole", "asked again, as after a lost answer"
    await after.close()
    await after.close()


async def test_it_is_taken_once_by_its_purpose_and_lies_there_until_released(uploads: Uploads, store: Store) -> None:
    made = await uploads.begin(GRANT, "resource", name="课.mp4", size=len(DATA))
    await uploads.part(made, 0, pieces(DATA))
    async with store.database.write() as connection:
        assert await rows.take(connection, made.id, "resource", MACHINE) is None, "not yet whole"
    await uploads.finish(made)
    async with store.database.write() as connection:
        assert await rows.take(connection, made.id, "other", MACHINE) is None
        assert await rows.take(connection, made.id, "resource", SERVER) is None
        taken = await rows.take(connection, made.id, "resource", MACHINE)
        assert taken is not None and taken.state == "taken"
        assert await rows.take(connection, made.id, "resource", MACHINE) is None
    await uploads.drop(made.id, MACHINE)
    assert uploads.path(made.id).read_bytes() == DATA, "who has taken it decides"
    await uploads.release(made.id)
    assert not uploads.path(made.id).exists() and await store.uploads.get(made.id) is None


async def test_a_file_that_came_otherwise_than_it_was_begins_anew(uploads: Uploads) -> None:
    digest = hashlib.sha256(DATA).hexdigest()
    made = await uploads.begin(GRANT, "resource", name="课.mp4", size=len(DATA), sha256=digest)
    await uploads.part(made, 0, pieces(DATA[:-1] + b"x"))
    with pytest.raises(Problem, match="upload_damaged"):
        await uploads.finish(made)
    await uploads.part(made, 0, pieces(DATA))
    assert (await uploads.finish(made)).sha256 == digest


async def test_nobody_fills_the_disk(uploads: Uploads, store: Store, tmp_path: Path) -> None:
    rules = PURPOSES["resource"]
    for size, code in ((rules.max_bytes + 1, "too_large"), (0, "file_empty")):
        with pytest.raises(Problem, match=code):
            await uploads.begin(GRANT, "resource", name="课.mp4", size=size)
    made = [await uploads.begin(GRANT, "resource", name="课.mp4", size=10) for _ in range(rules.open_max)]
    with pytest.raises(Problem, match="too_many_uploads"):
        await uploads.begin(GRANT, "resource", name="课.mp4", size=10)
    with pytest.raises(Problem, match="too_large"):
        await uploads.part(made[0], 0, pieces(b"12345678901"))
    await uploads.drop(made[0].id, MACHINE)
    # What is promised to the others is not given twice.
    tight = Uploads(store, Clock(), tmp_path / "uploads", keep_free_bytes=free_bytes(tmp_path) - 20 * 2**20)
    with pytest.raises(Problem, match="disk_full"):
        await tight.begin(GRANT, "resource", name="课.mp4", size=2 * 2**30)
    with pytest.raises(Problem, match="forbidden"):
        await uploads.begin(Grant("inspector"), "resource", name="课.mp4", size=10)


async def test_what_nobody_goes_on_with_expires(store: Store, tmp_path: Path) -> None:
    clock = Clock()
    uploads = Uploads(store, clock, tmp_path / "uploads", keep_free_bytes=0)
    await uploads.start()
    made = await uploads.begin(GRANT, "resource", name="课.mp4", size=len(DATA))
    await uploads.part(made, 0, pieces(DATA[:10]))
    await uploads.close()
    clock.now = AT + PURPOSES["resource"].kept_for + timedelta(seconds=1)
    await uploads.start()
    async with asyncio.timeout(10):
        while await store.uploads.get(made.id) is not None or uploads.path(made.id).exists():
            await asyncio.sleep(0.01)
    await uploads.close()


async def test_the_doors_carry_a_file_for_its_sender_alone(house: House) -> None:
    teacher, other = await house.account("teacher", "实验小学"), await house.account("teacher", "南苑小学")
    status, made, _ = await teacher.ask("POST", "/api/v1/uploads", {"purpose": "resource", "name": "课.mp4", "size": 5})
    assert (status, made["offset"], made["part_bytes"]) == (201, 0, PART_BYTES)
    address = f"/api/v1/uploads/{made['id']}"
    for method, path in (("GET", address), ("PATCH", f"{address}?offset=0"), ("DELETE", address)):
        assert (await other.ask(method, path))[1]["code"] == "upload_unknown"
    status, told, _ = await teacher.ask("PATCH", f"{address}?offset=0", data=b"abc")
    assert (status, told["offset"]) == (200, 3)
    status, refused, _ = await teacher.ask("PATCH", f"{address}?offset=0", data=b"abc")
    assert (status, refused["code"], refused["offset"]) == (409, "upload_offset", 3)
    assert (await teacher.ask("PATCH", f"{address}?offset=3", data=io.BytesIO(bytes(PART_BYTES + 1))))[0] == 413
    assert (await teacher.ask("POST", f"{address}/finish"))[1]["offset"] == 3
    assert (await teacher.ask("PATCH", f"{address}?offset=3", data=b"de"))[1]["offset"] == 5
    status, whole, _ = await teacher.ask("POST", f"{address}/finish")
    assert (status, whole["state"], whole["sha256"]) == (200, "whole", hashlib.sha256(b"abcde").hexdigest())
    assert [one["id"] for one in (await teacher.ask("GET", "/api/v1/uploads"))[1]["items"]] == [made["id"]]
    assert (await teacher.ask("DELETE", address))[0] == 204
    assert (await teacher.ask("GET", address))[0] == 404
    assert not list((house.data / "uploads").iterdir())


async def test_a_file_may_be_larger_than_four_bytes_can_count(house: House) -> None:
    teacher = await house.account("teacher", "实验小学")
    large = {"purpose": "resource", "name": "课.mp4", "size": 3 * 2**30}
    status, made, _ = await teacher.ask("POST", "/api/v1/uploads", large)
    assert (status, made["size"]) == (201, 3 * 2**30)
    status, refused, _ = await teacher.ask("PATCH", f"/api/v1/uploads/{made['id']}?offset={2**31}", data=b"abc")
    assert (status, refused["code"]) == (409, "upload_offset")
