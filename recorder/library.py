"""What recordings there are, apart from making them: `recordings/{lesson}/manifest.json` beside the files."""

from pathlib import Path

import msgspec
import structlog

from recorder.container import Measure, Unreadable, finish_after_crash, measure
from recorder.disk import PART_SUFFIX, checked_id, checked_name, free_bytes, write_atomically
from recorder.manifest import Manifest, manifest, tail, unfinished
from recorder.segment_log import LOG_NAME, FileBegan, FileEnded, GapEnded, SegmentLog, read_log

log = structlog.get_logger(__name__)

MANIFEST_NAME = "manifest.json"


class Library:
    """The folder of all recordings. Methods read and write files: call them off the event loop."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def lessons(self) -> list[str]:
        """Lessons of which there is a recording, in the order of their ids."""
        return sorted(path.parent.name for path in self._root.glob(f"*/{LOG_NAME}"))

    def manifest(self, lesson: str) -> Manifest | None:
        """What the lesson's manifest says; None when there is none. ValueError for an unsafe id."""
        try:
            data = (self._root / checked_id(lesson) / MANIFEST_NAME).read_bytes()
        except FileNotFoundError:
            return None
        return msgspec.json.decode(data, type=Manifest)

    def path(self, lesson: str, name: str) -> Path | None:
        """A file of a recording; None when the lesson's manifest does not list it. ValueError for unsafe names."""
        found = self.manifest(lesson)
        listed = found is not None and any(
            entry.name == checked_name(name) for stream in found.streams for entry in stream.files
        )
        return self._root / lesson / name if listed else None

    def current(self, lesson: str) -> Manifest | None:
        """The manifest as the files and the log have it now, also while the lesson is being recorded."""
        folder = self._root / checked_id(lesson)
        lines = read_log(folder)
        measures: dict[str, Measure] = {}
        for name in unfinished(lines):
            try:
                measures[name] = measure(folder / checked_name(name))
            except (Unreadable, ValueError):
                continue
        return manifest(lesson, lines, measures)

    def is_whole(self, lesson: str) -> bool:
        """No file was left open by a crash, and there is a manifest."""
        folder = self._root / checked_id(lesson)
        return (folder / MANIFEST_NAME).exists() and not unfinished(read_log(folder))

    def rebuild(self, lesson: str) -> Manifest | None:
        """Write the manifest anew from log and files; None when there is no recording. OSError."""
        found = self.current(lesson)
        if found is not None:
            data = msgspec.json.format(msgspec.json.encode(found), indent=1)
            write_atomically(self._root / lesson, MANIFEST_NAME, data)
        return found

    def mend(self, lesson: str, *, keep_free_bytes: int) -> Manifest | None:
        """Finish the files that a crash left open, then rebuild. None of them may be in work. OSError.

        A file is copied without transcoding, and only while the copy leaves `keep_free_bytes` on the disk; what cannot
        be mended stays as it is and is measured instead.
        """
        folder = self._root / checked_id(lesson)
        lines = read_log(folder)
        for part in folder.glob(f"*{PART_SUFFIX}"):
            part.unlink(missing_ok=True)
        files = {line.name: line for line in lines if isinstance(line, FileBegan)}
        own_log = SegmentLog(folder)
        for name in unfinished(lines):
            path = folder / checked_name(name)
            try:
                if path.stat().st_size + keep_free_bytes > free_bytes(folder):
                    continue
                found = finish_after_crash(path)
            except (Unreadable, OSError) as error:
                log.warning("recorder: file stays unfinished", lesson=lesson, file=name, error=str(error))
                continue
            for kind in found.shape.kinds:
                for from_s, to_s in tail(kind, found):
                    own_log.append(GapEnded(name, kind, round(from_s, 4), round(to_s, 4)))
            own_log.append(FileEnded(name, round(found.seconds, 4), files[name].width, files[name].height))
        return self.rebuild(lesson)
