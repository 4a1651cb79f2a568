"""One sentence for the teacher: why an activity counts, waits or does not. Chinese, and English beside it."""

from collections.abc import Mapping

from classroom.ledger.activity import Activity, Flag, State
from classroom.ledger.facts import Role

_ENGLISH = {
    Flag.PAIR_INACTIVE: "the pair is not active on that date",
    Flag.TEST: "a test lesson",
    Flag.CANCELLED: "the lesson was cancelled",
    Flag.NOT_HELD: "nobody joined",
    Flag.NO_RURAL_ROOM: "the partner classroom did not join",
    Flag.NO_HOST_ROOM: "the teaching classroom did not join",
    Flag.NOT_INTERACTIVE: "no two-way connection was made",
    Flag.REJECTED: "rejected on review",
    Flag.ONE_SIDED: "teachers of one side only",
    Flag.NOT_SIGNED_IN: "no teacher signed in in a room that was connected",
    Flag.TOO_SHORT: "too short",
}


def reason_zh(activity: Activity, schools: Mapping[str, str]) -> str:
    """The Chinese sentence. `schools`: id → name; an id that is not there is printed as it is."""
    if activity.state is State.COUNTED:
        by_hand = "（人工确认）" if activity.word else ""
        return f"计入：{_school(activity, schools)} {activity.minutes} 分钟{by_hand}"
    if activity.state is State.PENDING:
        return f"待确认：{_pending_zh(activity)}"
    why = _why_not(activity)
    if Flag.CANCELLED in why and Flag.NOT_HELD in why:
        return "不计：未开展（已取消）"
    if activity.viewing is not None and Flag.TOO_SHORT in why:
        return f"不计：只看了 {activity.minutes} 分钟，看满 {activity.need} 分钟才计入"
    if why:
        return f"不计：{'、'.join(flag.words for flag in why)}"
    return f"不计：只同堂 {activity.minutes} 分钟，不足 {activity.low} 分钟"


def reason_en(activity: Activity, schools: Mapping[str, str]) -> str:
    """The English sentence, saying the same."""
    if activity.state is State.COUNTED:
        by_hand = " (confirmed by hand)" if activity.word else ""
        return f"Counted: {_school(activity, schools)}, {activity.minutes} min{by_hand}"
    if activity.state is State.PENDING:
        return f"To be confirmed: {_pending_en(activity)}"
    why = _why_not(activity)
    if activity.viewing is not None and Flag.TOO_SHORT in why:
        return f"Not counted: only {activity.minutes} min watched; counted from {activity.need}"
    if why:
        return f"Not counted: {', '.join(_ENGLISH[flag] for flag in why)}"
    return f"Not counted: only {activity.minutes} min together, fewer than {activity.low}"


def _pending_zh(activity: Activity) -> str:
    if Flag.REVERSE in activity.flags:
        return f"反向授课，同堂 {activity.minutes} 分钟，需人工确认"
    if Flag.BY_HAND in activity.flags:
        return "手工录入，没有课堂记录，需第二人凭佐证确认"
    if Flag.PAIR_NOT_LISTED in activity.flags:
        return f"这对学校不在课表上，同堂 {activity.minutes} 分钟，需人工确认"
    return f"只同堂 {activity.minutes} 分钟，满 {activity.need} 分钟自动计入"


def _pending_en(activity: Activity) -> str:
    if Flag.REVERSE in activity.flags:
        return f"taught in the reverse direction, {activity.minutes} min together; needs a person's word"
    if Flag.BY_HAND in activity.flags:
        return "entered by hand without a log; a second person has to confirm it with evidence"
    if Flag.PAIR_NOT_LISTED in activity.flags:
        return f"the pair is not on the timetable, {activity.minutes} min together; needs a person's word"
    return f"only {activity.minutes} min together; counted by itself from {activity.need}"


def _why_not(activity: Activity) -> tuple[Flag, ...]:
    return tuple(flag for flag in activity.flags if flag in _ENGLISH)


def _school(activity: Activity, schools: Mapping[str, str]) -> str:
    """The listening school: the recipient (of 手工录入 as well), in a reverse lesson the supporter."""
    rooms = (room.school for room in activity.rooms if room.role is Role.RURAL and room.is_counted)
    school = next(rooms, activity.recipient) or ""
    return schools.get(school, school)
