"""Playbacks: one person who plays one lesson's recording, from opening the page on. Pure.

A `<video>` sends no token with its requests for parts of a file. So the page asks once, by token or session, which is
checked and logged; what it gets is a key in a cookie that goes to this lesson's files alone and that no script reads.
"""

from dataclasses import dataclass
from typing import Final

from classroom.store.ids import token_hash
from signaling.auth import Grant

LIFE_S: Final = 12 * 3600.0
"""As long as a session."""
MAX_PLAYBACKS: Final = 2000
CHECK_EVERY_S: Final = 10.0
"""So long after an account was disabled, or has signed out, its player still gets parts of files."""


@dataclass(slots=True)
class Playback:
    """Whose it is, of which lesson, and the files it may have (more, when the preview is made meanwhile).

    `until` when (monotonic); `checked`: when its holder was last seen to be in order.
    """

    grant: Grant
    lesson: str
    files: frozenset[str]
    until: float
    checked: float


class Playbacks:
    """Those that are good, the oldest first. Keys are kept as hashes."""

    def __init__(self) -> None:
        self._playbacks: dict[str, Playback] = {}

    def begin(self, key: str, grant: Grant, lesson: str, files: frozenset[str], now: float) -> Playback:
        """A playback under a key that cannot be guessed; where there are too many the oldest goes."""
        for old in [each for each, playback in self._playbacks.items() if playback.until <= now]:
            del self._playbacks[old]
        while len(self._playbacks) >= MAX_PLAYBACKS:
            del self._playbacks[next(iter(self._playbacks))]
        made = self._playbacks[token_hash(key)] = Playback(grant, lesson, files, now + LIFE_S, now)
        return made

    def find(self, key: str, lesson: str, now: float) -> Playback | None:
        """The playback of this lesson that has the key, while it is good."""
        found = self._playbacks.get(token_hash(key))
        return found if found is not None and found.lesson == lesson and found.until > now else None

    def end_of(self, lesson: str) -> None:
        """Whoever plays this lesson gets no further part of a file."""
        for key in [key for key, playback in self._playbacks.items() if playback.lesson == lesson]:
            del self._playbacks[key]

    def end(self, key: str) -> None:
        """It opens nothing any more."""
        self._playbacks.pop(token_hash(key), None)
