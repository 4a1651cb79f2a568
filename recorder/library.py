"""What recordings there are, apart from making them: `recordings/{lesson}/manifest.json` beside the files."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from recorder.container import Measure, Unreadable, finish_after_crash, measure
from recorder.disk import PART_SUFFIX, checked_id, checked_name, free_bytes, sync_folder, write_atomically
from recorder.manifest import HEALABLE_S, Manifest, manifest, tail, unfinished
from recorder.segment_log import LOG_NAME, AnyLine, FileBegan, FileEnded, GapEnded, Healed, SegmentLog, read_log
from recorder.spans import Gap
from recorder.streaks import CheckRules
from recorder.verdict import Verdict, verdict

log = structlog.get_logger(__name__)

MANIFEST_NAME = "manifest.json"
VERDICT_NAME = "verdict.json"


class Library:
    """The folder of all recordings. Methods read and write files: call them off the event loop."""

    def __init__(self, root: Path, rules: CheckRules | None = None) -> None:
        """`rules`: what recordings are judged by."""
        self._root = root
        self._rules = rules or CheckRules()

    def folder(self, lesson: str) -> Path:
        """Where the files of a lesson lie, whether or not there are any. ValueError for an unsafe id."""
        return self._root / checked_id(lesson)

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

    def verdict(self, lesson: str) -> Verdict | None:
        """What was found when the lesson's files were finished; None before. ValueError for an unsafe id."""
        try:
            return msgspec.json.decode((self._root / checked_id(lesson) / VERDICT_NAME).read_bytes(), type=Verdict)
        except (FileNotFoundError, msgspec.MsgspecError):
            # One of another version is made anew with the next change to the files.
            return None

    def forget(self, lesson: str) -> None:
        """Before a recording is gone on with: manifest and verdict say what is true no more. OSError."""
        for name in (MANIFEST_NAME, VERDICT_NAME):
            (self._root / checked_id(lesson) / name).unlink(missing_ok=True)

    def path(self, lesson: str, name: str) -> Path | None:
        """A file of a recording; None when the lesson's manifest does not list it. ValueError for unsafe names."""
        found = self.manifest(lesson)
        listed = found is not None and any(
            entry.name == checked_name(name) for stream in found.streams for entry in stream.files
        )
        return self._root / lesson / name if listed else None

    def current(self, lesson: str) -> Manifest | None:
        """The manifest as the files and the log have it now, also while the lesson is being recorded."""
        return self._fold(lesson, read_log(self._root / checked_id(lesson)))

    def _fold(self, lesson: str, lines: list[AnyLine]) -> Manifest | None:
        folder = self._root / checked_id(lesson)
        measures: dict[str, Measure] = {}
        for name in unfinished(lines):
            try:
                measures[name] = measure(folder / checked_name(name))
            except (Unreadable, ValueError):
                continue
        return manifest(lesson, lines, measures)

    def is_whole(self, lesson: str) -> bool:
        """No file was left open by a crash, and there are a manifest and a verdict."""
        folder = self._root / checked_id(lesson)
        written = all((folder / name).exists() for name in (MANIFEST_NAME, VERDICT_NAME))
        return written and not unfinished(read_log(folder))

    def rebuild(self, lesson: str) -> Manifest | None:
        """Write the manifest and the verdict anew from log and files; None when there is no recording. OSError."""
        lines = read_log(self._root / checked_id(lesson))
        found = self._fold(lesson, lines)
        if found is not None:
            for name, made in ((MANIFEST_NAME, found), (VERDICT_NAME, verdict(found, lines, self._rules))):
                write_atomically(self._root / lesson, name, msgspec.json.format(msgspec.json.encode(made), indent=1))
        return found

    def missing(self, lesson: str, seat: str) -> list[tuple[str, Gap]]:
        """What a page of this seat could still put back: sources with their gaps, none that are healed or too short."""
        found = self.manifest(lesson)
        streams = [stream for stream in found.streams if stream.seat == seat] if found is not None else []
        return [
            (stream.source, gap)
            for stream in streams
            for gap in stream.gaps
            if gap.healed_by is None and gap.to_s - gap.from_s >= HEALABLE_S
        ]

    def shift_s(self, lesson: str, seat: str, source: str, device: str) -> float | None:
        """How far off a page's idea of the time was found to be, in what it has sent of this stream before."""
        lines = [line for line in read_log(self._root / checked_id(lesson)) if isinstance(line, Healed)]
        own = [line for line in lines if (line.seat, line.source, line.device) == (seat, source, device)]
        return next((line.shift_s for line in reversed(own) if line.shift_s is not None), None)

    def heal(self, lesson: str, work: Path, lines: Sequence[Healed]) -> Manifest | None:
        """Take pieces that lie in `work` into the recording, then rebuild; known ones are passed over. OSError.

        The piece first, then its line: one without a line is nothing, and is put there again.
        """
        folder = self._root / checked_id(lesson)
        known = {line.name for line in read_log(folder) if isinstance(line, Healed)}
        own_log = SegmentLog(folder)
        for line in lines:
            if line.name in known:
                continue
            (work / checked_name(line.name)).replace(folder / line.name)
            sync_folder(folder)
            own_log.append(line, must=True)
        return self.rebuild(lesson)

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
