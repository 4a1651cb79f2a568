"""Erases a lesson's recording from the disk, so that one that breaks off is simply begun again."""

import shutil
from pathlib import Path

from recorder.disk import checked_id, sync_folder
from recorder.segment_log import LOG_NAME


def erase(root: Path, lesson: str) -> None:
    """Remove all files of a lesson, its small pictures too; there may be none. ValueError for an unsafe id, OSError.

    The log goes first: without it there is no recording any more that could be mended or played.
    """
    folder = root / checked_id(lesson)
    if not folder.exists():
        return
    (folder / LOG_NAME).unlink(missing_ok=True)
    sync_folder(folder)
    shutil.rmtree(folder)
    sync_folder(root)
