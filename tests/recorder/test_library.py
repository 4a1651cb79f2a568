import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recorder import disk
from recorder.disk import NewFile, checked_id, checked_name, free_bytes, make_folder, write_atomically
from recorder.library import Library
from recorder.segment_log import (
    LOG_NAME,
    FileBegan,
    FileEnded,
    RecordingBegan,
    RecordingStopped,
    SegmentLog,
    Wanted,
    read_log,
    started_at,
)

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "lesson1"
    make_folder(folder)
    log = SegmentLog(folder)
    log.append(RecordingBegan(AT), must=True)
    log.append(Wanted("teacher", "camera", 0, True))
    log.append(FileBegan("teacher", "camera", "teacher.camera.0001.webm", 0, ["opus"], 0, 0))
    log.append(FileEnded("teacher.camera.0001.webm", 5, 0, 0))
    (folder / "teacher.camera.0001.webm").write_bytes(b"x")
    return Library(tmp_path)


def test_recordings_are_known_by_their_log(library: Library, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    assert library.lessons() == ["lesson1"]
    assert library.manifest("lesson1") is None and not library.is_whole("lesson1")
    assert library.rebuild("lesson1") == library.manifest("lesson1") == library.current("lesson1")
    assert library.is_whole("lesson1")
    assert library.rebuild("nothing") is None and library.manifest("absent") is None


def test_only_listed_files_have_a_path(library: Library, tmp_path: Path) -> None:
    assert library.path("lesson1", "teacher.camera.0001.webm") is None
    library.rebuild("lesson1")
    assert library.path("lesson1", "teacher.camera.0001.webm") == tmp_path / "lesson1" / "teacher.camera.0001.webm"
    assert library.path("lesson1", "segments.log") is None
    assert library.path("absent", "teacher.camera.0001.webm") is None
    for lesson, name in (("..", "a.b"), ("lesson1", "../a.b"), ("lesson1", "/etc/passwd"), ("lesson1", "a\0.b")):
        with pytest.raises(ValueError, match="not a"):
            library.path(lesson, name)


def test_what_cannot_be_mended_stays(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "lesson1"
    log = SegmentLog(folder)
    for number, data in ((2, b"no recording"), (3, None)):
        name = f"teacher.camera.000{number}.webm"
        log.append(FileBegan("teacher", "camera", name, 5, ["opus"], 0, 0))
        if data is not None:
            (folder / name).write_bytes(data)
    manifest = library.mend("lesson1", keep_free_bytes=0)
    assert manifest is not None and [file.name for file in manifest.streams[0].files] == ["teacher.camera.0001.webm"]
    assert (folder / "teacher.camera.0002.webm").read_bytes() == b"no recording"


def test_nothing_is_mended_where_the_disk_is_needed_for_other_things(library: Library, tmp_path: Path) -> None:
    SegmentLog(tmp_path / "lesson1").append(FileBegan("a", "b", "a.b.0002.webm", 5, ["opus"], 0, 0))
    (tmp_path / "lesson1" / "a.b.0002.webm").write_bytes(b"x")
    assert library.mend("lesson1", keep_free_bytes=2**62) is not None


def test_a_torn_line_costs_that_line(tmp_path: Path) -> None:
    log = SegmentLog(tmp_path)
    log.append(RecordingBegan(AT))
    with (tmp_path / LOG_NAME).open("ab") as file:
        file.write(b'{"type":"Wanted","seat":"t\xff\n\n[]\n{"type":"Unknown"}\n{"type":"Reco')
    log.append(RecordingStopped(7))
    assert read_log(tmp_path) == [RecordingBegan(AT), RecordingStopped(7)]
    assert started_at(read_log(tmp_path)) == AT and started_at([]) is None


def test_lines_that_the_disk_refuses_wait_and_lines_that_must_be_there_raise(tmp_path: Path, monkeypatch: Any) -> None:
    log = SegmentLog(tmp_path)

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("recorder.segment_log.os.write", full)
        log.append(RecordingStopped(1))
        with pytest.raises(OSError, match="no space"):
            log.append(RecordingStopped(2), must=True)
    with monkeypatch.context() as patched:
        patched.setattr("recorder.segment_log.os.write", lambda descriptor, data: 1)
        log.append(RecordingStopped(3))
    log.append(RecordingStopped(4))
    assert read_log(tmp_path) == [RecordingStopped(1), RecordingStopped(3), RecordingStopped(4)]


@pytest.mark.parametrize("name", ["", "a", "../a.b", "a/b.c", ".a.b", "a..b", "a.b\n", "a.b.c.d.e.f", "a b.c"])
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a file name"):
        NewFile(tmp_path, name)
    assert checked_name("a.b") == "a.b" and checked_id("a") == "a"


def test_a_file_is_new_or_not_made(tmp_path: Path) -> None:
    (tmp_path / "a.b").symlink_to("/etc/passwd")
    (tmp_path / "b.b").write_bytes(b"old")
    for name in ("a.b", "b.b"):
        with pytest.raises(FileExistsError):
            NewFile(tmp_path, name)


def test_after_a_failed_write_nothing_more_is_written(tmp_path: Path, monkeypatch: Any) -> None:
    file = NewFile(tmp_path, "a.b")
    assert file.write(b"abc") == 3
    with monkeypatch.context() as patched:
        patched.setattr(disk.os, "write", lambda *args: os.dup(-1))
        with pytest.raises(OSError, match="descriptor"):
            file.write(b"def")
    with pytest.raises(OSError, match="descriptor"):
        file.write(b"ghi")
    with pytest.raises(OSError, match="descriptor"):
        file.patch(0, b"x")
    file.close()
    file.close()
    assert (tmp_path / "a.b").read_bytes() == b"abc"


def test_a_file_replaced_whole_keeps_the_old_one_when_that_fails(tmp_path: Path, monkeypatch: Any) -> None:
    write_atomically(tmp_path, "manifest.json", b"old")
    (tmp_path / "manifest.json.part").write_bytes(b"of a crash")
    with monkeypatch.context() as patched:
        patched.setattr(disk.os, "fdatasync", lambda descriptor: os.dup(-1))
        with pytest.raises(OSError, match="descriptor"):
            write_atomically(tmp_path, "manifest.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    write_atomically(tmp_path, "manifest.json", b"new")
    assert (tmp_path / "manifest.json").read_bytes() == b"new"


def test_free_space_is_known_before_the_folder_is_there(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "a" / "b") == pytest.approx(free_bytes(tmp_path), rel=0.1)
