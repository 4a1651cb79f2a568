"""`/files`: evidence that people upload — agreements, photos, filled forms. Private, and every reading is logged."""

from typing import Final

import msgspec
from aiohttp import web

from classroom.registry.book import Book
from classroom.registry.standing import sides
from classroom.store.files import File
from classroom.store.store import Store
from signaling.api.body import download_headers
from signaling.api.door import Call, Doors, Nothing, Upload
from signaling.context import CLOCK, CONTENTS, STORE
from signaling.files import DOCX, JPEG, MAX_FILE_BYTES, PDF, PNG, XLSX
from signaling.imports import FileName
from signaling.problem import Problem

DOORS = Doors("files")
MEDIA: Final = (PDF, JPEG, PNG, DOCX, XLSX)


class UploadQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is what people see; what the file is, its bytes say."""

    name: FileName


class FileRef(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file."""

    id: str
    name: str
    size: int
    media: str
    sha256: str


@DOORS.door(
    "POST",
    "/api/v1/files",
    may="keep_school",
    query=UploadQuery,
    upload=Upload(MAX_FILE_BYTES),
    answers=FileRef,
    status=201,
    refuses=("file_kind_unknown", "file_damaged", "file_empty", "disk_full", "too_large", "too_slow"),
)
async def upload(call: Call[UploadQuery, Nothing]) -> FileRef:
    """Keep a file: pdf, jpg, png, docx or xlsx of at most 50 MB. A school's belongs to that school."""
    content = await call.app[CONTENTS].keep(call.chunks())
    by = call.by
    file = await call.app[STORE].files.add(
        sha256=content.sha256,
        size=content.size,
        media=content.media,
        name=call.query.name,
        school=call.grant.school,
        by=by,
    )
    return FileRef(id=file.id, name=file.name, size=file.size, media=file.media, sha256=file.sha256)


@DOORS.door("GET", "/api/v1/files/{file}", may="read_registry", media=MEDIA, refuses=("not_found",))
async def read(call: Call[Nothing, Nothing]) -> web.StreamResponse:
    """The file as it was uploaded. Who read it stands in the audit log."""
    store, grant = call.app[STORE], call.grant
    file = await store.files.get(call.path["file"])
    if file is None or not await _reaches(store, file, grant.school):
        raise Problem("not_found")
    path = call.app[CONTENTS].path(file.sha256)
    if not path.is_file():
        raise Problem("file_lost")
    await store.audit.note(grant.actor, "file.read", f"file:{file.id}", call.app[CLOCK].at())
    return web.FileResponse(path, headers={**download_headers(file.name), "Content-Type": file.media})


async def _reaches(store: Store, file: File, school: str | None) -> bool:
    """A school reads its own files, and those that a fact of it or of its pairs points at."""
    if school is None or file.school == school:
        return True
    book = await store.registry.book()
    return file.id in _named_files(book, {school, *(p.id for p in book.pairs.values() if school in sides(p))})


def _named_files(book: Book, subjects: set[str]) -> set[str]:
    found: set[str] = set()
    for (subject, _), facts in book.facts.items():
        if subject in subjects:
            for fact in facts:
                found |= {getattr(fact.value, "file", None) or "", *getattr(fact.value, "evidence", ())}
    return found
