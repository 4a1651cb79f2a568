"""Backups: everything but the recordings in one file, that fills an empty server of either database.

A zip: `tables/….jsonl` (classroom.store.backup), `files/ab/abcd…`, and `manifest.json` with the hash of each. It holds
names of people, hashes of passwords and the webhooks' secrets: it is written readable by its owner alone. A backup is
whole or it is not there; a restore is done whole or not at all.
"""

import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import msgspec

from classroom.store import backup
from classroom.store.backup import BadBackup, Digest, NotEmpty
from classroom.store.store import Store
from signaling.files import Contents

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 64 * 2**20
MAX_LINE_BYTES: Final = 64 * 2**20
_PIECE: Final = 2**20
_CONTENT: Final = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{62})\Z")


class BackupError(Exception):
    """It was not done; str() says why in a sentence."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the backup. `rows` and `digest` (classroom.store.backup.Digest) are of tables."""

    sha256: str
    bytes: int
    rows: int | None = None
    digest: str | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the backup holds. `missing`: files whose content was not on the disk when it was made."""

    format: int
    revision: str
    made_at: datetime
    members: dict[str, Member]
    missing: list[str] = []


async def make_backup(store: Store, contents: Contents, target: Path, at: datetime) -> Manifest:
    """Write the backup of one snapshot; the server may go on meanwhile. Raises BackupError, OSError."""
    draft = _draft(target)
    members: dict[str, Member] = {}
    missing: list[str] = []
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
                async with store.database.snapshot() as connection:
                    made_of = await backup.revision(connection)
                    for table in backup.TABLES:
                        name = f"tables/{table}.jsonl"
                        with packed.open(name, "w", force_zip64=True) as member:
                            digest, writer = Digest(), _Hashed(member)
                            async for line in backup.lines(connection, table):
                                digest.add(line)
                                writer.write(line + b"\n")
                        members[name] = writer.member(rows=digest.rows, digest=str(digest))
                for sha256 in await store.files.contents():
                    _pack_content(packed, contents.path(sha256), sha256, members, missing)
                manifest = Manifest(
                    format=FORMAT, revision=made_of, made_at=at, members=members, missing=sorted(missing)
                )
                packed.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


async def restore_backup(store: Store, contents: Contents, source: Path) -> Manifest:
    """Fill an empty database and its folder of files, and compare what is there with the backup, row by row.

    Raises BackupError: nothing was written to the database then.
    """
    with _opened(source) as packed:
        manifest = _checked(packed)
        async with store.database.write() as connection:
            if (here := await backup.revision(connection)) != manifest.revision:
                raise BackupError(
                    f"备份来自另一版本（{manifest.revision}，本机 {here}），请用同一版本的程序恢复后再升级。 "
                    "The backup was made by another version: restore it with that version, then upgrade."
                )
            try:
                await backup.require_empty(connection)
                for table in backup.TABLES:
                    with packed.open(f"tables/{table}.jsonl") as member:
                        await backup.fill(connection, table, _lines(member))
                for table, digest in (await backup.digests(connection)).items():
                    if str(digest) != manifest.members[f"tables/{table}.jsonl"].digest:
                        raise BadBackup(f"{table} is not the same after it was filled")
            except NotEmpty as error:
                raise BackupError(
                    f"目标数据库里已有数据（{error}），只能恢复到空的数据库。 The database is not empty."
                ) from None
            except (BadBackup, zipfile.BadZipFile) as error:
                raise BackupError(f"备份内容有误，未恢复。 The backup does not fit: {error}") from None
            for name in manifest.members:
                if found := _CONTENT.match(name):
                    _unpack_content(packed, name, contents.path(found[2]))
    return manifest


def _draft(target: Path) -> Path:
    """What is written before it is whole. Raises BackupError: no backup takes the place of another."""
    if target.exists():
        raise BackupError(f"{target} 已存在。 It exists already.")
    return target.with_name(target.name + ".part")


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise BackupError(f"{source} 不是完整的备份文件。 It is not a whole backup: {error}") from None


def _checked(packed: zipfile.ZipFile) -> Manifest:
    """The manifest, once every member has been read and is what it says. Raises BackupError."""
    try:
        with packed.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(MAX_MANIFEST_BYTES), type=Manifest)
        if manifest.format != FORMAT:
            raise BackupError(f"备份格式 {manifest.format} 无法识别。 The format is unknown.")
        names = set(packed.namelist()) - {MANIFEST}
        tables = {f"tables/{table}.jsonl" for table in backup.TABLES}
        odd = [name for name in names - tables if not _CONTENT.match(name)]
        if names != manifest.members.keys() or tables - names or odd or len(packed.namelist()) != len(names) + 1:
            raise BackupError("备份里缺少或多出文件。 Something is missing from the backup, or does not belong there.")
        for name, member in manifest.members.items():
            with packed.open(name) as file:
                reader = _Hashed(file)
                while reader.read() and reader.bytes <= member.bytes:
                    pass
            found = _CONTENT.match(name)
            if reader.member() != msgspec.structs.replace(member, rows=None, digest=None) or (
                found is not None and found[2] != member.sha256
            ):
                raise BackupError(f"备份已损坏或被改动：{name}。 It is damaged, or was changed.")
    except (KeyError, msgspec.MsgspecError, zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise BackupError(f"备份已损坏。 The backup is damaged: {error}") from None
    return manifest


def _lines(member: IO[bytes]) -> Iterator[bytes]:
    while line := member.readline(MAX_LINE_BYTES):
        if not line.endswith(b"\n"):
            raise BadBackup("a line is cut off, or too long")
        yield line[:-1]


def _pack_content(
    packed: zipfile.ZipFile, source: Path, sha256: str, members: dict[str, Member], missing: list[str]
) -> None:
    name = f"files/{sha256[:2]}/{sha256}"
    if not source.is_file():
        missing.append(sha256)
        return
    with source.open("rb") as file, packed.open(name, "w", force_zip64=True) as member:
        writer = _Hashed(member)
        while piece := file.read(_PIECE):
            writer.write(piece)
    members[name] = writer.member()


def _unpack_content(packed: zipfile.ZipFile, name: str, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    draft = target.with_suffix(".part")
    with (
        packed.open(name) as member,
        os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as to,
    ):
        while piece := member.read(_PIECE):
            to.write(piece)
        to.flush()
        os.fsync(to.fileno())
    draft.replace(target)


class _Hashed:
    """A stream whose bytes are counted and hashed as they pass."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, piece: bytes) -> None:
        self._pass(piece)
        self._file.write(piece)

    def read(self) -> bytes:
        piece = self._file.read(_PIECE)
        self._pass(piece)
        return piece

    def member(self, rows: int | None = None, digest: str | None = None) -> Member:
        return Member(sha256=self._digest.hexdigest(), bytes=self.bytes, rows=rows, digest=digest)

    def _pass(self, piece: bytes) -> None:
        self.bytes += len(piece)
        self._digest.update(piece)
