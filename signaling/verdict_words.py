"""The recording's verdict in words, with the rooms' names and the local time. Pure."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from classroom.ledger.months import SHANGHAI
from classroom.lesson.events import HOST_SEAT
from recorder.verdict import Flaw, Mended, Verdict, What
from signaling.messages import FlawView, VerdictView

GOOD: Final = "合格"
TOLD: Final = 5
"""More flaws than this are counted; the list has them all."""
_SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {"screen": "共享屏幕", "board": "板书", "students": "学生机位", "stand": "展台", "phone": "手机机位"}
)
_WORDS: Final[Mapping[What, str]] = MappingProxyType(
    {
        "offline": "缺 {time}（{at}，{who}断线）",
        "server": "缺 {time}（{at}，服务器中断，{who}）",
        "unwritten": "缺 {time}（{at}，{who}没有写入磁盘）",
        "no_sound": "缺声音 {time}（{at}，{who}）",
        "no_picture": "缺画面 {time}（{at}，{who}）",
        "losses": "零星缺失共 {time}（{at} 起，{who}网络丢包）",
        "silent": "没有声音 {time}（{at}，{who}麦克风）",
        "black": "黑屏 {time}（{at}，{who}）",
        "dark": "画面太暗 {time}（{at}，{who}）",
        "frozen": "画面不动 {time}（{at}，{who}）",
        "drift": "声音与画面相差 {time}（{at}，{who}）",
        "nothing": "{who}没有录到",
    }
)


def verdict_view(found: Verdict, schools: Mapping[str, str], classrooms: Mapping[str, str]) -> VerdictView:
    """The verdict as pages show it. `schools`, `classrooms`: names by seat."""
    flaws = [
        FlawView(
            seat=flaw.seat,
            source=flaw.source,
            what=flaw.what,
            at=flaw.at.astimezone(SHANGHAI),
            seconds=flaw.seconds,
            words=_words(flaw, _who(flaw, schools, classrooms)),
        )
        for flaw in found.flaws
    ]
    healed = [_healed(one, _page_of(one, schools, classrooms)) for one in found.healed]
    words = "；".join([_in_sum(flaws), *healed])
    return VerdictView(ok=found.ok, missing_s=found.missing_s, words=words, flaws=flaws, healed=healed)


def _in_sum(flaws: list[FlawView]) -> str:
    if not flaws:
        return GOOD
    said = "；".join(flaw.words for flaw in flaws[:TOLD])
    return said if len(flaws) <= TOLD else f"{said}；等 {len(flaws)} 处"


def _words(flaw: Flaw, who: str) -> str:
    time = f"{flaw.seconds:.1f} s" if flaw.what == "drift" or flaw.seconds < 10 else _length(flaw.seconds)
    return _WORDS[flaw.what].format(time=time, at=_clock(flaw.at), who=who)


def _healed(mended: Mended, page: str) -> str:
    time = f"{mended.seconds:.1f} s" if mended.seconds < 10 else _length(mended.seconds)
    return f"补全 {time}（{page}上传）"


def _page_of(mended: Mended, schools: Mapping[str, str], classrooms: Mapping[str, str]) -> str:
    return "教师端" if mended.seat == HOST_SEAT else _who(mended, schools, classrooms)


def _who(flaw: Flaw | Mended, schools: Mapping[str, str], classrooms: Mapping[str, str]) -> str:
    """The classroom's name; with its school where another room of the lesson is called the same."""
    room = classrooms.get(flaw.seat, flaw.seat)
    if list(classrooms.values()).count(room) > 1:
        room = schools.get(flaw.seat, "") + room
    return room + _SOURCES.get(flaw.source, "")


def _clock(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%H:%M")


def _length(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} 分 {whole % 60} 秒" if whole % 60 else f"{whole // 60} 分钟"
