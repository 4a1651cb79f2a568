"""Large files on their way to the server: part by part at an offset, so that a lost line or a restart costs one part.

Begin (size, purpose) → parts at the offset that the server names → finish → whoever wants the file takes it. What has
come lies in `uploads/` of the data directory, one file each, and its length is the offset.

A second purpose is a row in PURPOSES (who may, how large, how many at once, how long between two parts). The doors of
`signaling/api/uploads.py` carry its parts then. Where beginning one needs a check of its own (which lesson, which
gap), leave `is_open` off and begin it in a door of yours with `Uploads.begin(…, subject=…)`. Take a finished one in the
transaction that writes your own row (`classroom.store.uploads.take`), read it at `Uploads.path`, and let it go with
`Uploads.release` once your own copy is safe: until then no sweep touches it.
"""

import asyncio
import contextlib
import errno
import hashlib
import hmac
import os
from collections.abc import AsyncIterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
import structlog

from classroom.store.audit import SERVER, Actor
from classroom.store.ids import new_id
from classroom.store.store import Store
from classroom.store.uploads import Upload
from recorder.disk import checked_id, free_bytes, is_full, make_folder, sync_folder
from recorder.worth import BYTES_PER_LESSON_HOUR
from signaling.auth import Action, Grant
from signaling.clock import Clock
from signaling.problem import Problem

log = structlog.get_logger("uploads")

PART_BYTES: Final = 4 * 2**20
"""The most that a part may have: at 0.3 Mbps it takes two minutes."""
SWEEP_S: Final = 600.0


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """What files are for, and the bounds of that. `open_max`: by one sender at once. `kept_for`: between two parts,
    and before it is taken. `is_open`: the common door begins one. `leaves_hours`: of lessons, whose recordings have to
    find room still."""

    may: Action
    max_bytes: int
    open_max: int
    kept_for: timedelta
    is_open: bool = False
    leaves_hours: float = 0.0


PURPOSES: Final[Mapping[str, Purpose]] = MappingProxyType(
    {
        "resource": Purpose(
            may="keep_resources",
            max_bytes=4 * 2**30,
            open_max=5,
            kept_for=timedelta(days=7),
            is_open=True,
            leaves_hours=4.0,
        ),
        # What a page has kept of a lesson: ten seconds in each.
        "heal": Purpose(may="publish", max_bytes=16 * 2**20, open_max=4, kept_for=timedelta(days=2)),
    }
)


