"""`/uploads`: large files, part by part. Each is its sender's alone until somebody makes something of it."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec

from classroom.ledger.months import SHANGHAI
from classroom.store.uploads import State, Upload
from signaling.api import door
from signaling.api.door import Call, Doors, Nothing
from signaling.context import UPLOADS
from signaling.imports import FileName
from signaling.problem import Problem
from signaling.uploads import PART_BYTES, PURPOSES

DOORS = Doors("uploads")

Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class UploadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`size` in bytes. With `sha256` the server checks at the end that the file came as it was."""

    LARGE: ClassVar = frozenset({"size"})

    purpose: Literal["resource"]
    name: FileName
    size: Bytes
    sha256: Sha256 | None = None


class UploadView(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way: the next part begins at `offset` and has at most `part_bytes`."""

    id: str
    purpose: str
    subject: str
    name: str
    size: int
    offset: int
    part_bytes: int
    state: State
    sha256: str | None
    expires_at: datetime


class UploadList(msgspec.Struct, frozen=True):
    """What the caller has begun and nobody has taken, the oldest first."""

    items: list[UploadView]


class PartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Where the part begins."""

    LARGE: ClassVar = frozenset({"offset"})

    offset: Bytes


@DOORS.door(
    "POST",
    "/api/v1/uploads",
    may="upload",
    body=UploadRequest,
    answers=UploadView,
    status=201,
    refuses=("too_large", "file_empty", "too_many_uploads", "disk_full"),
)
async def begin(call: Call[Nothing, UploadRequest]) -> UploadView:
    """Begin to send a file; it expires when no part comes for days."""
    asked = call.body
    if not PURPOSES[asked.purpose].is_open:
        raise Problem("forbidden")
    upload = await call.app[UPLOADS].begin(
        call.grant, asked.purpose, name=asked.name, size=asked.size, sha256=asked.sha256
    )
    return _view(upload, 0)


@DOORS.door("GET", "/api/v1/uploads", may="upload", answers=UploadList)
async def mine(call: Call[Nothing, Nothing]) -> UploadList:
    """What the caller has begun and not finished, to go on with."""
    uploads = call.app[UPLOADS]
    found = [one for one in await uploads.of(call.grant) if one.state != "taken"]
    return UploadList([_view(one, await uploads.offset(one)) for one in found])


@DOORS.door("GET", "/api/v1/uploads/{upload}", may="upload", answers=UploadView, refuses=("upload_unknown",))
async def read(call: Call[Nothing, Nothing]) -> UploadView:
    """How far a file is."""
    upload = await call.app[UPLOADS].own(call.path["upload"], call.grant)
    return _view(upload, await call.app[UPLOADS].offset(upload))


@DOORS.door(
    "PATCH",
    "/api/v1/uploads/{upload}",
    may="upload",
    query=PartQuery,
    upload=door.Upload(PART_BYTES),
    answers=UploadView,
    refuses=(
        "upload_unknown",
        "upload_whole",
        "upload_busy",
        "upload_offset",
        "too_large",
        "too_slow",
        "disk_full",
    ),
)
async def part(call: Call[PartQuery, Nothing]) -> UploadView:
    """Send the next part. Where the offset is wrong the refusal has the right one as `offset`."""
    uploads = call.app[UPLOADS]
    upload = await uploads.own(call.path["upload"], call.grant)
    return _view(upload, await uploads.part(upload, call.query.offset, call.chunks()))


@DOORS.door(
    "POST",
    "/api/v1/uploads/{upload}/finish",
    may="upload",
    answers=UploadView,
    refuses=("upload_unknown", "upload_busy", "upload_incomplete", "upload_damaged"),
)
async def finish(call: Call[Nothing, Nothing]) -> UploadView:
    """Say that everything has been sent; the server looks whether it has."""
    uploads = call.app[UPLOADS]
    upload = await uploads.finish(await uploads.own(call.path["upload"], call.grant))
    return _view(upload, upload.size)


@DOORS.door("DELETE", "/api/v1/uploads/{upload}", may="upload", refuses=("upload_unknown", "upload_busy"))
async def drop(call: Call[Nothing, Nothing]) -> None:
    """Give a file up; one that something has been made of stays."""
    upload = await call.app[UPLOADS].own(call.path["upload"], call.grant)
    await call.app[UPLOADS].drop(upload.id, call.grant.actor)


def _view(upload: Upload, offset: int) -> UploadView:
    return UploadView(
        id=upload.id,
        purpose=upload.purpose,
        subject=upload.subject,
        name=upload.name,
        size=upload.size,
        offset=offset if upload.state == "receiving" else upload.size,
        part_bytes=PART_BYTES,
        state=upload.state,
        sha256=upload.sha256,
        expires_at=upload.expires_at.astimezone(SHANGHAI),
    )
