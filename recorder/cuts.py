"""Which file of a stream plays when: healed pieces where something was lost, the others everywhere else. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from recorder.manifest import FileEntry
from recorder.spans import Span, joined, without


class Cut(NamedTuple):
    """From `from_s` to `to_s` of the recording `file` plays, whose own zero lies at its `offset_s`."""

    file: FileEntry
    from_s: float
    to_s: float


def cuts(files: Sequence[FileEntry]) -> list[Cut]:
    """The files of one stream in the order of the recording. Files of the relay may overlap by a frame; pieces of pages
    stand alone, and the earlier one wins."""
    result: list[Cut] = []
    taken: list[Span] = []
    for file in files:
        if file.page is None:
            continue
        span = (max(file.offset_s, file.page.from_s), min(file.offset_s + file.seconds, file.page.to_s))
        result += [Cut(file, start, end) for start, end in without([span], taken)]
        taken = joined([*taken, span])
    for file in files:
        if file.page is None:
            whole = (file.offset_s, file.offset_s + file.seconds)
            result += [Cut(file, start, end) for start, end in without([whole], taken)]
    return sorted(result, key=lambda cut: (cut.from_s, cut.to_s))
