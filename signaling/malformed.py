"""What is wrong with a request that has not its shape, in a Chinese sentence: msgspec says it in English. Pure."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

_PARTS: Final = re.compile(r"(?P<said>.*?)(?: - at (?:`key` in )?`\$\.?(?P<field>.*)`)?", re.DOTALL)
_UNITS: Final[Mapping[str, str]] = MappingProxyType({"str": "个字", "array": "项", "object": "项"})
_BOUNDS: Final[Mapping[str, str]] = MappingProxyType({">=": "不小于", "<=": "不大于", ">": "大于", "<": "小于"})
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"int": "整数", "float": "数字", "str": "文字", "bool": "是或否", "date": "日期", "datetime": "时间"}
)


def _length(found: re.Match[str]) -> str:
    of, bound, number = found.groups()
    if bound == "<=":
        return f"最多 {number} {_UNITS[of]}"
    return "不能为空" if number == "1" else f"至少 {number} {_UNITS[of]}"


def _kind(found: re.Match[str]) -> str:
    wanted = [_KINDS[one] for one in found[1].split(" | ") if one in _KINDS]
    return f"应为{'或'.join(wanted)}" if wanted else "内容的类型不对"


# What msgspec says → the sentence. The first that fits holds.
_SENTENCES: Final[tuple[tuple[str, Callable[[re.Match[str]], str]], ...]] = (
    (r"Invalid RFC3339 encoded date", lambda _: "日期不存在或写法不对，应写成 2019-05-14 这样"),
    (
        r"Invalid RFC3339 encoded (?:datetime|time)",
        lambda _: "时间不存在或写法不对，应写成 2019-05-14T09:00:00+08:00 这样",
    ),
    (r"Expected `datetime` with a timezone component", lambda _: "时间要写明时区，如 2019-05-14T09:00:00+08:00"),
    (r"Expected `(?:int|float)` (>=|<=|>|<) (\S+)", lambda found: f"数字应{_BOUNDS[found[1]]} {found[2]}"),
    (r"Expected `(str|array|object)` of length (>=|<=) (\d+)", _length),
    (r"Expected `str` matching regex .*", lambda _: "写法不对"),
    (r"Expected `(.+)`, got `.+`", _kind),
    (r"Object missing required field `(.+)`", lambda found: f"缺少 {found[1]}"),
    (r"Object contains unknown field `(.+)`", lambda found: f"没有 {found[1]} 这一项"),
    (r"Invalid enum value '?(.*?)'?", lambda found: f"没有“{found[1][:20]}”这个选项"),
    (r"JSON is malformed.*|Input data was truncated", lambda _: "内容不完整，或不是 JSON"),
)


def chinese(error: msgspec.DecodeError | UnicodeDecodeError) -> str:
    """What is wrong, and the field that it is about: 数字应不大于 500（teachers）; empty for what has no sentence."""
    if isinstance(error, UnicodeDecodeError):
        return "文字应为 UTF-8 编码"
    parts = _PARTS.fullmatch(str(error))
    assert parts is not None, "the pattern takes any text"
    for pattern, sentence in _SENTENCES:
        if (found := re.fullmatch(pattern, parts["said"], re.DOTALL)) is not None:
            return sentence(found) + (f"（{parts['field']}）" if parts["field"] else "")
    return ""
