"""涉及学科: the twelve boxes of both forms, and which box a course of today's timetables belongs in."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

SUBJECTS: Final = ("语", "数", "英", "科", "品德", "音", "体", "美", "劳技", "信息技术", "拓展课程", "其他")
"""The boxes in the order printed."""

_COURSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        course: box
        for box, courses in {
            "语": "语文 书法",
            "数": "数学",
            "英": "英语 日语 俄语",
            "科": "科学 物理 化学 生物",
            "品德": "道德与法治 思想品德 品德与生活 品德与社会",
            "音": "音乐",
            "体": "体育 体育与健康",
            "美": "美术",
            "劳技": "劳动 劳动技术 劳动与技术",
            "信息技术": "信息科技",
            "拓展课程": "拓展性课程 地方课程 校本课程",
            "其他": "历史与社会 历史 地理 综合实践 综合实践活动 班会 心理 心理健康",
        }.items()
        for course in courses.split()
    }
)


def box_of(course: str) -> str | None:
    """The box of a course, or of a box itself; None where it is neither, or the teacher must choose (艺术: 音, 美)."""
    name = course.strip()
    return name if name in SUBJECTS else _COURSES.get(name)


def spoken(box: str) -> str:
    """What a box is called among people: 数学 for 数."""
    return next((course for course, found in _COURSES.items() if found == box and len(box) == 1), box)


def in_order(subjects: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of the form; a subject that has no box stands behind."""
    return tuple(sorted(set(subjects), key=_place))


def _place(subject: str) -> tuple[int, str]:
    return (SUBJECTS.index(subject) if subject in SUBJECTS else len(SUBJECTS), subject)
