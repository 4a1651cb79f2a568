"""What an exported lesson says of itself, on the picture and in the file's title."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from classroom.ledger.months import SHANGHAI
from classroom.store.lessons import ListedLesson
from recorder.export.compose import Texts

_SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "语": "语文",
        "数": "数学",
        "英": "英语",
        "科": "科学",
        "音": "音乐",
        "体": "体育",
        "美": "美术",
        "劳技": "劳动技术",
    }
)
"""A box of the form → how the subject is called; the others are called like their box."""


def texts_of(listed: ListedLesson) -> Texts:
    """What is written on the picture, and in the file's title."""
    host = next((seat for seat in listed.seats if seat.role == "host"), None)
    at = (listed.started_at or listed.opened_at or listed.start_at).astimezone(SHANGHAI)
    return Texts(
        school=host.school if host else "",
        lesson=f"{_SUBJECTS.get(listed.subject, listed.subject)} {listed.class_name}".strip(),
        time=f"{at:%Y-%m-%d %H:%M}",
        seats={seat.seat: f"{seat.school} {seat.classroom}".strip() for seat in listed.seats},
    )