class Uploads:
    """Takes parts in. On the event loop; the disk is spoken to elsewhere."""

    def __init__(self, store: Store, clock: Clock, folder: Path, *, keep_free_bytes: int) -> None:
        """`folder` is this object's alone. `keep_free_bytes`: the rest of the disk is the lessons'."""
        self._store = store
        self._clock = clock
        self._folder = folder
        self._keep_free_bytes = keep_free_bytes
        self._busy: set[str] = set()
        self._beginning = asyncio.Lock()
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Remove what no row speaks of, and begin to sweep."""
        known = {one.id for one in await self._store.uploads.all()}
        await asyncio.to_thread(self._tidy, known)
        self._sweeping = asyncio.create_task(self._sweep(), name="sweep uploads")

    async def close(self) -> None:
        """Stop; what has come so far stays. Idempotent."""
        task, self._sweeping = self._sweeping, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def begin(
        self, grant: Grant, purpose: str, *, name: str, size: int, sha256: str | None = None, subject: str = ""
    ) -> Upload:
        """Room for a file. Raises Problem: forbidden, too_large, file_empty, too_many_uploads, disk_full."""
        rules = PURPOSES[purpose]
        grant.require(rules.may)
        if size > rules.max_bytes:
            raise Problem("too_large")
        if size < 1:
            raise Problem("file_empty")
        # So that two at once do not both find the last room there is.
        async with self._beginning:
            everything = await self._store.uploads.all()
            mine = [one for one in everything if is_sender(one, grant.actor) and one.purpose == purpose]
            if sum(one.state != "taken" for one in mine) >= rules.open_max:
                raise Problem("too_many_uploads")
            await asyncio.to_thread(self._require_room, everything, size, rules)
            at = self._clock.at()
            upload = Upload(
                id=new_id(),
                purpose=purpose,
                subject=subject,
                actor_kind=grant.actor.kind,
                actor=grant.actor.id,
                school=grant.school,
                name=name,
                size=size,
                sha256=sha256,
                state="receiving",
                begun_at=at,
                expires_at=at + rules.kept_for,
            )
            await self._store.uploads.begin(upload, grant.actor)
        return upload

    async def own(self, upload: str, grant: Grant) -> Upload:
        """A sender's own. Raises Problem(upload_unknown)."""
        found = await self._store.uploads.get(upload)
        if found is None or not is_sender(found, grant.actor):
            raise Problem("upload_unknown")
        return found

    async def of(self, grant: Grant) -> list[Upload]:
        """All that a sender has begun, the oldest first."""
        return await self._store.uploads.of_actor(grant.actor)

    def path(self, upload: str) -> Path:
        """Where its bytes lie."""
        return self._folder / checked_id(upload)

    async def offset(self, upload: Upload) -> int:
        """How many bytes have come: the next part begins there."""
        return await asyncio.to_thread(self._length, upload.id)

    async def part(self, upload: Upload, offset: int, chunks: AsyncIterable[bytes]) -> int:
        """Take a part in; the new offset. What had come before the line broke off stays.

        Raises Problem: upload_whole, upload_busy, upload_offset (with the `offset` to go on at), too_large, disk_full,
        and what the pieces raise.
        """
        if upload.state != "receiving":
            raise Problem("upload_whole")
        with self._alone(upload.id):
            here = await self.offset(upload)
            if offset != here:
                raise Problem("upload_offset", more={"offset": here})
            await asyncio.to_thread(self._require_room, [], 0, PURPOSES[upload.purpose])
            descriptor = await asyncio.to_thread(self._open, upload.id)
            try:
                async for chunk in chunks:
                    if here + len(chunk) > upload.size:
                        raise Problem("too_large")
                    await asyncio.to_thread(_append, descriptor, chunk)
                    here += len(chunk)
            finally:
                await asyncio.to_thread(_leave, descriptor)
            await self._store.uploads.prolong(upload.id, self._clock.at() + PURPOSES[upload.purpose].kept_for)
        return here

    async def finish(self, upload: Upload) -> Upload:
        """Everything has come; may be asked again. Raises Problem: upload_busy, upload_incomplete (with the `offset`
        to go on at), upload_damaged (its bytes are dropped: it begins anew)."""
        if upload.state != "receiving":
            return upload
        with self._alone(upload.id):
            here = await self.offset(upload)
            if here != upload.size:
                raise Problem("upload_incomplete", more={"offset": here})
            digest = await asyncio.to_thread(self._sealed, upload.id)
            if upload.sha256 is not None and not hmac.compare_digest(digest, upload.sha256):
                await asyncio.to_thread(self.path(upload.id).unlink, missing_ok=True)
                raise Problem("upload_damaged")
            until = self._clock.at() + PURPOSES[upload.purpose].kept_for
            await self._store.uploads.whole(upload.id, digest, until)
        return msgspec.structs.replace(upload, state="whole", sha256=digest, expires_at=until)

    async def drop(self, upload: str, actor: Actor) -> None:
        """Give it up, unless somebody has taken it. Raises Problem(upload_busy)."""
        with self._alone(upload):
            if await self._store.uploads.drop(upload, actor, self._clock.at()):
                await asyncio.to_thread(self.path(upload).unlink, missing_ok=True)

    async def release(self, upload: str) -> None:
        """Who has taken it needs it no more. Idempotent."""
        await self._store.uploads.release(upload)
        await asyncio.to_thread(self.path(upload).unlink, missing_ok=True)

    @contextlib.contextmanager
    def _alone(self, upload: str) -> Iterator[None]:
        if upload in self._busy:
            raise Problem("upload_busy")
        self._busy.add(upload)
        try:
            yield
        finally:
            self._busy.discard(upload)

    def _tidy(self, known: set[str]) -> None:
        make_folder(self._folder)
        for path in self._folder.iterdir():
            if path.is_file() and path.name not in known:
                path.unlink(missing_ok=True)

    def _length(self, upload: str) -> int:
        try:
            return self.path(upload).stat().st_size
        except FileNotFoundError:
            return 0

    def _require_room(self, others: list[Upload], size: int, rules: Purpose) -> None:
        """What has been promised to others counts as taken."""
        leave = self._keep_free_bytes + round(rules.leaves_hours * BYTES_PER_LESSON_HOUR)
        promised = sum(max(0, one.size - self._length(one.id)) for one in others if one.state == "receiving")
        if free_bytes(self._folder) - promised - size < leave:
            raise Problem("disk_full")

    def _open(self, upload: str) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(self.path(upload), flags, 0o600)

    def _sealed(self, upload: str) -> str:
        with self.path(upload).open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        sync_folder(self._folder)
        return digest

    async def _sweep(self) -> None:
        while True:
            try:
                for old in await self._store.uploads.expired(self._clock.at()):
                    with contextlib.suppress(Problem):
                        await self.drop(old.id, SERVER)
            except Exception:
                log.exception("old uploads stay")
            await asyncio.sleep(SWEEP_S)


def is_sender(upload: Upload, actor: Actor) -> bool:
    """Whether it is this one's."""
    return (upload.actor_kind, upload.actor) == (actor.kind, actor.id)


def _append(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        if is_full(error) or error.errno == errno.EFBIG:
            raise Problem("disk_full") from None
        raise


def _leave(descriptor: int) -> None:
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
