"""What a page has kept of a stream and sends in: what of it is missing, and the process that cuts that out."""

import asyncio
import errno
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from classroom.relay.rtp import Kind
from recorder.apart import apart
from recorder.container import Unreadable
from recorder.healing import LONGEST_S, NO_ROOM, TRUST_S, Beside, Healing, Order
from recorder.manifest import HEALABLE_S, SEAM_S, Manifest, StreamEntry
from recorder.segment_log import Healed
from recorder.spans import joined

WAIT_S: Final = 60.0
"""For the process, which needs a second; the lessons go first."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An upload: where it lies, a name for what is made of it, when it begins by the page's idea of the server's clock,
    whose it is, when it came (both aware UTC)."""

    path: Path
    stem: str
    begins_at: datetime
    device: str
    uploaded_at: datetime


def order_of(found: Manifest, folder: Path, seat: str, source: str, kept: Kept, shift_s: float | None) -> Order | None:
    """What the process is to do; None where the upload can hold nothing that is missing. Pure."""
    stream = next((one for one in found.streams if (one.seat, one.source) == (seat, source)), None)
    at_s = (kept.begins_at - found.started_at).total_seconds()
    if stream is None:
        return None
    latest_s = at_s + LONGEST_S + TRUST_S
    gaps = [
        gap
        for gap in stream.gaps
        if gap.healed_by is None
        and gap.to_s - gap.from_s >= HEALABLE_S
        and gap.to_s > at_s - TRUST_S
        and gap.from_s < latest_s
    ]
    if not gaps:
        return None
    beside = [
        Beside(str(folder / file.name), file.offset_s)
        for file in stream.files
        if file.page is None
        and "opus" in file.codecs
        and file.offset_s < latest_s
        and file.offset_s + file.seconds > at_s - TRUST_S
    ]
    return Order(
        source=str(kept.path),
        work=str(kept.path.parent),
        stem=f"{seat}.{source}.page-{kept.stem}",
        at_s=round(at_s, 4),
        shift_s=shift_s,
        # A cut ends for the picture with the next keyframe: one piece for both.
        missing=joined(((gap.from_s, gap.to_s) for gap in gaps), SEAM_S),
        unheard=[(gap.from_s, gap.to_s) for gap in stream.gaps if gap.kind != "video"],
        kinds=_kinds(stream),
        beside=beside,
    )


def _kinds(stream: StreamEntry) -> list[Kind]:
    """What the stream consists of: a piece must have the same, or it would heal one and lose the other."""
    codecs = {codec for file in stream.files for codec in file.codecs}
    kinds: list[Kind] = ["video"] if codecs - {"opus"} else []
    return [*kinds, "audio"] if "opus" in codecs else kinds


def lines_of(seat: str, source: str, kept: Kept, made: Healing) -> list[Healed]:
    """The pieces as lines of the recording's log."""
    return [
        Healed(
            seat=seat,
            source=source,
            name=piece.name,
            offset_s=piece.offset_s,
            seconds=piece.seconds,
            codecs=piece.codecs,
            width=piece.width,
            height=piece.height,
            from_s=piece.from_s,
            to_s=piece.to_s,
            device=kept.device,
            uploaded_at=kept.uploaded_at.astimezone(UTC),
            shift_s=made.shift_s,
        )
        for piece in made.pieces
    ]


def _clear(order: Order) -> None:
    for old in Path(order.work).glob(f"{order.stem}-*"):
        old.unlink(missing_ok=True)


async def run_apart(order: Order) -> Healing:
    """Cut the pieces in a process of its own, into the order's folder.

    Raises Unreadable for what is no upload of ours; OSError where it may go well another time: a full disk, no memory,
    lessons that leave no processor.
    """
    await asyncio.to_thread(_clear, order)
    async with apart("recorder.healing") as process:
        try:
            async with asyncio.timeout(WAIT_S):
                await process.order(order)
                answer = await process.answers.readline()
                code = await process.wait()
        except ValueError as error:
            raise Unreadable(f"the upload is none of ours: {error}") from error
    if code == NO_ROOM:
        raise OSError(errno.ENOSPC, "no room to heal")
    if code == -signal.SIGKILL:
        raise OSError("healing was ended for want of memory")
    if code != 0:
        raise Unreadable(f"the upload is none of ours (code {code})")
    return msgspec.json.decode(answer, type=Healing)
