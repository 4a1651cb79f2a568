"""The equipment standard (结对帮扶技术环境指南): its items, and what a verdict must agree with.

The text of the guide of 2019 is not public; the items shipped follow what is reported of its pilot, and are the
bureau's to edit. 达标 is the verdict of the bureau's 技术中心, and only possible where every 必备 item has passed.
"""

from typing import Annotated, Final, Literal

import msgspec

from classroom.registry.errors import RegistryError
from classroom.registry.fields import Equipment, Line

Check = Literal["设备登记", "照片", "自动测试", "现场核验"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item: 必备 or 推荐, how it is checked, from what value on it passes."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    required: bool
    how: Check
    threshold: Annotated[str, msgspec.Meta(max_length=120)] = ""


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the standard as a whole."""

    title: Line
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=100)]


def _item(code: str, text: str, how: Check, threshold: str = "", *, required: bool = True) -> Item:
    return Item(code=code, text=text, required=required, how=how, threshold=threshold)


SHIPPED: Final = Standard(
    title="结对帮扶技术环境指南（试行条目）",
    items=(
        _item("cameras", "主讲、听课教室各有摄像机，教师、学生各一", "设备登记", "≥2 台，≥1080p25；降级 720p 可用"),
        _item("microphones", "麦克风或等效全向麦克风，全双工回声消除", "设备登记", "≥4 支"),
        _item("display", "一体机或投影，另有回传显示", "设备登记", "≥65 英寸"),
        _item("two_streams", "双向视频，同时传课件", "现场核验"),
        _item("wired_line", "有线接入，每间教室实测上行、下行", "自动测试", "上行≥4 Mbps，下行≥8 Mbps"),
        _item("round_trip", "往返时延与丢包", "自动测试", "≤100 ms，≤3 %"),
        _item("recording", "能录制", "现场核验"),
        _item("fallback", "备用方式（手机或平板）", "设备登记", required=False),
        _item("light_noise", "照明与噪声", "照片", required=False),
    ),
)
"""Version 0."""


def check_standard(standard: Standard) -> None:
    """Raises RegistryError(bad_standard): codes twice, or nothing required."""
    codes = [item.code for item in standard.items]
    twice = next((code for code in codes if codes.count(code) > 1), "")
    if twice or not any(item.required for item in standard.items):
        raise RegistryError("bad_standard", twice or "必备")


def check_verdict(verdict: Equipment, standard: Standard) -> None:
    """Raises RegistryError: item_unknown; items_failed where 达标 is said although a required item has not passed.

    A verdict without items is one of before this system, or on paper: it stands as it is.
    """
    items = {item.code: item for item in standard.items}
    for code in verdict.items:
        if code not in items:
            raise RegistryError("item_unknown", code)
    if verdict.verdict == "达标" and verdict.items:
        for code, item in items.items():
            if item.required and not verdict.items.get(code, False):
                raise RegistryError("items_failed", item.text)
