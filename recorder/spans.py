"""Stretches of a recording, in seconds, and their algebra: what is there, and what is missing. Pure."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Span = tuple[float, float]
GapKind = Literal["audio", "video", "both"]


class Gap(msgspec.Struct, frozen=True):
    """Half-open: from `from_s` to `to_s` there is no sound, no picture, or neither ("both" are missing).

    `healed_by`: the file that was uploaded later and stands in for it; null where it is missing still.
    """

    from_s: float
    to_s: float
    kind: GapKind
    healed_by: str | None = None


def joined(spans: Iterable[Span], within_s: float = 0.0) -> list[Span]:
    """The union of spans, in order; those that lie at most `within_s` apart become one."""
    result: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if result and start <= result[-1][1] + within_s:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def without(spans: Iterable[Span], cut: Iterable[Span]) -> list[Span]:
    """What of `spans` no span of `cut` covers, in order."""
    result = []
    cuts = joined(cut)
    for start, end in joined(spans):
        for cut_start, cut_end in cuts:
            if cut_end <= start or cut_start >= end:
                continue
            if cut_start > start:
                result.append((start, cut_start))
            start = max(start, cut_end)
        if start < end:
            result.append((start, end))
    return result


def merged(audio: Iterable[Span], video: Iterable[Span]) -> list[Gap]:
    """Gaps of both tracks as one list without overlaps: where both miss, the kind is "both"."""
    audio, video = joined(audio), joined(video)
    both = without(joined([*audio, *video]), [*without(audio, video), *without(video, audio)])
    gaps = [
        *(Gap(start, end, "both") for start, end in both),
        *(Gap(start, end, "audio") for start, end in without(audio, both)),
        *(Gap(start, end, "video") for start, end in without(video, both)),
    ]
    return sorted(gaps, key=lambda gap: (gap.from_s, gap.to_s))
