"""Contents of uploaded files: known by their bytes, whole or not at all."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from classroom.paper.table import write_table
from signaling.files import DOCX, JPEG, PDF, PNG, XLSX, Contents
from signaling.problem import Problem


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def package(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in ("[Content_Types].xml", *names):
            made.writestr(name, "<x/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (b"%PDF-1.7 ...", PDF),
        (b"\xff\xd8\xff\xe0 ...", JPEG),
        (b"\x89PNG\r\n\x1a\n ...", PNG),
        (package("word/document.xml"), DOCX),
        (write_table(("a",), [["b"]], "xlsx"), XLSX),
    ],
)
async def test_a_file_is_what_its_bytes_say(tmp_path: Path, data: bytes, media: str) -> None:
    contents = Contents(tmp_path)
    kept = await contents.keep(pieces(data, 7))
    assert (kept.media, kept.size) == (media, len(data))
    assert contents.path(kept.sha256).read_bytes() == data
    assert (await contents.keep(pieces(data))).sha256 == kept.sha256, "the same content lies there once"
    assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"MZ\x90", "file_kind_unknown"),
        (b"<svg onload=alert(1)>", "file_kind_unknown"),
        (package("readme.txt"), "file_kind_unknown"),
        (package("word/document.xml") + b"PK\x01\x02" * 3_000, "file_kind_unknown"),
        (package("word/document.xml", "word/vbaProject.bin"), "file_kind_unknown"),
        (package("word/document.xml")[:-30], "file_damaged"),
    ],
)
async def test_nothing_stays_of_what_is_not_taken(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(Problem) as refused:
        await Contents(tmp_path).keep(pieces(data))
    assert refused.value.code == code
    assert files_in(tmp_path) == []


async def test_nothing_stays_of_an_upload_that_breaks_off(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await Contents(tmp_path).keep(broken())
    assert files_in(tmp_path) == []


async def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        await Contents(tmp_path, free_min_bytes=2**62).keep(pieces(b"%PDF-1.7"))
    assert refused.value.code == "disk_full"


def test_what_a_crash_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "half").write_bytes(b"%PDF")
    Contents(tmp_path).sweep()
    Contents(tmp_path / "nowhere").sweep()
    assert not list(tmp_path.rglob("half"))
